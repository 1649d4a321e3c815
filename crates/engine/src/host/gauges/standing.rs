//! The conditions of one host in time, or of one of its devices: a condition is said when it has stood for some samples,
//! again when it gets worse or goes on, and once more when it is over.
//!
//! Metrics with labels are judged by themselves, beside those of the host that have none: a second device is not the
//! first one. What only the host's own metrics show is said of the host.

use crate::host::classify::{CLASSIFIERS, Classifier, QUIET_MIN, Reading, Readings, STANDS_FROM};
use crate::host::signal::{Said, Severity, Signal};
use serde::{Deserialize, Serialize};

/// What goes on is said again after half an hour.
const AGAIN_SECS: f64 = 1_800.0;

/// What a sample is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) host: &'a str,
    /// `{device=sda}`, or nothing.
    pub(super) labels: &'a str,
    pub(super) metric: &'static str,
}

/// Reads the latest value of a metric with these labels.
pub(super) type Read<'a> = &'a dyn Fn(&str, &str) -> Option<Reading>;

/// The conditions of one host, by their places in [`CLASSIFIERS`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Standing {
    of: Vec<Option<Condition>>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Condition {
    /// When the first of the samples came.
    since: f64,
    /// The latest instant that counted, and how many in a row show it, and do not.
    latest: Option<f64>,
    shown: u8,
    calm: u8,
    /// When it was said last, and how bad it was.
    said: Option<(f64, Severity)>,
}

impl Standing {
    /// Judges the conditions that a metric takes part in.
    pub(super) fn judge(&mut self, of: Place<'_>, secs: f64, read: Read<'_>, out: &mut Vec<Said>) {
        self.of.resize(CLASSIFIERS.len(), None);
        for (classifier, standing) in CLASSIFIERS.iter().zip(&mut self.of) {
            if !classifier.terms.iter().any(|term| term.metric == of.metric) {
                continue;
            }
            let known = |metric| {
                let own = read(of.labels, metric);
                Some((metric, own.or_else(|| read("", metric))?))
            };
            let readings: Readings =
                classifier.terms.iter().filter_map(|term| known(term.metric)).collect();
            if let Some(signal) = of.judge(classifier, secs, &readings, read) {
                standing.get_or_insert_default().shows(signal, secs, out);
                continue;
            }
            let lingers = || classifier.lingers(&readings);
            let is_over = standing.as_mut().is_some_and(|stands| stands.is_over(secs, lingers));
            if is_over && let Some(Condition { said: Some(_), since, .. }) = standing.take() {
                let name = format!("{}{}", classifier.name, of.in_brackets());
                let series = format!("{}{}", of.metric, of.labels);
                out.push(Said::of_end(&name, &series, (since, secs)));
            }
        }
    }
}

impl Place<'_> {
    /// What the readings show of this place, told with its labels.
    fn judge(
        &self,
        classifier: &Classifier,
        secs: f64,
        readings: &Readings,
        read: Read<'_>,
    ) -> Option<Signal> {
        let mut signal = classifier.judge(self.host, secs, readings)?;
        if self.labels.is_empty() {
            return Some(signal);
        }
        let is_own = |series: &str| read(self.labels, series).is_some();
        if !signal.evidence.first().is_some_and(|leader| is_own(&leader.series)) {
            return None;
        }
        for evidence in signal.evidence.iter_mut().filter(|evidence| is_own(&evidence.series)) {
            evidence.series.push_str(self.labels);
        }
        signal.summary.push_str(&self.in_brackets());
        Some(signal)
    }

    /// ` (device=sda)`, or nothing.
    fn in_brackets(&self) -> String {
        match self.labels.trim_matches(['{', '}']) {
            "" => String::new(),
            labels => format!(" ({labels})"),
        }
    }
}

impl Condition {
    fn shows(&mut self, mut signal: Signal, secs: f64, out: &mut Vec<Said>) {
        if self.shown == 0 {
            self.since = secs;
        }
        // Several metrics of one instant are one instant.
        if self.latest.is_none_or(|latest| secs > latest) {
            self.shown = self.shown.saturating_add(1);
        }
        (self.latest, self.calm) = (Some(secs), 0);
        let is_news = self
            .said
            .is_none_or(|(at, severity)| severity < signal.severity || secs - at >= AGAIN_SECS);
        if self.shown >= STANDS_FROM && is_news {
            signal.from_secs = self.since;
            self.said = Some((secs, signal.severity));
            out.push(Said::of_signal(&signal));
        }
    }

    /// Whether it is over, at an instant that does not show it.
    fn is_over(&mut self, secs: f64, lingers: impl Fn() -> bool) -> bool {
        if self.said.is_none() {
            return true;
        }
        if lingers() {
            self.calm = 0;
        } else if self.latest.is_none_or(|latest| secs > latest) {
            self.calm = self.calm.saturating_add(1);
        }
        self.latest = Some(secs);
        self.calm >= QUIET_MIN
    }
}

#[cfg(test)]
mod tests {
    use crate::host::gauges::Gauges;
    use crate::host::signal::Said;

    /// What is said of conditions, of a series with a value a minute.
    fn said(series: &str, value: impl Fn(u32) -> f64, minutes: u32) -> Vec<Said> {
        let (mut gauges, mut out) = (Gauges::default(), Vec::new());
        for minute in 0..minutes {
            let at = (f64::from(minute) * 60.0, value(minute));
            gauges.take("oak", series, at, 10, &mut out);
        }
        out.retain(|said| said.body.starts_with("memory_") || said.body.starts_with("block_"));
        out
    }

    #[test]
    fn noise_about_a_limit_is_one_condition() {
        let noise = |n: u32| 0.9 + 0.03 * ((f64::from(n) * 0.618).fract() - 0.5);
        let found = said("memory.used_ratio", |n| if n < 200 { 0.5 } else { noise(n) }, 230);
        let bodies: Vec<&str> = found.iter().map(|said| said.body.as_str()).collect();
        assert!(
            bodies.len() <= 3 && !bodies.iter().any(|body| body.contains("over")),
            "{bodies:?}"
        );
        assert!(bodies[0].starts_with("memory_pressure"), "{bodies:?}");
    }

    #[test]
    fn a_device_has_conditions_of_its_own_that_name_it() {
        let busy = |n: u32| if (200..230).contains(&n) { 0.99 } else { 0.1 };
        let found = said("disk.busy_ratio{device=sda}", busy, 300);
        assert!(found[0].body.ends_with("(device=sda)"), "{found:?}");
        assert_eq!(found[0].series, "disk.busy_ratio{device=sda}");
        let last = &found[found.len() - 1].body;
        assert_eq!(last, "block_device_saturation (device=sda): over after 34 min");
    }

    #[test]
    fn an_incident_goes_on_until_it_ends_and_the_next_is_told_too() {
        let queue = |n: u32| {
            let is_in = n >= 400 && n % 1_440 / 60 == 7;
            if is_in { 60.0 } else { 1.0 + (f64::from(n) * 0.618).fract() }
        };
        let found = said("disk.queue", queue, 3 * 1_440);
        let over: Vec<&str> = found
            .iter()
            .map(|said| said.body.as_str())
            .filter(|body| body.contains("over"))
            .collect();
        assert_eq!(over, ["block_device_saturation: over after 64 min"; 3]);
    }
}
