//! The kernel's log: as `dmesg` prints it in its many modes, and as `/dev/kmsg` gives it.

use super::{Reference, clock, level};
use model::{Event, Format, Severity, Span};

/// The name of the service that speaks.
const KERNEL: &str = "kernel";
/// The facilities by name, as `dmesg -x` prints them; the index is the number.
const FACILITIES: [&str; 12] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp",
];

/// `[   12.345678] body` and what dmesg's options make of it: a wall date (`-T`), the time since
/// the line before (`-d`), a caller, `kern  :warn  : ` in front (`-x`), an ISO time (`-t iso`).
pub(super) fn dmesg<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let mut event =
        Event { service: Some(KERNEL.into()), format: Format::Dmesg, ..Event::default() };
    let mut rest = text;
    if !text.starts_with('[') {
        rest = decoded(text, &mut event)?;
    }
    let inside = rest.strip_prefix('[')?;
    let mut body = match uptime_stamp(inside) {
        Some((_, behind)) => behind,
        None => {
            let (stamp, behind) = clock::weekday_first(inside, reference)?;
            event.occurred_at = stamp.at;
            event.defects.add_all(stamp.defects);
            behind.strip_prefix(']')?
        }
    };
    if let Some((_, _, behind)) = caller(body) {
        body = behind;
    }
    speaker(body.strip_prefix(' ').unwrap_or(body), &mut event);
    Some(event)
}

/// `2026-11-21T07:31:05,000000+00:00 body` of `dmesg --time-format iso`: the comma and the six
/// digits tell it from other logs.
pub(super) fn dmesg_iso<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let b = text.as_bytes();
    if b.get(10) != Some(&b'T')
        || b.get(19) != Some(&b',')
        || !matches!(b.get(26), Some(b'+' | b'-'))
    {
        return None;
    }
    let (stamp, rest) = clock::iso(text, reference)?;
    let mut event = Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        service: Some(KERNEL.into()),
        format: Format::Dmesg,
        ..Event::default()
    };
    speaker(rest.strip_prefix(' ').unwrap_or(rest), &mut event);
    Some(event)
}

/// `kern  :warn  : ` in front of the bracket.
fn decoded<'a>(text: &'a str, event: &mut Event<'_>) -> Option<&'a str> {
    let (facility, rest) = text.split_at_checked(6)?;
    let facility = facility.trim_end_matches(' ');
    let rest = rest.strip_prefix(':')?;
    let (word, rest) = rest.split_at_checked(6)?;
    event.severity = Some(level::word(word.trim_end_matches(' '))?);
    event.facility = Some(self::facility(facility)?);
    rest.strip_prefix(": ")
}

/// The number of a facility's name: `kern`, …, `local7`.
pub(crate) fn facility(name: &str) -> Option<u8> {
    if let Some(local) = name.strip_prefix("local") {
        return local.parse().ok().filter(|n| *n < 8).map(|n: u8| 16 + n);
    }
    let number = FACILITIES.iter().position(|f| *f == name)?;
    u8::try_from(number).ok()
}

/// `   12.345678]` (or `   12.345678 <    0.000123>]`) behind the opening bracket: the time since
/// boot and what follows.
pub(crate) fn uptime_stamp(inside: &str) -> Option<(Span, &str)> {
    let b = inside.as_bytes();
    let from = b.iter().take(16).position(|c| *c != b' ')?;
    let point = from + b[from..].iter().take(12).position(|c| !c.is_ascii_digit())?;
    if point == from || b[point] != b'.' {
        return None;
    }
    let end = point + 1 + b[point + 1..].iter().take(10).take_while(|c| c.is_ascii_digit()).count();
    if end < point + 4 {
        return None;
    }
    let secs: i64 = inside[from..point].parse().ok()?;
    let mut micros = 0;
    for place in 0..6 {
        let digit = b.get(point + 1 + place).filter(|_| point + 1 + place < end);
        micros = micros * 10 + digit.map_or(0, |d| i64::from(d - b'0'));
    }
    let behind = match b.get(end)? {
        b']' => &inside[end + 1..],
        b' ' if b.get(end + 1) == Some(&b'<') => {
            let close = b[end..].iter().take(24).position(|c| *c == b']')?;
            &inside[end + close + 1..]
        }
        _ => return None,
    };
    Some((Span::from_micros(secs * 1_000_000 + micros), behind))
}

/// `[    T1]` or `[C0]` behind the time: task or processor, its number, and what follows.
pub(crate) fn caller(body: &str) -> Option<(char, u32, &str)> {
    let inside = body.strip_prefix('[')?.trim_start_matches(' ');
    let kind = inside.chars().next().filter(|kind| matches!(kind, 'T' | 'C'))?;
    let digits = &inside[1..];
    let end = digits.bytes().position(|b| !b.is_ascii_digit())?;
    let behind = digits[end..].strip_prefix(']')?;
    Some((kind, digits[..end].parse().ok()?, behind))
}

/// The kernel speaks, or a daemon through it (`systemd[1]: …`), or, in `journalctl -o
/// short-monotonic`, anyone behind a host (`box7 kernel: …`).
fn speaker<'a>(body: &'a str, event: &mut Event<'a>) {
    event.body = body.into();
    let Some((first, rest)) = body.split_once(' ') else {
        return;
    };
    let second = rest.split(' ').next().unwrap_or_default();
    let (host, message) = if first.ends_with("]:") {
        (None, body)
    } else if !first.ends_with(':') && (second == "kernel:" || second.ends_with("]:")) {
        (Some(first), rest)
    } else {
        return;
    };
    let word =
        |w: &str| w.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    let Some((tag, behind)) = message.split_once(": ") else {
        return;
    };
    let (name, pid) = match tag.strip_suffix(']').and_then(|t| t.split_once('[')) {
        Some((name, pid)) if pid.bytes().all(|b| b.is_ascii_digit()) => (name, Some(pid)),
        Some(_) => return,
        None => (tag, None),
    };
    if name.is_empty() || !word(name) || !host.is_none_or(word) {
        return;
    }
    event.host = host.map(Into::into);
    event.service = Some(name.into());
    event.pid = pid.map(Into::into);
    event.body = behind.into();
}

/// A record of `/dev/kmsg`: `priority,sequence,microseconds,flags[,…];text`, then lines ` NAME=value`
/// that describe the device.
pub(super) fn kmsg<'a>(text: &'a str, _: &Reference) -> Option<Event<'a>> {
    let (head, rest) = split_kmsg(text)?;
    let priority: u32 = head.split(',').next()?.parse().ok()?;
    let (body, dictionary) = rest.split_once('\n').unwrap_or((rest, ""));
    let mut event = Event {
        severity: Severity::from_number((priority % 8) as u8),
        facility: u8::try_from(priority / 8).ok().filter(|f| *f < 24),
        service: Some(KERNEL.into()),
        format: Format::Kmsg,
        ..Event::default()
    };
    speaker(body, &mut event);
    let mut attributes = Vec::new();
    for line in dictionary.lines() {
        if let Some((name, value)) = line.trim_start_matches(' ').split_once('=') {
            super::fields::push(&mut attributes, name, value, &mut event.defects);
        }
    }
    event.attributes = attributes;
    Some(event)
}

/// The numbers in front of the semicolon, and the rest.
pub(crate) fn split_kmsg(text: &str) -> Option<(&str, &str)> {
    let b = text.as_bytes();
    let number = b.iter().take(5).take_while(|c| c.is_ascii_digit()).count();
    if b.get(number) != Some(&b',') {
        return None;
    }
    let end = b.iter().take(96).position(|c| *c == b';')?;
    let head = &text[..end];
    let mut parts = head.split(',');
    let number = |p: Option<&str>, most: usize| {
        p.is_some_and(|p| !p.is_empty() && p.len() <= most && p.bytes().all(|c| c.is_ascii_digit()))
    };
    let shaped = number(parts.next(), 4) && number(parts.next(), 20) && number(parts.next(), 20);
    (shaped && parts.next().is_some()).then_some((head, &text[end + 1..]))
}

/// Behind a syslog header the kernel's stamp only repeats the time; Solaris puts the message's id
/// and priority in a bracket there.
pub(super) fn stamp_in_body(text: &str) -> Option<Event<'_>> {
    let inside = text.strip_prefix('[')?;
    if let Some((_, behind)) = uptime_stamp(inside) {
        let behind = caller(behind).map_or(behind, |(_, _, rest)| rest);
        let body = behind.strip_prefix(' ').unwrap_or(behind);
        return Some(Event { body: body.into(), ..Event::default() });
    }
    let (id, body) = inside.strip_prefix("ID ")?.split_once("] ")?;
    let (_, severity) = id.rsplit_once('.')?;
    Some(Event { severity: Some(level::word(severity)?), body: body.into(), ..Event::default() })
}

/// The time since boot of a line that has only that: what the assembler needs to give it a place.
pub(super) fn uptime(text: &str) -> Option<Span> {
    if let Some((head, _)) = split_kmsg(text) {
        let micros: i64 = head.split(',').nth(2)?.parse().ok()?;
        return Some(Span::from_micros(micros));
    }
    let open = text.bytes().take(24).position(|b| b == b'[')?;
    uptime_stamp(&text[open + 1..]).map(|(span, _)| span)
}
