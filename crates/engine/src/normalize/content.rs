//! A second look at a message behind a syslog header: if it is itself structured, severity,
//! attributes and the message proper are taken from inside; host, service and time stay those of
//! the header, which the relay vouches for.

use super::{Reference, access, cef, cisco, dated, json, kernel, level, logfmt, nginx};
use model::{Defect, Event};
use std::borrow::Cow;

/// Replaces the body by what a structured one says.
pub(super) fn refine<'a>(event: &mut Event<'a>, reference: &Reference) {
    let Cow::Borrowed(text) = event.body else {
        return;
    };
    let trimmed = text.trim_start_matches(' ');
    let Some(first) = trimmed.as_bytes().first() else {
        return;
    };
    let inside = match first {
        b'{' => json::read(trimmed, reference),
        b'%' => {
            let inside = cisco::read(trimmed, reference);
            // In front of a code, `name: ` is the device and not a program.
            if inside.is_some() && event.host.is_none() && event.pid.is_none() {
                event.host = event.service.take();
            }
            inside
        }
        b'[' => kernel::stamp_in_body(trimmed).or_else(|| dated::inside(trimmed, reference)),
        b'0'..=b'9' => nginx::read(trimmed, reference)
            .or_else(|| dated::inside(trimmed, reference))
            .or_else(|| access::read(trimmed, reference)),
        b'A'..=b'Z' | b'a'..=b'z' => words(trimmed, reference),
        _ => None,
    };
    match inside {
        Some(inside) => merge(event, inside),
        None => {
            if let Some(severity) = level::in_front(trimmed) {
                event.severity = Some(severity);
            }
        }
    }
}

/// The structured messages that begin with a letter. Nearly every message does and is a sentence,
/// so the byte behind its first word decides what is tried.
fn words<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let b = text.as_bytes();
    let behind = b.iter().take(24).find(|c| !c.is_ascii_alphanumeric() && **c != b'_');
    match behind {
        Some(b'=') => logfmt::read(text, reference),
        Some(b':' | b'.' | b'-') => cef::read(text, reference)
            .or_else(|| logfmt::read(text, reference))
            .or_else(|| access::read(text, reference)),
        Some(b' ' | b',') if matches!(b.get(3), Some(b' ' | b',')) || b[1].is_ascii_digit() => {
            dated::inside(text, reference).or_else(|| access::read(text, reference))
        }
        _ => access::read(text, reference),
    }
}

/// Takes over what the inside says.
pub(super) fn merge<'a>(event: &mut Event<'a>, inside: Event<'a>) {
    if event.occurred_at.is_none() {
        event.occurred_at = inside.occurred_at;
        event.defects.add_all(inside.defects);
    }
    for defect in [Defect::JsonBroken, Defect::TooDeep, Defect::AttributesCut] {
        if inside.defects.has(defect) {
            event.defects.add(defect);
        }
    }
    event.severity = inside.severity.or(event.severity);
    event.host = event.host.take().or(inside.host);
    event.service = event.service.take().or(inside.service);
    event.pid = event.pid.take().or(inside.pid);
    event.facility = event.facility.or(inside.facility);
    event.body = inside.body;
    event.attributes.extend(inside.attributes);
}
