//! Pain: a severe event that ends a story, and the odds that it only happened to come meanwhile.

use super::View;
use super::candidate::Candidate;
use crate::attention::cell::CellIndex;
use crate::attention::known::ServiceIndex;
use model::{CandidateType, Severity, Timestamp};

/// Whether a sighting of this cell counts as pain: severe by its source's word, and hardly ever
/// seen at this tenant.
pub fn is_severe(view: View<'_>, cell: CellIndex, severity: Option<Severity>) -> bool {
    severity.is_some_and(|s| s.is_at_least(Severity::Error))
        && view.ledger.kind_of(cell).occasions <= 2
}

/// Whether a severe event of this service would count as the end of a candidate: it has none yet, it is
/// about one host (trouble on one of many says little about what reached them all), and such events are
/// too rare to come by chance while it is open.
pub fn may_hurt(
    candidate: &Candidate,
    service: ServiceIndex,
    at: Timestamp,
    view: View<'_>,
) -> bool {
    let program = &view.ledger.services[service.0 as usize];
    let hosts = view.ledger.hosts_of(service) as f64;
    let watched = (at - program.first).as_days_f64().max(1.0) * hosts.max(1.0);
    // A quarter of an event stands for what was never seen.
    let expected =
        (f64::from(program.severe) + 0.25) / watched * (at - candidate.onset).as_days_f64();
    candidate.pain.is_none()
        && candidate.kind != CandidateType::Spread
        && 1.0 - (-expected).exp() <= view.config.discover.pain_chance_max
}

/// Whether a critical event of another program follows a candidate's latest occasion so closely that it is no
/// chance, by how often its host has such at all and how many occasions there were to follow.
pub fn follows(candidate: &Candidate, at: Timestamp, view: View<'_>) -> bool {
    let host = view.ledger.host_of(candidate.lead());
    let rate = (f64::from(host.critical) + 0.5) / (at - host.first).as_days_f64().max(1.0);
    let waits =
        (at - candidate.last).as_days_f64().max(0.0) * f64::from(candidate.occasions.max(1));
    candidate.pain.is_none()
        && candidate.kind != CandidateType::Spread
        && 1.0 - (-rate * waits).exp() <= view.config.discover.pain_follows_max
}
