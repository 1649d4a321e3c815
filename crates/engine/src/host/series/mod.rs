//! Samples of one metric → how surprising each is, in decades, with the reason; an alert where it is
//! rarer than this series' own history allows; and "new normal" once where the level has changed for
//! good. Nothing is set by hand: every size is the series' own.
//!
//! | file | turns | into |
//! |---|---|---|
//! | `season` | time | what the hour of the day and of the week usually bring |
//! | `predict` | the past | what the next sample ought to be |
//! | `lanes` | deviations | the questions that are asked of a sample |
//! | `tail` | deviations of one kind | how rare one of a given size is |
//! | `worth` | what all lanes say | what that counts in this series |
//! | `news` | the same, over time | the beginnings of stories |
//! | `change` | the latest deviations | a level that has changed for good, said once |

mod change;
mod lanes;
mod news;
mod predict;
mod season;
mod tail;
mod worth;

pub use change::NewNormal;
pub use lanes::Lane;

use change::Changes;
use lanes::Lanes;
use news::Told;
use predict::Predictor;
use serde::{Deserialize, Serialize};
use worth::Worth;

/// Samples before anything is judged: below, the tails are not known.
pub const LEARNING: u64 = 60;
/// Decades from which a sample of a five-minute series is an alert.
const ALERT: f64 = 2.4;
/// Part of the decades of the number of samples a day that the alert adds: a series that is asked
/// oftener must answer louder.
const PER_SAMPLES: f64 = 0.7;
/// What the adding never goes below: a sample a day or a month is an alert as one in thirty.
const ALERT_MIN: f64 = 1.5;
/// Decades of the 288 samples a day of a five-minute series.
const FIVE_MINUTES: f64 = 2.46;
/// Decades that each alert adds to what the next one needs, and the share of it that is left a sample
/// later: a series that alerts often is noisy, whatever its tails say.
const HEAT: f64 = 0.3;
const COOLING: f64 = 0.997;
/// Samples after an alert in which further ones belong to it, unless they are a decade louder.
const SAME_ALERT: u64 = 48;
/// News is lifted in `score` by so much, so that of one story its beginning stands first.
const NEWS_LIFT: f64 = 3.0;
/// Values beyond thirty times the usual size count by their logarithm.
const WILD: f64 = 30.0;

/// What a sample looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Decades of surprise; 0 is usual. A decade is a factor of ten in rarity.
    pub surprise: f64,
    /// What all that was asked says together, by what that is worth in this series, lifted by three
    /// where it is news: to order samples by, those of several series too. 0–20.
    pub score: f64,
    /// Rarer than this series allows.
    pub is_alert: bool,
    /// The first sample of an alert.
    pub is_onset: bool,
    /// Still learning: nothing is judged.
    pub is_learning: bool,
    /// What was asked that gave the surprise.
    pub lane: Lane,
    /// How many times the usual size the deviation is; its sign is its direction.
    pub times_usual: f64,
    /// What was expected at this time.
    pub expected: f64,
    /// Decades that an alert needed.
    pub needed: f64,
    /// A level that has changed for good, said with the sample that settles it.
    pub new_normal: Option<NewNormal>,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    seen: u64,
    latest: f64,
    interval: f64,
    /// Mean size of the first samples: what wild values are measured by.
    size: f64,
    predictor: Predictor,
    lanes: Lanes,
    changes: Changes,
    heat: f64,
    since_alert: u64,
    peak: f64,
    worth: Worth,
    told: Told,
}

impl Default for Series {
    fn default() -> Self {
        Series::new()
    }
}

impl Series {
    /// A series of which nothing is known.
    pub fn new() -> Series {
        Series {
            seen: 0,
            latest: 0.0,
            interval: 300.0,
            size: 0.0,
            predictor: Predictor::new(),
            lanes: Lanes::new(),
            changes: Changes::default(),
            heat: 0.0,
            since_alert: u64::MAX / 2,
            peak: 0.0,
            worth: Worth::default(),
            told: Told::default(),
        }
    }

    /// Judges the sample of an instant in seconds, then learns from it. A value that is no number is
    /// usual and teaches nothing; a time that runs back counts as no time passed.
    pub fn observe(&mut self, secs: f64, value: f64) -> Judgement {
        if !value.is_finite() || !secs.is_finite() {
            return self.nothing();
        }
        self.tell_interval(secs);
        let x = self.tame(value);
        let is_learning = self.seen <= LEARNING;
        let expected = self.predictor.expect(secs, self.interval, x);
        let off = [x - expected.level, x - expected.next];
        let from_level = x - self.predictor.level();
        let loudest = self.lanes.judge(off, x, from_level, self.interval, is_learning);
        let needed = self.needed();
        let is_alert = !is_learning && loudest.decades >= needed;
        let is_within = loudest.decades > needed - self.heat;
        let weight = if is_within { tail::DURING_ALERT } else { tail::FULL };
        self.lanes.learn(weight, self.interval);
        self.predictor.learn(secs, self.interval, x);
        let new_normal = self.settle(secs, x - expected.base, is_learning);
        let is_onset = self.take_alert(loudest.decades, is_alert);
        Judgement {
            surprise: loudest.decades,
            score: self.score(loudest.together),
            is_alert,
            is_onset,
            is_learning,
            lane: loudest.lane,
            times_usual: loudest.times,
            expected: self.untame(expected.level),
            needed,
            new_normal,
        }
    }

    /// Samples seen.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Bytes that the series takes, what it points to included.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Series>()
            + self.predictor.heap_bytes()
            + self.lanes.heap_bytes()
            + self.changes.heap_bytes()
    }

    fn nothing(&self) -> Judgement {
        Judgement {
            surprise: 0.0,
            score: 0.0,
            is_alert: false,
            is_onset: false,
            is_learning: self.seen <= LEARNING,
            lane: Lane::Level,
            times_usual: 0.0,
            expected: self.untame(self.predictor.level()),
            needed: self.needed(),
            new_normal: None,
        }
    }

    fn tell_interval(&mut self, secs: f64) {
        let gap = secs - self.latest;
        if self.seen > 0 && gap > 0.0 {
            self.interval = if self.seen < 2 {
                gap
            } else {
                let usual = self.interval;
                usual + 0.05 * (gap.clamp(usual * 0.3, usual * 3.0) - usual)
            };
        }
        self.latest = secs;
        self.seen += 1;
    }

    /// The value on a scale that is straight up to [`WILD`] times the usual size and logarithmic
    /// beyond it.
    fn tame(&mut self, value: f64) -> f64 {
        if self.seen <= LEARNING {
            self.size += (value.abs() - self.size) / self.seen as f64;
        }
        (value / self.scale()).asinh()
    }

    fn untame(&self, x: f64) -> f64 {
        x.sinh() * self.scale()
    }

    fn scale(&self) -> f64 {
        WILD * self.size.max(1e-9)
    }

    fn needed(&self) -> f64 {
        let samples = (86_400.0 / self.interval.max(1.0)).log10();
        (ALERT + PER_SAMPLES * (samples - FIVE_MINUTES)).max(ALERT_MIN) + self.heat
    }

    fn take_alert(&mut self, decades: f64, is_alert: bool) -> bool {
        self.since_alert += 1;
        self.heat *= COOLING;
        let is_onset = is_alert && (self.since_alert > SAME_ALERT || decades >= self.peak + 1.0);
        if is_onset {
            self.since_alert = 0;
            self.peak = decades;
            self.heat += HEAT;
        }
        is_onset
    }

    fn score(&mut self, together: f64) -> f64 {
        let is_news = self.told.is_news(together, self.interval);
        self.worth.weigh(together) + if is_news { NEWS_LIFT } else { 0.0 }
    }

    fn settle(&mut self, secs: f64, off: f64, is_learning: bool) -> Option<NewNormal> {
        let usual = self.predictor.level_error();
        let shift = self.changes.shift(self.seen, secs, off, usual)?;
        if is_learning {
            return None;
        }
        let before = self.predictor.level();
        self.predictor.shift(shift.by);
        Some(NewNormal {
            since: shift.since,
            before: self.untame(before),
            after: self.untame(before + shift.by),
        })
    }
}
