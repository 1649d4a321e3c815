//! nginx's error log: `2026/11/21 09:00:01 [error] 80#81: *5 message, client: …`.

use super::{Reference, clock, level};
use model::{Event, Format};

/// A date with slashes, a bracketed level, `pid#tid:`, maybe a connection's number.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    if text.as_bytes().get(4) != Some(&b'/') {
        return None;
    }
    let (stamp, rest) = clock::iso(text, reference)?;
    let (severity, rest) = rest.strip_prefix(" [")?.split_once("] ")?;
    let severity = level::word(severity)?;
    let (process, rest) = rest.split_once(": ")?;
    let (pid, thread) = process.split_once('#')?;
    if !pid.bytes().chain(thread.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut event = Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        severity: Some(severity),
        // No other program writes this form, and the line does not name it.
        service: Some("nginx".into()),
        pid: Some(pid.into()),
        body: rest.into(),
        format: Format::NginxError,
        ..Event::default()
    };
    if let Some((number, body)) = rest.strip_prefix('*').and_then(|r| r.split_once(' '))
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        event.attributes.push(("connection".into(), number.into()));
        event.body = body.into();
    }
    Some(event)
}
