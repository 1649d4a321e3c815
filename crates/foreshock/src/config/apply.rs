//! The text of a settings file → changes to a configuration, or all that is wrong with it. What is
//! not known is an error: a slip in a name must not pass for a setting.

use super::clients::{self, CLIENT};
use super::place::did_you_mean;
use super::service::{self, Service, Value};
use super::settings::{self, Kind, Setting};
use crate::checks;
use engine::Config;
use engine::criticality::{Criticality, CriticalityRule, Pattern};
use engine::sites::{SITES_MAX, Site};
use model::Span;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The list of tables that says what matters how much.
pub(super) const CRITICALITY: &str = "criticality";
/// The table that says which host stands where.
pub(super) const SITES: &str = "sites";
/// The table that names a folder of one's own checks.
pub(super) const CHECKS: &str = "checks";
/// The table that says which network is whose.
pub(super) const NETWORKS: &str = "networks";
/// What a rule of it may name, besides its level.
const PLACES: [&str; 4] = ["tenant", "host", "service", "source"];

/// Something wrong, and the byte at which it stands.
#[derive(Debug, PartialEq)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) what: String,
}

/// Lays a file over the engine's configuration alone.
#[cfg(test)]
pub(super) fn apply(text: &str, config: &mut Config) -> Vec<Problem> {
    apply_all(text, config, &mut Service::default()).0
}

/// The settings that a text names, and where they stand.
pub(super) type Named = Vec<(String, usize)>;

/// Lays a file over a configuration; where it has problems, the configuration is not to be used.
pub(super) fn apply_all(
    text: &str,
    config: &mut Config,
    service: &mut Service,
) -> (Vec<Problem>, Named) {
    let (root, errors) = DeTable::parse_recoverable(text);
    let (problems, named) = (Vec::new(), Vec::new());
    let mut reading = Reading { config, service, problems, set: BTreeMap::new(), named };
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        reading.problem(at, format!("this is not TOML: {}", error.message()));
    }
    // What follows a mistake in the form would only be told twice.
    if reading.problems.is_empty() {
        reading.root(root.get_ref());
        reading.agreement();
    }
    let mut problems = std::mem::take(&mut reading.problems);
    problems.sort_by_key(|problem| problem.at);
    (problems, reading.named)
}

struct Reading<'a> {
    config: &'a mut Config,
    service: &'a mut Service,
    named: Named,
    problems: Vec<Problem>,
    /// What was set, and where.
    set: BTreeMap<&'static str, usize>,
}

impl Reading<'_> {
    fn problem(&mut self, at: usize, what: String) {
        self.problems.push(Problem { at, what });
    }

    fn root(&mut self, root: &DeTable<'_>) {
        for (name, value) in root {
            let (at, word) = (name.span().start, name.get_ref().as_ref());
            if word == CRITICALITY {
                self.rules(value);
                continue;
            }
            if word == SITES {
                self.sites(value);
                continue;
            }
            if word == CHECKS {
                self.checks(value);
                continue;
            }
            if word == NETWORKS {
                self.networks(value);
                continue;
            }
            if word == CLIENT {
                clients::read(value, self.service, &mut self.problems);
                continue;
            }
            if let Some(table) = service::tables().into_iter().find(|table| *table == word) {
                match value.get_ref().as_table() {
                    Some(rows) => self.service_table(table, rows),
                    None => {
                        self.problem(at, format!("`{word}` is a table: write [{word}] above it"))
                    }
                }
                continue;
            }
            let sections = settings::sections();
            let Some(section) = sections.iter().find(|section| **section == word) else {
                let known = sections.into_iter().chain(service::tables());
                let known = known.chain([CRITICALITY, SITES, NETWORKS, CLIENT, CHECKS]);
                let hint = did_you_mean(word, known);
                let hint = if hint.is_empty() { home_of(word) } else { hint };
                self.problem(at, format!("there is no table `{word}`{hint}"));
                continue;
            };
            match value.get_ref().as_table() {
                Some(table) => self.section(section, table),
                None => self.problem(at, format!("`{word}` is a table: write [{word}] above it")),
            }
        }
    }

    fn section(&mut self, section: &'static str, table: &DeTable<'_>) {
        for (name, value) in table {
            let word = name.get_ref().as_ref();
            match settings::of(section).find(|setting| setting.key == word) {
                Some(setting) => self.setting(setting, value),
                None => {
                    let hint = did_you_mean(word, settings::of(section).map(|s| s.key));
                    let hint = if hint.is_empty() { home_of(word) } else { hint };
                    let what = format!("[{section}] has no setting `{word}`{hint}");
                    self.problem(name.span().start, what);
                }
            }
        }
    }

    fn setting(&mut self, setting: &'static Setting, value: &Spanned<DeValue<'_>>) {
        let slot = (setting.slot)(self.config);
        let kind = slot.kind();
        let (at, bounds) = (value.span().start, settings::bounds(setting, kind));
        let wrong = match number(kind, value.get_ref()) {
            Ok(number) if (setting.low..=setting.high).contains(&number) => {
                slot.set(number);
                self.set.insert(setting.key, at);
                self.named.push((format!("{}.{}", setting.section, setting.key), at));
                return;
            }
            Ok(number) => format!("is {}", settings::written(kind, number)),
            Err(wrong) => wrong,
        };
        self.problem(at, format!("`{}` {wrong}: write a value {bounds}", setting.key));
    }

    fn service_table(&mut self, table: &'static str, rows: &DeTable<'_>) {
        for (name, value) in rows {
            let word = name.get_ref().as_ref();
            let Some(row) = service::of(table).find(|row| row.key == word) else {
                let hint = did_you_mean(word, service::of(table).map(|row| row.key));
                let hint = if hint.is_empty() { home_of(word) } else { hint };
                let what = format!("[{table}] has no setting `{word}`{hint}");
                self.problem(name.span().start, what);
                continue;
            };
            let at = value.span().start;
            match plain(value.get_ref()).map(|value| (row.set)(self.service, value)) {
                Some(Ok(())) => self.named.push((format!("{table}.{word}"), at)),
                Some(Err(told)) => self.problem(at, format!("`{word}` {told}")),
                None => self.problem(
                    at,
                    format!("`{word}` wants a text, a number, true or false, or a list of texts"),
                ),
            }
        }
    }

    fn networks(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(table) = value.get_ref().as_table() else {
            let what = format!("`{NETWORKS}` is a table: write [{NETWORKS}] above it");
            self.problem(value.span().start, what);
            return;
        };
        for (name, tenant) in table {
            let network = name.get_ref().parse::<ipnet::IpNet>();
            match (network, tenant.get_ref().as_str().map(clients::name)) {
                (Ok(network), Some(Ok(tenant))) => self.service.networks.push((network, tenant)),
                (Ok(_), Some(Err(told))) => {
                    let written = tenant.get_ref().as_str().unwrap_or_default();
                    self.problem(tenant.span().start, format!("`{written}` {told}"));
                }
                _ => self.problem(
                    name.span().start,
                    "a network wants its client's name: \"192.0.2.0/24\" = \"acme\"".to_owned(),
                ),
            }
        }
    }

    /// What must fit together.
    fn agreement(&mut self) {
        let discover = &self.config.discover;
        if discover.close_after > discover.close_after_max {
            let at = ["close_after", "close_after_max"].iter().find_map(|key| self.set.get(key));
            let what = format!(
                "`close_after` ({}) is longer than `close_after_max` ({}): raise the one or lower the other",
                discover.close_after, discover.close_after_max
            );
            self.problem(at.copied().unwrap_or(0), what);
        }
    }

    fn rules(&mut self, value: &Spanned<DeValue<'_>>) {
        let list = value.get_ref().as_array();
        let tables = list.map(|list| list.iter().map(|rule| (rule.span().start, rule.get_ref())));
        for (at, rule) in tables.into_iter().flatten() {
            match rule.as_table() {
                Some(table) => self.rule(at, table),
                None => self.problem(at, format!("write each rule as [[{CRITICALITY}]]")),
            }
        }
        if list.is_none() {
            let what =
                format!("`{CRITICALITY}` is a list: write [[{CRITICALITY}]] above each rule");
            self.problem(value.span().start, what);
        }
    }

    fn sites(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(table) = value.get_ref().as_table() else {
            let what = format!("`{SITES}` is a table: write [{SITES}] above it");
            self.problem(value.span().start, what);
            return;
        };
        // A table is kept in the order of its names; the first site in the file is to be the first.
        let mut named: Vec<_> = table.iter().collect();
        named.sort_by_key(|(name, _)| name.span().start);
        for (name, hosts) in named {
            let site = name.get_ref().as_ref();
            match patterns(hosts.get_ref()) {
                Some(hosts) if !site.is_empty() => {
                    self.config.sites.push(Site { name: site.to_owned(), hosts });
                }
                Some(_) => self.problem(name.span().start, "a site wants a name".to_owned()),
                None => {
                    let what = format!(
                        "`{site}` wants a list of host names, * for anything: [\"ber-*\", \"gw1\"]"
                    );
                    self.problem(hosts.span().start, what);
                }
            }
        }
        if self.config.sites.len() > SITES_MAX {
            let what = format!("more than {SITES_MAX} sites: join some of them");
            self.problem(value.span().start, what);
        }
    }

    fn checks(&mut self, value: &Spanned<DeValue<'_>>) {
        let table = value.get_ref().as_table();
        let folder = table.filter(|table| table.len() == 1).and_then(|t| t.get("folder"));
        let path = folder.and_then(|folder| folder.get_ref().as_str()).map(Path::new);
        let read = match path {
            // A relative one would depend on where the program was started.
            Some(path) if path.is_absolute() => checks::read(path),
            _ => Err(format!("[{CHECKS}] wants one setting: folder = \"/absolute/path\"")),
        };
        match read {
            Ok(checks) => self.config.checks = checks,
            Err(what) => {
                let at = folder.map_or(value.span().start, |folder| folder.span().start);
                self.problem(at, what);
            }
        }
    }

    fn rule(&mut self, at: usize, table: &DeTable<'_>) {
        let mut level = None;
        let mut places: BTreeMap<&str, Pattern> = BTreeMap::new();
        let before = self.problems.len();
        for (name, value) in table {
            let (word, place) = (name.get_ref().as_ref(), value.span().start);
            match (value.get_ref().as_str(), PLACES.iter().find(|known| **known == word)) {
                (Some(text), Some(known)) if !text.is_empty() => {
                    places.insert(known, Pattern::new(text));
                }
                (_, Some(known)) => {
                    self.problem(
                        place,
                        format!("`{known}` wants a name in quotes, * for anything"),
                    );
                }
                (text, None) if word == "level" => {
                    let known = |text| Criticality::ALL.into_iter().find(|l| l.word() == text);
                    level = text.and_then(known);
                    if level.is_none() {
                        let words = Criticality::ALL.map(Criticality::word).join(", ");
                        self.problem(place, format!("`level` is one of {words}"));
                    }
                }
                _ => {
                    let hint = did_you_mean(word, PLACES.into_iter().chain(["level"]));
                    let what = format!("[[{CRITICALITY}]] has no setting `{word}`{hint}");
                    self.problem(name.span().start, what);
                }
            }
        }
        let Some(level) = level.filter(|_| self.problems.len() == before) else {
            if self.problems.len() == before {
                let what = "a rule without a level says nothing: add level = \"high\"";
                self.problem(at, what.to_owned());
            }
            return;
        };
        let [tenant, host, service, source] = PLACES.map(|place| places.remove(place));
        self.config.criticality.push(CriticalityRule { tenant, host, service, source, level });
    }
}

/// A value without its place.
fn plain(value: &DeValue<'_>) -> Option<Value> {
    let number = |value: &DeValue<'_>| {
        let whole = value.as_integer()?;
        i64::from_str_radix(whole.as_str(), whole.radix()).ok()
    };
    if let Some(text) = value.as_str() {
        return Some(Value::Text(text.to_owned()));
    }
    if let Some(list) = value.as_array() {
        let texts = list.iter().map(|one| one.get_ref().as_str().map(str::to_owned));
        return Some(Value::List(texts.collect::<Option<_>>()?));
    }
    value.as_bool().map(Value::Flag).or_else(|| number(value).map(Value::Number))
}

/// A list of names, none of them empty.
fn patterns(value: &DeValue<'_>) -> Option<Vec<Pattern>> {
    let list = value.as_array().filter(|list| !list.is_empty())?;
    let pattern = |name: &Spanned<DeValue<'_>>| {
        name.get_ref().as_str().filter(|text| !text.is_empty()).map(Pattern::new)
    };
    list.iter().map(pattern).collect()
}

/// The table that a setting stands in, for one that was written elsewhere.
fn home_of(word: &str) -> String {
    let home = settings::SETTINGS.iter().find(|setting| setting.key == word);
    let home = home.map(|setting| setting.section);
    let home = home.or_else(|| Some(service::ROWS.iter().find(|row| row.key == word)?.table));
    home.map_or(String::new(), |table| format!("; `{word}` belongs below [{table}]"))
}

/// The value as a number, lengths in seconds; or what it is instead.
fn number(kind: Kind, value: &DeValue<'_>) -> Result<f64, String> {
    let whole = value.as_integer();
    let whole = whole.and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok());
    let number = match kind {
        Kind::Count => whole.map(|n| n as f64),
        Kind::Number => {
            let real = value.as_float().and_then(|f| f.as_str().parse::<f64>().ok());
            real.or(whole.map(|n| n as f64))
        }
        Kind::Length => match value.as_str().map(Span::parse) {
            Some(Ok(span)) => Some(span.as_secs_f64()),
            Some(Err(error)) => return Err(format!("is wrong ({error})")),
            None => None,
        },
    };
    number.ok_or_else(|| match kind {
        Kind::Count => format!("wants a whole number, not {}", value.type_str()),
        Kind::Number => format!("wants a number, not {}", value.type_str()),
        Kind::Length => format!("wants a length of time in quotes, not {}", value.type_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let mut config = Config::default();
        apply(text, &mut config).into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn what_a_file_says_is_taken_and_the_rest_stays() {
        let mut config = Config::default();
        let text = "[attention]\noccasion_gap = \"20m\"\npromote_score_min = 1\n\
            [discover]\nburst_events_min = 1_0\n[[criticality]]\nhost = \"db*\"\nlevel = \"high\"\n";
        assert_eq!(apply(text, &mut config), []);
        assert_eq!(config.attention.occasion_gap, Span::MINUTE.times(20));
        assert_eq!(config.attention.promote_score_min, 1.0);
        assert_eq!(config.discover.burst_events_min, 10);
        assert_eq!(config.limits, Config::default().limits);
        assert_eq!(config.criticality[0].host, Some(Pattern::new("db*")));
    }

    #[test]
    fn sites_stand_in_the_order_of_the_file() {
        let mut config = Config::default();
        assert_eq!(
            apply("[sites]\nzurich = [\"zrh*\", \"gw1\"]\nany = [\"*\"]\n", &mut config),
            []
        );
        let names: Vec<&str> = config.sites.iter().map(|site| site.name.as_str()).collect();
        assert_eq!(names, ["zurich", "any"]);
        assert_eq!(config.sites[0].hosts, [Pattern::new("zrh*"), Pattern::new("gw1")]);
    }

    #[test]
    fn each_mistake_is_told_with_its_remedy() {
        for (text, told) in [
            ("[discovr]", "there is no table `discovr`; did you mean `discover`?"),
            (
                "occasion_gap = \"1m\"",
                "there is no table `occasion_gap`; `occasion_gap` belongs below [attention]",
            ),
            ("limits = 3", "`limits` is a table: write [limits] above it"),
            (
                "[discover]\nclose_aftr = \"1d\"",
                "[discover] has no setting `close_aftr`; did you mean `close_after`?",
            ),
            (
                "[limits]\ncalm_after = \"1d\"",
                "[limits] has no setting `calm_after`; `calm_after` belongs below [attention]",
            ),
            ("[discover]\nheal_pairs_min = 0", "`heal_pairs_min` is 0: write a value from 3 to 16"),
            (
                "[discover]\nheal_pairs_min = 4.5",
                "`heal_pairs_min` wants a whole number, not float: write a value from 3 to 16",
            ),
            (
                "[attention]\ncalm_after = 5",
                "`calm_after` wants a length of time in quotes, not integer: write a value from \"1h\" to \"60d\"",
            ),
            (
                "[attention]\ncalm_after = \"soon\"",
                "`calm_after` is wrong (`soon` is not a length of time: write 90s, 15m, 1h, 7d or 2w): write a value from \"1h\" to \"60d\"",
            ),
            (
                "[attention]\npromote_score_min = nan",
                "`promote_score_min` is NaN: write a value from 0.05 to 1.0",
            ),
            (
                "[discover]\nclose_after = \"20d\"",
                "`close_after` (20d) is longer than `close_after_max` (14d): raise the one or lower the other",
            ),
            (
                "[criticality]\nhost = \"a\"",
                "`criticality` is a list: write [[criticality]] above each rule",
            ),
            (
                "[[criticality]]\nhost = \"a\"",
                "a rule without a level says nothing: add level = \"high\"",
            ),
            ("[[criticality]]\nlevel = \"huge\"", "`level` is one of low, normal, high, critical"),
            (
                "[[criticality]]\nhst = \"a\"\nlevel = \"low\"",
                "[[criticality]] has no setting `hst`; did you mean `host`?",
            ),
            ("sites = 3", "`sites` is a table: write [sites] above it"),
            (
                "[sites]\nberlin = \"ber-*\"",
                "`berlin` wants a list of host names, * for anything: [\"ber-*\", \"gw1\"]",
            ),
            (
                "[sites]\noslo = [\"\"]",
                "`oslo` wants a list of host names, * for anything: [\"ber-*\", \"gw1\"]",
            ),
            (
                "[[criticality]]\nhost = 3\nlevel = \"low\"",
                "`host` wants a name in quotes, * for anything",
            ),
        ] {
            assert_eq!(problems(text), [told], "{text}");
        }
        assert!(problems("[limits")[0].starts_with("this is not TOML: "));
    }
}
