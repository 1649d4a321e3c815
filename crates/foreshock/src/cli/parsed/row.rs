//! One message → the fields that are shown of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::normalize::{AsSent, Reference, as_sent, normalize};
use model::{Defect, Defects, Event, Severity, Timestamp};
use outputs::safe;
use serde::Serialize;
use serde_json::{Map, Value};
use sources::syslog::{Cut, Frame};
use std::io::{self, Write};

/// Characters of a value that a page shows; the other forms have all.
const SHOWN_CHARS_MAX: usize = 400;

/// What is shown of one message. Absent values are null.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// It would be stored: always, for what is not is only counted.
    stored: bool,
    /// `rfc3164`, `rfc5424` or `raw`.
    format: &'static str,
    /// The format in our finer words.
    kind: &'static str,
    /// `ok`, `degraded` or `malformed`.
    parse: &'static str,
    defects: Defects,
    pri: Option<u8>,
    facility: Option<u8>,
    severity: Option<u8>,
    level: Option<&'static str>,
    time: Option<Timestamp>,
    host: Option<String>,
    app: Option<String>,
    pid: Option<String>,
    msgid: Option<String>,
    sd: Value,
    msg: String,
    body: String,
    invalid_utf8: bool,
    pub(super) truncated: bool,
    /// `too_long` or `closed`.
    cut: Option<&'static str>,
    /// Bytes that the message had; of one within which the stream closed: that came.
    length: u64,
    framing_errors: u64,
    pub(super) raw_b64: String,
}

impl Row {
    /// Reads one message.
    pub(super) fn of(frame: &Frame<'_>, reference: &Reference) -> Row {
        let event = normalize(frame.bytes, reference);
        let sent = as_sent(frame.bytes, reference);
        let body = event.body.to_string();
        Row {
            stored: true,
            format: format(&event),
            kind: event.format.word(),
            parse: parse(&event, sent.priority),
            defects: event.defects,
            pri: sent.priority,
            facility: sent.priority.map(|pri| pri / 8),
            severity: sent.priority.map(|pri| pri % 8),
            level: event.severity.map(Severity::word),
            time: event.occurred_at,
            host: event.host.as_deref().map(str::to_owned),
            app: event.service.as_deref().map(str::to_owned),
            pid: event.pid.as_deref().map(str::to_owned),
            sd: elements(&sent),
            msgid: sent.msgid,
            msg: sent.message.unwrap_or_else(|| body.clone()),
            body,
            invalid_utf8: event.defects.has(Defect::InvalidUtf8),
            truncated: frame.cut.is_some(),
            cut: frame.cut.map(|cut| match cut {
                Cut::TooLong => "too_long",
                Cut::Closed => "closed",
            }),
            length: frame.length,
            framing_errors: frame.errors,
            raw_b64: STANDARD.encode(frame.bytes),
        }
    }

    /// As one object, harmless in a terminal.
    pub(super) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(safe::json(&serde_json::to_string(self)?).as_bytes())
    }

    /// As lines for people.
    pub(super) fn page(&self, number: u64, out: &mut dyn Write) -> io::Result<()> {
        let cut = self.cut.map_or(String::new(), |cut| format!(", cut: {cut}"));
        writeln!(out, "message {number}: {} bytes{cut}", self.length)?;
        let Value::Object(fields) = serde_json::to_value(self)? else { return Ok(()) };
        for name in [
            "format",
            "kind",
            "parse",
            "defects",
            "pri",
            "facility",
            "severity",
            "level",
            "time",
            "host",
            "app",
            "pid",
            "msgid",
            "sd",
            "msg",
            "body",
            "framing_errors",
        ] {
            let shown = match &fields[name] {
                Value::Null => "-".to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if name == "body" && self.body == self.msg || name == "framing_errors" && shown == "0" {
                continue;
            }
            let shown = safe::text(&shown);
            writeln!(out, "  {name:<14} {}", safe::clip(&shown, SHOWN_CHARS_MAX))?;
        }
        writeln!(out)
    }
}

fn format(event: &Event<'_>) -> &'static str {
    match event.format {
        model::Format::Rfc3164 | model::Format::SyslogIso => "rfc3164",
        model::Format::Rfc5424 => "rfc5424",
        _ => "raw",
    }
}

/// How well a message is what it claims to be.
fn parse(event: &Event<'_>, priority: Option<u8>) -> &'static str {
    if event.defects.has(Defect::StructuredDataBroken) || event.defects.has(Defect::PriorityInvalid)
    {
        return "malformed";
    }
    // RFC 3164 has neither year nor zone, and RFC 5424 allows to leave out time and host.
    let nil_is_allowed = event.format == model::Format::Rfc5424;
    let is_harmless = |defect| match defect {
        Defect::YearAssumed | Defect::ZoneAssumed | Defect::InvalidUtf8 => true,
        Defect::AnsiEscapes | Defect::NulBytes | Defect::JsonBroken => true,
        Defect::TimeMissing | Defect::HostMissing => nil_is_allowed,
        _ => false,
    };
    let is_syslog = format(event) != "raw";
    match priority.is_some() && is_syslog && event.defects.iter().all(is_harmless) {
        true => "ok",
        false => "degraded",
    }
}

/// Structured data as an object of objects; what repeats as a list.
fn elements(sent: &AsSent) -> Value {
    let mut elements = Map::new();
    for (id, parameters) in &sent.elements {
        let element = elements.entry(id.clone()).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(element) = element else { continue };
        for (name, value) in parameters {
            let value = Value::from(value.clone());
            match element.get_mut(name) {
                None => {
                    element.insert(name.clone(), value);
                }
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
    }
    Value::Object(elements)
}
