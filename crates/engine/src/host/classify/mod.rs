//! Values of a host and their baselines → the ten conditions of the user's document, each with a
//! severity, a pressure between 0 and 1, evidence and what to look at next.
//!
//! A condition is a row of `CLASSIFIERS`: the metrics that show it, how far above the host's own usual
//! they must be, and the limits that hold for any host, each with its source. Adding one is one row.

mod metric;
mod table;

pub use metric::{METRICS, Metric};
pub use table::CLASSIFIERS;

use super::baseline::Usual;
use super::signal::{Category, Evidence, Severity, Signal};
use std::collections::BTreeMap;

/// One value of a host, with what is usual for it where that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The value now.
    pub value: f64,
    /// What is usual at this hour.
    pub usual: Option<Usual>,
    /// Change a minute, where a trend is sure.
    pub slope: Option<f64>,
}

/// The values of one host at one instant, by the names in [`METRICS`].
pub type Readings = BTreeMap<&'static str, Reading>;

/// One condition.
#[derive(Debug)]
pub struct Classifier {
    /// Name of the condition, as the document has it.
    pub name: &'static str,
    /// What kind of statement it is.
    pub category: Category,
    /// The metrics that show it.
    pub terms: &'static [Term],
    /// What to look at next; commands only read.
    pub hints: &'static [&'static str],
}

/// One metric of a condition.
#[derive(Debug)]
pub struct Term {
    /// Its name in [`METRICS`].
    pub metric: &'static str,
    /// What it means when this metric speaks: the semantic label.
    pub label: &'static str,
    /// How it is called in a sentence.
    pub phrase: &'static str,
    /// Value from which any host is under pressure, and value at which it is at the limit; lower than
    /// the first where low is bad.
    pub limits: Option<(f64, f64)>,
    /// Least value at which being above the usual matters: twice nothing is nothing.
    pub matters_from: f64,
    /// Where the limits come from.
    pub source: &'static str,
}

/// The document's rule: above the 95th percentile by a fifth. At that point pressure is a half.
const ABOVE_P95: f64 = 1.2;
/// Three times the 95th percentile is as far above the usual as pressure goes by itself.
const FAR_ABOVE_P95: f64 = 3.0;
/// The most that being unusual alone says: without a limit near, nobody is hurt yet.
const UNUSUAL_MAX: f64 = 0.75;
/// Pressure from which a condition is said at all.
pub const SAID_FROM: f64 = 0.3;

/// What one term says of a reading: pressure, and whether the limit or the usual gave it.
#[derive(Debug, Clone, Copy)]
struct Said<'a> {
    term: &'a Term,
    reading: Reading,
    pressure: f64,
    by_limit: bool,
}

/// The conditions that the readings of a host show, in the order of the document.
pub fn classify(host: &str, secs: f64, readings: &Readings) -> Vec<Signal> {
    CLASSIFIERS.iter().filter_map(|classifier| classifier.judge(host, secs, readings)).collect()
}

impl Classifier {
    /// Whether these readings show the condition.
    pub fn judge(&self, host: &str, secs: f64, readings: &Readings) -> Option<Signal> {
        let mut said: Vec<Said<'_>> = self
            .terms
            .iter()
            .filter_map(|term| Some(term.judge(*readings.get(term.metric)?)))
            .filter(|said| said.pressure > 0.0)
            .collect();
        said.sort_by(|a, b| b.pressure.total_cmp(&a.pressure));
        let leader = *said.first()?;
        // Terms of one condition measure the same thing: the strongest counts, a second one confirms.
        let second = said.get(1).map_or(0.0, |said| said.pressure);
        let pressure = (leader.pressure + 0.2 * second * (1.0 - leader.pressure)).min(1.0);
        let severity = Severity::of_pressure(pressure)?;
        Some(Signal {
            name: self.name,
            category: self.category,
            label: leader.term.label,
            severity,
            pressure,
            summary: leader.sentence(),
            evidence: said.iter().map(Said::evidence).collect(),
            hints: self.hints.iter().map(|hint| (*hint).to_owned()).collect(),
            host: host.to_owned(),
            from_secs: secs,
            to_secs: secs,
        })
    }
}

impl Term {
    fn judge(&self, reading: Reading) -> Said<'_> {
        let limit = self.limits.map_or(0.0, |(from, to)| {
            ramp(reading.value, from, to) * 0.7
                + if is_past(reading.value, from, to) { 0.3 } else { 0.0 }
        });
        let unusual = self.unusual(reading);
        Said {
            term: self,
            reading,
            pressure: limit.max(unusual).min(1.0),
            by_limit: limit >= unusual,
        }
    }

    /// Pressure by the host's own baseline.
    fn unusual(&self, reading: Reading) -> f64 {
        let Some(usual) = reading.usual else { return 0.0 };
        if self.is_low_bad() || reading.value < self.matters_from || !reading.value.is_finite() {
            return 0.0;
        }
        let times = reading.value / usual.p95.max(self.matters_from * 0.5).max(1e-12);
        if times < ABOVE_P95 {
            return 0.0;
        }
        0.5 + (UNUSUAL_MAX - 0.5) * ramp(times, ABOVE_P95, FAR_ABOVE_P95)
    }

    fn is_low_bad(&self) -> bool {
        self.limits.is_some_and(|(from, to)| to < from)
    }
}

/// 0 at `from`, 1 at `to`, a line between them; either may be the larger.
fn ramp(value: f64, from: f64, to: f64) -> f64 {
    let share = (value - from) / (to - from);
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
}

fn is_past(value: f64, from: f64, to: f64) -> bool {
    if to < from { value <= from } else { value >= from }
}

impl Said<'_> {
    fn sentence(&self) -> String {
        let Reading { value, usual, slope } = self.reading;
        let value = Metric::show(self.term.metric, value);
        let against = match usual {
            Some(usual) if !self.by_limit => format!(
                ", above what is usual here (95 of 100 times below {})",
                Metric::show(self.term.metric, usual.p95)
            ),
            _ => match self.term.limits {
                Some((from, _)) => format!(", past {}", Metric::show(self.term.metric, from)),
                None => String::new(),
            },
        };
        let way = match slope {
            Some(slope) if slope > 0.0 => ", rising",
            Some(slope) if slope < 0.0 => ", falling",
            _ => "",
        };
        format!("{} is {value}{against}{way}", self.term.phrase)
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            series: self.term.metric.to_owned(),
            value: self.reading.value,
            usual: self.reading.usual.map(|usual| (usual.p50, usual.p95)),
            samples: self.reading.usual.map_or(0, |usual| usual.samples),
            limit: self.term.limits.map(|(from, _)| from),
            source: self.term.source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(p50: f64, p95: f64) -> Option<Usual> {
        Some(Usual { p50, p75: p50, p95, p99: p95, volatility: None, samples: 500 })
    }

    fn one(metric: &'static str, value: f64, usual: Option<Usual>) -> Vec<Signal> {
        let readings = Readings::from([(metric, Reading { value, usual, slope: None })]);
        classify("web-1", 0.0, &readings)
    }

    #[test]
    fn there_are_the_ten_of_the_document_and_their_metrics_are_known() {
        let names: Vec<&str> = CLASSIFIERS.iter().map(|c| c.name).collect();
        let documented = [
            "memory_pressure",
            "load_mismatch",
            "io_congestion",
            "network_degradation",
            "tcp_exhaustion",
            "swap_thrashing",
            "block_device_saturation",
            "scheduler",
            "syscall",
            "page_fault",
        ];
        assert_eq!(names, documented);
        for classifier in CLASSIFIERS {
            assert!(!classifier.hints.is_empty(), "{}", classifier.name);
            for term in classifier.terms {
                assert!(Metric::named(term.metric).is_some(), "{}", term.metric);
                assert!(!term.source.is_empty(), "{}", term.metric);
            }
        }
    }

    #[test]
    fn the_documented_rule_is_a_fifth_above_the_95th_percentile() {
        // The document's example: usual p95 27.1 %, now 35.2 %.
        let found = one("memory.used_ratio", 0.352, usual(0.183, 0.271));
        assert_eq!(found[0].name, "memory_pressure");
        assert!((0.5..0.6).contains(&found[0].pressure), "{found:?}");
        assert!(one("memory.used_ratio", 0.30, usual(0.183, 0.271)).is_empty());
    }

    #[test]
    fn limits_hold_without_a_baseline_and_a_busy_host_is_not_at_its_limit() {
        assert_eq!(one("memory.used_ratio", 0.97, None)[0].severity, Severity::Critical);
        assert!(one("memory.used_ratio", 0.80, usual(0.80, 0.82)).is_empty(), "as always");
        assert!(one("memory.used_ratio", f64::NAN, usual(0.5, 0.6)).is_empty());
    }

    #[test]
    fn every_condition_can_be_said() {
        for classifier in CLASSIFIERS {
            let term = &classifier.terms[0];
            let value = term.limits.map_or(1e9, |(_, to)| to);
            let readings = Readings::from([(
                term.metric,
                Reading { value, usual: usual(1e-3, 1e-3), slope: None },
            )]);
            let signal = classifier.judge("h", 0.0, &readings);
            assert!(signal.is_some_and(|s| s.pressure >= 0.5), "{}", classifier.name);
        }
    }
}
