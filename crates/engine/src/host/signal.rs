//! What was judged of a host → an event of the stream, with its evidence: which series, which values,
//! which time. From there on it is remembered, compared and told like any other event.

use super::anomaly::alert::AnomalyAlert;
use super::forecast::Record;
use super::series::{Judgement, NewNormal};
use super::usual::NewUsual;
use model::{Event, Timestamp};
use serde::{Deserialize, Serialize};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

/// The name of what is foreseen, beside those of conditions.
pub const FORECAST: &str = "forecast";

/// What a person may be told of: a condition at a hard limit, or a limit that comes near.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pressed {
    /// The condition's name, or `forecast`.
    pub name: String,
    /// One sentence, with its numbers.
    pub summary: String,
    /// The series that it rests on.
    pub series: String,
    /// Beginning of the time that it speaks of, in seconds since 1970.
    pub from_secs: f64,
    /// Its end.
    pub to_secs: f64,
    /// 0–1.
    pub pressure: f64,
    /// What to look at next; commands only read.
    pub hints: Vec<String>,
}

/// One judgement as an event of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// How bad it is.
    pub severity: model::Severity,
    /// The message.
    pub body: String,
    /// The series that it rests on.
    pub series: String,
    /// The time that it speaks of, in seconds since 1970.
    pub span: (f64, f64),
    /// What a person may be told of it.
    pub pressed: Option<Pressed>,
    /// How the forecast of the series ended, where this ends it.
    pub outcome: Option<String>,
}

/// Pressure from which a condition may be told: only a hard limit gives so much; that a host is unlike
/// itself gives less (`classify`), and is for detectors to make something of.
const TOLD_FROM: f64 = 0.8;

impl Said {
    fn of(severity: model::Severity, series: &str, span: (f64, f64), body: String) -> Said {
        Said { severity, body, series: series.to_owned(), span, pressed: None, outcome: None }
    }

    /// The first sample of an alert of a series. A notice: on fine series such alerts come by chance
    /// about every other day.
    pub fn of_alert(series: &str, secs: f64, value: f64, judged: &Judgement) -> Said {
        let body = format!("{series} is {value:.4}: {}", judged.lane.phrase());
        Said::of(model::Severity::Notice, series, (secs, secs), body)
    }

    /// A level that has changed for good.
    pub fn of_new_normal(series: &str, secs: f64, change: &NewNormal) -> Said {
        let NewNormal { since, before, after } = change;
        let body = format!("{series} has a new normal: {after:.4} instead of {before:.4}");
        Said::of(model::Severity::Notice, series, (*since, secs), body)
    }

    /// What is usual for a metric has changed, and conditions go by it from now on.
    pub fn of_new_usual(series: &str, secs: f64, change: &NewUsual) -> Said {
        let body = change.sentence(series, secs, |value| format!("{value:.4}"));
        Said::of(model::Severity::Notice, series, (change.since, secs), body)
    }

    /// A value that cannot be one of its metric.
    pub fn of_odd_unit(series: &str, secs: f64, value: f64, unit: &str) -> Said {
        let body =
            format!("{series} is {value:.4}, which is no {unit}: no condition is read from it");
        Said::of(model::Severity::Notice, series, (secs, secs), body)
    }

    /// A condition that stands.
    pub fn of_signal(signal: &Signal) -> Said {
        let series = signal.evidence.first().map_or_else(String::new, |e| e.series.clone());
        let pressed = (signal.pressure >= TOLD_FROM).then(|| Pressed {
            name: signal.name.to_owned(),
            summary: signal.summary.clone(),
            series: series.clone(),
            from_secs: signal.from_secs,
            to_secs: signal.to_secs,
            pressure: signal.pressure,
            hints: signal.hints.clone(),
        });
        let body = format!("{}: {}", signal.name, signal.summary);
        let span = (signal.from_secs, signal.to_secs);
        Said { pressed, ..Said::of(signal.severity.of_event(), &series, span, body) }
    }

    /// A condition that stood and is over.
    pub fn of_end(name: &str, series: &str, span: (f64, f64)) -> Said {
        let minutes = ((span.1 - span.0) / 60.0).round();
        let body = format!("{name}: over after {minutes:.0} min");
        Said::of(model::Severity::Info, series, span, body)
    }

    /// A limit that comes near.
    pub fn of_pressure(pressed: Pressed) -> Said {
        let body = format!("{}: {}", pressed.name, pressed.summary);
        let span = (pressed.from_secs, pressed.to_secs);
        let severity = model::Severity::Warning;
        let said = Said::of(severity, &pressed.series, span, body);
        Said { pressed: Some(pressed), ..said }
    }

    /// A start of a process that was judged.
    pub fn of_start(severity: model::Severity, series: &str, secs: f64, body: String) -> Said {
        Said::of(severity, series, (secs, secs), body)
    }

    /// What became of forecasts that were said.
    pub fn of_verdicts(series: &str, span: (f64, f64), record: &Record) -> Said {
        let Record { judged, held, missed, withdrawn } = record;
        let body = format!(
            "forecast of {series}: of {judged} claims {held} held, {missed} met the limit at another time, {withdrawn} did not meet it"
        );
        let came = if held + missed > 0 { "met" } else { "not met" };
        let outcome = Some(format!("the limit was {came}; of {judged} claims {held} held"));
        Said { outcome, ..Said::of(model::Severity::Info, series, span, body) }
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

fn attribute(name: &'static str, value: impl Into<Cow<'static, str>>) -> model::Attribute<'static> {
    (Cow::Borrowed(name), value.into())
}
