//! Anomaly: the last day leaves the range of the days before: the slow lane for what grows hour by
//! hour and for streams whose single occasions say nothing.
//!
//! Two gates must both open, as for a burst: evidence against the usual hours (see [`Rate`]), and the
//! largest day of the last week.
//!
//! [`Rate`]: crate::attention::rate::Rate

use super::{Detector, Facts, Finding, View};
use crate::attention::cell::{Cell, CellIndex};
use crate::stats::SURPRISE_MAX;
use model::{CandidateType, Severity, Span, Timestamp};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Anomaly,
    summary: "a stream whose last day left the range of the days before",
    on_sighting: None,
    on_tick: Some(judge_all),
};

/// Days of history that a usual day is learnt from, at least.
const DAYS_MIN: usize = 4;

fn judge_all(view: View<'_>) -> Vec<Finding> {
    view.ledger.touched.iter().filter_map(|index| judge(view, *index)).collect()
}

fn judge(view: View<'_>, index: CellIndex) -> Option<Finding> {
    let cell = &view.ledger[index];
    let asked = &view.config.discover;
    let surprise = cell.rate.as_ref()?.growth_decades();
    if surprise < asked.shift_surprise_min || cell.worst == Some(Severity::Debug) {
        return None;
    }
    // What has ended since is told by the burst lane, if by any.
    let rate = cell.rate.as_ref()?;
    if f64::from(rate.hour()) < asked.shift_over_max * rate.usual_hour() {
        return None;
    }
    let known_days = (view.now - cell.since()).as_days_f64() as usize;
    let counts = cell.days.back_from(view.now);
    let past = &counts[2..=known_days.clamp(2, 8)];
    let today = last_day(cell, view.now);
    let usual_max = past.iter().copied().max().unwrap_or(0);
    let leaves = f64::from(today) >= asked.shift_over_max * f64::from(usual_max);
    if known_days < DAYS_MIN || today < asked.shift_events_min || !leaves {
        return None;
    }
    let (counted, day) = fuller_day(&counts, view.now);
    let usual = f64::from(past.iter().sum::<u32>()) / past.len() as f64;
    Some(Finding {
        kind: CandidateType::Anomaly,
        cells: vec![index],
        onset: (view.now - Span::DAY).max(cell.since()),
        events: u64::from(today),
        marks: cell.marks_since(view.now - Span::DAY),
        surprise: surprise.min(SURPRISE_MAX),
        facts: Facts::Anomaly { today: counted, day, usual, usual_max },
    })
}

/// Of today and yesterday the day with more events, to be named: its count is exact.
fn fuller_day(counts: &[u32], now: Timestamp) -> (u32, Timestamp) {
    let today = now.floor(Span::DAY);
    match counts {
        [so_far, yesterday, ..] if yesterday > so_far => (*yesterday, today - Span::DAY),
        [so_far, ..] => (*so_far, today),
        [] => (0, today),
    }
}

/// Events of the last 24 hours: today's, and of yesterday's the part that is not older.
fn last_day(cell: &Cell, now: Timestamp) -> u32 {
    let [today, yesterday, ..] = cell.days.back_from(now);
    let passed = (now - now.floor(Span::DAY)).as_days_f64();
    today + (f64::from(yesterday) * (1.0 - passed)) as u32
}
