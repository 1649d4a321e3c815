//! `GET /failures` and `/failures/{id}`: what came and could not be taken.

use super::access::{Grant, Scope, Tenants};
use super::answer;
use super::few::Whole;
use super::letters::{KeptLetter, LetterCoding, LetterForm};
use super::page;
use super::problem::{Kind, Problem};
use super::shared::Shared;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Request;
use axum::response::Response;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Failures on one page.
const PAGE_MAX: u64 = 200;
/// Bytes of a failure that a list shows; `/failures/{id}` has them all.
const SHOWN_BYTES: usize = 1_024;
/// Letters that are looked at for one page: who may see few of many asks for the next page.
const LOOKED_MAX: usize = 20_000;

/// Which failures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailuresQuestion {
    /// Only this tenant's.
    #[serde(default)]
    #[param(min_length = 1, max_length = 256)]
    tenant_id: Option<String>,
    /// Only those that were not taken in since.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    open: Option<bool>,
    /// At most so many; 50 if it is left out.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Whole>,
    /// The `next` of the page before.
    #[serde(default)]
    #[param(pattern = "^[0-9]{1,19}$")]
    cursor: Option<String>,
}

/// Failures, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailuresAnswer {
    /// Always true.
    ok: bool,
    /// Those of this page.
    results: Vec<Failure>,
    /// Where the next page begins; `null` at the end.
    next: Option<String>,
}

/// One failure with all of its bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureAnswer {
    /// Always true.
    ok: bool,
    /// The failure.
    result: Failure,
}

/// Something that came and could not be taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// Its number.
    id: u64,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// The source.
    source_id: String,
    /// Whose it would have been; null if that is not known, or was refused.
    tenant_id: Option<String>,
    /// It names a tenant that its sender's token is not for: `deadletters replay --all` leaves it out.
    is_foreign: bool,
    /// Who delivered it.
    peer: String,
    /// Why it could not be taken.
    reason: String,
    /// What it was taken for.
    form: LetterForm,
    /// How the bytes are compressed: `gzip`, `zstd`.
    encoding: Option<&'static str>,
    /// Bytes that are kept.
    bytes: u64,
    /// There were more: it cannot be replayed.
    truncated: bool,
    /// The bytes as text; what is no UTF-8 is replaced by U+FFFD, and told by `lossy`.
    raw_payload: String,
    /// Bytes were replaced.
    lossy: bool,
    /// More bytes are kept than stand here.
    cut: bool,
    /// When it was taken in after all.
    #[schema(value_type = Option<String>, format = DateTime)]
    replayed_at: Option<Timestamp>,
}

impl Failure {
    fn of(kept: KeptLetter, bytes_max: usize) -> Failure {
        let KeptLetter { id, letter, replayed_at } = kept;
        let shown = &letter.bytes[..letter.bytes.len().min(bytes_max)];
        let text = String::from_utf8_lossy(shown);
        Failure {
            id,
            received_at: letter.at,
            source_id: letter.source,
            tenant_id: letter.tenant.map(|tenant| tenant.to_string()),
            is_foreign: letter.is_foreign,
            peer: letter.peer,
            reason: letter.reason,
            form: letter.form,
            encoding: letter.coding.map(|coding| match coding {
                LetterCoding::Gzip => "gzip",
                LetterCoding::Zstd => "zstd",
            }),
            bytes: letter.bytes.len() as u64,
            truncated: letter.truncated,
            lossy: matches!(text, Cow::Owned(_)),
            raw_payload: text.into_owned(),
            cut: shown.len() < letter.bytes.len(),
            replayed_at,
        }
    }
}

/// Whether a caller may see a letter: one of no tenant belongs to those who see all.
pub(super) fn may_see(grant: &Grant, kept: &KeptLetter) -> bool {
    match &kept.letter.tenant {
        Some(tenant) => grant.covers(tenant.as_str()),
        None => grant.tenants == Tenants::All,
    }
}

/// Tells what came and could not be taken, the latest first.
#[utoipa::path(
    get, path = "/failures", tag = "events", operation_id = "failures",
    params(FailuresQuestion),
    responses(
        (status = 200, description = "What could not be taken", body = FailuresAnswer),
        super::schema::GetProblems, super::schema::Uninvited,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question): (_, FailuresQuestion) = shared.parameters(&request, Scope::Read)?;
    let limit = page::limit(question.limit, 50, PAGE_MAX)?;
    let tenant = match &question.tenant_id {
        Some(named) => grant.tenant(Some(named))?,
        None => None,
    };
    let only_open = question.open == Some(true);
    let before = question.cursor.map(|cursor| cursor.parse::<u64>());
    let before = before.transpose().map_err(|_| page::no_cursor())?;
    let answer = shared.ask(move |api| {
        let (mut results, mut next, mut looked) = (Vec::new(), None, 0);
        let mut last = None;
        let mut visit = |kept: KeptLetter| {
            if results.len() == limit || looked == LOOKED_MAX {
                next = last.map(|id: u64| id.to_string());
                return false;
            }
            looked += 1;
            last = Some(kept.id);
            let is_asked = may_see(&grant, &kept)
                && tenant.as_ref().is_none_or(|tenant| kept.letter.tenant.as_ref() == Some(tenant))
                && !(only_open && kept.replayed_at.is_some());
            if is_asked {
                results.push(Failure::of(kept, SHOWN_BYTES));
            }
            true
        };
        api.letters.latest(before, &mut visit).map_err(page::no_answer)?;
        Ok(FailuresAnswer { ok: true, results, next })
    });
    Ok(answer::ok(&answer.await?))
}

/// Tells one of them, with all of its bytes.
#[utoipa::path(
    get, path = "/failures/{id}", tag = "events", operation_id = "failure",
    params(("id" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "What could not be taken", body = FailureAnswer),
        super::schema::GetProblems, super::schema::Missing, super::schema::Uninvited,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let grant = shared.check(request.headers(), request.extensions(), Scope::Read)?;
    let id = id.parse().map_err(|_| Problem::new(Kind::Invalid, "the id is no number"))?;
    let found = shared.ask(move |api| api.letters.letter(id).map_err(page::no_answer)).await?;
    let kept = found.filter(|kept| may_see(&grant, kept)).ok_or_else(|| {
        Problem::new(Kind::NotFound, "there is no such failure, or it is not kept any more")
    })?;
    Ok(answer::ok(&FailureAnswer { ok: true, result: Failure::of(kept, usize::MAX) }))
}
