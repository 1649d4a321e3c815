//! Android's logcat: `11-21 09:00:01.123  1702  2395 E Tag: message` (threadtime), and the
//! brief `E/Tag( 1702): message`.

use super::{Reference, clock, level};
use model::{Event, Format, Severity};

/// The form with a date, process, thread and a level of one letter.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let (stamp, rest) = clock::month_day(text, reference)?;
    let (pid, rest) = number(rest)?;
    let (_thread, rest) = number(rest)?;
    let rest = rest.strip_prefix(' ')?;
    let (severity, rest) = rest.split_once(' ')?;
    let (tag, body) = rest.split_once(": ").or_else(|| Some((rest.strip_suffix(':')?, "")))?;
    Some(Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        severity: Some(letter(severity)?),
        pid: Some(pid.into()),
        service: Some(tag.trim().into()).filter(|t: &std::borrow::Cow<'_, str>| !t.is_empty()),
        body: body.into(),
        format: Format::Dated,
        ..Event::default()
    })
}

/// `E/Tag( 1702): message`, with or without a date in front.
pub(super) fn brief<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let dated = clock::month_day(text, reference);
    let rest = dated.map_or(text, |(_, rest)| rest.trim_start_matches(' '));
    let severity = letter(rest.get(..1)?)?;
    let (tag, rest) = rest.get(1..)?.strip_prefix('/')?.split_once('(')?;
    let (pid, body) = rest.split_once("): ")?;
    let pid = pid.trim_start_matches(' ');
    if tag.len() > 64 || pid.is_empty() || !pid.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut event = Event {
        severity: Some(severity),
        pid: Some(pid.into()),
        service: Some(tag.trim_end_matches(' ').into()),
        body: body.into(),
        format: Format::Dated,
        ..Event::default()
    };
    if let Some((stamp, _)) = dated {
        event.occurred_at = stamp.at;
        event.defects = stamp.defects;
    }
    Some(event)
}

fn letter(word: &str) -> Option<Severity> {
    let known = word.len() == 1 && word.bytes().all(|b| b.is_ascii_uppercase());
    known.then(|| level::word(word)).flatten()
}

/// Blanks and a number.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = text.strip_prefix(' ')?.trim_start_matches(' ');
    let end = digits.bytes().position(|b| !b.is_ascii_digit())?;
    (end > 0).then(|| digits.split_at(end))
}
