//! Sources → how much of what is usually heard was heard, what was missed, and which claims of silence that touches.

use super::Health;
use super::presence::Share;
use super::source::{Source, minute_of};
use model::{CandidateType, Coverage, Item, Missed, MissedHow, Span, TenantId, Timestamp};
use std::cmp::Reverse;

/// Lines of what was missed.
const MISSED_MAX: usize = 20;

impl Health {
    /// The coverage of a client's sources from `since` until the latest tick. Looks back a day at most.
    pub(in super::super) fn coverage(&self, tenant: &TenantId, since: Timestamp) -> Coverage {
        let now = self.now.unwrap_or(since);
        let since = since.max(now - Span::DAY);
        let (day, hour) = (minute_of(since), minute_of(now - Span::HOUR));
        let (mut of_day, mut of_hour, mut sources) = (Share::default(), Share::default(), 0);
        let mut missed: Vec<(Reverse<u64>, Missed)> = Vec::new();
        for (name, source) in self.of(tenant) {
            let counts = Health::counts(name, source);
            let share = source.share(day);
            if counts {
                of_day.add(share);
                of_hour.add(source.share(hour));
                sources += 1;
            }
            let weight = Reverse((share.missed * 1_000.0) as u64);
            let how = if counts { MissedHow::Silent } else { MissedHow::WaySilent };
            let way = self.way_of(name);
            let is_told = counts || self.hears_several(name);
            for times in silences(source, since).filter(|_| is_told) {
                // Where its way is silent, that says it all.
                if !way.is_some_and(|way| silences(way, since).any(|other| overlap(other, times))) {
                    missed.push((weight, one(source, how, times, None)));
                }
            }
            missed.extend(losses(source, since).map(|(times, records)| {
                (weight, one(source, MissedHow::Lossy, times, Some(records)))
            }));
        }
        let aways = self.aways.iter().filter(|(_, until)| *until > since);
        missed.extend(aways.map(|(from, until)| {
            let times = ((*from).max(since), Some(*until));
            let what = MissedHow::NotRunning;
            let (source, (since, until)) = ("foreshock".to_owned(), times);
            (Reverse(u64::MAX), Missed { source, what, since, until, records: None })
        }));
        missed.sort_by(|a, b| {
            (a.1.what, a.0, a.1.since, &a.1.source).cmp(&(b.1.what, b.0, b.1.since, &b.1.source))
        });
        let missed_more = missed.len().saturating_sub(MISSED_MAX) as u64;
        missed.truncate(MISSED_MAX);
        Coverage {
            percent: of_day.percent().map(tenths),
            last_hour_percent: of_hour.percent().map(tenths),
            sources,
            missed: missed.into_iter().map(|(_, missed)| missed).collect(),
            missed_more,
        }
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
            let lossy = losses(way, last).next().map(|((since, _), records)| {
                format!("{} lost {records} records from {} on", way.label, since.to_minute_text())
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

fn one(source: &Source, what: MissedHow, times: Times, records: Option<u64>) -> Missed {
    Missed { source: source.label.clone(), what, since: times.0, until: times.1, records }
}

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

/// Losses since then, together.
fn losses(source: &Source, since: Timestamp) -> impl Iterator<Item = (Times, u64)> {
    let hour = |hour: i64| Timestamp::from_secs(hour * 3_600);
    let of_late: Vec<(i64, u64)> =
        source.losses.iter().filter(|(at, _)| hour(at + 1) > since).copied().collect();
    let records: u64 = of_late.iter().map(|(_, records)| records).sum();
    let ends = of_late.first().zip(of_late.last());
    ends.map(|(first, last)| ((hour(first.0), Some(hour(last.0 + 1))), records)).into_iter()
}

fn tenths(percent: f64) -> f64 {
    // Never rounded up to all: 99.99 % is not everything.
    (percent * 10.0).floor() / 10.0
}
