//! Anomaly: a day's count leaves the range of the days before: the slow lane for streams whose
//! single occasions say nothing.

use super::{Detector, Facts, Finding, View};
use crate::attention::cell::CellIndex;
use crate::stats::overdispersed_surprise;
use model::{CandidateType, Severity, Span};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Anomaly,
    summary: "a stream whose daily count left the range of the days before",
    on_sighting: None,
    on_tick: Some(judge_all),
};

/// Days of history that a usual day is learnt from, at least.
const DAYS_MIN: usize = 4;
/// Fewest events of a day that can be unusual; rarer things are the matter of recurrence.
const TODAY_MIN: u32 = 30;

fn judge_all(view: View<'_>) -> Vec<Finding> {
    let touched = view.ledger.touched.iter().copied();
    let untold = touched.filter(|index| view.ledger[*index].candidate.is_none());
    untold.filter_map(|index| judge(view, index)).collect()
}

fn judge(view: View<'_>, index: CellIndex) -> Option<Finding> {
    let cell = &view.ledger[index];
    let counts = cell.days.back_from(view.now);
    let today = counts[0];
    if today < TODAY_MIN || cell.worst == Some(Severity::Debug) {
        return None;
    }
    let known_days = ((view.now - cell.first().at).as_secs_f64() / 86_400.0) as usize;
    let past = &counts[1..=known_days.clamp(1, 7)];
    if known_days < DAYS_MIN {
        return None;
    }
    let usual = past.iter().sum::<u32>() as f64 / past.len() as f64;
    let usual_max = past.iter().copied().max().unwrap_or(0);
    if f64::from(today) < view.config.discover.shift_over_max * f64::from(usual_max) {
        return None;
    }
    let variance =
        past.iter().map(|c| (f64::from(*c) - usual).powi(2)).sum::<f64>() / past.len() as f64;
    let dispersion = (variance / usual.max(0.5)).clamp(2.0, 50.0);
    let surprise = overdispersed_surprise(u64::from(today), usual.max(0.5), dispersion);
    (surprise >= view.config.discover.shift_surprise_min).then(|| Finding {
        kind: CandidateType::Anomaly,
        cells: vec![index],
        onset: view.now.floor(Span::DAY).max(cell.first().at),
        events: u64::from(today),
        marks: cell.marks_since(view.now.floor(Span::DAY)),
        surprise,
        facts: Facts::Anomaly { today, usual, usual_max },
    })
}
