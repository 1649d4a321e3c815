//! One window of the past → a line into the future, and the account of how good its lines were. Eight
//! of them run side by side, from ten samples to two thousand; who was right lately is believed.
//!
//! So nothing has to be decided about curves, teeth and late beginnings: a window that is too long for
//! a curve, or too short for the noise, shows it in its own errors, and the same errors give the width
//! of the interval.

use super::levels::{BLOCK, Levels};
use crate::host::trend::mann_kendall;
use serde::{Deserialize, Serialize};

/// The windows: scale, and blocks of it.
pub(super) const WINDOWS: [(usize, usize); 8] =
    [(0, 10), (0, 32), (1, 16), (1, 32), (2, 16), (2, 32), (3, 16), (3, 32)];
/// Samples ahead for which a line is held to account.
pub(super) const AHEAD: u64 = 20;
/// A line is put on record every so many samples.
const RECORD_EVERY: u64 = 5;
/// Records that wait at a time.
const WAITING: usize = (AHEAD / RECORD_EVERY) as usize;
/// Share of a new error in the mean: the latest two hours of records count.
const ERROR_RATE: f64 = 0.04;
/// Share of a new deviation in the noise: the latest two hours of samples count.
const NOISE_RATE: f64 = 0.007;
/// An error counts at most sixteen times the mean: one jump does not end a window's account.
const ERROR_CLIP: f64 = 16.0;
/// Records before a window is believed.
const RECORDS_MIN: f64 = 4.0;
/// Likeness of neighbours beyond which a deviation would never fade.
const LIKENESS_MAX: f64 = 0.95;

/// One window and its account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Expert {
    scale: u8,
    take: u8,
    /// Line: slope a second, value at the time of `anchor`.
    line: Option<(f64, f64, f64)>,
    /// Values that were forecast for samples ahead: those that wait, each in the place of its sample.
    records: [Option<f32>; WAITING],
    /// Mean square of the errors of the lines, [`AHEAD`] samples ahead.
    error: f64,
    judged: f64,
    /// Mean square of the deviations of samples from the line, and mean product of neighbouring ones.
    noise: f64,
    products: f64,
    deviations: f64,
    last: f64,
}

impl Expert {
    pub(super) fn new((scale, take): (usize, usize)) -> Expert {
        Expert {
            scale: scale as u8,
            take: take as u8,
            line: None,
            records: [None; WAITING],
            error: 0.0,
            judged: 0.0,
            noise: 0.0,
            products: 0.0,
            deviations: 0.0,
            last: 0.0,
        }
    }

    /// Whether it looks at single samples, and so at what came after the last drop only.
    pub(super) fn is_short(&self) -> bool {
        self.scale == 0
    }

    /// Judges the record that is due at sample `n`.
    pub(super) fn judge(&mut self, n: u64, x: f64) {
        let Some(said) = place(n).and_then(|at| self.records[at].take()) else {
            return;
        };
        let error = (x - f64::from(said)).powi(2);
        let clip = if self.judged > 3.0 { ERROR_CLIP * self.error + 1e-300 } else { f64::INFINITY };
        let rate = (1.0 / (self.judged + 1.0)).max(ERROR_RATE);
        self.judged += 1.0;
        self.error += rate * (error.min(clip) - self.error);
    }

    /// Draws the line anew where blocks have come, takes the deviation of the sample, and puts the line
    /// on record.
    pub(super) fn learn(
        &mut self,
        levels: &Levels,
        grown: [bool; 4],
        n: u64,
        t: f64,
        x: f64,
        step: f64,
    ) {
        if grown[usize::from(self.scale)] {
            let blocks = levels.latest(usize::from(self.scale), usize::from(self.take));
            self.line = blocks.map(least_squares);
        }
        let Some((slope, level)) = self.line_at(t) else {
            return;
        };
        let reach = if self.deviations > 8.0 { 4.0 * self.noise.sqrt() } else { f64::INFINITY };
        let deviation = (x - level).clamp(-reach, reach);
        let rate = (1.0 / (self.deviations + 1.0)).max(NOISE_RATE);
        self.deviations += 1.0;
        self.noise += rate * (deviation * deviation - self.noise);
        self.products += rate * (deviation * self.last - self.products);
        self.last = deviation;
        if let Some(at) = place(n + AHEAD) {
            self.records[at] = Some((level + slope * AHEAD as f64 * step) as f32);
        }
    }

    /// After a drop: records from before it say nothing, and there is no line.
    pub(super) fn begin_anew(&mut self) {
        self.records = [None; WAITING];
        self.line = None;
    }

    /// Slope a second and level at `t`.
    pub(super) fn line_at(&self, t: f64) -> Option<(f64, f64)> {
        self.line.map(|(slope, level, anchor)| (slope, level + slope * (t - anchor)))
    }

    /// Mean square of its errors, once it has been judged often enough.
    pub(super) fn error(&self) -> Option<f64> {
        (self.line.is_some() && self.judged >= RECORDS_MIN).then_some(self.error)
    }

    /// Mean square of the samples' deviations from the line.
    pub(super) fn noise(&self) -> f64 {
        self.noise
    }

    /// How alike neighbouring deviations are, 0 to nearly 1.
    pub(super) fn likeness(&self) -> f64 {
        if self.noise > 0.0 { (self.products / self.noise).clamp(0.0, LIKENESS_MAX) } else { 0.0 }
    }

    /// Mann and Kendall's z of its blocks.
    pub(super) fn z(&self, levels: &Levels) -> f64 {
        let blocks = levels.latest(usize::from(self.scale), usize::from(self.take));
        let points: Vec<(f64, f64)> =
            blocks.unwrap_or_default().iter().map(|(t, x)| (*t, f64::from(*x))).collect();
        mann_kendall(&points)
    }

    /// Samples that it looks at.
    pub(super) fn samples(&self) -> usize {
        usize::from(self.take) * BLOCK[usize::from(self.scale)]
    }
}

/// Where the record for sample `n` waits, if there is one for it.
fn place(n: u64) -> Option<usize> {
    n.is_multiple_of(RECORD_EVERY).then_some((n / RECORD_EVERY) as usize % WAITING)
}

/// The line through blocks: slope, value at the last block's time, that time.
fn least_squares(blocks: &[(f64, f32)]) -> (f64, f64, f64) {
    let anchor = blocks.last().map_or(0.0, |(t, _)| *t);
    let n = blocks.len() as f64;
    let mean_t = blocks.iter().map(|(t, _)| t - anchor).sum::<f64>() / n;
    let mean_x = blocks.iter().map(|(_, x)| f64::from(*x)).sum::<f64>() / n;
    let (mut with, mut own) = (0.0, 0.0);
    for (t, x) in blocks {
        let off = t - anchor - mean_t;
        with += off * (f64::from(*x) - mean_x);
        own += off * off;
    }
    let slope = if own > 0.0 { with / own } else { 0.0 };
    (slope, mean_x - slope * mean_t, anchor)
}
