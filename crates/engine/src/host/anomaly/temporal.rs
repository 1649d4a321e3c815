//! Values of several metrics at one instant → a score between 0 and 1: how many left the range of their
//! own past at once. Two ways: each metric's [`Series`], with the number of loud ones compared with its
//! own history (metrics of one host are never independent); and the document's z-score.

use super::fusion::Layer;
use crate::host::series::Series;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Metrics of one subject; further ones are not watched, and counted.
pub const METRICS_MAX: usize = 256;
/// A metric is loud from so many decades.
const LOUD: f64 = 2.0;
/// Instants before the number of loud metrics can be compared.
const HISTORY_MIN: u64 = 60;
/// The document's window and threshold.
const WINDOW_SECS: f64 = 300.0;
const Z: f64 = 3.0;
/// Samples in the window; more frequent ones are thinned by dropping the oldest.
const WINDOW_MAX: usize = 300;
/// Samples without which there is no deviation.
const WINDOW_MIN: usize = 5;

/// The metrics of one subject: a host, or a program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Temporal {
    metrics: BTreeMap<String, Series>,
    /// How often at least so many metrics were loud at once, by number.
    at_once: Vec<u64>,
    instants: u64,
    refused: u64,
}

impl Temporal {
    /// Judges the values of an instant, then learns them.
    pub fn observe(&mut self, secs: f64, values: &[(&str, f64)]) -> Layer {
        let mut loud: Vec<(&str, f64)> = Vec::new();
        let mut most = 0.0_f64;
        for (name, value) in values {
            if !self.metrics.contains_key(*name) {
                if self.metrics.len() == METRICS_MAX {
                    self.refused += 1;
                    continue;
                }
                self.metrics.insert((*name).to_owned(), Series::new());
            }
            let Some(series) = self.metrics.get_mut(*name) else { continue };
            let judged = series.observe(secs, *value);
            most = most.max(judged.surprise);
            if judged.surprise >= LOUD {
                loud.push((name, judged.times_usual));
            }
        }
        let layer = self.layer(&loud, most, values.len());
        self.remember(loud.len());
        layer
    }

    fn layer(&self, loud: &[(&str, f64)], most: f64, asked: usize) -> Layer {
        // The chance of the loudest of so many, and of so many loud ones: the rarer of two questions.
        let by_size = (10.0_f64.powf(-most) * asked.max(1) as f64).min(1.0);
        let by_number = self.chance_of(loud.len());
        let chance = (2.0 * by_size.min(by_number)).min(1.0);
        let reason = match loud {
            [] => "no value left its usual range".to_owned(),
            [(name, times)] => format!("`{name}` is {times:+.1} times its usual deviation off"),
            [(name, times), rest @ ..] => format!(
                "{} of {asked} values left their usual range at once, `{name}` by {times:+.1} usual deviations",
                rest.len() + 1
            ),
        };
        Layer { score: 1.0 - chance, chance, reason }
    }

    fn chance_of(&self, loud: usize) -> f64 {
        if loud < 2 || self.instants < HISTORY_MIN {
            return 1.0;
        }
        let before = self.at_once.get(loud).copied().unwrap_or(0);
        (before + 1) as f64 / (self.instants + 1) as f64
    }

    fn remember(&mut self, loud: usize) {
        self.instants += 1;
        if self.at_once.len() <= loud {
            self.at_once.resize(loud + 1, 0);
        }
        self.at_once[..=loud].iter_mut().for_each(|count| *count += 1);
    }
}

/// The document's layer: |z| > 3 against a rolling baseline of five minutes; 0.5 for one metric, 1 for
/// two and more. Kept to compare with: on series of an hour and of a minute it alerts thousands of
/// times a day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RollingZ {
    metrics: BTreeMap<String, VecDeque<(f64, f64)>>,
}

impl RollingZ {
    /// Judges the values of an instant, then learns them.
    pub fn observe(&mut self, secs: f64, values: &[(&str, f64)]) -> Layer {
        let mut spikes = Vec::new();
        for (name, value) in values.iter().filter(|(_, value)| value.is_finite()) {
            if !self.metrics.contains_key(*name) && self.metrics.len() == METRICS_MAX {
                continue;
            }
            let window = self.metrics.entry((*name).to_owned()).or_default();
            while window.front().is_some_and(|(at, _)| secs - at > WINDOW_SECS)
                || window.len() >= WINDOW_MAX
            {
                window.pop_front();
            }
            if z_score(window, *value).is_some_and(|z| z.abs() > Z) {
                spikes.push(*name);
            }
            window.push_back((secs, *value));
        }
        let (score, reason) = match spikes[..] {
            [] => (0.0, "no z-score spike detected".to_owned()),
            [one] => (0.5, format!("z-score of `{one}` beyond 3")),
            [one, ..] => (
                1.0,
                format!("z-scores of {} metrics beyond 3 at once, `{one}` first", spikes.len()),
            ),
        };
        Layer { score, chance: 1.0 - score, reason }
    }
}

fn z_score(window: &VecDeque<(f64, f64)>, value: f64) -> Option<f64> {
    if window.len() < WINDOW_MIN {
        return None;
    }
    let n = window.len() as f64;
    let mean = window.iter().map(|(_, x)| x).sum::<f64>() / n;
    let variance = window.iter().map(|(_, x)| (x - mean) * (x - mean)).sum::<f64>() / n;
    (variance > 0.0).then(|| (value - mean) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise without chance: the fractional part of multiples of an irrational number.
    fn noise(n: u32, seed: f64) -> f64 {
        (f64::from(n) * seed).fract() - 0.5
    }

    #[test]
    fn the_documented_scores_are_a_half_and_one() {
        let mut layer = RollingZ::default();
        for n in 0..20 {
            let at = f64::from(n) * 10.0;
            layer.observe(at, &[("cpu", noise(n, 0.618)), ("network", noise(n, 0.414))]);
        }
        assert_eq!(layer.clone().observe(200.0, &[("cpu", 9.0), ("network", 0.1)]).score, 0.5);
        assert_eq!(layer.clone().observe(200.0, &[("cpu", 9.0), ("network", 9.0)]).score, 1.0);
        assert_eq!(layer.observe(200.0, &[("cpu", 0.1), ("network", 0.1)]).score, 0.0);
    }

    #[test]
    fn several_at_once_are_rarer_than_one() {
        let mut layer = Temporal::default();
        let usual = |n: u32| [noise(n, 0.618), noise(n, 0.414), noise(n, 0.732)];
        for n in 0..600 {
            let [a, b, c] = usual(n);
            layer.observe(f64::from(n) * 60.0, &[("a", a), ("b", b), ("c", c)]);
        }
        let at = 600.0 * 60.0;
        let none = layer.clone().observe(at, &[("a", 0.1), ("b", 0.2), ("c", 0.0)]);
        let all = layer.observe(at, &[("a", 30.0), ("b", 30.0), ("c", 30.0)]);
        assert!(none.score < 0.5 && all.score > 0.99, "{none:?} {all:?}");
        assert!(all.reason.contains("3 of 3"), "{}", all.reason);
    }
}
