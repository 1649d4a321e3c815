//! The words of a block as a Bloom filter: whether a word may be in it. It is made large, without knowing
//! how many words will come, and folded in halves as long as it stays sparse: the same filter as one
//! made of that size (Bloom, 1970; folding needs a size that is a power of two).

use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64;

/// Bits at the start: 512 KiB, which stay in a core's cache.
const BITS_AT_FIRST: usize = 1 << 22;
const BITS_MIN: usize = 1 << 10;
/// Bits that a word sets.
const PROBES: u64 = 6;
/// Words that came lately are not set again.
const LATELY: usize = 4_096;

/// Whether a byte belongs to a word: letters and digits, and all of UTF-8 beyond ASCII.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The words of a text, as they stand in it.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !is_word(*byte)).filter(|word| !word.is_empty())
}

/// The hash of a word, without regard to the case of ASCII letters.
pub(super) fn hash(word: &[u8]) -> u64 {
    let mut lower = [0; 32];
    match lower.get_mut(..word.len()) {
        Some(lower) => {
            lower.copy_from_slice(word);
            lower.make_ascii_lowercase();
            xxh3_64(lower)
        }
        None => xxh3_64(&word.to_ascii_lowercase()),
    }
}

/// A filter that is being made.
pub(super) struct Making {
    bits: Vec<u64>,
    lately: Vec<u64>,
}

impl Making {
    pub(super) fn new() -> Making {
        Making { bits: vec![0; BITS_AT_FIRST / 64], lately: vec![0; LATELY] }
    }

    /// Adds all words of a text.
    pub(super) fn add(&mut self, text: &[u8]) {
        for word in words(text) {
            let hash = hash(word);
            let lately = &mut self.lately[hash as usize % LATELY];
            if *lately != hash {
                *lately = hash;
                probes(hash, BITS_AT_FIRST).for_each(|bit| self.bits[bit / 64] |= 1 << (bit % 64));
            }
        }
    }

    /// Adds the words that lie in a piece of a text or reach into it: what may differ between two texts that differ
    /// in this piece only.
    pub(super) fn add_around(&mut self, text: &[u8], piece: Range<usize>) {
        let (before, after) = (&text[..piece.start], &text[piece.end..]);
        let before = before.iter().rev().take_while(|byte| is_word(**byte)).count();
        let after = after.iter().take_while(|byte| is_word(**byte)).count();
        self.add(&text[piece.start - before..piece.end + after]);
    }

    /// The filter, as small as it can be with at most half of its bits set, and ready for the next block.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut bits = std::mem::replace(&mut self.bits, vec![0; BITS_AT_FIRST / 64]);
        self.lately.fill(0);
        while bits.len() * 64 > BITS_MIN {
            let (low, high) = bits.split_at(bits.len() / 2);
            let folded: Vec<u64> = low.iter().zip(high).map(|(low, high)| low | high).collect();
            let set: u32 = folded.iter().map(|word| word.count_ones()).sum();
            if set as usize * 2 > folded.len() * 64 {
                break;
            }
            bits = folded;
        }
        bits.into_iter().flat_map(u64::to_le_bytes).collect()
    }
}

/// Whether a word of this hash may be in the filter. Any bytes are a filter.
pub(super) fn may_have(filter: &[u8], hash: u64) -> bool {
    let bits = filter.len() * 8;
    // A filter that is none says nothing.
    !bits.is_power_of_two()
        || probes(hash, bits)
            .all(|bit| filter.get(bit / 8).is_none_or(|byte| byte >> (bit % 8) & 1 == 1))
}

/// The bits of a hash in a filter of so many bits, a power of two (Kirsch and Mitzenmacher, 2006).
fn probes(hash: u64, bits: usize) -> impl Iterator<Item = usize> {
    let step = hash.rotate_left(32) | 1;
    (0..PROBES).map(move |n| hash.wrapping_add(step.wrapping_mul(n)) as usize & (bits - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_filter_forgets_no_word_and_invents_few() {
        for count in [1, 50, 3_000, 200_000] {
            let mut making = Making::new();
            for n in 0..count {
                making.add(format!("Disk{n} is-FULL").as_bytes());
            }
            let filter = making.take();
            assert!((0..count).all(|n| may_have(&filter, hash(format!("dISK{n}").as_bytes()))));
            assert!(may_have(&filter, hash(b"is")) && may_have(&filter, hash(b"full")));
            let strangers =
                (0..10_000).filter(|n| may_have(&filter, hash(format!("x{n}").as_bytes())));
            let strangers = strangers.count();
            assert!(strangers < 300, "{count} words: {strangers} of 10000 strangers");
            assert!(filter.len() <= 128.max(count * 4), "{count} words: {} bytes", filter.len());
        }
        // What was taken leaves nothing behind.
        let mut making = Making::new();
        making.add(b"one");
        making.take();
        assert!(!may_have(&making.take(), hash(b"one")));
    }

    #[test]
    fn any_bytes_are_a_filter() {
        for size in 0..40 {
            may_have(&vec![0; size], 7);
        }
    }
}
