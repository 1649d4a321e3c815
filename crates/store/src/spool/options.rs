//! How a spool is to be written.

use super::header::Epoch;
use model::{Seq, Timestamp};
use std::time::Duration;

/// How a spool is to be written.
#[derive(Debug, Clone)]
pub struct Options {
    /// The spool's name if it is made now. Must be random: see [`Epoch`].
    pub epoch_if_new: Epoch,
    /// The spool's name as it is known elsewhere: believed where the folder does not say another, see
    /// [`super::epoch_of`].
    pub epoch_known: Option<Epoch>,
    /// Numbers before this were given to records, as others know who have seen them: they are never given again, and
    /// what the spool lacks of them is lost.
    pub next_at_least: Seq,
    /// So long a group waits for more records.
    pub linger: Duration,
    /// A segment is sealed once it has so many bytes.
    pub segment_bytes: u64,
    /// Batches wait in at most so many bytes of memory.
    pub queue_bytes: usize,
    /// So much of the disk stays free for state.
    pub reserve_bytes: u64,
    /// Level of zstd, −7 to 19.
    pub level: i32,
    /// The moment of opening.
    pub now: Timestamp,
}

impl Options {
    /// What suits a service. Why each: `docs/store.md`.
    pub fn new(epoch_if_new: Epoch, now: Timestamp) -> Options {
        Options {
            epoch_if_new,
            epoch_known: None,
            next_at_least: Seq(0),
            linger: Duration::from_millis(2),
            segment_bytes: 64 << 20,
            queue_bytes: 16 << 20,
            reserve_bytes: 64 << 20,
            level: 1,
            now,
        }
    }
}
