//! Items and digests for unit tests: invented, with nothing in them but what a test asks for.

use model::{
    Band, Baseline, CandidateId, CandidateType, Digest, Frequency, Item, Lifecycle, Quiet, Stage,
    TenantId, Timestamp, Timing, Where,
};

/// The id of the item of that name.
pub(crate) fn candidate(name: &str) -> CandidateId {
    CandidateId::derive(&[name.as_bytes()])
}

/// An item that is called so.
pub(crate) fn item(name: &str, band: Band, status: &'static str) -> Item {
    Item {
        candidate_id: candidate(name),
        candidate_type: CandidateType::Burst,
        title: name.into(),
        decision_band: band.decision_word(),
        band,
        status,
        lifecycle: Lifecycle {
            stage: Stage::New,
            reason: String::new(),
            since: Timestamp::default(),
            age_secs: 0,
            told_before: None,
        },
        outcome: (status == "closed").then(|| "went quiet by itself".into()),
        score_total: 0.0,
        why_it_matters: String::new(),
        why: vec![],
        what: String::new(),
        frequency: Frequency::default(),
        place: Where::default(),
        timing: Timing {
            first: Timestamp::default(),
            last: Timestamp::default(),
            usual_hours: None,
        },
        baseline: Baseline::default(),
        seen_before: vec![],
        knowledge: None,
        check_next: vec![],
        unknowns: vec![],
        would_change: vec![],
        contributions: vec![],
        evidence: vec![],
        evidence_total: 0,
        context: vec![],
        scorer_version: "",
    }
}

/// So many hours after the epoch.
pub(crate) fn hour(hours: i64) -> Timestamp {
    Timestamp::from_secs(hours * 3_600)
}

/// The digest of a tenant at an hour.
pub(crate) fn digest(tenant: &str, at: i64, items: Vec<Item>) -> Digest {
    Digest {
        as_of: hour(at),
        since: hour(at - 1),
        tenant_id: TenantId::new(tenant),
        items,
        quiet: Quiet::default(),
    }
}
