//! A query against events in columns → the places of those that it asks for. Names are compared once for each
//! name, not for each event; texts are searched all at once.

use super::block::Summary;
use super::filter::{self, is_word, may_have, words};
use super::rows::{Fact, KindOf, NO_SEVERITY, Names, Rows};
use memchr::memmem;
use model::search::{Query, Term, Text};
use model::{Severity, Timestamp};

/// What a query means for the names of one block.
pub(super) struct Matcher<'a> {
    query: &'a Query,
    tenants: Vec<bool>,
    hosts: Vec<bool>,
    services: Vec<bool>,
    kinds: Vec<bool>,
    severities: [bool; NO_SEVERITY as usize + 1],
}

fn chosen(names: &Names, wanted: &[String]) -> Vec<bool> {
    if wanted.is_empty() {
        return vec![true; names.all.len()];
    }
    let mut chosen = vec![false; names.all.len()];
    for place in wanted.iter().filter_map(|name| names.find(name)) {
        chosen[place as usize] = true;
    }
    chosen
}

impl<'a> Matcher<'a> {
    fn new(query: &'a Query, names: [&Names; 3], kinds: &[KindOf]) -> Matcher<'a> {
        let [tenants, hosts, services] = names;
        let wanted = |kind: &KindOf| {
            query.signatures.is_empty() || query.signatures.contains(&kind.signature)
        };
        let severe = |number: usize| match query.severity {
            None => true,
            Some(least) => Severity::from_number(number as u8)
                .is_some_and(|severity| severity.is_at_least(least)),
        };
        let tenant: Vec<String> = query.tenant.iter().map(|id| id.as_str().to_owned()).collect();
        Matcher {
            query,
            tenants: chosen(tenants, &tenant),
            hosts: chosen(hosts, &query.hosts),
            services: chosen(services, &query.services),
            kinds: kinds.iter().map(wanted).collect(),
            severities: std::array::from_fn(severe),
        }
    }

    pub(super) fn of_rows(query: &'a Query, rows: &Rows) -> Matcher<'a> {
        Matcher::new(query, [&rows.tenants, &rows.hosts, &rows.services], &rows.kinds)
    }

    /// Whether a block with this summary may hold what is asked for.
    pub(super) fn may_be_in(query: &'a Query, summary: &Summary) -> bool {
        let names = [&summary.tenants, &summary.hosts, &summary.services];
        let matcher = Matcher::new(query, names, &summary.kinds);
        let any = |chosen: &[bool]| chosen.contains(&true);
        let severe = (0..=usize::from(NO_SEVERITY))
            .any(|number| matcher.severities[number] && summary.severities >> number & 1 == 1);
        any(&matcher.tenants)
            && any(&matcher.hosts)
            && any(&matcher.services)
            && any(&matcher.kinds)
            && severe
            && query.text.terms.iter().all(|term| may_say(&summary.filter, term))
    }

    fn is_wanted(&self, fact: &Fact) -> bool {
        self.kinds[fact.kind as usize]
            && self.hosts[fact.host as usize]
            && self.services[fact.service as usize]
            && self.tenants[fact.tenant as usize]
            && self.severities[usize::from(fact.severity)]
            && in_time(self.query, fact.at)
    }

    /// The places of the events that are asked for, in the order of the rows.
    pub(super) fn places(&self, rows: &Rows) -> Vec<usize> {
        let wanted = |place: &usize| self.is_wanted(&rows.facts[*place]);
        let mut places: Vec<usize> = (0..rows.len()).filter(wanted).collect();
        if self.query.text.terms.is_empty() || places.is_empty() {
            return places;
        }
        let lower = rows.texts.to_ascii_lowercase();
        for term in &self.query.text.terms {
            keep_saying(&lower, rows, term, &mut places);
        }
        places
    }
}

pub(super) fn in_time(query: &Query, at: Timestamp) -> bool {
    query.from.is_none_or(|from| at >= from) && query.until.is_none_or(|until| at < until)
}

/// Whether the filter knows all whole words of a term.
fn may_say(filter: &[u8], term: &Term) -> bool {
    let text = term.text.as_bytes();
    // At an open end the word may go on in the message.
    let start = match term.begins_word {
        true => 0,
        false => text.iter().position(|byte| !is_word(*byte)).unwrap_or(text.len()),
    };
    let end = match term.ends_word {
        true => text.len(),
        false => text.iter().rposition(|byte| !is_word(*byte)).map_or(0, |place| place + 1),
    };
    let whole = text.get(start..end).unwrap_or_default();
    words(whole).all(|word| may_have(filter, filter::hash(word)))
}

/// Keeps the places whose text says the term. Texts are searched as one, `places` ascend.
fn keep_saying(lower: &[u8], rows: &Rows, term: &Term, places: &mut Vec<usize>) {
    let needle = term.text.as_bytes();
    let finder = memmem::Finder::new(needle);
    // With few texts left it is quicker to look at each.
    if places.len() * 16 < rows.len() {
        places.retain(|place| {
            let start = place.checked_sub(1).map_or(0, |before| rows.ends[before]);
            says(&lower[start..rows.ends[*place]], &finder, term)
        });
        return;
    }
    let mut said = vec![false; rows.len()];
    let mut place = 0;
    let mut from = 0;
    while let Some(found) = finder.find(&lower[from..]).map(|found| from + found) {
        while rows.ends[place] <= found {
            place += 1;
        }
        let start = place.checked_sub(1).map_or(0, |before| rows.ends[before]);
        let text = &lower[start..rows.ends[place]];
        if found + needle.len() <= rows.ends[place]
            && stands(text, found - start, needle.len(), term)
        {
            said[place] = true;
            from = rows.ends[place];
        } else {
            from = found + 1;
        }
    }
    places.retain(|place| said[*place]);
}

/// Whether a message says all terms.
pub(crate) fn says_all(message: &str, text: &Text) -> bool {
    let lower = message.to_ascii_lowercase();
    let said =
        |term: &Term| says(lower.as_bytes(), &memmem::Finder::new(term.text.as_bytes()), term);
    text.terms.iter().all(said)
}

/// Whether one text says the term.
fn says(text: &[u8], finder: &memmem::Finder<'_>, term: &Term) -> bool {
    let mut from = 0;
    while let Some(found) = finder.find(&text[from..]).map(|found| from + found) {
        if stands(text, found, term.text.len(), term) {
            return true;
        }
        from = found + 1;
    }
    false
}

/// Whether the edges of what was found are as the term wants them.
fn stands(text: &[u8], found: usize, size: usize, term: &Term) -> bool {
    let before = found.checked_sub(1).map(|place| text[place]);
    let after = text.get(found + size).copied();
    // An edge that is no letter or digit bounds by itself.
    let first_is_word = text.get(found).copied().is_some_and(is_word);
    let last_is_word = text.get(found + size - 1).copied().is_some_and(is_word);
    let begins = !term.begins_word || !first_is_word || !before.is_some_and(is_word);
    let ends = !term.ends_word || !last_is_word || !after.is_some_and(is_word);
    begins && ends
}
