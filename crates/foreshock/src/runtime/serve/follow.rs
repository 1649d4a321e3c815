//! The spool → understood stretches, in order, on several threads:
//!
//! ```text
//! reading thread ── stretches, a sheet always to the same ──► workers ══ understood ══► who follows
//!        └──────────────────── whose turn it is ─────────────────────────────────────────┘
//! ```
//!
//! Every channel is bounded: when who follows is slow, reading waits. The spool goes on growing meanwhile.

use super::guard::Guarded;
use super::precedence::give_way;
use super::quarantine::Quarantine;
use super::seen::Seen;
use super::sheet::{Stretch, Understood, end_of_sheet};
use model::Seq;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;
use store::spool::{Block, Cause, Missing, Next, Reader};

/// So long the reader waits for more at a time.
const WAIT: Duration = Duration::from_millis(100);
/// After an error of the disk.
const ERROR_PAUSE: Duration = Duration::from_millis(500);
/// Buffers of blocks that are kept to be used again. Where little comes at a time a sheet has hundreds of blocks, and a
/// buffer is as large as the largest that was ever read into it: kept without bound, all would grow to that.
const SPARE_BLOCKS: usize = 32;
/// Stretches on their way, for each worker: enough that none waits for the other's hiccups.
const UNDER_WAY: usize = 2;

/// When to end.
#[derive(Debug, Clone, Default)]
pub(super) struct End(Arc<AtomicU8>);

impl End {
    /// End once everything that is in the spool has been read.
    pub(super) fn when_caught_up(&self) {
        self.0.fetch_max(1, Ordering::SeqCst);
    }

    /// End now.
    pub(super) fn now(&self) {
        self.0.store(2, Ordering::SeqCst);
    }

    fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    pub(super) fn is_now(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 1
    }
}

/// Records that could not be read, and the disk's last word.
#[derive(Debug, Default)]
pub(super) struct Unread {
    /// Numbers whose segments had been removed.
    pub(super) expired: AtomicU64,
    /// Numbers whose bytes are damaged.
    pub(super) damaged: AtomicU64,
    pub(super) error: Mutex<Option<String>>,
}

/// Where reading begins.
pub(super) struct From {
    /// The reader, at the beginning of a sheet.
    pub(super) reader: Reader,
    /// Places at which a stretch must end, ascending: what is before them was dealt with before.
    pub(super) cuts: Vec<Seq>,
    /// What had been delivered by then.
    pub(super) seen: Seen,
    /// … which is this number. Records before it are read only to be stored again.
    pub(super) seen_from: Seq,
    /// Zone of times that name none.
    pub(super) zone_offset_secs: i32,
}

/// Buffers to be used again.
#[derive(Default)]
struct Spare {
    blocks: Mutex<Vec<Block>>,
    understood: Mutex<Vec<Understood>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What comes next.
pub(super) enum Turn {
    /// A stretch.
    Stretch(Box<Understood>),
    /// Nothing within the time.
    Nothing,
    /// There will be no more.
    Over,
}

/// The threads, and what comes of them.
pub(super) struct Pipeline {
    order: Receiver<usize>,
    outputs: Vec<Receiver<Understood>>,
    spare: Arc<Spare>,
    threads: Vec<JoinHandle<()>>,
    /// Nobody follows it any more.
    is_left: Arc<AtomicBool>,
}

impl Pipeline {
    /// Begins to read.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start(
        from: From,
        workers: usize,
        end: &End,
        unread: &Arc<Unread>,
        quarantine: &Arc<Quarantine>,
    ) -> std::io::Result<Pipeline> {
        let spare = Arc::new(Spare::default());
        let (to_follower, order) = sync_channel(workers * UNDER_WAY);
        let (mut inputs, mut outputs, mut threads) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..workers {
            let (to_worker, input) = sync_channel::<Stretch>(UNDER_WAY);
            let (output, understood) = sync_channel(UNDER_WAY);
            let spare = Arc::clone(&spare);
            let sheet = Guarded::new(from.zone_offset_secs, Arc::clone(quarantine));
            let thread = std::thread::Builder::new().name(format!("understand-{number}"));
            threads.push(thread.spawn(move || understand(&input, &output, &spare, sheet))?);
            inputs.push(to_worker);
            outputs.push(understood);
        }
        let feed = Feed {
            from: from.reader.position(),
            to: from.reader.position(),
            blocks: Vec::new(),
            again: Vec::new(),
            cuts: from.cuts,
            seen: Arc::new(from.seen),
            seen_from: from.seen_from,
            seen_before: Seen::default(),
            inputs,
            order: to_follower,
        };
        let (ask, end) = (end.clone(), end.clone());
        let (unread, pool) = (Arc::clone(unread), Arc::clone(&spare));
        let is_left = Arc::new(AtomicBool::new(false));
        let left = Arc::clone(&is_left);
        let is_over = move || end.is_now() || left.load(Ordering::Relaxed);
        let asked = ask.clone();
        let thread = std::thread::Builder::new().name("read-spool".to_owned());
        let reading = move || read(from.reader, feed, &asked, &is_over, &unread, &pool);
        threads.push(thread.spawn(reading)?);
        Ok(Pipeline { order, outputs, spare, threads, is_left })
    }

    /// The next stretch, waiting at most so long.
    pub(super) fn next(&self, wait: Duration) -> Turn {
        match self.order.recv_timeout(wait) {
            // A worker that is gone had panicked: a defect of ours, told when the threads are joined.
            Ok(worker) => match self.outputs[worker].recv() {
                Ok(understood) => Turn::Stretch(Box::new(understood)),
                Err(_) => Turn::Over,
            },
            Err(RecvTimeoutError::Timeout) => Turn::Nothing,
            Err(RecvTimeoutError::Disconnected) => Turn::Over,
        }
    }

    /// Gives a stretch back, its buffers to be used again.
    pub(super) fn done(&self, mut understood: Understood) {
        understood.clear();
        lock(&self.spare.understood).push(understood);
    }

    /// Waits for the threads; whether all ended in order.
    pub(super) fn join(self) -> bool {
        self.is_left.store(true, Ordering::Relaxed);
        drop((self.order, self.outputs));
        // Each is waited for, also if one before had panicked.
        let ended = self.threads.into_iter().map(|thread| thread.join().is_ok());
        ended.filter(|is_well| !is_well).count() == 0
    }
}

fn understand(
    stretches: &Receiver<Stretch>,
    output: &SyncSender<Understood>,
    spare: &Spare,
    mut sheet: Guarded,
) {
    give_way();
    for stretch in stretches {
        let mut understood = lock(&spare.understood).pop().unwrap_or_default();
        let done = sheet.take(stretch, &mut understood);
        if output.send(understood).is_err() {
            return;
        }
        let blocks = done.into_iter().filter_map(Arc::into_inner);
        let mut spare = lock(&spare.blocks);
        let room = SPARE_BLOCKS.saturating_sub(spare.len());
        spare.extend(blocks.take(room));
    }
}

fn read(
    mut reader: Reader,
    mut feed: Feed,
    end: &End,
    is_over: &dyn Fn() -> bool,
    unread: &Unread,
    spare: &Spare,
) {
    give_way();
    while !is_over() {
        let mut block = lock(&spare.blocks).pop().unwrap_or_default();
        let goes_on = match reader.next(&mut block) {
            Ok(Next::Block) => feed.block(&Arc::new(block)),
            Ok(Next::Missing(missing)) => {
                count(unread, &missing);
                true
            }
            Ok(Next::CaughtUp) => {
                let has_all = end.is_asked() && !reader.wait(Duration::ZERO);
                feed.submit(feed.to) && !has_all && {
                    reader.wait(WAIT);
                    true
                }
            }
            Err(error) => {
                *lock(&unread.error) = Some(error.to_string());
                std::thread::sleep(ERROR_PAUSE);
                continue;
            }
        };
        if !goes_on {
            return;
        }
    }
}

fn count(unread: &Unread, missing: &Missing) {
    let numbers = missing.seqs.end.0 - missing.seqs.start.0;
    let counter = match missing.cause {
        Cause::Expired => &unread.expired,
        Cause::Damaged => &unread.damaged,
    };
    counter.fetch_add(numbers, Ordering::Relaxed);
}

/// Cuts blocks into stretches.
struct Feed {
    /// The first number of the stretch that gathers.
    from: Seq,
    /// One past the last number so far.
    to: Seq,
    blocks: Vec<Arc<Block>>,
    again: Vec<Seq>,
    cuts: Vec<Seq>,
    seen: Arc<Seen>,
    seen_from: Seq,
    seen_before: Seen,
    inputs: Vec<SyncSender<Stretch>>,
    order: SyncSender<usize>,
}

impl Feed {
    /// Takes in a block; `false` if nobody follows any more.
    fn block(&mut self, block: &Arc<Block>) -> bool {
        let mut is_held = false;
        for record in block.records() {
            while record.seq >= self.edge() {
                let edge = self.edge();
                if !self.submit(edge) {
                    return false;
                }
                is_held = false;
                self.leap(record.seq);
            }
            if !is_held {
                self.blocks.push(Arc::clone(block));
                is_held = true;
            }
            if Seen::concerns(&record) {
                let again = match record.seq >= self.seen_from {
                    true => Arc::make_mut(&mut self.seen).again(&record),
                    // Its first delivery may lie before all that is read here.
                    false => self.seen_before.again(&record) || self.seen.was_again(&record),
                };
                if again {
                    self.again.push(record.seq);
                }
            }
            self.to = Seq(record.seq.0 + 1);
        }
        self.to < self.edge() || self.submit(self.to)
    }

    /// Where the stretch that gathers must end.
    fn edge(&self) -> Seq {
        let end = end_of_sheet(self.from);
        let cut = self.cuts.iter().find(|cut| **cut > self.from);
        cut.map_or(end, |cut| end.min(*cut))
    }

    /// Passes over sheets that hold nothing.
    fn leap(&mut self, next: Seq) {
        if next >= end_of_sheet(self.from) {
            let sheet = end_of_sheet(next).0 - end_of_sheet(Seq(0)).0;
            self.from = Seq(sheet);
            self.to = self.from;
        }
    }

    /// Hands on what has gathered, as all there is before `to`.
    fn submit(&mut self, to: Seq) -> bool {
        if to <= self.from {
            return true;
        }
        let worker = (end_of_sheet(self.from).0 / end_of_sheet(Seq(0)).0) as usize;
        let worker = worker % self.inputs.len();
        let closes = to == end_of_sheet(self.from);
        let stretch = Stretch {
            from: self.from,
            to,
            blocks: std::mem::take(&mut self.blocks),
            again: std::mem::take(&mut self.again),
            seen: closes.then(|| Arc::clone(&self.seen)),
            left_out: Vec::new(),
        };
        (self.from, self.to) = (to, to);
        self.inputs[worker].send(stretch).is_ok() && self.order.send(worker).is_ok()
    }
}
