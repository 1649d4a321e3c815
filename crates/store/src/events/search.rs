//! Queries → answers: blocks that cannot hold what is asked for are passed over by their times and summaries,
//! the others are read and searched; those in memory are searched like a block.

use super::files::{self, EventFile, Stored};
use super::matcher::Matcher;
use super::rows::{NO_SEVERITY, Names, Rows};
use super::store::Events;
use model::port::{EventSearch, StoreError};
use model::search::{Facets, Found, Order, Page, Place, Query, Scan};
use model::{SignatureId, TenantId, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::sync::Arc;

impl EventSearch for Events {
    fn search(&self, query: &Query) -> Result<Page, StoreError> {
        self.page(query).map_err(told)
    }

    fn facets(&self, query: &Query, top: usize) -> Result<Facets, StoreError> {
        self.spread(query, top).map_err(told)
    }
}

fn told(error: io::Error) -> StoreError {
    StoreError(format!("could not read the stored events: {error}"))
}

/// One block to look at.
struct Source {
    file: EventFile,
    block: Stored,
}

/// A place in the order of the answer: the first in the answer is the greatest.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Rank {
    Newest(Place),
    Oldest(Reverse<Place>),
}

fn rank(order: Order, place: Place) -> Rank {
    match order {
        Order::Newest => Rank::Newest(place),
        Order::Oldest => Rank::Oldest(Reverse(place)),
    }
}

/// An event by its rank alone.
struct Ranked(Rank, Found);

impl PartialEq for Ranked {
    fn eq(&self, other: &Ranked) -> bool {
        self.0 == other.0
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Ranked) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Ranked) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// The best events so far: the worst of them on top.
struct Best {
    heap: BinaryHeap<Reverse<Ranked>>,
    limit: usize,
    /// There were more.
    more: bool,
}

impl Best {
    fn is_wanted(&self, rank: Rank) -> bool {
        self.heap.len() < self.limit || self.heap.peek().is_some_and(|worst| rank > worst.0.0)
    }

    fn add(&mut self, rank: Rank, found: impl FnOnce() -> Found) {
        if !self.is_wanted(rank) {
            self.more = true;
            return;
        }
        self.heap.push(Reverse(Ranked(rank, found())));
        if self.heap.len() > self.limit {
            self.heap.pop();
            self.more = true;
        }
    }
}

impl Events {
    fn page(&self, query: &Query) -> io::Result<Page> {
        let mut scan = Scan::default();
        let limit = query.limit.clamp(1, Query::LIMIT_MAX);
        let mut best = Best { heap: BinaryHeap::new(), limit, more: false };
        let after = query.after.map(|place| rank(query.order, place));
        let take = |rows: &Rows, best: &mut Best| {
            for place in Matcher::of_rows(query, rows).places(rows) {
                let rank = rank(query.order, rows.facts[place].place());
                if after.is_none_or(|after| rank < after) {
                    best.add(rank, || rows.found(place));
                }
            }
        };
        let mut sources = self.sources(query, &mut scan, |rows| take(rows, &mut best));
        // The best blocks first: the others need not be read once the page is full of better events.
        sources.sort_by_key(|source| Reverse(best_rank(query.order, &source.block)));
        for source in &sources {
            let possible = best_rank(query.order, &source.block);
            let is_past =
                after.is_some_and(|after| worst_rank(query.order, &source.block) >= after);
            if is_past {
                continue;
            }
            if !best.is_wanted(possible) {
                // Whether there is anything more is told by the next page.
                best.more = true;
                break;
            }
            if let Some(rows) = self.read_block(source, query, true, &mut scan)? {
                take(&rows, &mut best);
            }
        }
        let found = best.heap.into_sorted_vec().into_iter().map(|Reverse(ranked)| ranked.1);
        let found: Vec<Found> = found.collect();
        let next = found.last().filter(|_| best.more).map(Found::place);
        Ok(Page { found, next, scan })
    }

    fn spread(&self, query: &Query, top: usize) -> io::Result<Facets> {
        let mut scan = Scan::default();
        let mut tally = Tally::default();
        let sources = self.sources(query, &mut scan, |rows| tally.add(query, rows));
        for source in &sources {
            let texts = !query.text.terms.is_empty();
            if let Some(rows) = self.read_block(source, query, texts, &mut scan)? {
                tally.add(query, &rows);
            }
        }
        Ok(tally.facets(top, scan))
    }

    /// The events of a block, if it may hold what is asked for.
    fn read_block(
        &self,
        source: &Source,
        query: &Query,
        texts: bool,
        scan: &mut Scan,
    ) -> io::Result<Option<Rows>> {
        let mut damaged = || {
            scan.blocks_damaged += 1;
            self.is_damaged(&source.file, &source.block);
            Ok(None)
        };
        let Some(summary) = files::summary(&*source.file.file, &source.block)? else {
            return damaged();
        };
        if !Matcher::may_be_in(query, &summary) {
            return Ok(None);
        }
        let Some(rows) = files::events(&*source.file.file, &source.block, summary, texts)? else {
            return damaged();
        };
        scan.blocks_read += 1;
        scan.events += rows.len() as u64;
        Ok(Some(rows))
    }

    /// The blocks in the time that was asked for; what is in memory is handed to `memory` at once.
    fn sources(
        &self,
        query: &Query,
        scan: &mut Scan,
        mut memory: impl FnMut(&Rows),
    ) -> Vec<Source> {
        let held = self.read();
        // What is closing stays out of the files until this lock is let go.
        memory(&held.waiting);
        scan.events += held.waiting.len() as u64;
        if let Some(rows) = &held.closing {
            memory(&Arc::clone(rows));
            scan.events += rows.len() as u64;
        }
        let mut sources = Vec::new();
        for file in &held.files {
            let within = |block: &&Stored| {
                block.head.count > 0
                    && query.from.is_none_or(|from| block.head.latest >= from)
                    && query.until.is_none_or(|until| block.head.earliest < until)
            };
            scan.blocks += file.blocks.len() as u64;
            let mut blocks = file.blocks.iter().filter(within).peekable();
            if blocks.peek().is_some() {
                let handle = EventFile {
                    name: file.name.clone(),
                    file: Arc::clone(&file.file),
                    blocks: Vec::new(),
                    bytes: 0,
                };
                sources.extend(blocks.map(|block| Source { file: handle.clone(), block: *block }));
            }
        }
        sources
    }
}

fn best_rank(order: Order, block: &Stored) -> Rank {
    let (head, last) = (&block.head, block.head.last);
    match order {
        Order::Newest => rank(order, Place { at: head.latest, seq: last }),
        Order::Oldest => rank(order, Place { at: head.earliest, seq: head.first }),
    }
}

fn worst_rank(order: Order, block: &Stored) -> Rank {
    let (head, last) = (&block.head, block.head.last);
    match order {
        Order::Newest => rank(order, Place { at: head.earliest, seq: head.first }),
        Order::Oldest => rank(order, Place { at: head.latest, seq: last }),
    }
}

#[derive(Default)]
struct Tally {
    total: u64,
    tenants: BTreeMap<String, u64>,
    hosts: BTreeMap<String, u64>,
    services: BTreeMap<String, u64>,
    signatures: BTreeMap<SignatureId, u64>,
    severities: [u64; NO_SEVERITY as usize + 1],
    times: Option<(Timestamp, Timestamp)>,
}

impl Tally {
    fn add(&mut self, query: &Query, rows: &Rows) {
        let mut tenants = vec![0; rows.tenants.all.len()];
        let mut hosts = vec![0; rows.hosts.all.len()];
        let mut services = vec![0; rows.services.all.len()];
        let mut kinds = vec![0; rows.kinds.len()];
        for place in Matcher::of_rows(query, rows).places(rows) {
            let fact = &rows.facts[place];
            tenants[fact.tenant as usize] += 1;
            hosts[fact.host as usize] += 1;
            services[fact.service as usize] += 1;
            kinds[fact.kind as usize] += 1;
            self.severities[usize::from(fact.severity)] += 1;
            let (earliest, latest) = self.times.unwrap_or((fact.at, fact.at));
            self.times = Some((earliest.min(fact.at), latest.max(fact.at)));
            self.total += 1;
        }
        sum(&mut self.tenants, &rows.tenants, &tenants);
        sum(&mut self.hosts, &rows.hosts, &hosts);
        sum(&mut self.services, &rows.services, &services);
        for (kind, count) in rows.kinds.iter().zip(kinds).filter(|(_, count)| *count > 0) {
            *self.signatures.entry(kind.signature).or_default() += count;
        }
    }

    fn facets(self, top: usize, scan: Scan) -> Facets {
        let tenants = most(self.tenants, top).into_iter();
        Facets {
            total: self.total,
            tenants: tenants.map(|(name, count)| (TenantId::new(name), count)).collect(),
            hosts: most(self.hosts, top),
            services: most(self.services, top),
            signatures: most(self.signatures, top),
            severities: self.severities,
            times: self.times,
            scan,
        }
    }
}

fn sum(into: &mut BTreeMap<String, u64>, names: &Names, counts: &[u64]) {
    for (name, count) in names.all.iter().zip(counts).filter(|(_, count)| **count > 0) {
        match into.get_mut(&**name) {
            Some(sum) => *sum += count,
            None => drop(into.insert(name.to_string(), *count)),
        }
    }
}

/// The most frequent first; of equal ones in the order of their names.
fn most<T: Ord>(counts: BTreeMap<T, u64>, top: usize) -> Vec<(T, u64)> {
    let mut counts: Vec<(T, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|count| Reverse(count.1));
    counts.truncate(top);
    counts
}
