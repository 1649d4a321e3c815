//! What readers see: digests, candidates and explanations as plain values, made by the follower now and then and
//! swapped as a whole. So a question is answered while the engine works, and when it stands still.

use super::fold::Fold;
use crate::runtime::evidence::Evidences;
use engine::tenant::Tenant;
use model::port::RawReader;
use model::{
    Band, CandidateId, Digest, Explanation, Item, Seq, SignatureId, Span, TenantId, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Candidates of a tenant that are published, the latest first; the others stand in the state's rows.
const CANDIDATES_MAX: usize = 200;

/// One candidate.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) item: Arc<Item>,
    pub(crate) explanation: Arc<Explanation>,
    /// The kind of message that leads it.
    pub(crate) lead: Option<SignatureId>,
}

/// One tenant.
#[derive(Debug, Clone)]
pub(crate) struct TenantView {
    /// Of the last day, as of `Views::at`.
    pub(crate) digest: Digest,
    pub(crate) candidates: Vec<Known>,
    pub(crate) signatures: u64,
    /// Kinds of message of raised bands.
    pub(crate) raised: BTreeSet<SignatureId>,
}

/// All that is published.
#[derive(Debug, Clone, Default)]
pub(crate) struct Views {
    /// All records before this number are in it.
    pub(crate) position: Seq,
    /// The stream's time.
    pub(crate) at: Option<Timestamp>,
    pub(crate) tenants: BTreeMap<TenantId, TenantView>,
}

impl Views {
    /// What is known at a moment. `raw` reads the lines that are cited.
    pub(super) fn of(fold: &Fold, position: Seq, at: Timestamp, raw: &mut dyn RawReader) -> Views {
        let (engine, mut tenants) = (&fold.engine, BTreeMap::new());
        let config = engine.config();
        for (id, tenant) in engine.tenants() {
            let Some(mut digest) = engine.digest(id, at, at - Span::DAY) else { continue };
            Evidences::default().fill(raw, digest.items.iter_mut());
            let ids: Vec<CandidateId> = tenant.candidates().map(|(id, _)| id).collect();
            let latest = ids.iter().rev().take(CANDIDATES_MAX);
            let known = latest.filter_map(|id| {
                let mut explanation = tenant.explain_candidate(*id, config)?;
                Evidences::default().fill(raw, explanation.item.iter_mut());
                let item = Arc::new(explanation.item.clone()?);
                let lead = tenant.leads(*id);
                Some(Known { item, explanation: Arc::new(explanation), lead })
            });
            let view = TenantView {
                candidates: known.collect(),
                digest,
                signatures: tenant.signatures() as u64,
                raised: raised(tenant),
            };
            tenants.insert(id.clone(), view);
        }
        Views { position, at: Some(at), tenants }
    }

    /// One candidate, and whose it is.
    pub(crate) fn candidate(&self, id: CandidateId) -> Option<(&TenantId, &Known)> {
        self.tenants.iter().find_map(|(tenant, view)| {
            let known = view.candidates.iter().find(|known| known.item.candidate_id == id)?;
            Some((tenant, known))
        })
    }
}

fn raised(tenant: &Tenant) -> BTreeSet<SignatureId> {
    let all = (0..tenant.signatures() as u32).map(engine::signature::SignatureIndex);
    let kinds = all.filter_map(|index| tenant.kind(index));
    kinds.filter(|kind| kind.band >= Band::Watch).map(|kind| kind.signature.id).collect()
}
