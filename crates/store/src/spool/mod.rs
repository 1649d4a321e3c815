//! The spool: the durable, ordered log that everything enters through. Batches in, acknowledged once
//! they are on the disk; blocks out, from any number on, live and again.
//!
//! ```text
//!             append             one thread                           reader(from)
//! receivers ─────────► queue ───► writer ──► segment ──► segment … ──────────────► engine, replay
//!     ◄──────────────────────────── answer            after fdatasync
//! ```
//!
//! | file | turns | into |
//! |---|---|---|
//! | `record`, `batch` | what a receiver has | records in a few buffers |
//! | `queue`, `ticket` | batches of many threads | an order, and an answer for each |
//! | `encode`, `block` | records | a block, and back |
//! | `header`, `index`, `segment` | – | the heads, the index that seals, what is durable |
//! | `writer` | batches | blocks on the disk, one sync for a group |
//! | `walk`, `recover` | bytes, however damaged | whole blocks, and counts of the rest |
//! | `identity` | a folder, however damaged | which spool it is |
//! | `reader`, `raw` | numbers | blocks, single records |
//! | `loose` | records | blocks outside a segment |
//! | `compact` | segments of small blocks | segments of large ones |
//! | `retention` | age and size | segments that go |
//! | `view` | a folder | a spool that is only looked at |
//! | `status`, `options` | – | what the spool says of itself |
//!
//! The format and why nothing acknowledged is lost: `docs/store.md`.

mod block;
mod compact;
mod encode;
mod header;
mod identity;
mod index;
mod loose;
mod options;
mod queue;
mod raw;
mod reader;
mod record;
mod recover;
mod retention;
mod segment;
mod shared;
mod status;
mod view;
mod walk;
mod writer;

pub use block::{Block, BlockError};
pub use encode::BLOCK_TARGET_BYTES;
pub use header::Epoch;
pub use identity::epoch_of;
pub use loose::BlockWriter;
pub use model::intake::{
    Answer, BATCH_BYTES_MAX, BATCH_RECORDS_MAX, Batch, Facts, Intake, Kind, NAME_BYTES_MAX,
    OnAnswer, PushError, RECORD_BYTES_MAX, Receipt, Returned, Ticket, Why,
};
pub use options::Options;
pub use raw::RawRecords;
pub use reader::{Cause, Missing, Next, Reader};
pub use record::Record;
pub use retention::{Expired, Hold, Keep};
pub use segment::SegmentInfo;
pub use status::{Counts, State, Status};
pub use view::SpoolView;

use crate::disk::Disk;
use model::{Seq, Timestamp};
use queue::Queue;
use shared::{Durable, Shared};
use status::add;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use writer::Writer;

/// Why a spool could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk.
    #[error("could not {what}: {source}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Bytes that were walked block by block.
    pub walked_bytes: u64,
    /// Segments found.
    pub segments: u64,
    /// Records found.
    pub records: u64,
    /// Numbers that had been given to records, and that no segment has any more: found by this opening. Not each of
    /// them must have been a record.
    pub lost: Vec<Range<Seq>>,
    /// What was damaged or cut.
    pub counts: Counts,
}

/// A spool that is being written. Dropping it writes what waits, and closes it.
pub struct Spool {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    state: Arc<Mutex<State>>,
    writer: Option<JoinHandle<()>>,
    opened: Opened,
    /// Files are replaced and removed by one thread at a time.
    keeping: Mutex<()>,
}

impl Spool {
    /// Opens a spool, or makes it. The caller sees to it that no other program writes to it: see
    /// [`crate::lock`].
    ///
    /// # Errors
    /// If the disk cannot be read, or the torn end cannot be cut. Damage is no error.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Spool, SpoolError> {
        let (shared, opened, found) = open(disk, &options, false)?;
        let state = Arc::new(Mutex::new(State::Writing));
        let queue = Arc::new(Queue::new(options.queue_bytes, BLOCK_TARGET_BYTES));
        let next = shared.durable().next;
        // After a leap numbers go on in a new segment, whose head remembers it.
        let goes_on = found.next == next && !found.torn && found.before.lost == 0;
        let last = if goes_on { found.open } else { None };
        let now = options.now;
        let mut writer = Writer::new(
            Arc::clone(&shared),
            Arc::clone(&queue),
            Arc::clone(&state),
            options,
            last,
            next,
            found.before,
        )?;
        if found.torn || found.before.lost > 0 {
            writer.begin(now);
        }
        let thread = std::thread::Builder::new().name("spool".to_owned());
        let thread = thread
            .spawn(move || writer.run())
            .map_err(|source| SpoolError::Io { what: "start the spool's writer", source })?;
        Ok(Spool { shared, queue, state, writer: Some(thread), opened, keeping: Mutex::new(()) })
    }

    fn add(&self, batch: Batch, patient: bool, done: OnAnswer) -> Result<(), Box<Returned>> {
        let count = batch.len() as u64;
        if count == 0 {
            // Nothing to make durable: all that is asked for is so already.
            let next = self.shared.durable().next;
            done(Ok(Receipt { first: next, last: next }));
            return Ok(());
        }
        let added = self.queue.add(batch, patient)?;
        add(&self.shared.counters.accepted, count);
        added.give(done);
        Ok(())
    }

    /// Reads from a number on.
    pub fn reader(&self, from: Seq) -> Reader {
        Reader::new(Arc::clone(&self.shared), from)
    }

    /// Reads single records.
    pub fn raw(&self) -> RawRecords {
        RawRecords::new(Arc::clone(&self.shared))
    }

    /// Which spool.
    pub fn epoch(&self) -> Epoch {
        self.shared.epoch
    }

    /// What opening found.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// The segments that are kept, oldest first.
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.shared.infos()
    }

    /// The segments that [`Spool::expire`] would remove if nothing were held: evidence in them is to be packed
    /// now.
    pub fn due(&self, keep: Keep, now: Timestamp) -> Vec<SegmentInfo> {
        retention::due(&self.shared, keep, now).iter().map(|segment| segment.info()).collect()
    }

    /// Removes segments by age and size.
    ///
    /// # Errors
    /// If a file cannot be removed; what was removed before is counted.
    pub fn expire(
        &self,
        keep: Keep,
        now: Timestamp,
        hold: Hold<'_>,
    ) -> Result<Expired, SpoolError> {
        let _alone = self.keeping.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        retention::expire(&self.shared, keep, now, hold)
            .map_err(|source| SpoolError::Io { what: "remove old segments of the spool", source })
    }

    /// Puts the small blocks of one sealed segment together; returns the bytes that it gave back, or `None` if no
    /// segment gains. For a thread that keeps house: it takes about a second, and disturbs nobody.
    ///
    /// # Errors
    /// If the disk fails; the segment stays as it was.
    pub fn compact(&self) -> Result<Option<u64>, SpoolError> {
        let _alone = self.keeping.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        compact::compact(&self.shared)
            .map_err(|source| SpoolError::Io { what: "compact the spool", source })
    }

    /// Records with this number or a later one. Numbers that no record has are not among them.
    pub fn records_from(&self, seq: Seq) -> u64 {
        let infos = self.segments().into_iter().filter_map(|info| Some((info.last?, info)));
        let later = infos.map(|(last, info)| {
            let numbers = (last.0 + 1).saturating_sub(info.first.max(seq).0);
            numbers.min(info.records)
        });
        later.sum()
    }

    /// The spool in figures. Never waits for the disk's writes.
    pub fn status(&self) -> Status {
        let counters = &self.shared.counters;
        let counts = counters.read();
        let (queued_bytes, queued_for) = self.queue.depth();
        let infos = self.segments();
        let next = self.shared.durable().next;
        Status {
            state: self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone(),
            epoch: self.shared.epoch,
            oldest: infos.first().map_or(next, |info| info.first),
            next,
            segments: infos.len() as u64,
            bytes: infos.iter().map(|info| info.bytes).sum(),
            earliest: infos.iter().filter_map(|info| info.earliest).min(),
            free: self.shared.disk.free().ok().flatten(),
            queued_bytes,
            queued_records: counts.accepted.saturating_sub(counts.committed + counts.returned),
            queued_for,
            counts,
            sync_p50: counters.sync.share(0.5),
            sync_p99: counters.sync.share(0.99),
        }
    }

    /// Writes what waits, and closes the spool. What is handed in from now on is given back.
    pub fn close(&mut self) {
        self.queue.stop();
        if let Some(writer) = self.writer.take() {
            // Had it panicked, every batch would have been given back all the same.
            let _ = writer.join();
        }
    }
}

impl Intake for Spool {
    fn append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        self.add(batch, true, done)
    }

    fn try_append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        self.add(batch, false, done)
    }

    fn wait_writable(&self, limit: Duration) -> bool {
        self.queue.wait_open(limit)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.close();
    }
}

fn open(
    disk: Arc<dyn Disk>,
    options: &Options,
    looks_only: bool,
) -> Result<(Arc<Shared>, Opened, Found), SpoolError> {
    let epoch = identity::epoch_of(&*disk, options.epoch_known)?;
    let mut found = recover::recover(&*disk, epoch, looks_only)
        .map_err(|source| SpoolError::Io { what: "read the spool's segments", source })?;
    let before = found.before(options.next_at_least);
    let opened = Opened {
        walked_bytes: found.walked_bytes,
        segments: found.segments.len() as u64,
        records: found.segments.iter().map(|segment| segment.progress().records).sum(),
        lost: std::mem::take(&mut found.lost),
        counts: found.counters.read(),
    };
    let next = found.next.max(options.next_at_least);
    let durable = Durable { segments: found.segments, next, stopped: false };
    let epoch = found.epoch.unwrap_or(options.epoch_if_new);
    if !looks_only {
        // The heads of segments say it too: a disk without room for it is no reason to stay away.
        let _ = identity::note(&*disk, epoch);
    }
    let shared = Shared::new(disk, epoch, found.counters, durable, found.seen, looks_only);
    let rest = Found { next: found.next, torn: found.torn, open: found.open, before };
    Ok((Arc::new(shared), opened, rest))
}

/// What the writer goes on with.
struct Found {
    next: Seq,
    torn: bool,
    before: segment::Before,
    open: Option<(Arc<segment::Segment>, Arc<dyn crate::disk::DiskFile>)>,
}
