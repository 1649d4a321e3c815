//! Samples of all hosts of a client, as they come in the stream → what is judged of them: alerts of
//! series, new levels, conditions, forecasts and what became of them. One state per series, bounded in
//! number and in bytes; what finds no room is counted.
//!
//! | file | holds |
//! |---|---|
//! | `gauge` | one series: its surprise, and for known metrics what is usual and where it goes |
//! | `standing` | the conditions of a host: which hold, since when, and what was said of them |

mod gauge;
mod standing;

use super::signal::Said;
use gauge::{Gauge, parts};
use serde::{Deserialize, Serialize};
use standing::{Place, Standing};
use std::collections::BTreeMap;

/// A value older than this says nothing of now.
const FRESH_SECS: f64 = 300.0;

/// The series of a client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Gauges {
    hosts: BTreeMap<String, Host>,
    series: usize,
    refused: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Host {
    gauges: BTreeMap<String, Gauge>,
    /// By the labels of the metrics that show them.
    standing: BTreeMap<String, Standing>,
}

impl Gauges {
    /// Takes the sample of a host at an instant in seconds; what follows from it is appended to `out`.
    /// At most `series_max` series are watched, the first that come.
    pub fn take(
        &mut self,
        host: &str,
        series: &str,
        (secs, value): (f64, f64),
        series_max: usize,
        out: &mut Vec<Said>,
    ) {
        let is_known = self.hosts.get(host).is_some_and(|host| host.gauges.contains_key(series));
        if !is_known {
            if self.series >= series_max {
                self.refused += 1;
                return;
            }
            self.series += 1;
            let gauges = &mut self.hosts.entry(host.to_owned()).or_default().gauges;
            gauges.insert(series.to_owned(), Gauge::new(series));
        }
        let Some(Host { gauges, standing }) = self.hosts.get_mut(host) else { return };
        let Some(gauge) = gauges.get_mut(series) else { return };
        gauge.take(series, secs, value, out);
        if let Some(metric) = gauge.metric() {
            let (_, labels) = parts(series);
            let reading = |labels: &str, name: &str| {
                let found = if labels.is_empty() {
                    gauges.get(name)
                } else {
                    gauges.get(&format!("{name}{labels}"))
                };
                found?.reading().filter(|(at, _)| (secs - at).abs() <= FRESH_SECS).map(|of| of.1)
            };
            let place = Place { host, labels, metric };
            // Most have none.
            if !standing.contains_key(labels) {
                standing.insert(labels.to_owned(), Standing::default());
            }
            if let Some(standing) = standing.get_mut(labels) {
                standing.judge(place, secs, &reading, out);
            }
        }
    }

    /// Series that are watched.
    pub fn series(&self) -> usize {
        self.series
    }

    /// Samples that found no room.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}
