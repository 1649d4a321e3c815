//! Time: an instant and a length, in microseconds. The only place that names the time library;
//! everything else counts in these two types and takes "now" as an argument.

use std::fmt;
use std::ops::{Add, Sub};

/// Microseconds in one second.
const MICROS: i64 = 1_000_000;

/// A length of time in microseconds; may be negative.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// One minute.
    pub const MINUTE: Span = Span::from_secs(60);
    /// One hour.
    pub const HOUR: Span = Span::from_secs(3_600);
    /// One day of 24 hours.
    pub const DAY: Span = Span::from_secs(86_400);

    /// A length of whole seconds.
    pub const fn from_secs(secs: i64) -> Span {
        Span(secs.saturating_mul(MICROS))
    }

    /// A length of microseconds.
    pub const fn from_micros(micros: i64) -> Span {
        Span(micros)
    }

    /// The length in microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The length in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / MICROS as f64
    }

    /// The length in days of 24 hours.
    pub fn as_days_f64(self) -> f64 {
        self.as_secs_f64() / 86_400.0
    }

    /// `self` taken `times` times, at the type's bounds where it would overflow.
    pub const fn times(self, times: i64) -> Span {
        Span(self.0.saturating_mul(times))
    }

    /// `self` taken `factor` times, rounded down to microseconds.
    pub fn scaled(self, factor: f64) -> Span {
        Span((self.0 as f64 * factor) as i64)
    }

    /// Reads `90s`, `15m`, `1h`, `7d`, `2w` (a bare number means seconds).
    ///
    /// # Errors
    /// Says what was expected when the text is none of these.
    pub fn parse(text: &str) -> Result<Span, TimeError> {
        let fail = || TimeError::Span { text: text.into() };
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let number: i64 = text[..split].parse().map_err(|_| fail())?;
        let unit = match &text[split..] {
            "" | "s" => 1,
            "m" | "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return Err(fail()),
        };
        number.checked_mul(unit).map(Span::from_secs).ok_or_else(fail)
    }
}

/// The length in the two largest units that matter: `4m 20s`, `3h 12m`, `9d`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.unsigned_abs() / MICROS as u64;
        let sign = if self.0 < 0 { "-" } else { "" };
        let pair = |f: &mut fmt::Formatter<'_>, big: u64, b: &str, small: u64, s: &str| {
            if small == 0 {
                write!(f, "{sign}{big}{b}")
            } else {
                write!(f, "{sign}{big}{b} {small}{s}")
            }
        };
        match secs {
            0 if self.0 != 0 => write!(f, "{sign}{}ms", self.0.unsigned_abs() / 1_000),
            0..60 => write!(f, "{sign}{secs}s"),
            60..3_600 => pair(f, secs / 60, "m", secs % 60, "s"),
            3_600..86_400 => pair(f, secs / 3_600, "h", secs % 3_600 / 60, "m"),
            _ => pair(f, secs / 86_400, "d", secs % 86_400 / 3_600, "h"),
        }
    }
}

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Why a text is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not a length of time.
    #[error("`{text}` is not a length of time: write 90s, 15m, 1h, 7d or 2w")]
    Span {
        /// What was given.
        text: String,
    },
    /// Not an instant.
    #[error(
        "`{text}` is not a time: write 2026-11-20, 2026-11-20T08:30:00Z, @1795000000 or 24h (ago)"
    )]
    Instant {
        /// What was given.
        text: String,
    },
    /// Not an instant that means the same on every day.
    #[error("`{text}` is not a time: write 2026-11-20, 2026-11-20T08:30:00Z or @1795000000")]
    Absolute {
        /// What was given.
        text: String,
    },
}

impl Timestamp {
    /// The instant so many microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    /// The instant so many seconds after the epoch.
    pub const fn from_secs(secs: i64) -> Timestamp {
        Timestamp(secs.saturating_mul(MICROS))
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// How far another instant is, whichever comes first.
    pub fn apart(self, other: Timestamp) -> Span {
        (self - other).max(other - self)
    }

    /// The start of the interval of length `span` (counted from the epoch) that holds `self`.
    pub const fn floor(self, span: Span) -> Timestamp {
        if span.0 <= 0 {
            return self;
        }
        Timestamp(self.0 - self.0.rem_euclid(span.0))
    }

    /// The instant of a date and time of day in UTC, or `None` where no such date exists.
    pub fn from_civil(
        (year, month, day): (i32, u32, u32),
        (hour, minute, second, micros): (u32, u32, u32, u32),
    ) -> Option<Timestamp> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        // A leap second (60) is told as the second after it.
        if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        if !(-9999..=9999).contains(&year) || micros >= MICROS as u32 {
            return None;
        }
        let secs = days_from_civil(year, month, day) * 86_400
            + i64::from(hour * 3_600 + minute * 60 + second);
        Some(Timestamp(secs * MICROS + i64::from(micros)))
    }

    /// Year, month and day in UTC.
    pub fn civil_date(self) -> (i32, u32, u32) {
        civil_from_days(self.0.div_euclid(86_400 * MICROS))
    }

    /// Hour of the day in UTC, 0–23.
    pub fn hour(self) -> u32 {
        (self.as_secs().rem_euclid(86_400) / 3_600) as u32
    }

    /// Day of the week in UTC, 0 = Monday.
    pub fn weekday(self) -> u32 {
        ((self.as_secs().div_euclid(86_400) + 3).rem_euclid(7)) as u32
    }

    /// Reads an instant as a person writes it: as [`Self::parse_absolute`] does in UTC, or a length of
    /// time before `now` (`24h`).
    ///
    /// # Errors
    /// Says what was expected when the text is none of these.
    pub fn parse(text: &str, now: Timestamp) -> Result<Timestamp, TimeError> {
        let fail = |_| TimeError::Instant { text: text.into() };
        Timestamp::parse_absolute(text, 0)
            .or_else(|_| Span::parse(text).map(|span| now - span).map_err(fail))
    }

    /// Reads an instant that means the same on every day: RFC 3339, `@seconds`, or a date (its first
    /// moment) or a date and time without zone, both so many seconds east of Greenwich.
    ///
    /// # Errors
    /// Says what was expected when the text is none of these.
    pub fn parse_absolute(text: &str, zone_offset_secs: i32) -> Result<Timestamp, TimeError> {
        let fail = || TimeError::Absolute { text: text.into() };
        if let Some(secs) = text.strip_prefix('@') {
            return secs.parse().map(Timestamp::from_secs).map_err(|_| fail());
        }
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Timestamp(instant.as_microsecond()));
        }
        let civil = text.parse::<jiff::civil::DateTime>().map_err(|_| fail())?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| fail())?;
        let as_utc = Timestamp(zoned.timestamp().as_microsecond());
        Ok(as_utc - Span::from_secs(i64::from(zone_offset_secs)))
    }

    /// `YYYY-MM-DD HH:MM` in UTC, for people.
    pub fn to_minute_text(self) -> String {
        let (year, month, day) = self.civil_date();
        let secs = self.as_secs().rem_euclid(86_400);
        format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", secs / 3_600, secs % 3_600 / 60)
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, counted in eras of 400
/// years that begin on 1 March, so that the leap day is an era's last.
fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = ((month_from_march + 2) % 12 + 1) as u32;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year as i32, month, day)
}

impl Add<Span> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Span;
    fn sub(self, other: Timestamp) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

/// RFC 3339 in UTC with as many digits of a second as it has.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil_date();
        let secs = self.as_secs().rem_euclid(86_400);
        let (hour, minute, second) = (secs / 3_600, secs % 3_600 / 60, secs % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match self.0.rem_euclid(MICROS) {
            0 => f.write_str("Z"),
            micros if micros % 1_000 == 0 => write!(f, ".{:03}Z", micros / 1_000),
            micros => write!(f, ".{micros:06}Z"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// RFC 3339 for people and tools; plain microseconds in binary forms, which are read back by us alone.
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if !s.is_human_readable() {
            return s.serialize_i64(self.0);
        }
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if !d.is_human_readable() {
            return i64::deserialize(d).map(Timestamp);
        }
        let text = String::deserialize(d)?;
        let instant = text.parse::<jiff::Timestamp>().map_err(serde::de::Error::custom)?;
        Ok(Timestamp(instant.as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_read_and_show() {
        let now = Timestamp::from_secs(1_000_000);
        for (text, shown) in [
            ("2026-03-02T00:00:04.291Z", "2026-03-02T00:00:04.291Z"),
            ("2026-03-02", "2026-03-02T00:00:00Z"),
            ("2024-02-29 12:00:01.000002", "2024-02-29T12:00:01.000002Z"),
            ("2026-03-02T01:00:00+01:00", "2026-03-02T00:00:00Z"),
            ("@86400", "1970-01-02T00:00:00Z"),
            ("1h", "1970-01-12T12:46:40Z"),
        ] {
            let read = Timestamp::parse(text, now).map(|t| t.to_string());
            assert_eq!(read.as_deref(), Ok(shown), "{text}");
        }
        assert!(Timestamp::parse("yesterday", now).is_err());
    }

    #[test]
    fn a_zone_moves_only_instants_that_name_none() {
        for (text, shown) in [
            ("2026-03-02 08:30", "2026-03-02T06:30:00Z"),
            ("2026-03-02", "2026-03-01T22:00:00Z"),
            ("2026-03-02T08:30:00Z", "2026-03-02T08:30:00Z"),
            ("2026-03-02 08:30:00+01:00", "2026-03-02T07:30:00Z"),
            ("@86400", "1970-01-02T00:00:00Z"),
        ] {
            let read = Timestamp::parse_absolute(text, 7_200).map(|t| t.to_string());
            assert_eq!(read.as_deref(), Ok(shown), "{text}");
        }
        for text in ["24h", "1795000000", "", "02.03.2026 08:30"] {
            assert!(Timestamp::parse_absolute(text, 0).is_err(), "{text}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for date in [(2026, 2, 29), (2026, 13, 1), (2026, 4, 31), (2026, 0, 1), (2026, 1, 0)] {
            assert_eq!(Timestamp::from_civil(date, (0, 0, 0, 0)), None, "{date:?}");
        }
        assert!(Timestamp::from_civil((2024, 2, 29), (23, 59, 60, 0)).is_some());
    }

    #[test]
    fn weekday_counts_from_monday() {
        let monday = Timestamp::from_civil((2026, 3, 2), (12, 0, 0, 0)).unwrap();
        assert_eq!((monday.weekday(), monday.hour()), (0, 12));
        assert_eq!((monday - Span::DAY).weekday(), 6);
    }

    #[test]
    fn spans_show_two_units() {
        for (text, shown) in [("260", "4m 20s"), ("3h", "3h"), ("8d", "8d"), ("90m", "1h 30m")] {
            assert_eq!(Span::parse(text).unwrap().to_string(), shown);
        }
        assert!(Span::parse("9223372036854775807w").is_err());
        assert!(Span::parse("h").is_err());
    }

    proptest! {
        #[test]
        fn calendar_agrees_with_the_library(secs in -62_000_000_000_i64..200_000_000_000) {
            let ours = Timestamp::from_secs(secs);
            let theirs = jiff::Timestamp::from_second(secs).unwrap();
            prop_assert_eq!(ours.to_string(), theirs.to_string());
            prop_assert_eq!(Timestamp::parse(&ours.to_string(), ours), Ok(ours));
        }
    }
}
