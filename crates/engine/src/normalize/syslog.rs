//! BSD syslog, RFC 3164, as it is really sent and written: `<PRI>` or none, a time with or without
//! year, fraction and zone, host or none, `tag[pid]:` or none. Behind a priority any other format
//! may stand; it is read as that, with the priority's facility and severity.

use super::{Reference, cisco, clock, content, iso, kernel, level, rfc5424};
use model::{Defect, Event, Format, Severity};

/// Longest thing before a message's first colon that is still a program's name. RFC 3164 allows
/// 32; names with paths and units of systemd are longer.
const TAG_BYTES_MAX: usize = 128;
/// The longest name of a facility, `authpriv`.
const FACILITY_BYTES_MAX: usize = 8;
/// Longest bracket behind a tag that is still a process id.
const PID_BYTES_MAX: usize = 128;

/// `<PRI>` and anything behind it.
pub(super) fn with_priority<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let (priority, rest) = priority(text)?;
    let mut event = match behind_priority(rest, reference) {
        Some(event) => event,
        None if priority.is_none() => return claimed(text),
        None => without_time(rest, reference),
    };
    match priority {
        Some(value) => {
            event.facility = Some(value / 8);
            event.severity = event.severity.or(Severity::from_number(value % 8));
        }
        None => event.defects.add(Defect::PriorityInvalid),
    }
    Some(event)
}

/// A header behind a priority, if there is one.
#[inline]
fn behind_priority<'a>(rest: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let versioned = rest.strip_prefix("1 ");
    let header = versioned.unwrap_or(rest).trim_start_matches(' ');
    // Nearly all is a BSD time, or the version of RFC 5424 and a date.
    if versioned.is_none()
        && let Some(event) = read(header, reference)
    {
        return Some(event);
    }
    if header.starts_with(|c: char| c.is_ascii_digit())
        && let Some((stamp, behind)) = clock::epoch(header)
        && let Some(behind) = behind.strip_prefix(' ')
    {
        // Some send seconds since 1970 where either RFC has a date; then host and text follow.
        let mut event =
            Event { occurred_at: stamp.at, format: Format::Rfc3164, ..Event::default() };
        host_and_message(behind, &mut event, reference);
        return Some(event);
    }
    if versioned.is_some() {
        return Some(rfc5424::read(rest, reference));
    }
    // A second priority would be read by `with_priority` again, without end.
    if header.starts_with('<') {
        return None;
    }
    rfc5424::without_version(header, reference)
        .or_else(|| iso::behind_priority(header, reference))
        .or_else(|| super::with_header(header, reference))
        .or_else(|| cisco::read(header, reference))
}

/// Text that claims a priority, has none, and has no header that we know behind it either.
fn claimed(text: &str) -> Option<Event<'_>> {
    let mut event = super::text::read(text);
    event.defects.add(Defect::PriorityInvalid);
    Some(event)
}

/// The value of `<0>` … `<191>` and what follows; `None` inside for a bracket that holds something
/// else than a priority but was meant as one; `None` outside if nothing claims to be one.
pub(super) fn priority(text: &str) -> Option<(Option<u8>, &str)> {
    let b = text.as_bytes();
    let close = b.iter().take(8).position(|c| *c == b'>');
    let Some(close) = close else {
        return b.get(1)?.is_ascii_digit().then_some((None, text));
    };
    let inside = &b[1..close];
    if !inside.iter().all(|c| c.is_ascii_digit() || *c == b'-') {
        return None;
    }
    let value = match inside {
        [b'0'..=b'9', ..] if inside.len() <= 3 => text[1..close].parse::<u8>().ok(),
        _ => None,
    };
    Some((value.filter(|v| *v <= 191), &text[close + 1..]))
}

/// A line with a BSD time in front.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let (stamp, rest) = clock::bsd(text, reference)?;
    // `Nov 21 09:00:01: %ASA…`: a colon ends the time.
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let mut event = Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        format: Format::Rfc3164,
        ..Event::default()
    };
    host_and_message(rest.strip_prefix(' ').unwrap_or(rest), &mut event, reference);
    Some(event)
}

/// A priority with neither time nor host: a tag or only text.
fn without_time<'a>(rest: &'a str, reference: &Reference) -> Event<'a> {
    let mut event = Event { format: Format::Rfc3164, ..Event::default() };
    tag_and_body(rest, &mut event);
    content::refine(&mut event, reference);
    event
}

/// What stands behind the time: `host tag[pid]: body`, or without host.
#[inline]
pub(super) fn host_and_message<'a>(rest: &'a str, event: &mut Event<'a>, reference: &Reference) {
    unrefined(rest, event);
    content::refine(event, reference);
}

/// The same without a second look at the message.
#[inline]
pub(super) fn unrefined<'a>(rest: &'a str, event: &mut Event<'a>) {
    // Some write more than one blank behind the time.
    let rest = if rest.starts_with(' ') { rest.trim_start_matches(' ') } else { rest };
    let (host, message) = split_host(priority_word(rest, event));
    event.host = host.map(Into::into);
    tag_and_body(message, event);
}

/// Passes over `daemon.info ` in front of the host, which is the priority in words.
fn priority_word<'a>(rest: &'a str, event: &mut Event<'_>) -> &'a str {
    let point = rest.bytes().take(FACILITY_BYTES_MAX + 1).position(|b| b == b'.');
    let Some(point) = point else { return rest };
    let Some(facility) = kernel::facility(&rest[..point]) else {
        return rest;
    };
    match rest[point + 1..].split_once(' ') {
        Some((severity, behind)) if level::word(severity).is_some() => {
            event.facility = Some(facility);
            event.severity = level::word(severity);
            behind
        }
        _ => rest,
    }
}

/// Whether a word can name a machine or a program: data has marks that names have not.
fn is_name(word: &str) -> bool {
    !word.bytes().any(|b| matches!(b, b'=' | b',' | b'|' | b'"'))
}

/// The host, if the first word is one and not already the tag or the message.
fn split_host(rest: &str) -> (Option<&str>, &str) {
    // AIX puts a sentence around the host.
    if let Some(named) = rest.strip_prefix("Message forwarded from ")
        && let Some((host, message)) = named.split_once(": ")
        && !host.contains(' ')
    {
        return (Some(host), message);
    }
    let end = memchr::memchr(b' ', rest.as_bytes()).unwrap_or(rest.len());
    let word = &rest[..end];
    // An address of IPv6 may end in two colons; a tag does not.
    let tag = word.ends_with(':') && !word.ends_with("::") || word.ends_with(']');
    let no_host = tag
        || end == rest.len()
        || matches!(
            word.as_bytes().first(),
            Some(b'%' | b'[' | b'{' | b'"' | b'<' | b'(' | b'-' | b'.')
        )
        || rest.starts_with("last message repeated ")
        || !is_name(word);
    if no_host {
        return (None, rest);
    }
    (Some(word), &rest[end + 1..])
}

/// `tag[pid]: body` → service, pid, body. Without a tag everything is body. A level may stand in
/// front of the tag (`notice httpd[80]: …`) or in its place (`Info: …`).
pub(super) fn tag_and_body<'a>(message: &'a str, event: &mut Event<'a>) {
    if let Some((tag, pid, body)) = split_tag(message) {
        let level = match pid {
            None if tag.len() > 1 => level::word(tag),
            _ => None,
        };
        if level.is_some() {
            event.severity = level;
        } else {
            event.service = Some(tag.into());
            event.pid = pid.map(Into::into);
        }
        event.body = body.into();
        return;
    }
    if let Some((tag, body)) = bracketed_tag(message) {
        event.service = Some(tag.into());
        event.body = body.into();
        return;
    }
    if let Some((word, behind)) = message.split_once(' ')
        && word.len() > 2
        && let Some(severity) = level::word(word)
        && let Some((tag, Some(pid), body)) = split_tag(behind)
    {
        event.severity = Some(severity);
        event.service = Some(tag.into());
        event.pid = Some(pid.into());
        event.body = body.into();
        return;
    }
    event.body = message.strip_prefix(": ").unwrap_or(message).into();
}

/// The tag, its bracket, and the body behind `: ` (one blank is eaten, no more).
pub(super) fn split_tag(message: &str) -> Option<(&str, Option<&str>, &str)> {
    let b = message.as_bytes();
    let window = &b[..b.len().min(TAG_BYTES_MAX)];
    let mut round = 0usize;
    for (at, byte) in window.iter().enumerate() {
        match byte {
            b'(' | b'<' => round += 1,
            b')' | b'>' => round = round.saturating_sub(1),
            b' ' if round == 0 => return with_version(message, at),
            b'[' if at > 0 => return with_pid(message, at),
            b':' if at > 0 && round == 0 && matches!(b.get(at + 1), None | Some(b' ' | b'\t')) => {
                let body = &message[at + 1..];
                return Some((name(&message[..at])?, None, body.strip_prefix(' ').unwrap_or(body)));
            }
            _ => {}
        }
    }
    None
}

/// `[tag]: body`, where a program's name stands in brackets; a level there is the message's.
fn bracketed_tag(message: &str) -> Option<(&str, &str)> {
    let (tag, body) = message.strip_prefix('[')?.split_once("]: ")?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let is_tag = tag.len() <= TAG_BYTES_MAX
        && tag.bytes().next()?.is_ascii_alphabetic()
        && tag.bytes().all(plain)
        && level::word(tag).is_none();
    is_tag.then_some((tag, body))
}

/// `tag 1.4.1: body`: a version between the name and its colon.
fn with_version(message: &str, blank: usize) -> Option<(&str, Option<&str>, &str)> {
    let behind = &message[blank + 1..];
    let end = behind.bytes().take(16).position(|b| b == b':')?;
    let version = &behind[..end];
    if !version.contains('.') || !version.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let body = behind[end + 1..].strip_prefix(' ')?;
    Some((name(&message[..blank])?, None, body))
}

/// `tag[pid]: body`; the colon may be missing.
fn with_pid(message: &str, open: usize) -> Option<(&str, Option<&str>, &str)> {
    let b = message.as_bytes();
    let window = &b[open..b.len().min(open + PID_BYTES_MAX)];
    let close = open + window.iter().position(|c| *c == b']')?;
    let behind = &message[close + 1..];
    let body = match behind.as_bytes() {
        [] => behind,
        [b':', b' ', ..] => &behind[2..],
        [b':' | b' ', ..] => &behind[1..],
        _ => return None,
    };
    Some((name(&message[..open])?, Some(&message[open + 1..close]), body))
}

/// A program's name: without what some put in brackets behind it when that is data
/// (`auth(user@example.org)`); `sshd(pam_unix)` stays.
fn name(tag: &str) -> Option<&str> {
    let plain = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-');
    let end = tag.bytes().position(|b| matches!(b, b'(' | b'<'));
    let tag = match end {
        Some(open) if !tag[open + 1..].bytes().all(|b| plain(b) || matches!(b, b')' | b'>')) => {
            &tag[..open]
        }
        _ => tag,
    };
    let first = *tag.as_bytes().first().filter(|_| is_name(tag))?;
    (first.is_ascii_alphanumeric() || matches!(first, b'/' | b'_' | b'.' | b'-') || first >= 0x80)
        .then_some(tag)
}
