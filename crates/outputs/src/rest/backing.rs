//! What stands behind the API, as traits: the runtime brings the real ones, tests bring fakes. None of them is async;
//! which may block is said at each.

use super::access::{Anonymous, Tokens};
use super::letters::DeadLetters;
use super::limits::Limits;
use super::meter::Meter;
use super::status::Status;
use model::intake::Intake;
use model::port::{EventSearch, StoreError};
use model::{
    CandidateId, Digest, Envelope, Explanation, Item, Seq, SignatureId, TenantId, Timestamp,
};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// Everything that the API needs.
pub struct Api {
    /// Where events go.
    pub intake: Arc<dyn Intake>,
    /// Tells the kind of a message at once.
    pub recognise: Arc<dyn Recognise>,
    /// What is known, as it was published last.
    pub views: Arc<dyn Views>,
    /// Finds events that are kept.
    pub search: Arc<dyn EventSearch>,
    /// Reads raw records that are kept.
    pub records: Arc<dyn Records>,
    /// Keeps what could not be taken.
    pub letters: Arc<dyn DeadLetters>,
    /// Counts what comes, for whoever tells the service's health.
    pub meter: Arc<Meter>,
    /// Knows the tokens.
    pub tokens: Arc<dyn Tokens>,
    /// The time of now. An argument, so that answers can be compared in tests.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// The rest.
    pub settings: Settings,
}

/// Settings of the API.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whom to serve without a token.
    pub anonymous: Anonymous,
    /// The tenant of events that name none and come with a token for all tenants, or without one.
    pub tenant: TenantId,
    /// The longest that an ingest waits for the engine to know of its events, once they are durable; a request may
    /// ask for it by `wait_ms`.
    pub wait_ms_max: u64,
    /// The limits.
    pub limits: Limits,
    /// Tenants that callers may name between them, beside those that tokens name; a reload may change it.
    pub tenants_max: Arc<AtomicUsize>,
    /// Tenants that were known when the program began: they count before anything is published.
    pub tenants: Vec<TenantId>,
}

/// The usual number: far more than one team looks after, and a bounded cost.
pub const TENANTS_MAX: usize = 1_000;

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            anonymous: Anonymous::default(),
            tenant: TenantId::new("default"),
            wait_ms_max: 2_000,
            limits: Limits::default(),
            tenants_max: Arc::new(AtomicUsize::new(TENANTS_MAX)),
            tenants: Vec::new(),
        }
    }
}

/// Tells the kind of a message from its text alone: the stateless half of the engine.
pub trait Recognise: Send + Sync {
    /// The signature that the engine will give this record. Must not block.
    fn signature(&self, envelope: &Envelope<'_>) -> SignatureId;
}

/// What became of a stretch of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Created {
    /// Kinds of message that were new.
    pub signatures: u64,
    /// Candidates that were opened.
    pub candidates: u64,
}

/// What is known, as it was published last. Nothing here waits for the engine: it may be stopped.
pub trait Views: Send + Sync {
    /// How the service is. Must not block: it answers within milliseconds, whatever else stands still. All its counters
    /// are of one moment, so that they add up.
    fn status(&self) -> Status;

    /// The number up to which the engine's work is in what is published here: of all records before it. Must not block.
    fn position(&self) -> Seq;

    /// What the records from `first` to `last` brought; `None` if that is not (or no longer) known. Must not block.
    fn created(&self, first: Seq, last: Seq) -> Option<Created>;

    /// Open candidates of a tenant that are about this kind of message. Must not block.
    fn candidates_about(&self, tenant: &TenantId, signature: SignatureId) -> Vec<CandidateId>;

    /// The tenants that are known.
    fn tenants(&self) -> Vec<TenantId>;

    /// The candidates of one tenant, or of all, open and lately closed. May block.
    ///
    /// # Errors
    /// If they cannot be told at present.
    fn candidates(&self, tenant: Option<&TenantId>) -> Result<Vec<Arc<Item>>, StoreError>;

    /// Why a candidate stands where it stands; `None` if it is not known. May block.
    ///
    /// # Errors
    /// If it cannot be told at present.
    fn explain(&self, candidate: CandidateId) -> Result<Option<Explained>, StoreError>;

    /// The digest of a tenant from `since` (by default one day) until now; `None` if the tenant is not known. May block.
    ///
    /// # Errors
    /// If it cannot be told at present.
    fn digest(
        &self,
        tenant: &TenantId,
        since: Option<Timestamp>,
    ) -> Result<Option<Digest>, StoreError>;
}

/// An explanation, and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The explanation.
    pub explanation: Explanation,
    /// The kinds of message that it is about.
    pub signatures: Vec<SignatureId>,
}

/// Reads raw records that are kept.
pub trait Records: Send + Sync {
    /// Calls `visit` with each of these records that can still be read, in ascending order; `seqs` are ascending. May
    /// block.
    ///
    /// # Errors
    /// If the spool cannot be read.
    fn read(&self, seqs: &[Seq], visit: &mut dyn FnMut(&Envelope<'_>)) -> Result<(), StoreError>;
}
