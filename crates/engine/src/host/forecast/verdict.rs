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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Claims {
    open: Vec<(f64, [f64; 3])>,
    noted: Option<f64>,
    width: f64,
    record: Record,
    fresh: Vec<Verdict>,
}

impl Default for Claims {
    fn default() -> Self {
        Claims {
            open: Vec::new(),
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

    /// Keeps a claim for its verdict.
    pub(super) fn note(&mut self, t: f64, claim: Claim) {
        if self.noted.is_some_and(|at| t - at < EVERY_SECS) {
            return;
        }
        self.noted = Some(t);
        if self.open.len() == OPEN_MAX {
            self.open.remove(0);
        }
        self.open.push((t, [claim.lo, claim.mid, claim.hi]));
    }

    /// Judges what can be judged at `t`.
    pub(super) fn judge(&mut self, t: f64, is_met: bool) {
        let open = std::mem::take(&mut self.open);
        for (made_at, said) in open {
            let passed = t - made_at;
            let met_after = is_met.then_some(passed);
            if is_met || passed > GRACE * said[1] {
                let held = met_after.is_some_and(|after| said[0] <= after && after <= said[2]);
                self.close(Verdict { made_at, said, met_after, held });
            } else {
                self.open.push((made_at, said));
            }
        }
    }

    fn close(&mut self, verdict: Verdict) {
        self.record.count(&verdict);
        let miss = f64::from(u8::from(!verdict.held));
        self.width = (self.width * (RATE * (miss - MISSED)).exp()).clamp(WIDTH.0, WIDTH.1);
        if self.fresh.len() == OPEN_MAX {
            self.fresh.remove(0);
        }
        self.fresh.push(verdict);
    }

    pub(super) fn is_settled(&self) -> bool {
        self.open.is_empty()
    }

    /// Bytes that they point to.
    pub(super) fn heap_bytes(&self) -> usize {
        self.open.capacity() * size_of::<(f64, [f64; 3])>()
            + self.fresh.capacity() * size_of::<Verdict>()
    }

    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn take(&mut self) -> Vec<Verdict> {
        std::mem::take(&mut self.fresh)
    }
}
