//! `POST /events/search` and `/events/raw`: events that are kept, and the raw records behind them.

use super::access::{Grant, Scope};
use super::answer;
use super::few::{Few, Whole};
use super::page;
use super::problem::{Kind, Problem};
use super::query;
use super::shared::Shared;
use super::when::When;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use model::search::{Found, Order, Query, Scan, Text};
use model::{Envelope, EventId, Seq, Severity, SignatureId, TenantId, Timestamp};
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

const LIMIT: u64 = 50;
const LIMIT_MAX: u64 = 1_000;
const FACETS_MAX: u64 = 100;
/// Raw records in one answer, and bytes of them in all: what is beyond is left out, and said.
const RAW_BYTES_MAX: usize = 8 << 20;
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

/// A severity as a question writes it.
#[derive(Debug, Clone, Copy)]
struct Worst(Severity);

impl<'de> Deserialize<'de> for Worst {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Worst, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Worst;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a severity: emergency, alert, critical, error, warning, notice, info, debug or 0 to 7")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<Worst, E> {
                let is_long = word.len() >= 3; // single letters mean different things
                let severity = Severity::from_word(word.as_bytes()).filter(|_| is_long);
                severity.map(Worst).ok_or_else(|| E::invalid_value(Unexpected::Str(word), &self))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Worst, E> {
                let severity = u8::try_from(number).ok().and_then(Severity::from_number);
                severity
                    .map(Worst)
                    .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Worst, E> {
                match number.fract() == 0.0 && (0.0..=7.0).contains(&number) {
                    true => self.visit_u64(number as u64),
                    false => Err(E::invalid_value(Unexpected::Float(number), &self)),
                }
            }
        }
        source.deserialize_any(Read)
    }
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

/// How events are spread: the most frequent values of each field, with their counts.
#[derive(Debug, Serialize, ToSchema)]
struct FacetsOut {
    /// Events in all.
    total: u64,
    tenant_id: Vec<Counted>,
    host: Vec<Counted>,
    service: Vec<Counted>,
    signature_id: Vec<Counted>,
    /// Events by severity; `none` of those without one.
    severity: BTreeMap<&'static str, u64>,
    /// The time of the earliest.
    #[schema(value_type = Option<String>, format = DateTime)]
    first: Option<Timestamp>,
    /// The time of the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    last: Option<Timestamp>,
}

/// A value and how often it is.
#[derive(Debug, Serialize, ToSchema)]
struct Counted {
    value: String,
    count: u64,
}

/// What an answer took.
#[derive(Debug, Serialize, ToSchema)]
struct ScanOut {
    /// Blocks kept.
    blocks: u64,
    /// Blocks that were read in whole.
    blocks_read: u64,
    /// Events looked at.
    events: u64,
    /// Damaged blocks: what they hold is missing from the answer.
    blocks_damaged: u64,
}

impl From<Scan> for ScanOut {
    fn from(scan: Scan) -> ScanOut {
        let Scan { blocks, blocks_read, events, blocks_damaged } = scan;
        ScanOut { blocks, blocks_read, events, blocks_damaged }
    }
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
    let grant = shared.check(request.headers(), request.extensions(), Scope::Read)?;
    found(&shared, grant, query::read(request.uri().query())?).await
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
        let mut raw = BTreeMap::new();
        if with_raw {
            let mut seqs: Vec<Seq> = page.found.iter().map(|found| found.seq).collect();
            seqs.sort_unstable();
            seqs.dedup();
            raw = read_raw(api, &seqs, &grant)?.0;
        }
        let results = page.found.into_iter().map(|found| event(found, &mut raw)).collect();
        Ok(Events {
            ok: true,
            results,
            next: page.next.map(|place| place.to_string()),
            facets: facets.map(spread),
            scan: page.scan.into(),
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

fn spread(facets: model::search::Facets) -> FacetsOut {
    fn counted<T: ToString>(values: Vec<(T, u64)>) -> Vec<Counted> {
        values.into_iter().map(|(v, count)| Counted { value: v.to_string(), count }).collect()
    }
    let words = Severity::ALL.iter().map(|severity| severity.word()).chain(["none"]);
    FacetsOut {
        total: facets.total,
        tenant_id: counted(facets.tenants),
        host: counted(facets.hosts),
        service: counted(facets.services),
        signature_id: counted(facets.signatures),
        severity: words.zip(facets.severities).collect(),
        first: facets.times.map(|(first, _)| first),
        last: facets.times.map(|(_, last)| last),
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
    let grant = shared.check(request.headers(), request.extensions(), Scope::Read)?;
    let question: EventsQuestion = query::read(request.uri().query())?;
    let query = to_query(&question, &grant, shared.now())?;
    page::facets(question.facets, FACETS_MAX)?;
    let top = query.limit;
    let facets =
        shared.ask(move |api| api.search.facets(&query, top).map_err(page::no_answer)).await?;
    let scan = facets.scan.into();
    Ok(answer::ok(&Kinds { ok: true, results: spread(facets).signature_id, scan }))
}

/// Which raw records.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawQuestion {
    /// Their numbers in the spool, as `raw_ref` tells them.
    #[schema(value_type = super::schema::Seqs)]
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
    event_id: EventId,
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
            lossy: matches!(text, std::borrow::Cow::Owned(_)),
            raw_payload: text.into_owned(),
            truncated: envelope.truncated,
            hash: blake3::hash(envelope.payload).to_hex()[..32].to_owned(),
        }
    }
}

/// Reads records, ascending, leaving out what is another tenant's.
fn read_raw(
    api: &super::Api,
    seqs: &[Seq],
    grant: &Grant,
) -> Result<(BTreeMap<Seq, RawOut>, usize), Problem> {
    let mut raw = BTreeMap::new();
    let mut bytes = 0;
    let mut visit = |envelope: &Envelope<'_>| {
        bytes += envelope.payload.len();
        if bytes <= RAW_BYTES_MAX && grant.covers(envelope.origin.tenant_id.as_str()) {
            raw.insert(envelope.seq, RawOut::of(envelope));
        }
    };
    api.records.read(seqs, &mut visit).map_err(page::no_answer)?;
    Ok((raw, bytes))
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
pub(crate) async fn raw(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.question::<RawQuestion>(request, Scope::Read).await?;
    if question.seq.is_empty() || question.seq.len() > LIMIT_MAX as usize {
        return Err(Problem::new(Kind::Invalid, format!("`seq` has 1 to {LIMIT_MAX} numbers")));
    }
    let mut seqs: Vec<Seq> = question.seq.into_iter().map(|seq| Seq(seq.0)).collect();
    seqs.sort_unstable();
    seqs.dedup();
    let answer = shared.ask(move |api| {
        let (mut raw, _) = read_raw(api, &seqs, &grant)?;
        let missing = seqs.iter().filter(|seq| !raw.contains_key(seq)).map(|seq| seq.0).collect();
        let results = seqs.iter().filter_map(|seq| raw.remove(seq)).collect();
        Ok(RawAnswer { ok: true, results, missing })
    });
    Ok(answer::ok(&answer.await?))
}
