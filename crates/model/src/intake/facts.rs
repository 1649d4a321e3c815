//! What a receiver knows of a record beside its bytes.

use crate::{Cursor, Seq, Timestamp};

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
}

impl Facts {
    /// A message received over a wire at this moment.
    pub fn received(received_at: Timestamp) -> Facts {
        Facts {
            received_at,
            cursor: Cursor::Received { seq: Seq(0) },
            kind: Kind::Raw,
            truncated: false,
            old: false,
        }
    }
}
