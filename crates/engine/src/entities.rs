//! Who or what a message is about: the values of its holes that name something (an address, a
//! user, a path), as small hashes. They let a detector ask whether several sightings speak of the
//! same one, without keeping the text.

use crate::signature::{Hole, HoleKind};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Entities kept of one event; the first ones name its subject nearly always.
const ENTITIES: usize = 3;

/// Hashes of the first entities of one event; 0 stands for none. 32 bits: a chance meeting of two
/// values among the few that are ever compared has odds of one in four billion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Entities([u32; ENTITIES]);

impl Entities {
    /// The entities among the holes of a body.
    pub fn of(body: &str, holes: &[Hole]) -> Entities {
        let mut entities = Entities::default();
        let named = holes.iter().filter(|hole| names_something(hole.kind));
        for (slot, hole) in entities.0.iter_mut().zip(named) {
            *slot = entity(value(body, hole));
        }
        entities
    }

    /// The same entities with their texts.
    pub fn named<'a>(body: &'a str, holes: &'a [Hole]) -> impl Iterator<Item = (u32, &'a str)> {
        let named = holes.iter().filter(|hole| names_something(hole.kind)).take(ENTITIES);
        named.map(|hole| {
            let value = value(body, hole);
            // A hole ends where a character does; if not, its text is of no use.
            (entity(value), std::str::from_utf8(value).unwrap_or_default())
        })
    }

    /// Each entity, once or more.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.into_iter().filter(|entity| *entity != 0)
    }

    /// Whether it names this one.
    pub fn has(&self, entity: u32) -> bool {
        entity != 0 && self.0.contains(&entity)
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.0[0] == 0
    }
}

fn value<'a>(body: &'a str, hole: &Hole) -> &'a [u8] {
    body.as_bytes().get(hole.start as usize..hole.end as usize).unwrap_or_default()
}

fn entity(value: &[u8]) -> u32 {
    (xxh3_64(value) as u32).max(1)
}

/// Numbers, times and amounts measure; names and addresses name.
fn names_something(kind: HoleKind) -> bool {
    match kind {
        HoleKind::Ip4
        | HoleKind::Ip6
        | HoleKind::Mac
        | HoleKind::Path
        | HoleKind::Url
        | HoleKind::Host
        | HoleKind::Email
        | HoleKind::Quoted
        | HoleKind::User
        | HoleKind::Name
        | HoleKind::Id => true,
        HoleKind::Number
        | HoleKind::Hex
        | HoleKind::Uuid
        | HoleKind::Timestamp
        | HoleKind::Duration
        | HoleKind::Size
        | HoleKind::List
        | HoleKind::Boolean
        | HoleKind::Tail => false,
    }
}

/// How often each entity was named, for the most frequent ones: the Space-Saving sketch (Metwally,
/// Agrawal and El Abbadi 2005). A count is never too low, so what is rare is never overstated.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct EntityCounts([(u32, u32); 8]);

impl EntityCounts {
    /// Counts that begin after `before` events, of which nothing is known: each may have named
    /// anything.
    pub fn after(before: u32) -> EntityCounts {
        EntityCounts([(0, before); 8])
    }

    /// Counts each entity of one event.
    pub fn add(&mut self, entities: Entities) {
        entities.iter().for_each(|entity| self.add_one(entity));
    }

    /// Counts one entity.
    pub fn add_one(&mut self, entity: u32) {
        let known = self.0.iter().position(|(e, _)| *e == entity);
        let weakest = || (0..self.0.len()).min_by_key(|i| self.0[*i].1).unwrap_or(0);
        let slot = &mut self.0[known.unwrap_or_else(weakest)];
        *slot = (entity, slot.1.saturating_add(1));
    }

    /// Takes back one count of an entity.
    pub fn take_back(&mut self, entity: u32) {
        if let Some((_, n)) = self.0.iter_mut().find(|(e, _)| *e == entity) {
            *n = n.saturating_sub(1);
        }
    }

    /// At least how often an entity was named: exact while few are known, an upper bound beyond.
    pub fn count(&self, entity: u32) -> u32 {
        let known = self.0.iter().find(|(e, _)| *e == entity);
        // One that is not among them was named at most as often as the least of them.
        let least = || self.0.iter().map(|(_, n)| *n).min().unwrap_or(0);
        known.map_or_else(least, |(_, n)| *n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Skeleton, fingerprint};

    fn entities(body: &str) -> Entities {
        let mut skeleton = Skeleton::default();
        fingerprint("sshd", body, &mut skeleton);
        Entities::of(body, skeleton.holes())
    }

    #[test]
    fn the_same_user_is_recognised_behind_other_addresses_and_ports() {
        let first = entities("Failed password for backup9 from 192.0.2.1 port 50122 ssh2");
        let second = entities("Failed password for backup9 from 198.51.100.7 port 40991 ssh2");
        let shared: Vec<u32> = first.iter().filter(|e| second.has(*e)).collect();
        assert_eq!(shared.len(), 1);
        let body = "Failed password for backup9 from 192.0.2.1 port 50122 ssh2";
        let mut skeleton = Skeleton::default();
        fingerprint("sshd", body, &mut skeleton);
        let named: Vec<(u32, &str)> = Entities::named(body, skeleton.holes()).collect();
        assert_eq!(
            named.iter().map(|(_, text)| *text).collect::<Vec<_>>(),
            ["backup9", "192.0.2.1"]
        );
        assert!(named.iter().all(|(entity, _)| first.has(*entity)));
        assert!(entities("checkpoint complete: wrote 120 buffers in 3.2 s").is_empty());
    }

    #[test]
    fn counts_are_exact_while_few_and_never_too_low() {
        let mut counts = EntityCounts::default();
        let one = |n: u32| Entities([n, 0, 0]);
        (0..5).for_each(|_| counts.add(one(7)));
        assert_eq!((counts.count(7), counts.count(8)), (5, 0));
        (100..150).for_each(|n| counts.add(one(n)));
        assert!(counts.count(7) >= 5 && counts.count(120) >= 1);
    }
}
