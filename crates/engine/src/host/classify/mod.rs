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
    /// What else must show it, where the metric alone shows nothing.
    pub needs: Option<Needs>,
}

/// Metrics of which one must be at least so much.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// Metric, and how much.
    pub any_of: &'static [(&'static str, f64)],
    /// What holds where none of them is reported.
    pub unknown_counts: bool,
}

/// The document's rule: above the 95th percentile by a fifth. At that point pressure is a half.
const ABOVE_P95: f64 = 1.2;
/// Three times the 95th percentile is as far above the usual as pressure goes by itself.
const FAR_ABOVE_P95: f64 = 3.0;
/// The most that being unusual alone says: without a limit near, nobody is hurt yet.
const UNUSUAL_MAX: f64 = 0.75;
/// What stands ends only so far below its limit: values about a limit are one condition, not many.
const EASE: f64 = 0.05;
/// And below this above the usual.
const EASED_ABOVE_P95: f64 = 1.1;
/// A condition is said after so many instants in a row that show it: one loud sample is no condition.
pub const STANDS_FROM: u8 = 3;
/// What stands is over after so many instants in a row that do not show it.
pub const QUIET_MIN: u8 = 5;
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

/// The term that reads a metric; each is read by one condition.
pub fn term_of(metric: &str) -> Option<&'static Term> {
    CLASSIFIERS.iter().flat_map(|classifier| classifier.terms).find(|term| term.metric == metric)
}

impl Needs {
    fn are_met(&self, readings: &Readings) -> bool {
        let known = |(metric, least): &(&str, f64)| Some(readings.get(metric)?.value >= *least);
        let mut known = self.any_of.iter().filter_map(known).peekable();
        if known.peek().is_none() { self.unknown_counts } else { known.any(|is_met| is_met) }
    }
}

impl Classifier {
    /// The terms that these readings can speak of.
    fn read(&self, readings: &Readings) -> impl Iterator<Item = (&Term, Reading)> {
        self.terms
            .iter()
            .filter_map(|term| Some((term, *readings.get(term.metric)?)))
            .filter(|(term, reading)| Metric::is_of_unit(term.metric, reading.value))
            .filter(|(term, _)| term.needs.is_none_or(|needs| needs.are_met(readings)))
    }

    /// Whether a condition that stands goes on, though these readings alone would not show it.
    pub fn lingers(&self, readings: &Readings) -> bool {
        self.read(readings).any(|(term, reading)| term.is_near(reading))
    }

    /// Whether these readings show the condition.
    pub fn judge(&self, host: &str, secs: f64, readings: &Readings) -> Option<Signal> {
        let mut said: Vec<Said<'_>> = self
            .read(readings)
            .map(|(term, reading)| term.judge(reading))
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

    /// How many times the usual a value is; 0 where that does not matter.
    fn times_usual(&self, value: f64, usual: &Usual) -> f64 {
        if self.is_low_bad() || value < self.matters_from || !value.is_finite() {
            return 0.0;
        }
        value / usual.p95.max(self.matters_from * 0.5).max(1e-12)
    }

    /// Whether a value is so far above the usual that it matters.
    pub fn is_far(&self, value: f64, usual: &Usual) -> bool {
        self.times_usual(value, usual) >= ABOVE_P95
    }

    /// Whether a value is near what would be said of it.
    fn is_near(&self, Reading { value, usual, .. }: Reading) -> bool {
        let eased = |(from, to): (f64, f64)| {
            let ease = (EASE * from.abs()).copysign(to - from);
            is_past(value, from - ease, to)
        };
        self.limits.is_some_and(eased)
            || usual.is_some_and(|usual| self.times_usual(value, &usual) >= EASED_ABOVE_P95)
    }

    /// Pressure by the host's own baseline.
    fn unusual(&self, reading: Reading) -> f64 {
        let times = reading.usual.map_or(0.0, |usual| self.times_usual(reading.value, &usual));
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
        Some(Usual { p50, p75: p50, p95, p99: p95, volatility: None, samples: 500, error: 0.02 })
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

    fn several(values: &[(&'static str, f64)]) -> Vec<Signal> {
        let reading = |value| Reading { value, usual: None, slope: None };
        let readings = values.iter().map(|(metric, value)| (*metric, reading(*value))).collect();
        classify("web-1", 0.0, &readings)
    }

    #[test]
    fn a_share_above_one_and_a_half_is_none() {
        assert!(one("memory.used_ratio", 91.0, None).is_empty());
        assert!(one("memory.stall_full", 910.0, None).is_empty());
        assert!(!one("tcp.memory_ratio", 1.1, None).is_empty(), "may be above its limit");
        assert!(!one("load.per_cpu", 91.0, None).is_empty(), "no share");
    }

    #[test]
    fn what_is_full_or_busy_hurts_only_if_something_waits() {
        assert!(several(&[("swap.used_ratio", 0.995)]).is_empty());
        let still = [("swap.used_ratio", 0.995), ("swap.in_pages_per_s", 0.0)];
        assert!(several(&still).is_empty());
        let moving = [("swap.used_ratio", 0.995), ("swap.in_pages_per_s", 100.0)];
        assert_eq!(several(&moving)[0].label, "swap_nearly_full");
        let busy = ("disk.busy_ratio", 1.0);
        assert!(several(&[busy, ("disk.await_ms", 0.2), ("disk.queue", 0.5)]).is_empty());
        assert_eq!(several(&[busy, ("disk.await_ms", 20.0)])[0].label, "device_always_busy");
        assert_eq!(several(&[busy])[0].label, "device_always_busy", "nothing else is known");
    }

    #[test]
    fn what_stands_lingers_a_little_below_its_limit() {
        let memory = &CLASSIFIERS[0];
        let readings = |value, usual| {
            Readings::from([("memory.used_ratio", Reading { value, usual, slope: None })])
        };
        assert!(memory.judge("h", 0.0, &readings(0.88, None)).is_none());
        assert!(memory.lingers(&readings(0.88, None)));
        assert!(!memory.lingers(&readings(0.85, None)));
        assert!(memory.lingers(&readings(0.575, usual(0.4, 0.5))), "by the usual");
        assert!(!memory.lingers(&readings(0.54, usual(0.4, 0.5))));
    }

    #[test]
    fn each_metric_is_read_by_one_condition() {
        let mut read: Vec<&str> =
            CLASSIFIERS.iter().flat_map(|c| c.terms).map(|term| term.metric).collect();
        let all = read.len();
        read.sort_unstable();
        read.dedup();
        assert_eq!(read.len(), all);
    }

    #[test]
    fn every_condition_can_be_said() {
        for classifier in CLASSIFIERS {
            let term = &classifier.terms[0];
            let most = if Metric::is_of_unit(term.metric, 1e9) { 1e9 } else { 1.0 };
            let value = term.limits.map_or(most, |(_, to)| to);
            let readings = Readings::from([(
                term.metric,
                Reading { value, usual: usual(1e-3, 1e-3), slope: None },
            )]);
            let signal = classifier.judge("h", 0.0, &readings);
            assert!(signal.is_some_and(|s| s.pressure >= 0.5), "{}", classifier.name);
        }
    }
}
