//! What is known of one kind of message and of one candidate, for who writes it down: the runtime keeps rows of
//! both beside the snapshot.

use super::Tenant;
use crate::config::Config;
use crate::signature::{SignatureIndex, SkeletonKey};
use model::{Band, CandidateId, Item, Signature, SignatureId, Timestamp};
use std::collections::BTreeSet;

/// One kind of message as it stands.
#[derive(Debug, Clone, Copy)]
pub struct KindNow<'a> {
    /// The signature.
    pub signature: &'a Signature,
    /// How much attention it gets.
    pub band: Band,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// Events in all.
    pub events: u64,
}

impl Tenant {
    /// The time of the latest event, or of the latest tick if that was later.
    pub fn latest(&self) -> Timestamp {
        self.ledger.now
    }

    /// The kind of message that [`Tenant::observe`] named; `None` if it never named this one.
    pub fn kind(&self, index: SignatureIndex) -> Option<KindNow<'_>> {
        let kind = self.ledger.kinds.get(index.0 as usize)?;
        Some(KindNow {
            signature: self.library.signature(index),
            band: kind.standing.band,
            first: kind.first.at(),
            last: kind.last.at(),
            events: kind.events,
        })
    }

    /// The kinds of message with these ids. Looks through all, unless none is asked for.
    pub fn kinds_of(&self, ids: &BTreeSet<SignatureId>) -> impl Iterator<Item = SignatureIndex> {
        let known = if ids.is_empty() { 0 } else { self.ledger.kinds.len() as u32 };
        let known = (0..known).map(SignatureIndex);
        known.filter(|index| ids.contains(&self.library.signature(*index).id))
    }

    /// The kind of message that a sighting was found to be before.
    pub fn recognise(&self, service: &str, key: SkeletonKey) -> Option<SignatureIndex> {
        self.library.recognise(service, key)
    }

    /// A candidate, open or closed, as a person reads it.
    pub fn item_of(&self, id: CandidateId, config: &Config) -> Option<Item> {
        Some(self.item(self.stories.find(id)?, self.view(config)))
    }

    /// The candidates that are kept, in the order in which they were opened, and whether each is open.
    pub fn candidates(&self) -> impl Iterator<Item = (CandidateId, bool)> {
        self.stories.iter().map(|candidate| (candidate.id, candidate.is_open()))
    }

    /// The kind of message that leads a candidate.
    pub fn leads(&self, id: CandidateId) -> Option<SignatureId> {
        self.lead_of(id)
    }
}
