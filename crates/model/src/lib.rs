//! The vocabulary: one word, one meaning. Plain data that every other crate may import, in the
//! order in which a line of log meets it.
//!
//! | type | means |
//! |---|---|
//! | [`Envelope`] | raw bytes, where they came from and when they were received |
//! | [`Event`] | canonical form of one happening: time, severity, host, service, body, defects |
//! | [`Signature`] | the lasting identity of "the same kind of message" |
//! | [`Band`] | how much attention a signature gets now |
//! | [`Candidate`](CandidateType) | something that may deserve a person, with evidence |
//! | [`Item`] | one candidate as a person reads it |
//! | [`Digest`] | at most ten items of one tenant, and why the rest was quiet |
//! | [`Backtest`] | what digests would have told before known incidents |
//!
//! Nothing here reads a clock, a file or the environment.

mod backtest;
mod band;
mod candidate;
mod change;
mod context;
mod counts;
mod coverage;
mod defect;
mod digest;
mod envelope;
mod event;
mod explanation;
mod id;
pub mod intake;
mod item;
mod lifecycle;
mod name;
pub mod port;
pub mod search;
mod severity;
mod signature;
pub mod time;

pub use backtest::{
    Backtest, Incident, ItemTotals, JudgedIncident, MatchedBy, Reason, ShownBefore, TenantTotals,
    Verdict,
};
pub use band::{Band, BandChange};
pub use candidate::CandidateType;
pub use change::Change;
pub use context::{ContextLine, Relation};
pub use counts::{Counts, Refusal};
pub use coverage::{Coverage, Missed, MissedHow, OffClock};
pub use defect::{Defect, Defects};
pub use digest::{Cut, Digest, Quiet};
pub use envelope::{Cursor, Envelope, Origin, Seq, Transport};
pub use event::{Attribute, Event, Format};
pub use explanation::Explanation;
pub use id::{CandidateId, EnvelopeId, EventId, IdError, SignatureId};
pub use item::{
    Baseline, Blank, BlankKind, Blanks, Check, Contribution, Evidence, Frequency, Item, Knowledge,
    SeenBefore, Shell, Timing, Where,
};
pub use lifecycle::{Lifecycle, Stage};
pub use name::{SourceId, TenantId};
pub use severity::Severity;
pub use signature::Signature;
pub use time::{Span, Timestamp};
