//! Burst: far more in a quarter of an hour than is usual for it on this host.
//!
//! Two gates must both open: a count test against the usual rate (over-dispersed, for log streams
//! come in clumps), and the largest hour of the last seven days, which timers and nightly jobs
//! reach each day but do not pass.

use super::{Detector, Facts, Finding, Moment, View};
use crate::stats::overdispersed_surprise;
use model::{CandidateType, Severity, Span};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Burst,
    summary: "far more in a quarter of an hour than is usual for it on one host",
    on_sighting: Some(judge),
    on_tick: None,
};

/// Variance over mean that is granted to any stream before it counts as unusual.
const DISPERSION: f64 = 3.0;
/// History that the usual must at least rest on.
const HISTORY_MIN: Span = Span::HOUR.times(6);

fn judge(view: View<'_>, moment: &Moment) -> Option<Finding> {
    let index = moment.cell;
    let cell = &view.ledger[index];
    let asked = &view.config.discover;
    let rate = cell.rate.as_ref()?;
    let (events, hour) = (rate.quarter(), rate.hour());
    if events < asked.burst_events_min || cell.worst == Some(Severity::Debug) {
        return None;
    }
    let usual_hour_max = rate.largest_hour();
    if f64::from(hour) < asked.burst_over_max * f64::from(usual_hour_max) {
        return None;
    }
    let history = view.now - view.ledger.host_of(index).first - Span::HOUR;
    if history < HISTORY_MIN {
        return None;
    }
    let before = (cell.events as f64 - f64::from(hour)).max(0.0);
    let quarters = history.as_secs_f64() / 900.0;
    let expected = (before + 0.5) / quarters;
    let surprise = overdispersed_surprise(u64::from(events), expected, DISPERSION);
    (surprise >= asked.burst_surprise_min).then(|| Finding {
        kind: CandidateType::Burst,
        cells: vec![index],
        onset: rate.since().max(cell.first().at),
        events: u64::from(hour),
        marks: cell.marks_since(view.now - Span::HOUR),
        surprise,
        facts: Facts::Burst { events, hour, usual_hour_max, expected },
    })
}
