//! How events are spread, and what an answer took: the store's words → the wire's.

use super::access::{Grant, Tenants};
use model::search::{Facets, Scan};
use model::{Severity, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How events are spread: the most frequent values of each field, with their counts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FacetsOut {
    /// Events in all.
    total: u64,
    tenant_id: Vec<Counted>,
    host: Vec<Counted>,
    service: Vec<Counted>,
    pub(super) signature_id: Vec<Counted>,
    /// Events by severity; `none` of those without one.
    severity: BTreeMap<&'static str, u64>,
    /// The time of the earliest.
    #[schema(value_type = Option<String>, format = DateTime)]
    first: Option<Timestamp>,
    /// The time of the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    last: Option<Timestamp>,
}

/// A value and how often it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Counted {
    value: String,
    count: u64,
}

/// What an answer took. How much there is and was looked at is of all clients, and null for a token that is not for all.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScanOut {
    /// Blocks kept.
    blocks: Option<u64>,
    /// Blocks that were read in whole.
    blocks_read: Option<u64>,
    /// Events looked at.
    events: Option<u64>,
    /// Damaged blocks: what they hold is missing from the answer.
    blocks_damaged: u64,
}

impl ScanOut {
    /// As much of it as a caller may know: blocks hold the events of all clients.
    pub(super) fn of(scan: Scan, grant: &Grant) -> ScanOut {
        let Scan { blocks, blocks_read, events, blocks_damaged } = scan;
        let told = |figure| (grant.tenants == Tenants::All).then_some(figure);
        ScanOut {
            blocks: told(blocks),
            blocks_read: told(blocks_read),
            events: told(events),
            blocks_damaged,
        }
    }
}

pub(super) fn spread(facets: Facets) -> FacetsOut {
    fn counted<T: ToString>(values: Vec<(T, u64)>) -> Vec<Counted> {
        values.into_iter().map(|(v, count)| Counted { value: v.to_string(), count }).collect()
    }
    let words = Severity::ALL.iter().map(|severity| severity.word()).chain(["none"]);
    FacetsOut {
        total: facets.total,
        tenant_id: counted(facets.tenants),
        host: counted(facets.hosts),
        service: counted(facets.services),
        signature_id: counted(facets.signatures),
        severity: words.zip(facets.severities).collect(),
        first: facets.times.map(|(first, _)| first),
        last: facets.times.map(|(_, last)| last),
    }
}
