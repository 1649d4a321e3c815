//! Sources → how much of what is usually heard was heard, what was missed, and which claims of silence that touches.

use super::Health;
use super::presence::{Buckets, Share};
use super::source::{Source, minute_of};
use model::{
    CandidateType, Coverage, Item, Missed, MissedHow, OffClock, Span, TenantId, Timestamp,
};
use std::cmp::Reverse;

/// Lines of what was missed, and of clocks that are off.
const MISSED_MAX: usize = 20;

/// The last day of a client's sources: of it the coverage since any moment can be told, also when the sources have long
/// gone on.
#[derive(Debug, Clone)]
pub(in super::super) struct Day {
    now: Timestamp,
    /// Of the sources that count.
    buckets: Buckets,
    sources: u64,
    /// Sources of which it is not known yet what they usually say.
    learning: u64,
    gaps: Vec<Gap>,
    clocks: Vec<OffClock>,
    clocks_more: u64,
}

/// A time in which something was not heard.
#[derive(Debug, Clone)]
struct Gap {
    missed: Missed,
    /// The more its source missed in the day, the earlier it is told.
    weight: Reverse<u64>,
    /// Of losses: the hours in which there were some, and how many records.
    hours: Vec<(i64, u64)>,
}

impl Day {
    /// The coverage since then; from a day ago on, where that is earlier.
    pub(in super::super) fn coverage(&self, since: Timestamp) -> Coverage {
        let since = since.max(self.now - Span::DAY);
        let mut gaps: Vec<(Reverse<u64>, Missed)> =
            self.gaps.iter().filter_map(|gap| Some((gap.weight, gap.since(since)?))).collect();
        gaps.sort_by(|a, b| {
            (a.1.what, a.0, a.1.since, &a.1.source).cmp(&(b.1.what, b.0, b.1.since, &b.1.source))
        });
        let missed_more = gaps.len().saturating_sub(MISSED_MAX) as u64;
        gaps.truncate(MISSED_MAX);
        let of_hour = self.buckets.share(minute_of(self.now - Span::HOUR));
        Coverage {
            percent: self.buckets.share(minute_of(since)).percent().map(tenths),
            last_hour_percent: of_hour.percent().map(tenths),
            sources: self.sources,
            missed: gaps.into_iter().map(|(_, missed)| missed).collect(),
            missed_more,
            learning: self.learning,
            clocks: self.clocks.clone(),
            clocks_more: self.clocks_more,
        }
    }
}

impl Gap {
    /// What of it lies behind `since`.
    fn since(&self, since: Timestamp) -> Option<Missed> {
        let missed = &self.missed;
        if missed.until.is_some_and(|until| until <= since) {
            return None;
        }
        match missed.what {
            MissedHow::Lossy => {
                let of_late = self.hours.iter().filter(|(hour, _)| end_of(*hour) > since);
                let of_late: Vec<(i64, u64)> = of_late.copied().collect();
                Some(Missed {
                    since: start_of(of_late.first()?.0),
                    records: Some(of_late.iter().map(|(_, records)| records).sum()),
                    ..missed.clone()
                })
            }
            MissedHow::NotRunning => {
                Some(Missed { since: missed.since.max(since), ..missed.clone() })
            }
            MissedHow::Silent | MissedHow::WaySilent => Some(missed.clone()),
        }
    }
}

impl Health {
    /// The coverage of a client's sources from `since` until the latest tick. Looks back a day at most.
    pub(in super::super) fn coverage(&self, tenant: &TenantId, since: Timestamp) -> Coverage {
        self.day(tenant, since).coverage(since)
    }

    /// The last day of a client's sources; `now` stands in where the clock has not entered yet.
    pub(in super::super) fn day(&self, tenant: &TenantId, now: Timestamp) -> Day {
        let now = self.now.unwrap_or(now);
        let since = now - Span::DAY;
        let mut buckets = Buckets::until(minute_of(now));
        let (mut sources, mut learning) = (0, 0);
        let (mut gaps, mut clocks) = (Vec::new(), Vec::new());
        for (name, source) in self.of(tenant) {
            let counts = Health::counts(name, source);
            if counts {
                source.add_to(&mut buckets);
                sources += 1;
                learning += u64::from(source.usual_rate(now).is_none());
                clocks.extend(source.clock().skew.map(|ahead| OffClock {
                    source: source.label.clone(),
                    ahead_secs: ahead.as_secs_f64(),
                }));
            }
            let weight = Reverse((source.share(minute_of(since)).missed * 1_000.0) as u64);
            let mut gap = |what, times: Times, hours: Vec<(i64, u64)>| {
                let (source, (since, until)) = (source.label.clone(), times);
                let missed = Missed { source, what, since, until, records: None };
                gaps.push(Gap { missed, weight, hours });
            };
            let how = if counts { MissedHow::Silent } else { MissedHow::WaySilent };
            let way = self.way_of(name);
            let is_told = counts || self.hears_several(name);
            for times in silences(source, since).filter(|_| is_told) {
                // Where its way is silent, that says it all.
                if !way.is_some_and(|way| silences(way, since).any(|other| overlap(other, times))) {
                    gap(how, times, Vec::new());
                }
            }
            let hours = lossy_hours(source, since);
            if let (Some((first, _)), Some((last, _))) = (hours.first(), hours.last()) {
                gap(MissedHow::Lossy, (start_of(*first), Some(end_of(*last))), hours.clone());
            }
        }
        for (from, until) in self.aways.iter().filter(|(_, until)| *until > since) {
            let (source, what) = ("foreshock".to_owned(), MissedHow::NotRunning);
            let missed = Missed { source, what, since: *from, until: Some(*until), records: None };
            gaps.push(Gap { missed, weight: Reverse(u64::MAX), hours: Vec::new() });
        }
        // Those that are off the most first.
        clocks.sort_by(|a, b| b.ahead_secs.abs().total_cmp(&a.ahead_secs.abs()));
        let clocks_more = clocks.len().saturating_sub(MISSED_MAX) as u64;
        clocks.truncate(MISSED_MAX);
        Day { now, buckets, sources, learning, gaps, clocks, clocks_more }
    }

    /// The same of all clients together, without names.
    pub(in super::super) fn coverage_of_all(&self) -> Option<f64> {
        let from = minute_of(self.now? - Span::DAY);
        let mut all = Share::default();
        let counted = self.sources.iter().filter(|(name, source)| Health::counts(name, source));
        counted.for_each(|(_, source)| all.add(source.share(from)));
        all.percent().map(tenths)
    }

    /// Says of a claim of silence that we may not have heard, where that is so.
    pub(in super::super) fn doubt(&self, tenant: &TenantId, item: &mut Item) {
        if item.candidate_type != CandidateType::Silence {
            return;
        }
        let last = item.timing.last;
        for (name, source) in
            self.of(tenant).filter(|(name, _)| item.place.hosts.contains(&name.host))
        {
            let Some(way) = self.way_of(name) else { continue };
            let silent = silences(way, last).next().map(|(since, _)| {
                format!("nothing at all came by {} from {} on", way.label, since.to_minute_text())
            });
            let hours = lossy_hours(way, last);
            let lossy = hours.first().map(|(first, _)| {
                let records: u64 = hours.iter().map(|(_, records)| records).sum();
                let since = start_of(*first).to_minute_text();
                format!("{} lost {records} records from {since} on", way.label)
            });
            if let Some(why) = silent.or(lossy) {
                let whether = format!("Whether {} was silent, or was not heard", source.label);
                return item.unknowns.push(format!("{whether}: {why}."));
            }
        }
        if let Some((from, until)) = self.aways.iter().find(|(_, until)| *until > last) {
            item.unknowns.push(format!(
                "What was said while the service did not run, from {} to {}.",
                from.to_minute_text(),
                until.to_minute_text()
            ));
        }
    }
}

type Times = (Timestamp, Option<Timestamp>);

fn overlap(one: Times, other: Times) -> bool {
    let ends_after = |times: Times, since| times.1.is_none_or(|until| until > since);
    ends_after(one, other.0) && ends_after(other, one.0)
}

/// Silences that reach beyond `since`; the one that lasts has no end. One that has lasted for a week is no news.
fn silences(source: &Source, since: Timestamp) -> impl Iterator<Item = Times> {
    let over = source.silences.iter().filter(move |silence| silence.until > since);
    let over = over.map(|silence| (silence.since, Some(silence.until)));
    let lasting = source.silent_since().filter(|_| !source.is_gone).map(|since| (since, None));
    over.chain(lasting)
}

/// Hours since then in which records were lost, with how many.
fn lossy_hours(source: &Source, since: Timestamp) -> Vec<(i64, u64)> {
    source.losses.iter().filter(|(hour, _)| end_of(*hour) > since).copied().collect()
}

/// When an hour since 1970 begins.
fn start_of(hour: i64) -> Timestamp {
    Timestamp::from_secs(hour * 3_600)
}

fn end_of(hour: i64) -> Timestamp {
    start_of(hour + 1)
}

fn tenths(percent: f64) -> f64 {
    // Never rounded up to all: 99.99 % is not everything.
    (percent * 10.0).floor() / 10.0
}
