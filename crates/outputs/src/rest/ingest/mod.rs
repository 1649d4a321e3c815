//! `POST /events/ingest` and `/events/ingest_bulk`: events as JSON → durable raw records, and an answer after the sync.
//!
//! ```text
//! body ─► split (object, array, lines) ─► item (is it an event?) ─► rows (batches, fates) ─► hand_in ─► answer
//! ```
//!
//! What is stored is the text of each event, byte for byte as it came; the normaliser reads it like any other line of JSON.

mod dead;
mod hand_in;
mod item;
mod rows;
mod split;

pub use item::{TENANT_RULE, is_tenant};

pub(super) use dead::again;

use super::access::{Grant, Scope};
use super::answer;
use super::backing::{Created, Views};
use super::body::{self, Coding};
use super::letters::LetterForm;
use super::meter::Entry;
use super::problem::{ItemError, Kind, Problem};
use super::shared::{Shared, peer};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use dead::Dead;
use model::intake::{Batch, Receipt};
use model::{CandidateId, Cursor, Envelope, EventId, Seq, SignatureId, TenantId};
use rows::{Common, Rows};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use utoipa::ToSchema;

/// A body shorter than this is read where it stands; reading a longer one would keep other requests waiting.
const SHORT_BYTES: usize = 32 << 10;
/// Between two looks whether the engine has got there.
const LOOK: Duration = Duration::from_millis(5);

/// The answer to one event: it is durable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ingested {
    /// Always true.
    ok: bool,
    /// The event.
    #[schema(value_type = String)]
    event_id: EventId,
    /// The kind of message that it is.
    #[schema(value_type = String)]
    signature_id: SignatureId,
    /// Open candidates about this kind of message.
    #[schema(value_type = Vec<String>)]
    candidate_ids: Vec<CandidateId>,
    /// The engine has not seen the event yet, so there may be more candidates.
    pending: bool,
}

/// The answer to many events: those that were taken are durable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IngestedBulk {
    /// Every event was taken.
    ok: bool,
    /// Events that were taken.
    ingested: u64,
    /// Events that were not.
    refused: u64,
    /// Each of those, and why.
    errors: Vec<ItemError>,
    /// Kinds of message that were new, as far as the engine has seen the events.
    signatures_created: u64,
    /// Candidates that were opened, as far as the engine has seen the events.
    candidates_created: u64,
    /// The engine has not seen all of the events yet.
    pending: bool,
}

/// Takes in one event.
///
/// The answer comes once the event is durable. The body is stored as it is; fields that are not named here are kept as
/// attributes.
#[utoipa::path(
    post, path = "/events/ingest", tag = "events", operation_id = "ingest",
    request_body(content = super::schema::EventIn, content_type = "application/json"),
    params(super::schema::IngestParams),
    responses(
        (status = 200, description = "The event is durable", body = Ingested),
        super::schema::BodyProblems, super::schema::Forbidden, super::schema::NotTaking,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let grant = shared.check(&head.headers, &head.extensions, Scope::Ingest)?;
    body::must_be_json(&head.headers)?;
    let wait = wait(&shared, head.uri.query())?;
    let key = idempotency_key(&head.headers)?;
    let peer = peer(&head.extensions).0.ip().to_canonical().to_string();
    let dead = Dead { shared: &shared, grant: &grant, peer: &peer };
    let form = LetterForm::Event;
    let keep = |problem: &Problem, coding, bytes: &[u8]| dead.body(problem, form, coding, bytes);
    let (bytes, _held) = shared.body(&head.headers, body, keep).await?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Problem::new(Kind::BadBody, "the body is no UTF-8"))
        .inspect_err(|problem| keep(problem, Coding::Plain, &bytes))?
        .trim_ascii();
    shared.events.take(&grant.name, 1, started)?;
    let settings = &shared.api.settings;
    let admit = shared.admits(&grant);
    let common = Common {
        admit: &admit,
        grant: &grant,
        peer: &peer,
        received_at: shared.now(),
        tenant: rows::tenant_of(&grant, None, &settings.tenant).map_err(refusal)?,
        source_label: None,
        idempotency_key: key.as_deref(),
    };
    let source = rows::source_of(&grant);
    let mut rows = rows::one(text, &common).inspect_err(|problem| {
        shared.api.meter.refuse(&source, 1);
        keep(problem, Coding::Plain, &bytes);
    })?;
    let first = rows.first();
    let (Some(batch), Some((origin, cursor))) = (rows.batches.pop(), first) else {
        return Err(Problem::new(Kind::Invalid, "there is no event in the body"));
    };
    let receipt = hand_in(&shared, &source, batch).await?;
    shared.count.acknowledged(started.elapsed());
    let envelope = Envelope {
        seq: receipt.first,
        origin: &origin,
        cursor: placed(cursor, receipt.first),
        received_at: Some(common.received_at),
        payload: text.as_bytes(),
        truncated: false,
    };
    let signature_id = shared.api.recognise.signature(&envelope);
    let event_id = EventId::derive(&[envelope.id().as_bytes()]);
    let views = &*shared.api.views;
    let pending = !seen(views, receipt.last, wait).await;
    let candidate_ids = views.candidates_about(&origin.tenant_id, signature_id);
    Ok(answer::ok(&Ingested { ok: true, event_id, signature_id, candidate_ids, pending }))
}

/// Takes in many events.
///
/// An object with `events`, a bare array, or one event a line (NDJSON). Events that are not taken are told one by one;
/// the others are durable when the answer comes.
#[utoipa::path(
    post, path = "/events/ingest_bulk", tag = "events", operation_id = "ingest_bulk",
    request_body(content = super::schema::BulkIn, content_type = "application/json"),
    params(super::schema::IngestParams),
    responses(
        (status = 200, description = "Those of the events that are not among the errors are durable", body = IngestedBulk),
        super::schema::BodyProblems, super::schema::Forbidden, super::schema::NotTaking,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn bulk(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let grant = shared.check(&head.headers, &head.extensions, Scope::Ingest)?;
    let form = split::form(&head.headers)?;
    let wait = wait(&shared, head.uri.query())?;
    let key = idempotency_key(&head.headers)?;
    let peer = peer(&head.extensions).0.ip().to_canonical().to_string();
    let dead = Dead { shared: &shared, grant: &grant, peer: &peer };
    let keep = |problem: &Problem, coding, bytes: &[u8]| {
        dead.body(problem, form.into(), coding, bytes);
    };
    let (bytes, _held) = shared.body(&head.headers, body, keep).await?;
    let read = {
        let (shared, grant, peer) = (Arc::clone(&shared), Arc::clone(&grant), peer.clone());
        let is_short = bytes.len() <= SHORT_BYTES;
        let read = move || {
            let default = &shared.api.settings.tenant;
            let sender = Sender { grant: &grant, peer: &peer, key: key.as_deref(), default };
            let dead = Dead { shared: &shared, grant: &grant, peer: &peer };
            let read = rows_of(&shared, &bytes, form, &sender);
            read.inspect_err(|problem| dead.body(problem, form.into(), Coding::Plain, &bytes))
        };
        match is_short {
            true => read(),
            false => tokio::task::spawn_blocking(read).await.map_err(|_| {
                Problem::new(Kind::Unavailable, "the body could not be read: send it again")
            })?,
        }
    };
    let Rows { batches, indices, mut errors, is_forbidden, .. } = read?;
    let source = rows::source_of(&grant);
    shared.api.meter.refuse(&source, errors.len() as u64);
    if indices.is_empty() && is_forbidden {
        let detail = "none of the events is of a tenant that the token is for and that is taken in";
        return Err(Problem::new(Kind::Forbidden, detail).errors(errors));
    }
    let receipts = all_durable(&shared, &source, batches, &indices, &mut errors).await?;
    shared.count.acknowledged(started.elapsed());
    let views = &*shared.api.views;
    let mut created = Created::default();
    let mut pending = false;
    for receipt in &receipts {
        let known = match seen(views, receipt.last, wait).await {
            true => views.created(receipt.first, receipt.last),
            false => None,
        };
        pending |= known.is_none();
        let known = known.unwrap_or_default();
        created.signatures += known.signatures;
        created.candidates += known.candidates;
    }
    let ingested = receipts.iter().map(|r| r.last.0 - r.first.0 + 1).sum();
    Ok(answer::ok(&IngestedBulk {
        ok: errors.is_empty(),
        ingested,
        refused: errors.len() as u64,
        errors,
        signatures_created: created.signatures,
        candidates_created: created.candidates,
        pending,
    }))
}

/// Who sends events, and what holds for all of them.
struct Sender<'a> {
    grant: &'a Grant,
    peer: &'a str,
    /// The name of the whole request.
    key: Option<&'a str>,
    /// The tenant of events that name none, where the token is for all.
    default: &'a TenantId,
}

/// Reads the events of a bulk request; those that cannot be taken become dead letters.
fn rows_of(
    shared: &Shared,
    bytes: &Bytes,
    form: split::Form,
    sender: &Sender<'_>,
) -> Result<Rows, Problem> {
    let Sender { grant, peer, key, default } = *sender;
    let bulk = split::split(bytes, form, shared.api.settings.limits.events_max)?;
    shared.events.take(&grant.name, bulk.events.len(), Instant::now())?;
    let named = bulk.tenant_id.as_ref().map(|tenant| &*tenant.0);
    let source_label = bulk.source_label.as_ref().map(|label| &*label.0);
    if source_label.is_some_and(|label| !item::is_name(label)) {
        return Err(refusal(item::Bad::Name("source_label")));
    }
    let tenant = rows::tenant_of(grant, named, default).map_err(refusal)?;
    if let Some(tenant) = tenant.as_ref().filter(|tenant| !grant.covers(tenant.as_str())) {
        return Err(grant.not_of(tenant.as_str()));
    }
    let received_at = shared.now();
    let admit = shared.admits(grant);
    let common = Common {
        grant,
        peer,
        received_at,
        tenant,
        source_label,
        idempotency_key: key,
        admit: &admit,
    };
    let rows = rows::read(&bulk.events, &common);
    Dead { shared, grant, peer }.events(&rows.errors, &bulk.events);
    Ok(rows)
}

/// Hands in one batch, counted.
async fn hand_in(shared: &Shared, source: &str, batch: Batch) -> Result<Receipt, Problem> {
    let (events, bytes) = (batch.len() as u64, batch.payload_bytes() as u64);
    let entry = Entry::new(&shared.api.meter, source, events, bytes, shared.now());
    hand_in::durable(&*shared.api.intake, batch, entry, &shared.api.settings.limits).await
}

/// Hands in all batches, one after the other, so that the order stays. If one is not taken, the events from there on are
/// told to be sent again; if it is the first one, so is the whole request.
async fn all_durable(
    shared: &Shared,
    source: &str,
    batches: Vec<Batch>,
    indices: &[u64],
    errors: &mut Vec<ItemError>,
) -> Result<Vec<Receipt>, Problem> {
    let mut receipts = Vec::with_capacity(batches.len());
    let mut done = 0;
    for batch in batches {
        let rows = batch.len();
        match hand_in(shared, source, batch).await {
            Ok(receipt) => receipts.push(receipt),
            Err(problem) if receipts.is_empty() => return Err(problem),
            Err(problem) => {
                let left = &indices[done..];
                errors.extend(left.iter().map(|index| ItemError {
                    index: *index,
                    reason: problem.detail().to_owned(),
                    retry: true,
                    is_foreign: false,
                }));
                errors.sort_by_key(|error| error.index);
                break;
            }
        }
        done += rows;
    }
    Ok(receipts)
}

/// Whether what is published covers this record, waiting a little for it.
async fn seen(views: &dyn Views, last: Seq, wait: Duration) -> bool {
    let until = Instant::now() + wait;
    loop {
        if views.position() > last {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        sleep(LOOK).await;
    }
}

/// The number of a record takes the place of one in its source, where there is none.
fn placed(cursor: Cursor, seq: Seq) -> Cursor {
    match cursor {
        Cursor::Received { .. } => Cursor::Received { seq },
        other => other,
    }
}

fn refusal(bad: item::Bad) -> Problem {
    let kind = match bad {
        item::Bad::Syntax(_) => Kind::BadBody,
        _ => Kind::Invalid,
    };
    Problem::new(kind, bad.to_string())
}

/// How long to wait for the engine: `wait_ms` of the address.
fn wait(shared: &Shared, query: Option<&str>) -> Result<Duration, Problem> {
    let most = shared.api.settings.wait_ms_max;
    let Some((_, value)) = query
        .and_then(|q| form_urlencoded::parse(q.as_bytes()).find(|(name, _)| name == "wait_ms"))
    else {
        return Ok(Duration::ZERO);
    };
    match value.parse::<u64>() {
        Ok(ms) if ms <= most => Ok(Duration::from_millis(ms)),
        _ => Err(Problem::new(
            Kind::BadRequest,
            format!("`wait_ms` is not a number of milliseconds from 0 to {most}"),
        )),
    }
}

/// The sender's name for the request: the same one again means the same events again.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().ok().filter(|key| item::is_name(key));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Problem::new(
            Kind::BadRequest,
            format!(
                "`Idempotency-Key` is not 1 to {} visible ASCII characters",
                item::NAME_CHARS_MAX
            ),
        )
    })
}
