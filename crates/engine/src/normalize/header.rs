//! What stands between the date and the message of an application's line: thread, process, level and
//! logger, in any order and with any of the usual separators.

use super::{dated::PARTS_MAX, level, syslog};
use model::{Event, Severity};

/// Names of threads that read files hold whole paths.
const BRACKET_BYTES_MAX: usize = 400;

/// Reads the parts behind the date and returns the message.
pub(super) fn header<'a>(rest: &'a str, event: &mut Event<'a>) -> &'a str {
    let mut rest = rest;
    for _ in 0..PARTS_MAX {
        rest = separators(rest);
        if event.severity.is_none()
            && let Some((severity, behind)) = level::leading(rest)
        {
            event.severity = Some(severity);
            rest = behind;
            continue;
        }
        if event.severity.is_none()
            && let Some((severity, strip)) = loose_level(rest)
        {
            event.severity = Some(severity);
            if strip == 0 {
                break;
            }
            rest = &rest[strip..];
            continue;
        }
        match part(rest, event) {
            Some(behind) => rest = behind,
            None => break,
        }
    }
    separators(rest)
}

/// Right behind a date a level needs no capitals. Before a wide gap it is a column (the bytes to
/// strip); before one blank it may begin a sentence, so it gives the severity and stays.
fn loose_level(text: &str) -> Option<(Severity, usize)> {
    let (word, behind) = text.split_once([' ', '\t'])?;
    let severity = level::word(word).filter(|_| word.len() > 2)?;
    let column = behind.starts_with([' ', '\t']);
    Some((severity, if column { word.len() } else { 0 }))
}

/// Blanks, bars, dashes and colons between parts.
fn separators(text: &str) -> &str {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '|', ',']);
        rest = match trimmed.as_bytes() {
            [b'-' | b':', b' ', ..] => &trimmed[1..],
            [b'-', b'-', b'-', b' ', ..] => &trimmed[3..],
            [b'-', b'-', b' ', ..] => &trimmed[2..],
            _ if trimmed.len() == rest.len() => return rest,
            _ => trimmed,
        };
    }
}

/// One part: `[thread]`, a process number, a logger's dotted name before a colon or dash.
fn part<'a>(text: &'a str, event: &mut Event<'a>) -> Option<&'a str> {
    let b = text.as_bytes();
    match b.first()? {
        b'[' => {
            let close = closing_bracket(b)?;
            let behind = &text[close + 1..];
            // `[Controller 0]: text` names who speaks: it belongs to the message.
            if !behind.starts_with(' ') {
                return None;
            }
            let inside = text[1..close].trim();
            let pid = inside.strip_prefix("pid ").unwrap_or(inside);
            if event.pid.is_none() && !pid.is_empty() && pid.bytes().all(|c| c.is_ascii_digit()) {
                event.pid = Some(pid.into());
            } else if event.severity.is_none()
                || behind.starts_with(" - ")
                || logger(separators(behind)).is_some()
            {
                event.attributes.push(("thread".into(), inside.into()));
            } else {
                return None;
            }
            Some(behind)
        }
        b'0'..=b'9' => {
            let end = b.iter().take(20).position(|c| !c.is_ascii_digit())?;
            // A number is a process id only if a level follows it.
            let behind = &text[end..];
            let spring = behind.trim_start_matches(' ').starts_with("--- ");
            let levelled = behind.starts_with(' ') && level::leading(separators(behind)).is_some();
            if event.pid.is_some() || !spring && !levelled {
                return None;
            }
            event.pid = Some(text[..end].into());
            Some(behind)
        }
        _ => {
            if let Some((tag, Some(pid), behind)) = syslog::split_tag(text)
                && event.service.is_none()
                && pid.bytes().all(|c| c.is_ascii_digit())
            {
                // `name[1234]: `, as syslog has it; some write the level as the name.
                match level::word(tag) {
                    Some(severity) => event.severity = Some(severity),
                    None => event.service = Some(tag.into()),
                }
                event.pid = Some(pid.into());
                return Some(behind);
            }
            if event.attributes.iter().any(|(name, _)| name == "logger") {
                return None; // a second dotted name is the message's
            }
            let (name, behind) = match event.severity {
                Some(_) => logger(text)?,
                None => name_before_level(text)?,
            };
            event.attributes.push(("logger".into(), name.into()));
            // `oslo.service [req-1] text`: without a colon the bracket is the logger's.
            if let Some(bracket) = behind.strip_prefix(' ').filter(|b| b.starts_with('['))
                && let Some(close) = closing_bracket(bracket.as_bytes())
                && bracket[close + 1..].starts_with(' ')
            {
                event.attributes.push(("context".into(), bracket[1..close].into()));
                return Some(&bracket[close + 1..]);
            }
            Some(behind)
        }
    }
}

/// `org.example.Client: ` or `org.example.Client - `: a name with points, a separator.
fn logger(text: &str) -> Option<(&str, &str)> {
    let b = text.as_bytes();
    let name = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'$' | b'-' | b'/');
    let end = b.iter().take(160).position(|c| !name(c))?;
    let word = &text[..end];
    if !word.contains('.')
        || word.ends_with("Exception")
        || word.ends_with("Error")
        || word.starts_with('.')
        || word.ends_with('.')
        || !b[0].is_ascii_alphabetic()
    {
        return None;
    }
    let rest = &text[end..];
    let behind = rest.strip_prefix(": ").or_else(|| {
        // `oslo.service [req-1] text`: a bracket follows, which part of the message may be.
        if rest.starts_with(" [") {
            return Some(rest);
        }
        let spaced = rest.trim_start_matches(' ');
        spaced.strip_prefix(": ").or_else(|| spaced.strip_prefix("- "))
    })?;
    Some((word, behind))
}

/// The bracket that closes the one at the start, with brackets inside.
fn closing_bracket(b: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    b.iter().take(BRACKET_BYTES_MAX).position(|c| {
        match c {
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// `worker.tasks - ERROR`: a name, a separator that no sentence has, a level.
fn name_before_level(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = text.split_once(' ')?;
    let separated = behind.starts_with("- ") || behind.starts_with("| ") || name.contains('.');
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    (separated && name.bytes().all(plain) && level::leading(separators(behind)).is_some())
        .then_some((name, behind))
}
