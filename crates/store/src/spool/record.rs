//! One record of the spool: raw bytes as they came, with what the receiver knew beside them.

use model::intake::Facts;
use model::{Envelope, Origin, Seq};
use std::sync::Arc;

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
