//! One record of the spool: raw bytes as they came, with what the receiver knew beside them.

use model::{Cursor, Envelope, Origin, Seq, Timestamp};
use std::sync::Arc;

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

/// One record as it is read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its number: ascending, never used twice.
    pub seq: Seq,
    /// What was known beside the bytes.
    pub facts: Facts,
    /// Where it came from.
    pub origin: &'a Arc<Origin>,
    /// Who delivered it: an address; empty where that means nothing.
    pub peer: &'a str,
    /// The bytes as they came.
    pub payload: &'a [u8],
}

impl<'a> Record<'a> {
    /// The envelope that the record holds.
    pub fn envelope(&self) -> Envelope<'a> {
        Envelope {
            seq: self.seq,
            origin: self.origin,
            cursor: self.facts.cursor,
            received_at: (!self.facts.old).then_some(self.facts.received_at),
            payload: self.payload,
            truncated: self.facts.truncated,
        }
    }
}
