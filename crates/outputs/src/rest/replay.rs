//! `POST /replay/raw`: what could not be taken → today's intake, once more. What was taken in is remembered, and goes in
//! under ids that follow from the letter: so doing it twice is doing it once.

use super::access::{Grant, Scope};
use super::answer;
use super::failures::may_see;
use super::few::Whole;
use super::ingest;
use super::letters::KeptLetter;
use super::page;
use super::problem::{Kind, Problem};
use super::shared::Shared;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Letters of one request.
const IDS_MAX: usize = 1_000;

/// What to take in again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayQuestion {
    /// Numbers of failures, as `/failures` tells them.
    #[schema(value_type = super::schema::Seqs)]
    ids: Vec<Whole>,
}

/// What became of each.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayAnswer {
    /// Every one is taken in, now or before.
    ok: bool,
    /// Those that were taken in now.
    replayed: u64,
    /// Each, in the order of the question.
    results: Vec<Replayed>,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// Its number.
    id: u64,
    /// What became of it.
    status: Fate,
    /// Events that were taken in.
    events: u64,
    /// Why it could not be.
    reason: Option<String>,
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    /// It was taken in now; its events are durable.
    Replayed,
    /// It was taken in before.
    Before,
    /// It can still not be taken in.
    Refused,
    /// There is none, or not any more.
    Unknown,
}

/// Takes in again what could not be taken.
///
/// Goes through the intake as it is now, with what the caller's token allows. Events of it that can still not be taken
/// become failures of their own.
#[utoipa::path(
    post, path = "/replay/raw", tag = "events", operation_id = "replay_raw",
    request_body = ReplayQuestion,
    responses(
        (status = 200, description = "What became of each", body = ReplayAnswer),
        super::schema::BodyProblems, super::schema::Forbidden, super::schema::NotTaking,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn again(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.question::<ReplayQuestion>(request, Scope::Ingest).await?;
    if question.ids.is_empty() || question.ids.len() > IDS_MAX {
        return Err(Problem::new(Kind::Invalid, format!("`ids` has 1 to {IDS_MAX} numbers")));
    }
    let mut results = Vec::with_capacity(question.ids.len());
    for Whole(id) in question.ids {
        results.push(one(&shared, &grant, id).await?);
    }
    let of = |fate: Fate| results.iter().filter(|one| one.status == fate).count() as u64;
    let (replayed, before) = (of(Fate::Replayed), of(Fate::Before));
    let ok = replayed + before == results.len() as u64;
    Ok(answer::ok(&ReplayAnswer { ok, replayed, results }))
}

async fn one(shared: &Arc<Shared>, grant: &Arc<Grant>, id: u64) -> Result<Replayed, Problem> {
    let told = |status, events, reason| Ok(Replayed { id, status, events, reason });
    let found = shared.ask(move |api| api.letters.letter(id).map_err(page::no_answer)).await?;
    let Some(KeptLetter { letter, replayed_at, .. }) = found.filter(|kept| may_see(grant, kept))
    else {
        return told(Fate::Unknown, 0, Some("there is none, or it is not kept any more".into()));
    };
    if replayed_at.is_some() {
        return told(Fate::Before, 0, None);
    }
    if letter.truncated {
        let reason = "only its beginning is kept: ask its sender for it".to_owned();
        return told(Fate::Refused, 0, Some(reason));
    }
    match ingest::again(shared, grant, id, letter).await {
        Ok(events) => {
            let now = shared.now();
            shared.ask(move |api| api.letters.replayed(id, now).map_err(page::no_answer)).await?;
            told(Fate::Replayed, events, None)
        }
        // Nothing can be stored: that is no fault of the letter.
        Err(problem) if problem.is_for_now() => Err(problem),
        Err(problem) => told(Fate::Refused, 0, Some(problem.detail().to_owned())),
    }
}
