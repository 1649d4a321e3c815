//! Dates in which a month or a day of the week is named, and those that put the year last.

use super::super::Reference;
use super::{
    Stamp, TimeOfDay, digits, iso, month, stamp, stamp_without_year, time_of_day, weekday,
    with_year, zone,
};
use model::{Defect, Defects};

/// `Nov 21 09:00:01` of RFC 3164 and what is sent for it: a day of one digit, a fraction, a year
/// after the day or after the time, a zone behind.
pub(crate) fn bsd<'a>(text: &'a str, reference: &Reference) -> Option<(Stamp, &'a str)> {
    let b = text.as_bytes();
    let month = month(b)?;
    if let Some((day, time)) = fixed_bsd(b) {
        let stamp = stamp_without_year((month, day), time, None, reference);
        return Some((stamp, &text[15..]));
    }
    if b.get(3) != Some(&b' ') {
        return None;
    }
    let day_at = if b.get(4) == Some(&b' ') { 5 } else { 4 };
    let (day, mut at) = digits(b, day_at, 1, 2)?;
    if b.get(at) == Some(&b',') {
        at += 1;
    }
    if b.get(at) != Some(&b' ') {
        return None;
    }
    at += 1;
    let mut year = None;
    if let Some((value, end)) = digits(b, at, 4, 4) {
        if b.get(end) != Some(&b' ') {
            return None;
        }
        (year, at) = (Some(value as i32), end + 1);
    } else if b.get(at) == Some(&b' ') {
        at += 1;
    }
    let (time, mut end) = time_of_day(b, at)?;
    let mut offset = None;
    if let Some((found, behind)) = zone(b, end) {
        (offset, end) = (Some(found), behind);
    }
    if year.is_none() && b.get(end) == Some(&b' ') {
        // `Jan  2 15:04:05 2006 ` of ctime; a number that could be a year and is followed by more
        // digits or a letter is something else.
        if let Some((value @ 1970..=2199, behind)) = digits(b, end + 1, 4, 4)
            && (matches!(b.get(behind), None | Some(b' ' | b']')) || b[behind..].starts_with(b": "))
        {
            (year, end) = (Some(value as i32), behind);
        }
    }
    let stamp = match year {
        Some(year) => stamp((year, month, day), time, offset, reference),
        None => stamp_without_year((month, day), time, offset, reference),
    };
    Some((stamp, &text[end..]))
}

/// ` 21 09:00:01` behind a month, when a blank and a letter follow: day and time of nearly every
/// line. What follows is then neither a fraction, a zone in figures nor a year.
fn fixed_bsd(b: &[u8]) -> Option<(u32, TimeOfDay)> {
    let b = b.get(3..17)?;
    let marks = b[0] == b' ' && b[3] == b' ' && b[6] == b':' && b[9] == b':' && b[12] == b' ';
    if !marks || !b[13].is_ascii_lowercase() {
        return None;
    }
    let two = |at: usize| {
        let (tens, ones) = (b[at].wrapping_sub(b'0'), b[at + 1].wrapping_sub(b'0'));
        (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
    };
    let day = if b[1] == b' ' {
        u32::from(b[2].checked_sub(b'0').filter(|ones| *ones <= 9)?)
    } else {
        two(1)?
    };
    Some((day, (two(4)?, two(7)?, two(10)?, 0)))
}

/// `Mon Jan  2 15:04:05 2006` of ctime, and `Mon 2006-01-02 15:04:05 UTC` of systemd.
pub(crate) fn weekday_first<'a>(text: &'a str, reference: &Reference) -> Option<(Stamp, &'a str)> {
    let b = text.as_bytes();
    if !weekday(b) {
        return None;
    }
    let at = 3 + usize::from(b.get(3) == Some(&b','));
    if b.get(at) != Some(&b' ') {
        return None;
    }
    let rest = &text[at + 1..];
    if b.get(at + 1).is_some_and(u8::is_ascii_digit) {
        return iso(rest, reference).or_else(|| day_first(rest, reference));
    }
    let (mut stamp, rest) = bsd(rest, reference)?;
    // `15:04:05 CET 2006`: the zone's letters are passed over; the year behind them counts.
    if stamp.defects.has(Defect::YearAssumed)
        && let Some((zone_word, behind)) = rest.strip_prefix(' ').and_then(|r| r.split_once(' '))
        && (2..=5).contains(&zone_word.len())
        && zone_word.bytes().all(|c| c.is_ascii_uppercase())
        && let Some((year @ 1970..=2199, end)) = digits(behind.as_bytes(), 0, 4, 4)
        && let Some(at) = stamp.at
    {
        stamp.at = with_year(at, year as i32);
        stamp.defects = Defects::NONE;
        stamp.defects.add(match stamp.at {
            Some(_) => Defect::ZoneAssumed,
            None => Defect::TimeInvalid,
        });
        return Some((stamp, &behind[end..]));
    }
    Some((stamp, rest))
}

/// Dates with the year last: `21/Nov/2026:09:00:01 +0000` of access logs, `21-Nov-2026 09:00:01`,
/// `21.11.2026 09:00:01`, `11/21/2026 9:00:01 PM`.
pub(crate) fn day_first<'a>(text: &'a str, reference: &Reference) -> Option<(Stamp, &'a str)> {
    let b = text.as_bytes();
    let (first, at) = digits(b, 0, 1, 2)?;
    let mark = *b.get(at)?;
    if !matches!(mark, b'/' | b'-' | b'.' | b' ') {
        return None;
    }
    let named = month(b.get(at + 1..)?);
    let (second, at) = match named {
        Some(month) => (month, at + 4),
        None if mark == b' ' => return None,
        None => digits(b, at + 1, 1, 2)?,
    };
    if b.get(at) != Some(&mark) {
        return None;
    }
    let (year, at) = digits(b, at + 1, 4, 4)?;
    let at = match b.get(at)? {
        b',' => at + 1 + usize::from(b.get(at + 1) == Some(&b' ')),
        b' ' | b':' | b'T' | b'-' => at + 1,
        _ => return None,
    };
    let ((mut hour, minute, second_of_minute, micros), mut end) = time_of_day(b, at)?;
    let half = b.get(end..end + 3).map(|h| [h[1] | 32, h[2] | 32]);
    if b.get(end) == Some(&b' ') && matches!(half, Some([b'a' | b'p', b'm'])) {
        let afternoon = half == Some([b'p', b'm']);
        hour = hour % 12 + if afternoon { 12 } else { 0 };
        end += 3;
    }
    // With slashes and no name the month stands first, as in the language of most programs,
    // unless it cannot be one.
    let month_first = named.is_none() && mark == b'/' && first <= 12;
    let (month, day) = if month_first { (first, second) } else { (second, first) };
    let (offset, end) = match zone(b, end) {
        Some((offset, end)) => (Some(offset), end),
        None => (None, end),
    };
    let time = (hour, minute, second_of_minute, micros);
    Some((stamp((year as i32, month, day), time, offset, reference), &text[end..]))
}
