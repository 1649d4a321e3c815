//! How much a host, a service, a source or a client matters to those who run them: rules of the
//! configuration, most specific first → the level of a candidate. It orders what was found, and
//! finds nothing itself.

use crate::discover::View;
use crate::discover::candidate::Candidate;

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Criticality {
    /// It may wait: a test bench, a spare.
    Low,
    /// Like most.
    Normal,
    /// Many depend on it.
    High,
    /// Without it all stand still.
    Critical,
}

impl Criticality {
    /// From the lowest to the highest.
    pub const ALL: [Criticality; 4] =
        [Criticality::Low, Criticality::Normal, Criticality::High, Criticality::Critical];

    /// Its name in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Criticality::Low => "low",
            Criticality::Normal => "normal",
            Criticality::High => "high",
            Criticality::Critical => "critical",
        }
    }

    /// What it adds to a score. The highest equals the whole weight of what a source says of itself
    /// (`human_impact`): the word of those who run it counts as much. A low one takes away half of
    /// that, so that no fault is hidden for being on the wrong host.
    pub fn value(self) -> f64 {
        match self {
            Criticality::Low => -0.08,
            Criticality::Normal => 0.0,
            Criticality::High => 0.08,
            Criticality::Critical => 0.15,
        }
    }
}

/// A text in which `*` stands for anything; capitals are the same as small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// As it is written in the configuration.
    pub fn new(text: &str) -> Pattern {
        Pattern(text.to_owned())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it fits the whole of a text. Greedy with one step back, so linear but for the stars.
    pub fn fits(&self, text: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), text.as_bytes());
        let (mut p, mut t) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            if pattern.get(p) == Some(&b'*') {
                star = Some((p + 1, t));
                p += 1;
            } else if pattern.get(p).is_some_and(|b| b.eq_ignore_ascii_case(&text[t])) {
                (p, t) = (p + 1, t + 1);
            } else if let Some((after, from)) = star {
                (p, t) = (after, from + 1);
                star = Some((after, from + 1));
            } else {
                return false;
            }
        }
        pattern[p..].iter().all(|b| *b == b'*')
    }
}

/// What matters how much. A field that is not named fits everything.
#[derive(Debug, Clone, PartialEq)]
pub struct CriticalityRule {
    /// The client.
    pub tenant: Option<Pattern>,
    /// The machine.
    pub host: Option<Pattern>,
    /// The program.
    pub service: Option<Pattern>,
    /// The source in which the machine was first heard: a path, a listener.
    pub source: Option<Pattern>,
    /// How much it matters.
    pub level: Criticality,
}

impl CriticalityRule {
    /// The fields that it names.
    fn named(&self) -> usize {
        let fields = [&self.tenant, &self.host, &self.service, &self.source];
        fields.into_iter().flatten().count()
    }

    fn fits(&self, place: &Place<'_>) -> bool {
        let fits = |pattern: &Option<Pattern>, text| pattern.as_ref().is_none_or(|p| p.fits(text));
        fits(&self.tenant, place.tenant)
            && fits(&self.host, place.host)
            && fits(&self.service, place.service)
            && fits(&self.source, place.source)
    }
}

/// Where something is.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    tenant: &'a str,
    host: &'a str,
    service: &'a str,
    source: &'a str,
}

/// The rule that decides for a place: the one that names the most; of several, the last.
fn rule<'a>(rules: &'a [CriticalityRule], place: &Place<'_>) -> Option<&'a CriticalityRule> {
    let fitting = rules.iter().filter(|rule| rule.fits(place));
    fitting.max_by_key(|rule| rule.named())
}

/// The level of a candidate, and the place that has it: the highest of all its places.
pub fn of_candidate(candidate: &Candidate, view: View<'_>) -> Option<(Criticality, String)> {
    let rules = &view.config.criticality;
    if rules.is_empty() {
        return None;
    }
    let places = candidate.cells.iter().map(|cell| {
        let host = view.ledger.host_of(*cell);
        let service = view.ledger.kind_of(*cell).service;
        let service = view.ledger.services[service.0 as usize].name.as_str();
        let (host, source) = (host.name.as_str(), host.source.as_str());
        let place = Place { tenant: view.tenant.as_str(), host, service, source };
        let level = rule(rules, &place).map_or(Criticality::Normal, |rule| rule.level);
        (level, host, service)
    });
    // Of equals the first: a candidate is named after it.
    let highest = places.reduce(|best, next| if next.0 > best.0 { next } else { best });
    highest.map(|(level, host, service)| match service {
        "" => (level, host.to_owned()),
        service => (level, format!("{service} on {host}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, fits) in [
            ("db*", "db1", true),
            ("db*", "DB-main", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*.example.org", "mail.example.org", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("db", "db1", false),
            ("*ü*", "grün", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn the_rule_that_names_the_most_decides_and_of_several_the_last() {
        let pattern = |text: &str| (!text.is_empty()).then(|| Pattern::new(text));
        let rule_of = |host: &str, service: &str, level| CriticalityRule {
            tenant: None,
            host: pattern(host),
            service: pattern(service),
            source: None,
            level,
        };
        let rules = [
            rule_of("db*", "backup", Criticality::Low),
            rule_of("db*", "", Criticality::High),
            rule_of("", "", Criticality::Normal),
            rule_of("db1", "", Criticality::Critical),
        ];
        let level = |host, service| {
            let place = Place { tenant: "acme", host, service, source: "" };
            rule(&rules, &place).map(|rule| rule.level)
        };
        assert_eq!(level("db2", "backup"), Some(Criticality::Low));
        assert_eq!(level("db2", "pg"), Some(Criticality::High));
        assert_eq!(level("db1", "pg"), Some(Criticality::Critical));
        assert_eq!(level("web1", "pg"), Some(Criticality::Normal));
    }
}
