//! What readers see: digests, candidates and explanations as plain values, made by the follower now and then and
//! swapped as a whole. So a question is answered while the engine works, and when it stands still.

use super::fold::Fold;
use super::health::{Day, SourceView};
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

/// Digests of longer times are made for so many days: what happened in a week, in a month.
const LONGER_DAYS: [i64; 2] = [7, 30];

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
    /// Of longer times, the shortest first; none where the records do not reach back further.
    pub(crate) longer: Vec<Digest>,
    pub(crate) candidates: Vec<Known>,
    /// What was heard in the last day; `None` where nothing knows.
    pub(super) heard: Option<Day>,
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
    /// Sources, the worst of each client first.
    pub(crate) sources: Vec<SourceView>,
    /// Sources that are known and not among them, of each client.
    pub(crate) sources_more: BTreeMap<TenantId, u64>,
    /// Events with each defect, ever.
    pub(crate) defects: BTreeMap<String, u64>,
    /// Records of hosts that are too many to be watched one by one.
    pub(crate) beyond_records: u64,
    /// How much of what is usually heard was heard in the last day, of all clients, in per cent.
    pub(crate) coverage_percent: Option<f64>,
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
            let digest_of = |days| {
                let mut digest = engine.digest(id, at, at - Span::DAY.times(days))?;
                fold.health.complete(&mut digest);
                Some(digest)
            };
            let Some(digest) = digest_of(1) else { continue };
            let reaches_back = digest.since <= at - Span::DAY;
            let longer = LONGER_DAYS.into_iter().filter(|_| reaches_back).filter_map(digest_of);
            let longer: Vec<Digest> = longer.collect();
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
                longer: Vec::new(),
                heard: Some(fold.health.day(id, at)),
                signatures: tenant.signatures() as u64,
                raised: raised(tenant),
            };
            tenants.insert(id.clone(), view);
            digests.push(digest);
            digests.extend(longer);
        }
        // All that is cited is read in one pass through the spool.
        let told = digests.iter_mut().flat_map(|digest| &mut digest.items);
        evidences.fill(raw, told.chain(made.iter_mut().filter_map(|(.., why)| why.item.as_mut())));
        for digest in digests {
            // The day's is the first of each tenant.
            match tenants.get_mut(&digest.tenant_id) {
                Some(view) if !is_same_time(&view.digest, &digest) => view.longer.push(digest),
                Some(view) => view.digest = digest,
                None => {}
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
        let (mut sources, mut sources_more, mut beyond_records) = (Vec::new(), BTreeMap::new(), 0);
        for tenant in fold.health.tenants() {
            let (rows, more) = fold.health.rows(&tenant);
            sources.extend(rows);
            beyond_records += fold.health.beyond(&tenant);
            sources_more.insert(tenant, more);
        }
        let coverage_percent = fold.health.coverage_of_all();
        let at = Some(at);
        let defects = BTreeMap::new();
        Views {
            position,
            at,
            tenants,
            sources,
            sources_more,
            defects,
            beyond_records,
            coverage_percent,
        }
    }

    /// What a client's digest tells from `since` on; of the last day where nothing is said.
    pub(crate) fn digest(&self, tenant: &TenantId, since: Option<Timestamp>) -> Option<Digest> {
        let view = self.tenants.get(tenant)?;
        let all = || std::iter::once(&view.digest).chain(&view.longer);
        let since = since.unwrap_or(view.digest.since);
        // The shortest that reaches back far enough, or the longest there is.
        let mut digest = all().find(|digest| digest.since <= since).or(all().last())?.clone();
        if since > digest.since {
            digest.items.retain(|item| item.outcome.is_none() || item.timing.last >= since);
            digest.since = since;
            if let Some(heard) = &view.heard {
                digest.quiet.coverage = Some(heard.coverage(since));
            }
        }
        Some(digest)
    }

    /// One candidate, and whose it is.
    pub(crate) fn candidate(&self, id: CandidateId) -> Option<(&TenantId, &Known)> {
        self.tenants.iter().find_map(|(tenant, view)| {
            let known = view.candidates.iter().find(|known| known.item.candidate_id == id)?;
            Some((tenant, known))
        })
    }
}

fn is_same_time(one: &Digest, other: &Digest) -> bool {
    (one.since, one.as_of) == (other.since, other.as_of)
}

fn raised(tenant: &Tenant) -> BTreeSet<SignatureId> {
    let all = (0..tenant.signatures() as u32).map(engine::signature::SignatureIndex);
    let kinds = all.filter_map(|index| tenant.kind(index));
    kinds.filter(|kind| kind.band >= Band::Watch).map(|kind| kind.signature.id).collect()
}

#[cfg(test)]
mod tests {
    use super::super::health::Health;
    use super::*;
    use crate::invented::{digest, hour, item};

    /// As of hour 1,000: a day, a week, and what there is of a month; each item is named after the hour at which it ended.
    fn views() -> Views {
        let ended = |at: i64| {
            let mut item = item(&at.to_string(), Band::Watch, "closed");
            item.timing.last = hour(at);
            item
        };
        let open = item("open", Band::Promote, "open");
        let of = |since: i64, ends: &[i64]| {
            let items = [open.clone()].into_iter().chain(ends.iter().map(|at| ended(*at)));
            let mut digest = digest("acme", 1_000, items.collect());
            let percent = Some(50.0);
            digest.quiet.coverage = Some(model::Coverage { percent, ..model::Coverage::default() });
            Digest { since: hour(since), ..digest }
        };
        let view = TenantView {
            digest: of(976, &[990]),
            longer: vec![of(832, &[900, 990]), of(500, &[600, 900, 990])],
            candidates: Vec::new(),
            heard: Some(Health::default().day(&TenantId::new("acme"), hour(1_000))),
            signatures: 0,
            raised: BTreeSet::new(),
        };
        Views { tenants: [(TenantId::new("acme"), view)].into(), ..Views::default() }
    }

    #[test]
    fn a_digest_tells_from_the_moment_that_was_asked_for() {
        let views = views();
        let told = |since: Option<i64>| {
            let digest = views.digest(&TenantId::new("acme"), since.map(hour)).unwrap();
            let titles: Vec<String> = digest.items.into_iter().map(|item| item.title).collect();
            (digest.since, titles.join(" "))
        };
        assert_eq!(told(None), (hour(976), "open 990".into()));
        assert_eq!(told(Some(976)), (hour(976), "open 990".into()));
        assert_eq!(told(Some(995)), (hour(995), "open".into()), "what ended before is left out");
        assert_eq!(told(Some(975)), (hour(975), "open 990".into()), "of the week, cut to it");
        assert_eq!(told(Some(832)), (hour(832), "open 900 990".into()));
        assert_eq!(told(Some(550)), (hour(550), "open 600 900 990".into()));
        assert_eq!(told(Some(3)).0, hour(500), "no further back than it is known, and it says so");
        assert_eq!(views.digest(&TenantId::new("globex"), None), None);
        // What was heard is told of the same time: here nothing was expected.
        let heard = |since: i64| {
            let digest = views.digest(&TenantId::new("acme"), Some(hour(since))).unwrap();
            digest.quiet.coverage.unwrap().percent
        };
        assert_eq!((heard(976), heard(832)), (Some(50.0), Some(50.0)));
        assert_eq!((heard(995), heard(900)), (None, None));
    }
}
