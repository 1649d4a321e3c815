//! The spellings of a date and time in log headers → an instant and what had to be assumed for it.
//! Every function reads at the start of a text and returns the rest behind it; `None` means that
//! no date stands there, whereas a date that does not exist gives a [`Stamp`] without an instant.

mod figures;
mod named;

pub(crate) use figures::iso;
pub(super) use figures::{epoch, month_day};
pub(super) use named::day_first;
pub(crate) use named::{bsd, weekday_first};

use super::Reference;
use figures::{short_year, six_digits, tai64n};
use model::{Defect, Defects, Span, Timestamp};

/// A time as found in a header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    /// The instant; `None` for a date that does not exist.
    pub(crate) at: Option<Timestamp>,
    /// What was assumed or wrong.
    pub(crate) defects: Defects,
}

/// Hour, minute, second and microseconds.
type TimeOfDay = (u32, u32, u32, u32);

/// The value of 1 to 9 digits at `at` and the place behind them.
fn digits(b: &[u8], at: usize, least: usize, most: usize) -> Option<(u32, usize)> {
    let mut value = 0u32;
    let mut end = at;
    while end < at + most {
        match b.get(end) {
            Some(d @ b'0'..=b'9') => value = value * 10 + u32::from(d - b'0'),
            _ => break,
        }
        end += 1;
    }
    let more = matches!(b.get(end), Some(b'0'..=b'9'));
    (end - at >= least && !more).then_some((value, end))
}

/// Exactly `count` digits, whatever follows.
fn fixed(b: &[u8], at: usize, count: usize) -> Option<u32> {
    let mut value = 0u32;
    for d in b.get(at..at + count)? {
        if !d.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u32::from(d - b'0');
    }
    Some(value)
}

/// `H:MM:SS`, with a fraction of any length after a point, comma or colon.
fn time_of_day(b: &[u8], at: usize) -> Option<(TimeOfDay, usize)> {
    let (hour, colon) = digits(b, at, 1, 2)?;
    if b.get(colon) != Some(&b':') {
        return None;
    }
    let (minute, colon) = digits(b, colon + 1, 1, 2)?;
    if b.get(colon) != Some(&b':') {
        return None;
    }
    let (second, end) = digits(b, colon + 1, 1, 2)?;
    let (micros, end) = fraction(b, end);
    Some(((hour, minute, second, micros), end))
}

/// A fraction of a second in microseconds; what is finer is cut.
fn fraction(b: &[u8], at: usize) -> (u32, usize) {
    let point = matches!(b.get(at), Some(b'.' | b',' | b':'));
    if !point || !matches!(b.get(at + 1), Some(b'0'..=b'9')) {
        return (0, at);
    }
    let (mut micros, mut unit, mut end) = (0, 100_000, at + 1);
    while let Some(d @ b'0'..=b'9') = b.get(end) {
        micros += u32::from(d - b'0') * unit;
        unit /= 10;
        end += 1;
    }
    (micros, end)
}

/// A zone right behind a time, or one blank behind it: `Z`, `+02:00`, `-0700`, `+02`, `UTC`, `GMT`.
/// Other letters are no zone that we know: they name several zones each.
fn zone(b: &[u8], at: usize) -> Option<(i32, usize)> {
    let start = if b.get(at) == Some(&b' ') { at + 1 } else { at };
    let free = |end: usize| !matches!(b.get(end), Some(c) if c.is_ascii_alphanumeric());
    match b.get(start)? {
        b'Z' | b'z' if free(start + 1) => Some((0, start + 1)),
        b'U' if b[start..].starts_with(b"UTC") && free(start + 3) => Some((0, start + 3)),
        b'G' if b[start..].starts_with(b"GMT") && free(start + 3) => Some((0, start + 3)),
        sign @ (b'+' | b'-') => {
            let hours = fixed(b, start + 1, 2)?;
            let colon = usize::from(b.get(start + 3) == Some(&b':'));
            let (minutes, end) = match fixed(b, start + 3 + colon, 2) {
                Some(minutes) => (minutes, start + 5 + colon),
                // ` -07` behind a blank is more likely a negative number.
                None if start == at => (0, start + 3),
                None => return None,
            };
            if hours > 18 || minutes > 59 || !free(end) && b.get(end) != Some(&b'Z') {
                return None;
            }
            let end = end + usize::from(b.get(end) == Some(&b'Z'));
            let offset = (hours * 3_600 + minutes * 60) as i32;
            Some((if *sign == b'-' { -offset } else { offset }, end))
        }
        _ => None,
    }
}

/// The instant of a date, a time of day and maybe a zone.
fn stamp(
    date: (i32, u32, u32),
    time: TimeOfDay,
    zone: Option<i32>,
    reference: &Reference,
) -> Stamp {
    let mut defects = Defects::NONE;
    let offset = zone.unwrap_or_else(|| {
        defects.add(Defect::ZoneAssumed);
        reference.zone_offset_secs
    });
    let at = Timestamp::from_civil(date, time).map(|t| t - Span::from_secs(offset.into()));
    if at.is_none() {
        defects = Defects::NONE;
        defects.add(Defect::TimeInvalid);
    }
    Stamp { at, defects }
}

/// The same for a date without a year: the year that brings it nearest to the reference.
fn stamp_without_year(
    (month, day): (u32, u32),
    time: TimeOfDay,
    zone: Option<i32>,
    reference: &Reference,
) -> Stamp {
    let (this_year, _, _) = reference.now.civil_date();
    let distance = |t: Timestamp| (t - reference.now).as_micros().unsigned_abs();
    let mut best = stamp((this_year, month, day), time, zone, reference);
    let half_a_year = Span::DAY.times(182).as_micros().unsigned_abs();
    if best.at.is_none_or(|t| distance(t) > half_a_year) {
        for year in [this_year - 1, this_year + 1] {
            let other = stamp((year, month, day), time, zone, reference);
            let nearer = match (best.at, other.at) {
                (Some(held), Some(new)) => distance(new) < distance(held),
                (None, Some(_)) => true,
                _ => false,
            };
            if nearer {
                best = other;
            }
        }
    }
    if (month, day) == (2, 29) && best.at.is_none() {
        // No year nearby has this day, so it is one of an older log: the last that had.
        let years = (1..=LEAP_YEARS_MAX).map(|back| this_year - back);
        let mut days = years.map(|year| stamp((year, month, day), time, zone, reference));
        best = days.find(|older| older.at.is_some()).unwrap_or(best);
    }
    if best.at.is_some() {
        best.defects.add(Defect::YearAssumed);
    }
    best
}

/// Leap years are no further apart than this, as in 1896 and 1904.
const LEAP_YEARS_MAX: i32 = 8;

/// The month, 1–12, that three letters in any case name.
pub(super) fn month(b: &[u8]) -> Option<u32> {
    let [a, b, c] = b.first_chunk::<3>()?;
    Some(match [a | 32, b | 32, c | 32] {
        [b'j', b'a', b'n'] => 1,
        [b'f', b'e', b'b'] => 2,
        [b'm', b'a', b'r'] => 3,
        [b'a', b'p', b'r'] => 4,
        [b'm', b'a', b'y'] => 5,
        [b'j', b'u', b'n'] => 6,
        [b'j', b'u', b'l'] => 7,
        [b'a', b'u', b'g'] => 8,
        [b's', b'e', b'p'] => 9,
        [b'o', b'c', b't'] => 10,
        [b'n', b'o', b'v'] => 11,
        [b'd', b'e', b'c'] => 12,
        _ => return None,
    })
}

/// Whether three letters name a day of the week.
fn weekday(b: &[u8]) -> bool {
    const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    b.first_chunk::<3>().is_some_and(|day| DAYS.contains(&day))
}

/// The same day and time in another year; `None` for 29 February in a year without one.
pub(crate) fn with_year(at: Timestamp, year: i32) -> Option<Timestamp> {
    let (_, month, day) = at.civil_date();
    let midnight = Timestamp::from_civil((at.civil_date().0, month, day), (0, 0, 0, 0))?;
    Timestamp::from_civil((year, month, day), (0, 0, 0, 0)).map(|t| t + (at - midnight))
}

/// A whole text that is a time in any spelling, as fields of JSON have it.
pub(super) fn any(text: &str, reference: &Reference) -> Option<Stamp> {
    let (stamp, rest) = leading(text, reference)?;
    rest.trim().is_empty().then_some(stamp)
}

/// A time in any spelling at the start of a text.
pub(super) fn leading<'a>(text: &'a str, reference: &Reference) -> Option<(Stamp, &'a str)> {
    match text.as_bytes().first()? {
        b'0'..=b'9' => iso(text, reference)
            .or_else(|| day_first(text, reference))
            .or_else(|| epoch(text))
            .or_else(|| six_digits(text, reference))
            .or_else(|| short_year(text, reference))
            .or_else(|| month_day(text, reference)),
        b'@' => tai64n(text),
        b'A'..=b'Z' | b'a'..=b'z' => {
            bsd(text, reference).or_else(|| weekday_first(text, reference))
        }
        _ => None,
    }
}
