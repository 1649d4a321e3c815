//! `POST /candidates/explain`: why a candidate stands where it stands.

use super::access::Scope;
use super::answer;
use super::page;
use super::problem::{Kind, Problem};
use super::shared::Shared;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use model::{Band, BandChange, CandidateId, Item, Signature, SignatureId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Which candidate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExplainQuestion {
    /// Its id.
    #[schema(value_type = super::schema::CandidateName)]
    candidate_id: CandidateId,
}

/// Why a candidate stands where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainAnswer {
    /// Always true.
    ok: bool,
    /// The candidate.
    #[schema(value_type = super::schema::Item)]
    candidate: Item,
    /// Each term of the score by its name; damping is below zero. They add up to `score_total`.
    score_breakdown: BTreeMap<&'static str, f64>,
    /// What it rests on.
    evidence: EvidenceAnswer,
    /// All in a few sentences.
    explanation: String,
    /// The kind of message that it is about, where it is about one.
    #[schema(value_type = Option<super::schema::Signature>)]
    signature: Option<Signature>,
    /// The band now, by its own name.
    #[schema(value_type = super::schema::BandName)]
    band: Band,
    /// Every recorded change of band, oldest first.
    #[schema(value_type = Vec<super::schema::BandChange>)]
    history: Vec<BandChange>,
    /// Further facts, one sentence each.
    notes: Vec<String>,
}

/// What a candidate rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceAnswer {
    /// Events that belong to it.
    event_count: u64,
    /// The kinds of message that it is about.
    #[schema(value_type = Vec<String>)]
    signature_ids: Vec<SignatureId>,
    /// Earlier incidents that resemble it.
    related_incidents: Vec<String>,
    /// Earlier candidates that resemble it.
    #[schema(value_type = Vec<String>)]
    related_candidates: Vec<CandidateId>,
}

/// Explains a candidate: the item, every term of its score, what it rests on and how it came there.
#[utoipa::path(
    post, path = "/candidates/explain", tag = "candidates", operation_id = "explain_candidate",
    request_body = ExplainQuestion,
    responses(
        (status = 200, description = "Why it stands where it stands", body = ExplainAnswer),
        super::schema::BodyProblems, super::schema::Forbidden, super::schema::Missing,
        super::schema::NoAnswer,
    ),
    security(("token" = []), ("bearer" = [])),
)]
pub(crate) async fn told(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (grant, question) = shared.question::<ExplainQuestion>(request, Scope::Read).await?;
    let id = question.candidate_id;
    let known = shared.ask(move |api| api.views.explain(id).map_err(page::no_answer)).await?;
    // What is another tenant's is not known either: not even that it exists.
    let known = known.filter(|known| grant.covers(known.tenant_id.as_str()));
    let item = known.and_then(|mut known| known.explanation.item.take().map(|item| (item, known)));
    let Some((item, known)) = item else {
        let detail = format!("no candidate `{id}` is known: it may have been closed long ago");
        return Err(Problem::new(Kind::NotFound, detail));
    };
    let mut score_breakdown = BTreeMap::new();
    for term in &item.contributions {
        *score_breakdown.entry(term.name).or_default() += term.value;
    }
    let explanation = known.explanation;
    let signature_ids = match (known.signatures.is_empty(), &explanation.signature) {
        (true, Some(signature)) => vec![signature.id],
        _ => known.signatures,
    };
    Ok(answer::ok(&ExplainAnswer {
        ok: true,
        score_breakdown,
        evidence: EvidenceAnswer {
            event_count: item.evidence_total,
            signature_ids,
            related_incidents: vec![],
            related_candidates: item.seen_before.iter().map(|seen| seen.candidate_id).collect(),
        },
        explanation: in_words(&item),
        candidate: item,
        signature: explanation.signature,
        band: explanation.band,
        history: explanation.history,
        notes: explanation.notes,
    }))
}

/// The item in a few sentences.
fn in_words(item: &Item) -> String {
    let mut words = item.what.clone();
    for sentence in std::iter::once(&item.why_it_matters).chain(&item.why) {
        if !words.is_empty() {
            words.push(' ');
        }
        words += sentence;
    }
    words
}
