//! How far the spool was, and when → how old the oldest record is that is not understood yet.
//!
//! Where the spool stands is noted about once a second. A record was received after the last note that does not reach it;
//! so its age is known to a second, without reading it: this must be told also while the disk stands still.

use model::{Seq, Span, Timestamp};
use std::collections::VecDeque;
use std::sync::Mutex;

/// Notes that are kept; if there are more, every second one goes: of a long wait, seconds do not matter.
const NOTES_MAX: usize = 4_096;
/// No more than this often.
const NOTE_EVERY: Span = Span::from_secs(1);

/// Notes of the spool's end, oldest first.
#[derive(Debug, Default)]
pub(super) struct Backlog(Mutex<VecDeque<(Seq, Timestamp)>>);

impl Backlog {
    /// Notes that the spool ends before `next`; returns how long the oldest record from `position` on has waited, at most.
    /// `None` if none waits, or it was there before the first note.
    pub(super) fn age(&self, next: Seq, position: Seq, now: Timestamp) -> Option<Span> {
        let mut notes = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A clock that was set back: what was noted is of no use.
        if notes.back().is_some_and(|(_, at)| *at > now) {
            notes.clear();
        }
        if notes.back().is_none_or(|(_, at)| now - *at >= NOTE_EVERY) {
            if notes.len() == NOTES_MAX {
                let mut keep = true;
                notes.retain(|_| {
                    keep = !keep;
                    !keep
                });
            }
            notes.push_back((next, now));
        }
        // Of the notes that do not reach the record at `position`, the latest is of use.
        while notes.get(1).is_some_and(|(end, _)| *end <= position) {
            notes.pop_front();
        }
        let (end, at) = *notes.front()?;
        (position < next && end <= position).then(|| now - at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_as_old_as_the_last_note_that_does_not_reach_it() {
        let backlog = Backlog::default();
        let age = |next, position, secs| {
            let age = backlog.age(Seq(next), Seq(position), Timestamp::from_secs(1_000 + secs));
            age.map(|age| age.as_micros() / 1_000_000)
        };
        assert_eq!(age(10, 10, 0), None, "none waits");
        assert_eq!(age(10, 10, 60), None);
        assert_eq!(age(20, 10, 61), Some(1), "it came within the last second");
        (62..5_000).for_each(|secs| {
            let waits = age(20 + secs as u64, 10, secs).unwrap();
            assert_eq!(waits, secs - 60);
        });
        let waits = age(9_000, 4_000, 5_000).unwrap();
        assert!((1_018..=1_024).contains(&waits), "{waits}");
        assert_eq!(age(9_000, 9_000, 5_001), None);
        assert_eq!(age(9_001, 9_000, 10), None, "the clock was set back");
    }

    #[test]
    fn what_was_there_before_has_no_age() {
        let backlog = Backlog::default();
        assert_eq!(backlog.age(Seq(100), Seq(10), Timestamp::from_secs(5)), None);
    }
}
