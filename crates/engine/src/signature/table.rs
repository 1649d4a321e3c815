//! Skeleton key → index, in open addressing: the one look-up that every event pays for. Keys are
//! hashes already, so their low bits are the place; a probe touches one cache line as a rule.

use super::skeleton::SkeletonKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Clone, Copy)]
struct Slot {
    /// The key in two halves: a whole one would be aligned to sixteen bytes and waste eight.
    key: [u64; 2],
    /// `FREE`, or the index that the key stands for.
    index: u32,
}

fn halves(key: SkeletonKey) -> [u64; 2] {
    [(key.0 >> 64) as u64, key.0 as u64]
}

fn whole([high, low]: [u64; 2]) -> SkeletonKey {
    SkeletonKey(u128::from(high) << 64 | u128::from(low))
}

const FREE: u32 = u32::MAX;
/// Slots of an empty table.
const SLOTS_MIN: usize = 1024;

/// A map from keys to small indexes; never shrinks, grows at four fifths full.
pub(super) struct Table {
    slots: Vec<Slot>,
    len: usize,
}

impl Table {
    pub(super) fn new() -> Table {
        Table { slots: vec![Self::free(); SLOTS_MIN], len: 0 }
    }

    const fn free() -> Slot {
        Slot { key: [0; 2], index: FREE }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Where the key is or would be.
    fn place(&self, key: SkeletonKey) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = key.0 as usize & mask;
        let key = halves(key);
        while self.slots[at].index != FREE && self.slots[at].key != key {
            at = (at + 1) & mask;
        }
        at
    }

    /// The index of a key.
    pub(super) fn get(&self, key: SkeletonKey) -> Option<u32> {
        let slot = self.slots[self.place(key)];
        (slot.index != FREE).then_some(slot.index)
    }

    /// Sets the index of a key.
    pub(super) fn set(&mut self, key: SkeletonKey, index: u32) {
        if (self.len + 1) * 5 > self.slots.len() * 4 {
            self.grow();
        }
        let at = self.place(key);
        self.len += usize::from(self.slots[at].index == FREE);
        self.slots[at] = Slot { key: halves(key), index };
    }

    fn grow(&mut self) {
        let wider = vec![Self::free(); self.slots.len() * 2];
        let slots = std::mem::replace(&mut self.slots, wider);
        for slot in slots.into_iter().filter(|s| s.index != FREE) {
            let at = self.place(whole(slot.key));
            self.slots[at] = slot;
        }
    }
}

/// Its pairs in the order of the keys: the places follow from the keys alone.
impl Serialize for Table {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let used = self.slots.iter().filter(|slot| slot.index != FREE);
        let mut pairs: Vec<(u128, u32)> =
            used.map(|slot| (whole(slot.key).0, slot.index)).collect();
        pairs.sort_unstable();
        s.collect_seq(pairs)
    }
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Table, D::Error> {
        let mut table = Table::new();
        for (key, index) in Vec::<(u128, u32)>::deserialize(d)? {
            table.set(SkeletonKey(key), index);
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn agrees_with_a_map(sets in prop::collection::vec((0u128..5000, 0u32..99), 0..4000)) {
            let (mut table, mut map) = (Table::new(), BTreeMap::new());
            for (key, index) in sets {
                // Equal low bits make keys collide.
                let key = SkeletonKey(key << 3);
                table.set(key, index);
                map.insert(key, index);
            }
            prop_assert_eq!(table.len(), map.len());
            for key in (0..5000).map(|k| SkeletonKey(k << 3)) {
                prop_assert_eq!(table.get(key), map.get(&key).copied());
            }
        }
    }
}
