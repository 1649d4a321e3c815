//! A candidate, and what was told of it → where it stands in its life: new, back, growing, better, carried
//! over or closed, with the counts that decided it. The only place that decides this.
//!
//! Each kind of story is counted by what makes it grow: occasions, the hosts or messages that it has
//! reached, the height of its peak, the value that drifted.

use crate::attention::cell::CellIndex;
use crate::discover::candidate::Candidate;
use crate::discover::{Facts, View};
use crate::score::number;
use crate::stats::binomial_surprise;
use model::{CandidateType, Lifecycle, Span, Stage, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Further occasions below which nothing grows, whatever the rate was.
const FURTHER_MIN: u32 = 3;
/// Evidence, in decades, that the rate has changed since the last digest: one look in a hundred days
/// by chance.
const CHANGED_FROM: f64 = 2.0;
/// Less than this after the latest occasion nothing is better: nights and weekends are quiet too.
const BETTER_AFTER: Span = Span::DAY;
/// How many times higher a peak, or further out a value, must be to have grown.
const HIGHER: f64 = 1.5;

/// What a story's size is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Counted {
    /// Occasions of its lead since it began.
    Occasions(u32),
    /// Events in its ten busiest minutes.
    Peak(u32),
    /// Events of its fullest day.
    Day(u32),
    /// Hosts that it reached.
    Hosts(u32),
    /// Kinds of message that are new.
    Kinds(u32),
    /// Messages that fell silent.
    Messages(u32),
    /// How far a value lies from its usual.
    Distance(f64),
}

/// How large a story was at a digest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Then {
    at: Timestamp,
    size: Counted,
}

/// What digests told of a story. It is held against what the latest one told if that is a day ago or
/// more; where digests come oftener, against what one of the day before did, for an hour says little.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// By the latest digest.
    pub at: Timestamp,
    /// What a digest told a day or more before `later`, or the first one.
    earlier: Then,
    /// What a digest told since then.
    later: Then,
}

/// What is told may be a day old before it is told against something newer.
const HELD_AGAINST: Span = Span::DAY;

impl Told {
    /// What is known to have been told once a digest tells it now.
    pub fn now(candidate: &Candidate, at: Timestamp, view: View<'_>) -> Told {
        let now = Then { at, size: size(candidate, view) };
        match candidate.told {
            None => Told { at, earlier: now, later: now },
            Some(told) if at - told.later.at >= HELD_AGAINST => {
                Told { at, earlier: told.later, later: now }
            }
            Some(told) => Told { at, ..told },
        }
    }

    /// What is told now is held against this.
    fn against(self, now: Timestamp) -> Then {
        if now - self.later.at >= HELD_AGAINST { self.later } else { self.earlier }
    }
}

/// Where a story stands in its life.
pub fn lifecycle(candidate: &Candidate, view: View<'_>) -> Lifecycle {
    let until = candidate.ending.as_ref().map_or(view.now, |ending| ending.at);
    let (stage, reason) = stage(candidate, view);
    Lifecycle {
        stage,
        reason,
        since: candidate.onset,
        age_secs: (until - candidate.onset).max(Span::ZERO).as_micros() / 1_000_000,
        told_before: candidate.told.map(|told| told.at),
    }
}

fn stage(candidate: &Candidate, view: View<'_>) -> (Stage, String) {
    let now = size(candidate, view);
    if !candidate.is_open() {
        let words = now.words(candidate);
        let is_sum = matches!(now, Counted::Occasions(_) | Counted::Hosts(_) | Counted::Kinds(_));
        return (Stage::Closed, if is_sum { format!("{words} in all") } else { words });
    }
    let Some(told) = candidate.told.map(|told| told.against(view.now)) else {
        return first_told(candidate, now);
    };
    let by = told.at.to_minute_text();
    match (told.size, now) {
        (Counted::Occasions(before), Counted::Occasions(now)) => {
            occasions(candidate, told.at, before, now.saturating_sub(before), view)
        }
        (Counted::Peak(before), Counted::Peak(now)) => peak(candidate, before, now, &by, view),
        (Counted::Day(before), Counted::Day(now)) => day(candidate, before, now, &by, view),
        (Counted::Hosts(before), Counted::Hosts(now)) => {
            reached(before, now, ["host", "hosts"], &by)
        }
        (Counted::Kinds(before), Counted::Kinds(now)) => {
            reached(before, now, ["new kind", "new kinds"], &by)
        }
        (Counted::Messages(before), Counted::Messages(now)) => {
            reached(before, now, ["silent message", "silent messages"], &by)
        }
        (Counted::Distance(before), Counted::Distance(now)) => distance(before, now, &by),
        (_, now) => {
            let now = now.words(candidate);
            (Stage::CarriedOver, format!("{now}; by {by} it was told as something else"))
        }
    }
}

/// What no digest told of yet.
fn first_told(candidate: &Candidate, now: Counted) -> (Stage, String) {
    let words = now.words(candidate);
    let before = candidate.recalls.iter().find_map(|r| Some((r.candidate, r.closed_here?)));
    match before {
        Some((earlier, closed)) => {
            let closed = closed.to_minute_text();
            (Stage::Back, format!("{earlier} on the same host closed at {closed}; {words} since"))
        }
        None => (Stage::New, format!("no digest told it before; {words} so far")),
    }
}

/// Occasions against the rate that they had when they were last told of.
fn occasions(
    candidate: &Candidate,
    told_at: Timestamp,
    before: u32,
    further: u32,
    view: View<'_>,
) -> (Stage, String) {
    let stretch = (view.now - told_at).as_secs_f64().max(1.0);
    let lived = (told_at - candidate.onset).as_secs_f64().max(1.0);
    let share = stretch / (stretch + lived);
    let all = u64::from(before) + u64::from(further);
    // A day has room for many short looks; together they may be wrong no oftener than one long one.
    let looks = (Span::DAY.as_secs_f64() / stretch).max(1.0).log10();
    let counts = format!(
        "{} since the digest of {}, {before} before",
        occasions_of(candidate, further),
        told_at.to_minute_text()
    );
    let grew = binomial_surprise(u64::from(further), all, share);
    if further >= FURTHER_MIN && grew >= CHANGED_FROM + looks {
        return (Stage::Growing, counts);
    }
    // The first occasion began the story, so only the others tell of its rate.
    let rate = f64::from(before.saturating_sub(1)) / lived;
    let quiet = view.now - candidate.last;
    let missed = rate * quiet.as_secs_f64();
    if quiet >= BETTER_AFTER && missed >= CHANGED_FROM * std::f64::consts::LN_10 {
        let missed = number(missed);
        return (
            Stage::Better,
            format!("none for {quiet}, where {missed} came before in that time"),
        );
    }
    let fell = binomial_surprise(u64::from(before), all, 1.0 - share);
    if stretch >= BETTER_AFTER.as_secs_f64() && fell >= CHANGED_FROM {
        let expected = number(rate * stretch);
        return (Stage::Better, format!("{counts}; at the rate before, {expected} had come"));
    }
    (Stage::CarriedOver, counts)
}

/// A burst: higher than it was, or back under the usual of its hour.
fn peak(candidate: &Candidate, before: u32, now: u32, by: &str, view: View<'_>) -> (Stage, String) {
    if is_higher(before.into(), now.into()) {
        let reason = format!("{now} in its ten busiest minutes, {before} by the digest of {by}");
        return (Stage::Growing, reason);
    }
    let rate = view.ledger[candidate.lead()].rate.as_ref().map(|rate| {
        let mut rate = (**rate).clone();
        rate.turn(view.now);
        (rate.hour(), rate.usual_hour())
    });
    match rate {
        Some((hour, usual)) if f64::from(hour) <= usual.max(1.0) => {
            let usual = number(usual);
            let came = if hour == 0 { "none".to_owned() } else { hour.to_string() };
            (Stage::Better, format!("{came} in the last hour, where {usual} are usual"))
        }
        Some((hour, usual)) => {
            let usual = number(usual);
            let counts = format!("{hour} in the last hour, where {usual} are usual");
            (Stage::CarriedOver, format!("{counts}; no higher peak since the digest of {by}"))
        }
        None => (Stage::CarriedOver, format!("no higher peak since the digest of {by}")),
    }
}

/// A shift: a day that is fuller than what was told, or a whole day within the usual.
fn day(candidate: &Candidate, before: u32, now: u32, by: &str, view: View<'_>) -> (Stage, String) {
    if is_higher(before.into(), now.into()) {
        let reason = format!("{now} on its fullest day, {before} by the digest of {by}");
        return (Stage::Growing, reason);
    }
    let [_, yesterday, ..] = view.ledger[candidate.lead()].days.back_from(view.now);
    let began = view.now.floor(Span::DAY) - Span::DAY;
    match candidate.facts {
        Facts::Anomaly { usual_max, day, .. } if yesterday <= usual_max && began > day => (
            Stage::Better,
            format!(
                "{yesterday} on the last whole day; {usual_max} had been the most before it began"
            ),
        ),
        _ => (Stage::CarriedOver, format!("no day fuller than the {before} told by {by}")),
    }
}

/// What it has reached: it grows with each further one.
fn reached(before: u32, now: u32, [one, many]: [&str; 2], by: &str) -> (Stage, String) {
    match now.saturating_sub(before) {
        0 => {
            (Stage::CarriedOver, format!("no further {one} since the digest of {by}, {now} in all"))
        }
        n => (
            Stage::Growing,
            match n {
                1 => format!("one more {one} since the digest of {by}, {before} before"),
                n => format!("{n} more {many} since the digest of {by}, {before} before"),
            },
        ),
    }
}

/// A value that drifted: further out, or not.
fn distance(before: f64, now: f64, by: &str) -> (Stage, String) {
    let times = |level: f64| format!("{} times", number(level));
    match is_higher(before - 1.0, now - 1.0) {
        true => {
            let (now, before) = (times(now), times(before));
            (Stage::Growing, format!("{now} its usual, {before} by the digest of {by}"))
        }
        false => {
            let now = times(now);
            (Stage::CarriedOver, format!("{now} its usual, about as by the digest of {by}"))
        }
    }
}

fn is_higher(before: f64, now: f64) -> bool {
    now > before && now >= HIGHER * before
}

/// The size of a story, in what it grows by.
fn size(candidate: &Candidate, view: View<'_>) -> Counted {
    let hosts = || {
        let host = |cell: &CellIndex| view.ledger[*cell].host;
        candidate.cells.iter().map(host).collect::<BTreeSet<_>>().len() as u32
    };
    match &candidate.facts {
        Facts::Recurrence { .. }
        | Facts::SelfHeal { .. }
        | Facts::Precursor { .. }
        | Facts::Clients(_)
        | Facts::Crash(_)
        | Facts::Pressure(_)
        | Facts::Start(_)
        | Facts::Return { .. } => Counted::Occasions(candidate.occasions),
        Facts::Breakthrough { failures, .. } => Counted::Occasions(*failures),
        Facts::Burst { events, .. } => {
            Counted::Peak(candidate.highest().map_or(*events, |peak| peak.count))
        }
        Facts::Anomaly { today, .. } => Counted::Day(*today),
        Facts::Spread { .. } | Facts::HostSilence { .. } => Counted::Hosts(hosts()),
        Facts::Novelty { kinds, .. } => Counted::Kinds(*kinds),
        Facts::Silence { .. } => Counted::Messages(candidate.cells.len() as u32),
        Facts::Drift { today, low, high, .. } => {
            let usual = if today > high { *high } else { *low };
            let (more, less) = (today.max(usual), today.min(usual));
            Counted::Distance(more / less.max(f64::MIN_POSITIVE))
        }
    }
}

impl Counted {
    fn words(self, candidate: &Candidate) -> String {
        let counted = |n: u32, one: &str, many: &str| match n {
            1 => format!("one {one}"),
            n => format!("{n} {many}"),
        };
        match self {
            Counted::Occasions(n) => occasions_of(candidate, n),
            Counted::Peak(n) => format!("{n} in its ten busiest minutes"),
            Counted::Day(n) => format!("{n} on its fullest day"),
            Counted::Hosts(n) => counted(n, "host", "hosts"),
            Counted::Kinds(n) => counted(n, "new kind of message", "new kinds of message"),
            Counted::Messages(n) => counted(n, "silent message", "silent messages"),
            Counted::Distance(times) => format!("{} times its usual", number(times)),
        }
    }
}

/// `no occasion`, `one failure`, `12 occasions`.
fn occasions_of(candidate: &Candidate, n: u32) -> String {
    let (one, many) = match candidate.kind {
        CandidateType::SelfHeal => ("failure", "failures"),
        _ if candidate.is_breakthrough() => ("failure", "failures"),
        _ => ("occasion", "occasions"),
    };
    match n {
        0 => format!("no {one}"),
        1 => format!("one {one}"),
        n => format!("{n} {many}"),
    }
}
