//! An application's line that begins with a date (in any spelling, maybe in brackets, maybe behind a
//! level): behind it thread, process, level and logger in any order, then the message.

use super::{Reference, clock, content, header::header, level};
use model::{Event, Format};

/// Header parts behind the date that are looked at; log4j's longest patterns have six.
pub(super) const PARTS_MAX: usize = 8;
/// A line with a date at its head.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    if let Some(event) = glog(text, reference) {
        return Some(event);
    }
    let mut event = Event { format: Format::Dated, ..Event::default() };
    let mut rest = text;
    if let Some((severity, behind)) = level::leading(text) {
        event.severity = Some(severity);
        rest = behind;
    } else if let Some(behind) = text.get(1..).and_then(|t| t.strip_prefix(", ")) {
        rest = behind; // Ruby: `W, [date #pid]  WARN -- : message`
    }
    let (stamp, rest) =
        bracketed_date(rest, &mut event, reference).or_else(|| clock::leading(rest, reference))?;
    event.occurred_at = stamp.at;
    event.defects.add_all(stamp.defects);
    event.body = match rest.strip_prefix('|') {
        Some(fields) => piped(fields, &mut event),
        None => header(zone_word(rest), &mut event),
    }
    .into();
    Some(event)
}

/// A container runtime's line: its time and stream, then the program's own line. It is no case of
/// [`read`], which [`content`] may call on that line: a line of such heads would recurse.
pub(super) fn container<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    if text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let (stamp, rest) = clock::iso(text, reference)?;
    let (stream, line) = container_line(rest)?;
    let mut event = Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        body: line.into(),
        attributes: vec![("stream".into(), stream.into())],
        format: Format::Dated,
        ..Event::default()
    };
    content::refine(&mut event, reference);
    Some(event)
}

/// `LEVEL|component|4711|message` behind `date|`: fields without blanks, then the message.
fn piped<'a>(fields: &'a str, event: &mut Event<'a>) -> &'a str {
    let mut rest = fields;
    for _ in 0..PARTS_MAX {
        let Some((field, behind)) = rest.split_once('|') else {
            break;
        };
        let field = field.trim();
        if field.is_empty() || field.len() > 64 || field.contains(' ') {
            break;
        }
        if event.severity.is_none() && field.len() > 1 && level::word(field).is_some() {
            event.severity = level::word(field);
        } else if event.pid.is_none() && field.bytes().all(|b| b.is_ascii_digit()) {
            event.pid = Some(field.into());
        } else if event.severity.is_none() && !event.attributes.is_empty() {
            break; // without a level one name is the header's, the next the message's
        } else {
            event.attributes.push(("logger".into(), field.into()));
        }
        rest = behind;
    }
    rest.trim_start_matches(' ')
}

/// `stdout F line`: what container runtimes put between their time and the program's own line.
fn container_line(rest: &str) -> Option<(&str, &str)> {
    let (stream, behind) = rest.strip_prefix(' ')?.split_once(' ')?;
    let line = behind.strip_prefix("F ").or_else(|| behind.strip_prefix("P "))?;
    matches!(stream, "stdout" | "stderr").then_some((stream, line))
}

/// Passes over a zone's letters. They do not name an offset for sure, so none is taken from them.
fn zone_word(rest: &str) -> &str {
    const ZONES: [&str; 32] = [
        "CET", "CEST", "EET", "EEST", "WET", "WEST", "BST", "IST", "MSK", "EST", "EDT", "CST",
        "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "JST", "KST", "SGT", "HKT",
        "AEST", "AEDT", "ACST", "NZST", "NZDT", "SAST", "BRT", "ART",
    ];
    let Some((word, behind)) = rest.strip_prefix(' ').and_then(|r| r.split_once(' ')) else {
        return rest;
    };
    if ZONES.contains(&word) { behind } else { rest }
}

/// The same behind a syslog header, where a bare number is no time.
pub(super) fn inside<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let digits = text.bytes().take(5).take_while(u8::is_ascii_digit).count();
    if digits > 4 { None } else { read(text, reference) }
}

/// `[date] `, `(date) `, with something short behind the date inside (`#pid`).
fn bracketed_date<'a>(
    text: &'a str,
    event: &mut Event<'a>,
    reference: &Reference,
) -> Option<(clock::Stamp, &'a str)> {
    let close = match text.as_bytes().first()? {
        b'[' => ']',
        b'(' => ')',
        _ => return None,
    };
    let inside = &text[1..];
    // `[CEST Aug  6 10:14:52]`: the zone first.
    let zoned = || match inside.split_once(' ') {
        Some((zone, date)) if (3..=5).contains(&zone.len()) => clock::leading(date, reference),
        _ => None,
    };
    let (stamp, rest) = clock::leading(inside, reference).or_else(zoned)?;
    let end = rest.char_indices().take(24).find(|(_, c)| *c == close)?.0;
    if let Some(pid) = rest[..end].trim().strip_prefix('#') {
        event.pid = Some(pid.into());
    }
    Some((stamp, &rest[end + 1..]))
}

/// `I1121 09:00:01.123456   1234 file.go:12] message` of glog and klog.
fn glog<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let b = text.as_bytes();
    if !matches!(b.first()?, b'I' | b'W' | b'E' | b'F' | b'D')
        || !b.get(1..5)?.iter().all(u8::is_ascii_digit)
        || b.get(5)? != &b' '
    {
        return None;
    }
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = text[1..3].parse::<usize>().ok()?.checked_sub(1)?;
    let clock_end = 6 + text[6..].find(' ')?;
    let date = format!("{} {} {}", MONTHS.get(month)?, &text[3..5], &text[6..clock_end]);
    let stamp = clock::any(&date, reference)?;
    let (place, body) = text[clock_end..].split_once("] ")?;
    let (pid, file) = place.trim_start().split_once(' ')?;
    Some(Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        severity: level::word(&text[..1]),
        pid: Some(pid.into()),
        body: body.into(),
        attributes: vec![("location".into(), file.trim().into())],
        format: Format::Dated,
        ..Event::default()
    })
}
