//! The explanation: all that is known about why one subject has the attention it has.

use crate::{Band, BandChange, Item, Signature};

/// Why a candidate or a signature stands where it stands.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Explanation {
    /// The candidate as a person reads it; absent when no candidate is open for the subject.
    pub item: Option<Item>,
    /// The kind of message it is about; absent for candidates about a host or a source.
    pub signature: Option<Signature>,
    /// The band now.
    pub band: Band,
    /// Every recorded change of band, oldest first.
    pub history: Vec<BandChange>,
    /// Further facts, one sentence each.
    pub notes: Vec<String>,
}
