//! Access logs of web servers, common and combined: `client - user [time] "GET /path HTTP/1.1" 500
//! 12 "referrer" "agent"`. The body is the request and what became of it, with the reason phrase,
//! because a person and a signature both need the outcome in words.

use super::{Reference, clock, fields};
use model::{Event, Format};

/// The bracket with the time stands within the first words.
const HEAD_BYTES_MAX: usize = 256;

/// A line whose first bracket holds an access log's time and is followed by a quoted request.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let b = text.as_bytes();
    let window = &b[..b.len().min(HEAD_BYTES_MAX)];
    let open = memchr::memchr(b'[', window)?;
    // `02/Jan/2026:`: cheap to refuse.
    let slash = b.get(open + 3) == Some(&b'/') || b.get(open + 2) == Some(&b'/');
    if open < 2 || !slash || b[open - 1] != b' ' {
        return None;
    }
    let (stamp, rest) = clock::day_first(&text[open + 1..], reference)?;
    let rest = rest.strip_prefix("] ")?;
    let Some(rest) = rest.strip_prefix('"') else {
        let mut event = Event {
            occurred_at: stamp.at,
            defects: stamp.defects,
            service: is_proxy(rest).then(|| "haproxy".into()),
            severity: proxy_status(rest).and_then(fields::severity_of_status),
            body: rest.into(),
            format: Format::Access,
            ..Event::default()
        };
        clients(&text[..open], &mut event);
        return Some(event);
    };
    let (request, rest) = until_quote(rest);
    let rest = rest.trim_start_matches(' ');
    let (status, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let number: u16 = status.parse().ok()?;
    let mut event = Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        severity: fields::severity_of_status(number),
        body: format!("{request} {}", status_line(status)).into(),
        format: Format::Access,
        ..Event::default()
    };
    clients(&text[..open], &mut event);
    event.attributes.push(("status".into(), status.into()));
    let (bytes, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    event.attributes.push(("bytes".into(), bytes.into()));
    let mut rest = rest;
    for name in ["referrer", "user_agent"] {
        let Some(quoted) = rest.strip_prefix('"') else {
            break;
        };
        let (value, behind) = until_quote(quoted);
        event.attributes.push((name.into(), value.into()));
        rest = behind.trim_start_matches(' ');
    }
    if !rest.is_empty() {
        event.attributes.push(("rest".into(), rest.into()));
    }
    Some(event)
}

/// What HAProxy writes behind the time: `frontend backend/server timers …`, or `frontend/bind: message`
/// for a connection that failed (HAProxy Configuration Manual, 8.2).
fn is_proxy(rest: &str) -> bool {
    let first = rest.split(' ').next().unwrap_or(rest);
    proxy_status(rest).is_some() || (first.contains('/') && first.ends_with(':'))
}

/// The status in HAProxy's line: it follows the timers, `0/1/2/3/4 200 …`.
fn proxy_status(rest: &str) -> Option<u16> {
    let mut words = rest.split(' ').take(8);
    words.find(|w| {
        w.bytes().filter(|b| *b == b'/').count() >= 3
            && w.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-' | b'+'))
    })?;
    words.next()?.parse().ok()
}

/// `[vhost] client ident user` in front of the time.
fn clients<'a>(head: &'a str, event: &mut Event<'a>) {
    let mut words = head.split(' ').filter(|w| !w.is_empty());
    if words.clone().count() == 1 {
        event.attributes.extend(words.next().map(|w| ("client".into(), w.into())));
        return;
    }
    let user = words.next_back().filter(|w| *w != "-");
    let _ident = words.next_back();
    let client = words.next_back();
    for (name, value) in [("client", client), ("user", user), ("vhost", words.next_back())] {
        if let Some(value) = value {
            event.attributes.push((name.into(), value.into()));
        }
    }
}

/// Up to the quote that is not escaped, and what is behind it.
fn until_quote(text: &str) -> (&str, &str) {
    let b = text.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &b[at.min(b.len())..]) {
        at += found;
        if b[at] == b'"' {
            return (&text[..at], &text[at + 1..]);
        }
        at += 2;
    }
    (text, "")
}

/// A status with its reason phrase (RFC 9110 §15); of an unknown one, that of its class.
pub(super) fn status_line(status: &str) -> String {
    let phrase = match status {
        "200" => "OK",
        "201" => "Created",
        "202" => "Accepted",
        "204" => "No Content",
        "206" => "Partial Content",
        "301" => "Moved Permanently",
        "302" => "Found",
        "303" => "See Other",
        "304" => "Not Modified",
        "307" => "Temporary Redirect",
        "308" => "Permanent Redirect",
        "400" => "Bad Request",
        "401" => "Unauthorized",
        "403" => "Forbidden",
        "404" => "Not Found",
        "405" => "Method Not Allowed",
        "408" => "Request Timeout",
        "409" => "Conflict",
        "410" => "Gone",
        "413" => "Content Too Large",
        "414" => "URI Too Long",
        "422" => "Unprocessable Content",
        "429" => "Too Many Requests",
        "499" => "Client Closed Request",
        "500" => "Internal Server Error",
        "501" => "Not Implemented",
        "502" => "Bad Gateway",
        "503" => "Service Unavailable",
        "504" => "Gateway Timeout",
        "507" => "Insufficient Storage",
        _ => match status.as_bytes().first() {
            Some(b'1') => "Informational",
            Some(b'2') => "Success",
            Some(b'3') => "Redirection",
            Some(b'4') => "Client Error",
            Some(b'5') => "Server Error",
            _ => "Unknown",
        },
    };
    format!("{status} {phrase}")
}
