//! Maps for look-ups on the common path: one multiplication a key, the same in every run.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A map whose order is never asked for.
pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<KeyHasher>>;

/// An odd constant with well spread bits (the golden ratio's).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes small numbers by multiplication and text by XXH3.
#[derive(Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u32(u32::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0.rotate_left(29) ^ u64::from(number)).wrapping_mul(SPREAD);
    }

    fn finish(&self) -> u64 {
        // The map takes its place from the low bits, its tags from the high ones.
        self.0 ^ (self.0 >> 32)
    }
}
