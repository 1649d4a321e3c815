//! Burst: far more in a short time than is usual for it on this host at this time of day.
//!
//! Two gates must both open: evidence against the usual rate of this hour, grown slot by slot (see
//! [`Rate`]), and the largest hour of the last days that may be held against the present, which timers
//! and nightly jobs reach each day but do not pass.
//!
//! [`Rate`]: crate::attention::rate::Rate

use super::change::{Restart, restart};
use super::passed::{Judged, Passed, Reason};
use super::{Detector, Facts, Finding, Moment, View};
use crate::attention::cell::Cell;
use crate::attention::rate::Rate;
use model::{CandidateType, Severity, Span, Timestamp};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Burst,
    summary: "far more in a short time than is usual for it on one host at this time of day",
    on_sighting: Some(judge),
    on_tick: None,
};

/// Earlier occasions that show how large its batches are.
const BATCHES_MIN: u32 = 3;
/// How long a batch lasts at most.
const BATCH_LASTS_MAX: Span = Span::from_secs(5 * 60);
/// History that the usual must at least rest on.
const HISTORY_MIN: Span = Span::HOUR.times(6);
/// Until a whole day is known, the usual of an hour may be that of another time of day: a working day begins with
/// several times what the night has.
const WHOLE_DAY: Span = Span::DAY;
/// … so within that time it must pass its largest hour by this factor. Work hours of busy services have three to five times
/// the least of the night.
const FIRST_DAY_OVER: f64 = 5.0;
/// The same for what its source calls a warning or worse: an hour without one shows that they are not usual.
const HISTORY_BAD_MIN: Span = Span::HOUR;

fn judge(view: View<'_>, moment: &Moment) -> Option<Judged> {
    let index = moment.cell;
    let cell = &view.ledger[index];
    let asked = &view.config.discover;
    let rate = cell.rate.as_ref()?;
    let (events, hour) = (rate.quarter(), rate.hour());
    if hour < asked.burst_events_min {
        return None;
    }
    let surprise = rate.burst_decades();
    if surprise < asked.burst_surprise_min {
        return None;
    }
    let onset = rate.since().max(cell.since());
    let passed = |reason| Some(Judged::Passed(Passed { reason, cells: vec![index], since: onset }));
    let usual_hour_max = rate.largest_hour();
    let is_debug = cell.worst == Some(Severity::Debug);
    if f64::from(hour) < asked.burst_over_max * f64::from(usual_hour_max) {
        let is_nightly = !is_debug && is_nightly(cell, rate, view.now, asked.burst_events_min);
        return is_nightly.then_some(()).and_then(|()| passed(Reason::Nightly));
    }
    if is_debug {
        return passed(Reason::Debug);
    }
    // It always comes in batches of about this size: that it came is no rise.
    if f64::from(hour)
        < asked.burst_over_max
            * usual_batch(cell, hour, view.now, view.config.attention.rare_per_day_max)
    {
        return None;
    }
    let is_bad = cell.worst.is_some_and(|severity| severity.is_at_least(Severity::Warning));
    let history_min = if is_bad { HISTORY_BAD_MIN } else { HISTORY_MIN };
    let history = view.now - view.ledger.host_of(index).first;
    let is_day_known = is_bad || history >= WHOLE_DAY;
    if history < history_min
        || (!is_day_known && f64::from(hour) < FIRST_DAY_OVER * f64::from(usual_hour_max))
    {
        return passed(Reason::NewHost);
    }
    // Asked last: it looks at all that the host has begun lately, and of a young host that is everything.
    if [onset, view.now].into_iter().any(|at| restart(view, index, at) == Restart::Yes) {
        return passed(Reason::Window);
    }
    Some(Judged::Found(Finding {
        kind: CandidateType::Burst,
        cells: vec![index],
        onset,
        events: u64::from(hour),
        marks: cell.marks_since(view.now - Span::HOUR),
        surprise: surprise.min(crate::stats::SURPRISE_MAX),
        facts: Facts::Burst { events, hour, usual_hour_max, expected: rate.usual_quarter() },
    }))
}

/// Events of its earlier occasions, on average, where it comes in batches: rare, and each over in minutes;
/// else none. Of what is busy an occasion is as long as nobody pauses, and its size says nothing.
fn usual_batch(cell: &Cell, hour: u32, now: Timestamp, per_day_max: f64) -> f64 {
    let occasions = cell.occasions.saturating_sub(1);
    if occasions < BATCHES_MIN || !cell.is_rare(now, per_day_max) {
        return 0.0;
    }
    let lasts = cell.busy().as_secs_f64() / f64::from(cell.occasions);
    let events = cell.events.saturating_sub(u64::from(hour)) as f64;
    if lasts > BATCH_LASTS_MAX.as_secs_f64() { 0.0 } else { events / f64::from(occasions) }
}

/// Whether it is a job of every day at about this hour: most of its usual comes then, and on each of
/// the two days before it was as busy as a burst.
fn is_nightly(cell: &Cell, rate: &Rate, now: Timestamp, events_min: u32) -> bool {
    let [_, before, two_before, ..] = cell.days.back_from(now);
    before.min(two_before) >= events_min && rate.is_usual_only_now()
}
