//! `key=value key="quoted value"` lines: logfmt proper, firewalls' exports, the audit daemon.

use super::{Reference, clock, fields, level};
use model::{Attribute, Defect, Defects, Event, Format};
use std::borrow::Cow;

/// Fewer pairs than this at the head of a line may be chance.
const PAIRS_MIN: usize = 3;

/// A line that begins with pairs and goes on with them.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    split_key(text)?;
    if let Some(event) = audit(text) {
        return Some(event);
    }
    let mut defects = Defects::NONE;
    let (values, bare) = pairs(text, &mut defects)?;
    if values.len() < PAIRS_MIN
        && !values.iter().any(|(k, _)| matches!(&**k, "level" | "msg" | "lvl"))
        || bare > values.len()
    {
        return None;
    }
    let mut event = Event { format: Format::Logfmt, defects, ..Event::default() };
    let split_date = date_and_time(&values, reference);
    let is_fortios = is_fortios(&values);
    // A bare number as severity is a vendor's own scale.
    let worded = |value: &str| value.bytes().any(|b| b.is_ascii_alphabetic());
    let severity = values.iter().find(|(k, v)| {
        matches!(&**k, "level" | "severity" | "lvl" | "loglevel" | "pri") && worded(v)
    });
    let severity = severity.and_then(|(_, v)| level::word(v));
    fields::place(values, &mut event, reference);
    event.severity = severity;
    if event.service.is_none() && is_fortios {
        event.service = Some("fortios".into());
    }
    if let Some(stamp) = split_date {
        event.occurred_at = stamp.at;
        event.defects.add_all(stamp.defects);
    }
    // The whole line is the message unless one pair says that it is, and is more than a word.
    if event.body.is_empty() || bare > 0 {
        event.body = text.into();
    }
    Some(event)
}

/// A key and what follows its equals sign.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|b| {
        !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@' | b'/'))
    })?;
    (end > 0 && text.as_bytes()[end] == b'=').then(|| (&text[..end], &text[end + 1..]))
}

/// All pairs, and the number of words that are none. `None` if the line begins with too few.
fn pairs<'a>(text: &'a str, defects: &mut Defects) -> Option<(Vec<Attribute<'a>>, usize)> {
    let mut values = Vec::new();
    let (mut rest, mut bare) = (text, 0);
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t', ';', '\n']);
        if rest.is_empty() {
            return Some((values, bare));
        }
        match split_key(rest) {
            Some((key, behind)) => {
                let (value, behind) = value(behind);
                if values.len() == fields::ATTRIBUTES_MAX {
                    defects.add(Defect::AttributesCut);
                    return Some((values, bare));
                }
                values.push((Cow::Borrowed(key), value));
                rest = behind;
            }
            None => {
                bare += 1;
                if values.len() < PAIRS_MIN && bare > 1 {
                    return None;
                }
                rest = &rest[rest.find([' ', '\n', '\t']).unwrap_or(rest.len())..];
            }
        }
    }
}

/// A value: in quotes with backslash escapes, or up to the next blank.
fn value(text: &str) -> (Cow<'_, str>, &str) {
    let quote = match text.as_bytes().first() {
        Some(q @ (b'"' | b'\'')) => *q,
        _ => {
            let end = text.find([' ', '\t', '\n']).unwrap_or(text.len());
            return (Cow::Borrowed(text[..end].trim_end_matches([',', ';'])), &text[end..]);
        }
    };
    let b = text.as_bytes();
    let mut at = 1;
    let mut escaped = false;
    while let Some(found) = memchr::memchr2(quote, b'\\', b.get(at..).unwrap_or(&[])) {
        at += found;
        if b[at] == quote {
            let inside = &text[1..at];
            let value = if escaped { Cow::Owned(unescape(inside)) } else { Cow::Borrowed(inside) };
            return (value, &text[at + 1..]);
        }
        escaped = true;
        at += 2;
    }
    // Never closed: the rest of the line.
    (Cow::Borrowed(&text[1..]), "")
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

/// `type=AVC msg=audit(1795251601.250:17): …` of the kernel's audit: the time stands inside a
/// value, and sentences may follow. A collector puts `node=HOST ` in front.
fn audit(text: &str) -> Option<Event<'_>> {
    let (host, record) = match text.strip_prefix("node=") {
        Some(named) => named.split_once(' ')?,
        None => ("", text),
    };
    let (_, rest) = record.strip_prefix("type=")?.split_once(" msg=audit(")?;
    let (stamp, rest) = clock::epoch(rest)?;
    let (_, message) = rest.split_once("):")?;
    let mut event = Event {
        occurred_at: stamp.at,
        host: (!host.is_empty()).then(|| host.into()),
        service: Some("audit".into()),
        body: record.into(),
        format: Format::Logfmt,
        ..Event::default()
    };
    for word in message.split(' ') {
        if let Some((key, value)) = split_key(word) {
            fields::push(&mut event.attributes, key, value.trim_matches('"'), &mut event.defects);
        }
    }
    Some(event)
}

/// Whether a text is a record of FortiOS behind a header of its own.
pub(super) fn begins_fortios(text: &str) -> bool {
    let has = |key: &str| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some();
    text.starts_with("date=") && (has(" logid=") || has(" log_id="))
}

/// Each record of FortiOS has its id, type and subtype (FortiOS Log Message Reference, header fields); it
/// names the device, and no program.
fn is_fortios(values: &[Attribute<'_>]) -> bool {
    let has = |names: &[&str]| values.iter().any(|(k, _)| names.contains(&&**k));
    has(&["logid", "log_id"]) && has(&["type"]) && has(&["subtype"])
}

/// `date=2026-11-21 time=09:00:01 tz="+0100"` of firewalls.
fn date_and_time(values: &[Attribute<'_>], reference: &Reference) -> Option<clock::Stamp> {
    let find = |name: &str| values.iter().find(|(k, _)| k == name).map(|(_, v)| &**v);
    let (date, time) = (find("date")?, find("time")?);
    let zone = find("tz").unwrap_or_default();
    clock::any(&format!("{date} {time}{zone}"), reference)
}
