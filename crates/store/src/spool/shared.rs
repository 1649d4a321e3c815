//! What the writer and all readers of one spool share: the segments, and how far they are durable.

use super::header::Epoch;
use super::segment::{Segment, SegmentInfo};
use super::status::{Counters, add};
use super::walk::Bad;
use crate::disk::{Disk, DiskFile, read_full};
use model::Seq;
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Damaged bytes are kept for a person to look at, up to so many for each place and in all.
const KEPT_BYTES_MAX: u64 = 1 << 20;
const KEPT_BYTES_ALL_MAX: u64 = 16 << 20;
/// Damaged places that are told apart; more are neither counted nor kept.
const SEEN_MAX: usize = 65_536;
/// What the names of files with damaged bytes end with.
pub(super) const BAD_SUFFIX: &str = ".bad";

pub(super) struct Shared {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) epoch: Epoch,
    pub(super) counters: Counters,
    durable: Mutex<Durable>,
    moved: Condvar,
    /// Damage that has been counted: by segment and place.
    seen: Mutex<BTreeSet<(Seq, u64)>>,
    /// Nothing may be changed: another program writes.
    pub(super) looks_only: bool,
}

/// What is durable.
#[derive(Default)]
pub(super) struct Durable {
    /// Ascending, without overlap.
    pub(super) segments: Vec<Arc<Segment>>,
    /// The number after the last one that is durable.
    pub(super) next: Seq,
    pub(super) stopped: bool,
}

impl Shared {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        epoch: Epoch,
        counters: Counters,
        durable: Durable,
        seen: BTreeSet<(Seq, u64)>,
        looks_only: bool,
    ) -> Shared {
        let seen = Mutex::new(seen);
        let durable = Mutex::new(durable);
        Shared { disk, epoch, counters, durable, moved: Condvar::new(), seen, looks_only }
    }

    pub(super) fn durable(&self) -> MutexGuard<'_, Durable> {
        self.durable.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The segments that are kept, oldest first.
    pub(super) fn infos(&self) -> Vec<SegmentInfo> {
        self.durable().segments.iter().map(|segment| segment.info()).collect()
    }

    /// Tells readers that there is more.
    pub(super) fn moved(&self, change: impl FnOnce(&mut Durable)) {
        change(&mut self.durable());
        self.moved.notify_all();
    }

    /// Waits at most so long for records from `seq` on; whether there are any.
    pub(super) fn wait(&self, seq: Seq, limit: Duration) -> bool {
        let nothing = |durable: &mut Durable| durable.next <= seq && !durable.stopped;
        let waited = self.moved.wait_timeout_while(self.durable(), limit, nothing);
        waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0.next > seq
    }

    /// The segment that holds `seq`, or the next one after it.
    pub(super) fn segment_of(&self, seq: Seq) -> Option<Arc<Segment>> {
        let durable = self.durable();
        let after = durable.segments.partition_point(|segment| segment.first <= seq);
        let holds = |segment: &&Arc<Segment>| segment.last().is_some_and(|last| last >= seq);
        let holder = after.checked_sub(1).and_then(|place| durable.segments.get(place));
        holder.filter(holds).or_else(|| durable.segments.get(after)).cloned()
    }

    /// Counts damage, and keeps its bytes for a person to look at.
    pub(super) fn bad(&self, segment: &Segment, file: &dyn DiskFile, bad: &Bad) {
        {
            let mut seen = self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if seen.len() >= SEEN_MAX || !seen.insert((segment.first, bad.start)) {
                return;
            }
        }
        let name = &segment.name;
        let place = format!("{}-{}{BAD_SUFFIX}", name.trim_end_matches(".seg"), bad.start);
        let counters = &self.counters;
        add(&counters.bad_blocks, 1);
        add(&counters.bad_bytes, bad.end - bad.start);
        add(&counters.bad_records, bad.head.map_or(0, |head| u64::from(head.count)));
        if !self.looks_only {
            // Keeping them is a courtesy: the segment still has them.
            let _ = keep(&*self.disk, &place, file, bad.start, bad.end);
        }
    }
}

/// Copies bytes into a file of their own, unless that is there or there are too many already.
pub(super) fn keep(
    disk: &dyn Disk,
    name: &str,
    file: &dyn DiskFile,
    start: u64,
    end: u64,
) -> io::Result<()> {
    let kept = disk.list()?;
    let kept = kept.iter().filter(|file| file.name.ends_with(BAD_SUFFIX));
    let mut bytes = 0;
    for file in kept {
        bytes += file.bytes;
        if file.name == name {
            return Ok(());
        }
    }
    let size = (end - start).min(KEPT_BYTES_MAX);
    if bytes + size > KEPT_BYTES_ALL_MAX {
        return Ok(());
    }
    let mut copy = vec![0; size as usize];
    let size = read_full(file, &mut copy, start)?;
    let kept = disk.create(name)?;
    kept.write_all_at(&copy[..size], 0)?;
    kept.sync_data()
}
