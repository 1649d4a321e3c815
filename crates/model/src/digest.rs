//! The digest: what one tenant's technician reads in ten minutes.

use crate::{Item, TenantId, Timestamp};
use std::collections::BTreeMap;

/// At most ten items of one tenant, and why the rest was quiet.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Digest {
    /// The moment it speaks of.
    pub as_of: Timestamp,
    /// The time from which it speaks.
    pub since: Timestamp,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Most deserving first.
    pub items: Vec<Item>,
    /// What was read and why the rest needs nobody.
    pub quiet: Quiet,
}

/// Why it is quiet otherwise, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Quiet {
    /// Events of this tenant in all.
    pub events: u64,
    /// Hosts that spoke.
    pub hosts: u64,
    /// Kinds of message known.
    pub signatures: u64,
    /// Signatures in each band, by its word.
    pub bands: BTreeMap<&'static str, u64>,
    /// Events of signatures in `ignore_fast`.
    pub ignored_events: u64,
    /// What was recognised as ordinary change and grouped, one sentence each.
    pub notes: Vec<String>,
    /// Candidates that the limit on items or the false-alarm budget held back.
    pub held_back: u64,
    /// Still learning what is usual, until this time.
    pub learning_until: Option<Timestamp>,
}
