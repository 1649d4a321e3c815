//! The usual of something rare: so many occasions in so many days → how unlikely further ones are.

use crate::stats::overdispersed_surprise;

/// Occasions after which a message has a rhythm of its own (day and night, weekends) that makes
/// its counts clump: their variance is then taken as twice the mean.
const RHYTHM_OCCASIONS: f64 = 10.0;

/// How much busier than the whole day its busy hours are taken to be.
const BUSY_HOUR: f64 = 1.3;

/// So many occasions in so many days. Half an occasion stands for what was never seen (Jeffreys' prior
/// of a Poisson rate).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// Occasions seen.
    pub occasions: f64,
    /// Days in which they were seen; above 0.
    pub days: f64,
}

impl Usual {
    /// Usual occasions a day.
    pub fn per_day(&self) -> f64 {
        (self.occasions + 0.5) / self.days
    }

    /// How unlikely `k` further ones of this rate are in `days`, in decades, where they cannot clump
    /// (each of another host). Their hour of the day may be a busy one.
    pub fn surprise_of_distinct(&self, k: u64, days: f64) -> f64 {
        let mean = BUSY_HOUR * self.per_day() * days;
        overdispersed_surprise(k, mean, 1.0 + days / self.days)
    }

    /// How unlikely `k` further occasions in `days` are, in decades. The rate is itself only known from
    /// these occasions, so the law is the Gamma–Poisson predictive one (negative binomial): what was
    /// seen for a short time only can surprise little.
    pub fn surprise(&self, k: u64, days: f64) -> f64 {
        let rhythm = 1.0 + (self.occasions / RHYTHM_OCCASIONS).clamp(0.0, 1.0);
        overdispersed_surprise(k, self.per_day() * days, rhythm * (1.0 + days / self.days))
    }
}
