//! `POST /events/raw`: raw records byte for byte as they came, with where they came from.

use super::access::{Grant, Scope};
use super::answer;
use super::few::Whole;
use super::page;
use super::problem::{Kind, Problem};
use super::shared::Shared;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use model::{Envelope, EventId, Seq, Timestamp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Records in one answer.
const RECORDS_MAX: usize = 1_000;
/// Bytes of them in all: what is beyond is left out, and said.
const RAW_BYTES_MAX: usize = 8 << 20;

/// Which raw records.
#[derive(Debug, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawQuestion {
    /// Their numbers in the spool, as `raw_ref` tells them.
    #[schema(value_type = super::schema::Seqs)]
    #[param(value_type = super::schema::Seqs)]
    seq: Vec<Whole>,
}

/// Raw records, byte for byte as they came.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RawAnswer {
    /// Always true.
    ok: bool,
    /// Those that are still kept, in the order of their numbers.
    results: Vec<RawOut>,
    /// The numbers of those that are not, or that did not fit into the answer.
    missing: Vec<u64>,
}

/// One raw record and where it came from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RawOut {
    /// Its number in the spool.
    seq: u64,
    /// Its id.
    envelope_id: String,
    /// The event that was made of it.
    #[schema(value_type = String)]
    pub(crate) event_id: EventId,
    /// The source.
    source_id: String,
    /// What the source is.
    source_type: String,
    /// What people call the source.
    source_name: String,
    /// Whose it is.
    tenant_id: String,
    /// How it reached us.
    transport: &'static str,
    /// When we received it, if that is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Timestamp>,
    /// Where in its source it stood.
    cursor: String,
    /// The bytes as text; what is no UTF-8 is replaced by U+FFFD, and told by `lossy`.
    raw_payload: String,
    /// Bytes were replaced.
    lossy: bool,
    /// It was longer, and only its head is kept.
    truncated: bool,
    /// BLAKE3 of the bytes, 128 bits in hex.
    hash: String,
}

impl RawOut {
    fn of(envelope: &Envelope<'_>) -> RawOut {
        let id = envelope.id();
        let text = String::from_utf8_lossy(envelope.payload);
        RawOut {
            seq: envelope.seq.0,
            envelope_id: id.to_string(),
            event_id: EventId::derive(&[id.as_bytes()]),
            source_id: envelope.origin.source_id.to_string(),
            source_type: envelope.origin.source_type.clone(),
            source_name: envelope.origin.source_name.clone(),
            tenant_id: envelope.origin.tenant_id.to_string(),
            transport: envelope.origin.transport.word(),
            received_at: envelope.received_at,
            cursor: envelope.cursor.to_string(),
            lossy: matches!(text, Cow::Owned(_)),
            raw_payload: text.into_owned(),
            truncated: envelope.truncated,
            hash: blake3::hash(envelope.payload).to_hex()[..32].to_owned(),
        }
    }
}

/// Reads records, ascending, leaving out what is another tenant's.
pub(super) fn read(
    api: &super::Api,
    seqs: &[Seq],
    grant: &Grant,
) -> Result<BTreeMap<Seq, RawOut>, Problem> {
    let mut raw = BTreeMap::new();
    let mut bytes = 0;
    let mut visit = |envelope: &Envelope<'_>| {
        bytes += envelope.payload.len();
        if bytes <= RAW_BYTES_MAX && grant.covers(envelope.origin.tenant_id.as_str()) {
            raw.insert(envelope.seq, RawOut::of(envelope));
        }
    };
    api.records.read(seqs, &mut visit).map_err(page::no_answer)?;
    Ok(raw)
}

/// Tells raw records, byte for byte as they came, with where they came from.
#[utoipa::path(
    post, path = "/events/raw", tag = "events", operation_id = "raw_records",
    request_body = RawQuestion,
    responses(
        (status = 200, description = "Those that are still kept", body = RawAnswer),
        super::schema::BodyProblems, super::schema::Forbidden, super::schema::NoAnswer,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn told(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.question::<RawQuestion>(request, Scope::Read).await?;
    found(&shared, grant, question).await
}

/// The same by parameters.
#[utoipa::path(
    get, path = "/raw_envelopes", tag = "events", operation_id = "list_raw_records",
    params(RawQuestion),
    responses(
        (status = 200, description = "Those that are still kept", body = RawAnswer),
        super::schema::GetProblems, super::schema::Uninvited,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.parameters(&request, Scope::Read)?;
    found(&shared, grant, question).await
}

async fn found(
    shared: &Arc<Shared>,
    grant: Arc<Grant>,
    question: RawQuestion,
) -> Result<Response, Problem> {
    if question.seq.is_empty() || question.seq.len() > RECORDS_MAX {
        return Err(Problem::new(Kind::Invalid, format!("`seq` has 1 to {RECORDS_MAX} numbers")));
    }
    let mut seqs: Vec<Seq> = question.seq.into_iter().map(|seq| Seq(seq.0)).collect();
    seqs.sort_unstable();
    seqs.dedup();
    let answer = shared.ask(move |api| {
        let mut raw = read(api, &seqs, &grant)?;
        let missing = seqs.iter().filter(|seq| !raw.contains_key(seq)).map(|seq| seq.0).collect();
        let results = seqs.iter().filter_map(|seq| raw.remove(seq)).collect();
        Ok(RawAnswer { ok: true, results, missing })
    });
    Ok(answer::ok(&answer.await?))
}
