//! Pressure: a host reports values at a hard limit, or on their way to one. What was judged from samples needs
//! no further odds: the limits are those of documented sources, and forecasts are calibrated on their own past.

use super::{Detector, Facts, Finding, View};
use crate::attention::cell::CellIndex;
use crate::host::signal::Pressed;
use model::{CandidateType, Timestamp};

/// In the list of detectors; it speaks when samples are judged (`tenant/signals.rs`).
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Pressure,
    summary: "a host at a hard limit of memory, disks, network or processors, or on its way to one",
    on_sighting: None,
    on_tick: None,
};

/// The finding of a signal that was just seen in its cell.
pub fn finding(view: View<'_>, cell: CellIndex, pressed: Pressed) -> Finding {
    let onset = Timestamp::from_micros((pressed.from_secs * 1e6) as i64);
    Finding::of_one(CandidateType::Pressure, cell, onset, Facts::Pressure(pressed), view)
}
