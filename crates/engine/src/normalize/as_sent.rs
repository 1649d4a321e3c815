//! A syslog message's header alone → what the sender put into its fields, byte for byte as text: the
//! priority, structured data and the message before anything is taken out of it or read a second time. For
//! showing what came; events are made by [`normalize`](super::normalize).

use super::{Reference, clock, rfc5424, syslog};
use model::{Attribute, Event};
use std::borrow::Cow;

/// One element of structured data: its id and its parameters, in order.
pub type Element = (String, Vec<(String, String)>);

/// What a sender wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AsSent {
    /// The value of `<PRI>`, 0–191, if there is a valid one.
    pub priority: Option<u8>,
    /// RFC 5424's message id.
    pub msgid: Option<String>,
    /// RFC 5424's structured data; empty if there is none, or if it is broken.
    pub elements: Vec<Element>,
    /// The message, if the header is one of the RFCs' or nearly so: escape sequences and structure are
    /// still in it.
    pub message: Option<String>,
}

/// Reads the header of a syslog message.
pub fn as_sent(payload: &[u8], reference: &Reference) -> AsSent {
    let text = String::from_utf8_lossy(payload);
    let text = text.trim_end_matches(['\r', '\n', '\0']);
    // What is no priority stays in front of the text, and no header is looked for behind it.
    let (priority, rest) = match text.starts_with('<').then(|| syslog::priority(text)).flatten() {
        Some((Some(value), rest)) => (Some(value), rest),
        Some((None, _)) => return AsSent::default(),
        None => (None, text),
    };
    let Some(event) = header(rest, priority.is_some(), reference) else {
        return AsSent { priority, ..AsSent::default() };
    };
    let (msgid, elements) = data(&event.attributes);
    AsSent { priority, msgid, elements, message: Some(event.body.into_owned()) }
}

fn header<'a>(rest: &'a str, has_priority: bool, reference: &Reference) -> Option<Event<'a>> {
    if has_priority && rest.starts_with("1 ") {
        return Some(rfc5424::unrefined(rest, reference));
    }
    let (_, behind) = clock::bsd(rest, reference)
        .or_else(|| has_priority.then(|| clock::iso(rest, reference)).flatten())?;
    let mut event = Event::default();
    syslog::unrefined(behind.strip_prefix(':').unwrap_or(behind).strip_prefix(' ')?, &mut event);
    Some(event)
}

/// Attributes of a header → the message id and the elements.
fn data(attributes: &[Attribute<'_>]) -> (Option<String>, Vec<Element>) {
    let (mut msgid, mut elements) = (None, Vec::<Element>::new());
    let owned = |text: &Cow<'_, str>| text.clone().into_owned();
    for (name, value) in attributes {
        match (&**name, elements.last_mut()) {
            ("sd", _) => elements.push((owned(value), Vec::new())),
            (_, Some((_, parameters))) => parameters.push((owned(name), owned(value))),
            ("msgid", None) => msgid = Some(owned(value)),
            _ => {}
        }
    }
    (msgid, elements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;

    fn read(payload: &[u8]) -> AsSent {
        let now = Timestamp::parse("2026-11-21", Timestamp::default()).expect("a time");
        as_sent(payload, &Reference { now, zone_offset_secs: 0 })
    }

    #[test]
    fn a_message_stays_as_it_was_sent() {
        for (payload, priority, message) in [
            (&b"<13>Nov 21 09:00:01 h app: {\"msg\":\"m\"}"[..], Some(13), Some("{\"msg\":\"m\"}")),
            (b"<13>1 2026-11-21T09:00:01Z h a - - - {\"a\":1}\n", Some(13), Some("{\"a\":1}")),
            (b"<13>Nov 21 09:00:01 h app: \x1b[1mx\0", Some(13), Some("\x1b[1mx")),
            (b"<13>2026-11-21T09:00:01Z h app: x", Some(13), Some("x")),
            (b"Nov 21 09:00:01 h app: x", None, Some("x")),
            (b"<13>no header", Some(13), None),
            (b"<999>Nov 21 09:00:01 h app: x", None, None),
            (b"", None, None),
        ] {
            let found = read(payload);
            assert_eq!(
                (found.priority, found.message.as_deref()),
                (priority, message),
                "{payload:?}"
            );
        }
    }

    #[test]
    fn structured_data_keeps_what_repeats_and_parameters_named_like_marks() {
        let found = read(b"<1>1 - h a - M [x y=\"1\" y=\"2\" msgid=\"p\"][z] {\"k\":\"v\"}");
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(found.msgid.as_deref(), Some("M"));
        assert_eq!(
            found.elements,
            [
                ("x".to_owned(), vec![pair("y", "1"), pair("y", "2"), pair("msgid", "p")]),
                ("z".to_owned(), Vec::new())
            ]
        );
    }
}
