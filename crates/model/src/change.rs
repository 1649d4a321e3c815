//! Changes: every fact that the engine states about an input. The runtime writes them down; the
//! engine itself does no I/O, so a change is also its log.

use crate::{
    Band, CandidateId, CandidateType, Seq, Severity, Signature, SignatureId, TenantId, Timestamp,
};

/// One fact that the engine states.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A kind of message was seen for the first time by this tenant.
    SignatureBorn {
        /// The tenant.
        tenant_id: TenantId,
        /// When.
        at: Timestamp,
        /// The new signature.
        signature: Signature,
    },
    /// A signature's band changed.
    BandChanged {
        /// The tenant.
        tenant_id: TenantId,
        /// When.
        at: Timestamp,
        /// Which signature.
        signature_id: SignatureId,
        /// The band before.
        from: Band,
        /// The band after.
        to: Band,
        /// The rule and the numbers it saw.
        reason: String,
    },
    /// Something may deserve a person.
    CandidateOpened {
        /// The tenant.
        tenant_id: TenantId,
        /// When.
        at: Timestamp,
        /// Which candidate.
        candidate_id: CandidateId,
        /// What it claims.
        candidate_type: CandidateType,
    },
    /// A candidate is over: healed, ended badly, or quiet for long.
    CandidateClosed {
        /// The tenant.
        tenant_id: TenantId,
        /// When.
        at: Timestamp,
        /// Which candidate.
        candidate_id: CandidateId,
        /// How it ended.
        outcome: String,
    },
    /// Samples or the start of a process of a host were judged: an event of the stream that nobody sent.
    SignalJudged {
        /// The tenant.
        tenant_id: TenantId,
        /// When.
        at: Timestamp,
        /// Which kind of message it is.
        signature_id: SignatureId,
        /// The record that settled it.
        seq: Seq,
        /// The host.
        host: String,
        /// How bad it is.
        severity: Severity,
        /// What is said.
        message: String,
        /// The series that it rests on.
        series: String,
        /// The beginning of the time that it speaks of.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// A named limit was reached; what it cost is counted.
    LimitReached {
        /// The tenant.
        tenant_id: TenantId,
        /// When.
        at: Timestamp,
        /// The limit's name in the configuration.
        limit: &'static str,
    },
}
