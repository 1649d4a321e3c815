//! Skeletons → indexes of known signatures, within caps. A key that is known costs one look-up; a
//! new one is registered, or becomes an alias of a wider signature (`alias`), or, where a cap is
//! reached, is counted under its service's overflow signature: never dropped, never silent.

use super::alias::{Alias, Cause, Siblings};
use super::skeleton::{Skeleton, SkeletonKey, key_of};
use super::table::Table;
use crate::attention::ledger::grow_by_little;
use model::{Signature, SignatureId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Limits of one library. Whatever they cost is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LibraryConfig {
    /// Signatures in all. A busy client shows some thousands; ten times that is an attack or a
    /// program that logs prose.
    pub signatures_max: usize,
    /// Signatures of one service, so that one talkative program cannot take all places.
    pub signatures_per_service_max: usize,
    /// Distinct words in one position that open it. Five was the best of 2–8 on labelled logs:
    /// at two, opposite words merge.
    pub alias_words_min: usize,
    /// Literal words that must be left beside the opened position.
    pub alias_literals_min: usize,
    /// Positions under observation: what some fifteen thousand signatures have. Beyond them new siblings
    /// stay apart, and are counted.
    pub positions_max: usize,
    /// Aliases on record. Beyond it new ones still work, but cannot be split.
    pub aliases_max: usize,
}

impl Default for LibraryConfig {
    fn default() -> Self {
        LibraryConfig {
            signatures_max: 100_000,
            signatures_per_service_max: 20_000,
            alias_words_min: 5,
            alias_literals_min: 3,
            positions_max: 95_000,
            aliases_max: 100_000,
        }
    }
}

/// The place of a signature in its library: dense, from 0, in order of first sight.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct SignatureIndex(pub u32);

/// What a skeleton was assigned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assigned {
    /// The signature.
    pub index: SignatureIndex,
    /// It was never seen before.
    pub is_new: bool,
}

/// Why a library refused what a user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LibraryError {
    /// No signature or no live alias has this id.
    Unknown,
    /// The two are one already, or would refer to each other.
    Circular,
    /// The signature is pinned.
    Pinned,
    /// A cap is reached.
    Full,
}

impl std::fmt::Display for LibraryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            LibraryError::Unknown => "no such signature or alias",
            LibraryError::Circular => "the signatures are one already",
            LibraryError::Pinned => "the signature is pinned",
            LibraryError::Full => "the library is full: raise signatures_max or aliases_max",
        })
    }
}

impl std::error::Error for LibraryError {}

/// How much of the caps one service uses.
#[derive(Default, Serialize, Deserialize)]
struct Service {
    signatures: usize,
    /// The signature that its overflow is counted under.
    other: Option<u32>,
}

/// Known signatures.
#[derive(Serialize, Deserialize)]
pub struct Library {
    /// Set anew when a snapshot is restored.
    #[serde(skip)]
    pub(super) config: LibraryConfig,
    pub(super) table: Table,
    pub(super) signatures: Vec<Signature>,
    /// Where a user merged each signature; itself as a rule.
    pub(super) forward: Vec<u32>,
    pub(super) pinned: Vec<bool>,
    services: BTreeMap<String, Service>,
    siblings: Siblings,
    pub(super) aliases: Vec<Alias>,
    overflowed: u64,
    now: Timestamp,
}

impl Library {
    /// An empty library.
    pub fn new(config: LibraryConfig) -> Library {
        Library {
            config,
            table: Table::new(),
            signatures: Vec::new(),
            forward: Vec::new(),
            pinned: Vec::new(),
            services: BTreeMap::new(),
            siblings: Siblings::new(&config),
            aliases: Vec::new(),
            overflowed: 0,
            now: Timestamp::default(),
        }
    }

    /// Takes the limits that hold from now on.
    pub fn configure(&mut self, config: LibraryConfig) {
        self.siblings.configure(&config);
        self.config = config;
    }

    /// Tells the time; aliases made from now on carry it.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The signature of a key that was assigned before.
    pub fn known(&self, key: SkeletonKey) -> Option<SignatureIndex> {
        let index = self.table.get(key)?;
        Some(SignatureIndex(self.forward[index as usize]))
    }

    /// The same, or what further messages of the service are counted under.
    pub fn recognise(&self, service: &str, key: SkeletonKey) -> Option<SignatureIndex> {
        let overflow =
            || self.services.get(service)?.other.map(|other| self.forward[other as usize]);
        self.known(key).or_else(|| overflow().map(SignatureIndex))
    }

    /// The signature of a skeleton that [`fingerprint`](super::fingerprint) made of this service
    /// and body.
    pub fn assign(&mut self, service: &str, _body: &str, skeleton: &Skeleton) -> Assigned {
        match self.table.get(skeleton.key()) {
            Some(index) => {
                Assigned { index: SignatureIndex(self.forward[index as usize]), is_new: false }
            }
            None => self.assign_new(service, skeleton),
        }
    }

    /// The signature of a key that comes from elsewhere than a skeleton, as of a kernel report: it has this text,
    /// and never becomes an alias.
    pub fn assign_exactly(&mut self, service: &str, text: &str, key: SkeletonKey) -> Assigned {
        if let Some(index) = self.known(key) {
            return Assigned { index, is_new: false };
        }
        let id = SignatureId::derive(&[b"exact", service.as_bytes(), &key.0.to_le_bytes()]);
        let signature = Signature { id, service: service.to_owned(), template: text.to_owned() };
        match self.register(service, key, signature) {
            Some(index) => self.assigned(index, true),
            None => self.overflow(service),
        }
    }

    fn assign_new(&mut self, service: &str, skeleton: &Skeleton) -> Assigned {
        if let Some(wider) = self.siblings.observe(service, &skeleton.text) {
            return self.alias(service, skeleton, &wider);
        }
        match self.register(service, skeleton.key(), skeleton.signature(service)) {
            Some(index) => self.assigned(index, true),
            None => self.overflow(service),
        }
    }

    fn assigned(&self, index: u32, is_new: bool) -> Assigned {
        let index = SignatureIndex(self.forward[index as usize]);
        Assigned { index, is_new }
    }

    /// Gives a signature an index, unless a cap is reached.
    pub(super) fn register(
        &mut self,
        service: &str,
        key: SkeletonKey,
        signature: Signature,
    ) -> Option<u32> {
        let used = self.services.get(service).map_or(0, |s| s.signatures);
        if self.signatures.len() >= self.config.signatures_max
            || used >= self.config.signatures_per_service_max
        {
            return None;
        }
        let index = self.append(signature);
        self.table.set(key, index);
        self.services.entry(service.to_owned()).or_default().signatures += 1;
        Some(index)
    }

    fn append(&mut self, mut signature: Signature) -> u32 {
        signature.service.shrink_to_fit();
        signature.template.shrink_to_fit();
        let index = self.signatures.len() as u32;
        grow_by_little(&mut self.signatures);
        self.signatures.push(signature);
        grow_by_little(&mut self.forward);
        self.forward.push(index);
        grow_by_little(&mut self.pinned);
        self.pinned.push(false);
        index
    }

    /// Counts one more event under the service's overflow signature, or under everybody's when
    /// there are too many services even for that.
    fn overflow(&mut self, service: &str) -> Assigned {
        self.overflowed += 1;
        let crowded = self.services.len() >= self.config.signatures_max;
        let service = if crowded && !self.services.contains_key(service) { "" } else { service };
        if let Some(index) = self.services.get(service).and_then(|s| s.other) {
            return self.assigned(index, false);
        }
        let index = self.append(other(service));
        self.services.entry(service.to_owned()).or_default().other = Some(index);
        self.assigned(index, true)
    }

    /// Makes a new skeleton an alias of the wider text.
    fn alias(&mut self, service: &str, skeleton: &Skeleton, wider: &[u8]) -> Assigned {
        let key = key_of(service, wider);
        let (parent, is_new) = match self.table.get(key) {
            Some(parent) => (parent, false),
            None => {
                let parent = Skeleton::of_text(wider).signature(service);
                match self.register(service, key, parent) {
                    Some(parent) => (parent, true),
                    None => return self.overflow(service),
                }
            }
        };
        if self.aliases.len() < self.config.aliases_max {
            self.table.set(skeleton.key(), parent);
            self.aliases.push(Alias {
                child: skeleton.signature(service),
                child_key: skeleton.key(),
                parent: SignatureIndex(parent),
                at: self.now,
                cause: Cause::Siblings,
                undone_at: None,
            });
        }
        self.assigned(parent, is_new)
    }

    /// A signature by its index.
    ///
    /// # Panics
    /// If the index is not one that this library gave.
    pub fn signature(&self, index: SignatureIndex) -> &Signature {
        &self.signatures[index.0 as usize]
    }

    /// Signatures known, overflow signatures among them.
    pub fn len(&self) -> usize {
        self.signatures.len()
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.signatures.is_empty()
    }

    /// Skeletons known: more than signatures where aliases are.
    pub fn skeletons(&self) -> usize {
        self.table.len()
    }

    /// Events that were counted under an overflow signature.
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// Positions that could not be watched because of `positions_max`.
    pub fn unwatched(&self) -> u64 {
        self.siblings.unwatched()
    }

    /// Every alias ever made, in order, those undone among them.
    pub fn aliases(&self) -> &[Alias] {
        &self.aliases
    }

    /// The signature that an older index stands for now, after merges by users.
    pub fn resolve(&self, index: SignatureIndex) -> SignatureIndex {
        SignatureIndex(self.forward[index.0 as usize])
    }
}

/// The signature under which a service's overflow is counted.
fn other(service: &str) -> Signature {
    Signature {
        id: SignatureId::derive(&[b"overflow", service.as_bytes()]),
        service: service.to_owned(),
        template: "(other messages, beyond the limit of signatures)".to_owned(),
    }
}

#[cfg(test)]
#[path = "library_tests.rs"]
mod tests;
