//! A claimed time and those before it → whether it is believed. One line of 1970 or 2099 must not
//! take the whole stream there: what is usual would be learnt over decades, and every silence told.
//!
//! A clock that is really set anew is believed once several lines in a row agree with it.

use model::{Span, Timestamp};

/// Machines without a battery count from 1970, 1980 or their own epoch until their clock is set. No
/// log that is still read is that old.
const UNSET_BEFORE: Timestamp = Timestamp::from_secs(631_152_000); // 1990-01-01
/// Going back further is neither a late relay nor a change of zone.
const BACK_MAX: Span = Span::from_secs(30 * 86_400);
/// Going ahead further is no quiet source: a job that runs once a year still writes each year.
const AHEAD_MAX: Span = Span::from_secs(400 * 86_400);
/// Further ahead than this *and* later than the source's end is out of order; a day allows for
/// clocks and modification times that differ by zones.
const AFTER_END_MAX: Span = Span::DAY;
/// Lines in a row that make a leap believed; more than a burst of one wrong sender, fewer than the
/// start of a machine writes.
const LINES_MIN: u32 = 8;

/// What was last doubted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Belief {
    doubted: Option<(Timestamp, u32)>,
}

impl Belief {
    /// Whether the claim follows on from the `last` believed time, in a source that ends about
    /// `end`.
    pub(super) fn holds(&mut self, claim: Timestamp, last: Timestamp, end: Timestamp) -> bool {
        if !is_leap(claim, last, end) {
            self.doubted = None;
            return true;
        }
        let in_a_row = match self.doubted {
            Some((before, count)) if is_near(claim, before) => count + 1,
            _ => 1,
        };
        let is_unset = claim < UNSET_BEFORE && last >= UNSET_BEFORE;
        let is_believed = in_a_row >= LINES_MIN && !is_unset;
        self.doubted = (!is_believed).then_some((claim, in_a_row.min(LINES_MIN)));
        is_believed
    }
}

fn is_leap(claim: Timestamp, last: Timestamp, end: Timestamp) -> bool {
    let ahead = claim - last;
    let end = end + AFTER_END_MAX;
    let is_after_end = claim > end && last <= end && ahead > AFTER_END_MAX;
    last - claim > BACK_MAX || ahead > AHEAD_MAX || is_after_end
}

fn is_near(a: Timestamp, b: Timestamp) -> bool {
    a - b <= BACK_MAX && b - a <= BACK_MAX
}

/// The first of these claims that lies where most do; of clocks that were never set only if there
/// is no other. `None` without claims.
pub(super) fn beginning(claims: &[Timestamp]) -> Option<Timestamp> {
    let is_any_set = claims.iter().any(|at| *at >= UNSET_BEFORE);
    let is_eligible = |at: &&Timestamp| !is_any_set || **at >= UNSET_BEFORE;
    let mut sorted: Vec<Timestamp> = claims.iter().filter(is_eligible).copied().collect();
    sorted.sort();
    let middle = *sorted.get(sorted.len() / 2)?;
    let mut eligible = claims.iter().filter(is_eligible);
    eligible.find(|at| is_near(**at, middle)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_secs(1_772_452_800); // 2026-03-02

    fn days(count: i64) -> Timestamp {
        NOON + Span::DAY.times(count)
    }

    #[test]
    fn one_wrong_clock_is_doubted_and_one_set_anew_is_believed() {
        let end = days(900);
        let mut belief = Belief::default();
        assert!(belief.holds(days(300), NOON, end), "a quiet source");
        assert!(!belief.holds(days(500), NOON, end), "years ahead");
        assert!(belief.holds(days(1), NOON, end));
        assert!(!belief.holds(days(-40), NOON, end), "weeks back");
        let in_a_row = (0..LINES_MIN).map(|_| belief.holds(days(500), NOON, end));
        let in_a_row: Vec<bool> = in_a_row.collect();
        assert!(in_a_row[LINES_MIN as usize - 1] && !in_a_row[LINES_MIN as usize - 2]);
    }

    #[test]
    fn nothing_comes_after_the_end() {
        let mut belief = Belief::default();
        assert!(!belief.holds(days(9), NOON, days(5)));
        assert!(belief.holds(days(6), days(5), days(5)));
        assert!(belief.holds(days(9), days(8), days(5)), "the end was not known");
    }

    #[test]
    fn a_clock_that_was_never_set_is_not_believed_again() {
        let mut belief = Belief::default();
        let unset = Timestamp::from_secs(30);
        for _ in 0..3 * LINES_MIN {
            assert!(!belief.holds(unset, NOON, days(1)));
        }
        let mut belief = Belief::default();
        let later = unset + Span::HOUR;
        assert!(belief.holds(later, unset, days(1)), "a source that has no other");
    }

    #[test]
    fn a_source_begins_where_most_of_its_lines_are() {
        let unset = Timestamp::from_secs(30);
        assert_eq!(beginning(&[unset, unset, unset, NOON, days(1)]), Some(NOON));
        assert_eq!(beginning(&[days(900), NOON, days(1), days(2)]), Some(NOON));
        assert_eq!(beginning(&[unset]), Some(unset));
        assert_eq!(beginning(&[]), None);
    }
}
