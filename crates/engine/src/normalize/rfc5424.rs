//! RFC 5424: `<PRI>1 TIME HOST APP PID MSGID [SD] MSG`. Whatever breaks the grammar is kept: a
//! broken part is named as a defect and its text stays in the body.

use super::{Reference, clock, content};
use memchr::{memchr, memchr2};
use model::{Attribute, Defect, Event, Format};
use std::borrow::Cow;

/// Parameters of structured data that are kept; senders use a handful.
const PARAMS_MAX: usize = 256;

/// A line that lost its `<PRI>` on the way; the version must then be followed by a real time.
pub(super) fn without_priority<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let rest = text.strip_prefix("1 ")?;
    clock::iso(rest, reference)?;
    Some(read(text, reference))
}

/// A line without the version, as some relays write it: recognised by all its other fields.
pub(super) fn without_version<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let (_, rest) = clock::iso(text, reference)?;
    let mut words = rest.strip_prefix(' ')?.splitn(5, ' ');
    let fields = [words.next()?, words.next()?, words.next()?, words.next()?];
    let data = words.next()?;
    let shaped = fields.iter().all(|f| !f.is_empty() && !f.ends_with(':'))
        && (data.starts_with('[') && data.contains("=\"")
            || data.starts_with("- ") && fields[3] == "-");
    shaped.then(|| read(text, reference))
}

/// What stands behind `<PRI>`, beginning with the version `1 `.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Event<'a> {
    let mut event = unrefined(text, reference);
    content::refine(&mut event, reference);
    event
}

/// The same without a second look at the message: only the header is read.
pub(super) fn unrefined<'a>(text: &'a str, reference: &Reference) -> Event<'a> {
    let mut event = Event { format: Format::Rfc5424, ..Event::default() };
    let mut rest = text.strip_prefix("1 ").unwrap_or(text);
    let time = field(&mut rest, &mut event);
    match time.map(|t| clock::any(t, reference)) {
        Some(Some(stamp)) => {
            event.occurred_at = stamp.at;
            event.defects.add_all(stamp.defects);
        }
        Some(None) => event.defects.add(Defect::TimeInvalid),
        None => {}
    }
    event.host = field(&mut rest, &mut event).map(Cow::Borrowed);
    // Some send the message of another format where the program's name belongs.
    if rest.starts_with("CEF:") || rest.starts_with("LEEF:") {
        event.defects.add(Defect::FieldsMissing);
        event.body = rest.into();
        return event;
    }
    event.service = field(&mut rest, &mut event).map(Cow::Borrowed);
    event.pid = field(&mut rest, &mut event).map(Cow::Borrowed);
    let id = field(&mut rest, &mut event);
    if rest.starts_with('[') {
        event.attributes.reserve(8);
    }
    if let Some(id) = id {
        event.attributes.push(("msgid".into(), id.into()));
    }
    let message = match structured_data(rest, &mut event) {
        Some(message) => message,
        None => {
            event.defects.add(Defect::StructuredDataBroken);
            rest
        }
    };
    event.body = message.strip_prefix('\u{feff}').unwrap_or(message).into();
    event
}

/// The next field and the rest behind its blank; `None` for nil or if the line ends before it.
fn field<'a>(rest: &mut &'a str, event: &mut Event<'_>) -> Option<&'a str> {
    if rest.starts_with(' ') {
        // More than one blank between fields: no field is empty, so none is lost.
        *rest = rest.trim_start_matches(' ');
        event.defects.add(Defect::FieldsMissing);
    }
    let whole = *rest;
    let word = match memchr(b' ', whole.as_bytes()) {
        Some(end) => {
            *rest = &whole[end + 1..];
            &whole[..end]
        }
        None => {
            *rest = "";
            whole
        }
    };
    if word.is_empty() {
        event.defects.add(Defect::FieldsMissing);
    }
    (!word.is_empty() && word != "-").then_some(word)
}

/// Reads `-` or `[id name="value" …]…` into attributes: of each element an attribute `sd` with its
/// id, then its parameters. Returns the message, or `None` (and no attributes) if it is broken.
fn structured_data<'a>(text: &'a str, event: &mut Event<'a>) -> Option<&'a str> {
    let kept = event.attributes.len();
    let mut rest = text;
    if let Some(message) = text.strip_prefix('-') {
        rest = message;
    } else if text.starts_with('[') {
        while rest.starts_with('[') {
            match element(rest, event) {
                Some(behind) => rest = behind,
                None => {
                    event.attributes.truncate(kept);
                    return None;
                }
            }
        }
    } else if text.is_empty() {
        event.defects.add(Defect::FieldsMissing);
        return Some(text);
    } else {
        return None;
    }
    match rest.strip_prefix(' ') {
        Some(message) => Some(message),
        None if rest.is_empty() => Some(rest),
        None => {
            event.attributes.truncate(kept);
            None
        }
    }
}

/// One element `[id name="value" …]`; returns what follows.
fn element<'a>(text: &'a str, event: &mut Event<'a>) -> Option<&'a str> {
    let inside = &text[1..];
    let end = inside.bytes().position(|b| matches!(b, b' ' | b']' | b'=' | b'"'))?;
    if end == 0 || matches!(inside.as_bytes()[end], b'=' | b'"') {
        return None;
    }
    push(event, ("sd".into(), inside[..end].into()));
    let mut rest = &inside[end..];
    loop {
        rest = rest.trim_start_matches(' ');
        if let Some(behind) = rest.strip_prefix(']') {
            return Some(behind);
        }
        let equals = memchr(b'=', rest.as_bytes())?;
        let name = &rest[..equals];
        if name.is_empty() || name.bytes().any(|b| matches!(b, b' ' | b']' | b'"')) {
            return None;
        }
        let (value, behind) = quoted(rest[equals + 1..].strip_prefix('"')?)?;
        push(event, (name.into(), value));
        rest = behind;
    }
}

fn push<'a>(event: &mut Event<'a>, attribute: Attribute<'a>) {
    if event.attributes.len() < PARAMS_MAX {
        event.attributes.push(attribute);
    } else {
        event.defects.add(Defect::AttributesCut);
    }
}

/// A value up to its closing quote; a backslash escapes a quote, a backslash and a bracket and
/// nothing else (§6.3.3).
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let b = text.as_bytes();
    let end = memchr2(b'"', b'\\', b)?;
    if b[end] == b'"' {
        return Some((Cow::Borrowed(&text[..end]), &text[end + 1..]));
    }
    let mut value = String::new();
    let (mut from, mut at) = (0, end);
    loop {
        if b[at] == b'"' {
            value.push_str(&text[from..at]);
            return Some((Cow::Owned(value), &text[at + 1..]));
        }
        if matches!(b.get(at + 1), Some(b'"' | b'\\' | b']')) {
            value.push_str(&text[from..at]);
            from = at + 1;
            at += 1;
        }
        at += 1;
        at += memchr2(b'"', b'\\', b.get(at..)?)?;
    }
}
