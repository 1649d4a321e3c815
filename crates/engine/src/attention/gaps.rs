//! How regular something is: the usual gap between events and its spread, in constant memory.

use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Exponentially forgetting mean and mean absolute deviation of gaps, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Gaps {
    mean_secs: f32,
    deviation_secs: f32,
    count: u32,
}

/// Weight of a new gap once learnt: about the last sixteen gaps count.
const WEIGHT: f32 = 1.0 / 16.0;

impl Gaps {
    /// Learns the gap from `before` to `at`.
    pub fn learn(&mut self, before: Timestamp, at: Timestamp) {
        let gap = (at - before).as_secs_f64() as f32;
        if gap < 0.0 {
            return;
        }
        self.count = self.count.saturating_add(1);
        let weight = WEIGHT.max(1.0 / self.count as f32);
        let step = gap - self.mean_secs;
        self.mean_secs += weight * step;
        if self.count > 1 {
            self.deviation_secs += weight * (step.abs() - self.deviation_secs);
        }
    }

    /// Gaps learnt.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The usual gap.
    pub fn usual(&self) -> Span {
        Span::from_micros((f64::from(self.mean_secs) * 1e6) as i64)
    }

    /// Mean absolute deviation over the mean: 0 is clockwork, about 0.74 is chance (an exponential
    /// law's 2/e), more is bursts.
    pub fn spread(&self) -> f64 {
        if self.mean_secs <= 0.0 { 1.0 } else { f64::from(self.deviation_secs / self.mean_secs) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clockwork_is_told_from_chance() {
        let mut clock = Gaps::default();
        let mut chance = Gaps::default();
        let (mut t, mut u) = (Timestamp::from_secs(0), Timestamp::from_secs(0));
        for step in 0..200_i64 {
            let next = t + Span::from_secs(1_800 + step % 4);
            clock.learn(t, next);
            t = next;
            // gaps of an exponential law by inversion of a van der Corput-like sequence
            let share = (step * 37 % 101) as f64 / 101.0;
            let next = u + Span::from_secs((-1_800.0 * (1.0 - share).ln()) as i64);
            chance.learn(u, next);
            u = next;
        }
        assert!(clock.spread() < 0.01, "{clock:?}");
        assert!((0.5..1.0).contains(&chance.spread()), "{chance:?}");
        assert!((clock.usual().as_secs_f64() - 1_801.5).abs() < 2.0);
    }
}
