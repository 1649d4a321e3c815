//! The latest deviations → the questions that are asked of a sample: is it off, is the mean of an hour
//! or of half a day off, did the level step, has it become restless. One lane each; a lane knows how
//! large its own deviations usually are and how their tail falls.

use super::tail::Tails;
use serde::{Deserialize, Serialize};

/// Samples of the short window.
pub(super) const SHORT: usize = 12;
/// Samples of the long one.
pub(super) const LONG: usize = 60;
/// Lanes.
pub(super) const LANES: usize = 7;
/// How fast the usual size of a deviation follows.
const SIZE_RATE: f64 = 0.000_5;
/// A deviation counts at most six times the usual size.
const SIZE_CLIP: f64 = 6.0;
/// How fast the usual restlessness follows.
const RESTLESS_RATE: f64 = 0.01;
/// Deviations smaller than this share of the usual distance from the level are no deviations.
const FLOOR: f64 = 0.02;

/// What a lane asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The sample is off what this time usually brings.
    Level,
    /// It is off what the samples just before it led to expect.
    Next,
    /// The mean of the latest `SHORT` samples is off.
    ShortMean,
    /// The mean of the latest `LONG` samples is off.
    LongMean,
    /// The short mean differs from the one before it.
    Step,
    /// The samples scatter more, or less, than usual.
    Scatter,
    /// The sample differs from the one before it.
    Jump,
}

impl Lane {
    /// All lanes, in the order of their numbers.
    pub const ALL: [Lane; LANES] = [
        Lane::Level,
        Lane::Next,
        Lane::ShortMean,
        Lane::LongMean,
        Lane::Step,
        Lane::Scatter,
        Lane::Jump,
    ];

    /// How a reason begins.
    pub fn phrase(self) -> &'static str {
        match self {
            Lane::Level => "off what is usual at this time",
            Lane::Next => "off what the samples before it led to expect",
            Lane::ShortMean => "the mean of the latest 12 samples is off",
            Lane::LongMean => "the mean of the latest 60 samples is off",
            Lane::Step => "the level stepped",
            Lane::Scatter => "the samples scatter unlike before",
            Lane::Jump => "it jumped",
        }
    }
}

/// How much a lane's decades count, for samples closer than twenty minutes and for coarser ones. Where
/// a sample is five minutes a single one means little and the hours mean much; where it is an hour it
/// is the other way round. 0 leaves a lane out.
const WEIGHTS: [[f64; LANES]; 2] =
    [[0.7, 0.7, 0.0, 1.0, 1.0, 0.8, 0.0], [1.0, 0.7, 0.85, 0.7, 0.0, 0.0, 0.7]];
/// Samples that the deviations of a lane share with their neighbours.
const OVERLAP: [f64; LANES] =
    [1.0, 1.0, SHORT as f64, LONG as f64, SHORT as f64, SHORT as f64, 1.0];
const COARSE_SECS: f64 = 1_200.0;

fn weights(interval: f64) -> [f64; LANES] {
    WEIGHTS[usize::from(interval >= COARSE_SECS)]
}

/// What the lanes say of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Loudest {
    pub(super) decades: f64,
    pub(super) lane: Lane,
    /// In multiples of the lane's usual size.
    pub(super) times: f64,
    /// The sum of the decades of all lanes: what is off in several ways is rarer than by the loudest
    /// alone, though less so than the sum says.
    pub(super) together: f64,
}

/// The lanes and the windows they look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Lanes {
    /// Deviations from the level and from the next value, the oldest first.
    latest: Vec<[f32; 2]>,
    lanes: Vec<Own>,
    seen: f64,
    previous: f64,
    restless: f64,
    distance: f64,
    /// The deviations of the sample that is being judged, in usual sizes.
    open: [f64; LANES],
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Own {
    size: f64,
    seen: f64,
    tails: Tails,
}

impl Lanes {
    pub(super) fn new() -> Lanes {
        Lanes {
            latest: Vec::with_capacity(2 * LONG),
            lanes: vec![Own::default(); LANES],
            seen: 0.0,
            previous: 0.0,
            restless: 0.0,
            distance: 0.0,
            open: [0.0; LANES],
        }
    }

    /// Bytes that they point to.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<[f32; 2]>() * self.latest.capacity()
            + self.lanes.iter().map(|own| size_of::<Own>() + own.tails.heap_bytes()).sum::<usize>()
    }

    /// Judges a sample by its deviations; `from_level` is its distance from the long level.
    pub(super) fn judge(
        &mut self,
        off: [f64; 2],
        x: f64,
        from_level: f64,
        interval: f64,
        is_learning: bool,
    ) -> Loudest {
        if self.latest.len() == 2 * LONG {
            self.latest.remove(0);
        }
        self.latest.push([off[0] as f32, off[1] as f32]);
        self.seen += 1.0;
        let raw = self.deviations(off, x);
        let weights = weights(interval);
        // So many questions are asked of each sample: the chance of the best answer is their sum.
        let asked = weights.iter().filter(|weight| **weight > 0.0).count() as f64;
        let mut loudest = Loudest { decades: 0.0, lane: Lane::Level, times: 0.0, together: 0.0 };
        let floor = FLOOR * self.distance + 1e-12;
        for (at, weight) in weights.into_iter().enumerate() {
            let own = &mut self.lanes[at];
            let size = own.size.max(if Lane::ALL[at] == Lane::Scatter { 0.02 } else { floor });
            self.open[at] = raw[at] / size;
            if weight > 0.0 && !is_learning {
                let decades =
                    own.tails.surprise(self.open[at], OVERLAP[at]) * weight - asked.log10();
                loudest.together += decades.max(0.0);
                if decades > loudest.decades {
                    (loudest.decades, loudest.lane) = (decades, Lane::ALL[at]);
                    loudest.times = self.open[at];
                }
            }
            own.seen += 1.0;
            let clip = if own.seen < 10.0 { f64::INFINITY } else { size * SIZE_CLIP };
            own.size += (1.0 / own.seen).max(SIZE_RATE) * (raw[at].abs().min(clip) - own.size);
        }
        self.previous = x;
        let clip = if self.seen < 20.0 { f64::INFINITY } else { 6.0 * self.distance.max(1e-12) };
        self.distance +=
            (1.0 / self.seen).max(0.002) * (from_level.abs().min(clip) - self.distance);
        loudest
    }

    /// Takes the sample that was judged into the histograms of the lanes that count at this interval. The first sample
    /// does not scatter at all, which counts as a wild value: of a series that has shown nothing, less is believed.
    pub(super) fn learn(&mut self, weight: u16, interval: f64) {
        let counted = self.lanes.iter_mut().zip(self.open).zip(weights(interval));
        counted.filter(|(_, counts)| *counts > 0.0).for_each(|((own, times), _)| {
            own.tails.add(times, weight);
        });
    }

    fn deviations(&mut self, off: [f64; 2], x: f64) -> [f64; LANES] {
        let short = self.mean(SHORT, 0, 0);
        let step =
            if self.latest.len() > 2 * SHORT { short - self.mean(SHORT, SHORT, 0) } else { 0.0 };
        let scatter = (self.scatter() + 1e-3 * self.distance.max(1e-12)).ln();
        let restless = scatter - self.restless;
        let rate = (1.0 / self.seen).max(RESTLESS_RATE);
        self.restless += rate * restless.clamp(-1.0, 1.0);
        let jump = if self.seen > 1.0 { x - self.previous } else { 0.0 };
        [off[0], off[1], short, self.mean(LONG, 0, 0), step, restless, jump]
    }

    /// Mean of `count` deviations that end `before` the latest.
    fn mean(&self, count: usize, before: usize, which: usize) -> f64 {
        let to = self.latest.len().saturating_sub(before);
        let from = to.saturating_sub(count);
        let sum: f64 = self.latest[from..to].iter().map(|off| f64::from(off[which])).sum();
        sum / (to - from).max(1) as f64
    }

    fn scatter(&self) -> f64 {
        let mean = self.mean(SHORT, 0, 1);
        let from = self.latest.len().saturating_sub(SHORT);
        let squares: f64 =
            self.latest[from..].iter().map(|off| (f64::from(off[1]) - mean).powi(2)).sum();
        (squares / SHORT as f64).sqrt()
    }
}
