//! `POST /events/search`: events that are kept, by filters and by what they say.

use super::access::{Grant, Scope};
use super::answer;
use super::facets::{Counted, FacetsOut, ScanOut, spread};
use super::few::{Few, Whole};
use super::page;
use super::problem::{Kind, Problem};
use super::raw::{self, RawOut};
use super::shared::Shared;
use super::when::When;
use super::worst::Worst;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use model::search::{Found, Order, Query, Text};
use model::{EventId, Seq, Severity, SignatureId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

const LIMIT: u64 = 50;
const LIMIT_MAX: u64 = 1_000;
const FACETS_MAX: u64 = 100;
/// A text to look for is no longer.
const QUERY_CHARS_MAX: usize = 256;

/// Which events. Everything that is given must hold; of a list, any one.
#[derive(Debug, Default, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuestion {
    /// Only of this tenant.
    #[schema(min_length = 1, max_length = 256)]
    #[param(min_length = 1, max_length = 256)]
    #[serde(default)]
    tenant_id: Option<String>,
    /// What the message must say: all of the words. `reset*` is the beginning of a word, `"connection reset"` stands
    /// anywhere. Small and capital letters are the same.
    #[schema(max_length = 256)]
    #[param(max_length = 256)]
    #[serde(default)]
    query: Option<String>,
    /// Only of these hosts.
    #[schema(value_type = Option<super::schema::Names>)]
    #[param(value_type = super::schema::Names, required = false)]
    #[serde(default)]
    host: Few,
    /// Only of these services.
    #[schema(value_type = Option<super::schema::Names>)]
    #[param(value_type = super::schema::Names, required = false)]
    #[serde(default)]
    service: Few,
    /// Only of these kinds of message.
    #[schema(value_type = Option<super::schema::SignatureNames>)]
    #[param(value_type = super::schema::SignatureNames, required = false)]
    #[serde(default)]
    signature_id: Few,
    /// Only what its source calls at least this bad: a word, or 0 (emergency) to 7 (debug).
    #[schema(value_type = Option<super::schema::SeverityWord>)]
    #[param(value_type = super::schema::SeverityWord, required = false)]
    #[serde(default)]
    severity: Option<Worst>,
    /// Not before.
    #[schema(value_type = Option<super::schema::Moment>)]
    #[param(value_type = super::schema::Moment, required = false)]
    #[serde(default)]
    since: Option<When>,
    /// Before.
    #[schema(value_type = Option<super::schema::Moment>)]
    #[param(value_type = super::schema::Moment, required = false)]
    #[serde(default)]
    until: Option<When>,
    /// `newest` (as a rule) or `oldest` first.
    #[schema(value_type = Option<super::schema::OrderWord>)]
    #[param(value_type = super::schema::OrderWord, required = false)]
    #[serde(default)]
    order: Option<First>,
    /// At most so many; by default 50.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    #[param(value_type = u32, required = false, minimum = 1, maximum = 1000)]
    #[serde(default)]
    limit: Option<Whole>,
    /// The `next` of the page before.
    #[schema(value_type = Option<super::schema::EventCursor>)]
    #[param(value_type = super::schema::EventCursor, required = false)]
    #[serde(default)]
    cursor: Option<String>,
    /// Count by field too, and tell so many of the most frequent values of each.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100)]
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    #[serde(default)]
    facets: Option<Whole>,
    /// Tell the raw record of each event too, where it is still kept.
    #[serde(default)]
    raw: Option<bool>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum First {
    Newest,
    Oldest,
}

/// Events that were found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Events {
    /// Always true.
    ok: bool,
    /// The events, in the order that was asked for.
    results: Vec<EventOut>,
    /// Where the next page begins; `null` on the last one.
    next: Option<String>,
    /// How all events that match are spread, where that was asked.
    facets: Option<FacetsOut>,
    /// What was looked at, so that an empty answer can be trusted.
    scan: ScanOut,
}

/// One event.
#[derive(Debug, Serialize, ToSchema)]
struct EventOut {
    /// The event; known where its raw record was read (`raw`).
    #[schema(value_type = Option<String>)]
    event_id: Option<EventId>,
    /// Whose it is.
    #[schema(value_type = String)]
    tenant_id: TenantId,
    /// When it happened, by the clock that it was ordered by.
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    /// The machine.
    host: String,
    /// The program; empty if unknown.
    service: String,
    /// How bad its source says that it is.
    #[schema(value_type = Option<String>)]
    severity: Option<Severity>,
    /// The kind of message.
    #[schema(value_type = String)]
    signature_id: SignatureId,
    /// The message without its header.
    message_normalized: String,
    /// The raw record, with where it came from; where that was asked, and it is still kept.
    raw: Option<RawOut>,
    /// Where the raw record is kept.
    raw_ref: RawRef,
}

/// Where a raw record is kept.
#[derive(Debug, Serialize, ToSchema)]
struct RawRef {
    /// Its number in the spool.
    seq: u64,
}

/// Finds events among those that are kept.
#[utoipa::path(
    post, path = "/events/search", tag = "events", operation_id = "search_events",
    request_body = EventsQuestion,
    responses(
        (status = 200, description = "What was found", body = Events),
        super::schema::BodyProblems, super::schema::Forbidden, super::schema::NoAnswer,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn search(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.question::<EventsQuestion>(request, Scope::Read).await?;
    found(&shared, grant, question).await
}

/// The same by parameters.
#[utoipa::path(
    get, path = "/canonical_events", tag = "events", operation_id = "list_events",
    params(EventsQuestion),
    responses(
        (status = 200, description = "What was found", body = Events),
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

fn to_query(question: &EventsQuestion, grant: &Grant, now: Timestamp) -> Result<Query, Problem> {
    let text = question.query.as_deref().unwrap_or_default();
    if !super::few::is_within(text, QUERY_CHARS_MAX) {
        let detail = format!("`query` has more than {QUERY_CHARS_MAX} characters");
        return Err(Problem::new(Kind::Invalid, detail));
    }
    let order = match question.order.unwrap_or(First::Newest) {
        First::Newest => Order::Newest,
        First::Oldest => Order::Oldest,
    };
    let after = match &question.cursor {
        Some(cursor) => Some(cursor.parse().map_err(|_| page::no_cursor())?),
        None => None,
    };
    Ok(Query {
        tenant: grant.tenant(question.tenant_id.as_deref())?,
        hosts: question.host.0.clone(),
        services: question.service.0.clone(),
        signatures: question.signature_id.each(
            "signature_id",
            "use `sig_` and 26 letters",
            |id| id.parse().ok(),
        )?,
        severity: question.severity.map(|worst| worst.0),
        from: question.since.map(|since| since.at(now)),
        until: question.until.map(|until| until.at(now)),
        text: Text::parse(text),
        order,
        limit: page::limit(question.limit, LIMIT, LIMIT_MAX)?,
        after,
    })
}

async fn found(
    shared: &Arc<Shared>,
    grant: Arc<Grant>,
    question: EventsQuestion,
) -> Result<Response, Problem> {
    let query = to_query(&question, &grant, shared.now())?;
    let top = match question.facets {
        Some(_) => Some(page::facets(question.facets, FACETS_MAX)?),
        None => None,
    };
    let with_raw = question.raw == Some(true);
    let answer = shared.ask(move |api| {
        let page = api.search.search(&query).map_err(page::no_answer)?;
        let facets = match top {
            Some(top) => Some(api.search.facets(&query, top).map_err(page::no_answer)?),
            None => None,
        };
        let mut records = BTreeMap::new();
        if with_raw {
            let mut seqs: Vec<Seq> = page.found.iter().map(|found| found.seq).collect();
            seqs.sort_unstable();
            seqs.dedup();
            records = raw::read(api, &seqs, &grant)?;
        }
        let results = page.found.into_iter().map(|found| event(found, &mut records)).collect();
        Ok(Events {
            ok: true,
            results,
            next: page.next.map(|place| place.to_string()),
            facets: facets.map(spread),
            scan: ScanOut::of(page.scan, &grant),
        })
    });
    Ok(answer::ok(&answer.await?))
}

fn event(found: Found, raw: &mut BTreeMap<Seq, RawOut>) -> EventOut {
    let raw = raw.remove(&found.seq);
    EventOut {
        event_id: raw.as_ref().map(|raw| raw.event_id),
        tenant_id: found.tenant_id,
        timestamp: found.at,
        host: found.host,
        service: found.service,
        severity: found.severity,
        signature_id: found.signature_id,
        message_normalized: found.text,
        raw,
        raw_ref: RawRef { seq: found.seq.0 },
    }
}

/// The kinds of message among events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Kinds {
    /// Always true.
    ok: bool,
    /// The most frequent ones, with the number of their events.
    results: Vec<Counted>,
    /// What was looked at.
    scan: ScanOut,
}

/// The kinds of message among the events that match, the most frequent first.
#[utoipa::path(
    get, path = "/signatures", tag = "events", operation_id = "list_signatures",
    params(EventsQuestion),
    responses(
        (status = 200, description = "What was found", body = Kinds),
        super::schema::GetProblems, super::schema::Uninvited,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn signatures(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.parameters::<EventsQuestion>(&request, Scope::Read)?;
    let query = to_query(&question, &grant, shared.now())?;
    page::facets(question.facets, FACETS_MAX)?;
    let top = query.limit;
    let facets =
        shared.ask(move |api| api.search.facets(&query, top).map_err(page::no_answer)).await?;
    let scan = ScanOut::of(facets.scan, &grant);
    Ok(answer::ok(&Kinds { ok: true, results: spread(facets).signature_id, scan }))
}
