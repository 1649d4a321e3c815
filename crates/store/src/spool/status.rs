//! What the spool says of itself: its state, and counts that add up.

use super::header::Epoch;
use model::{Seq, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Whether the spool takes records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It takes records.
    Writing,
    /// There is no room: nothing is taken until there is.
    Full {
        /// What was found.
        reason: String,
    },
    /// The last write failed; the next one is tried.
    Failing {
        /// What the system said.
        reason: String,
    },
    /// It was closed.
    Stopped,
}

/// The spool in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether it takes records.
    pub state: State,
    /// Which spool.
    pub epoch: Epoch,
    /// The oldest number that is kept; equal to `next` while there is none.
    pub oldest: Seq,
    /// The number that the next record gets, as far as is durable.
    pub next: Seq,
    /// Segments kept.
    pub segments: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Receipt of the earliest record that is kept.
    pub earliest: Option<Timestamp>,
    /// Bytes that can still be written, as far as the system says.
    pub free: Option<u64>,
    /// Bytes in the queue before the writer.
    pub queued_bytes: u64,
    /// Records in the queue before the writer.
    pub queued_records: u64,
    /// How long the oldest batch has been in the queue.
    pub queued_for: Duration,
    /// The counts.
    pub counts: Counts,
    /// Half of the syncs took at most so long.
    pub sync_p50: Duration,
    /// All but one of a hundred syncs took at most so long.
    pub sync_p99: Duration,
}

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts since the spool was opened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Counts { $($(#[$doc])* pub $name: u64,)* }

        #[derive(Debug, Default)]
        pub(super) struct Counters { $(pub(super) $name: AtomicU64,)* pub(super) sync: Histogram }

        impl Counters {
            pub(super) fn read(&self) -> Counts {
                Counts { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counts! {
    /// Records handed in: `accepted = committed + returned + queued`.
    accepted,
    /// Records made durable and acknowledged.
    committed,
    /// Records given back with a reason: no room, a write that failed, or the end.
    returned,
    /// Bytes of payload made durable.
    payload_bytes,
    /// Bytes written.
    written_bytes,
    /// Blocks written.
    blocks,
    /// Syncs that succeeded: one for each group of blocks.
    commits,
    /// Writes and syncs that failed.
    failures,
    /// Stretches of bytes that are no whole block, found at the start or while reading.
    bad_blocks,
    /// Their bytes.
    bad_bytes,
    /// Records that they held, as far as their heads say.
    bad_records,
    /// Numbers that had been given to records, as the state or a later segment proves, and that no segment has; each
    /// found when the spool was opened.
    lost_records,
    /// Bytes cut off the end of the last segment: mostly a write that was under way when the program ended.
    torn_bytes,
    /// Segments whose small blocks were put together.
    compacted_segments,
    /// Segments removed by age or size.
    expired_segments,
    /// Records in them.
    expired_records,
    /// Their bytes.
    expired_bytes,
}

pub(super) fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

/// Four buckets for each doubling of microseconds, up to about a minute.
const BUCKETS: usize = 104;

/// How long syncs take: within a quarter of the true figure.
#[derive(Debug)]
pub(super) struct Histogram([AtomicU64; BUCKETS]);

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Histogram {
    pub(super) fn add(&self, took: Duration) {
        let micros = (took.as_micros() as u64).max(4);
        let power = micros.ilog2() as usize;
        let quarter = (micros >> (power - 2)) as usize & 3;
        add(&self.0[((power - 2) * 4 + quarter).min(BUCKETS - 1)], 1);
    }

    /// The upper bound of the bucket that this share of all lies within.
    pub(super) fn share(&self, share: f64) -> Duration {
        let counts = self.0.each_ref().map(|count| count.load(Ordering::Relaxed));
        let total: u64 = counts.iter().sum();
        let wanted = (total as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (place, count) in counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                let (power, quarter) = (place / 4 + 2, place as u64 % 4);
                return Duration::from_micros((quarter + 5) << (power - 2));
            }
        }
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_a_histogram_are_near_the_truth() {
        let histogram = Histogram::default();
        assert_eq!(histogram.share(0.5), Duration::ZERO);
        (1..=1_000).for_each(|micros| histogram.add(Duration::from_micros(micros * 10)));
        for (share, micros) in [(0.5, 5_000.0), (0.99, 9_900.0)] {
            let found = histogram.share(share).as_micros() as f64;
            assert!((1.0..=1.26).contains(&(found / micros)), "{share}: {found}");
        }
    }
}
