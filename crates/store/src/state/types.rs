//! The rows of both stores, as plain data.

use crate::spool::Epoch;
use model::search::Found;
use model::{
    Band, BandChange, CandidateId, CandidateType, Seq, SignatureId, SourceId, TenantId, Timestamp,
};

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The state follows from another spool than the delta.
    #[error(
        "the state belongs to spool {known}, not to {given}: reset it, and read the spool from its beginning"
    )]
    OtherSpool {
        /// The spool that it follows from.
        known: Epoch,
        /// The spool of the delta.
        given: Epoch,
    },
    /// A file of a later program.
    #[error(
        "{file} has format {found}, this program knows {known}: run the program that wrote it, or a later one"
    )]
    Later {
        /// The file.
        file: String,
        /// Its format.
        found: i64,
        /// The latest format that is known.
        known: i64,
    },
    /// The file is damaged.
    #[error("could not {what}: the database is damaged ({message})")]
    Damaged {
        /// What was attempted.
        what: &'static str,
        /// What the database said.
        message: String,
    },
    /// What is stored makes no sense.
    #[error("the database holds a {what} that makes no sense: `{value}`")]
    Nonsense {
        /// What was to be read.
        what: &'static str,
        /// What stood there.
        value: String,
    },
    /// The database.
    #[error("could not {what}: {message}")]
    Database {
        /// What was attempted.
        what: &'static str,
        /// What it said.
        message: String,
    },
}

/// A place in a spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which spool.
    pub epoch: Epoch,
    /// All records before this number are covered.
    pub next: Seq,
}

/// How much of the events of raised bands stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RaisedLimit {
    /// What was before goes.
    pub before: Timestamp,
    /// At most so many bytes on the disk, indexes and all.
    pub bytes_max: u64,
}

/// What there is of the events of raised bands, as it was measured last, and what went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RaisedKept {
    /// Events.
    pub rows: u64,
    /// Bytes that they take on the disk, indexes and all.
    pub bytes: u64,
    /// Events that went because they were too old.
    pub by_age: u64,
    /// … and because there was no room.
    pub by_size: u64,
}

/// What became of a delta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It was written.
    Written,
    /// It covers nothing new.
    Skipped,
}

/// What changed since the last commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta {
    /// What the state covers once this is written.
    pub checkpoint: Checkpoint,
    /// Signatures that are new or changed.
    pub signatures: Vec<SignatureRow>,
    /// Changes of bands.
    pub bands: Vec<BandRow>,
    /// Candidates that are new or changed.
    pub candidates: Vec<CandidateRow>,
    /// Sources that are new or changed.
    pub sources: Vec<SourceRow>,
    /// Events of raised bands, to be kept as rows with full text.
    pub raised: Vec<Found>,
    /// What is added to sums that outlive restarts.
    pub sums: Vec<(String, u64)>,
    /// A snapshot of the engine at the checkpoint.
    pub snapshot: Option<Snapshot>,
}

impl Delta {
    /// Nothing but a place.
    pub fn at(checkpoint: Checkpoint) -> Delta {
        Delta {
            checkpoint,
            signatures: Vec::new(),
            bands: Vec::new(),
            candidates: Vec::new(),
            sources: Vec::new(),
            raised: Vec::new(),
            sums: Vec::new(),
            snapshot: None,
        }
    }
}

/// The engine's state in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of its format.
    pub format: u32,
    /// All records before this number are in it: go on reading here.
    pub next: Seq,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// One signature of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureRow {
    /// The client.
    pub tenant: TenantId,
    /// The signature.
    pub id: SignatureId,
    /// The service that says it; empty if unknown.
    pub service: String,
    /// The text with `<*>` where values stood.
    pub template: String,
    /// Its band now.
    pub band: Band,
    /// When it was seen first.
    pub first_seen: Timestamp,
    /// When it was seen last.
    pub last_seen: Timestamp,
    /// How often it was seen.
    pub count: u64,
}

/// One change of a signature's band.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BandRow {
    /// The client.
    pub tenant: TenantId,
    /// The signature.
    pub id: SignatureId,
    /// The change.
    pub change: BandChange,
}

/// One candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateRow {
    /// The candidate.
    pub id: CandidateId,
    /// The client.
    pub tenant: TenantId,
    /// What it claims.
    pub candidate_type: CandidateType,
    /// Its band.
    pub band: Band,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// When it was over.
    pub closed_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Its score, 0–1.
    pub score: f64,
    /// Its title.
    pub title: String,
    /// The whole item, as JSON.
    pub item: String,
}

/// Which candidates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CandidateQuery {
    /// Only of this client.
    pub tenant: Option<TenantId>,
    /// Only in these bands; empty means any.
    pub bands: Vec<Band>,
    /// Only of these types; empty means any.
    pub types: Vec<CandidateType>,
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Only those that opened not before.
    pub from: Option<Timestamp>,
    /// Only those that opened before.
    pub until: Option<Timestamp>,
    /// At most so many.
    pub limit: usize,
    /// Go on after the last of the page before: when it opened, and which it is.
    pub after: Option<(Timestamp, CandidateId)>,
}

/// What is known of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// The source.
    pub id: SourceId,
    /// The client.
    pub tenant: TenantId,
    /// When it was heard last.
    pub last_event: Option<Timestamp>,
    /// How far it has been read, in its own words: a file's place, a journal's cursor.
    pub cursor: Option<String>,
    /// Its health, as JSON.
    pub health: String,
}

/// What people write down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// What happened.
    Incident,
    /// What was learnt.
    Lesson,
    /// What to do.
    Runbook,
    /// What a person judged.
    Review,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [EntryKind; 4] =
        [EntryKind::Incident, EntryKind::Lesson, EntryKind::Runbook, EntryKind::Review];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            EntryKind::Incident => "incident",
            EntryKind::Lesson => "lesson",
            EntryKind::Runbook => "runbook",
            EntryKind::Review => "review",
        }
    }
}

/// One version of something that people wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Its id.
    pub id: String,
    /// The client.
    pub tenant: TenantId,
    /// When this version was written.
    pub at: Timestamp,
    /// What it is about: a candidate, a signature.
    pub subject: Option<String>,
    /// Its title.
    pub title: String,
    /// All of it, as JSON.
    pub body: String,
}

/// Which entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryQuery {
    /// Only of this kind.
    pub kind: Option<EntryKind>,
    /// Only of this client.
    pub tenant: Option<TenantId>,
    /// Only about this.
    pub subject: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// What was done, by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// Who: a person, a token, the program itself.
    pub actor: String,
    /// What: `review recorded`.
    pub action: String,
    /// To what: an id.
    pub target: String,
    /// What else is to be known, as JSON.
    pub detail: String,
}

/// One row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// What was done.
    pub line: AuditLine,
    /// BLAKE3 of the row before and of this one.
    pub hash: [u8; 32],
}
