//! Dates in figures with the year first or left out, and bare counts of seconds.

use super::super::Reference;
use super::{
    Stamp, TimeOfDay, digits, fixed, fraction, month, stamp, stamp_without_year, time_of_day, zone,
};
use model::{Defects, Timestamp};

/// A date in figures, year first: `2026-11-21T09:00:01.25+02:00` and its kin with a blank, slashes,
/// points, commas, or no separators in the date.
pub(crate) fn iso<'a>(text: &'a str, reference: &Reference) -> Option<(Stamp, &'a str)> {
    let b = text.as_bytes();
    let year = fixed(b, 0, 4)? as i32;
    let (date, at) = match b.get(4)? {
        mark @ (b'-' | b'/' | b'.') => {
            let (month, at) = digits(b, 5, 1, 2)?;
            if b.get(at) != Some(mark) {
                return None;
            }
            let (day, at) = digits(b, at + 1, 1, 2)?;
            ((year, month, day), at)
        }
        b'0'..=b'1' => ((year, fixed(b, 4, 2)?, fixed(b, 6, 2)?), 8),
        // `2026 Nov 21 09:00:01`, a switch's way.
        b' ' => {
            let month = month(b.get(5..)?)?;
            let day_at = if b.get(9) == Some(&b' ') { 10 } else { 9 };
            let (day, at) = digits(b, day_at, 1, 2)?;
            ((year, month, day), at)
        }
        _ => return None,
    };
    let at = match b.get(at)? {
        b'T' | b't' | b'-' | b'_' | b':' => at + 1,
        // Some pad a one-digit hour with a blank.
        b' ' => at + 1 + usize::from(b.get(at + 1) == Some(&b' ')),
        _ => return None,
    };
    let (time, end) = time_of_day(b, at).or_else(|| time_with_points(b, at))?;
    let (offset, end) = match zone(b, end) {
        Some((offset, end)) => (Some(offset), end),
        None => (None, end),
    };
    Some((stamp(date, time, offset, reference), &text[end..]))
}

/// `07.31.05.250113`, the time of IBM's timestamps.
fn time_with_points(b: &[u8], at: usize) -> Option<(TimeOfDay, usize)> {
    let (hour, minute, second) = (fixed(b, at, 2)?, fixed(b, at + 3, 2)?, fixed(b, at + 6, 2)?);
    if b.get(at + 2) != Some(&b'.') || b.get(at + 5) != Some(&b'.') {
        return None;
    }
    let (micros, end) = fraction(b, at + 8);
    Some(((hour, minute, second, micros), end))
}

/// Seconds, milli-, micro- or nanoseconds since 1970, told apart by their number of digits: ten
/// digits of seconds last from 2001 to 2286.
pub(crate) fn epoch(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    let count = b.iter().take(20).take_while(|d| d.is_ascii_digit()).count();
    if !matches!(count, 10 | 13 | 16 | 19) {
        return None;
    }
    let value: i64 = text[..count].parse().ok()?;
    let (micros, end) = match count {
        10 if b.get(10) == Some(&b'.') => {
            let (micros, end) = fraction(b, 10);
            (value * 1_000_000 + i64::from(micros), end)
        }
        10 => (value * 1_000_000, 10),
        13 => (value * 1_000, 13),
        16 => (value, 16),
        19 => (value / 1_000, 19),
        _ => return None,
    };
    if matches!(b.get(end), Some(c) if c.is_ascii_alphanumeric()) || b[0] == b'0' {
        return None;
    }
    let at = Some(Timestamp::from_micros(micros));
    Some((Stamp { at, defects: Defects::NONE }, &text[end..]))
}

/// `@4000000056d0c3a407b1e8d4`: TAI64N, of daemontools. It runs 10 s and the leap seconds ahead of
/// UTC; we take the 37 s that hold since 2017.
pub(super) fn tai64n(text: &str) -> Option<(Stamp, &str)> {
    let hex = text.get(1..25).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let secs = i64::from_str_radix(&hex[..16], 16).ok()?.checked_sub((1 << 62) + 37)?;
    let nanos = u32::from_str_radix(&hex[16..], 16).ok()?;
    let at =
        Timestamp::from_micros(secs.checked_mul(1_000_000)?.checked_add(i64::from(nanos / 1_000))?);
    Some((Stamp { at: Some(at), defects: Defects::NONE }, &text[25..]))
}

/// `11-21 09:00:01.123` and `[11.21 09:00:01]`: a month and a day without a year.
pub(crate) fn month_day<'a>(text: &'a str, reference: &Reference) -> Option<(Stamp, &'a str)> {
    let b = text.as_bytes();
    let (first, second) = (fixed(b, 0, 2)?, fixed(b, 3, 2)?);
    if !matches!(b[2], b'-' | b'.' | b'/') || b.get(5) != Some(&b' ') {
        return None;
    }
    let (time, end) = time_of_day(b, 6)?;
    let date = if first > 12 { (second, first) } else { (first, second) };
    Some((stamp_without_year(date, time, None, reference), &text[end..]))
}

/// `26/11/21 09:00:01`, log4j's short date: the year first, unless that cannot be.
pub(super) fn short_year<'a>(text: &'a str, reference: &Reference) -> Option<(Stamp, &'a str)> {
    let b = text.as_bytes();
    let (first, second, third) = (fixed(b, 0, 2)?, fixed(b, 3, 2)?, fixed(b, 6, 2)?);
    if !matches!(b[2], b'/' | b'-' | b'.') || b[5] != b[2] || b.get(8) != Some(&b' ') {
        return None;
    }
    let (time, end) = time_of_day(b, 9)?;
    let (year, month, day) =
        if first > 12 { (first, second, third) } else { (third, first, second) };
    Some((stamp((2000 + year as i32, month, day), time, None, reference), &text[end..]))
}

/// `261121  9:00:01`, of older MySQL: two digits each of year, month and day.
pub(super) fn six_digits<'a>(text: &'a str, reference: &Reference) -> Option<(Stamp, &'a str)> {
    let b = text.as_bytes();
    let (year, month, day) = (fixed(b, 0, 2)?, fixed(b, 2, 2)?, fixed(b, 4, 2)?);
    if b.get(6) != Some(&b' ') {
        return None;
    }
    let (time, end) = match fixed(b, 7, 6) {
        // `261121 090001 `, of Hadoop: the time without colons as well.
        Some(time) if b.get(13) == Some(&b' ') => {
            ((time / 10_000, time / 100 % 100, time % 100, 0), 13)
        }
        _ => time_of_day(b, 7 + usize::from(b.get(7) == Some(&b' ')))?,
    };
    Some((stamp((2000 + year as i32, month, day), time, None, reference), &text[end..]))
}
