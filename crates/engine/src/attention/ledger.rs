//! The ledger of one tenant: what is known of every signature, host and cell. It remembers and
//! answers; it judges nothing.

use super::band::Standing;
use super::cell::{Cell, CellIndex, HostIndex, Mark};
use super::known::{Host, Kind, Reach, Service, ServiceIndex, worse};
use super::recent::Recent;
use crate::config::Config;
use crate::entities::EntityCounts;
use crate::sighting::Sighting;
use crate::signature::SignatureIndex;
use model::{Span, Timestamp};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

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
}

/// All that is known of one tenant's stream.
#[derive(Debug, Default)]
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
    /// When each awaited cell is to be looked at next.
    awaited: BinaryHeap<Reverse<(Timestamp, CellIndex)>>,
    /// Sightings that found no room for a cell of their own.
    pub cells_overflowed: u64,
    host_of: HashMap<String, HostIndex>,
    service_of: HashMap<String, ServiceIndex>,
    cell_of: HashMap<(SignatureIndex, HostIndex), CellIndex>,
    service_on_host: HashMap<(ServiceIndex, HostIndex), Timestamp>,
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
        let at = sighting.at;
        if self.events == 0 {
            (self.first, self.earliest) = (at, at);
        }
        self.earliest = self.earliest.min(at);
        self.now = self.now.max(at);
        self.events += u64::from(sighting.occurrences);
        let host = self.host(sighting.host, at, config.limits.hosts_max);
        let service = self.service(sighting.service, at, config.limits.services_max);
        if self.service_on_host.len() < config.limits.cells_max {
            self.service_on_host.entry((service, host)).or_insert(at);
        }
        let state = &mut self.hosts[host.0 as usize];
        state.events += u64::from(sighting.occurrences);
        state.last = state.last.max(at);
        let is_new = self.kind(signature, service, at, sighting.occurrences);
        let mark = Mark { at, seq: sighting.seq };
        let Some(cell) = self.cell(signature, host, mark, config.limits.cells_max) else {
            self.cells_overflowed += 1;
            return Observed { signature, cell: None, is_new, starts: false };
        };
        let state = &mut self.cells[cell.0 as usize];
        if !std::mem::replace(&mut state.touched, true) {
            self.touched.push(cell);
        }
        let starts =
            state.see(mark, sighting.occurrences, sighting.severity, config.attention.occasion_gap);
        let (events, worst) = (state.events, state.worst);
        let kind = &mut self.kinds[signature.0 as usize];
        kind.busiest = kind.busiest.max(events);
        kind.worst = worse(kind.worst, worst);
        if starts {
            kind.occasions += 1;
            kind.entities.add(sighting.entities);
            kind.reach.push(Reach { at, cell, entities: sighting.entities });
            self.meet(cell, at, config);
        }
        Observed { signature, cell: Some(cell), is_new, starts }
    }

    fn host(&mut self, name: &str, at: Timestamp, hosts_max: usize) -> HostIndex {
        if let Some(index) = self.host_of.get(name) {
            return *index;
        }
        if self.hosts.len() >= hosts_max && name != OTHER {
            return self.host(OTHER, at, hosts_max);
        }
        let index = HostIndex(self.hosts.len() as u32);
        self.hosts.push(Host {
            name: name.to_owned(),
            first: at,
            last: at,
            events: 0,
            births: Recent::default(),
            rare: Recent::default(),
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
        self.services.push(Service { name: name.to_owned(), first: at });
        self.service_of.insert(name.to_owned(), index);
        index
    }

    fn kind(
        &mut self,
        signature: SignatureIndex,
        service: ServiceIndex,
        at: Timestamp,
        n: u32,
    ) -> bool {
        // The library hands out indexes densely, so a new one is the next.
        let is_new = signature.0 as usize == self.kinds.len();
        if is_new {
            self.kinds.push(Kind {
                service,
                first: at,
                last: at,
                events: 0,
                occasions: 0,
                cells: Vec::new(),
                reach: Recent::default(),
                entities: EntityCounts::default(),
                fails: false,
                recovers: false,
                standing: Standing::default(),
                spread: None,
                open: Vec::new(),
                busiest: 0,
                worst: None,
            });
        }
        let kind = &mut self.kinds[signature.0 as usize];
        kind.last = kind.last.max(at);
        kind.events += u64::from(n);
        is_new
    }

    fn cell(
        &mut self,
        signature: SignatureIndex,
        host: HostIndex,
        mark: Mark,
        cells_max: usize,
    ) -> Option<CellIndex> {
        if let Some(index) = self.cell_of.get(&(signature, host)) {
            return Some(*index);
        }
        if self.cells.len() >= cells_max {
            return None;
        }
        let index = CellIndex(self.cells.len() as u32);
        self.cells.push(Cell::new(signature, host, mark));
        self.cell_of.insert((signature, host), index);
        self.kinds[signature.0 as usize].cells.push(index);
        self.hosts[host.0 as usize].births.push((mark.at, signature));
        Some(index)
    }

    /// Counts a new occasion of a rare cell against the rare occasions shortly before it.
    fn meet(&mut self, cell: CellIndex, at: Timestamp, config: &Config) {
        if !self.is_rare(cell, at, config) {
            return;
        }
        let host = self.cells[cell.0 as usize].host.0 as usize;
        let rare = self.hosts[host].rare;
        for (then, other) in rare.iter() {
            let lag = at - then;
            if other == cell || lag > config.discover.pair_within || lag < Span::ZERO {
                continue;
            }
            let lag_secs = lag.as_secs_f64() as u32;
            let leader = self.cells[other.0 as usize].partner_mut(cell);
            leader.after = leader.after.saturating_add(1);
            leader.after_secs = leader.after_secs.saturating_add(lag_secs);
            leader.latest_secs = lag_secs.min(u32::from(u16::MAX)) as u16;
            leader.longest_secs = leader.longest_secs.max(leader.latest_secs);
            let follower = self.cells[cell.0 as usize].partner_mut(other);
            follower.before = follower.before.saturating_add(1);
        }
        self.hosts[host].rare.push((at, cell));
    }

    /// Whether single occasions of this cell say something: few in the last day.
    pub fn is_rare(&self, cell: CellIndex, now: Timestamp, config: &Config) -> bool {
        let day = self[cell].occasions_since(now - Span::DAY);
        (day as f64) <= config.attention.rare_per_day_max
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

    /// When the host's service first spoke there.
    pub fn service_since(&self, cell: CellIndex) -> Timestamp {
        let cell = &self[cell];
        let service = self.kinds[cell.signature.0 as usize].service;
        self.service_on_host.get(&(service, cell.host)).copied().unwrap_or(cell.first.at)
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
