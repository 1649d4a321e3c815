//! ArcSight's CEF and QRadar's LEEF: a header in pipes, then `key=value` pairs. The text stays the
//! body as it is (its escapes and pipes are its identity); severity and pairs are taken from it.

use super::{Reference, fields};
use model::{Attribute, Event, Format, Severity};

/// A line that begins with `CEF:` or `LEEF:`.
pub(super) fn read<'a>(text: &'a str, _: &Reference) -> Option<Event<'a>> {
    let (header_fields, rest) = match text.strip_prefix("CEF:") {
        Some(rest) => (7, rest),
        None => (5, text.strip_prefix("LEEF:")?),
    };
    let (header, extension) = split_pipes(rest, header_fields)?;
    let mut event = Event { format: Format::Cef, body: text.into(), ..Event::default() };
    let mut attributes: Vec<Attribute<'a>> = Vec::new();
    for (name, at) in [("vendor", 1), ("product", 2), ("event_id", 4)] {
        if let Some(value) = header.get(at) {
            fields::push(&mut attributes, name, *value, &mut event.defects);
        }
    }
    event.service = header.get(2).map(|product| (*product).into());
    if header_fields == 7 {
        fields::push(&mut attributes, "name", header[5], &mut event.defects);
        event.severity = severity(header[6]);
        pairs(extension, &mut attributes, &mut event);
    } else {
        for pair in extension.split(['\t', '^']) {
            if let Some((name, value)) = pair.split_once('=') {
                if name == "sev" {
                    event.severity = severity(value);
                }
                fields::push(&mut attributes, name.trim(), value, &mut event.defects);
            }
        }
    }
    event.attributes = attributes;
    Some(event)
}

/// The header's fields between pipes that are not escaped, and the rest.
fn split_pipes(text: &str, count: usize) -> Option<(Vec<&str>, &str)> {
    let b = text.as_bytes();
    let mut parts = Vec::with_capacity(count);
    let (mut from, mut at) = (0, 0);
    while parts.len() < count {
        match b.get(at) {
            Some(b'\\') => at += 1,
            Some(b'|') => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            // The last field of CEF may end the line.
            None if parts.len() + 1 == count => {
                parts.push(&text[from..]);
                return Some((parts, ""));
            }
            None => return None,
            _ => {}
        }
        at += 1;
    }
    Some((parts, &text[from..]))
}

/// CEF: 0–3 low, 4–6 medium, 7–8 high, 9–10 very high, as number or word.
fn severity(value: &str) -> Option<Severity> {
    match value.trim() {
        "0" | "1" | "2" | "3" | "Low" => Some(Severity::Info),
        "4" | "5" | "6" | "Medium" => Some(Severity::Warning),
        "7" | "8" | "High" => Some(Severity::Error),
        "9" | "10" | "Very-High" => Some(Severity::Critical),
        _ => None,
    }
}

/// `key=value key=value`: values hold blanks, so a value ends before the last word in front of the
/// next equals sign that is not escaped.
fn pairs<'a>(text: &'a str, attributes: &mut Vec<Attribute<'a>>, event: &mut Event<'a>) {
    let b = text.as_bytes();
    let mut open: Option<(&str, usize)> = None;
    for equals in memchr::memchr_iter(b'=', b) {
        if equals > 0 && b[equals - 1] == b'\\' {
            continue;
        }
        let floor = open.map_or(0, |(_, from)| from);
        let key_from =
            b[floor..equals].iter().rposition(|c| *c == b' ').map_or(floor, |p| floor + p + 1);
        let key = &text[key_from..equals];
        if key.is_empty()
            || !key.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-'))
        {
            continue;
        }
        if open.is_some() && key_from == floor {
            continue; // an equals sign inside the value's only word
        }
        if let Some((name, from)) = open {
            fields::push(attributes, name, text[from..key_from].trim_end(), &mut event.defects);
        }
        open = Some((key, equals + 1));
    }
    if let Some((name, from)) = open {
        fields::push(attributes, name, text[from..].trim_end(), &mut event.defects);
    }
}
