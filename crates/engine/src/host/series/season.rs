//! Time → what the hour usually brings: a profile of the day in 24 hours and one of the week in 168.
//! Between two hours the profile is a line, where samples are closer than hours, so that no step is
//! seen where the clock strikes.

use serde::{Deserialize, Serialize};

/// Seconds of an hour, a day.
const HOUR: f64 = 3_600.0;
/// Samples further apart than this fall on single hours; between them nothing is interpolated.
const FINE_SECS: f64 = 3_000.0;
/// Share of a day's mean in the profile: about three weeks count.
const DAY_RATE: f64 = 0.05;
/// Share of a week's mean in its hour: about a month counts.
const WEEK_RATE: f64 = 0.25;
/// Samples of an hour of the week before it is looked at.
const WEEK_MIN: u16 = 3;

/// The usual value by hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Profile {
    mean: Vec<f32>,
    count: Vec<u16>,
}

impl Profile {
    pub(super) fn day() -> Profile {
        Profile { mean: vec![0.0; 24], count: vec![0; 24] }
    }

    pub(super) fn week() -> Profile {
        Profile { mean: vec![0.0; 168], count: vec![0; 168] }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<f32>() * self.mean.capacity() + size_of::<u16>() * self.count.capacity()
    }

    fn is_week(&self) -> bool {
        self.mean.len() > 24
    }

    /// Hours since the period began.
    fn place(&self, secs: f64) -> f64 {
        // 1970-01-01 was a Thursday: weeks begin on Monday.
        let (shift, period) = if self.is_week() { (72.0, 168.0) } else { (0.0, 24.0) };
        ((secs / HOUR) + shift).rem_euclid(period)
    }

    fn hour(&self, place: f64) -> usize {
        (place as usize).min(self.mean.len() - 1)
    }

    /// What is usual at an instant; `None` where nothing is known yet.
    pub(super) fn usual(&self, secs: f64, interval: f64) -> Option<f64> {
        let least = if self.is_week() { WEEK_MIN } else { 1 };
        let place = self.place(secs);
        if interval < FINE_SECS {
            let from = (place - 0.5).rem_euclid(self.mean.len() as f64);
            let (left, share) = (self.hour(from), from.fract());
            let right = (left + 1) % self.mean.len();
            if self.count[left] >= least && self.count[right] >= least {
                let (left, right) = (f64::from(self.mean[left]), f64::from(self.mean[right]));
                return Some(left * (1.0 - share) + right * share);
            }
        }
        let at = self.hour(place);
        (self.count[at] >= least).then(|| f64::from(self.mean[at]))
    }

    /// Takes a value; at first in full, later at most `reach` away from the usual.
    pub(super) fn learn(&mut self, secs: f64, interval: f64, value: f64, reach: f64) {
        let at = self.hour(self.place(secs));
        let per_hour = (interval / HOUR).min(1.0);
        self.count[at] = self.count[at].saturating_add(1);
        let count = f64::from(self.count[at]);
        let reach = if count * per_hour < 2.0 { f64::INFINITY } else { reach };
        let rate = (if self.is_week() { WEEK_RATE } else { DAY_RATE }) * per_hour;
        let off = (value - f64::from(self.mean[at])).clamp(-reach, reach);
        self.mean[at] += ((1.0 / count).max(rate) * off) as f32;
    }

    /// Moves the whole profile: the level has changed, the shape has not.
    pub(super) fn shift(&mut self, by: f64) {
        for (mean, count) in self.mean.iter_mut().zip(&self.count) {
            if *count > 0 {
                *mean += by as f32;
            }
        }
    }
}
