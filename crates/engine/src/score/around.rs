//! What comparison finds → the lines of the item, and the sentences about what keeps coming first or next,
//! what is named now and was not before, and which hosts have it. They speak of order and of counts, never of causes.

use super::phrase::{joined, number, rounded, shorten};
use super::words::QUOTE_MAX;
use crate::attention::cell::HostIndex;
use crate::attention::context::Context;
use crate::discover::View;
use crate::discover::candidate::Candidate;
use crate::discover::compare::hosts::{self, Divide};
use crate::discover::compare::values::{self, Dominates};
use crate::discover::compare::{self, Neighbour, Side};
use crate::signature::SignatureIndex;
use model::{ContextLine, Evidence, Relation};

/// Neighbours that are named; the least likely ones say enough.
const NAMED_MAX: usize = 3;

/// What comparison found, in words.
pub(super) struct Around<'a> {
    view: View<'a>,
    occasions: u32,
    found: Vec<Neighbour>,
    named: Option<Dominates>,
    divide: Option<Divide>,
    is_open: bool,
}

impl<'a> Around<'a> {
    /// Compares the occasions of a candidate that is worth review; of what is only watched, the context
    /// is kept and nothing is said.
    pub(super) fn of(candidate: &Candidate, view: View<'a>) -> Around<'a> {
        let (occasions, is_open) = (candidate.occasions, candidate.is_open());
        if candidate.admitted.is_none() {
            let (named, divide) = (None, None);
            return Around { view, occasions, found: Vec::new(), named, divide, is_open };
        }
        let mut found = compare::neighbours(candidate, view);
        found.truncate(NAMED_MAX);
        let named = values::dominates(candidate, view.config);
        let divide = hosts::divide(candidate, view);
        Around { view, occasions, found, named, divide, is_open }
    }

    /// The reasons: `on 5 of 6 occasions “…” came within 10m before (chance would give 0.2)`.
    pub(super) fn why(&self) -> Vec<String> {
        let neighbours = self.found.iter().map(|neighbour| self.reason(neighbour));
        let named = self.named.iter().map(value);
        let divide = self.divide.iter().map(|divide| self.hosts(divide));
        neighbours.chain(named).chain(divide).collect()
    }

    /// `all 8 occasions that are remembered fell on gw2, one of 6 hosts with this program (chance would give
    /// 1.3); gw1, gw3, gw4 and 2 more do not have it since, …`.
    fn hosts(&self, divide: &Divide) -> String {
        let others = self.names(&divide.without);
        let is_one = divide.without.len() == 1;
        let Some(expected) = divide.expected else {
            return match (self.is_open, is_one) {
                (true, true) => format!("of the other hosts {others} still says it"),
                (true, false) => format!("of the other hosts {others} still say it"),
                (false, _) => format!("of the other hosts {others} said it in the meantime"),
            };
        };
        let all = divide.with.len() + divide.without.len();
        let on = match divide.with.len() {
            1 => format!("{}, one of {all} hosts with this program", self.names(&divide.with)),
            n => format!("{n} of {all} hosts with this program"),
        };
        let before = match (divide.had_it, divide.without.len()) {
            (0, 1) => "and never had it".to_owned(),
            (0, _) => "and none of them ever had it".to_owned(),
            (n, all) if n == all => "but had it before".to_owned(),
            (n, _) => format!("but {n} of them had it before"),
        };
        format!(
            "all {} occasions that are remembered fell on {on} (chance would give {}); {others} {} not have it since, {before}",
            divide.occasions,
            number(expected),
            if is_one { "does" } else { "do" },
        )
    }

    /// `gw1`, `gw1, gw3 and 3 more`.
    fn names(&self, hosts: &[HostIndex]) -> String {
        let name = |host: &HostIndex| self.view.ledger.hosts[host.0 as usize].name.as_str();
        let named: Vec<&str> = hosts.iter().take(NAMED_MAX).map(name).collect();
        match (named.as_slice(), hosts.len().saturating_sub(NAMED_MAX)) {
            (named, 0) => joined(named),
            (named, more) => format!("{} and {more} more", named.join(", ")),
        }
    }

    fn reason(&self, neighbour: &Neighbour) -> String {
        let Neighbour { hits, of, expected, side, .. } = neighbour;
        let share = match (hits == of, *of >= self.occasions) {
            (true, true) => format!("all {of} occasions"),
            (true, false) => format!("all {of} occasions whose context is kept"),
            (false, true) => format!("{hits} of {of} occasions"),
            (false, false) => format!("{hits} of the {of} occasions whose context is kept"),
        };
        let (within, side) = (side.within(self.view), word(*side));
        format!(
            "on {share} {} came within {within} {side} (chance would give {})",
            self.quote(neighbour.signature),
            number(*expected)
        )
    }

    /// What to read first, if a line came before each time.
    pub(super) fn comes_first(&self) -> Option<String> {
        let every_time = |n: &&Neighbour| n.side == Side::Before && n.hits == n.of;
        let first = self.found.iter().filter(every_time).max_by_key(|n| n.lag)?;
        Some(format!(
            "{} came first each time, on average {} before: read on from there, around the latest occasion",
            self.quote(first.signature),
            rounded(first.lag)
        ))
    }

    /// What remains unknown of it.
    pub(super) fn unknown(&self) -> Option<String> {
        (!self.found.is_empty()).then(|| {
            "whether what comes shortly before or after has to do with it: only the order is known"
                .to_owned()
        })
    }

    fn quote(&self, signature: SignatureIndex) -> String {
        let text = self.view.library.signature(signature).template.replace("<*>", "…");
        format!("“{}”", shorten(&text, QUOTE_MAX))
    }
}

/// `“10.20.4.57” is named in 9 of the 9 lines looked at since it began; 8 of 25 before did (chance would
/// give 3.0)`.
fn value(named: &Dominates) -> String {
    let Dominates { text, times, of, before, before_of, expected } = named;
    let before = match before {
        0 => format!("none of {before_of} before did"),
        n => format!("{n} of {before_of} before did"),
    };
    format!(
        "“{text}” is named in {times} of the {of} lines looked at since it began; {before} (chance would give {})",
        number(*expected)
    )
}

fn word(side: Side) -> &'static str {
    match side {
        Side::Before => "before",
        Side::After => "after",
    }
}

/// The lines around the lead's latest occasion, and around the first one that is kept, in order of
/// time.
pub(super) fn context(candidate: &Candidate, view: View<'_>) -> Vec<ContextLine> {
    let mut told = compare::contexts(candidate, view);
    told.sort_by_key(|(_, context)| context.mark);
    let (first, latest) = match told.as_slice() {
        [] => (None, None),
        [only] => (None, Some(only.1)),
        [first, .., latest] => (Some(first.1), Some(latest.1)),
    };
    first.into_iter().chain(latest).flat_map(lines).collect()
}

fn lines(context: &Context) -> Vec<ContextLine> {
    let line = |relation, mark: crate::attention::mark::Mark| ContextLine {
        relation,
        occasion: context.mark.at,
        line: Evidence {
            of_lead: relation == Relation::Itself,
            ..Evidence::unread(mark.seq, mark.at)
        },
    };
    let before = context.before.iter().map(|l| line(Relation::Before, l.mark));
    let after = context.after.iter().map(|l| line(Relation::After, l.mark));
    before.chain([line(Relation::Itself, context.mark)]).chain(after).collect()
}
