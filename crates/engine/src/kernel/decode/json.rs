//! Records in JSON: `journalctl -o json` (an object a line) and `dmesg -J` (one document, a field a
//! line, or all in one line).

use crate::kernel::record::{Context, LogFormat, Record};
use model::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;

/// The fields of a journal's record that are needed.
#[derive(Debug, Deserialize)]
struct Journal<'a> {
    #[serde(rename = "__REALTIME_TIMESTAMP", borrow)]
    realtime: Option<Cow<'a, str>>,
    #[serde(rename = "__MONOTONIC_TIMESTAMP", borrow)]
    monotonic: Option<Cow<'a, str>>,
    #[serde(rename = "_SOURCE_MONOTONIC_TIMESTAMP", borrow)]
    source_monotonic: Option<Cow<'a, str>>,
    #[serde(rename = "_BOOT_ID", borrow)]
    boot_id: Option<Cow<'a, str>>,
    #[serde(rename = "_HOSTNAME", borrow)]
    hostname: Option<Cow<'a, str>>,
    #[serde(rename = "_TRANSPORT", borrow)]
    transport: Option<Cow<'a, str>>,
    #[serde(rename = "SYSLOG_IDENTIFIER", default)]
    identifier: Option<serde_json::Value>,
    #[serde(rename = "PRIORITY", borrow)]
    priority: Option<Cow<'a, str>>,
    #[serde(rename = "MESSAGE", default)]
    message: Option<Message>,
}

/// Text, or its bytes where they are no UTF-8.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Message {
    Text(String),
    Bytes(Vec<u8>),
}

/// Reads a record of `journalctl -o json`; `false` if the line is none.
pub(super) fn journal(line: &str, record: &mut Record<'_>) -> bool {
    if !line.contains("\"MESSAGE\"") && !line.contains("\"__REALTIME_TIMESTAMP\"") {
        return false;
    }
    let Ok(journal) = serde_json::from_str::<Journal<'_>>(line) else {
        return false;
    };
    let micros = |text: &Option<Cow<'_, str>>| text.as_deref().and_then(|t| t.parse::<i64>().ok());
    record.format = LogFormat::JournalJson;
    record.mono_us = micros(&journal.source_monotonic).or(micros(&journal.monotonic));
    record.wall = micros(&journal.realtime).map(Timestamp::from_micros);
    // Where both clocks are of the same moment they are the better pair.
    if let (Some(wall), Some(own), Some(said)) =
        (record.wall, micros(&journal.monotonic), record.mono_us)
    {
        record.wall = Some(Timestamp::from_micros(wall.as_micros() - (own - said)));
    }
    record.is_wall_fine = true;
    record.boot_id = journal.boot_id.map(|id| Cow::Owned(id.into_owned()));
    record.host = journal.hostname.map(|host| Cow::Owned(host.into_owned()));
    record.level = journal.priority.and_then(|p| p.parse().ok()).filter(|p| *p < 8);
    let says_kernel = journal.identifier.as_ref().and_then(|i| i.as_str()) == Some("kernel");
    record.context = match journal.transport.as_deref() {
        Some("kernel") if journal.identifier.is_none() || says_kernel => Context::Kernel,
        None if says_kernel => Context::Kernel,
        _ => Context::Foreign,
    };
    record.text = Cow::Owned(match journal.message {
        Some(Message::Text(text)) => text,
        Some(Message::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        None => String::new(),
    });
    true
}

/// The document of `dmesg -J`, line by line.
#[derive(Debug, Clone, Default)]
pub(super) struct DmesgJson {
    is_open: bool,
    priority: Option<u8>,
    time_us: Option<i64>,
    caller: Option<Context>,
}

impl DmesgJson {
    /// Inside of a document.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Reads a line: `Some(true)` if it ended a record, `Some(false)` if it is only of the frame,
    /// `None` if it is no such document.
    pub(super) fn line(&mut self, line: &str, record: &mut Record<'_>) -> Option<bool> {
        let text = line.trim();
        if !self.is_open {
            // The document begins with `{` alone, then `"dmesg": [`.
            self.is_open = text == "{" || text.starts_with("{\"dmesg\"");
            return self.is_open.then_some(false);
        }
        match text.trim_end_matches(',') {
            "{" => {
                (self.priority, self.time_us, self.caller) = (None, None, None);
                Some(false)
            }
            "" | "}" | "]" | "\"dmesg\": [" | "[" => {
                // Braces of the whole stand in the first column.
                self.is_open = !line.starts_with('}');
                Some(false)
            }
            field => self.field(field, record),
        }
    }

    fn field(&mut self, field: &str, record: &mut Record<'_>) -> Option<bool> {
        let Some((name, value)) = field.split_once(':') else {
            self.is_open = false;
            return None;
        };
        let value = value.trim();
        match name.trim().trim_matches('"') {
            "pri" => self.priority = value.parse().ok(),
            "time" => self.time_us = seconds(value),
            "caller" => self.caller = caller(value.trim_matches('"')),
            "msg" => {
                record.text = Cow::Owned(serde_json::from_str::<String>(value).ok()?);
                record.format = LogFormat::DmesgJson;
                record.mono_us = self.time_us;
                record.level = self.priority.map(|p| p & 7);
                record.context = match self.priority.map(|p| p >> 3) {
                    Some(0) | None => self.caller.unwrap_or(Context::Kernel),
                    Some(_) => Context::Foreign,
                };
                return Some(true);
            }
            _ if name.starts_with('"') => {}
            _ => {
                self.is_open = false;
                return None;
            }
        }
        Some(false)
    }
}

/// `T1`, `C0`.
fn caller(text: &str) -> Option<Context> {
    let id = text.get(1..)?.parse().ok()?;
    match text.as_bytes()[0] {
        b'T' => Some(Context::Task(id)),
        b'C' => Some(Context::Cpu(id)),
        _ => None,
    }
}

/// `190.154802` in microseconds, digit by digit: a float would not keep them all.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.trim().parse().ok()?;
    let mut micros = 0i64;
    for place in 0..6 {
        let digit = fraction.as_bytes().get(place).filter(|b| b.is_ascii_digit());
        micros = micros * 10 + digit.map_or(0, |b| i64::from(b - b'0'));
    }
    whole.checked_mul(1_000_000)?.checked_add(micros)
}
