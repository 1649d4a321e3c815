//! The follower: one thread that takes stretches in, writes down what follows, and publishes. Whatever fails is tried
//! again; the spool is the buffer meanwhile, and no receiver waits.

use super::again::Again;
use super::digests::Digests;
use super::fold::{Fold, Followed};
use super::follow::{End, Pipeline, Turn};
use super::keep::{Keep, Stuck};
use super::quarantine::said;
use super::shared::Shared;
use super::sheet::Understood;
use super::views::Views;
use crate::runtime::evidence::Evidences;
use model::{Digest, Seq};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::spool::RawRecords;

/// So long a stretch is waited for at a time.
const WAIT: Duration = Duration::from_millis(50);
/// Rows are committed so often.
const COMMIT_EVERY: Duration = Duration::from_secs(2);
/// A state is written down after so many records: so many are read again after a crash, in a few seconds.
const SNAPSHOT_RECORDS: u64 = 1_000_000;
/// … or after so long.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(600);
/// Views are published so often.
const PUBLISH_EVERY: Duration = Duration::from_secs(1);
/// What takes long is done seldom: this share of the time at most.
const SHARE: u32 = 20;
/// A store that failed is tried again after this pause.
const AGAIN_PAUSE: Duration = Duration::from_millis(500);

/// Something that is done now and then.
pub(super) struct Pace {
    last: Instant,
    took: Duration,
    pub(super) every: Duration,
}

impl Pace {
    fn new(every: Duration) -> Pace {
        Pace { last: Instant::now(), took: Duration::ZERO, every }
    }

    fn is_affordable(&self) -> bool {
        self.last.elapsed() >= self.took * SHARE
    }

    fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every && self.is_affordable()
    }

    fn did(&mut self, began: Instant) {
        (self.took, self.last) = (began.elapsed(), Instant::now());
    }
}

/// Takes the spool in.
pub(super) struct Follower {
    pub(super) fold: Fold,
    pub(super) keep: Keep,
    pipeline: Pipeline,
    shared: Arc<Shared>,
    raw: RawRecords,
    evidences: Evidences,
    pub(super) digests: Digests,
    end: End,
    /// Records before this number are in the fold already.
    pub(super) folded: Seq,
    position: Seq,
    snapshot_at: Seq,
    followed: Followed,
    due: Vec<Digest>,
    pub(super) commit: Pace,
    snapshot: Pace,
    publish: Pace,
    published: Option<Seq>,
    /// See [`SNAPSHOT_RECORDS`]; tests take fewer.
    pub(super) snapshot_records: u64,
    again: Again,
}

/// What a follower begins with.
pub(super) struct Begin {
    pub(super) fold: Fold,
    pub(super) keep: Keep,
    pub(super) pipeline: Pipeline,
    pub(super) raw: RawRecords,
    pub(super) digests: Digests,
    /// See [`Follower`].
    pub(super) folded: Seq,
    pub(super) again: Again,
}

impl Follower {
    pub(super) fn new(begin: Begin, shared: Arc<Shared>, end: End) -> Follower {
        let Begin { fold, keep, pipeline, raw, digests, folded, again } = begin;
        shared.came_to(folded, None);
        shared.needs(folded.min(keep.stored_through()));
        Follower {
            fold,
            keep,
            pipeline,
            shared,
            raw,
            evidences: Evidences::default(),
            digests,
            end,
            folded,
            position: folded,
            snapshot_at: folded,
            followed: Followed::default(),
            due: Vec::new(),
            commit: Pace::new(COMMIT_EVERY),
            snapshot: Pace::new(SNAPSHOT_EVERY),
            publish: Pace::new(PUBLISH_EVERY),
            published: None,
            snapshot_records: SNAPSHOT_RECORDS,
            again,
        }
    }

    /// Works until it is told to end and has come to the end, or is told to end now; then writes down what it knows.
    /// Whether all that it read was written.
    pub(super) fn run(mut self) -> bool {
        while self.step() {}
        self.finish()
    }

    /// One turn; `false` if there will be no more.
    pub(super) fn step(&mut self) -> bool {
        match self.pipeline.next(WAIT) {
            Turn::Over => return false,
            Turn::Nothing => {}
            Turn::Stretch(stretch) => {
                if !self.take(&stretch) {
                    return false;
                }
                // Also after it began anew: buffers are buffers.
                self.pipeline.done(*stretch);
            }
        }
        if self.commit.is_due() && self.keep.is_behind() && !self.commit(None) {
            return false;
        }
        if let Some(times) = self.shared.new_times() {
            self.fold.times = times;
        }
        if self.publish.is_due() && self.published != Some(self.position) {
            self.publish();
        }
        !self.end.is_now()
    }

    /// Takes a stretch in; `false` if that was given up because the program is to end.
    fn take(&mut self, stretch: &Understood) -> bool {
        self.followed.clear();
        if stretch.to > self.folded {
            let Follower { fold, followed, .. } = self;
            let taken = catch_unwind(AssertUnwindSafe(|| fold.take(stretch, followed)));
            if let Err(panic) = taken {
                return self.begin_again(&*panic);
            }
            self.folded = stretch.to;
            self.shared.brought(&self.followed.news);
        } else {
            self.fold.recognise(stretch, &mut self.followed);
        }
        if self.keep.is_news(stretch.to) {
            self.due.append(&mut self.followed.digests);
        }
        let taken = self.keep.take(stretch, &self.followed, &self.fold);
        if taken.is_err() && !self.until_it_succeeds(taken, |follower| follower.keep.flush()) {
            return false;
        }
        self.position = stretch.to;
        self.shared.came_to(stretch.to, stretch.latest);
        let Some(seen) = &stretch.seen else { return true };
        let records = stretch.to.0.saturating_sub(self.snapshot_at.0);
        let is_much = records >= self.snapshot_records && self.snapshot.is_affordable();
        if stretch.to < self.folded || !(is_much || self.snapshot.is_due()) {
            return true;
        }
        let began = Instant::now();
        let bytes = self.fold.snapshot(seen);
        let flushed = self.keep.flush();
        let is_kept = self.until_it_succeeds(flushed, |follower| follower.keep.flush())
            && self.commit(Some(bytes));
        self.snapshot.did(began);
        self.snapshot_at = stretch.to;
        self.shared.needs(self.keep.snapshot());
        is_kept
    }

    /// The engine failed over a record, and what it knows is of no use any more: the record is set apart, and the state
    /// taken from the latest snapshot. `false` if nothing can be done.
    fn begin_again(&mut self, panic: &(dyn Any + Send)) -> bool {
        let reason = said(panic);
        let (quarantine, mut set_apart) = (&self.again.quarantine, false);
        // Without a record at fault it would fail again and again.
        let at_fault: Vec<Seq> = self.fold.busy_with.into_iter().collect();
        let read = self.raw.records(&at_fault, &mut |record| {
            quarantine.put(record, reason);
            set_apart = !quarantine.within(record.seq..Seq(record.seq.0 + 1)).is_empty();
        });
        if read.is_err() || !set_apart {
            self.shared.troubled(Some(format!(
                "the engine failed ({reason}), and no single record is at fault"
            )));
            return false;
        }
        // What is in memory of them is right: only what the engine knows is gone.
        let flushed = self.keep.flush();
        if !self.until_it_succeeds(flushed, |follower| follower.keep.flush()) {
            return false;
        }
        // When digests are due may have been said since the start.
        self.again.how.times = self.fold.times.clone();
        let (stored, through) = (self.keep.stored_through(), self.keep.through());
        match self.again.begin(self.keep.state(), stored, through, false) {
            Ok(begun) => {
                std::mem::replace(&mut self.pipeline, begun.pipeline).join();
                (self.fold, self.folded) = (begun.fold, begun.folded);
                self.snapshot_at = self.folded;
                true
            }
            Err(error) => {
                self.shared.troubled(Some(format!(
                    "the engine failed ({reason}), and could not begin anew: {error:#}"
                )));
                false
            }
        }
    }

    /// Writes down what waits, with the state if it is given; `false` if that was given up.
    fn commit(&mut self, mut snapshot: Option<Vec<u8>>) -> bool {
        let began = Instant::now();
        let first = self.deliver().and_then(|()| self.keep.commit(&self.fold, snapshot.take()));
        // A snapshot that was not written is made anew at the end of another sheet.
        let is_kept = self.until_it_succeeds(first, |follower| {
            follower.deliver()?;
            follower.keep.commit(&follower.fold, None)
        });
        self.commit.did(began);
        is_kept
    }

    /// Digests are delivered before the place behind them is committed, under names that follow from them: so none is
    /// missed, and one that is delivered again is the same file.
    fn deliver(&mut self) -> Result<(), Stuck> {
        while let Some(digest) = self.due.first_mut() {
            let day = self.fold.times.day(digest);
            self.digests.deliver(digest, &day, &mut self.raw)?;
            self.due.remove(0);
        }
        Ok(())
    }

    fn until_it_succeeds(
        &mut self,
        mut result: Result<(), Stuck>,
        mut again: impl FnMut(&mut Follower) -> Result<(), Stuck>,
    ) -> bool {
        while let Err(stuck) = result {
            self.shared.troubled(Some(stuck.to_string()));
            if self.end.is_now() {
                return false;
            }
            std::thread::sleep(AGAIN_PAUSE);
            result = again(self);
        }
        self.shared.troubled(None);
        true
    }

    fn publish(&mut self) {
        let began = Instant::now();
        let at = self.shared.latest().unwrap_or_default();
        let before = self.shared.views();
        let Follower { fold, keep, position, raw, evidences, .. } = self;
        let views = Views::of(fold, *position, at, &before, raw, evidences);
        self.shared.publish(Views { defects: keep.defects().clone(), ..views });
        self.publish.did(began);
        self.published = Some(self.position);
    }

    /// Writes down what is known.
    pub(super) fn finish(mut self) -> bool {
        let is_kept = self.write_down();
        self.pipeline.join() && is_kept
    }

    /// Writes down what is known, and publishes it.
    pub(super) fn write_down(&mut self) -> bool {
        let mut is_kept = self.keep.flush().is_ok();
        if self.keep.is_behind() {
            let written = self.deliver().and_then(|()| self.keep.commit(&self.fold, None));
            is_kept &= written.is_ok();
        }
        if self.published != Some(self.position) {
            self.publish();
        }
        is_kept
    }
}
