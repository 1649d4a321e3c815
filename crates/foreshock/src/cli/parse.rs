//! Words of the command line → values, for clap. An error says what would have been understood.

use model::time::TimeError;
use model::{Band, CandidateId, SignatureId, Span, Timestamp};
use std::fmt;
use std::time::SystemTime;

/// The present. Times of the command line that are lengths ("24h") are counted back from it.
pub(crate) fn now() -> Timestamp {
    let micros = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
    };
    Timestamp::from_micros(micros)
}

/// `2026-11-20`, `2026-11-20T08:30:00Z`, `@1795000000`, `24h` (ago).
pub(super) fn time(text: &str) -> Result<Timestamp, TimeError> {
    Timestamp::parse(text, now())
}

/// `90s`, `15m`, `1h`, `7d`, `2w`; more than nothing.
pub(super) fn span(text: &str) -> Result<Span, String> {
    match Span::parse(text) {
        Ok(span) if span > Span::ZERO => Ok(span),
        Ok(_) => Err("must be longer than nothing".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// A band's name, in either spelling.
pub(super) fn band(text: &str) -> Result<Band, String> {
    let words = || Band::ALL.map(Band::word).join(", ");
    Band::from_word(text).ok_or_else(|| format!("write one of {}", words()))
}

/// `Z`, `UTC`, `+02:00`, `-0530`, `+2` → seconds east of Greenwich.
pub(super) fn zone(text: &str) -> Result<i32, String> {
    let parse = || {
        if matches!(text, "Z" | "z" | "UTC" | "utc") {
            return Some(0);
        }
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = match (rest.split_once(':'), rest.len()) {
            (Some((hours, minutes)), 5) if hours.len() == 2 => (hours, minutes),
            (None, 4) => rest.split_at_checked(2)?,
            (None, 1 | 2) => (rest, "0"),
            _ => return None,
        };
        let number = |digits: &str| match digits.bytes().all(|b| b.is_ascii_digit()) {
            true => digits.parse::<i32>().ok(),
            false => None,
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        (hours <= 14 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
    };
    parse().ok_or_else(|| "write an offset from UTC: Z, +02:00 or -0530".into())
}

/// What `explain` can be asked about: an id, or as much of its beginning as tells it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A candidate: an item of a digest.
    Candidate(String),
    /// A kind of message.
    Signature(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Candidate(shown) | Subject::Signature(shown) => f.write_str(shown),
        }
    }
}

/// Letters of an id that must be given at least: fewer are mostly a slip, and seldom enough.
const ID_LETTERS_MIN: usize = 4;
/// Letters of a whole id.
const ID_LETTERS: usize = 26;

/// `cand_…`, `sig_…`, whole or the beginning; a cut that a page or a person marked with dots is
/// taken as a beginning.
pub(super) fn subject(text: &str) -> Result<Subject, String> {
    let text = text.trim().trim_end_matches(['…', '.']);
    let (prefix, letters) = text.split_once('_').unwrap_or_default();
    let subject = match prefix {
        CandidateId::PREFIX => Subject::Candidate(text.to_owned()),
        SignatureId::PREFIX => Subject::Signature(text.to_owned()),
        _ => return Err("write an id as a digest shows it: cand_… or sig_…".into()),
    };
    let of_ids = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() && !b"ilou".contains(&b);
    match letters.bytes().all(of_ids) && (ID_LETTERS_MIN..=ID_LETTERS).contains(&letters.len()) {
        true => Ok(subject),
        false => Err(format!(
            "write `{prefix}_` and {ID_LETTERS_MIN} to {ID_LETTERS} letters of 0-9 a-z without \
             i, l, o, u, as a digest shows them"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_read_as_people_write_them() {
        for (text, secs) in
            [("Z", 0), ("+02:00", 7_200), ("-0530", -19_800), ("+2", 7_200), ("+14:00", 50_400)]
        {
            assert_eq!(zone(text), Ok(secs), "{text}");
        }
        for text in ["", "2", "+", "+2:00", "+15:00", "+02:60", "CET", "+-2", "+é", "+1é"] {
            assert!(zone(text).is_err(), "{text}");
        }
    }

    #[test]
    fn subjects_are_told_by_their_prefix() {
        let id = SignatureId::derive(&[b"a"]).to_string();
        assert_eq!(subject(&id), Ok(Subject::Signature(id.clone())));
        let cut = Ok(Subject::Candidate("cand_7k2q".into()));
        assert_eq!((subject("cand_7k2q"), subject("cand_7k2q…")), (cut.clone(), cut));
        for text in [
            "",
            "sig_",
            "sig_7k2",
            "sig_short",
            "sig_7K2Q",
            &format!("{id}0"),
            "inc_6sb2m9csaqz6bchwyz3cr42ty1",
            "7",
        ] {
            assert!(subject(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_of_nothing_is_refused() {
        assert!(span("0h").is_err());
        assert_eq!(span("1h"), Ok(Span::HOUR));
    }
}
