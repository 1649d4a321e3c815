//! A moment and the record that shows it, and their small forms: what is kept by the ten thousand
//! is kept to the second, in four bytes a time.

use model::{Seq, Timestamp};
use serde::{Deserialize, Serialize};

/// A moment and the record that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// The record.
    pub seq: Seq,
}

/// A time to the second, from 1970 to 2106; what lies outside stands at the edge.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Secs(pub u32);

impl Secs {
    /// The time, rounded down.
    pub fn of(at: Timestamp) -> Secs {
        Secs(at.as_secs().clamp(0, i64::from(u32::MAX)) as u32)
    }

    /// The time again.
    pub fn at(self) -> Timestamp {
        Timestamp::from_secs(i64::from(self.0))
    }
}

/// A mark in twelve bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SmallMark {
    at: Secs,
    seq: [u32; 2],
}

impl From<Mark> for SmallMark {
    fn from(mark: Mark) -> SmallMark {
        let Seq(seq) = mark.seq;
        SmallMark { at: Secs::of(mark.at), seq: [(seq >> 32) as u32, seq as u32] }
    }
}

impl From<SmallMark> for Mark {
    fn from(small: SmallMark) -> Mark {
        let [high, low] = small.seq;
        Mark { at: small.at.at(), seq: Seq(u64::from(high) << 32 | u64::from(low)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_marks_keep_the_second_and_the_whole_record() {
        let mark = Mark { at: Timestamp::from_secs(1_795_255_200), seq: Seq(u64::MAX - 7) };
        assert_eq!(Mark::from(SmallMark::from(mark)), mark);
        assert_eq!(Secs::of(Timestamp::from_secs(-5)), Secs(0));
        assert_eq!(std::mem::size_of::<SmallMark>(), 12);
    }
}
