//! `POST /candidates/search`: what may deserve a person.

use super::access::Scope;
use super::answer;
use super::few::{Few, Whole};
use super::problem::{Kind, Problem};
use super::shared::Shared;
use super::when::When;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use model::{Band, CandidateId, CandidateType, Item, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

const LIMIT: u64 = 20;
const LIMIT_MAX: u64 = 200;

/// Which candidates. Everything that is given must hold; of a list, any one.
#[derive(Debug, Default, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CandidatesQuestion {
    /// Only of this tenant.
    #[schema(min_length = 1, max_length = 256)]
    #[param(min_length = 1, max_length = 256)]
    #[serde(default)]
    tenant_id: Option<String>,
    /// Only in these bands: `review`, `urgent_human_review`, or a band's own name.
    #[schema(value_type = Option<super::schema::Bands>)]
    #[param(value_type = super::schema::Bands, required = false)]
    #[serde(default)]
    decision_band: Few,
    /// Only of these types.
    #[schema(value_type = Option<super::schema::Types>)]
    #[param(value_type = super::schema::Types, required = false)]
    #[serde(default)]
    candidate_type: Few,
    /// Only `open` or only `closed` ones.
    #[schema(value_type = Option<super::schema::Stati>)]
    #[param(value_type = super::schema::Stati, required = false)]
    #[serde(default)]
    status: Few,
    /// Only on these hosts.
    #[schema(value_type = Option<super::schema::Names>)]
    #[param(value_type = super::schema::Names, required = false)]
    #[serde(default)]
    host: Few,
    /// Only of these services.
    #[schema(value_type = Option<super::schema::Names>)]
    #[param(value_type = super::schema::Names, required = false)]
    #[serde(default)]
    service: Few,
    /// Only those that something was added to since then.
    #[schema(value_type = Option<super::schema::Moment>)]
    #[param(value_type = super::schema::Moment, required = false)]
    #[serde(default)]
    since: Option<When>,
    /// Only those with at least this score.
    #[schema(minimum = 0, maximum = 1)]
    #[param(minimum = 0, maximum = 1)]
    #[serde(default)]
    score_min: Option<f64>,
    /// At most so many; by default 20.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[param(value_type = u32, required = false, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Option<Whole>,
    /// The `next` of the page before.
    #[schema(value_type = Option<super::schema::CandidateCursor>)]
    #[param(value_type = super::schema::CandidateCursor, required = false)]
    #[serde(default)]
    cursor: Option<String>,
}

/// Candidates, the most deserving first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Candidates {
    /// Always true.
    ok: bool,
    /// The candidates.
    #[schema(value_type = Vec<super::schema::Item>)]
    results: Vec<Arc<Item>>,
    /// All that were found, on all pages.
    total: u64,
    /// How they are spread.
    facets: CandidateFacets,
    /// Where the next page begins; `null` on the last one.
    next: Option<String>,
}

/// How the candidates that were found are spread.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct CandidateFacets {
    /// By band.
    decision_band: BTreeMap<&'static str, u64>,
    /// By type.
    candidate_type: BTreeMap<&'static str, u64>,
    /// By tenant.
    tenant_id: BTreeMap<String, u64>,
}

/// Finds candidates: the most deserving first, by band, then by score.
#[utoipa::path(
    post, path = "/candidates/search", tag = "candidates", operation_id = "search_candidates",
    request_body = CandidatesQuestion,
    responses(
        (status = 200, description = "What was found", body = Candidates),
        super::schema::BodyProblems, super::schema::Forbidden, super::schema::NoAnswer,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn search(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.question::<CandidatesQuestion>(request, Scope::Read).await?;
    found(&shared, &grant, question).await
}

/// The same by parameters.
#[utoipa::path(
    get, path = "/candidates", tag = "candidates", operation_id = "list_candidates",
    params(CandidatesQuestion),
    responses(
        (status = 200, description = "What was found", body = Candidates),
        super::schema::GetProblems, super::schema::Uninvited,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.parameters(&request, Scope::Read)?;
    found(&shared, &grant, question).await
}

/// Open candidates that a person should look at: those of the two highest bands.
#[utoipa::path(
    get, path = "/interesting", tag = "candidates", operation_id = "interesting",
    params(CandidatesQuestion),
    responses(
        (status = 200, description = "What was found", body = Candidates),
        super::schema::GetProblems, super::schema::Uninvited,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn interesting(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, mut question) = shared.parameters::<CandidatesQuestion>(&request, Scope::Read)?;
    if question.decision_band.0.is_empty() {
        let high = [Band::Investigate, Band::Promote];
        question.decision_band = Few(high.map(|band| band.word().to_owned()).into());
    }
    if question.status.0.is_empty() {
        question.status = Few(vec!["open".to_owned()]);
    }
    found(&shared, &grant, question).await
}

/// Where a candidate stands in the order: band, score, id.
type Place = (Reverse<Band>, Reverse<u64>, CandidateId);

fn place(item: &Item) -> Place {
    // Scores are 0 to 1, and so are the bits of such numbers in order.
    (Reverse(item.band), Reverse(item.score_total.max(0.0).to_bits()), item.candidate_id)
}

fn cursor_of(place: &Place) -> String {
    let (Reverse(band), Reverse(score), id) = place;
    format!("{}.{score:x}.{id}", *band as u8)
}

fn place_of(cursor: &str) -> Option<Place> {
    let mut parts = cursor.splitn(3, '.');
    let band = *Band::ALL.get(parts.next()?.parse::<usize>().ok()?)?;
    let score = u64::from_str_radix(parts.next()?, 16).ok()?;
    Some((Reverse(band), Reverse(score), parts.next()?.parse().ok()?))
}

async fn found(
    shared: &Arc<Shared>,
    grant: &super::Grant,
    question: CandidatesQuestion,
) -> Result<Response, Problem> {
    let limit = super::page::limit(question.limit, LIMIT, LIMIT_MAX)?;
    let tenant = grant.tenant(question.tenant_id.as_deref())?;
    let filter = Filter::of(&question, shared.now())?;
    let after = match &question.cursor {
        Some(cursor) => Some(place_of(cursor).ok_or_else(super::page::no_cursor)?),
        None => None,
    };
    let mut items = shared
        .ask(move |api| api.views.candidates(tenant.as_ref()).map_err(super::page::no_answer))
        .await?;
    items.retain(|item| grant.covers(&item.place.tenant_id) && filter.takes(item));
    items.sort_by_cached_key(|item| place(item));
    let mut facets = CandidateFacets::default();
    for item in &items {
        *facets.decision_band.entry(item.decision_band).or_default() += 1;
        *facets.candidate_type.entry(item.candidate_type.word()).or_default() += 1;
        *facets.tenant_id.entry(item.place.tenant_id.clone()).or_default() += 1;
    }
    let total = items.len() as u64;
    let begin = after.map_or(0, |after| items.partition_point(|item| place(item) <= after));
    let mut results = items.split_off(begin);
    let more = results.len() > limit;
    results.truncate(limit);
    let next = results.last().filter(|_| more).map(|item| cursor_of(&place(item)));
    Ok(answer::ok(&Candidates { ok: true, results, total, facets, next }))
}

/// What a candidate must be.
struct Filter {
    bands: Vec<Band>,
    types: Vec<CandidateType>,
    stati: Vec<String>,
    hosts: Vec<String>,
    services: Vec<String>,
    since: Option<Timestamp>,
    score_min: f64,
}

impl Filter {
    fn of(question: &CandidatesQuestion, now: Timestamp) -> Result<Filter, Problem> {
        let type_of =
            |word: &str| CandidateType::ALL.iter().copied().find(|kind| kind.word() == word);
        let types =
            CandidateType::ALL.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
        let status_of = |word: &str| ["open", "closed"].contains(&word).then(|| word.to_owned());
        let score_min = question.score_min.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&score_min) {
            return Err(Problem::new(Kind::Invalid, "`score_min` is not a number from 0 to 1"));
        }
        Ok(Filter {
            bands: question.decision_band.each(
                "decision_band",
                "use review, urgent_human_review, ignore_fast, background, watch, investigate or promote",
                Band::from_word,
            )?,
            types: question.candidate_type.each("candidate_type", &format!("use {types}"), type_of)?,
            stati: question.status.each("status", "use open or closed", status_of)?,
            hosts: question.host.0.clone(),
            services: question.service.0.clone(),
            since: question.since.map(|since| since.at(now)),
            score_min,
        })
    }

    fn takes(&self, item: &Item) -> bool {
        fn any<T: PartialEq>(wanted: &[T], has: impl Fn(&T) -> bool) -> bool {
            wanted.is_empty() || wanted.iter().any(has)
        }
        any(&self.bands, |band| *band == item.band)
            && any(&self.types, |kind| *kind == item.candidate_type)
            && any(&self.stati, |status| status == item.status)
            && any(&self.hosts, |host| item.place.hosts.contains(host))
            && any(&self.services, |service| item.place.services.contains(service))
            && self.since.is_none_or(|since| item.timing.last >= since)
            && item.score_total >= self.score_min
    }
}
