//! Records of one source → batches of useful size: large enough that handing one in costs nothing per record, young
//! enough that nobody notices the wait.

use super::{Health, Inlet};
use model::Origin;
use model::intake::{Batch, Facts, PushError, RECORD_BYTES_MAX};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A batch is handed in once it has so many bytes of payload: a block of the spool.
const BATCH_BYTES: usize = 256 << 10;
/// … or so many records: short ones.
const BATCH_RECORDS: usize = 8 << 10;
/// … or is so old. The spool waits 2 ms for others by itself.
const BATCH_AGE: Duration = Duration::from_millis(1);

/// What was noticed while framing, since the batch before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    pub empty: u64,
    pub truncated: u64,
    pub bad_counts: u64,
    pub closed_within: u64,
}

/// Gathers records.
pub(crate) struct Gather {
    inlet: Inlet,
    batch: Batch,
    since: Option<Instant>,
    pub seen: Seen,
}

impl Gather {
    pub(crate) fn new(inlet: Inlet) -> Gather {
        Gather { inlet, batch: Batch::new(), since: None, seen: Seen::default() }
    }

    /// Takes in one record.
    pub(crate) fn push(&mut self, origin: &Arc<Origin>, peer: &str, facts: Facts, payload: &[u8]) {
        self.seen.truncated += u64::from(facts.truncated);
        match self.batch.push(origin, peer, facts, payload) {
            Ok(()) => {}
            Err(PushError::BatchFull) => {
                self.flush();
                self.push_alone(origin, peer, facts, payload);
            }
            Err(_) => self.push_alone(origin, peer, facts, payload),
        }
        if self.since.is_none() {
            self.since = Some(Instant::now());
        }
    }

    /// Into an empty batch, or what the limits leave of it: names are bounded by the settings, peers are addresses.
    fn push_alone(&mut self, origin: &Arc<Origin>, peer: &str, facts: Facts, payload: &[u8]) {
        let kept = &payload[..payload.len().min(RECORD_BYTES_MAX)];
        let facts = Facts { truncated: facts.truncated || kept.len() < payload.len(), ..facts };
        if self.batch.push(origin, peer, facts, kept).is_err() {
            let _ = self.batch.push(origin, "", facts, kept);
        }
    }

    pub(crate) fn is_large(&self) -> bool {
        self.batch.payload_bytes() >= BATCH_BYTES || self.batch.len() >= BATCH_RECORDS
    }

    /// How long the batch may still wait for more; `None` if there is nothing to hand in.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.since.map(|since| BATCH_AGE.saturating_sub(since.elapsed()))
    }

    /// Hands in what there is if it is large or old.
    pub(crate) fn flush_if_due(&mut self) {
        if self.is_large() || self.patience() == Some(Duration::ZERO) {
            self.flush();
        }
    }

    /// Hands in what there is; waits while there is no room.
    pub(crate) fn flush(&mut self) {
        let seen = std::mem::take(&mut self.seen);
        self.inlet.counters().with(|health| {
            health.empty += seen.empty;
            health.truncated += seen.truncated;
            Health::count(&mut health.malformed, "bad_count", seen.bad_counts);
            Health::count(&mut health.malformed, "closed_within", seen.closed_within);
        });
        self.since = None;
        self.inlet.hand_in(std::mem::take(&mut self.batch));
    }
}
