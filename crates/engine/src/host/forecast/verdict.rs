//! Claims and what came of them → verdicts, a record, and the width that future claims get: intervals
//! are stretched until they hold the truth eight times in ten (adaptive conformal inference, Gibbs and
//! Candès 2021).

use super::Claim;
use serde::{Deserialize, Serialize};

/// Claims that wait for their verdict; one is taken every [`EVERY_SECS`], so these cover 80 minutes.
const OPEN_MAX: usize = 16;
const EVERY_SECS: f64 = 300.0;
/// Share of truths that the interval ought to miss.
const MISSED: f64 = 0.2;
/// How fast the width follows the misses.
const RATE: f64 = 0.05;
/// The width never leaves these bounds: a hundred misses say that something else is wrong.
const WIDTH: (f64, f64) = (0.7, 2.5);
/// A limit is met with so many samples in a row; one is noise. It is met at the first of them.
const MET_BY: u8 = 3;
/// How fast trust follows what came of claims: that of the latest ten counts.
const TRUST_RATE: f64 = 0.2;
/// Trust before anything is known: as much as an interval promises.
const TRUST_FIRST: f64 = 0.8;
/// Below this claims are kept to oneself: after five in a row of which nothing came. Two that hold in silence, after that,
/// are enough to be heard again.
const TRUST_MIN: f64 = 0.3;
/// A limit that was met at another time than was said was foreseen by half.
const MISSED_TRUST: f64 = 0.5;
/// What failed says nothing of slopes that are so many times as steep, or as flat.
const OTHER_SLOPE: f64 = 2.0;
/// A claim without an upper end is wrong when nothing came for three times its middle.
const GRACE: f64 = 3.0;

/// How a claim turned out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// When it was made, in seconds.
    pub made_at: f64,
    /// What it said: seconds left, lower end, middle, upper end.
    pub said: [f64; 3],
    /// When the limit was met, in seconds after the claim; `None` if it was not, by three times the
    /// middle.
    pub met_after: Option<f64>,
    /// Whether that lies within the interval.
    pub held: bool,
}

/// The record of all claims.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    /// Claims with a verdict.
    pub judged: u64,
    /// Of these, limits that were met within the interval.
    pub held: u64,
    /// Limits that were met outside of it.
    pub missed: u64,
    /// Limits that were not met.
    pub withdrawn: u64,
}

impl Record {
    /// Counts a verdict.
    pub fn count(&mut self, verdict: &Verdict) {
        self.judged += 1;
        match (verdict.held, verdict.met_after) {
            (true, _) => self.held += 1,
            (false, Some(_)) => self.missed += 1,
            (false, None) => self.withdrawn += 1,
        }
    }
}

/// A claim that waits for its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Open {
    made_at: f64,
    said: [f64; 3],
    slope: f32,
    /// Whether anybody heard it.
    is_heard: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Claims {
    open: Vec<Open>,
    /// The first of the latest samples in a row that meet the limit, and how many they are.
    run: Option<(f64, u8)>,
    /// How much of what was claimed lately came, 0–1, and the slope of what did not.
    trust: f64,
    failed_slope: f64,
    noted: Option<f64>,
    width: f64,
    record: Record,
    fresh: Vec<Verdict>,
}

impl Default for Claims {
    fn default() -> Self {
        Claims {
            open: Vec::new(),
            run: None,
            trust: TRUST_FIRST,
            failed_slope: 0.0,
            noted: None,
            width: 1.0,
            record: Record::default(),
            fresh: Vec::new(),
        }
    }
}

impl Claims {
    /// The claim with the interval that past ones have earned.
    pub(super) fn widened(&self, claim: Claim) -> Claim {
        Claim { lo: claim.lo / self.width, hi: claim.hi * self.width, ..claim }
    }

    /// Whether claims like this one have not come true, one after another.
    pub(super) fn doubts(&self, claim: &Claim) -> bool {
        let steeper = claim.slope / self.failed_slope;
        self.trust < TRUST_MIN && (1.0 / OTHER_SLOPE..=OTHER_SLOPE).contains(&steeper)
    }

    /// Keeps a claim for its verdict.
    pub(super) fn note(&mut self, t: f64, claim: Claim, is_heard: bool) {
        if self.noted.is_some_and(|at| t - at < EVERY_SECS) {
            return;
        }
        self.noted = Some(t);
        if self.open.len() == OPEN_MAX {
            self.open.remove(0);
        }
        let said = [claim.lo, claim.mid, claim.hi];
        self.open.push(Open { made_at: t, said, slope: claim.slope as f32, is_heard });
    }

    /// Judges what can be judged at `t`, where the sample is at the limit or is not.
    pub(super) fn judge(&mut self, t: f64, is_at_limit: bool) {
        self.run = match self.run {
            _ if !is_at_limit => None,
            None => Some((t, 1)),
            Some((first, n)) => Some((first, n.saturating_add(1))),
        };
        let (now, is_met) = match self.run {
            None => (t, false),
            Some((first, MET_BY..)) => (first, true),
            // Whether it is met is not known yet.
            Some(_) => return,
        };
        let open = std::mem::take(&mut self.open);
        for claim in open {
            let Open { made_at, said, .. } = claim;
            let passed = now - made_at;
            let met_after = is_met.then_some(passed);
            if is_met || passed > GRACE * said[1] {
                let held = met_after.is_some_and(|after| said[0] <= after && after <= said[2]);
                self.close(claim, Verdict { made_at, said, met_after, held });
            } else {
                self.open.push(claim);
            }
        }
    }

    fn close(&mut self, claim: Open, verdict: Verdict) {
        let came = match (verdict.held, verdict.met_after) {
            (true, _) => 1.0,
            (false, Some(_)) => MISSED_TRUST,
            (false, None) => 0.0,
        };
        self.trust += TRUST_RATE * (came - self.trust);
        if verdict.met_after.is_none() {
            let slope = f64::from(claim.slope);
            let rate = if self.failed_slope == 0.0 { 1.0 } else { TRUST_RATE };
            self.failed_slope += rate * (slope - self.failed_slope);
        }
        if !claim.is_heard {
            return;
        }
        self.record.count(&verdict);
        let miss = f64::from(u8::from(!verdict.held));
        self.width = (self.width * (RATE * (miss - MISSED)).exp()).clamp(WIDTH.0, WIDTH.1);
        if self.fresh.len() == OPEN_MAX {
            self.fresh.remove(0);
        }
        self.fresh.push(verdict);
    }

    pub(super) fn is_settled(&self) -> bool {
        self.open.iter().all(|claim| !claim.is_heard)
    }

    /// Bytes that they point to.
    pub(super) fn heap_bytes(&self) -> usize {
        self.open.capacity() * size_of::<Open>() + self.fresh.capacity() * size_of::<Verdict>()
    }

    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn take(&mut self) -> Vec<Verdict> {
        std::mem::take(&mut self.fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(slope: f64) -> Claim {
        Claim { lo: 60.0, mid: 120.0, hi: 240.0, slope, window: 32 }
    }

    #[test]
    fn a_limit_is_met_at_the_first_of_three_samples_in_a_row() {
        let mut claims = Claims::default();
        claims.note(0.0, claim(0.01), true);
        for (t, is_at_limit) in [(70.0, true), (80.0, false), (90.0, true), (100.0, true)] {
            claims.judge(t, is_at_limit);
            assert_eq!(claims.record().judged, 0);
        }
        claims.judge(110.0, true);
        let verdicts = claims.take();
        assert_eq!((verdicts[0].met_after, verdicts[0].held), (Some(90.0), true));
    }

    #[test]
    fn what_never_comes_true_is_kept_to_oneself_until_it_does_or_is_of_another_kind() {
        let mut claims = Claims::default();
        let mut t = 0.0;
        let mut round = |claims: &mut Claims, is_met: bool| {
            t += 600.0;
            let is_heard = !claims.doubts(&claim(0.01));
            claims.note(t, claim(0.01), is_heard);
            for n in 0..3 {
                claims.judge(t + if is_met { 100.0 } else { 400.0 } + f64::from(n), is_met);
            }
            claims.judge(t + 450.0, false);
        };
        (0..30).for_each(|_| round(&mut claims, false));
        assert_eq!((claims.record().judged, claims.record().withdrawn), (5, 5), "five are heard");
        assert!(claims.doubts(&claim(0.015)) && !claims.doubts(&claim(0.03)));
        (0..2).for_each(|_| round(&mut claims, true));
        assert!(!claims.doubts(&claim(0.01)), "two held in silence");
        assert_eq!(claims.record().judged, 5);
    }
}
