//! Burst: far more in a short time than is usual for it on this host at this time of day.
//!
//! Two gates must both open: evidence against the usual rate of this hour, grown slot by slot (see
//! [`Rate`]), and the largest hour of the last days that may be held against the present, which timers
//! and nightly jobs reach each day but do not pass.
//!
//! [`Rate`]: crate::attention::rate::Rate

use super::{Detector, Facts, Finding, Moment, View};
use model::{CandidateType, Severity, Span};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Burst,
    summary: "far more in a short time than is usual for it on one host at this time of day",
    on_sighting: Some(judge),
    on_tick: None,
};

/// History that the usual must at least rest on.
const HISTORY_MIN: Span = Span::HOUR.times(6);

fn judge(view: View<'_>, moment: &Moment) -> Option<Finding> {
    let index = moment.cell;
    let cell = &view.ledger[index];
    let asked = &view.config.discover;
    let rate = cell.rate.as_ref()?;
    let (events, hour) = (rate.quarter(), rate.hour());
    if hour < asked.burst_events_min || cell.worst == Some(Severity::Debug) {
        return None;
    }
    let surprise = rate.burst_decades();
    if surprise < asked.burst_surprise_min {
        return None;
    }
    let usual_hour_max = rate.largest_hour();
    if f64::from(hour) < asked.burst_over_max * f64::from(usual_hour_max) {
        return None;
    }
    if view.now - view.ledger.host_of(index).first < HISTORY_MIN {
        return None;
    }
    Some(Finding {
        kind: CandidateType::Burst,
        cells: vec![index],
        onset: rate.since().max(cell.since()),
        events: u64::from(hour),
        marks: cell.marks_since(view.now - Span::HOUR),
        surprise: surprise.min(crate::stats::SURPRISE_MAX),
        facts: Facts::Burst { events, hour, usual_hour_max, expected: rate.usual_quarter() },
    })
}
