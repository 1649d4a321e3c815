//! The last N of something, in a fixed array: memory per cell stays bounded and flat.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeSeq, Serializer};

/// A ring of the newest `N` values, oldest first when read.
#[derive(Debug, Clone, Copy)]
pub struct Recent<T, const N: usize> {
    values: [T; N],
    next: u8,
    len: u8,
}

impl<T: Copy + Default, const N: usize> Default for Recent<T, N> {
    fn default() -> Self {
        const { assert!(N > 0 && N <= 127) };
        Recent { values: [T::default(); N], next: 0, len: 0 }
    }
}

impl<T: Copy, const N: usize> Recent<T, N> {
    /// Adds one; the oldest goes where the ring is full.
    pub fn push(&mut self, value: T) {
        self.values[self.next as usize] = value;
        self.next = (self.next + 1) % N as u8;
        self.len = (self.len + 1).min(N as u8);
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The `back`-th newest, 0 being the newest.
    pub fn newest(&self, back: usize) -> Option<T> {
        (back < self.len()).then(|| self.values[(self.next as usize + 2 * N - 1 - back) % N])
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = T> + '_ {
        (0..self.len()).rev().filter_map(|back| self.newest(back))
    }
}

/// Only what is held, oldest first: where in the array it stands means nothing.
impl<T: Serialize + Copy, const N: usize> Serialize for Recent<T, N> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut seq = s.serialize_seq(Some(self.len()))?;
        self.iter().try_for_each(|value| seq.serialize_element(&value))?;
        seq.end()
    }
}

impl<'de, T: Deserialize<'de> + Copy + Default, const N: usize> Deserialize<'de> for Recent<T, N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let mut ring = Recent::default();
        Vec::<T>::deserialize(d)?.into_iter().for_each(|value| ring.push(value));
        Ok(ring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut ring = Recent::<u32, 3>::default();
        assert_eq!(ring.newest(0), None);
        (1..=5).for_each(|n| ring.push(n));
        assert_eq!(ring.iter().collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!((ring.newest(0), ring.newest(2), ring.newest(3)), (Some(5), Some(3), None));
    }
}
