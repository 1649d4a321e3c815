//! Cisco's messages, `%FACILITY-SEVERITY-MNEMONIC: text`, behind whatever header the device was told
//! to write: sequence numbers, a name, a time with or without a year, an uptime, a zone.

use super::{Reference, clock};
use memchr::memchr;
use model::{Event, Format, Severity};

/// The longest header in front of the code.
const HEAD_BYTES_MAX: usize = 160;
/// The longest code.
const CODE_BYTES_MAX: usize = 96;

/// A line with a code. The body begins with it: it is the message's name.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let b = text.as_bytes();
    let percent = memchr(b'%', &b[..b.len().min(HEAD_BYTES_MAX)])?;
    let (facility, severity) = code(&text[percent + 1..])?;
    let mut event = Event {
        severity: Some(severity),
        service: Some(facility.into()),
        body: text[percent..].into(),
        format: Format::Cisco,
        ..Event::default()
    };
    header(&text[..percent], &mut event, reference)?;
    Some(event)
}

/// Facility (with its sub-facility) and severity of `FAC-SUB-3-MNEMONIC:`.
fn code(text: &str) -> Option<(&str, Severity)> {
    let b = text.as_bytes();
    let window = &b[..b.len().min(CODE_BYTES_MAX)];
    let name = |c: &u8| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, b'_' | b'-');
    let end = window.iter().position(|c| !name(c)).unwrap_or(window.len());
    let mut from = 0;
    // The severity is the first part of one digit behind the facility.
    for (parts, part) in text[..end].split('-').enumerate() {
        if parts > 0 && part.len() == 1 && from + 2 < end {
            let number = part.bytes().next()?.checked_sub(b'0')?;
            return Some((&text[..from - 1], Severity::from_number(number)?));
        }
        from += part.len() + 1;
    }
    None
}

/// What stands in front of the code: the time is looked for at each word; a word with a colon that
/// is no number is the device's name. `None` if a word stands there that no device writes.
fn header<'a>(head: &'a str, event: &mut Event<'a>, reference: &Reference) -> Option<()> {
    let mut rest = head;
    loop {
        rest = rest.trim_start_matches([' ', ':', '*', '.', '\t']);
        if rest.is_empty() {
            return Some(());
        }
        if event.occurred_at.is_none()
            && let Some((stamp, behind)) = clock::leading(rest, reference)
        {
            event.occurred_at = stamp.at;
            event.defects.add_all(stamp.defects);
            rest = behind;
            continue;
        }
        let end = rest.find(' ').unwrap_or(rest.len());
        // `RP/0/RSP0/CPU0:Nov 21 …`: the time may follow a colon at once.
        let colon =
            rest[..end].find(':').filter(|at| clock::month(&rest.as_bytes()[at + 1..]).is_some());
        let end = colon.map_or(end, |at| at + 1);
        let word = &rest[..end];
        rest = &rest[end..];
        let Some(name) = word.strip_suffix(':') else {
            // Zones, sequence numbers, names without colon; not a sentence.
            if word.bytes().any(|b| !b.is_ascii_graphic()) {
                return None;
            }
            continue;
        };
        let time_like = name.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'));
        let zone_like = event.occurred_at.is_some();
        if !time_like && !zone_like && event.host.is_none() && !name.is_empty() {
            event.host = Some(name.into());
        }
    }
}
