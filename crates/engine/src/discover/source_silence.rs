//! A host that falls silent altogether while the others of its tenant go on speaking.
//!
//! What a pause is was learnt from the host's own days. Whether it is the host that is silent, and not
//! we that do not hear, is asked of the others: hosts that fall silent together have one cause, and where
//! most do, it is no host's own.

use super::drift::is_weekend;
use super::{Detector, Facts, Finding, View};
use crate::attention::cell::{Cell, CellIndex, HostIndex};
use crate::attention::known::Host;
use crate::attention::ledger::OTHER;
use crate::attention::mark::Mark;
use crate::attention::voice::day_of;
use crate::stats::SURPRISE_MAX;
use model::{CandidateType, Span, Timestamp};
use std::collections::BTreeMap;

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Silence,
    summary: "a host that fell silent, while the others of its tenant go on",
    on_sighting: None,
    on_tick: Some(judge_all),
};

/// A host known for so long has shown a weekend.
const WEEKEND_KNOWN: Span = Span::DAY.times(8);
/// Last lines of a host that are shown.
const LINES: usize = 3;

/// Looks at every host each quarter of an hour: a comparison of two times for all but the quiet ones.
fn judge_all(view: View<'_>) -> Vec<Finding> {
    let asked = &view.config.discover;
    let hosts = view.ledger.hosts.iter().enumerate();
    let quiet = hosts.filter(|(_, host)| view.now - host.last >= asked.host_silence_min);
    let mut due: Vec<(Timestamp, HostIndex)> = quiet
        .filter(|(_, host)| is_overdue(view, host))
        .map(|(index, host)| (host.last, HostIndex(index as u32)))
        .collect();
    due.sort();
    let together = |a: &(Timestamp, HostIndex), b: &(Timestamp, HostIndex)| {
        b.0 - a.0 <= asked.host_silence_together
    };
    due.chunk_by(together).filter_map(|hosts| judge(view, hosts)).collect()
}

/// The longest pause of a host's latest days, but no less than its mean gap. Where it seems shorter, the host's whole tenant
/// is quiet that long by habit, and its pauses were taken for times in which we did not hear.
fn longest_pause(host: &Host) -> Span {
    let gaps = host.events.saturating_sub(1).max(1);
    host.voice.longest().max((host.last - host.first).scaled(1.0 / gaps as f64))
}

/// Whether a host has been quiet for longer than its own pauses allow.
fn is_overdue(view: View<'_>, host: &Host) -> bool {
    let asked = &view.config.discover;
    let quiet_since = host.last.max(view.ledger.hearing.since);
    let patience =
        longest_pause(host).scaled(asked.host_silence_pauses).max(asked.host_silence_min);
    let known_for = view.now - host.first;
    if host.voice.silent.is_some()
        || host.name == OTHER
        || known_for < asked.host_silence_known
        || view.now - quiet_since < patience
        || host.voice.daily(host.first).is_none()
    {
        return false;
    }
    // How it spends a weekend is not known before it had one.
    let days = day_of(host.last)..=day_of(view.now);
    known_for >= WEEKEND_KNOWN || !days.into_iter().any(is_weekend)
}

/// Judges hosts that fell silent together, the first one first.
fn judge(view: View<'_>, silent: &[(Timestamp, HostIndex)]) -> Option<Finding> {
    let (onset, first) = *silent.first()?;
    let (active, speaking) = others(view, silent);
    let share = view.config.discover.host_silence_others;
    if active == 0 || f64::from(speaking) < share * f64::from(active) {
        return None;
    }
    let leads = leads(view, silent);
    let cells: Vec<CellIndex> =
        silent.iter().filter_map(|(_, host)| leads.get(host).copied()).collect();
    let host = &view.ledger.hosts[first.0 as usize];
    let mut marks: Vec<Mark> =
        silent.iter().flat_map(|(_, host)| last_words(view, *host)).collect();
    marks.sort();
    (!cells.is_empty()).then_some(Finding {
        kind: CandidateType::Silence,
        cells,
        onset,
        events: 0,
        marks,
        surprise: surprise(view, host),
        facts: Facts::HostSilence {
            longest: longest_pause(host),
            days: host.voice.daily(host.first).unwrap_or(0) + 1,
            active,
            speaking,
        },
    })
}

/// Other hosts that were active in the day before, and how many of them spoke in the meantime: in its
/// second half, for all are heard for the last time within moments where it is we that do not hear.
fn others(view: View<'_>, silent: &[(Timestamp, HostIndex)]) -> (u32, u32) {
    let Some((onset, _)) = silent.first().copied() else {
        return (0, 0);
    };
    let middle = onset + (view.now - onset).scaled(0.5);
    // They are in order of time.
    let is_silent = |last: Timestamp, index: usize| {
        silent.binary_search(&(last, HostIndex(index as u32))).is_ok()
    };
    let hosts = view.ledger.hosts.iter().enumerate();
    let active = hosts.filter(|(_, host)| host.first < onset && host.last >= onset - Span::DAY);
    active.fold((0, 0), |(active, speaking), (index, host)| {
        if host.voice.silent.is_some() || is_silent(host.last, index) {
            return (active, speaking);
        }
        (active + 1, speaking + u32::from(host.last >= middle))
    })
}

/// Of each host its busiest regular message, or else its busiest. One pass over the cells, made only
/// when there is something to tell.
fn leads(view: View<'_>, silent: &[(Timestamp, HostIndex)]) -> BTreeMap<HostIndex, CellIndex> {
    let asked = &view.config.discover;
    let weight = |cell: &Cell| (cell.is_expected(asked), cell.events);
    let mut best: BTreeMap<HostIndex, CellIndex> = BTreeMap::new();
    let mut hosts: Vec<HostIndex> = silent.iter().map(|(_, host)| *host).collect();
    hosts.sort();
    for (index, cell) in view.ledger.cells.iter().enumerate() {
        if hosts.binary_search(&cell.host).is_ok() {
            let lead = best.entry(cell.host).or_insert(CellIndex(index as u32));
            if weight(cell) > weight(&view.ledger[*lead]) {
                *lead = CellIndex(index as u32);
            }
        }
    }
    best
}

fn last_words(view: View<'_>, host: HostIndex) -> Vec<Mark> {
    let lines = &view.ledger.hosts[host.0 as usize].lines;
    lines.iter().rev().take(LINES).map(|line| line.mark).collect()
}

/// Were pauses chance, the longest of `n` would be as long with odds of one in `n`, and each further
/// such length takes as many decades again.
fn surprise(view: View<'_>, host: &Host) -> f64 {
    let longest = longest_pause(host).as_secs_f64().max(60.0);
    let times = (view.now - host.last).as_secs_f64() / longest;
    let weeks = ((host.last - host.first).as_secs_f64() / 604_800.0).max(1.0);
    let pauses = (host.events as f64 / weeks).max(10.0);
    ((times - 1.0) * pauses.log10()).clamp(0.0, SURPRISE_MAX)
}
