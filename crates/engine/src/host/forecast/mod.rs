//! Samples of a gauge with a limit → "full in 20 to 35 minutes if nothing changes", said only when it
//! deserves to be; and the verdict on what was said.
//!
//! | file | turns | into |
//! |---|---|---|
//! | `levels` | samples | medians of blocks at four scales |
//! | `expert` | one window of them | a line, and the account of its errors |
//! | `mixture` | the windows' lines | those that are believed, and how much |
//! | `passage` | lines, noise, limit | the distribution of the time left |
//! | `verdict` | claims and what came | right, early, late; the width that future claims get |

mod expert;
mod levels;
mod mixture;
mod passage;
mod verdict;

pub use verdict::{Record, Verdict};

use expert::{Expert, WINDOWS};
use levels::Levels;
use mixture::{Mixture, Steps};
use passage::first_passage;
use serde::{Deserialize, Serialize};
use verdict::Claims;

/// A claim reaches at most so far: what is further away may still change, and is asked again.
pub const HORIZON_SECS: f64 = 3_600.0;
/// Nothing is claimed before so much was seen: what has just started ramps up, and then stops.
const HISTORY_SECS: f64 = 3_600.0;
/// Nor within this time after a restart, for the same reason.
const SETTLE_SECS: f64 = 600.0;
/// Nor below this share of the limit: the way is long, and most gauges never go it.
const LEVEL_MIN: f64 = 0.6;
/// A claim must be deserved so many samples in a row.
const STANDING_MIN: u32 = 3;
/// The windows are asked anew every so many samples; in between a claim counts down. They are asked about twenty
/// samples and more, so that three of them change little, and asking is what costs most.
const ASK_EVERY: u64 = 4;
/// A fall of this share of the limit, and of so many usual steps, at once is a restart or a collection.
const DROP: (f64, f64) = (0.03, 5.0);
/// A fall of this share of the limit is a restart.
const RESTART: f64 = 0.09;
/// Larger values are no measurements; their squares would have no room.
const VALUE_MAX: f64 = 1e30;
/// Peaks before drops that are remembered.
const PEAKS_MAX: usize = 4;
/// What stands against a claim now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// Too little was seen.
    Learning,
    /// It has just restarted.
    Restarted,
    /// It is far below the limit.
    Low,
    /// There is no sure trend towards it.
    NoTrend,
    /// The trend is sure, the limit is further away than [`HORIZON_SECS`].
    Far,
    /// It is beyond the limit already.
    Beyond,
    /// Claims of this kind have not come true, one after another.
    Doubted,
}

/// Time left until the limit, if nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Seconds; met before this in one case of ten.
    pub lo: f64,
    /// Seconds; the middle.
    pub mid: f64,
    /// Seconds; met after this in one case of ten. Infinite where it may never be.
    pub hi: f64,
    /// Change a minute that it rests on.
    pub slope: f64,
    /// Samples that the most believed window looks at.
    pub window: usize,
}

impl Claim {
    /// The claim when so many seconds have passed; a limit that was not met yet is at least `soonest` away.
    fn later(self, passed: f64, soonest: f64) -> Claim {
        let left = |secs: f64| (secs - passed).max(soonest);
        Claim { lo: left(self.lo), mid: left(self.mid), hi: left(self.hi), ..self }
    }
}

/// Watches one gauge rise towards a limit. To watch it fall, negate value and limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecaster {
    limit: f64,
    /// Samples seen, the time of the first and the latest, and the usual time between two.
    seen: u64,
    first: f64,
    latest: f64,
    interval: f64,
    /// Latest value, and the usual size of a step.
    value: f64,
    step: f64,
    /// Noise about a line through the latest samples.
    grain: f64,
    restarted: Option<f64>,
    peaks: Vec<f64>,
    levels: Levels,
    experts: Vec<Expert>,
    /// The latest answer of the windows: at which sample, when, and what.
    asked: Option<(u64, f64, Result<Claim, Silence>)>,
    standing: u32,
    claims: Claims,
}

impl Forecaster {
    /// Watches a gauge against `limit`, which is not 0.
    pub fn new(limit: f64) -> Forecaster {
        Forecaster {
            limit,
            seen: 0,
            first: 0.0,
            latest: 0.0,
            interval: 60.0,
            value: 0.0,
            step: 0.0,
            grain: 0.0,
            restarted: None,
            peaks: Vec::new(),
            levels: Levels::default(),
            experts: WINDOWS.map(Expert::new).to_vec(),
            asked: None,
            standing: 0,
            claims: Claims::default(),
        }
    }

    /// Takes the sample of an instant in seconds. Samples that are no number, beyond 10³⁰, or not later than the one
    /// before, are passed over as [`Silence::Learning`].
    ///
    /// # Errors
    /// Says what stands against a claim.
    pub fn observe(&mut self, t: f64, x: f64) -> Result<Claim, Silence> {
        let is_value = x.abs() <= VALUE_MAX && t.is_finite();
        if !is_value || (self.seen > 0 && t <= self.latest) {
            return Err(Silence::Learning);
        }
        self.learn(t, x);
        self.claims.judge(t, x >= self.limit);
        let claim = self.is_open(t, x).and_then(|()| self.ask(t, x));
        match claim {
            Ok(claim) => {
                self.standing += 1;
                if self.standing < STANDING_MIN {
                    return Err(Silence::NoTrend);
                }
                let claim = self.claims.widened(claim);
                if claim.mid > HORIZON_SECS {
                    return Err(Silence::Far);
                }
                let is_doubted = self.claims.doubts(&claim);
                self.claims.note(t, claim, !is_doubted);
                if is_doubted { Err(Silence::Doubted) } else { Ok(claim) }
            }
            Err(silence) => {
                self.standing = 0;
                Err(silence)
            }
        }
    }

    /// The verdicts on past claims.
    pub fn record(&self) -> &Record {
        self.claims.record()
    }

    /// What is watched for.
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// Seconds from sample to sample, as far as is known.
    pub fn interval_secs(&self) -> f64 {
        self.interval
    }

    /// Whether no claim waits for its verdict.
    pub fn is_settled(&self) -> bool {
        self.claims.is_settled()
    }

    /// Verdicts since they were last taken.
    pub fn take_verdicts(&mut self) -> Vec<Verdict> {
        self.claims.take()
    }

    /// Bytes that it takes, what it points to included.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Forecaster>()
            + size_of_val(&*self.peaks)
            + self.levels.heap_bytes()
            + size_of_val(&*self.experts)
            + self.claims.heap_bytes()
    }

    fn learn(&mut self, t: f64, x: f64) {
        let fall = self.value - x;
        if self.seen == 0 {
            self.first = t;
        } else {
            let gap = t - self.latest;
            self.interval = if self.seen == 1 {
                gap
            } else {
                self.interval + 0.05 * (gap.min(3.0 * self.interval) - self.interval)
            };
            let is_drop = fall > DROP.0 * self.limit.abs() && fall > DROP.1 * self.step;
            let clip = if self.seen > 10 { 6.0 * self.step + 1e-300 } else { f64::INFINITY };
            let rate = (1.0 / self.seen as f64).max(0.01);
            self.step += rate * (fall.abs().min(clip) - self.step);
            if is_drop {
                self.drop_at(t, fall);
            }
        }
        for expert in &mut self.experts {
            expert.judge(self.seen, x);
        }
        let grown = self.levels.add(t, x);
        for expert in &mut self.experts {
            expert.learn(&self.levels, grown, self.seen, t, x, self.interval);
        }
        self.take_grain(t);
        (self.value, self.latest) = (x, t);
        self.seen += 1;
    }

    fn drop_at(&mut self, t: f64, fall: f64) {
        if self.peaks.len() == PEAKS_MAX {
            self.peaks.remove(0);
        }
        self.peaks.push(self.value);
        self.asked = None;
        self.levels.begin_anew();
        self.experts.iter_mut().filter(|expert| expert.is_short()).for_each(Expert::begin_anew);
        if fall > RESTART * self.limit.abs() {
            self.restarted = Some(t);
        }
    }

    /// The noise of single samples about the shortest window's line.
    fn take_grain(&mut self, t: f64) {
        let (Some(blocks), Some((slope, level))) =
            (self.levels.latest(0, WINDOWS[0].1), self.experts[0].line_at(t))
        else {
            return;
        };
        let mut off: Vec<f64> =
            blocks.iter().map(|(u, x)| (f64::from(*x) - level - slope * (u - t)).abs()).collect();
        let spread = 1.4826 * crate::stats::median(&mut off).unwrap_or(0.0);
        let rate = (1.0 / (self.seen.saturating_sub(8)).max(1) as f64).max(0.03);
        self.grain += rate * (spread - self.grain);
    }

    /// What can be seen without asking the windows.
    fn is_open(&self, t: f64, x: f64) -> Result<(), Silence> {
        if x >= self.limit {
            return Err(Silence::Beyond);
        }
        if t - self.first < HISTORY_SECS {
            return Err(Silence::Learning);
        }
        if self.restarted.is_some_and(|at| t - at <= SETTLE_SECS) {
            return Err(Silence::Restarted);
        }
        // In shares of the limit's size, so that a falling gauge (negated) is judged alike.
        let room = (self.limit - x) / self.limit.abs();
        if room > 1.0 - LEVEL_MIN { Err(Silence::Low) } else { Ok(()) }
    }

    /// The windows' claim, or the latest one less the time that has passed.
    fn ask(&mut self, t: f64, x: f64) -> Result<Claim, Silence> {
        if let Some((at, since, said)) = self.asked
            && self.seen - at < ASK_EVERY
        {
            return said.map(|claim| claim.later(t - since, self.interval));
        }
        let said = self.claim(t, x);
        self.asked = Some((self.seen, t, said));
        said
    }

    fn claim(&self, t: f64, x: f64) -> Result<Claim, Silence> {
        let can_reach = self.can_reach();
        let experts = self.experts.iter().filter(|expert| can_reach || !expert.is_short());
        let steps = Steps {
            now: t,
            value: x,
            grain: self.grain,
            interval: self.interval,
            limit: self.limit,
        };
        let mixture = Mixture::of(experts, &self.levels, steps).ok_or(Silence::Learning)?;
        if !mixture.is_rising {
            return Err(Silence::NoTrend);
        }
        let [lo, mid, hi] = first_passage(&mixture.paths, self.limit, self.interval);
        if mid.is_infinite() {
            return Err(Silence::Far);
        }
        Ok(Claim { lo, mid, hi, slope: mixture.slope * 60.0, window: mixture.window })
    }

    /// Whether what is usual between two drops can reach the limit: the next peak, as the last two
    /// would have it. Where it cannot, the climb of the moment says nothing, and only the windows that
    /// see several of them do.
    fn can_reach(&self) -> bool {
        let [.., before, last] = self.peaks[..] else {
            return true;
        };
        last + (last - before).max(0.0) + self.grain >= self.limit
    }
}
