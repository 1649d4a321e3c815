//! The ledger of one tenant: what is known of every signature, host and cell. It remembers and
//! answers; it judges nothing.

use super::attempts::{self, Attempt, Attempts, Says, Through};
use super::cell::{Cell, CellIndex, HostIndex, NextCell, StoryIndex};
use super::context::Contexts;
use super::hashed::Map;
use super::known::{Host, Kind, Service, ServiceIndex};
use super::mark::{Mark, Secs};
use super::named::Named;
use super::novel::{Novel, Pace};
use super::recent::Recent;
use super::reports::{Reported, Reports};
use super::rows::{self, Event, Rows};
use super::voice::{Hearing, Voice};
use crate::config::Config;
use crate::entities::Entities;
use crate::sighting::Sighting;
use crate::signature::SignatureIndex;
use crate::sites::{self, Site};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// What one sighting changed.
#[derive(Debug, Clone, Copy)]
pub struct Observed {
    /// The signature.
    pub signature: SignatureIndex,
    /// The cell; `None` beyond the cap on cells.
    pub cell: Option<CellIndex>,
    /// The signature is new to this tenant.
    pub is_new: bool,
    /// It begins a new occasion in its cell.
    pub starts: bool,
    /// The candidate that told of the silence of its host.
    pub breaks: Option<StoryIndex>,
    /// Somebody came through after many failures.
    pub through: Option<Through>,
    /// A kernel report, against those before.
    pub reported: Option<Reported>,
}

/// All that is known of one tenant's stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// The time of the event that came first: learning counts from it.
    pub first: Timestamp,
    /// The earliest time that any event names; a late event may name one before the first.
    pub earliest: Timestamp,
    /// The latest time that was seen.
    pub now: Timestamp,
    /// Events in all.
    pub events: u64,
    /// By signature index.
    pub kinds: Vec<Kind>,
    /// By host index.
    pub hosts: Vec<Host>,
    /// By service index.
    pub services: Vec<Service>,
    /// By cell index.
    pub cells: Vec<Cell>,
    /// Cells with a sighting since the last [`Ledger::turn`], each once.
    pub touched: Vec<CellIndex>,
    /// Cells whose expected message is overdue and whose silence was not said yet.
    pub overdue: Vec<CellIndex>,
    /// When the stream was taken up again.
    pub hearing: Hearing,
    /// How often an event is of a new kind.
    pub novel: Novel,
    /// Who failed and who succeeded.
    attempts: Attempts,
    /// Kernel reports, and the machines that they came from.
    pub reports: Reports,
    /// When each awaited cell is to be looked at next.
    awaited: BinaryHeap<Reverse<(Timestamp, CellIndex)>>,
    /// What was said around the occasions of what is watched.
    pub contexts: Contexts,
    /// What is named how often.
    pub named: Named,
    /// Sightings that found no room for a cell of their own.
    pub cells_overflowed: u64,
    /// The tenant's sites, by the configuration.
    #[serde(skip)]
    pub sites: Vec<Site>,
    /// When each service first spoke on each host.
    service_on_host: BTreeMap<(ServiceIndex, HostIndex), Secs>,
    #[serde(skip)]
    host_of: Map<String, HostIndex>,
    #[serde(skip)]
    service_of: Map<String, ServiceIndex>,
    #[serde(skip)]
    cell_of: Map<(u32, u32), CellIndex>,
    /// The host that spoke last: lines of one host come in rows.
    #[serde(skip)]
    last_host: Option<HostIndex>,
}

/// The name of the host, or service, that stands for all beyond the cap.
pub const OTHER: &str = "(other)";

impl Ledger {
    /// Remembers one sighting of a signature.
    pub fn observe(
        &mut self,
        sighting: &Sighting<'_>,
        signature: SignatureIndex,
        config: &Config,
    ) -> Observed {
        let (at, n) = (sighting.at, sighting.occurrences);
        if self.events == 0 {
            (self.first, self.earliest) = (at, at);
        }
        self.earliest = self.earliest.min(at);
        self.now = self.now.max(at);
        self.events += u64::from(n);
        let mark = Mark { at, seq: sighting.seq };
        let host = self.host(sighting.host, sighting, config.limits.hosts_max);
        let is_new = self.kind(signature, sighting, config);
        let breaks = self.hear(host, sighting, signature, config);
        let note = sighting.kernel;
        let reported = note.and_then(|note| self.reports.see(note, signature, host, at));
        let Some(index) = self.cell(signature, host, mark, config) else {
            self.cells_overflowed += 1;
            return Observed {
                signature,
                cell: None,
                is_new,
                starts: false,
                breaks,
                through: None,
                reported,
            };
        };
        if !std::mem::replace(&mut self.cells[index.0 as usize].touched, true) {
            self.touched.push(index);
        }
        let Sighting { severity, process, entities, .. } = *sighting;
        let event = Event { mark, n, severity, process, entities };
        let starts = rows::see(self, index, &event, config);
        self.cells[index.0 as usize].measure(&sighting.values, at);
        let through = self.attempt(index, sighting, config);
        Observed { signature, cell: Some(index), is_new, starts, breaks, through, reported }
    }

    /// Notes who failed or succeeded, if the line says so.
    fn attempt(
        &mut self,
        cell: CellIndex,
        sighting: &Sighting<'_>,
        config: &Config,
    ) -> Option<Through> {
        if sighting.entities.is_empty() {
            return None;
        }
        let Cell { signature, host, .. } = self[cell];
        let kind = &self.kinds[signature.0 as usize];
        let says = match (kind.fails, kind.grants) {
            (true, _) => Says::Failed,
            (false, true) => Says::Succeeded,
            (false, false) => return None,
        };
        let (entities, at, n) = (sighting.entities, sighting.at, sighting.occurrences);
        let service = kind.service;
        let attempt = Attempt { says, signature, cell, host, service, entities, at, n };
        let asked = attempts::Asked {
            failures_min: config.discover.breakthrough_failures_min,
            pause_max: config.discover.breakthrough_pause_max,
        };
        self.attempts.see(&attempt, asked)
    }

    /// Notes that a host speaks; says which story told of its silence.
    fn hear(
        &mut self,
        host: HostIndex,
        sighting: &Sighting<'_>,
        signature: SignatureIndex,
        config: &Config,
    ) -> Option<StoryIndex> {
        let (at, n) = (sighting.at, sighting.occurrences);
        self.hearing.hear(at);
        let state = &mut self.hosts[host.0 as usize];
        let quiet_since = state.last.max(self.hearing.since);
        state.voice.speak(quiet_since, at, &config.discover);
        state.pace.count(n, at);
        state.hear(Mark { at, seq: sighting.seq }, n, signature);
        let silent = state.voice.silent.take();
        let kind = &self.kinds[signature.0 as usize];
        let learnt = self.first + config.attention.learning_span;
        if at >= learnt {
            self.novel.count(n, kind.events, kind.first.at() >= learnt);
        }
        silent
    }

    fn host(&mut self, name: &str, sighting: &Sighting<'_>, hosts_max: usize) -> HostIndex {
        if let Some(last) = self.last_host
            && self.hosts[last.0 as usize].name == name
        {
            return last;
        }
        let index = match self.host_of.get(name) {
            Some(index) => *index,
            None if self.hosts.len() >= hosts_max && name != OTHER => {
                return self.host(OTHER, sighting, hosts_max);
            }
            None => self.new_host(name, sighting),
        };
        self.last_host = Some(index);
        index
    }

    fn new_host(&mut self, name: &str, sighting: &Sighting<'_>) -> HostIndex {
        let index = HostIndex(self.hosts.len() as u32);
        self.hosts.push(Host {
            name: name.to_owned(),
            source: sighting.source.to_owned(),
            first: sighting.at,
            last: sighting.at,
            events: 0,
            critical: 0,
            births: Recent::default(),
            kinds: 0,
            rare: Recent::default(),
            lines: Recent::default(),
            voice: Voice::default(),
            pace: Pace::default(),
            site: sites::of_host(&self.sites, name),
        });
        self.host_of.insert(name.to_owned(), index);
        index
    }

    fn service(&mut self, name: &str, at: Timestamp, services_max: usize) -> ServiceIndex {
        if let Some(index) = self.service_of.get(name) {
            return *index;
        }
        if self.services.len() >= services_max && name != OTHER {
            return self.service(OTHER, at, services_max);
        }
        let index = ServiceIndex(self.services.len() as u32);
        self.services.push(Service { name: name.to_owned(), first: at, severe: 0, kinds: 0 });
        self.service_of.insert(name.to_owned(), index);
        index
    }

    /// Makes room for the signature if it is new; says whether it is.
    fn kind(
        &mut self,
        signature: SignatureIndex,
        sighting: &Sighting<'_>,
        config: &Config,
    ) -> bool {
        // The library hands out indexes densely, so a new one is the next.
        let is_new = signature.0 as usize == self.kinds.len();
        if is_new {
            let service = self.service(sighting.service, sighting.at, config.limits.services_max);
            grow_by_little(&mut self.kinds);
            self.kinds.push(Kind::new(service, sighting.at));
            self.services[service.0 as usize].kinds += 1;
        }
        is_new
    }

    fn cell(
        &mut self,
        signature: SignatureIndex,
        host: HostIndex,
        mark: Mark,
        config: &Config,
    ) -> Option<CellIndex> {
        let known = self.cell_on(signature, host);
        if known.is_some() {
            return known;
        }
        if self.cells.len() >= config.limits.cells_max {
            return None;
        }
        Some(self.new_cell(signature, host, mark))
    }

    /// The cell of a signature on a host.
    pub fn cell_on(&self, signature: SignatureIndex, host: HostIndex) -> Option<CellIndex> {
        let (first, last) = self.kinds[signature.0 as usize].cells?;
        let of_signature = [last, first].into_iter().find(|cell| self[*cell].host == host);
        of_signature.or_else(|| self.cell_of.get(&(signature.0, host.0)).copied())
    }

    fn new_cell(&mut self, signature: SignatureIndex, host: HostIndex, mark: Mark) -> CellIndex {
        let index = CellIndex(self.cells.len() as u32);
        grow_by_little(&mut self.cells);
        self.cells.push(Cell::new(signature, host, mark));
        let kind = &mut self.kinds[signature.0 as usize];
        kind.reaches_a_host();
        match kind.cells {
            None => kind.cells = Some((index, index)),
            Some((first, last)) => {
                kind.cells = Some((first, index));
                self.cells[last.0 as usize].next = NextCell::of(index);
                // Of the first and the latest host the signature itself knows the cell.
                self.cell_of.insert((signature.0, self.cells[last.0 as usize].host.0), last);
            }
        }
        self.hosts[host.0 as usize].births.push((mark.at, signature));
        self.hosts[host.0 as usize].kinds += 1;
        let service = kind.service;
        self.service_on_host.entry((service, host)).or_insert(Secs::of(mark.at));
        index
    }

    /// Hosts on which a service was heard.
    pub fn hosts_of(&self, service: ServiceIndex) -> usize {
        let all = (service, HostIndex(0))..=(service, HostIndex(u32::MAX));
        self.service_on_host.range(all).count()
    }

    /// The hosts on which a service was heard, in the order in which they were first heard at all.
    pub fn hosts_with(&self, service: ServiceIndex) -> impl Iterator<Item = HostIndex> + '_ {
        let all = (service, HostIndex(0))..=(service, HostIndex(u32::MAX));
        self.service_on_host.range(all).map(|((_, host), _)| *host)
    }

    /// Counts what an event of a cell names.
    pub fn look(&mut self, cell: CellIndex, entities: Entities, at: Timestamp) {
        self.named.count(cell, &self.cells[cell.0 as usize], entities, at);
    }

    /// The cells of a signature, in the order of their first events.
    pub fn cells_of(&self, signature: SignatureIndex) -> impl Iterator<Item = CellIndex> + '_ {
        let first = self.kinds[signature.0 as usize].cells.map(|(first, _)| first);
        std::iter::successors(first, |cell| self[*cell].next.map(NextCell::cell))
    }

    /// Makes the indexes that a snapshot leaves out.
    pub fn reindex(&mut self) {
        let hosts = self.hosts.iter().enumerate();
        self.host_of = hosts.map(|(i, host)| (host.name.clone(), HostIndex(i as u32))).collect();
        let services = self.services.iter().enumerate();
        self.service_of = services.map(|(i, s)| (s.name.clone(), ServiceIndex(i as u32))).collect();
        let of_several = |cell: &Cell| self.kinds[cell.signature.0 as usize].hosts > 1;
        let cells = self.cells.iter().enumerate().filter(|(_, cell)| of_several(cell));
        self.cell_of =
            cells.map(|(i, cell)| ((cell.signature.0, cell.host.0), CellIndex(i as u32))).collect();
    }

    /// Turns to the next quarter of an hour: finds what is overdue, and begins to await what has
    /// become regular. Costs what was touched and what is due, not what is known.
    pub fn turn(&mut self, now: Timestamp, config: &Config) {
        self.now = self.now.max(now);
        for index in &self.touched {
            let cell = &mut self.cells[index.0 as usize];
            if !cell.awaited && cell.is_expected(&config.discover) {
                cell.awaited = true;
                self.awaited.push(Reverse((cell.overdue_at(&config.discover), *index)));
            }
        }
        self.overdue.retain(|index| {
            let cell = &self.cells[index.0 as usize];
            !cell.silent && cell.overdue_at(&config.discover) <= now
        });
        while let Some(Reverse((due, index))) =
            self.awaited.peek().copied().filter(|a| a.0.0 <= now)
        {
            self.awaited.pop();
            let cell = &mut self.cells[index.0 as usize];
            let overdue_at = cell.overdue_at(&config.discover);
            match (cell.is_expected(&config.discover), overdue_at > due) {
                // It came since: look again when that is overdue.
                (true, true) => self.awaited.push(Reverse((overdue_at, index))),
                // It did not. Awaited again once it has come back.
                (true, false) => {
                    self.overdue.push(index);
                    cell.awaited = false;
                }
                (false, _) => cell.awaited = false,
            }
        }
    }

    /// Forgets which cells were touched.
    pub fn untouch(&mut self) {
        for index in self.touched.drain(..) {
            self.cells[index.0 as usize].touched = false;
        }
    }

    /// Says which sites there are, and where each host stands.
    pub fn place(&mut self, sites: Vec<Site>) {
        for host in &mut self.hosts {
            host.site = sites::of_host(&sites, &host.name);
        }
        self.sites = sites;
    }

    /// When a service first spoke on a host, if it did.
    pub fn service_on_host(&self, service: ServiceIndex, host: HostIndex) -> Option<Timestamp> {
        self.service_on_host.get(&(service, host)).map(|secs| secs.at())
    }

    /// The signature of a cell, over all hosts.
    pub fn kind_of(&self, cell: CellIndex) -> &Kind {
        &self.kinds[self[cell].signature.0 as usize]
    }

    /// The host of a cell.
    pub fn host_of(&self, cell: CellIndex) -> &Host {
        &self.hosts[self[cell].host.0 as usize]
    }
}

/// Tables of a hundred thousand rows grow by a thirtieth: doubling would hold twice what is used.
pub(crate) fn grow_by_little<T>(rows: &mut Vec<T>) {
    if rows.len() == rows.capacity() {
        rows.reserve_exact((rows.len() / 30).max(64));
    }
}

impl Rows for Ledger {
    fn cell_mut(&mut self, index: CellIndex) -> &mut Cell {
        &mut self.cells[index.0 as usize]
    }

    fn kind_mut(&mut self, index: SignatureIndex) -> &mut Kind {
        &mut self.kinds[index.0 as usize]
    }

    fn host_mut(&mut self, index: HostIndex) -> &mut Host {
        &mut self.hosts[index.0 as usize]
    }
}

impl std::ops::Index<CellIndex> for Ledger {
    type Output = Cell;
    fn index(&self, cell: CellIndex) -> &Cell {
        &self.cells[cell.0 as usize]
    }
}

impl std::ops::IndexMut<CellIndex> for Ledger {
    fn index_mut(&mut self, cell: CellIndex) -> &mut Cell {
        &mut self.cells[cell.0 as usize]
    }
}
