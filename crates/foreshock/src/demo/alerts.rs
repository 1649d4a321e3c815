//! Lines → whether the alerts that most monitoring ships with would have fired on them. They are
//! run, not assumed: each tells the figure nearest to its limit.

use super::log::Line;
use model::{Span, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Words by which a rule on text takes a line for an error.
const ERROR_WORDS: &[&str] = &["error", "failed", "critical", "is down", "timeout"];
/// The usual rule on text: so many errors of one host …
const ERRORS_MAX: usize = 5;
/// … within this time.
const ERRORS_WITHIN: Span = Span::from_secs(15 * 60);
/// The usual rule on state: down for this long.
const DOWN_FOR: Span = Span::from_secs(10 * 60);
/// The usual poll …
const POLL_EVERY: Span = Span::from_secs(5 * 60);
/// … and so many of them must fail in a row.
const POLLS_MAX: usize = 3;

/// One rule, run over all lines.
#[derive(serde::Serialize)]
pub(crate) struct Alert {
    /// What it asks for.
    pub(crate) rule: String,
    /// Whether it was met.
    pub(crate) fires: bool,
    /// The figure nearest to the limit.
    pub(crate) nearest: String,
}

/// Runs the usual rules.
pub(crate) fn usual(lines: &[Line]) -> Vec<Alert> {
    let outages = outages(lines);
    let errors = errors_at_once(lines);
    let longest = outages.iter().map(|(from, to)| *to - *from).max();
    let longest = longest.unwrap_or(Span::ZERO);
    let (missed, in_a_row) = polls(&outages);
    vec![
        Alert {
            rule: format!("{ERRORS_MAX} errors of one host within {ERRORS_WITHIN}"),
            fires: errors >= ERRORS_MAX,
            nearest: format!("the most is {errors}"),
        },
        Alert {
            rule: format!("down for {DOWN_FOR}"),
            fires: longest >= DOWN_FOR,
            nearest: format!("the longest of {} outages lasts {longest}", outages.len()),
        },
        Alert {
            rule: format!("{POLLS_MAX} polls in a row fail, one every {POLL_EVERY}"),
            fires: in_a_row >= POLLS_MAX,
            nearest: format!("{missed} of the outages meet a poll, at most {in_a_row} in a row"),
        },
    ]
}

/// The most error lines of one host in any stretch of [`ERRORS_WITHIN`].
fn errors_at_once(lines: &[Line]) -> usize {
    let mut recent: BTreeMap<&str, VecDeque<Timestamp>> = BTreeMap::new();
    let mut most = 0;
    for line in lines {
        let text = line.text.to_ascii_lowercase();
        let host = line.text.split(' ').nth(1);
        let Some(host) = host.filter(|_| ERROR_WORDS.iter().any(|word| text.contains(word))) else {
            continue;
        };
        let times = recent.entry(host).or_default();
        times.push_back(line.at);
        while times.front().is_some_and(|first| line.at - *first >= ERRORS_WITHIN) {
            times.pop_front();
        }
        most = most.max(times.len());
    }
    most
}

/// From each line that says `is down` to the next that says `is up`.
fn outages(lines: &[Line]) -> Vec<(Timestamp, Timestamp)> {
    let mut outages = Vec::new();
    let mut down: Option<Timestamp> = None;
    for line in lines {
        if line.text.contains(" is down") {
            down = down.or(Some(line.at));
        } else if line.text.contains(" is up") {
            outages.extend(down.take().map(|from| (from, line.at)));
        }
    }
    outages
}

/// How many polls fall into an outage, and the most of them in a row.
fn polls(outages: &[(Timestamp, Timestamp)]) -> (usize, usize) {
    let mut failed: Vec<Timestamp> = Vec::new();
    for (from, to) in outages {
        let mut poll = from.floor(POLL_EVERY);
        while poll < *to {
            if poll >= *from {
                failed.push(poll);
            }
            poll = poll + POLL_EVERY;
        }
    }
    let runs = failed.chunk_by(|a, b| *b - *a == POLL_EVERY);
    let in_a_row = runs.map(<[Timestamp]>::len).max().unwrap_or(0);
    (failed.len(), in_a_row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::log::Log;

    #[test]
    fn the_demo_stays_below_all_of_them() {
        let alerts = usual(&Log::generate().lines);
        assert!(alerts.iter().all(|alert| !alert.fires));
    }

    #[test]
    fn they_fire_where_there_is_something() {
        let mut log = Log::generate();
        let ups = log.lines.iter_mut().filter(|l| l.text.contains(" is up"));
        for up in ups.take(13) {
            // Down all the time from the first outage to the last but one.
            up.text = up.text.replace(" is up again", " error");
        }
        let at = log.lines[0].at;
        log.lines.iter_mut().take(5).for_each(|line| {
            line.at = at;
            line.text = format!("{at} gw1 vpn: failed");
        });
        let alerts = usual(&log.lines);
        assert!(alerts.iter().all(|alert| alert.fires));
    }
}
