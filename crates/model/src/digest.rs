//! The digest: what one tenant's technician reads in ten minutes.

use crate::{Baseline, CandidateId, CandidateType, Coverage, Item, TenantId, Timestamp};
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
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
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
    /// Those of them, at most fifty, and why each is not shown.
    pub cut: Vec<Cut>,
    /// Open items that stand as they were told before, where only what is new is told.
    #[serde(skip)]
    pub told_before: u64,
    /// Still learning what is usual, until this time.
    pub learning_until: Option<Timestamp>,
    /// How much of what is usually heard was heard; absent where nobody watches over sources, as in a scan of files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
}

/// A candidate that is not shown.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Cut {
    /// Which; `explain` tells the rest.
    pub candidate_id: CandidateId,
    /// What it claims.
    #[serde(rename = "type")]
    pub candidate_type: CandidateType,
    /// As an item's.
    pub title: String,
    /// The usual and the present, in counts.
    pub baseline: Baseline,
    /// As an item's.
    pub score_total: f64,
    /// Why it is not shown, in numbers.
    pub why: String,
}
