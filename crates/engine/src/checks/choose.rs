//! A family, a candidate's type and its message → the few checks that fit best. What is for these words
//! stands before what fits any message; else the file's order holds.

use super::matching::Said;
use super::schema::{CheckRule, Family};
use model::CandidateType;

/// Checks of a family in one item: with the look at the lines themselves four at most, what a person
/// does in ten minutes.
pub const CHECKS_MAX: usize = 3;

/// The checks that fit best, at most [`CHECKS_MAX`].
pub fn choose<'a>(family: &'a Family, kind: CandidateType, template: &str) -> Vec<&'a CheckRule> {
    let said = Said::of("", template);
    let mut fits: Vec<(bool, &CheckRule)> =
        family.check.iter().filter_map(|check| Some((fit(check, kind, &said)?, check))).collect();
    // Stable: the file's order holds among equals.
    fits.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
    fits.into_iter().take(CHECKS_MAX).map(|(_, check)| check).collect()
}

/// Whether a check fits, and whether it is for these very words.
fn fit(check: &CheckRule, kind: CandidateType, said: &Said) -> Option<bool> {
    let says = check.words.iter().any(|phrase| said.has(phrase));
    let is_for =
        (check.words.is_empty() || says) && (check.types.is_empty() || check.types.contains(&kind));
    is_for.then_some(says)
}
