//! One segment as all threads see it: what is durable in it, and what it holds.

use super::header::{BlockHead, HEAD};
use super::index::Index;
use crate::disk::DiskFile;
use model::{Seq, Timestamp};
use std::io;
use std::sync::{Mutex, MutexGuard};

/// What the names of segments end with.
const SUFFIX: &str = ".seg";

/// The name of the segment that begins with `first`; names sort as numbers do.
pub(super) fn name(first: Seq) -> String {
    format!("{:020}{SUFFIX}", first.0)
}

/// The first number of the segment of this name.
pub(super) fn first_of(name: &str) -> Option<Seq> {
    let digits = name.strip_suffix(SUFFIX)?;
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok().map(Seq)).flatten()
}

/// What a segment holds, in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Its file's name.
    pub name: String,
    /// Its first number.
    pub first: Seq,
    /// Its last number; `None` while it holds nothing.
    pub last: Option<Seq>,
    /// Records in it.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Receipt of its earliest record.
    pub earliest: Option<Timestamp>,
    /// Receipt of its latest record.
    pub latest: Option<Timestamp>,
    /// It is sealed: nothing will be added.
    pub sealed: bool,
}

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) first: Seq,
    pub(super) tag: Option<u64>,
    /// What stood before it when it was made.
    pub(super) before: Before,
    progress: Mutex<Progress>,
}

/// What stood before a segment when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Before {
    /// Numbers before this had been given to records. From here to the segment's first none was.
    pub(super) reached: Seq,
    /// So many of them, the last ones, were in no segment any more.
    pub(super) lost: u32,
}

impl Before {
    /// The first of those that were lost by then.
    pub(super) fn lost_from(self) -> Seq {
        Seq(self.reached.0.saturating_sub(u64::from(self.lost)))
    }
}

/// What is durable in a segment by now.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// Blocks are durable up to here.
    pub(super) end: u64,
    /// Last number; `None` while there is none.
    pub(super) last: Option<Seq>,
    pub(super) records: u64,
    pub(super) times: Option<(Timestamp, Timestamp)>,
    /// Bytes of the file.
    pub(super) bytes: u64,
    pub(super) sealed: bool,
    /// Numbers from here on stand in the next segment: what this one has of them was never
    /// acknowledged.
    pub(super) superseded: Option<Seq>,
    /// Rises when the file is replaced by one with the same records: offsets are other ones then.
    pub(super) generation: u32,
    /// Its blocks are as large as they get.
    pub(super) compacted: bool,
    /// The index, while it is in memory: of the segment that is written to, and of those without one on
    /// disk.
    pub(super) index: Option<Index>,
}

impl Progress {
    /// Counts a block that stands at `offset`.
    pub(super) fn add(&mut self, head: &BlockHead, offset: u64) {
        self.index.get_or_insert_default().add(head, offset);
        self.last = Some(head.last());
        self.records += u64::from(head.count);
        let (earliest, latest) = self.times.unwrap_or((head.earliest, head.latest));
        self.times = Some((earliest.min(head.earliest), latest.max(head.latest)));
    }
}

impl Segment {
    pub(super) fn new(first: Seq, tag: Option<u64>, before: Before, progress: Progress) -> Segment {
        Segment { name: name(first), first, tag, before, progress: Mutex::new(progress) }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(super) fn last(&self) -> Option<Seq> {
        self.progress().last
    }

    /// Where to begin reading `file`, which is the segment's, for records from `seq` on.
    pub(super) fn offset_of(&self, file: &dyn DiskFile, seq: Seq) -> io::Result<u64> {
        let find = |index: &Index| {
            let place = index.find(seq);
            match index.stretches.get(place) {
                // Damage stands between this stretch and the one before: it is walked over, that it be told.
                Some(stretch) if stretch.first > seq => {
                    let before = place.checked_sub(1).and_then(|place| index.stretches.get(place));
                    before.map_or(HEAD as u64, |before| before.offset)
                }
                stretch => stretch.map_or(index.end, |stretch| stretch.offset),
            }
        };
        if let Some(index) = &self.progress().index {
            return Ok(find(index));
        }
        let Some(tag) = self.tag else { return Ok(HEAD as u64) };
        let size = file.size()?;
        let index = Index::read(file, size, tag)?;
        let mut progress = self.progress();
        if let Some(index) = index.as_ref().filter(|_| progress.bytes != size) {
            // Another program has put a compacted file in its place.
            (progress.end, progress.bytes) = (index.end, size);
            progress.generation += 1;
        }
        // Without an index the segment is walked from its beginning.
        Ok(index.as_ref().map_or(HEAD as u64, find))
    }

    pub(super) fn info(&self) -> SegmentInfo {
        let progress = self.progress();
        SegmentInfo {
            name: self.name.clone(),
            first: self.first,
            last: progress.last,
            records: progress.records,
            bytes: progress.bytes,
            earliest: progress.times.map(|times| times.0),
            latest: progress.times.map(|times| times.1),
            sealed: progress.sealed,
        }
    }
}
