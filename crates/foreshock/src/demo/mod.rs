//! An invented log → what Foreshock finds in it, and what the usual alerts would have found. The
//! log is generated in memory; from there on everything is the pipeline that `scan` runs.

pub(crate) mod alerts;
mod chance;
pub(crate) mod log;

use crate::runtime::evidence::Evidences;
use engine::normalize::{AssemblerConfig, Reference};
use engine::{Engine, EventBatch, Lane};
use log::Log;
use model::{Counts, Digest, Explanation, TenantId, Timestamp};

/// What the engine makes of a log.
pub(crate) struct Found {
    /// The digest after the last line.
    pub(crate) digest: Digest,
    /// What became of the lines.
    pub(crate) counts: Counts,
    /// How each item of the digest was found, in their order.
    pub(crate) explanations: Vec<Explanation>,
}

/// Runs a log through lane and engine and reads its evidence back; `None` for a log without lines.
pub(crate) fn find(log: &mut Log, tenant: &TenantId) -> Option<Found> {
    let reference = Reference { now: Timestamp::default(), zone_offset_secs: 0 };
    let mut lane = Lane::new(AssemblerConfig::default(), reference, None);
    let (mut counts, mut events) = (Counts::default(), EventBatch::default());
    for index in 0..log.lines.len() {
        counts.bytes += log.lines[index].text.len() as u64 + 1;
        lane.push(&log.envelope(index), &mut counts, &mut events);
    }
    lane.flush(&mut counts, &mut events);

    let mut engine = Engine::new(engine::Config::default());
    let mut changes = Vec::new();
    let mut last = None;
    for sighting in events.iter() {
        engine.observe(tenant, &sighting, &mut changes);
        changes.clear();
        last = last.max(Some(sighting.at));
    }
    engine.tick(last?, &mut changes);

    let since = log.lines.first()?.at;
    let mut digest = engine.digest(tenant, last?, since)?;
    let known = engine.tenant(tenant)?;
    let ids = digest.items.iter().map(|item| item.candidate_id);
    let mut explanations: Vec<Explanation> =
        ids.filter_map(|id| known.explain_candidate(id, engine.config())).collect();
    let told = explanations.iter_mut().flat_map(|e| &mut e.item);
    Evidences::default().fill(log, digest.items.iter_mut().chain(told));
    Some(Found { digest, counts, explanations })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Band, CandidateType};

    #[test]
    fn the_tunnel_is_found_and_nothing_else() {
        let tenant = TenantId::new("local");
        let found = find(&mut Log::generate(), &tenant).expect("a digest");
        assert!(found.counts.balances(), "{:?}", found.counts);
        let [item] = found.digest.items.as_slice() else {
            let titles: Vec<_> = found.digest.items.iter().map(|i| &i.title).collect();
            panic!("one item, not {titles:?}");
        };
        assert_eq!(item.candidate_type, CandidateType::SelfHeal);
        assert!(item.band >= Band::Investigate, "{:?}", item.band);
        assert!(item.evidence.iter().all(|e| e.text.is_some()), "{item:?}");
        assert!(!item.context.is_empty(), "{item:?}");
        assert!(item.context.iter().all(|c| c.line.text.is_some()), "{item:?}");
        assert_eq!(found.explanations.len(), 1);
    }
}
