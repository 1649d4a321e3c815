//! Plain text: no header that we know. The whole line is the body; a level word at its head gives
//! the severity. This is where every unknown line ends, so it accepts anything.

use super::{Reference, content, level, syslog};
use model::{Event, Format};

/// The line as its own body.
pub(super) fn read(text: &str) -> Event<'_> {
    Event {
        severity: level::in_front(text),
        body: text.into(),
        format: Format::Text,
        ..Event::default()
    }
}

/// `name[1234]: message`, maybe behind a host: what is left of a syslog line without its time.
pub(super) fn tagged<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let (host, message) = match text.split_once(' ')? {
        (first, _) if first.ends_with("]:") => (None, text),
        (first, rest) => (Some(first), rest),
    };
    let (tag, pid, body) = syslog::split_tag(message)?;
    let pid = pid.filter(|pid| !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()))?;
    if !message[..message.len() - body.len()].ends_with("]: ") {
        return None;
    }
    let mut event = Event {
        host: host.map(Into::into),
        service: Some(tag.into()),
        pid: Some(pid.into()),
        body: body.into(),
        format: Format::Rfc3164,
        ..Event::default()
    };
    content::refine(&mut event, reference);
    Some(event)
}
