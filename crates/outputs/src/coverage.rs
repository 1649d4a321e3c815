//! How much of what is usually heard was heard, in a sentence.

use crate::figure::{counted, grouped};
use model::{Coverage, Missed, MissedHow, OffClock, Timestamp};

/// `Coverage 98 % (last hour 91.4 %) of 12 sources: switch-3 silent since 04:12; …` What was missed and is no more than
/// is told in a line each. That nothing was missed is said only where it is known of all of them.
pub fn sentence(coverage: &Coverage, as_of: Timestamp) -> String {
    let sources = counted(coverage.sources, "source", "sources");
    let Some(all) = coverage.percent else {
        return match coverage.sources {
            0 => "Coverage unknown: no source was heard yet.".to_owned(),
            _ => format!("Coverage unknown: what {sources} usually say is still being learnt."),
        };
    };
    let hour = coverage.last_hour_percent.filter(|hour| *hour < 100.0);
    let hour = hour.map_or(String::new(), |hour| format!(" ({} of the last hour)", percent(hour)));
    let of = match coverage.learning {
        0 => sources,
        learning => of_those_known(coverage.sources, learning),
    };
    let told = match not_heard(coverage, as_of) {
        Some(missed) => format!(": {missed}"),
        None if coverage.learning == 0 => ": nothing was missed".to_owned(),
        None => String::new(),
    };
    let clocks = clocks(coverage).map_or(String::new(), |clocks| format!("; {clocks}"));
    format!("Coverage {}{hour} of {of}{told}{clocks}.", percent(all))
}

/// `the 9 sources whose usual rate is known; 3 are still being learnt`.
pub fn of_those_known(sources: u64, learning: u64) -> String {
    let known = counted(sources.saturating_sub(learning), "source", "sources");
    let are = if learning == 1 { "is" } else { "are" };
    format!(
        "the {known} whose usual rate is known, while {} {are} still being learnt",
        grouped(learning)
    )
}

/// `clocks are off: fw 40 min ahead, …`; `None` where none is.
pub(crate) fn clocks(coverage: &Coverage) -> Option<String> {
    let mut off: Vec<String> = coverage.clocks.iter().take(LINE_MAX).map(clock).collect();
    let more = coverage.clocks_more + coverage.clocks.len().saturating_sub(LINE_MAX) as u64;
    if more > 0 {
        off.push(format!("{} more", grouped(more)));
    }
    (!off.is_empty()).then(|| format!("clocks are off: {}", off.join(", ")))
}

/// `fw 40 min ahead`.
fn clock(off: &OffClock) -> String {
    let way = if off.ahead_secs < 0.0 { "behind" } else { "ahead" };
    format!("{} {} {way}", off.source, duration(off.ahead_secs.abs()))
}

/// A length of time as people say it, to the nearest of the largest unit that it has: `0.4 s`, `12 s`, `40 min`, `5 h`,
/// `249 d`; negative ones with their sign.
pub fn duration(secs: f64) -> String {
    let (sign, secs) = (if secs < 0.0 { "-" } else { "" }, secs.abs());
    let (figure, unit) = match secs {
        s if s < 9.95 => return format!("{sign}{secs:.1} s"),
        s if s < 119.5 => (s, "s"),
        s if s < 7_170.0 => (s / 60.0, "min"),
        s if s < 171_000.0 => (s / 3_600.0, "h"),
        s => (s / 86_400.0, "d"),
    };
    format!("{sign}{figure:.0} {unit}")
}

/// What was missed, and whose clock is off: for a line of its own.
pub(crate) fn amiss(coverage: &Coverage, as_of: Timestamp) -> Option<String> {
    let all: Vec<String> = not_heard(coverage, as_of).into_iter().chain(clocks(coverage)).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// `switch-3 silent since 04:12; …; 2 more`; `None` where nothing was missed.
fn not_heard(coverage: &Coverage, as_of: Timestamp) -> Option<String> {
    let mut missed: Vec<String> =
        coverage.missed.iter().take(LINE_MAX).map(|missed| words(missed, Some(as_of))).collect();
    let more = coverage.missed_more + coverage.missed.len().saturating_sub(LINE_MAX) as u64;
    if more > 0 {
        missed.push(format!("{} more", grouped(more)));
    }
    (!missed.is_empty()).then(|| missed.join("; "))
}

/// No more of what was missed stands in one sentence.
const LINE_MAX: usize = 5;

/// What was missed, each in words.
pub fn missed(coverage: &Coverage) -> Vec<String> {
    coverage.missed.iter().map(|missed| words(missed, None)).collect()
}

/// `98 %`, `98.2 %`.
pub fn percent(percent: f64) -> String {
    match percent.fract() < 0.05 {
        true => format!("{percent:.0} %"),
        false => format!("{percent:.1} %"),
    }
}

fn words(missed: &Missed, as_of: Option<Timestamp>) -> String {
    // On the day of the digest the time of day is enough.
    let moment = |at: Timestamp| {
        let text = at.to_minute_text();
        let is_today = as_of.is_some_and(|now| now.civil_date() == at.civil_date());
        if is_today { text[text.len() - 5..].to_owned() } else { text }
    };
    let when = match missed.until {
        Some(until) => format!("from {} to {}", moment(missed.since), moment(until)),
        None => format!("since {}", moment(missed.since)),
    };
    let source = &missed.source;
    match (missed.what, missed.records) {
        (MissedHow::NotRunning, _) => format!("{source} did not run {when}"),
        (MissedHow::WaySilent, _) => format!("nothing at all came by {source} {when}"),
        (MissedHow::Silent, _) => format!("{source} silent {when}"),
        (MissedHow::Lossy, Some(records)) => {
            format!("{source} lost {} {when}", counted(records, "record", "records"))
        }
        (MissedHow::Lossy, None) => format!("{source} lost records {when}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_told_in_the_units_of_people() {
        for (secs, told) in [
            (0.04, "0.0 s"),
            (9.96, "10 s"),
            (119.4, "119 s"),
            (-2_400.0, "-40 min"),
            (7_200.0, "2 h"),
            (21_547_486.8, "249 d"),
        ] {
            assert_eq!(duration(secs), told);
        }
    }

    #[test]
    fn what_was_missed_is_told_with_its_time() {
        let at = |text: &str| Timestamp::parse_absolute(text, 0).unwrap();
        let missed = |what, source: &str, since, until: Option<&str>, records| Missed {
            source: source.to_owned(),
            what,
            since: at(since),
            until: until.map(at),
            records,
        };
        let as_of = at("2026-11-20T08:30:00Z");
        let mut coverage = Coverage { sources: 3, ..Coverage::default() };
        let unknown = "Coverage unknown: what 3 sources usually say is still being learnt.";
        assert_eq!(sentence(&coverage, as_of), unknown);
        (coverage.percent, coverage.last_hour_percent) = (Some(100.0), Some(100.0));
        let all = "Coverage 100 % of 3 sources: nothing was missed.";
        assert_eq!(sentence(&coverage, as_of), all);
        let of_two = Coverage { learning: 1, ..coverage.clone() };
        let told = "Coverage 100 % of the 2 sources whose usual rate is known, while 1 is still being learnt.";
        assert_eq!(sentence(&of_two, as_of), told);
        let off = |source: &str, ahead_secs| OffClock { source: source.to_owned(), ahead_secs };
        let clocks = vec![off("fw", -2_400.0), off("nas", 21_547_486.8)];
        let off = Coverage { clocks, ..coverage.clone() };
        let told = "Coverage 100 % of 3 sources: nothing was missed; clocks are off: fw 40 min behind, nas 249 d ahead.";
        assert_eq!(sentence(&off, as_of), told);
        (coverage.percent, coverage.last_hour_percent) = (Some(98.0), Some(66.6));
        coverage.missed = vec![
            missed(
                MissedHow::NotRunning,
                "foreshock",
                "2026-11-19T22:10:00Z",
                Some("2026-11-20T01:00:00Z"),
                None,
            ),
            missed(MissedHow::Silent, "switch-3", "2026-11-20T04:12:31Z", None, None),
            missed(
                MissedHow::Lossy,
                "syslog-udp-514",
                "2026-11-20T03:00:00Z",
                Some("2026-11-20T04:00:00Z"),
                Some(4_312),
            ),
        ];
        coverage.missed_more = 2;
        let told = "Coverage 98 % (66.6 % of the last hour) of 3 sources: foreshock did not run from 2026-11-19 22:10 to \
                    01:00; switch-3 silent since 04:12; syslog-udp-514 lost 4,312 records from 03:00 to 04:00; 2 more.";
        assert_eq!(sentence(&coverage, as_of), told);
    }
}
