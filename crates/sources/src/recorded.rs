//! Lines of a recorded stream → the envelopes that they were. A line is a JSON object:
//!
//! ```json
//! {"received_at": "2026-11-01T08:30:00Z", "tenant_id": "acme", "source_type": "syslog",
//!  "source_name": "db1", "raw": "<13>Nov  1 08:29:59 db1 app: hello"}
//! ```
//!
//! `received_at` (RFC 3339), `tenant_id` and `raw` must be there; other fields are ignored. A line
//! that is none is refused; the first few are kept with what is wrong with them.

use crate::batch::Line;
use model::{Envelope, Origin, Refusal, SourceId, TenantId, Timestamp, Transport};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// Bytes of a recorded line that are kept: a payload of 1 MiB, most of it escaped. For
/// [`LineReader::with_line_bytes_max`](crate::LineReader::with_line_bytes_max).
pub const RECORD_BYTES_MAX: usize = 8 << 20;
/// Refused lines that are kept to be shown.
const BAD_LINES_MAX: usize = 3;
/// Sources that are remembered; the envelopes of further ones are read all the same, each with an
/// origin of its own.
const ORIGINS_MAX: usize = 100_000;

/// One recorded envelope.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// When it was received at the time.
    pub received_at: Timestamp,
    /// Where it came from.
    pub origin: Arc<Origin>,
    /// The bytes as they came.
    pub raw: Cow<'a, str>,
}

impl Record<'_> {
    /// The envelope; its place is that of the line of the recorded stream.
    pub fn envelope<'e>(&'e self, line: &Line<'_>) -> Envelope<'e> {
        Envelope {
            seq: line.seq(),
            origin: &self.origin,
            cursor: line.cursor(),
            received_at: Some(self.received_at),
            payload: self.raw.as_bytes(),
            truncated: false,
        }
    }
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// 1-based line of the stream.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

/// Reads the lines of recorded streams; remembers the sources that it met.
#[derive(Debug, Default)]
pub struct Envelopes {
    origins: HashMap<u64, Arc<Origin>>,
    bad_lines: Vec<BadLine>,
}

/// The line's fields as they are written.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    received_at: Cow<'a, str>,
    #[serde(borrow)]
    tenant_id: Cow<'a, str>,
    #[serde(borrow, default)]
    source_type: Cow<'a, str>,
    #[serde(borrow, default)]
    source_name: Cow<'a, str>,
    #[serde(borrow)]
    raw: Cow<'a, str>,
}

impl Envelopes {
    /// Reads one line.
    ///
    /// # Errors
    /// [`Refusal::Empty`] for a blank line, [`Refusal::NotAnEnvelope`] for anything else that is
    /// no envelope; counting them is the caller's.
    pub fn decode<'a>(&mut self, line: &Line<'a>) -> Result<Record<'a>, Refusal> {
        if line.bytes.trim_ascii().is_empty() {
            return Err(Refusal::Empty);
        }
        let wire: Wire<'a> = match serde_json::from_slice(line.bytes) {
            Ok(wire) => wire,
            Err(_) if line.truncated => return Err(self.refuse(line, "too long".into())),
            Err(error) => return Err(self.refuse(line, error.to_string())),
        };
        let Some(received_at) = rfc3339(wire.received_at.as_bytes()) else {
            let what = "received_at is not a time as in 2026-11-01T08:30:00Z";
            return Err(self.refuse(line, what.into()));
        };
        Ok(Record { received_at, origin: self.origin(&wire), raw: wire.raw })
    }

    /// The first few lines that were refused.
    pub fn bad_lines(&self) -> &[BadLine] {
        &self.bad_lines
    }

    fn refuse(&mut self, line: &Line<'_>, what: String) -> Refusal {
        if self.bad_lines.len() < BAD_LINES_MAX {
            let line = line.place.line;
            self.bad_lines.push(BadLine { line, what });
        }
        Refusal::NotAnEnvelope
    }

    fn origin(&mut self, wire: &Wire<'_>) -> Arc<Origin> {
        let mut hasher = Xxh3::new();
        for part in [&wire.tenant_id, &wire.source_type, &wire.source_name] {
            hasher.update(part.as_bytes());
            hasher.update(&[0xff]); // in no UTF-8 text, so the parts stay apart
        }
        let key = hasher.digest();
        if let Some(origin) = self.origins.get(&key).filter(|origin| wire.is_from(origin)) {
            return origin.clone();
        }
        let origin = Arc::new(Origin {
            source_id: SourceId::new(format!("{}:{}", wire.source_type, wire.source_name)),
            tenant_id: TenantId::new(&*wire.tenant_id),
            source_type: wire.source_type.as_ref().into(),
            source_name: wire.source_name.as_ref().into(),
            transport: Transport::Replay,
        });
        if self.origins.len() < ORIGINS_MAX {
            self.origins.entry(key).or_insert_with(|| origin.clone());
        }
        origin
    }
}

impl Wire<'_> {
    fn is_from(&self, origin: &Origin) -> bool {
        origin.source_name == self.source_name
            && origin.source_type == self.source_type
            && origin.tenant_id.as_str() == self.tenant_id
    }
}

/// An instant as RFC 3339 writes it: date, time and zone, all of them.
fn rfc3339(text: &[u8]) -> Option<Timestamp> {
    let (head, rest) = text.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, byte)| head[*at] != *byte) || !b"Tt ".contains(&head[10]) {
        return None;
    }
    let field = |from: usize, to: usize| number(&head[from..to]);
    let date = (i32::try_from(field(0, 4)?).ok()?, field(5, 7)?, field(8, 10)?);
    let clock = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
    let (micros, zone) = match rest.strip_prefix(b".") {
        None => (0, rest),
        Some(rest) => {
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            let (fraction, zone) = rest.split_at(digits);
            let first = &fraction[..digits.min(6)];
            (number(first)? * 10u32.pow(6 - first.len() as u32), zone)
        }
    };
    let east_secs = match zone {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let secs = i64::from(hours * 3_600 + minutes * 60);
            if *sign == b'+' { secs } else { -secs }
        }
        _ => return None,
    };
    let (hour, minute, second) = clock;
    let local = Timestamp::from_civil(date, (hour, minute, second, micros))?;
    Some(local - model::Span::from_secs(east_secs))
}

/// The value of one to nine digits.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        Some(value * 10 + digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use proptest::prelude::*;

    fn line(bytes: &[u8]) -> Line<'_> {
        Line {
            bytes,
            place: Place { input: 2, line: 7 },
            offset: 99,
            truncated: false,
            head: Some(5),
        }
    }

    #[test]
    fn a_record_is_read_with_its_place_and_origin() {
        let mut envelopes = Envelopes::default();
        let text = br#"{"extra":{"a":[1]},"received_at":"2026-11-01T09:30:00.25+01:00",
            "tenant_id":"acme","source_type":"syslog","source_name":"db1","raw":"a \"b\"\tc"}"#;
        let record = envelopes.decode(&line(text)).unwrap();
        let envelope = record.envelope(&line(text));
        assert_eq!(envelope.payload, b"a \"b\"\tc");
        assert_eq!(record.received_at.to_string(), "2026-11-01T08:30:00.250Z");
        assert_eq!(envelope.seq, Place { input: 2, line: 7 }.seq());
        assert_eq!((envelope.cursor.line(), envelope.cursor.offset()), (7, 99));
        assert_eq!(record.origin.source_id.as_str(), "syslog:db1");
        let again = envelopes.decode(&line(text)).unwrap();
        assert!(Arc::ptr_eq(&again.origin, &record.origin));
    }

    #[test]
    fn what_is_no_envelope_is_refused_and_the_first_few_are_kept() {
        let mut envelopes = Envelopes::default();
        let mut refuse = |text: &str| envelopes.decode(&line(text.as_bytes())).err();
        assert_eq!(refuse("  "), Some(Refusal::Empty));
        for text in [
            "{",
            "plain text",
            r#"{"received_at":"2026-11-01T09:30:00Z","raw":"no tenant"}"#,
            r#"{"received_at":"yesterday","tenant_id":"a","raw":"x"}"#,
            r#"{"received_at":"2026-11-01T09:30:00","tenant_id":"a","raw":"no zone"}"#,
            r#"{"received_at":"2026-02-30T09:30:00Z","tenant_id":"a","raw":"no such day"}"#,
            r#"{"received_at":17,"tenant_id":"a","raw":"x"}"#,
        ] {
            assert_eq!(refuse(text), Some(Refusal::NotAnEnvelope), "{text}");
        }
        let what: Vec<_> = envelopes.bad_lines().iter().map(|bad| &*bad.what).collect();
        assert_eq!(what.len(), 3);
        assert!(what[2].starts_with("missing field `tenant_id`"), "{what:?}");
    }

    proptest! {
        #[test]
        fn no_line_panics(bytes: Vec<u8>) {
            let _ = Envelopes::default().decode(&line(&bytes));
            let _ = rfc3339(&bytes);
        }

        #[test]
        fn times_agree_with_how_we_write_them(micros in -62_000_000_000_000_000i64..200_000_000_000_000_000) {
            let time = Timestamp::from_micros(micros);
            prop_assert_eq!(rfc3339(time.to_string().as_bytes()), Some(time));
        }
    }
}
