//! Drift: the values in a message leave the range that they had on the days before: slower answers,
//! longer queues, more retries, told in a message that comes as often as ever.
//!
//! Days are compared by the mean of logarithms, so that one wild value moves little, and with the
//! spread that values have within a day, so that ids, rhythms and values of two modes stay usual.

use super::candidate::Candidate;
use super::{Detector, Facts, Finding, View};
use crate::attention::cell::{Cell, CellIndex};
use crate::attention::series::{PAST_DAYS, Series};
use crate::config::Discover;
use crate::stats::student_surprise;
use model::{CandidateType, Severity, Span, Timestamp};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Anomaly,
    summary: "a message whose values left the range of the days before",
    on_sighting: None,
    on_tick: Some(judge_all),
};

/// Fewest values of a day that can be unusual.
const TODAY_MIN: u16 = 8;
/// A day's mean is no surer than so much of the spread within days: the morning is not the day.
const SPREAD_SHARE: f64 = 0.5;
/// Values that follow each other are alike: their mean is less sure than that of independent ones.
const ALIKE: f64 = 4.0;
/// Below this spread within days a value does not vary at all.
const CONSTANT: f64 = 0.002;
/// A constant number up to this may be a count; a larger one is a setting or an id.
const COUNT_MAX: f64 = 100.0;
/// Of the last steps so many percent rise in what only counts up.
const RISING_PERCENT: u32 = 95;
/// Fewest steps that show it.
const STEPS_MIN: u32 = 8;

/// A day that left the range of the days before.
struct Shift {
    low: f64,
    high: f64,
    days: u32,
    surprise: f64,
}

fn judge_all(view: View<'_>) -> Vec<Finding> {
    let touched = view.ledger.touched.iter().copied();
    let untold = touched.filter(|index| view.ledger[*index].candidate.is_none());
    untold.filter_map(|index| judge(view, index)).collect()
}

fn judge(view: View<'_>, index: CellIndex) -> Option<Finding> {
    let cell = &view.ledger[index];
    let (series, shift) = drifted(cell, &view.config.discover)?;
    // The same value that drifts on other hosts has the same cause.
    let alike = |other: &CellIndex| {
        let drift = drifted(&view.ledger[*other], &view.config.discover);
        *other != index && drift.is_some_and(|(s, _)| s.label == series.label)
    };
    let mut cells = vec![index];
    cells.extend(view.ledger.cells_of(cell.signature).filter(alike));
    let template = &view.library.signature(cell.signature).template;
    let since = Timestamp::from_secs(i64::from(series.day) * 86_400);
    let value = |level| series.label.value(level);
    Some(Finding {
        kind: CandidateType::Anomaly,
        cells,
        onset: since.max(cell.since()),
        events: u64::from(series.count),
        marks: cell.marks_since(since),
        surprise: shift.surprise,
        facts: Facts::Drift {
            today: value(series.mean()),
            low: value(shift.low),
            high: value(shift.high),
            days: shift.days,
            values: u32::from(series.count),
            label: series.label,
            place: series.label.phrase(template),
        },
    })
}

/// How a told drift ended, if it did: the values are back near their range, or a week of the new ones is
/// the usual by now. The message itself goes on and would keep the story open for ever.
pub fn ended(candidate: &Candidate, view: View<'_>) -> Option<&'static str> {
    let Facts::Drift { low, high, label, .. } = candidate.facts else {
        return None;
    };
    if view.now - candidate.onset >= Span::DAY.times(PAST_DAYS as i64 + 1) {
        return Some("became the usual");
    }
    let cell = &view.ledger[candidate.lead()];
    let series = cell.measured.as_ref()?.iter().find(|series| series.label == label)?;
    let began = candidate.onset.as_secs().div_euclid(86_400);
    let near = view.config.discover.drift_factor_min.ln();
    let level = |value: f64| f64::from(label.level(value as f32));
    let range = level(low) - near..=level(high) + near;
    let is_back = series.count >= TODAY_MIN && range.contains(&series.mean());
    (is_back && i64::from(series.day) > began).then_some("its values are in their range again")
}

/// The value of a cell that drifted most, if any did.
fn drifted<'a>(cell: &'a Cell, asked: &Discover) -> Option<(&'a Series, Shift)> {
    if cell.worst == Some(Severity::Debug) {
        return None;
    }
    let all = cell.measured.as_ref()?.iter();
    let shifts = all.filter_map(|series| Some((series, shift(series, asked)?)));
    shifts.max_by(|a, b| a.1.surprise.total_cmp(&b.1.surprise))
}

fn shift(series: &Series, asked: &Discover) -> Option<Shift> {
    if series.count < TODAY_MIN || is_counter(series) {
        return None;
    }
    let today = series.mean();
    let past = days_before(series);
    let has_its_kind = past.iter().any(|(day, _)| is_weekend(*day) == is_weekend(series.day));
    if past.len() < asked.drift_days_min || !has_its_kind {
        return None;
    }
    let past: Vec<f64> = past.into_iter().map(|(_, mean)| mean).collect();
    let low = past.iter().copied().fold(f64::INFINITY, f64::min);
    let high = past.iter().copied().fold(0.0, f64::max);
    let out = (today - high).max(low - today);
    if out < (high - low).max(asked.drift_factor_min.ln()) || is_setting(series, low) {
        return None;
    }
    let n = past.len() as f64;
    let usual = past.iter().sum::<f64>() / n;
    let between = past.iter().map(|mean| (mean - usual).powi(2)).sum::<f64>() / (n - 1.0);
    let floor = (SPREAD_SHARE * series.usual_deviation()).max(CONSTANT);
    let unsure = ALIKE * series.deviation().powi(2) / f64::from(series.count);
    let spread = (between.max(floor.powi(2)) * (1.0 + 1.0 / n) + unsure).sqrt();
    let surprise = student_surprise((today - usual).abs() / spread, n - 1.0);
    (surprise >= asked.drift_surprise_min).then_some(Shift {
        low,
        high,
        days: past.len() as u32,
        surprise,
    })
}

/// The days that the latest is held against. It may have begun in the course of yesterday, which then lies
/// between: such a yesterday is no part of the usual.
fn days_before(series: &Series) -> Vec<(u16, f64)> {
    let mut past: Vec<(u16, f64)> = series.past().collect();
    let Some((&(yesterday, between), earlier)) = past.split_first() else {
        return past;
    };
    let today = series.mean();
    let leads = |(_, mean): &(u16, f64)| {
        if today > between { *mean < between } else { *mean > between }
    };
    if yesterday + 1 == series.day && earlier.iter().all(leads) {
        past.remove(0);
    }
    past
}

/// Whether it only ever counts up, or down: then each day leaves the range of the days before.
fn is_counter(series: &Series) -> bool {
    let (rises, steps) = series.rises();
    let share = |n: u32| n * 100 >= steps * RISING_PERCENT;
    steps >= STEPS_MIN && (share(rises) || share(steps - rises))
}

/// Whether it never varied within a day and is no small count: a limit that was set, the id of
/// whatever runs.
fn is_setting(series: &Series, low: f64) -> bool {
    series.usual_deviation() <= CONSTANT && series.label.value(low) > COUNT_MAX
}

/// Saturday or Sunday (UTC). What a weekend looks like is learnt from one.
pub(super) fn is_weekend(day: u16) -> bool {
    // The first day of 1970 was a Thursday.
    (u32::from(day) + 3) % 7 >= 5
}

#[cfg(test)]
mod tests;
