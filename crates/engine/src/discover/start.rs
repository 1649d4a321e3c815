//! Start: a process was started in a way that systems start none, or that its host's values speak against. What was
//! judged needs no further odds: rules are facts on how systems are built, and a severity by values is a number of false
//! alarms.

use super::{Detector, Facts, Finding, View};
use crate::attention::cell::CellIndex;
use crate::host::starts::OddStart;
use model::CandidateType;

/// In the list of detectors; it speaks when starts are judged (`tenant/signals.rs`).
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Anomaly,
    summary: "a process that was started as systems start none",
    on_sighting: None,
    on_tick: None,
};

/// The finding of a start whose event was just seen in its cell.
pub fn finding(view: View<'_>, cell: CellIndex, start: OddStart) -> Finding {
    let (onset, facts) = (start.at, Facts::Start(Box::new(start)));
    Finding::of_one(CandidateType::Anomaly, cell, onset, facts, view)
}
