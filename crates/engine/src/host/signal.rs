//! What was judged of a host → an event of the stream, with its evidence: which series, which values,
//! which time. From there on it is remembered, compared and told like any other event.

use super::anomaly::alert::AnomalyAlert;
use super::series::{Judgement, NewNormal};
use model::{Event, Timestamp};
use serde::Serialize;
use std::borrow::Cow;

/// What kind of statement a condition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Something hurts.
    Symptom,
    /// It helps to understand what hurts.
    Context,
    /// What is usual, or has become so.
    Baseline,
}

/// Severity of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth a look.
    Medium,
    /// Worth acting on.
    High,
    /// At the limit.
    Critical,
}

impl Severity {
    /// The severity of a pressure of 0–1; `None` below 0.3, where nothing is said.
    pub fn of_pressure(pressure: f64) -> Option<Severity> {
        match pressure {
            p if p >= 0.9 => Some(Severity::Critical),
            p if p >= 0.7 => Some(Severity::High),
            p if p >= 0.5 => Some(Severity::Medium),
            p if p >= super::classify::SAID_FROM => Some(Severity::Low),
            _ => None,
        }
    }

    /// As the stream counts severities.
    pub fn of_event(self) -> model::Severity {
        match self {
            Severity::Low => model::Severity::Notice,
            Severity::Medium => model::Severity::Warning,
            Severity::High => model::Severity::Error,
            Severity::Critical => model::Severity::Critical,
        }
    }
}

/// One value that a judgement rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The series.
    pub series: String,
    /// Its value.
    pub value: f64,
    /// Its usual middle and 95th percentile, where they are known.
    pub usual: Option<(f64, f64)>,
    /// Values that the usual rests on.
    pub samples: u64,
    /// The limit that holds for any host, if there is one.
    pub limit: Option<f64>,
    /// Where the limit comes from.
    pub source: &'static str,
}

/// A judged condition of a host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Signal {
    /// Name of the condition.
    #[serde(rename = "signal_type")]
    pub name: &'static str,
    /// What kind of statement it is.
    pub category: Category,
    /// What it means, in one word.
    #[serde(rename = "semantic_label")]
    pub label: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// 0–1.
    #[serde(rename = "pressure_score")]
    pub pressure: f64,
    /// One sentence.
    pub summary: String,
    /// What it rests on, the strongest first.
    pub evidence: Vec<Evidence>,
    /// What to look at next.
    pub hints: Vec<String>,
    /// The host.
    pub host: String,
    /// Beginning of the time that it speaks of, in seconds since 1970.
    pub from_secs: f64,
    /// Its end.
    pub to_secs: f64,
}

impl Signal {
    /// The signal as an event of the stream.
    pub fn to_event(&self) -> Event<'static> {
        let mut attributes = vec![
            attribute("signal_type", self.name),
            attribute("semantic_label", self.label),
            attribute("pressure_score", format!("{:.2}", self.pressure)),
        ];
        attributes.extend(span(self.from_secs, self.to_secs));
        attributes.extend(self.evidence.iter().map(|e| attribute("series", e.series.clone())));
        Event {
            occurred_at: Some(at(self.to_secs)),
            severity: Some(self.severity.of_event()),
            host: Some(Cow::Owned(self.host.clone())),
            service: Some(Cow::Borrowed("signals")),
            body: Cow::Owned(format!("{}: {}", self.name, self.summary)),
            attributes,
            ..Event::default()
        }
    }
}

impl AnomalyAlert {
    /// The alert as an event of the stream.
    pub fn to_event(&self) -> Event<'static> {
        let severity = match self.severity {
            "CRIT" => model::Severity::Critical,
            "HIGH" => model::Severity::Error,
            "MED" => model::Severity::Warning,
            _ => model::Severity::Notice,
        };
        Event {
            occurred_at: Timestamp::parse_absolute(&self.timestamp, 0).ok(),
            severity: Some(severity),
            host: (!self.host.is_empty()).then(|| Cow::Owned(self.host.clone())),
            service: Some(Cow::Borrowed("anomaly")),
            pid: self.process_id.map(|pid| Cow::Owned(pid.to_string())),
            body: Cow::Owned(format!(
                "unusual start of {}: {}",
                self.process_name, self.reason_text
            )),
            attributes: vec![
                attribute("alert_id", self.alert_id.clone()),
                attribute("confidence", format!("{:.2}", self.confidence)),
            ],
            ..Event::default()
        }
    }
}

/// The first sample of an alert of a series as an event of the stream.
pub fn series_event(
    host: &str,
    series: &str,
    secs: f64,
    value: f64,
    judged: &Judgement,
) -> Event<'static> {
    let mut attributes = vec![
        attribute("series", series.to_owned()),
        attribute("surprise", format!("{:.1}", judged.surprise)),
        attribute("expected", format!("{}", judged.expected)),
    ];
    attributes.extend(span(secs, secs));
    Event {
        occurred_at: Some(at(secs)),
        severity: Some(model::Severity::Warning),
        host: Some(Cow::Owned(host.to_owned())),
        service: Some(Cow::Borrowed("signals")),
        body: Cow::Owned(format!("{series} is {value}: {}", judged.lane.phrase())),
        attributes,
        ..Event::default()
    }
}

/// A level that has changed for good as an event of the stream.
pub fn new_normal_event(host: &str, series: &str, secs: f64, change: &NewNormal) -> Event<'static> {
    let mut attributes = vec![attribute("series", series.to_owned())];
    attributes.extend(span(change.since, secs));
    Event {
        occurred_at: Some(at(secs)),
        severity: Some(model::Severity::Notice),
        host: Some(Cow::Owned(host.to_owned())),
        service: Some(Cow::Borrowed("signals")),
        body: Cow::Owned(format!(
            "{series} has a new normal: {:.4} instead of {:.4}",
            change.after, change.before
        )),
        attributes,
        ..Event::default()
    }
}

fn at(secs: f64) -> Timestamp {
    Timestamp::from_micros((secs * 1e6) as i64)
}

fn attribute(name: &'static str, value: impl Into<Cow<'static, str>>) -> model::Attribute<'static> {
    (Cow::Borrowed(name), value.into())
}

fn span(from: f64, to: f64) -> [model::Attribute<'static>; 2] {
    let secs = |secs: f64| format!("@{}", secs as i64);
    [attribute("evidence_from", secs(from)), attribute("evidence_to", secs(to))]
}
