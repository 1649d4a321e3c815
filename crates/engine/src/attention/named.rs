//! Which things a message usually names on a host: an address, a user, a path. A bounded table beside the
//! cells, as most messages name nothing or come too seldom to have a usual. Comparison asks it
//! whether one thing is named now that was not before.
//!
//! Of what comes in storms, each eighth event and each beginning of an occasion counts.

use super::cell::{Cell, CellIndex};
use super::mark::Secs;
use super::recent::Recent;
use crate::entities::{Entities, EntityCounts};
use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Cells that are remembered, about 0.25 kB each.
const CELLS_MAX: usize = 400;
/// Latest looks that are remembered one by one: a story is told some occasions after it began.
const LATEST: usize = 8;
/// Every so many events of a cell one counts.
const EVERY: u64 = 8;
/// Events from which a cell may have a usual.
const EVENTS_MIN: u64 = 4;
/// A cell that named nothing for so long makes room for another.
const IDLE: Span = Span::DAY.times(3);

/// What one cell named.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Usual {
    /// How often each of the most frequent ones was named: never too low.
    pub counts: EntityCounts,
    /// Events that were counted.
    pub of: u32,
    /// The latest of these.
    pub latest: Recent<(Secs, Entities), LATEST>,
    last: Secs,
}

/// What cells usually name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Named {
    cells: BTreeMap<CellIndex, Usual>,
    /// Nothing can make room before then.
    full_until: Secs,
}

/// Whether an event of a cell, which was just counted there, is one of those that are looked at.
pub fn is_looked_at(cell: &Cell, starts: bool) -> bool {
    starts || cell.events.is_multiple_of(EVERY)
}

impl Named {
    /// What a cell named so far.
    pub fn of(&self, cell: CellIndex) -> Option<&Usual> {
        self.cells.get(&cell)
    }

    /// Counts what an event names.
    pub fn count(&mut self, index: CellIndex, cell: &Cell, entities: Entities, at: Timestamp) {
        if !self.cells.contains_key(&index)
            && (cell.events < EVENTS_MIN || !self.has_room(Secs::of(at)))
        {
            return;
        }
        let new = || Usual {
            counts: EntityCounts::default(),
            of: 0,
            latest: Recent::default(),
            last: Secs::of(at),
        };
        let usual = self.cells.entry(index).or_insert_with(new);
        usual.counts.add(entities);
        usual.of = usual.of.saturating_add(1);
        usual.latest.push((Secs::of(at), entities));
        usual.last = usual.last.max(Secs::of(at));
    }

    /// Whether there is room for one more; what was idle for long makes it, all at once.
    fn has_room(&mut self, now: Secs) -> bool {
        if self.cells.len() < CELLS_MAX {
            return true;
        }
        if now < self.full_until {
            return false;
        }
        let idle = |usual: &Usual| now.at() - usual.last.at() >= IDLE;
        self.cells.retain(|_, usual| !idle(usual));
        let oldest = self.cells.values().map(|usual| usual.last).min().unwrap_or(now);
        self.full_until = Secs::of(oldest.at() + IDLE);
        self.cells.len() < CELLS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::cell::HostIndex;
    use crate::attention::mark::Mark;
    use crate::signature::{SignatureIndex, Skeleton, fingerprint};

    #[test]
    fn the_table_is_bounded_and_the_idle_make_room() {
        let mut skeleton = Skeleton::default();
        let body = "connection from 192.0.2.1 closed";
        fingerprint("app", body, &mut skeleton);
        let entities = Entities::of(body, skeleton.holes());
        let at = |hours: i64| Timestamp::from_secs(1_772_409_600 + hours * 3_600);
        let mut cell = Cell::new(SignatureIndex(0), HostIndex(0), Mark::default());
        let mut named = Named::default();
        named.count(CellIndex(0), &cell, entities, at(0));
        assert!(named.of(CellIndex(0)).is_none(), "too young for a usual");
        cell.events = EVENTS_MIN;
        for n in 0..CELLS_MAX as u32 + 10 {
            named.count(CellIndex(n), &cell, entities, at(0));
        }
        assert_eq!(named.cells.len(), CELLS_MAX);
        named.count(CellIndex(0), &cell, entities, at(48));
        named.count(CellIndex(CELLS_MAX as u32), &cell, entities, at(71));
        assert_eq!(named.cells.len(), CELLS_MAX);
        named.count(CellIndex(CELLS_MAX as u32), &cell, entities, at(73));
        assert_eq!(named.cells.len(), 2, "one came again, one is new");
        assert_eq!(named.of(CellIndex(0)).map(|usual| usual.of), Some(2));
    }
}
