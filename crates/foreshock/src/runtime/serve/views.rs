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
    /// What is known at a moment. `raw` reads the lines that are cited, `evidences` remembers them, and what is over
    /// stays as it stood in `before`.
    pub(super) fn of(
        fold: &Fold,
        position: Seq,
        at: Timestamp,
        before: &Views,
        raw: &mut dyn RawReader,
        evidences: &mut Evidences,
    ) -> Views {
        let (engine, mut tenants) = (&fold.engine, BTreeMap::new());
        let config = engine.config();
        let (mut digests, mut made) = (Vec::new(), Vec::new());
        for (id, tenant) in engine.tenants() {
            let Some(digest) = engine.digest(id, at, at - Span::DAY) else { continue };
            let known = before.tenants.get(id).map_or(&[][..], |view| &view.candidates);
            let over = known.iter().filter(|known| known.item.outcome.is_some());
            let over: BTreeMap<CandidateId, &Known> =
                over.map(|known| (known.item.candidate_id, known)).collect();
            let all: Vec<CandidateId> = tenant.candidates().map(|(id, _)| id).collect();
            let mut candidates = Vec::new();
            for candidate in all.iter().rev().take(CANDIDATES_MAX) {
                if let Some(known) = over.get(candidate) {
                    candidates.push((*known).clone());
                } else if let Some(explanation) = tenant.explain_candidate(*candidate, config) {
                    made.push((id.clone(), tenant.leads(*candidate), explanation));
                }
            }
            let view = TenantView {
                candidates,
                digest: digest.clone(),
                signatures: tenant.signatures() as u64,
                raised: raised(tenant),
            };
            tenants.insert(id.clone(), view);
            digests.push(digest);
        }
        // All that is cited is read in one pass through the spool.
        let told = digests.iter_mut().flat_map(|digest| &mut digest.items);
        evidences.fill(raw, told.chain(made.iter_mut().filter_map(|(.., why)| why.item.as_mut())));
        for digest in digests {
            if let Some(view) = tenants.get_mut(&digest.tenant_id) {
                view.digest = digest;
            }
        }
        for (tenant, lead, explanation) in made {
            let (Some(view), Some(item)) = (tenants.get_mut(&tenant), explanation.item.clone())
            else {
                continue;
            };
            let explanation = Arc::new(explanation);
            view.candidates.push(Known { item: Arc::new(item), explanation, lead });
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
