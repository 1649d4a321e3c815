//! One series of the stream: every sample is judged against its own past; of a metric that conditions
//! are read from it is also known what is usual, and of what fills up, when it will be full.

use crate::host::baseline::Usual;
use crate::host::classify::{METRICS, Metric, Reading};
use crate::host::forecast::{Claim, Forecaster, Record};
use crate::host::series::Series;
use crate::host::signal::{FORECAST, Pressed, Said};
use crate::host::usual::Own;
use serde::{Deserialize, Serialize};

/// What is usual is read from its sketches every so many samples: it changes slowly, and costs much.
const USUAL_EVERY: u64 = 16;
/// A forecast is said again after half an hour, or when the time left has halved.
const AGAIN_SECS: f64 = 1_800.0;
/// What fills up is full at this share: above it file systems and kernels begin to suffer.
const FULL: f64 = 0.95;
/// Names of shares, and what one is.
const SHARES: [(&str, f64); 4] =
    [("_ratio", 1.0), (".utilization", 1.0), ("_percent", 100.0), (".percent", 100.0)];
/// What fills up, as metrics are called; what is busy goes up and down and is never full.
const FILLS: [&str; 6] = ["used", "memory", "filesystem", "paging", "swap", "inodes"];

/// Words for what is there to be used: of that there may be as much as there will.
const FREE: [&str; 14] = [
    "free",
    "available",
    "avail",
    "idle",
    "unused",
    "left",
    "remaining",
    "cache",
    "cached",
    "buffer",
    "buffers",
    "buffered",
    "reclaimable",
    "inactive",
];
/// Labels that tell a share of what it is.
const STATES: [&str; 4] = ["state", "type", "kind", "mode"];

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Gauge {
    series: Series,
    known: Option<Box<Known>>,
    ahead: Option<Box<Ahead>>,
}

/// A metric that conditions are read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Known {
    /// Its place in [`METRICS`].
    metric: u8,
    own: Own,
    usual: Option<Usual>,
    latest: Option<(f64, f64)>,
    /// Whether it was said that a value is not of the metric's unit.
    is_odd_said: bool,
}

/// What fills up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ahead {
    forecaster: Forecaster,
    /// When a forecast was last said, and the seconds left then.
    said: Option<(f64, f64)>,
    /// Verdicts since the last summary.
    verdicts: Record,
}

impl Gauge {
    pub(super) fn new(series: &str) -> Gauge {
        let (name, _) = parts(series);
        let metric = METRICS.iter().position(|metric| metric.name == name);
        let known = metric.map(|at| Known {
            metric: at as u8,
            own: Own::default(),
            usual: None,
            latest: None,
            is_odd_said: false,
        });
        let ahead = full_at(series).map(|limit| Ahead {
            forecaster: Forecaster::new(limit),
            said: None,
            verdicts: Record::default(),
        });
        Gauge { series: Series::new(), known: known.map(Box::new), ahead: ahead.map(Box::new) }
    }

    /// The metric's name, if conditions are read from it.
    pub(super) fn metric(&self) -> Option<&'static str> {
        self.known.as_deref().map(|known| known.metric().name)
    }

    /// When it was measured last, and what it is.
    pub(super) fn reading(&self) -> Option<(f64, Reading)> {
        let known = self.known.as_deref()?;
        let (at, value) = known.latest?;
        Some((at, Reading { value, usual: known.usual, slope: None }))
    }

    /// Bytes that it takes, what it points to included.
    #[cfg(test)]
    fn memory_bytes(&self) -> usize {
        let known = self
            .known
            .as_deref()
            .map_or(0, |known| size_of::<Known>() - size_of::<Own>() + known.own.memory_bytes());
        let ahead = self.ahead.as_deref().map_or(0, |ahead| {
            size_of::<Ahead>() - size_of::<Forecaster>() + ahead.forecaster.memory_bytes()
        });
        size_of::<Gauge>() - size_of::<Series>() + self.series.memory_bytes() + known + ahead
    }

    /// Judges a sample, and learns from it.
    pub(super) fn take(&mut self, series: &str, secs: f64, value: f64, out: &mut Vec<Said>) {
        let judged = self.series.observe(secs, value);
        if judged.is_onset {
            out.push(Said::of_alert(series, secs, value, &judged));
        }
        if let Some(change) = &judged.new_normal {
            out.push(Said::of_new_normal(series, secs, change));
        }
        if let Some(known) = self.known.as_deref_mut() {
            let is_due = self.series.seen().is_multiple_of(USUAL_EVERY);
            known.take(series, (secs, value), is_due, out);
        }
        if let Some(ahead) = self.ahead.as_deref_mut() {
            ahead.take(series, secs, value, out);
        }
    }
}

impl Known {
    fn metric(&self) -> &'static Metric {
        &METRICS[usize::from(self.metric) % METRICS.len()]
    }

    fn take(&mut self, series: &str, (secs, value): (f64, f64), is_due: bool, out: &mut Vec<Said>) {
        let Metric { name, unit, .. } = self.metric();
        if !Metric::is_of_unit(name, value) {
            if !std::mem::replace(&mut self.is_odd_said, true) {
                out.push(Said::of_odd_unit(series, secs, value, unit));
            }
            self.latest = None;
            return;
        }
        if is_due {
            self.usual = self.own.usual_at(secs);
        }
        if let Some(change) = self.own.learn(name, (secs, value), self.usual) {
            out.push(Said::of_new_usual(series, secs, &change));
            self.usual = self.own.usual_at(secs);
        }
        self.latest = Some((secs, value));
    }
}

impl Ahead {
    fn take(&mut self, series: &str, secs: f64, value: f64, out: &mut Vec<Said>) {
        if let Ok(claim) = self.forecaster.observe(secs, value) {
            let is_news = self
                .said
                .is_none_or(|(at, left)| secs - at >= AGAIN_SECS || claim.mid <= left / 2.0);
            if is_news {
                self.said = Some((secs, claim.mid));
                out.push(self.said_of(series, secs, value, claim));
            }
        }
        for verdict in self.forecaster.take_verdicts() {
            self.verdicts.count(&verdict);
        }
        if self.verdicts.judged > 0 && self.forecaster.is_settled() {
            let record = std::mem::take(&mut self.verdicts);
            // What was never said needs no verdict.
            if let Some((from, _)) = self.said.take() {
                out.push(Said::of_verdicts(series, (from, secs), &record));
            }
        }
    }

    fn said_of(&self, series: &str, secs: f64, value: f64, claim: Claim) -> Said {
        // An hour is far, a quarter of an hour is near.
        let pressure = (1.0 - claim.mid / 7_200.0).clamp(0.5, 1.0);
        let limit = self.forecaster.limit();
        let samples = (claim.window as f64 * self.forecaster.interval_secs()).max(60.0);
        let minutes = |secs: f64| (secs / 60.0).round().max(1.0);
        let left = if claim.hi.is_finite() {
            format!("{:.0} to {:.0} min", minutes(claim.lo), minutes(claim.hi))
        } else {
            format!("{:.0} min at the earliest", minutes(claim.lo))
        };
        Said::of_pressure(Pressed {
            name: FORECAST.to_owned(),
            summary: format!(
                "{series} is {value:.3} and meets {limit} in {left} if nothing changes"
            ),
            series: series.to_owned(),
            from_secs: secs - samples,
            to_secs: secs,
            pressure,
            hints: vec![format!(
                "what grows on this host, and since when? `{series}` climbs by {:.4} a minute",
                claim.slope
            )],
        })
    }
}

/// A series as metric and labels: `disk.busy_ratio`, `{device=sda}`.
pub(super) fn parts(series: &str) -> (&str, &str) {
    series.split_at(series.find('{').unwrap_or(series.len()))
}

/// The value at which a series is full; `None` for what does not fill up.
fn full_at(series: &str) -> Option<f64> {
    let (name, labels) = parts(series);
    let (_, whole) = SHARES.iter().find(|(ending, _)| name.ends_with(ending))?;
    let states = labels
        .trim_matches(['{', '}'])
        .split(',')
        .filter_map(|label| label.split_once('='))
        .filter(|(key, _)| STATES.contains(key))
        .map(|(_, state)| state);
    let mut words = std::iter::once(name)
        .chain(states)
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    if words.any(|word| FREE.iter().any(|free| word.eq_ignore_ascii_case(free))) {
        return None;
    }
    FILLS.iter().any(|word| name.contains(word)).then_some(FULL * whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_up_has_a_limit_and_what_is_busy_has_none() {
        assert_eq!(full_at("memory.used_ratio"), Some(FULL));
        assert_eq!(full_at("system.filesystem.utilization{mountpoint=/}"), Some(FULL));
        assert_eq!(full_at("disk_used_percent"), Some(95.0));
        assert_eq!(full_at("cpu.busy_ratio"), None);
        assert_eq!(full_at("memory.stall_full"), None);
        for free in [
            "system.memory.utilization{state=free}",
            "system.memory.utilization{host=a,state=slab_reclaimable}",
            "memory.free_percent",
            "memory.available_ratio",
            "memory_unused_percent",
            "system.memory.utilization{state=cached}",
        ] {
            assert_eq!(full_at(free), None, "{free}");
        }
        assert_eq!(full_at("system.memory.utilization{state=used}"), Some(FULL));
        assert_eq!(full_at("system.filesystem.utilization{mountpoint=/free}"), Some(FULL));
    }

    #[test]
    fn a_series_costs_eight_kilobytes_and_what_fills_up_half_as_much_again() {
        // Three weeks of samples of two minutes, near the limit for a while each day.
        let bytes = |series: &str| {
            let (mut gauge, mut said) = (Gauge::new(series), Vec::new());
            for n in 0..21 * 720_u32 {
                let n = f64::from(n);
                let decades = 0.3 * (n * 0.382).fract().powi(4);
                let value = 0.55 + 0.4 * (n % 720.0) / 720.0 + 0.02 * (n * 0.618).fract();
                let value = value * 10.0_f64.powf(-10.0 * decades);
                gauge.take(series, n * 120.0, value, &mut said);
            }
            gauge.memory_bytes()
        };
        let [plain, known, fills] =
            ["queue.depth", "cpu.busy_ratio", "memory.used_ratio"].map(bytes);
        assert!(plain <= 6_144, "{plain}");
        assert!(known <= 8_448, "{known}");
        assert!(fills <= 12_800, "{fills}");
    }
}
