//! What is known, and what people judged: two stores with two promises.
//!
//! [`StateStore`] follows from the spool: it is written together with the place in the spool that it covers,
//! and made again if it is lost. [`MemoryStore`] follows from nothing: each change is durable when the call
//! returns. Both are traits, so that another database can stand behind them; each backend passes
//! [`contract`].

pub mod contract;
mod memory;
mod sqlite;
mod types;

pub use memory::SqliteMemory;
pub use sqlite::{SqliteState, Was};
pub use types::{
    AuditLine, AuditRow, BandRow, CandidateQuery, CandidateRow, Checkpoint, Committed, Delta,
    Entry, EntryKind, EntryQuery, RaisedKept, RaisedLimit, SignatureRow, Snapshot, SourceRow,
    StateError,
};

use model::search::{Page, Query};
use model::{BandChange, CandidateId, Seq, SignatureId, TenantId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// What is known. One writer; readers open their own.
pub trait StateStore: Send {
    /// How far the state covers the spool; `None` while nothing was committed.
    ///
    /// # Errors
    /// What the database says.
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StateError>;

    /// Writes all of a delta and the place that it covers, or nothing. A delta that covers no more than what was
    /// committed is skipped: a redelivered place changes nothing.
    ///
    /// # Errors
    /// [`StateError::OtherSpool`] if the state follows from another spool: see [`StateStore::reset`]. Else what
    /// the database says; then nothing was written.
    fn commit(&mut self, delta: &Delta) -> Result<Committed, StateError>;

    /// The latest snapshot of the engine, if it has this format and belongs to the spool of the checkpoint. With
    /// none, the records are read again.
    ///
    /// # Errors
    /// What the database says.
    fn snapshot(&self, format: u32) -> Result<Option<Snapshot>, StateError>;

    /// One signature of a client.
    ///
    /// # Errors
    /// What the database says.
    fn signature(
        &self,
        tenant: &TenantId,
        id: SignatureId,
    ) -> Result<Option<SignatureRow>, StateError>;

    /// The clients of which signatures are known, in order of their names.
    ///
    /// # Errors
    /// What the database says.
    fn tenants(&self) -> Result<Vec<TenantId>, StateError>;

    /// The changes of a signature's band, oldest first.
    ///
    /// # Errors
    /// What the database says.
    fn bands(&self, tenant: &TenantId, id: SignatureId) -> Result<Vec<BandChange>, StateError>;

    /// One candidate.
    ///
    /// # Errors
    /// What the database says.
    fn candidate(&self, id: CandidateId) -> Result<Option<CandidateRow>, StateError>;

    /// Candidates, the latest first.
    ///
    /// # Errors
    /// What the database says.
    fn candidates(&self, query: &CandidateQuery) -> Result<Vec<CandidateRow>, StateError>;

    /// What is known of each source, by its name.
    ///
    /// # Errors
    /// What the database says.
    fn sources(&self) -> Result<Vec<SourceRow>, StateError>;

    /// Sums that outlive restarts, by name.
    ///
    /// # Errors
    /// What the database says.
    fn sums(&self) -> Result<BTreeMap<String, u64>, StateError>;

    /// Finds events of raised bands: as [`model::port::EventSearch`] does, for as long as these are kept.
    ///
    /// # Errors
    /// What the database says.
    fn raised(&self, query: &Query) -> Result<Page, StateError>;

    /// Removes raised events that are too old, and others until they fit; those of `held` stay, whatever their age.
    /// First go kinds that are raised no more, then the kinds that have most, down to one level for all of them; of
    /// each kind the oldest.
    ///
    /// # Errors
    /// What the database says; what was removed by then is removed.
    fn bound_raised(
        &mut self,
        limit: RaisedLimit,
        held: &BTreeSet<Seq>,
    ) -> Result<RaisedKept, StateError>;

    /// Forgets everything: the state is to be made again from a spool's beginning.
    ///
    /// # Errors
    /// What the database says.
    fn reset(&mut self) -> Result<(), StateError>;
}

/// What people judged and decided, and the evidence that it rests on. Each change is durable when the call
/// returns, and stands in the audit trail.
pub trait MemoryStore: Send {
    /// Writes an entry, or a new version of it; the audit line goes with it.
    ///
    /// # Errors
    /// What the database says; then nothing was written.
    fn put(&mut self, entry: &Entry, audit: &AuditLine) -> Result<(), StateError>;

    /// The latest version of an entry.
    ///
    /// # Errors
    /// What the database says.
    fn get(&self, kind: EntryKind, id: &str) -> Result<Option<Entry>, StateError>;

    /// All versions of an entry, oldest first.
    ///
    /// # Errors
    /// What the database says.
    fn versions(&self, kind: EntryKind, id: &str) -> Result<Vec<Entry>, StateError>;

    /// The latest versions of entries, latest first.
    ///
    /// # Errors
    /// What the database says.
    fn list(&self, query: &EntryQuery) -> Result<Vec<Entry>, StateError>;

    /// Writes something that was done, without an entry.
    ///
    /// # Errors
    /// What the database says; then nothing was written.
    fn audit(&mut self, audit: &AuditLine) -> Result<(), StateError>;

    /// The audit trail after a row's number, oldest first.
    ///
    /// # Errors
    /// What the database says.
    fn trail(&self, after: u64, limit: usize) -> Result<Vec<AuditRow>, StateError>;

    /// Checks the whole trail: each row's hash covers the row before. The number of the first row that was
    /// changed or whose predecessor is missing, or `None`.
    ///
    /// # Errors
    /// What the database says.
    fn first_broken(&self) -> Result<Option<u64>, StateError>;

    /// Pins records as evidence of an owner (a candidate, an incident): they are kept in a pack before their
    /// segment goes.
    ///
    /// # Errors
    /// What the database says.
    fn pin(&mut self, owner: &str, seqs: &[Seq]) -> Result<(), StateError>;

    /// All records that are pinned for an owner, packed or not, in order.
    ///
    /// # Errors
    /// What the database says.
    fn pinned_for(&self, owner: &str) -> Result<Vec<Seq>, StateError>;

    /// Records that are pinned and in no pack, as ranges of neighbours.
    ///
    /// # Errors
    /// What the database says.
    fn pinned(&self) -> Result<Vec<RangeInclusive<Seq>>, StateError>;

    /// The owners of pinned records within a range that are in no pack, each with its records.
    ///
    /// # Errors
    /// What the database says.
    fn owners(&self, range: RangeInclusive<Seq>) -> Result<Vec<(String, Vec<Seq>)>, StateError>;

    /// Notes that records of an owner are in a pack.
    ///
    /// # Errors
    /// What the database says.
    fn packed(&mut self, owner: &str, seqs: &[Seq], pack: &str) -> Result<(), StateError>;

    /// The packs that hold an owner's evidence, with its records in each.
    ///
    /// # Errors
    /// What the database says.
    fn packs(&self, owner: &str) -> Result<Vec<(String, Vec<Seq>)>, StateError>;
}
