//! What a receiver knows of a record beside its bytes.

use crate::{Cursor, Seq, Span, Timestamp};

/// What a record is. All that changes the engine's state enters through the spool, so that state is a fold
/// over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Kind {
    /// Bytes from outside.
    #[default]
    Raw = 0,
    /// A receiver's statement that it lost records, and how many.
    Gap = 1,
    /// The clock.
    Tick = 2,
    /// What a person judged.
    Review = 3,
    /// What came of an action.
    Outcome = 4,
}

impl Kind {
    /// Every kind; the index is its number on disk.
    pub const ALL: [Kind; 5] = [Kind::Raw, Kind::Gap, Kind::Tick, Kind::Review, Kind::Outcome];
}

/// What is known of a record beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// When we received it.
    pub received_at: Timestamp,
    /// Where in its source it stood. The number within [`Cursor::Received`] is set by the spool.
    pub cursor: Cursor,
    /// What it is.
    pub kind: Kind,
    /// The bytes are only the head of what came.
    pub truncated: bool,
    /// The bytes are older than their receipt by nobody knows how much: a file that was there before.
    pub old: bool,
    /// … but by at least so many steps of [`Facts::OLDER_STEP`], up to [`Facts::OLDER_MAX`]; 0 where nobody knows.
    pub older: u8,
}

impl Facts {
    /// Less than a year, so that a date without a year is found behind [`Facts::written_by`], whenever it was.
    pub const OLDER_STEP: Span = Span::from_secs(270 * 86_400);
    /// Almost six years.
    pub const OLDER_MAX: u8 = 7;

    /// The same, of bytes that were written at `at`.
    #[must_use]
    pub fn written(self, at: Timestamp) -> Facts {
        let steps = (self.received_at - at).as_micros() / Facts::OLDER_STEP.as_micros();
        Facts { older: steps.clamp(0, i64::from(Facts::OLDER_MAX)) as u8, ..self }
    }

    /// The bytes were written by then, and in the year before; as far as that is known.
    pub fn written_by(&self) -> Timestamp {
        self.received_at - Facts::OLDER_STEP.times(self.older.into())
    }

    /// A message received over a wire at this moment.
    pub fn received(received_at: Timestamp) -> Facts {
        Facts {
            received_at,
            cursor: Cursor::Received { seq: Seq(0) },
            kind: Kind::Raw,
            truncated: false,
            old: false,
            older: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_lies_within_the_year_before_written_by() {
        let now = Timestamp::from_secs(1_795_255_200);
        for days in [0, 1, 269, 270, 364, 365, 366, 730, 1_500, 2_159] {
            let at = now - Span::DAY.times(days);
            let facts = Facts::received(now).written(at);
            let by = facts.written_by();
            assert!(at <= by && by - at < Span::DAY.times(270), "{days}: {facts:?}");
        }
        assert_eq!(Facts::received(now).written(now + Span::DAY).older, 0, "a clock ahead");
        assert_eq!(Facts::received(now).written(Timestamp::from_secs(0)).older, Facts::OLDER_MAX);
    }
}
