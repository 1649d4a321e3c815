//! What was heard of sources → how each fares, and how much of what is usual was heard at all.
//!
//! | file | turns | into |
//! |---|---|---|
//! | `clock` | delays | lag, and what a clock is off |
//! | `usual` | records of each minute | what is usual at this hour; whether a pause is a silence |
//! | `presence` | minutes | expected, delivered, missed |
//! | `source` | all of it | one source |
//! | `coverage` | sources | a figure, and what was missed |
//! | `view` | sources | what readers see |
//!
//! Part of the fold: its only clock are the ticks, so a replay comes to the same. Written down with the snapshot.

mod clock;
mod coverage;
mod presence;
mod source;
#[cfg(test)]
mod tests;
mod usual;
mod view;

pub(super) use coverage::Day;
pub(crate) use view::{Seen, SourceView};

use super::heard::{Heard, hears_hosts};
use model::{Digest, SourceId, Span, TenantId, Timestamp, Transport};
use serde::{Deserialize, Serialize};
use source::{Source, minute_of};
use std::collections::{BTreeMap, VecDeque};

/// Hosts of network listeners that are watched over, of one client: what a sender calls itself is its own choice.
const HOSTS_MAX: usize = 2_000;
/// Ticks come every ten seconds. After so long without one, the service did not run (or the clock was set).
const AWAY: Span = Span::from_secs(180);
/// Times that the service did not run are remembered for a day, and so many of them.
const AWAYS: usize = 32;
/// No more minutes than the coverage looks back.
const AWAY_MINUTES_MAX: i64 = 25 * 60;

/// Which source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Name {
    tenant: TenantId,
    source: SourceId,
    /// A host that a listener hears; empty for the source itself.
    host: String,
}

/// All sources.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Health {
    sources: BTreeMap<Name, Source>,
    hosts: BTreeMap<TenantId, usize>,
    /// Records of hosts beyond [`HOSTS_MAX`], by client: they count for their listener only.
    beyond: BTreeMap<TenantId, u64>,
    /// When the clock entered last, and the minute that is not over.
    now: Option<Timestamp>,
    minute: i64,
    /// The service did not run from … until ….
    aways: VecDeque<(Timestamp, Timestamp)>,
}

impl Health {
    /// Takes in what was heard since the tick before.
    pub(super) fn hear(&mut self, all: &[Heard]) {
        all.iter().for_each(|heard| self.hear_one(heard));
    }

    fn hear_one(&mut self, heard: &Heard) {
        let origin = &heard.origin;
        // Old lines may come before the clock has entered once.
        let at = heard.last.or(self.now).unwrap_or(heard.received);
        let mut name = Name {
            tenant: origin.tenant_id.clone(),
            source: origin.source_id.clone(),
            host: String::new(),
        };
        let label = match origin.transport {
            Transport::File => origin.source_name.as_str(),
            _ => origin.source_id.as_str(),
        };
        let new = |label: &str| Source::new(label, heard, hears_hosts(origin.transport), at);
        self.sources.entry(name.clone()).or_insert_with(|| new(label)).hear(heard);
        if heard.host.is_empty() {
            return;
        }
        name.host.clone_from(&heard.host);
        if let Some(host) = self.sources.get_mut(&name) {
            return host.hear(heard);
        }
        let hosts = self.hosts.entry(name.tenant.clone()).or_default();
        if *hosts >= HOSTS_MAX {
            *self.beyond.entry(name.tenant).or_default() += heard.records;
            return;
        }
        *hosts += 1;
        let mut host = new(&heard.host);
        host.hear(heard);
        self.sources.insert(name, host);
    }

    /// It is `now`: minutes that are over are looked at.
    pub(super) fn tick(&mut self, now: Timestamp) {
        let minute = minute_of(now);
        let Some(last) = self.now.replace(now) else {
            self.minute = minute;
            return;
        };
        if now - last > AWAY {
            self.was_away(last, now);
        } else if minute > self.minute {
            self.close();
        } else if minute < self.minute - 5 {
            // The clock was set back: the minute at hand has no end.
            self.sources.values_mut().for_each(Source::skip);
        } else {
            return;
        }
        self.minute = minute;
    }

    fn close(&mut self) {
        // What a listener loses, all of its hosts lose.
        let losses: BTreeMap<(TenantId, SourceId), f32> = self
            .sources
            .iter()
            .filter(|(name, source)| name.host.is_empty() && source.loss() > 0.0)
            .map(|(name, source)| ((name.tenant.clone(), name.source.clone()), source.loss()))
            .collect();
        for (name, source) in &mut self.sources {
            let loss = match losses.is_empty() {
                true => 0.0,
                false => {
                    let way = (name.tenant.clone(), name.source.clone());
                    losses.get(&way).copied().unwrap_or(0.0)
                }
            };
            source.close(self.minute, loss);
        }
        if self.minute % 60 == 0 {
            self.forget();
        }
    }

    fn was_away(&mut self, from: Timestamp, until: Timestamp) {
        if self.aways.len() == AWAYS {
            self.aways.pop_front();
        }
        self.aways.push_back((from, until));
        let (first, end) = (minute_of(from), minute_of(until));
        for source in self.sources.values_mut() {
            source.skip();
            for minute in first.max(end - AWAY_MINUTES_MAX)..end {
                source.unwatched(minute);
            }
        }
    }

    /// Hosts that were passers-by, or are long gone, make room for others.
    fn forget(&mut self) {
        let Some(now) = self.now else { return };
        self.sources.retain(|name, source| name.host.is_empty() || source.is_worth_keeping(now));
        self.hosts.clear();
        for name in self.sources.keys().filter(|name| !name.host.is_empty()) {
            *self.hosts.entry(name.tenant.clone()).or_default() += 1;
        }
        while self.aways.front().is_some_and(|(_, until)| now - *until > Span::DAY.times(2)) {
            self.aways.pop_front();
        }
    }

    /// The clients that have sources.
    pub(super) fn tenants(&self) -> Vec<TenantId> {
        let mut tenants: Vec<TenantId> =
            self.sources.keys().map(|name| name.tenant.clone()).collect();
        tenants.dedup();
        tenants
    }

    /// Says in a digest how much was heard, and which of its claims that touches.
    pub(super) fn complete(&self, digest: &mut Digest) {
        let tenant = digest.tenant_id.clone();
        digest.quiet.coverage = Some(self.coverage(&tenant, digest.since));
        digest.items.iter_mut().for_each(|item| self.doubt(&tenant, item));
    }

    /// The sources of a client.
    fn of<'a>(&'a self, tenant: &'a TenantId) -> impl Iterator<Item = (&'a Name, &'a Source)> {
        let first = Name { tenant: tenant.clone(), source: SourceId::new(""), host: String::new() };
        self.sources.range(first..).take_while(move |(name, _)| name.tenant == *tenant)
    }

    /// Whether the coverage counts it: of a network listener its hosts, not itself.
    fn counts(name: &Name, source: &Source) -> bool {
        !(name.host.is_empty() && source.is_wire)
    }

    /// The way of a host: its listener, if that hears others as well.
    fn way_of(&self, host: &Name) -> Option<&Source> {
        let way = Name { host: String::new(), ..host.clone() };
        let is_host = !host.host.is_empty() && self.hears_several(&way);
        is_host.then(|| self.sources.get(&way)).flatten()
    }

    /// Whether a listener hears at least two hosts.
    fn hears_several(&self, listener: &Name) -> bool {
        let from = self.sources.range(listener.clone()..);
        let of = |name: &Name| name.tenant == listener.tenant && name.source == listener.source;
        // The first is the listener itself.
        from.take_while(|(name, _)| of(name)).take(3).count() == 3
    }
}
