//! What other clients make of a message → this tenant's stories: a story that it leads has more to say
//! for itself, and a bad message that no detector spoke for may become one. Of the others a number is all
//! that comes here.

use super::Tenant;
use crate::attention::cell::CellIndex;
use crate::config::Config;
use crate::discover::budget::Lane;
use crate::discover::{Facts, Finding, change, marks_since};
use crate::elsewhere::AtClients;
use crate::signature::SignatureIndex;
use model::{Band, CandidateType, Change, SignatureId, Timestamp};
use std::collections::BTreeMap;

/// Messages of which what others make is remembered; the oldest go first.
const HEARD_MAX: usize = 256;

impl Tenant {
    /// When its first event came.
    pub(crate) fn known_since(&self) -> Timestamp {
        self.ledger.first
    }

    /// One test more that a message which stirs here does so elsewhere by chance.
    pub(crate) fn asked_of_others(&mut self) {
        self.tests.count(Lane::Clients);
    }

    /// Whether a message that came to be watched comes more often: one that fell silent is watched too.
    pub(crate) fn rises(&self, id: SignatureId) -> bool {
        let Some(signature) = self.index_of(id) else { return false };
        let mut open = self.ledger.kinds[signature.0 as usize].open().iter();
        !open.any(|index| self.stories[*index].kind == CandidateType::Silence)
    }

    /// Hears that a message stirs at other clients too.
    pub(crate) fn hear_of_others(
        &mut self,
        id: SignatureId,
        found: AtClients,
        config: &Config,
        out: &mut Vec<Change>,
    ) {
        let Some(signature) = self.index_of(id) else { return };
        if found.surprise < config.discover.clients_surprise_min {
            return;
        }
        self.remember(signature, found);
        let open = self.ledger.kinds[signature.0 as usize].open().to_vec();
        for index in &open {
            let lead = self.stories[*index].lead();
            let candidate = &mut self.stories[*index];
            if self.ledger[lead].signature != signature {
                continue;
            }
            candidate.hear_of_others(found);
        }
        match open.is_empty() {
            true => {
                if let Some(finding) = self.found_with_others(signature, found, config) {
                    self.tell(finding, config, out);
                }
            }
            false => open.into_iter().for_each(|index| self.restand(index, config, out)),
        }
    }

    /// What is known of others of the message that leads a story.
    pub(super) fn of_others(&self, lead: CellIndex) -> Option<AtClients> {
        self.of_others.get(&self.ledger[lead].signature).copied()
    }

    fn remember(&mut self, signature: SignatureIndex, found: AtClients) {
        self.of_others.insert(signature, found);
        if self.of_others.len() > HEARD_MAX {
            let oldest = self.of_others.iter().min_by_key(|(index, found)| (found.at, **index));
            if let Some(index) = oldest.map(|(index, _)| *index) {
                self.of_others.remove(&index);
            }
        }
    }

    /// Forgets what is no news any more.
    pub(super) fn forget_others(&mut self, config: &Config) {
        let from = self.ledger.now - config.discover.clients_within;
        self.of_others.retain(|_, found| found.at >= from);
    }

    /// The finding that only the others make: a message that speaks of failing, is a warning or worse, or is
    /// on watch here for being unusual; and no part of a change. What is harmless is new at many clients after
    /// every update.
    fn found_with_others(
        &self,
        signature: SignatureIndex,
        found: AtClients,
        config: &Config,
    ) -> Option<Finding> {
        let (view, kind) = (self.view(config), &self.ledger.kinds[signature.0 as usize]);
        let is_unusual = kind.standing.band >= Band::Watch;
        if !(kind.is_bad() || is_unusual) || self.is_learning(config) || found.is_change(config) {
            return None;
        }
        let recent = self.ledger.cells_of(signature).filter_map(|cell| {
            let first = self.ledger[cell].marks_since(found.since).into_iter().min()?;
            (!self.ledger[cell].is_stream()).then_some((cell, first.at))
        });
        let reached: BTreeMap<CellIndex, Timestamp> = recent.collect();
        let onset = reached.values().copied().min()?;
        if change::change(view, signature, &reached).is_some() {
            return None;
        }
        let mut cells: Vec<CellIndex> = reached.keys().copied().collect();
        cells.sort_by_key(|cell| (reached[cell], *cell));
        Some(Finding {
            kind: CandidateType::Spread,
            events: 0,
            onset,
            // Its evidence are the others, which have a term and a price of their own.
            surprise: 0.0,
            facts: Facts::Clients(found),
            marks: marks_since(view, &cells, onset),
            cells,
        })
    }
}
