//! `POST /digest/daily`: what one tenant's technician reads in ten minutes.

use super::access::Scope;
use super::answer;
use super::few::Whole;
use super::problem::{Kind, Problem};
use super::shared::Shared;
use super::when::When;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use model::{Item, Quiet, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// No digest has more items.
const ITEMS_MAX: u64 = 10;

/// Which digest.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DigestQuestion {
    /// Whose. May be left out where there is only one.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 256)]
    tenant_id: Option<String>,
    /// From when on; by default one day.
    #[serde(default)]
    #[schema(value_type = Option<super::schema::Moment>)]
    since: Option<When>,
    /// At most so many items.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10)]
    limit: Option<Whole>,
}

/// The digest.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DigestAnswer {
    /// Always true.
    ok: bool,
    /// The name and version of the form of what follows.
    schema: &'static str,
    /// Whose.
    #[schema(value_type = String)]
    tenant_id: TenantId,
    /// From when on.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// At most ten, the most deserving first.
    #[schema(value_type = Vec<super::schema::Item>)]
    items: Vec<Item>,
    /// Why the rest needs nobody.
    #[schema(value_type = super::schema::Quiet)]
    quiet: Quiet,
    /// How much of what its sources usually say was heard, so that silence can be trusted: `quiet.coverage` says more.
    coverage_percent: Option<f64>,
}

/// Tells the digest of a tenant.
#[utoipa::path(
    post, path = "/digest/daily", tag = "digest", operation_id = "digest_daily",
    request_body = DigestQuestion,
    responses(
        (status = 200, description = "The digest", body = DigestAnswer),
        super::schema::BodyProblems, super::schema::Forbidden, super::schema::Missing,
        super::schema::NoAnswer,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn daily(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.question::<DigestQuestion>(request, Scope::Read).await?;
    let limit = super::page::limit(question.limit, ITEMS_MAX, ITEMS_MAX)?;
    let tenant = match grant.tenant(question.tenant_id.as_deref())? {
        Some(tenant) => tenant,
        None => only_one(&shared)?,
    };
    let since = question.since.map(|since| since.at(shared.now()));
    let told = {
        let tenant = tenant.clone();
        let ask = move |api: &super::Api| api.views.digest(&tenant, since);
        shared.ask(move |api| ask(api).map_err(super::page::no_answer)).await?
    };
    let Some(mut digest) = told else {
        let detail = format!("no events of a tenant `{tenant}` are known");
        return Err(Problem::new(Kind::NotFound, detail));
    };
    digest.items.truncate(limit);
    let coverage_percent = digest.quiet.coverage.as_ref().and_then(|coverage| coverage.percent);
    Ok(answer::ok(&DigestAnswer {
        ok: true,
        schema: crate::digest::SCHEMA,
        tenant_id: digest.tenant_id,
        since: digest.since,
        as_of: digest.as_of,
        items: digest.items,
        quiet: digest.quiet,
        coverage_percent,
    }))
}

/// The tenant, where there is one only.
fn only_one(shared: &Shared) -> Result<TenantId, Problem> {
    match shared.api.views.tenants().as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Problem::new(Kind::NotFound, "no events of any tenant are known yet")),
        many => {
            let names: Vec<&str> = many.iter().take(20).map(TenantId::as_str).collect();
            let detail = format!(
                "there is no digest of all tenants: name one by `tenant_id`; there are {}: {}",
                many.len(),
                names.join(", ")
            );
            Err(Problem::new(Kind::NotFound, detail))
        }
    }
}
