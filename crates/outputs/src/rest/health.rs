//! `GET /healthz`, `/status` and `/metrics`: how the service is. They read what is published and counted, and nothing
//! else, so they answer while everything else stands still.

use super::access::{Grant, Scope, Tenants};
use super::answer;
use super::metrics;
use super::problem::{Kind, Problem};
use super::shared::Shared;
use super::status::{
    EngineStatus, IntakeStatus, RaisedStatus, SourceStatus, SpoolStatus, State as Condition, Status,
};
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use model::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Whether the service does what it is for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Events are taken.
    ok: bool,
    /// In one word.
    state: Condition,
}

/// How the service is, and the time of the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusAnswer {
    /// Events are taken.
    ok: bool,
    /// The time of the answer.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// All in one word.
    state: Condition,
    /// Why it is not `ok`, each with a remedy. For a token for all clients: the reasons may name them.
    reasons: Vec<String>,
    /// The version of the program.
    version: String,
    /// Since when it runs.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// What came in; this and the next three are of all clients, and null for a token that is not for all.
    intake: Option<IntakeStatus>,
    /// Where it is kept.
    spool: Option<SpoolStatus>,
    /// What it has become.
    engine: Option<EngineStatus>,
    /// What is kept beside the events to be found again in a year.
    raised: Option<RaisedStatus>,
    /// How much of what is usually heard was heard in the last day, so that silence can be trusted: of the clients that the
    /// token is for. Null while what is usual is being learnt, and for a token for several clients that are not all.
    #[schema(minimum = 0, maximum = 100)]
    coverage_percent: Option<f64>,
    /// Each source, of each client the worst first and at most 256.
    sources: Vec<SourceStatus>,
    /// Sources that are known and not listed.
    sources_more: u64,
}

/// Whether the service does what it is for. Needs no token and tells nothing else.
#[utoipa::path(
    get, path = "/healthz", tag = "health", operation_id = "healthz",
    responses(
        (status = 200, description = "Events are taken", body = Health),
        super::schema::Unhealthy,
    ),
    security(()),
)]
pub(crate) async fn healthz(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    let status = shared.api.views.status();
    match status.state {
        Condition::Failing | Condition::Starting | Condition::Stopping => {
            let detail = format!("the service is {}; /status says more", status.state.word());
            Err(Problem::new(Kind::Unavailable, detail).retry_after(5))
        }
        state => Ok(answer::ok(&Health { ok: true, state })),
    }
}

/// How the service is: intake, spool, engine, and each source.
#[utoipa::path(
    get, path = "/status", tag = "health", operation_id = "status",
    responses(
        (status = 200, description = "How the service is", body = StatusAnswer),
        super::schema::GetProblems,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn status(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, status) = status_for(&shared, &request)?;
    let is_for_all = grant.tenants == Tenants::All;
    Ok(answer::ok(&StatusAnswer {
        ok: status.intake.taking,
        now: shared.now(),
        state: status.state,
        reasons: status.reasons,
        version: status.version,
        started_at: status.started_at,
        intake: is_for_all.then_some(status.intake),
        spool: is_for_all.then_some(status.spool),
        engine: is_for_all.then_some(status.engine),
        raised: is_for_all.then_some(status.raised),
        coverage_percent: status.coverage_percent,
        sources: status.sources,
        sources_more: status.sources_more,
    }))
}

/// The sources alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sources {
    /// Always true.
    ok: bool,
    /// Each source.
    results: Vec<SourceStatus>,
}

/// How each source is: last heard, rate against usual, lag, drops.
#[utoipa::path(
    get, path = "/sources", tag = "health", operation_id = "sources",
    responses(
        (status = 200, description = "How each source is", body = Sources),
        super::schema::GetProblems,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn sources(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (_, status) = status_for(&shared, &request)?;
    Ok(answer::ok(&Sources { ok: true, results: status.sources }))
}

/// The same in numbers, as Prometheus reads them. Asks for a token for all tenants.
#[utoipa::path(
    get, path = "/metrics", tag = "health", operation_id = "metrics",
    responses(
        (status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain"),
        super::schema::GetProblems,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn metrics(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let grant = shared.check(request.headers(), request.extensions(), Scope::Read)?;
    if grant.tenants != Tenants::All {
        let detail = "the metrics are of all tenants: use a token for all of them, or ask /status";
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    let text = metrics::text(&shared.api.views.status(), &shared);
    Ok(answer::with(text, "text/plain; version=0.0.4; charset=utf-8"))
}

/// How the service is, as far as who asks may know.
fn status_for(shared: &Shared, request: &Request<Body>) -> Result<(Arc<Grant>, Status), Problem> {
    let grant = shared.check(request.headers(), request.extensions(), Scope::Read)?;
    let mut status = shared.api.views.status();
    only_of(&grant, &mut status);
    Ok((grant, status))
}

/// Leaves out what is another tenant's: its sources, and reasons, which may name them; of coverage and of what is not listed
/// its own are told.
fn only_of(grant: &Grant, status: &mut Status) {
    let Tenants::Only(some) = &grant.tenants else { return };
    let own = || some.iter().filter_map(|tenant| status.of.get(tenant.as_str()));
    let more = own().map(|of| of.sources_more).sum();
    let percent = match some.as_slice() {
        [_] => own().next().and_then(|of| of.coverage_percent),
        _ => None,
    };
    (status.coverage_percent, status.sources_more) = (percent, more);
    status.sources.retain(|source| source.tenant_id.as_deref().is_some_and(|t| grant.covers(t)));
    status.reasons.clear();
}
