//! A seed → numbers that look like chance and are the same in every run (splitmix64).

/// A stream of numbers.
pub(super) struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    pub(super) fn of(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` on and below `high`; `low` if there is none.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        match u64::try_from(high.saturating_sub(low)) {
            Ok(width) if width > 0 => low + (self.next() % width) as i64,
            _ => low,
        }
    }

    /// Something that happens in one of `of` cases.
    pub(super) fn once_in(&mut self, of: i64) -> bool {
        self.between(0, of) == 0
    }

    /// One of several.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.between(0, of.len() as i64) as usize]
    }
}
