//! House keeping: what is old goes, what is evidence stays. One thread that may wait for the disk; nobody waits for it.
//!
//! - evidence of candidates is pinned, and copied into a pack before its segment goes;
//! - segments of the spool go by age and size, never before the state that covers them is written down;
//! - small blocks are put together;
//! - old events of low bands are left out, older files go;
//! - of the events of raised bands in `state.db`, those that are too old or find no room go, but never what the evidence
//!   of an open candidate rests on.

use super::shared::Shared;
use anyhow::Context;
use model::{CandidateId, Seq, Span, Timestamp};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use store::disk::Folder;
use store::events::Events;
use store::packs::Packs;
use store::spool::{Hold, Keep, Spool};
use store::state::{
    CandidateQuery, MemoryStore, RaisedLimit, SqliteMemory, SqliteState, StateStore,
};

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Raw records: the audit trail, and what a better parser could read again.
    pub(crate) raw_age: Span,
    /// … and at most so many bytes of them, as they stand on the disk.
    pub(crate) raw_bytes: u64,
    /// All events that can be searched; then only those of raised bands.
    pub(crate) events_age: Span,
    /// Events of raised bands.
    pub(crate) raised_age: Span,
    /// … and at most so many bytes of all events.
    pub(crate) events_bytes: u64,
    /// … and at most so many bytes of `state.db` for those of raised bands.
    pub(crate) raised_bytes: u64,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention {
            raw_age: Span::DAY.times(30),
            raw_bytes: 20 << 30,
            events_age: Span::DAY.times(30),
            raised_age: Span::DAY.times(400),
            events_bytes: 10 << 30,
            raised_bytes: 1 << 30,
        }
    }
}

/// Segments that are put together at a time: about a second each.
const COMPACT_MAX: usize = 4;
/// Evidence that was pinned is remembered, so that it need not be pinned again.
const PINNED_MAX: usize = 100_000;

/// Open candidates whose evidence is looked at; there are never so many.
const OPEN_MAX: usize = 100_000;

/// What a round did.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Round {
    pub(crate) segments_removed: u64,
    /// Segments that were due and stayed: the state does not cover them yet, or their evidence is not packed.
    pub(crate) segments_held: u64,
    pub(crate) packed: u64,
    /// Evidence that could not be read any more when it was to be packed.
    pub(crate) lost: u64,
    pub(crate) events_expired: u64,
    /// Events of raised bands in `state.db` that went because they were too old.
    pub(crate) raised_by_age: u64,
    /// … and because there was no room.
    pub(crate) raised_by_size: u64,
    /// Events of raised bands that are there, as they were counted last.
    pub(crate) raised_kept: u64,
    /// Bytes of `state.db` that they take.
    pub(crate) raised_bytes: u64,
}

impl Round {
    /// Both together; what is held and what is kept, as of the later.
    pub(super) fn and(&self, later: &Round) -> Round {
        Round {
            segments_removed: self.segments_removed + later.segments_removed,
            segments_held: later.segments_held,
            packed: self.packed + later.packed,
            lost: self.lost + later.lost,
            events_expired: self.events_expired + later.events_expired,
            raised_by_age: self.raised_by_age + later.raised_by_age,
            raised_by_size: self.raised_by_size + later.raised_by_size,
            raised_kept: later.raised_kept,
            raised_bytes: later.raised_bytes,
        }
    }
}

/// Keeps house.
pub(super) struct House {
    /// A reload of the settings may change it.
    retention: Arc<Mutex<Retention>>,
    spool: Arc<Spool>,
    events: Arc<Events>,
    memory: SqliteMemory,
    /// Beside the follower's, which writes.
    state: SqliteState,
    packs: PathBuf,
    shared: Arc<Shared>,
    pinned: BTreeSet<(CandidateId, Seq)>,
}

impl House {
    /// Keeps house in a state folder whose stores are open.
    ///
    /// # Errors
    /// If the state cannot be opened once more.
    pub(super) fn new(
        folder: &Path,
        retention: Arc<Mutex<Retention>>,
        spool: Arc<Spool>,
        events: Arc<Events>,
        memory: SqliteMemory,
        shared: Arc<Shared>,
    ) -> anyhow::Result<House> {
        let state = SqliteState::open_again(&folder.join("state.db"))
            .context("cannot open the state to keep house in it")?;
        let (packs, pinned) = (folder.join("packs"), BTreeSet::new());
        Ok(House { retention, spool, events, memory, state, packs, shared, pinned })
    }

    fn retention(&self) -> Retention {
        *self.retention.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what is due.
    ///
    /// # Errors
    /// What could not be done; it is tried again with the next round.
    pub(super) fn round(&mut self, now: Timestamp) -> anyhow::Result<Round> {
        let mut round = Round::default();
        self.pin()?;
        let Retention { raw_age, raw_bytes, .. } = self.retention();
        let keep = Keep { age: Some(raw_age), bytes: Some(raw_bytes) };
        let due = self.spool.due(keep, now);
        if !due.is_empty() {
            let packs = Packs::new(Arc::new(Folder::open(&self.packs)?));
            let mut raw = self.spool.raw();
            for segment in due {
                let last = segment.last.unwrap_or(segment.first);
                let packed = packs.pack(segment.first..=last, &mut raw, &mut self.memory)?;
                round.packed += packed.records;
                round.lost += packed.lost;
            }
            let pinned = self.memory.pinned()?;
            let hold = Hold { unread: self.shared.needed(), pinned: &pinned };
            let expired = self.spool.expire(keep, now, hold)?;
            round.segments_removed = expired.removed.len() as u64;
            round.segments_held = expired.held.len() as u64;
        }
        for _ in 0..COMPACT_MAX {
            if self.spool.compact()?.is_none() {
                break;
            }
        }
        round.events_expired = self.expire_events(now)?;
        self.bound_raised(now, &mut round)?;
        Ok(round)
    }

    /// Evidence of what is known now stays.
    fn pin(&mut self) -> anyhow::Result<()> {
        if self.pinned.len() > PINNED_MAX {
            self.pinned.clear();
        }
        let views = self.shared.views();
        for known in views.tenants.values().flat_map(|view| &view.candidates) {
            let id = known.item.candidate_id;
            let seqs = known.item.evidence.iter().map(|evidence| evidence.seq);
            let new: Vec<Seq> = seqs.filter(|seq| self.pinned.insert((id, *seq))).collect();
            if !new.is_empty() {
                self.memory.pin(&id.to_string(), &new)?;
            }
        }
        Ok(())
    }

    fn bound_raised(&mut self, now: Timestamp, round: &mut Round) -> anyhow::Result<()> {
        // While nothing was published nobody knows what is evidence.
        if self.shared.views().at.is_none() {
            return Ok(());
        }
        let Retention { raised_age, raised_bytes, .. } = self.retention();
        let held = self.evidence_of_open()?;
        let limit = RaisedLimit { before: now - raised_age, bytes_max: raised_bytes };
        let kept = self.state.bound_raised(limit, &held)?;
        (round.raised_by_age, round.raised_by_size) = (kept.by_age, kept.by_size);
        (round.raised_kept, round.raised_bytes) = (kept.rows, kept.bytes);
        Ok(())
    }

    /// What the evidence of open candidates rests on: all that was ever pinned for them.
    fn evidence_of_open(&self) -> anyhow::Result<BTreeSet<Seq>> {
        let query =
            CandidateQuery { open: Some(true), limit: OPEN_MAX, ..CandidateQuery::default() };
        let mut held = BTreeSet::new();
        for candidate in self.state.candidates(&query)? {
            held.extend(self.memory.pinned_for(&candidate.id.to_string())?);
        }
        Ok(held)
    }

    fn expire_events(&self, now: Timestamp) -> anyhow::Result<u64> {
        let Retention { events_age, raised_age, events_bytes, .. } = self.retention();
        let views = self.shared.views();
        let is_raised = |tenant: &model::TenantId, signature: &model::SignatureId| {
            views.tenants.get(tenant).is_some_and(|view| view.raised.contains(signature))
        };
        let mut gone = self.events.expire(Some(now - raised_age), Some(events_bytes))?;
        // While nothing was published nobody knows which bands are raised.
        if views.at.is_some() {
            gone += self.events.thin(now - events_age, &is_raised)?;
        }
        Ok(gone)
    }
}
