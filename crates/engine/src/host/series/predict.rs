//! The past → what the next sample ought to be, in twelve ways: level, day and week, each as it stands
//! and corrected by how far the latest samples were off (slowly, quickly, at once). Whoever erred least
//! lately is asked: a season counts only where it lowers the error.

use super::season::Profile;
use serde::{Deserialize, Serialize};

/// How fast the long level follows: about three hundred samples.
const LEVEL_RATE: f64 = 0.003;
/// Share of the latest deviation in each correction.
const CORRECTIONS: [f64; 3] = [0.02, 0.2, 1.0];
/// How fast errors are forgotten: two hundred samples.
const ERROR_RATE: f64 = 0.005;
/// An error counts at most five times the usual one.
const ERROR_CLIP: f64 = 5.0;
/// A day's profile that errs by less than this share of the level's error is a rhythm.
const RHYTHM: f64 = 0.7;
/// What is learnt reaches at most four usual errors.
const REACH: f64 = 4.0;

/// What was expected of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Expected {
    /// By the best way that looks far back: what the level ought to be.
    pub(super) level: f64,
    /// By the best way of all: what the next sample ought to be.
    pub(super) next: f64,
    /// What stands for long: the level, or the day where the series has a clear rhythm.
    pub(super) base: f64,
}

/// The ways and their errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Predictor {
    seen: f64,
    level: f64,
    day: Profile,
    week: Profile,
    /// Mean deviations of late, by base and correction.
    off: [[f64; 3]; 3],
    /// Usual errors, by base and way.
    error: [[f64; 4]; 3],
}

impl Predictor {
    pub(super) fn new() -> Predictor {
        Predictor {
            seen: 0.0,
            level: 0.0,
            day: Profile::day(),
            week: Profile::week(),
            off: [[0.0; 3]; 3],
            error: [[0.0; 4]; 3],
        }
    }

    /// Bytes that it points to.
    pub(super) fn heap_bytes(&self) -> usize {
        self.day.heap_bytes() + self.week.heap_bytes()
    }

    /// Usual size of a deviation from the long level.
    pub(super) fn level_error(&self) -> f64 {
        self.error[0][0]
    }

    /// The long level.
    pub(super) fn level(&self) -> f64 {
        self.level
    }

    fn bases(&self, secs: f64, interval: f64) -> [f64; 3] {
        let day = self.day.usual(secs, interval).unwrap_or(self.level);
        let week = self.week.usual(secs, interval).unwrap_or(day);
        [self.level, day, week]
    }

    fn ways(&self, base: usize, value: f64) -> [f64; 4] {
        let off = &self.off[base];
        [value, value + off[0], value + off[1], value + off[2]]
    }

    /// What is expected at an instant. The first sample is what is expected of it.
    pub(super) fn expect(&mut self, secs: f64, interval: f64, x: f64) -> Expected {
        if self.seen == 0.0 {
            self.level = x;
        }
        let (mut far, mut near) = ((f64::INFINITY, x), (f64::INFINITY, x));
        let bases = self.bases(secs, interval);
        for (base, value) in bases.into_iter().enumerate() {
            for (way, expected) in self.ways(base, value).into_iter().enumerate() {
                let error = self.error[base][way];
                if error < near.0 {
                    near = (error, expected);
                }
                // The two slow ways alone: a quick one would follow what it ought to see.
                if way <= 1 && error < far.0 {
                    far = (error, expected);
                }
            }
        }
        let has_rhythm = self.error[1][0] < RHYTHM * self.error[0][0];
        Expected { level: far.1, next: near.1, base: bases[usize::from(has_rhythm)] }
    }

    /// Learns from a sample.
    pub(super) fn learn(&mut self, secs: f64, interval: f64, x: f64) {
        self.seen += 1.0;
        let bases = self.bases(secs, interval);
        for (base, value) in bases.into_iter().enumerate() {
            for (way, expected) in self.ways(base, value).into_iter().enumerate() {
                let usual = &mut self.error[base][way];
                let error = (x - expected).abs();
                let error =
                    if self.seen < 30.0 { error } else { error.min(*usual * ERROR_CLIP + 1e-12) };
                *usual += (1.0 / self.seen).max(ERROR_RATE) * (error - *usual);
            }
            for (off, rate) in self.off[base].iter_mut().zip(CORRECTIONS) {
                let early = if self.seen < 1.0 / rate { 1.0 / self.seen } else { 0.0 };
                *off += rate.max(early) * (x - value - *off);
            }
        }
        let reach =
            if self.seen < 20.0 { f64::INFINITY } else { REACH * self.error[0][0].max(1e-12) };
        self.level += (1.0 / self.seen).max(LEVEL_RATE) * (x - self.level).clamp(-reach, reach);
        self.day.learn(secs, interval, x, REACH * self.error[1][0].max(1e-12));
        self.week.learn(secs, interval, x, REACH * self.error[2][0].max(1e-12));
    }

    /// Takes a lasting change of the level as the new usual. What the corrections have learnt of it is
    /// taken off them, so that nothing that they expect changes.
    pub(super) fn shift(&mut self, by: f64) {
        self.level += by;
        self.day.shift(by);
        self.week.shift(by);
        self.off.as_flattened_mut().iter_mut().for_each(|off| *off -= by);
    }
}
