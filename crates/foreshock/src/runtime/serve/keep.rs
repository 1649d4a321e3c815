//! What followed from a stretch → the stores: events to be searched, and rows of what is known, written together with
//! the place in the spool that they cover.
//!
//! After a crash the records from the last snapshot on are folded again; what the stores already cover is not handed
//! in twice: events before [`Events::stored_through`], rows before the checkpoint.

use super::fold::{Fold, Followed, format};
use super::heard::Heard;
use super::sheet::Understood;
use engine::signature::SignatureIndex;
use engine::tenant::Tenant;
use model::search::Found;
use model::{
    Band, BandChange, CandidateId, Change, Seq, SignatureId, SourceId, TenantId, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::events::{EventRow, Events};
use store::state::{
    BandRow, CandidateRow, Checkpoint, Delta, SignatureRow, Snapshot, SourceRow, SqliteState,
    StateStore,
};

/// Events of raised bands that are kept with full text, of one stretch of records each so long: one in a hundred. A
/// flood of them is in the event blocks all the same; what is beyond is counted.
const RAISED_MAX: usize = 80;
/// … records.
const RAISED_WITHIN: u64 = 8_192;
/// Signatures whose counts are written down with one commit, besides those that changed their band.
const REFRESHED_MAX: usize = 4_096;

/// A store that failed: nothing was lost, it is to be tried again.
#[derive(Debug, thiserror::Error)]
#[error("{0}; what was received is safe in the spool, and is taken up again by itself")]
pub(super) struct Stuck(String);

impl Stuck {
    pub(super) fn new(what: String) -> Stuck {
        Stuck(what)
    }
}

/// The stores, and what waits to be written.
pub(super) struct Keep {
    events: Arc<Events>,
    state: SqliteState,
    checkpoint: Checkpoint,
    /// Rows are collected from records of this number on.
    through: Seq,
    delta: Delta,
    /// The place of the latest snapshot that was written by this.
    snapshot: Seq,
    /// Kinds of message that were seen since they were last written.
    touched: BTreeMap<TenantId, Touched>,
    /// Kinds whose band changed, perhaps by time alone.
    banded: BTreeSet<(TenantId, SignatureId)>,
    candidates: BTreeSet<(TenantId, CandidateId)>,
    /// Raised events kept of the sheet at hand.
    raised: (u64, usize),
    sources: BTreeMap<SourceId, Source>,
    heard: BTreeSet<SourceId>,
    /// Events with each defect, ever.
    defects: BTreeMap<String, u64>,
}

/// What stands before the name of a defect among the sums.
const DEFECT: &str = "defect: ";

/// A set of kinds.
#[derive(Default)]
struct Touched {
    is: Vec<bool>,
    all: Vec<SignatureIndex>,
}

impl Touched {
    fn add(&mut self, index: SignatureIndex) {
        let place = index.0 as usize;
        if place >= self.is.len() {
            self.is.resize(place + 1, false);
        }
        if !std::mem::replace(&mut self.is[place], true) {
            self.all.push(index);
        }
    }

    fn take(&mut self, most: usize) -> Vec<SignatureIndex> {
        let from = self.all.len().saturating_sub(most);
        let taken = self.all.split_off(from);
        taken.iter().for_each(|index| self.is[index.0 as usize] = false);
        taken
    }
}

/// What is written down of a source.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Source {
    pub(crate) tenant: String,
    pub(crate) source_type: String,
    pub(crate) source_name: String,
    pub(crate) transport: String,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) gaps: u64,
    pub(crate) last_micros: i64,
}

impl Source {
    fn new(heard: &Heard) -> Source {
        let origin = &heard.origin;
        Source {
            tenant: origin.tenant_id.as_str().to_owned(),
            source_type: origin.source_type.clone(),
            source_name: origin.source_name.clone(),
            transport: origin.transport.word().to_owned(),
            records: 0,
            bytes: 0,
            gaps: 0,
            last_micros: i64::MIN,
        }
    }
}

impl Keep {
    /// Goes on at a checkpoint.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub(super) fn new(
        events: Arc<Events>,
        state: SqliteState,
        checkpoint: Checkpoint,
    ) -> Result<Keep, store::state::StateError> {
        let rows = state.sources()?.into_iter();
        // What an earlier program wrote otherwise is begun anew.
        let sources =
            rows.filter_map(|row| Some((row.id, serde_json::from_str(&row.health).ok()?)));
        let defects = state
            .sums()?
            .into_iter()
            .filter_map(|(name, count)| Some((name.strip_prefix(DEFECT)?.to_owned(), count)));
        Ok(Keep {
            sources: sources.collect(),
            defects: defects.collect(),
            events,
            state,
            checkpoint,
            through: checkpoint.next,
            delta: Delta::at(checkpoint),
            snapshot: Seq(0),
            touched: BTreeMap::new(),
            banded: BTreeSet::new(),
            candidates: BTreeSet::new(),
            raised: (0, 0),
            heard: BTreeSet::new(),
        })
    }

    /// Rows are collected up to here.
    pub(super) fn through(&self) -> Seq {
        self.through
    }

    /// Events with each defect, ever.
    pub(super) fn defects(&self) -> &BTreeMap<String, u64> {
        &self.defects
    }

    /// The state as it was committed.
    pub(super) fn state(&self) -> &SqliteState {
        &self.state
    }

    /// All records before this one are in the snapshot that was written last, and their events in blocks.
    pub(super) fn snapshot(&self) -> Seq {
        self.snapshot.min(self.stored_through())
    }

    /// See [`Events::stored_through`].
    pub(super) fn stored_through(&self) -> Seq {
        self.events.stored_through()
    }

    /// Whether something waits to be committed.
    pub(super) fn is_behind(&self) -> bool {
        self.through > self.checkpoint.next
    }

    /// Whether records before `to` are not all covered by the rows yet.
    pub(super) fn is_news(&self, to: Seq) -> bool {
        to > self.through
    }

    /// Takes in what followed from a stretch.
    ///
    /// # Errors
    /// If events cannot be stored at present. They are in memory: call [`Keep::flush`] until it succeeds before more
    /// is taken in.
    pub(super) fn take(
        &mut self,
        stretch: &Understood,
        followed: &Followed,
        fold: &Fold,
    ) -> Result<(), Stuck> {
        let is_new = stretch.to > self.through;
        if is_new {
            self.rows(stretch, followed);
            self.through = stretch.to;
        }
        self.seen(stretch, followed, fold, is_new);
        if stretch.to > self.events.stored_through() {
            self.push(stretch, followed, fold)?;
        }
        Ok(())
    }

    fn push(&self, stretch: &Understood, followed: &Followed, fold: &Fold) -> Result<(), Stuck> {
        let mut last: Option<(&TenantId, Option<&Tenant>)> = None;
        let rows = rows(stretch, followed).filter_map(|(tenant, row, index)| {
            let state = match last {
                Some((known, state)) if std::ptr::eq(known, tenant) => state,
                _ => fold.engine.tenant(tenant),
            };
            last = Some((tenant, state));
            let (sighting, kind) = (stretch.events.sighting(row)?, state?.kind(index)?);
            Some(EventRow {
                seq: sighting.seq,
                at: sighting.at,
                tenant,
                host: sighting.host,
                service: sighting.service,
                severity: sighting.severity,
                signature: kind.signature.id,
                template: &kind.signature.template,
                text: sighting.body,
            })
        });
        self.events.push(rows, stretch.to).map_err(|error| Stuck(error.to_string()))
    }

    /// Tries again to store events.
    ///
    /// # Errors
    /// As for [`Keep::take`].
    pub(super) fn flush(&self) -> Result<(), Stuck> {
        self.events.flush().map_err(|error| Stuck(error.to_string()))
    }

    /// Which kinds were seen; events of raised bands, a few of each sheet.
    fn seen(&mut self, stretch: &Understood, followed: &Followed, fold: &Fold, is_new: bool) {
        let sheet = stretch.from.0 / RAISED_WITHIN;
        if self.raised.0 != sheet {
            self.raised = (sheet, 0);
        }
        let mut beyond = 0;
        let mut last: Option<(&TenantId, Option<&Tenant>)> = None;
        let mut touched = Touched::default();
        for (tenant, row, index) in rows(stretch, followed) {
            let state = match last {
                Some((known, state)) if std::ptr::eq(known, tenant) => state,
                _ => {
                    self.give_back(last.map(|(tenant, _)| tenant), &mut touched);
                    touched = self.touched.remove(tenant).unwrap_or_default();
                    let state = fold.engine.tenant(tenant);
                    last = Some((tenant, state));
                    state
                }
            };
            if is_new {
                touched.add(index);
            }
            let kind = state.and_then(|tenant| tenant.kind(index));
            let Some(kind) = kind.filter(|kind| kind.band >= Band::Watch) else { continue };
            self.raised.1 += 1;
            if self.raised.1 > RAISED_MAX {
                beyond += 1;
            } else if let (true, Some(sighting)) = (is_new, stretch.events.sighting(row)) {
                self.delta.raised.push(Found {
                    seq: sighting.seq,
                    at: sighting.at,
                    tenant_id: tenant.clone(),
                    host: sighting.host.to_owned(),
                    service: sighting.service.to_owned(),
                    severity: sighting.severity,
                    signature_id: kind.signature.id,
                    text: sighting.body.to_owned(),
                });
            }
        }
        self.give_back(last.map(|(tenant, _)| tenant), &mut touched);
        if is_new {
            self.sum("raised_beyond", beyond);
        }
    }

    fn rows(&mut self, stretch: &Understood, followed: &Followed) {
        followed.changes.iter().for_each(|change| self.change(change));
        for heard in stretch.heard.iter().flatten() {
            let id = &heard.origin.source_id;
            let source = self.sources.entry(id.clone()).or_insert_with(|| Source::new(heard));
            source.records += heard.records + heard.gaps;
            source.bytes += heard.bytes;
            source.gaps += heard.gaps;
            source.last_micros =
                source.last_micros.max(heard.last.map_or(i64::MIN, Timestamp::as_micros));
            self.heard.insert(id.clone());
        }
        let counts = &stretch.counts;
        for (name, count) in [
            ("lines", counts.lines),
            ("bytes", counts.bytes),
            ("events", counts.events),
            ("joined", counts.joined),
            ("repeats", counts.repeats),
            ("repeated", counts.repeated),
            ("delivered_again", stretch.again),
        ] {
            self.sum(name, count);
        }
        counts
            .refused
            .iter()
            .for_each(|(why, n)| self.sum(&format!("refused: {}", why.word()), *n));
        for (word, n) in &counts.defects {
            self.sum(&format!("{DEFECT}{word}"), *n);
            *self.defects.entry((*word).to_owned()).or_default() += n;
        }
    }

    fn give_back(&mut self, tenant: Option<&TenantId>, touched: &mut Touched) {
        if let Some(tenant) = tenant {
            self.touched.insert(tenant.clone(), std::mem::take(touched));
        }
    }

    fn sum(&mut self, name: &str, count: u64) {
        if count == 0 {
            return;
        }
        match self.delta.sums.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += count,
            None => self.delta.sums.push((name.to_owned(), count)),
        }
    }

    fn change(&mut self, change: &Change) {
        match change {
            // It was seen just now, so it is written anyway.
            Change::SignatureBorn { .. } => {}
            Change::BandChanged { tenant_id, at, signature_id, from, to, reason } => {
                let change = BandChange { at: *at, from: *from, to: *to, reason: reason.clone() };
                let (tenant, id) = (tenant_id.clone(), *signature_id);
                self.banded.insert((tenant.clone(), id));
                self.delta.bands.push(BandRow { tenant, id, change });
            }
            Change::CandidateOpened { tenant_id, candidate_id, .. }
            | Change::CandidateClosed { tenant_id, candidate_id, .. } => {
                self.candidates.insert((tenant_id.clone(), *candidate_id));
            }
            Change::SignalJudged { .. } => self.sum("signals judged", 1),
            Change::LimitReached { limit, .. } => self.sum(&format!("limit reached: {limit}"), 1),
        }
    }

    /// Writes what waits, and the place that it covers. With `snapshot`, the state at that place too; then all rows
    /// are as they are there.
    ///
    /// # Errors
    /// If the state cannot be written at present; nothing was, and all of it is tried again with the next.
    pub(super) fn commit(&mut self, fold: &Fold, snapshot: Option<Vec<u8>>) -> Result<(), Stuck> {
        let is_whole = snapshot.is_some();
        let refreshed = if is_whole { usize::MAX } else { REFRESHED_MAX };
        self.delta.checkpoint.next = self.through;
        self.signature_rows(fold, refreshed);
        self.candidate_rows(fold, is_whole);
        self.source_rows();
        let next = self.through;
        self.delta.snapshot = snapshot.map(|bytes| Snapshot { format: format(), next, bytes });
        self.state.commit(&self.delta).map_err(|error| Stuck(error.to_string()))?;
        self.checkpoint.next = self.through;
        if is_whole {
            self.snapshot = self.through;
        }
        self.delta = Delta::at(self.checkpoint);
        Ok(())
    }

    fn signature_rows(&mut self, fold: &Fold, most: usize) {
        let banded = std::mem::take(&mut self.banded);
        for (id, tenant) in fold.engine.tenants() {
            let of = banded.iter().filter(|(tenant, _)| tenant == id);
            let of: BTreeSet<SignatureId> = of.map(|(_, signature)| *signature).collect();
            let touched = self.touched.entry(id.clone()).or_default();
            tenant.kinds_of(&of).for_each(|index| touched.add(index));
        }
        for (id, touched) in &mut self.touched {
            let Some(tenant) = fold.engine.tenant(id) else { continue };
            for index in touched.take(most) {
                let Some(kind) = tenant.kind(index) else { continue };
                self.delta.signatures.push(SignatureRow {
                    tenant: id.clone(),
                    id: kind.signature.id,
                    service: kind.signature.service.clone(),
                    template: kind.signature.template.clone(),
                    band: kind.band,
                    first_seen: kind.first,
                    last_seen: kind.last,
                    count: kind.events,
                });
            }
        }
    }

    fn candidate_rows(&mut self, fold: &Fold, is_whole: bool) {
        let mut due = std::mem::take(&mut self.candidates);
        if is_whole {
            for (id, tenant) in fold.engine.tenants() {
                let open = tenant.candidates().filter(|(_, is_open)| *is_open);
                due.extend(open.map(|(candidate, _)| (id.clone(), candidate)));
            }
        }
        let config = fold.engine.config();
        for (tenant, id) in due {
            let item = fold.engine.tenant(&tenant).and_then(|tenant| tenant.item_of(id, config));
            let Some(item) = item else { continue };
            let is_closed = item.outcome.is_some();
            self.delta.candidates.push(CandidateRow {
                id,
                tenant,
                candidate_type: item.candidate_type,
                band: item.band,
                opened_at: item.lifecycle.since,
                updated_at: item.timing.last,
                closed_at: is_closed.then_some(item.timing.last),
                outcome: item.outcome.clone(),
                score: item.score_total,
                title: item.title.clone(),
                // Plain data of ours: it always has a text.
                item: serde_json::to_string(&item).unwrap_or_default(),
            });
        }
    }

    fn source_rows(&mut self) {
        for id in std::mem::take(&mut self.heard) {
            let Some(source) = self.sources.get(&id) else { continue };
            self.delta.sources.push(SourceRow {
                tenant: TenantId::new(source.tenant.as_str()),
                last_event: Some(Timestamp::from_micros(source.last_micros)),
                cursor: None,
                health: serde_json::to_string(source).unwrap_or_default(),
                id,
            });
        }
    }
}

/// Rows of a stretch: whose each is, its place, and which kind of message. The address of a tenant stays the same for
/// rows that follow each other.
fn rows<'a>(
    stretch: &'a Understood,
    followed: &'a Followed,
) -> impl Iterator<Item = (&'a TenantId, usize, SignatureIndex)> {
    let mut owners = stretch.of.iter().peekable();
    followed.kinds.iter().enumerate().filter_map(move |(row, index)| {
        while owners.next_if(|(end, _)| *end <= row).is_some() {}
        Some((&owners.peek()?.1, row, *index))
    })
}
