//! Numbers, rates and lengths as people say them: the small parts that sentences are made of.

use crate::values::Unit;
use model::{Span, Timestamp};
use std::borrow::Borrow;

/// Cuts a text to so many letters, at a letter's border, with an ellipsis.
pub(crate) fn shorten(text: &str, letters_max: usize) -> String {
    if text.chars().count() <= letters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn joined(parts: &[impl Borrow<str>]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.borrow().to_owned(),
        [others @ .., last] => format!("{} and {}", others.join(", "), last.borrow()),
    }
}

/// A number with at most one digit after the point, and none where it is large.
pub(crate) fn number(value: f64) -> String {
    match value {
        v if v >= 10.0 => format!("{v:.0}"),
        v if v >= 0.1 => format!("{v:.1}"),
        v if v > 0.0 => "less than 0.1".to_owned(),
        _ => "0".to_owned(),
    }
}

/// The day of a time: `2026-03-02`.
pub(super) fn date(at: Timestamp) -> String {
    let text = at.to_minute_text();
    text[..text.len().min(10)].to_owned()
}

/// An amount with its unit: `12`, `0.8 s`, `4m 10s`, `1.5 MB`.
pub(super) fn amount(value: f64, unit: Unit) -> String {
    const STEPS: [(&str, f64); 4] =
        [("GB", 1_073_741_824.0), ("MB", 1_048_576.0), ("KB", 1_024.0), ("B", 1.0)];
    match unit {
        Unit::Count => number(value),
        Unit::Seconds if value < 0.1 => format!("{} ms", number(value * 1_000.0)),
        Unit::Seconds if value < 120.0 => format!("{} s", number(value)),
        Unit::Seconds => Span::from_secs(value.min(1e12) as i64).to_string(),
        Unit::Bytes => {
            let (name, size) = STEPS.into_iter().find(|s| value >= s.1).unwrap_or(STEPS[3]);
            format!("{} {name}", number(value / size))
        }
    }
}

/// `1 time`, `3 times`.
pub(super) fn times(n: u32) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}

/// A rate a day in words: `3.2 failures a day`, and where that is hardly any: `less than one failure
/// in 10 days`, or in as many days as are known.
pub(super) fn a_day(rate: f64, one: &str, many: &str, known_days: u32) -> String {
    match rate {
        rate if rate < 0.1 => match known_days {
            0 | 1 => format!("less than one {one} in the day before"),
            days => format!("less than one {one} in {} days", days.min(10)),
        },
        rate if (0.95..1.05).contains(&rate) => format!("one {one} a day"),
        rate => format!("{} {many} a day", number(rate)),
    }
}

/// How many hosts are usual, in words.
pub(super) fn usual_hosts(expected: f64) -> String {
    match expected {
        expected if expected < 1.0 => "less than one host is".to_owned(),
        expected => format!("{} hosts are", number(expected)),
    }
}

/// How many new kinds of message are usual, in words.
pub(super) fn usual_kinds(expected: f64) -> String {
    match expected {
        expected if expected < 1.0 => "less than one is usual".to_owned(),
        expected => format!("{} are usual", number(expected)),
    }
}

/// A mean gap without the seconds that nobody can rely on: `29m 59s` is `30m`.
pub(super) fn rounded(gap: Span) -> Span {
    let unit = match gap {
        gap if gap >= Span::MINUTE.times(10) => Span::MINUTE,
        _ => Span::from_secs(1),
    };
    let units = (gap.as_micros() + unit.as_micros() / 2) / unit.as_micros();
    unit.times(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_letters() {
        assert_eq!(shorten("größer als erlaubt", 8), "größer…");
        assert_eq!(shorten("kurz", 8), "kurz");
        assert_eq!(
            (number(0.04), number(3.25), number(41.6)),
            ("less than 0.1".into(), "3.2".into(), "42".into())
        );
    }

    #[test]
    fn rates_and_gaps_read_as_people_say_them() {
        let rate = |rate| a_day(rate, "failure", "failures", 40);
        assert_eq!(rate(0.04), "less than one failure in 10 days");
        assert_eq!(a_day(0.04, "failure", "failures", 4), "less than one failure in 4 days");
        assert_eq!(rate(1.0), "one failure a day");
        assert_eq!(rate(0.4), "0.4 failures a day");
        let amounts = [(0.0042, Unit::Seconds), (5.12, Unit::Seconds), (250.0, Unit::Seconds)];
        let amounts = amounts.map(|(value, unit)| amount(value, unit));
        assert_eq!(amounts, ["4.2 ms", "5.1 s", "4m 10s"]);
        assert_eq!(amount(1_572_864.0, Unit::Bytes), "1.5 MB");
        let gap = |secs| rounded(Span::from_secs(secs)).to_string();
        assert_eq!((gap(1_799), gap(59), gap(301)), ("30m".into(), "59s".into(), "5m 1s".into()));
    }
}
