//! The writer: one thread that turns batches into blocks, makes a group of them durable with one sync, and
//! only then answers. While one group is synced the next one gathers.

use super::encode::{BLOCK_TARGET_BYTES, Encoder};
use super::header::{BlockHead, HEAD, SegmentHead, tag};
use super::index::Index;
use super::queue::{Job, Queue};
use super::segment::{Before, Progress, Segment, name};
use super::shared::Shared;
use super::status::{State, add};
use super::{Options, SpoolError};
use crate::disk::{DiskFile, is_full};
use model::intake::{Receipt, Why};
use model::{Seq, Timestamp};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Bytes of payload that go into one group at most: more gain nothing, and make answers late.
const GROUP_BYTES_MAX: usize = 4 << 20;
/// How often a full disk is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// So much more than the reserve must be free before writing resumes, so that it does not stop at once.
const RESUME_BYTES: u64 = 1 << 20;

pub(super) struct Writer {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    state: Arc<Mutex<State>>,
    options: Options,
    encoder: Encoder,
    /// The segment that is written to.
    open: Option<Open>,
    /// The number that the next record gets.
    next: Seq,
    /// What stands before the segment that is made next.
    before: Before,
    /// Blocks on their way to the disk.
    out: Vec<u8>,
    heads: Vec<(u64, BlockHead)>,
}

struct Open {
    segment: Arc<Segment>,
    file: Arc<dyn DiskFile>,
    tag: u64,
    /// Where the durable blocks end.
    end: u64,
    /// It was made in this group: its name is not durable yet.
    is_new: bool,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        queue: Arc<Queue>,
        state: Arc<Mutex<State>>,
        options: Options,
        open: Option<(Arc<Segment>, Arc<dyn DiskFile>)>,
        next: Seq,
        before: Before,
    ) -> Result<Writer, SpoolError> {
        let encoder = Encoder::new(options.level)
            .map_err(|source| SpoolError::Io { what: "prepare compression", source })?;
        let open = open.and_then(|(segment, file)| {
            let end = segment.progress().end;
            Some(Open { tag: segment.tag?, segment, file, end, is_new: false })
        });
        let (out, heads) = (Vec::new(), Vec::new());
        Ok(Writer { shared, queue, state, options, encoder, open, next, before, out, heads })
    }

    /// Makes a segment now, so that the number it begins with is remembered though nothing follows. Should that
    /// fail, it is made with the first records.
    pub(super) fn begin(&mut self, at: Timestamp) {
        let made = self.open(at).and_then(|()| match &self.open {
            Some(open) => open.file.sync_data().and_then(|()| self.shared.disk.sync_names()),
            None => Ok(()),
        });
        match (made, &mut self.open) {
            (Ok(()), Some(open)) => {
                open.is_new = false;
                self.before.lost = 0;
                let segment = Arc::clone(&open.segment);
                self.shared.moved(|durable| durable.segments.push(segment));
            }
            (_, open) => *open = None,
        }
    }

    /// Works until the queue is over.
    pub(super) fn run(mut self) {
        while !self.queue.is_over() {
            let full = matches!(*self.state(), State::Full { .. });
            let idle = full.then_some(LOOK_AGAIN);
            let jobs = self.queue.take(self.options.linger, GROUP_BYTES_MAX, idle);
            if full && self.still_full() {
                give_back(&self.shared, jobs, &self.why_full());
                continue;
            }
            if !jobs.is_empty() {
                self.group(jobs);
            }
        }
        *self.state() = State::Stopped;
        self.shared.moved(|durable| durable.stopped = true);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Makes one group durable and answers.
    fn group(&mut self, jobs: Vec<Job>) {
        let payload: u64 =
            jobs.iter().filter_map(Job::batch).map(|b| b.payload_bytes() as u64).sum();
        if let Some(reason) = self.no_room(payload) {
            return self.stop(jobs, reason);
        }
        let before = self.next;
        match self.write(&jobs) {
            Ok(first) => {
                self.answer(jobs, first);
                add(&self.shared.counters.payload_bytes, payload);
                self.seal_if_long();
            }
            Err(error) => {
                self.next = before;
                add(&self.shared.counters.failures, 1);
                if is_full(&error) {
                    return self.stop(jobs, error.to_string());
                }
                *self.state() = State::Failing { reason: error.to_string() };
                give_back(&self.shared, jobs, &Why::Failed(error.to_string()));
            }
        }
    }

    fn answer(&mut self, jobs: Vec<Job>, first: Seq) {
        if !matches!(*self.state(), State::Writing) {
            *self.state() = State::Writing;
        }
        let mut next = first;
        for job in jobs {
            let count = job.batch().map_or(0, |batch| batch.len() as u64);
            let receipt = Receipt { first: next, last: Seq((next.0 + count).saturating_sub(1)) };
            next = Seq(next.0 + count);
            add(&self.shared.counters.committed, count);
            job.answer(|_| Ok(receipt));
        }
    }

    /// Writes and syncs; only then readers see it. After an error nothing of it is to be seen.
    /// Returns the first number.
    fn write(&mut self, jobs: &[Job]) -> io::Result<Seq> {
        self.encoder.clear();
        self.out.clear();
        self.heads.clear();
        let begun = jobs.iter().filter_map(Job::batch).find_map(|batch| batch.rows().first());
        self.open(begun.map_or(Timestamp::default(), |row| row.facts.received_at))?;
        let Some(open) = &self.open else { return Err(io::Error::other("no segment is open")) };
        let (start, tag, first) = (open.end, open.tag, self.next);
        let (out, heads) = (&mut self.out, &mut self.heads);
        let mut close = |encoder: &mut Encoder| {
            let offset = start + out.len() as u64;
            heads.push((offset, encoder.close(tag, out)?));
            Ok(())
        };
        for batch in jobs.iter().filter_map(Job::batch) {
            self.encoder.batch(batch, self.next, &mut close)?;
            self.next = Seq(self.next.0 + batch.len() as u64);
        }
        if !self.encoder.is_empty() {
            close(&mut self.encoder)?;
        }
        match self.commit() {
            Ok(()) => Ok(first),
            Err(error) => {
                self.undo(&error);
                Err(error)
            }
        }
    }

    fn commit(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Err(io::Error::other("no segment is open")) };
        open.file.write_all_at(&self.out, open.end)?;
        let began = Instant::now();
        open.file.sync_data()?;
        if open.is_new {
            self.shared.disk.sync_names()?;
        }
        self.shared.counters.sync.add(began.elapsed());
        let was_new = std::mem::take(&mut open.is_new);
        open.end += self.out.len() as u64;
        {
            let mut progress = open.segment.progress();
            for (offset, head) in &self.heads {
                progress.add(head, *offset);
            }
            progress.end = open.end;
            progress.bytes = open.end;
        }
        let (segment, next) = (Arc::clone(&open.segment), self.next);
        self.before = Before { reached: next, lost: 0 };
        self.shared.moved(|durable| {
            if was_new {
                durable.segments.push(segment);
            }
            durable.next = next;
        });
        let counters = &self.shared.counters;
        add(&counters.commits, 1);
        add(&counters.blocks, self.heads.len() as u64);
        add(&counters.written_bytes, self.out.len() as u64);
        Ok(())
    }

    /// Takes back what may have been written of a group that failed.
    fn undo(&mut self, error: &io::Error) {
        let Some(open) = self.open.take() else { return };
        let cut = open.file.set_size(open.end);
        if open.is_new {
            // Nothing of it is durable. Should it stay, the next segment has its number or a later one.
            let _ = self.shared.disk.remove(&open.segment.name);
        } else if is_full(error) && cut.is_ok() {
            // What was durable is still so: the write failed before the sync.
            self.open = Some(open);
        }
        // After a failed sync nobody knows what the file has: it is never written again. What it holds
        // beyond its durable end has numbers that the next segment has too, and theirs count.
    }

    /// Sees to it that a segment is open.
    fn open(&mut self, begun: Timestamp) -> io::Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        let disk = &self.shared.disk;
        let file = loop {
            match disk.create(&name(self.next)) {
                // Left over from a group that failed: its number is passed over.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.next.0 += 1,
                other => break other?,
            }
        };
        let (epoch, first) = (self.shared.epoch, self.next);
        let tag = tag(epoch, first);
        let Before { reached, lost } = self.before;
        let head = SegmentHead { epoch, first, tag, begun, reached, lost };
        if let Err(error) = file.write_all_at(&head.write(), 0) {
            let _ = disk.remove(&name(first));
            return Err(error);
        }
        let end = HEAD as u64;
        let index = Some(Index { stretches: Vec::new(), end });
        let progress = Progress { end, bytes: end, index, ..Progress::default() };
        let segment = Arc::new(Segment::new(first, Some(tag), self.before, progress));
        self.open = Some(Open { segment, file, tag, end, is_new: true });
        Ok(())
    }

    /// Seals the segment once it is long. Should that fail, the segment is walked where the index would
    /// have been read.
    fn seal_if_long(&mut self) {
        let Some(open) = self.open.take_if(|open| open.end >= self.options.segment_bytes) else {
            return;
        };
        let Some(bytes) = open.segment.progress().index.as_ref().map(|index| index.write(open.tag))
        else {
            return;
        };
        let sealed = open.file.write_all_at(&bytes, open.end);
        match sealed.and_then(|()| open.file.sync_data()) {
            Ok(()) => {
                let mut progress = open.segment.progress();
                progress.sealed = true;
                progress.bytes = open.end + bytes.len() as u64;
                progress.index = None;
            }
            Err(_) => {
                add(&self.shared.counters.failures, 1);
                let _ = open.file.set_size(open.end);
            }
        }
    }

    /// Why there is no room for so many bytes more; by the system's figure, before it is reached.
    fn no_room(&self, bytes: u64) -> Option<String> {
        let free = self.shared.disk.free().ok().flatten()?;
        let needed = self.options.reserve_bytes + bytes + 2 * BLOCK_TARGET_BYTES as u64;
        (free < needed).then(|| format!("{free} bytes are free, {needed} are needed"))
    }

    fn still_full(&mut self) -> bool {
        let full = self.no_room(RESUME_BYTES).is_some();
        if !full {
            *self.state() = State::Writing;
            self.queue.reopen();
        }
        full
    }

    fn why_full(&self) -> Why {
        match &*self.state() {
            State::Full { reason } => Why::Full(reason.clone()),
            _ => Why::Full(String::new()),
        }
    }

    /// Takes nothing more until there is room; everything that waits is given back.
    fn stop(&mut self, jobs: Vec<Job>, reason: String) {
        *self.state() = State::Full { reason: reason.clone() };
        let why = Why::Full(reason);
        let waiting = self.queue.shut(why.clone());
        give_back(&self.shared, jobs, &why);
        give_back(&self.shared, waiting, &why);
    }
}

fn give_back(shared: &Shared, jobs: Vec<Job>, why: &Why) {
    for job in jobs {
        add(&shared.counters.returned, job.batch().map_or(0, |batch| batch.len() as u64));
        job.give_back(why.clone());
    }
}
