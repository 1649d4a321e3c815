//! Records that never reached us → a record that says so. Whoever reads the spool later knows that here something
//! is missing, how much and why.

use super::Inlet;
use model::intake::{Batch, Facts, Kind};
use model::{Origin, Timestamp};
use std::sync::Arc;

/// What a source lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Loss {
    /// Why: `socket_buffer_full`, `kernel_ring_overwritten`, `file_truncated`, ….
    pub reason: &'static str,
    /// How many records; absent if nobody can know.
    pub records: Option<u64>,
    /// They were lost after this …
    pub since: Timestamp,
    /// … and before that.
    pub until: Timestamp,
}

impl Inlet {
    /// Counts a loss and hands in a gap record of it, with the loss as JSON for payload. Waits while there is no room.
    pub fn tell_loss(&self, origin: &Arc<Origin>, loss: &Loss) {
        self.counters().with(|health| health.was_lost(loss.records.unwrap_or(0), loss.reason));
        self.hand_in(gap(origin, self.now(), loss));
    }

    /// The same for a loss that is counted already.
    pub(crate) fn tell_counted_loss(&self, origin: &Arc<Origin>, loss: &Loss) {
        self.hand_in(gap(origin, self.now(), loss));
    }

    /// The same for a receiver whose place may only be moved on after the answer; whether it is stored.
    #[must_use]
    pub(crate) fn store_loss(&self, origin: &Arc<Origin>, loss: &Loss) -> bool {
        let is_stored = self.store(gap(origin, self.now(), loss));
        if is_stored {
            self.counters().with(|health| health.was_lost(loss.records.unwrap_or(0), loss.reason));
        }
        is_stored
    }
}

fn gap(origin: &Arc<Origin>, now: Timestamp, loss: &Loss) -> Batch {
    let mut batch = Batch::new();
    let facts = Facts { kind: Kind::Gap, ..Facts::received(now) };
    // Cannot fail: numbers, times and a word of ours; a small record into an empty batch.
    let payload = serde_json::to_vec(loss).unwrap_or_default();
    let _ = batch.push(origin, "", facts, &payload);
    batch
}
