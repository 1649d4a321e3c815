//! A syslog line with an ISO time: what rsyslog and systemd-journald (`short-iso`) write to files.
//! `2026-11-21T09:00:01.250Z host tag[pid]: body`.

use super::{Reference, clock, level, logfmt, syslog};
use model::{Event, Format};

/// A line with an ISO time, a host and a tag; anything less belongs to an application's log.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let stamped = clock::iso(text, reference)?;
    let blank_between = text.as_bytes().get(10) == Some(&b' ');
    with_host(stamped, !blank_between, reference)
}

/// `Sat 2026-11-21 09:00:01 UTC host tag: body` of `journalctl -o short-full`.
pub(super) fn short_full<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    text.as_bytes().get(4).filter(|b| b.is_ascii_digit())?;
    with_host(clock::weekday_first(text, reference)?, true, reference)
}

fn with_host<'a>(
    (stamp, rest): (clock::Stamp, &'a str),
    certain: bool,
    reference: &Reference,
) -> Option<Event<'a>> {
    let rest = rest.strip_prefix(' ')?.trim_start_matches(' ');
    let (host, message) = rest.split_once(' ')?;
    if !is_host(host) {
        return None;
    }
    let mut event = Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        format: Format::SyslogIso,
        ..Event::default()
    };
    syslog::tag_and_body(message, &mut event);
    let address = host.parse::<std::net::IpAddr>().is_ok();
    // Without a process id only the `T` and a host that is no ordinary word speak for syslog.
    let named = event.service.is_some() && !is_sentence_word(host);
    // A firewall's record names no program, and nobody else writes so.
    let is_record = certain && logfmt::begins_fortios(message);
    if event.pid.is_none() && !is_record && (!certain || !named && !address) {
        return None;
    }
    event.host = Some(host.into());
    super::content::refine(&mut event, reference);
    Some(event)
}

/// The same behind a priority, where nothing but syslog can stand: the host needs no tag behind it.
pub(super) fn behind_priority<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    if text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let (stamp, rest) = clock::iso(text, reference)?;
    let mut event = Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        format: Format::SyslogIso,
        ..Event::default()
    };
    syslog::host_and_message(rest.strip_prefix(' ')?, &mut event, reference);
    Some(event)
}

/// Whether a word can be a host: letters, digits and the marks of names and addresses, not only
/// digits, no level.
fn is_host(word: &str) -> bool {
    let b = word.as_bytes();
    let marks =
        |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b':') || *c >= 0x80;
    b.iter().all(marks)
        && b.iter().any(|c| !c.is_ascii_digit())
        && b.last() != Some(&b':')
        && level::word(word).is_none()
        && word != "stdout"
        && word != "stderr"
}

/// `Starting`: a capital and then only small letters, as a sentence begins.
fn is_sentence_word(word: &str) -> bool {
    let b = word.as_bytes();
    b.len() > 1 && b[0].is_ascii_uppercase() && b[1..].iter().all(u8::is_ascii_lowercase)
}
