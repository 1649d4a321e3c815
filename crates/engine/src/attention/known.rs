//! What is known of one host, one service, one signature: the ledger's rows.

use super::band::Standing;
use super::cell::CellIndex;
use super::recent::Recent;
use crate::entities::{Entities, EntityCounts};
use crate::signature::SignatureIndex;
use model::{Severity, Timestamp};

/// A service's place in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ServiceIndex(pub u32);

/// First sightings remembered per host, to recognise a change that brings many at once.
const BIRTHS: usize = 16;
/// Latest rare occasions remembered per host, to find companions.
const RARE: usize = 32;
/// Latest occasions remembered per signature over all hosts, to see it spread.
const REACH: usize = 32;

/// What is known of one host.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// First and last event.
    pub first: Timestamp,
    /// See `first`.
    pub last: Timestamp,
    /// Events in all.
    pub events: u64,
    /// The latest signatures that were new to it.
    pub births: Recent<(Timestamp, SignatureIndex), BIRTHS>,
    /// The latest occasions of rare cells.
    pub rare: Recent<(Timestamp, CellIndex), RARE>,
}

/// What is known of one service over all hosts.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// First event.
    pub first: Timestamp,
}

/// One occasion of a signature: when, where, about what.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reach {
    /// When it began.
    pub at: Timestamp,
    /// The signature on its host.
    pub cell: CellIndex,
    /// What it named.
    pub entities: Entities,
}

/// What is known of one signature over all hosts.
#[derive(Debug, Clone)]
pub struct Kind {
    /// The service that says it.
    pub service: ServiceIndex,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// Events in all.
    pub events: u64,
    /// Occasions in all, over all hosts.
    pub occasions: u64,
    /// Its cells, in the order of their first events.
    pub cells: Vec<CellIndex>,
    /// The latest occasions, with their hosts.
    pub reach: Recent<Reach, REACH>,
    /// How often its most frequent entities were named, one count an occasion.
    pub entities: EntityCounts,
    /// Its text speaks of failing.
    pub fails: bool,
    /// Its text speaks of recovering.
    pub recovers: bool,
    /// How much attention it gets, and why.
    pub standing: Standing,
    /// The open candidate about its spread, or none.
    pub spread: Option<u32>,
    /// The open candidates that it belongs to.
    pub open: Vec<u32>,
    /// Events on its busiest host.
    pub busiest: u64,
    /// The worst severity that any sighting had.
    pub worst: Option<Severity>,
}

impl Kind {
    /// It belongs to this open candidate from now on.
    pub fn join(&mut self, candidate: u32) {
        if !self.open.contains(&candidate) {
            self.open.push(candidate);
        }
    }

    /// The candidate is closed.
    pub fn leave(&mut self, candidate: u32) {
        self.open.retain(|open| *open != candidate);
        self.spread = self.spread.filter(|spread| *spread != candidate);
    }
}

/// The worse of two severities, where known.
pub(super) fn worse(a: Option<Severity>, b: Option<Severity>) -> Option<Severity> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
