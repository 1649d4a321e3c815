//! An hour of the day at a place → the moments at which it comes: `06:30`, `06:30+01:00`, `06:30 Europe/Berlin`. With
//! the name of a zone (IANA) it is that hour of the clock on the wall, in summer and in winter.
//!
//! An hour that the clock leaps over comes as much later as was leapt; one that comes twice counts the first time. So
//! there is one a day, whatever the clock does. The rules are those of the machine (tzdata).

use crate::config::did_you_mean;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span as Days, civil};
use model::{Span, Timestamp};
use std::fmt;

/// An hour of the day at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hour {
    time: civil::Time,
    zone: TimeZone,
}

/// Midnight UTC.
impl Default for Hour {
    fn default() -> Hour {
        Hour::utc(0)
    }
}

const TOLD: &str =
    "wants a time of day, such as \"06:00\" (UTC), \"06:00+02:00\" or \"06:00 Europe/Berlin\"";

impl Hour {
    /// A full hour in UTC, 0 to 23.
    pub(crate) fn utc(hour: i8) -> Hour {
        Hour { time: civil::time(hour, 0, 0, 0), zone: TimeZone::UTC }
    }

    /// Reads what is written in a settings file.
    ///
    /// # Errors
    /// What is to be written instead, as the end of a sentence that begins with the name of the setting.
    pub(crate) fn parse(text: &str) -> Result<Hour, String> {
        let (time, zone) = match text.find(['+', '-', ' ']) {
            None => (text, TimeZone::UTC),
            Some(at) if text[at..].starts_with(' ') => (&text[..at], named(text[at..].trim())?),
            Some(at) => {
                let sign = if text[at..].starts_with('-') { -1 } else { 1 };
                let (hour, minute) = clock(&text[at + 1..]).ok_or(TOLD)?;
                let secs = sign * (i32::from(hour) * 3_600 + i32::from(minute) * 60);
                let offset = Offset::from_seconds(secs).map_err(|_| TOLD)?;
                (&text[..at], TimeZone::fixed(offset))
            }
        };
        let (hour, minute) = clock(time).ok_or(TOLD)?;
        Ok(Hour { time: civil::time(hour, minute, 0, 0), zone })
    }

    /// When it came last, not after `now`.
    pub(crate) fn latest(&self, now: Timestamp) -> Timestamp {
        let Some(today) = self.date(now) else { return now.floor(Span::DAY) };
        // Where clocks are set back over midnight tomorrow's hour may have come already.
        let mut due = [1, 0, -1, -2].into_iter().filter_map(|days| {
            let date = today.checked_add(Days::new().days(days)).ok()?;
            let due = date.to_datetime(self.time).to_zoned(self.zone.clone()).ok()?;
            Some(Timestamp::from_micros(due.timestamp().as_microsecond()))
        });
        due.find(|due| *due <= now).unwrap_or_else(|| now.floor(Span::DAY))
    }

    /// The day there, as `YYYY-MM-DD`.
    pub(crate) fn day(&self, now: Timestamp) -> String {
        let (year, month, day) = now.civil_date();
        self.date(now).map_or(format!("{year:04}-{month:02}-{day:02}"), |date| date.to_string())
    }

    /// `None` in years that no calendar has (before −9999 or after 9999).
    fn date(&self, now: Timestamp) -> Option<civil::Date> {
        let now = jiff::Timestamp::from_microsecond(now.as_micros()).ok()?;
        Some(self.zone.to_datetime(now).date())
    }
}

/// As it is written in a settings file.
impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.time.hour(), self.time.minute())?;
        match (self.zone.iana_name(), self.zone.to_fixed_offset()) {
            (Some("UTC"), _) => Ok(()),
            (Some(name), _) => write!(f, " {name}"),
            (None, Ok(offset)) => {
                let minutes = offset.seconds() / 60;
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            // Of rules without a name, which nothing written makes.
            (None, Err(_)) => Ok(()),
        }
    }
}

/// `06:30`, two digits each.
fn clock(text: &str) -> Option<(i8, i8)> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str, below: i8| {
        let is_two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|number| is_two && *number < below)
    };
    Some((two(hours, 24)?, two(minutes, 60)?))
}

fn named(name: &str) -> Result<TimeZone, String> {
    let zones = jiff::tz::db();
    if let Ok(zone) = zones.get(name) {
        return Ok(zone);
    }
    let known: Vec<String> = zones.available().map(|zone| zone.to_string()).collect();
    if known.is_empty() {
        return Err("names a zone, and this machine knows none: install tzdata, or write an offset, such as \"06:00+02:00\"".to_owned());
    }
    let meant = did_you_mean(name, known.iter().map(String::as_str));
    Err(format!(
        "names a zone that there is not, `{name}`{meant}; zones are written such as Europe/Berlin"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_absolute(text, 0).unwrap()
    }

    /// The rules of Central Europe, also where the machine has no zones.
    fn berlin(hour: i8, minute: i8) -> Hour {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        Hour { time: civil::time(hour, minute, 0, 0), zone }
    }

    #[test]
    fn it_comes_once_a_day_by_the_clock_on_the_wall() {
        let cases = [
            // Summer time begins on 29 March 2026 at 02:00, and 02:30 does not exist: it comes an hour later.
            (berlin(6, 0), "2026-03-28T12:00:00Z", "2026-03-28T05:00:00Z"),
            (berlin(6, 0), "2026-03-29T04:00:00Z", "2026-03-29T04:00:00Z"),
            (berlin(6, 0), "2026-03-29T03:59:59Z", "2026-03-28T05:00:00Z"),
            (berlin(2, 30), "2026-03-29T01:29:59Z", "2026-03-28T01:30:00Z"),
            (berlin(2, 30), "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z"),
            (berlin(2, 30), "2026-03-30T00:30:00Z", "2026-03-30T00:30:00Z"),
            // It ends on 25 October at 03:00, and 02:30 comes twice: the first counts.
            (berlin(2, 30), "2026-10-25T00:29:59Z", "2026-10-24T00:30:00Z"),
            (berlin(2, 30), "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
            (berlin(2, 30), "2026-10-25T01:30:00Z", "2026-10-25T00:30:00Z"),
            (berlin(2, 30), "2026-10-26T01:30:00Z", "2026-10-26T01:30:00Z"),
            (berlin(6, 0), "2026-10-25T05:00:00Z", "2026-10-25T05:00:00Z"),
        ];
        for (hour, now, due) in cases {
            assert_eq!(hour.latest(at(now)), at(due), "{hour} {now}");
        }
    }

    /// At each minute of a year: as many as there are days, none twice, each on a day of its own.
    #[test]
    fn a_year_has_as_many_as_days() {
        for hour in
            [berlin(0, 0), berlin(2, 30), berlin(23, 59), Hour::parse("01:00+12:45").unwrap()]
        {
            let (mut due, mut days) = (Vec::new(), Vec::new());
            for minute in 0..365 * 1_440 {
                let now = at("2026-01-02T00:00:00Z") + Span::MINUTE.times(minute);
                let latest = hour.latest(now);
                assert!(latest <= now && now - latest <= Span::HOUR.times(25), "{hour} {now}");
                if due.last() != Some(&latest) {
                    due.push(latest);
                    days.push(hour.day(latest));
                }
            }
            assert!(due.is_sorted() && (365..=366).contains(&due.len()), "{hour} {}", due.len());
            days.dedup();
            assert_eq!(days.len(), due.len(), "{hour}: two digests would have one name");
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["06:00", "06:30+02:00", "23:15-05:45", "00:00+12:45"] {
            assert_eq!(Hour::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Hour::parse("06:00+00:00").unwrap().to_string(), "06:00");
        assert_eq!(
            Hour::parse("23:15-05:45").unwrap().latest(at("2026-03-02T05:00:00Z")),
            at("2026-03-02T05:00:00Z")
        );
        for text in
            ["", "6:00", "24:00", "06:60", "06:00+2", "06:00+24:30x", "06:00Z", "+06:00", "06:00+é"]
        {
            let told = Hour::parse(text).unwrap_err();
            assert!(told.contains("such as"), "{text}: {told}");
        }
    }

    #[test]
    fn zones_have_names() {
        if jiff::tz::db().available().next().is_none() {
            println!("skipped: this machine has no zone database (tzdata)");
            return;
        }
        let hour = Hour::parse("06:30 Europe/Berlin").unwrap();
        assert_eq!(hour.to_string(), "06:30 Europe/Berlin");
        assert_eq!(Hour::parse("06:30 europe/berlin").unwrap(), hour, "as people type");
        assert_eq!(hour.latest(at("2026-07-01T12:00:00Z")), at("2026-07-01T04:30:00Z"));
        assert_eq!(hour.latest(at("2026-12-01T12:00:00Z")), at("2026-12-01T05:30:00Z"));
        assert_eq!(hour.day(at("2026-07-01T22:30:00Z")), "2026-07-02");
        let told = Hour::parse("06:30 Europe/Berlim").unwrap_err();
        assert!(told.contains("`Europe/Berlim`; did you mean `Europe/Berlin`?"), "{told}");
        let told = Hour::parse("06:30 Moon/Tycho-Crater").unwrap_err();
        assert!(!told.contains("did you mean") && told.contains("such as"), "{told}");
    }
}
