//! When a story is over: quiet for longer than its own gaps explain, or back to its usual.

use super::candidate::Candidate;
use super::{View, drift};
use crate::stats::poisson_surprise;
use model::{CandidateType, Span, Timestamp};

/// Evidence, in decades, below which a rate counts as the usual one again.
const CALM: f64 = 1.0;
/// Usual occasions a day from which coming now and then is no sign that it goes on.
const USUAL_FROM: f64 = 0.5;
/// Surprise, in decades, below which so many occasions are its usual.
const ORDINARY: f64 = 0.5;

/// How long a candidate may be quiet before it is over. What comes at long gaps is given three.
fn patience(candidate: &Candidate, view: View<'_>) -> Span {
    let asked = &view.config.discover;
    if candidate.is_crash() {
        return asked.close_after_crash;
    }
    if candidate.pain.is_some() {
        return asked.close_after_pain;
    }
    if candidate.kind == CandidateType::Silence {
        return asked.close_after_max;
    }
    if candidate.is_breakthrough() {
        return asked.close_after;
    }
    let lead = &view.ledger[candidate.lead()];
    let starts: Vec<Timestamp> = lead.starts().filter(|t| *t >= candidate.onset).collect();
    let mut gaps: Vec<f64> = starts.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).collect();
    let usual = crate::stats::median(&mut gaps).unwrap_or(0.0);
    let patience = Span::from_secs((usual * 3.0) as i64);
    patience.max(asked.close_after).min(asked.close_after_max)
}

/// Whether a story is over.
pub fn is_over(candidate: &Candidate, view: View<'_>) -> bool {
    // A success that was told goes on being said of others: it counts from when it was found.
    let last = if candidate.is_breakthrough() { candidate.found } else { candidate.last };
    view.now - last >= patience(candidate, view)
        || is_back_to_usual(candidate, view)
        || drift::ended(candidate, view).is_some()
}

/// Whether what was unusual has ended although it still comes: a busy message is never quiet.
pub fn is_back_to_usual(candidate: &Candidate, view: View<'_>) -> bool {
    if candidate.pain.is_some() || candidate.is_breakthrough() {
        return false;
    }
    let asked = &view.config.discover;
    let lead = &view.ledger[candidate.lead()];
    let for_long = |span: Span| view.now - candidate.found >= span;
    match candidate.kind {
        CandidateType::Burst | CandidateType::Anomaly if for_long(asked.close_after_calm) => {
            lead.rate.as_ref().is_some_and(|rate| {
                let mut rate = rate.clone();
                rate.turn(view.now);
                rate.burst_decades() < CALM && rate.growth_decades() < CALM
            })
        }
        CandidateType::Recurrence | CandidateType::SelfHeal | CandidateType::Precursor
            if for_long(asked.close_after) && candidate.usual_per_day >= USUAL_FROM =>
        {
            let lately = lead.occasions_since(view.now - asked.close_after) as u64;
            let days = asked.close_after.as_days_f64();
            poisson_surprise(lately, candidate.usual_per_day * days) < ORDINARY
        }
        _ => false,
    }
}
