//! What was said around a candidate's occasions → the lines of the item, and the sentences about
//! what keeps coming first or next. They speak of order in time, never of causes.

use super::phrase::{number, rounded, shorten};
use super::words::QUOTE_MAX;
use crate::attention::context::Context;
use crate::discover::View;
use crate::discover::candidate::Candidate;
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
}

impl<'a> Around<'a> {
    /// Compares the occasions of a candidate that is worth review; of what is only watched, the context
    /// is kept and nothing is said.
    pub(super) fn of(candidate: &Candidate, view: View<'a>) -> Around<'a> {
        let mut found = match candidate.admitted {
            Some(_) => compare::neighbours(candidate, view),
            None => Vec::new(),
        };
        found.truncate(NAMED_MAX);
        Around { view, occasions: candidate.occasions, found }
    }

    /// The reasons: `on 5 of 6 occasions “…” came within 10m before (chance would give 0.2)`.
    pub(super) fn why(&self) -> Vec<String> {
        self.found.iter().map(|neighbour| self.reason(neighbour)).collect()
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
        line: Evidence::unread(mark.seq, mark.at),
    };
    let before = context.before.iter().map(|l| line(Relation::Before, l.mark));
    let after = context.after.iter().map(|l| line(Relation::After, l.mark));
    before.chain([line(Relation::Itself, context.mark)]).chain(after).collect()
}
