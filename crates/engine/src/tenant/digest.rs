//! What a technician reads of this tenant, and why the rest is quiet. Reading changes nothing.

use super::Tenant;
use crate::config::Config;
use crate::discover::View;
use crate::discover::budget;
use crate::discover::candidate::Candidate;
use crate::lifecycle::Told;
use crate::score;
use model::{Band, CandidateId, Cut, Digest, Item, Quiet, SignatureId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Candidates that were cut and are named; further ones are counted.
const CUT_MAX: usize = 50;

/// Why a candidate is not shown.
enum Why {
    /// Others deserve the ten minutes more.
    Crowded,
    /// The budget of its day does not admit it yet.
    Waits,
}

impl Tenant {
    /// The candidates that lived between `since` and `as_of` and earned it; open ones first, most
    /// deserving first. While the tenant is still being learnt, what is on watch is shown, and the
    /// digest says so.
    pub fn digest(&self, as_of: Timestamp, since: Timestamp, config: &Config) -> Digest {
        let view = View { now: as_of.max(self.ledger.now), ..self.view(config) };
        let learning = self.is_learning(config);
        let lived = |c: &&Candidate| c.ending.as_ref().is_none_or(|e| e.at > since);
        let alive: Vec<&Candidate> = self.stories.iter().filter(lived).collect();
        let mut shown: Vec<&Candidate> =
            alive.iter().copied().filter(|c| learning || c.admitted.is_some()).collect();
        shown.sort_by(|a, b| {
            let open_first = b.is_open().cmp(&a.is_open());
            let by_band = self.band_of(b).cmp(&self.band_of(a));
            let by_score = self.score_at(b, view).total_cmp(&self.score_at(a, view));
            open_first.then(by_band).then(by_score).then(a.id.cmp(&b.id))
        });
        // Of a subject that came and went several times, its best story speaks for all.
        let mut subjects = BTreeSet::new();
        shown.retain(|c| subjects.insert((c.is_open(), c.lead())));
        let best = shown.iter().take(config.digest.items_max);
        let items: Vec<Item> = best.map(|c| self.item(c, view)).collect();
        let mut quiet = self.quiet(since, config);
        let waiting = alive.iter().filter(|c| c.is_open() && c.admitted.is_none() && !learning);
        let crowded = shown.iter().skip(items.len());
        let crowded = crowded.map(|c| (*c, Why::Crowded));
        let cut: Vec<_> = crowded.chain(waiting.map(|c| (*c, Why::Waits))).collect();
        quiet.held_back = cut.len() as u64;
        let named = cut.into_iter().take(CUT_MAX);
        quiet.cut = named.map(|(c, why)| self.cut(c, why, view)).collect();
        let since = since.max(self.ledger.earliest);
        Digest { as_of, since, tenant_id: self.id.clone(), items, quiet }
    }

    /// Notes what a digest told of each of its items.
    pub fn told(&mut self, digest: &Digest, config: &Config) {
        for item in &digest.items {
            let Some(index) = self.stories.index_of(item.candidate_id) else {
                continue;
            };
            let told = Told::now(&self.stories[index], digest.as_of, self.view(config));
            self.stories[index].told = Some(told);
        }
    }

    /// The signature that leads a candidate.
    pub(crate) fn lead_of(&self, id: CandidateId) -> Option<SignatureId> {
        let candidate = self.stories.find(id)?;
        Some(self.library.signature(self.ledger[candidate.lead()].signature).id)
    }

    /// Whether a candidate that is led by this signature was shown since then.
    pub(crate) fn tells_of(&self, lead: SignatureId, since: Timestamp) -> bool {
        self.stories.iter().any(|candidate| {
            candidate.admitted.is_some()
                && candidate.ending.as_ref().is_none_or(|ending| ending.at > since)
                && self.library.signature(self.ledger[candidate.lead()].signature).id == lead
        })
    }

    /// A candidate that is not shown, and why not.
    fn cut(&self, candidate: &Candidate, why: Why, view: View<'_>) -> Cut {
        let price = budget::price(candidate, &self.tests, view).filter(|price| !price.is_paid());
        let day = &view.config.digest;
        let why = match (why, price) {
            (Why::Crowded, _) => format!("beyond the {} items of a digest", day.items_max),
            (Why::Waits, Some(price)) => price.words(view.config),
            (Why::Waits, None) => self.waits_for(candidate, view).unwrap_or_else(|| {
                format!("the day's {} places for new items were taken", day.new_per_day_max)
            }),
        };
        let (title, baseline) = score::headline(candidate, view);
        Cut {
            candidate_id: candidate.id,
            candidate_type: candidate.kind,
            title,
            baseline,
            score_total: score::rounded(self.score_at(candidate, view)),
            why,
        }
    }

    /// A candidate as a person reads it.
    pub(crate) fn item(&self, candidate: &Candidate, view: View<'_>) -> Item {
        let index = self.stories.index_of(candidate.id);
        let moves = index.map_or(vec![], |index| self.story_would_change(index, view));
        score::item(candidate, &self.id, self.band_of(candidate), &moves, view)
    }

    fn score_at(&self, candidate: &Candidate, view: View<'_>) -> f64 {
        score::total(&score::contributions(candidate, view))
    }

    /// The band of an open candidate's lead; a closed one needs nobody now, but was worth review.
    pub(crate) fn band_of(&self, candidate: &Candidate) -> Band {
        match candidate.is_open() {
            true => self.ledger.kind_of(candidate.lead()).standing.band,
            false => Band::Watch,
        }
    }

    fn quiet(&self, since: Timestamp, config: &Config) -> Quiet {
        let mut bands: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut ignored_events = 0;
        for kind in &self.ledger.kinds {
            *bands.entry(kind.standing.band.word()).or_default() += 1;
            if kind.standing.band == Band::IgnoreFast {
                ignored_events += kind.events;
            }
        }
        Quiet {
            events: self.ledger.events,
            hosts: self.ledger.hosts.len() as u64,
            signatures: self.ledger.kinds.len() as u64,
            bands,
            ignored_events,
            notes: self.limits_told().chain(self.notes.told(since, self.view(config))).collect(),
            held_back: 0,
            told_before: 0,
            cut: Vec::new(),
            learning_until: self.is_learning(config).then(|| self.learning_until(config)),
            coverage: None,
        }
    }
}
