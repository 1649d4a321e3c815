//! Lines whose date is not at the head but a few words in: `api.log.1 2026-11-21 09:00:01.5 29 INFO
//! …` of collected files, `- 1795256132 2026.11.21 Q07-X2 2026-11-21-09.00.01.25 Q07-X2 CTL MEMORY
//! INFO …` of big machines. Only words that are no sentence may stand in front of it.

use super::{Reference, clock, header, level, syslog};
use model::{Event, Format};

/// Words in front of the date, and codes between it and the level.
const WORDS_MAX: usize = 6;
/// Bytes in front of the date.
const HEAD_BYTES_MAX: usize = 200;

/// A line with a full date behind a few codes. With a level behind it everything up to there is
/// header; without one only the time is taken, and the whole line stays the body.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    if let Some(event) = syslog_line(text, reference) {
        return Some(event);
    }
    let Some((stamp, rest)) = date(text, reference) else {
        return row(text);
    };
    let mut event = Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        format: Format::Dated,
        ..Event::default()
    };
    let message = header::header(codes(rest), &mut event);
    event.body = if event.severity.is_some() { message } else { text }.into();
    Some(event)
}

/// A whole syslog line behind codes.
fn syslog_line<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let mut rest = text;
    for _ in 0..WORDS_MAX {
        let (word, behind) = rest.split_once(' ')?;
        let ends = word.ends_with(':') || text.len() - behind.len() > HEAD_BYTES_MAX;
        if ends || !is_code(word) {
            return None;
        }
        rest = behind.trim_start_matches(' ');
        if clock::month(rest.as_bytes()).is_some()
            && let Some(event) = syslog::read(rest, reference)
        {
            return Some(event);
        }
    }
    None
}

/// The last full date within the first words, if only codes precede it.
fn date<'a>(text: &'a str, reference: &Reference) -> Option<(clock::Stamp, &'a str)> {
    let mut found = None;
    let mut rest = text;
    for _ in 0..=WORDS_MAX {
        if rest.as_bytes().first()?.is_ascii_digit()
            && let Some(stamped) = clock::iso(rest, reference)
        {
            found = Some(stamped);
        }
        let (word, behind) = rest.split_once(' ')?;
        if found.is_some() && !word.starts_with(|c: char| c.is_ascii_digit())
            || !is_code(word)
            || text.len() - behind.len() > HEAD_BYTES_MAX
        {
            break;
        }
        rest = behind.trim_start_matches(' ');
    }
    found
}

/// A table's row: it begins with a number and holds seconds since 1970 among its first words. What
/// stands in front of them is kept as context; a short number behind them is a flag of theirs.
fn row(text: &str) -> Option<Event<'_>> {
    let (first, mut rest) = text.split_once(' ')?;
    if first.is_empty() || !first.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    for _ in 0..WORDS_MAX {
        if let Some((stamp, behind)) = clock::epoch(rest)
            && let Some(message) = behind.strip_prefix(' ')
        {
            let context = &text[first.len() + 1..text.len() - rest.len()];
            let flag = message
                .split_once(' ')
                .filter(|(word, _)| word.len() < 3 && word.parse::<i8>().is_ok());
            return Some(Event {
                occurred_at: stamp.at,
                body: flag.map_or(message, |(_, message)| message).into(),
                attributes: vec![("context".into(), context.trim_end().into())],
                format: Format::Dated,
                ..Event::default()
            });
        }
        rest = rest.split_once(' ')?.1;
    }
    None
}

/// Passes over codes in front of a level, if one follows them.
fn codes(text: &str) -> &str {
    let mut rest = text.trim_start_matches(' ');
    for _ in 0..WORDS_MAX {
        if level::leading(rest).is_some() {
            return rest;
        }
        match rest.split_once(' ') {
            Some((word, behind)) if word.bytes().all(|b| !b.is_ascii_lowercase()) => {
                rest = behind.trim_start_matches(' ');
            }
            _ => break,
        }
    }
    text
}

/// A word that holds a digit or no small letter: a number, a name of a machine or file, `-`.
fn is_code(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_digit()) || word.bytes().all(|b| !b.is_ascii_lowercase())
}
