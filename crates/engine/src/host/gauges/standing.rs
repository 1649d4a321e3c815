//! The conditions of one host in time: a condition is said when it has stood for some samples, again
//! when it gets worse or goes on, and once more when it is over.

use crate::host::classify::{CLASSIFIERS, Reading, Readings};
use crate::host::signal::{Said, Severity, Signal};
use serde::{Deserialize, Serialize};

/// A condition is said after so many samples in a row that show it, and over after as many that do not:
/// one loud sample is no condition.
const STANDS_FROM: u8 = 3;
/// What goes on is said again after half an hour.
const AGAIN_SECS: f64 = 1_800.0;

/// The conditions of one host, by their places in [`CLASSIFIERS`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Standing {
    of: Vec<Option<Condition>>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Condition {
    /// When the first of the samples came.
    since: f64,
    /// Samples in a row that show it, and that do not.
    shown: u8,
    calm: u8,
    /// When it was said last, and how bad it was.
    said: Option<(f64, Severity)>,
}

impl Standing {
    /// Judges the conditions that a metric takes part in.
    pub(super) fn judge(
        &mut self,
        host: &str,
        metric: &'static str,
        secs: f64,
        reading: &dyn Fn(&str) -> Option<(f64, Reading)>,
        out: &mut Vec<Said>,
    ) {
        self.of.resize(CLASSIFIERS.len(), None);
        for (classifier, standing) in CLASSIFIERS.iter().zip(&mut self.of) {
            if !classifier.terms.iter().any(|term| term.metric == metric) {
                continue;
            }
            let known = |metric| Some((metric, reading(metric)?.1));
            let readings: Readings =
                classifier.terms.iter().filter_map(|term| known(term.metric)).collect();
            match classifier.judge(host, secs, &readings) {
                Some(signal) => standing.get_or_insert_default().shows(signal, secs, out),
                None => {
                    let is_over = standing.as_mut().is_some_and(|c| c.is_calm());
                    if is_over && let Some(Condition { said: Some(_), since, .. }) = standing.take()
                    {
                        out.push(Said::of_end(classifier.name, metric, (since, secs)));
                    }
                }
            }
        }
    }
}

impl Condition {
    fn shows(&mut self, mut signal: Signal, secs: f64, out: &mut Vec<Said>) {
        if self.shown == 0 {
            self.since = secs;
        }
        (self.shown, self.calm) = (self.shown.saturating_add(1), 0);
        let is_news = self
            .said
            .is_none_or(|(at, severity)| severity < signal.severity || secs - at >= AGAIN_SECS);
        if self.shown >= STANDS_FROM && is_news {
            signal.from_secs = self.since;
            self.said = Some((secs, signal.severity));
            out.push(Said::of_signal(&signal));
        }
    }

    /// Whether it has been calm for long enough to be over.
    fn is_calm(&mut self) -> bool {
        self.calm = self.calm.saturating_add(1);
        self.calm >= STANDS_FROM || self.said.is_none()
    }
}
