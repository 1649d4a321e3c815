//! A moment as a request writes it: RFC 3339, or a length of time ago (`24h`).

use model::{Span, Timestamp};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// A moment, or a length of time before the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    At(Timestamp),
    Ago(Span),
}

impl When {
    /// The moment, seen from now.
    pub(super) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            When::At(at) => at,
            When::Ago(span) => now - span,
        }
    }

    pub(super) fn parse(text: &str) -> Option<When> {
        if let Some(at) = rfc3339(text) {
            return Some(When::At(at));
        }
        // A number without a unit might be meant in many ways.
        let has_unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
        let is_short = text.len() <= 9 && text.bytes().take_while(u8::is_ascii_digit).count() <= 6;
        Span::parse(text).ok().filter(|_| has_unit && is_short).map(When::Ago)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<When, D::Error> {
        let text = String::deserialize(source)?;
        When::parse(&text).ok_or_else(|| {
            let shown = crate::safe::clip(&text, 40);
            D::Error::custom(format!(
                "`{shown}` is not a time: write 2026-11-20T08:30:00Z, or a length of time ago such as 24h"
            ))
        })
    }
}

/// RFC 3339 §5.6 in full: any number of digits of a second, leap seconds, small letters.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let b = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = b.get(range)?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    };
    let is = |place: usize, of: &[u8]| b.get(place).is_some_and(|byte| of.contains(byte));
    let marks = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    if !marks || !b.is_ascii() {
        return None;
    }
    let date = (digits(0..4)? as i32, digits(5..7)?, digits(8..10)?);
    let (hour, minute, second) = (digits(11..13)?, digits(14..16)?, digits(17..19)?);
    let mut at = 19;
    let mut micros = 0;
    if is(at, b".") {
        let end = (at + 1..b.len()).find(|place| !b[*place].is_ascii_digit()).unwrap_or(b.len());
        if end == at + 1 {
            return None;
        }
        let six = b[at + 1..end].iter().copied().chain(std::iter::repeat(b'0')).take(6);
        micros = six.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
        at = end;
    }
    let zone = &b[at..];
    let offset_secs = match zone {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (digits(at + 1..at + 3)?, digits(at + 4..at + 6)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let secs = i64::from(hours * 3_600 + minutes * 60);
            if *sign == b'-' { -secs } else { secs }
        }
        _ => return None,
    };
    let local = Timestamp::from_civil(date, (hour, minute, second, micros))?;
    Some(local - Span::from_secs(offset_secs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moments_read() {
        for (text, shown) in [
            ("2026-03-22T00:00:00Z", "2026-03-22T00:00:00Z"),
            ("2026-03-22t01:00:00.1234567890123+01:00", "2026-03-22T00:00:00.123456Z"),
            ("2026-03-22 23:59:60z", "2026-03-23T00:00:00Z"),
            ("0000-01-01T00:00:00-23:59", "0000-01-01T23:59:00Z"),
        ] {
            let read = When::parse(text).map(|when| when.at(Timestamp::default()).to_string());
            assert_eq!(read.as_deref(), Some(shown), "{text}");
        }
        let day = When::parse("24h").map(|when| when.at(Timestamp::from_secs(86_400)));
        assert_eq!(day, Some(Timestamp::from_secs(0)));
        for text in
            ["", "0", "yesterday", "2026-03-22", "2026-02-30T00:00:00Z", "2026-03-22T00:00:00"]
        {
            assert_eq!(When::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text: String) {
            let _ = When::parse(&text);
        }

        #[test]
        fn what_is_shown_is_read(micros in -60_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let at = Timestamp::from_micros(micros);
            prop_assert_eq!(When::parse(&at.to_string()), Some(When::At(at)));
        }
    }
}
