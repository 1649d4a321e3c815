//! Line ↔ `Seq`: the place of a line among all inputs of one run, in one number.
//!
//! A `Seq` is the input's index in the list that [`crate::walk`] gave, shifted left by 40 bits,
//! plus the 1-based line. So each input counts its own lines, inputs may be read interleaved in any
//! way, and a `Seq` leads back to its line without an index of who was read when.

use model::Seq;

/// Bits of a `Seq` that hold the line.
const LINE_BITS: u32 = 40;
/// The highest line that has a place: 2⁴⁰ − 1. A reader stops there with an error.
pub const LINE_MAX: u64 = (1 << LINE_BITS) - 1;
/// Inputs that one run can hold: what the upper 24 bits can count.
pub const INPUTS_MAX: usize = 1 << (64 - LINE_BITS);

/// A line of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Index of the input in the run's list; below [`INPUTS_MAX`].
    pub input: u32,
    /// 1-based line of the input, at most [`LINE_MAX`].
    pub line: u64,
}

impl Place {
    /// The place as a `Seq`. Order is kept: by input, then by line.
    pub const fn seq(self) -> Seq {
        Seq((self.input as u64) << LINE_BITS | (self.line & LINE_MAX))
    }

    /// The place that a `Seq` names.
    pub const fn of(seq: Seq) -> Place {
        Place { input: (seq.0 >> LINE_BITS) as u32, line: seq.0 & LINE_MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_and_seqs_are_one_to_one_and_ordered(
            a in (0u32..1 << 24, 1..=LINE_MAX),
            b in (0u32..1 << 24, 1..=LINE_MAX),
        ) {
            let place = |(input, line)| Place { input, line };
            prop_assert_eq!(Place::of(place(a).seq()), place(a));
            prop_assert_eq!(place(a).cmp(&place(b)), place(a).seq().cmp(&place(b).seq()));
        }
    }
}
