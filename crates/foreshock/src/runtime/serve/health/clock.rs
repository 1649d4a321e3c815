//! Delays of a source → how far its clock is off, and how long its records take to reach us.
//!
//! A delay is the sum of both: what a clock is off is in every delay alike, while the way takes sometimes long and
//! sometimes no time, and never less than none. So the shortest delay tells of the clock (as in NTP's clock filter,
//! RFC 5905 §10), and the middle one, less the clock, of the way. A sender that is behind by hours catches up or falls
//! back, so its shortest and its middle delay differ; a clock that is off by hours is so to the second.

use model::Span;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Delays that are kept: ten minutes of one each ten seconds.
const KEPT: usize = 61;
/// With fewer nothing is said of a clock: two minutes.
const ENOUGH: usize = 12;
/// A clock that is off by less disturbs no order of minutes, and may be the way.
const OFF_MIN: Span = Span::MINUTE;
/// The delays of a clock that is off differ by no more than its steps (a second, as in RFC 3164) and a short way.
const STEADY: Span = Span::from_secs(3);

/// What the delays of a source tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reading {
    /// Middle time from saying to receipt; absent where no event names its time.
    pub(super) lag: Option<Span>,
    /// By how much its clock is ahead of ours, negative if behind; absent where it is right, as far as can be told.
    pub(super) skew: Option<Span>,
}

/// The latest delays of a source.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Clock {
    /// Milliseconds, oldest first.
    delays: VecDeque<i64>,
    /// The slot of the latest one.
    slot: i64,
}

impl Clock {
    /// Takes in a delay, the first of each slot.
    pub(super) fn hear(&mut self, slot: i64, delay: Span) {
        if slot == self.slot && !self.delays.is_empty() {
            return;
        }
        self.slot = slot;
        if self.delays.len() == KEPT {
            self.delays.pop_front();
        }
        self.delays.push_back(delay.as_micros() / 1_000);
    }

    /// What is known by now.
    pub(super) fn read(&self) -> Reading {
        let mut sorted: Vec<i64> = self.delays.iter().copied().collect();
        sorted.sort_unstable();
        let [.., _] = sorted[..] else { return Reading::default() };
        let span = |millis: i64| Span::from_micros(millis.saturating_mul(1_000));
        // One in ten may be anything: a device that speaks of an hour ago, a clock just after a restart.
        let (low, middle) = (span(sorted[sorted.len() / 10]), span(sorted[sorted.len() / 2]));
        let is_steady = middle - low <= STEADY;
        let is_off = match middle < Span::ZERO {
            true => middle <= Span::ZERO - OFF_MIN,
            false => is_steady && low >= OFF_MIN,
        };
        match is_off && sorted.len() >= ENOUGH {
            true => Reading { lag: Some(middle - low), skew: Some(Span::ZERO - low) },
            false => Reading { lag: Some(middle.max(Span::ZERO)), skew: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(delays: impl IntoIterator<Item = f64>) -> (Option<f64>, Option<f64>) {
        let mut clock = Clock::default();
        for (slot, secs) in delays.into_iter().enumerate() {
            clock.hear(slot as i64, Span::from_micros((secs * 1e6) as i64));
        }
        let Reading { lag, skew } = clock.read();
        (lag.map(Span::as_secs_f64), skew.map(Span::as_secs_f64))
    }

    /// Whole seconds are cut off by the sender.
    fn jitter(n: u32) -> f64 {
        f64::from(n * 37 % 100) / 100.0
    }

    #[test]
    fn a_clock_and_the_way_are_told_apart() {
        assert_eq!(read([]), (None, None));
        let (lag, skew) = read((0..60).map(jitter));
        assert!(lag.unwrap() < 1.0 && skew.is_none(), "on time: {lag:?} {skew:?}");
        let (lag, skew) = read((0..60).map(|n| jitter(n) - 7_200.0));
        assert!(skew.is_some_and(|s| (7_199.0..=7_200.0).contains(&s)), "a wrong zone: {skew:?}");
        assert!(lag.unwrap() < 1.0);
        let (lag, skew) = read((0..60).map(|n| jitter(n) + 3_600.0));
        assert!(skew.is_some_and(|s| (-3_601.0..=-3_600.0).contains(&s)), "behind: {skew:?}");
        assert!(lag.unwrap() < 1.0);
        let (lag, skew) = read((0..60).map(|n| f64::from(n % 10) * 30.0 + 5.0));
        assert!(skew.is_none() && lag.unwrap() > 100.0, "a batch every five minutes: {lag:?}");
        let (lag, skew) = read((0..60).map(|n| 4_000.0 - f64::from(n) * 20.0));
        assert!(skew.is_none() && lag.unwrap() > 3_000.0, "it catches up: {lag:?} {skew:?}");
    }

    #[test]
    fn some_strange_times_and_a_few_first_ones_say_nothing_of_a_clock() {
        let strange = |n: u32| if n % 15 == 3 { -86_400.0 } else { jitter(n) };
        assert_eq!(read((0..60).map(strange)).1, None);
        assert_eq!(read((0..11).map(|_| 3_600.0)).1, None);
        let (lag, _) = read((0..60).map(|_| 0.5));
        assert_eq!(lag, Some(0.5));
    }
}
