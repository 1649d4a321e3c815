//! Reading the spool from a number on, block by block, behind the writer as it goes. A reader holds no lock
//! while it reads, and never stops the writer.

use super::block::Block;
use super::header::{BlockHead, HEAD};
use super::segment::{Before, Segment};
use super::shared::Shared;
use super::walk::{self, Bad, Walk, Window};
use super::{SpoolError, block::BlockError};
use crate::disk::DiskFile;
use model::{Seq, Timestamp};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Records: they are in the block.
    Block,
    /// Records that cannot be read.
    Missing(Missing),
    /// Nothing more for now: see [`Reader::wait`].
    CaughtUp,
}

/// Records that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Their numbers, at most: not each was given to a record.
    pub seqs: Range<Seq>,
    /// What became of them.
    pub cause: Cause,
}

/// What became of records that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Their segments were removed by age or size.
    Expired,
    /// Their bytes are damaged. They were counted, and kept for a person to look at.
    Damaged,
}

/// Reads from a number on.
pub struct Reader {
    shared: Arc<Shared>,
    next: Seq,
    within: Option<Range<Timestamp>>,
    at: Option<At>,
    window: Window,
    /// Damage that has been passed, and not been told yet as the next number is not known.
    damaged: bool,
}

/// Where a reader stands in a segment.
struct At {
    segment: Arc<Segment>,
    file: Arc<dyn DiskFile>,
    generation: u32,
    offset: u64,
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>, from: Seq) -> Reader {
        let window = Window::default();
        Reader { shared, next: from, within: None, at: None, window, damaged: false }
    }

    /// Passes over blocks that hold nothing received within this time. Single records outside it may still
    /// come.
    #[must_use]
    pub fn within(mut self, times: Range<Timestamp>) -> Reader {
        self.within = Some(times);
        self
    }

    /// The number that is read next.
    pub fn position(&self) -> Seq {
        self.next
    }

    /// Waits at most so long for more; whether there is.
    pub fn wait(&self, limit: Duration) -> bool {
        self.shared.wait(self.next, limit)
    }

    /// Reads on: fills `block`, or says what is missing, or that there is nothing more.
    ///
    /// # Errors
    /// If the disk cannot be read; the reader stays where it was, and may be asked again.
    pub fn next(&mut self, block: &mut Block) -> Result<Next, SpoolError> {
        self.advance(block).map_err(|source| SpoolError::Io { what: "read the spool", source })
    }

    fn advance(&mut self, block: &mut Block) -> io::Result<Next> {
        loop {
            // Asked for before the segment is read: what is durable by now is seen below, whatever is added
            // meanwhile.
            let (durable, following) = self.ahead();
            if self.at.is_none() {
                match self.find()? {
                    Place::Here => {}
                    Place::Missing(missing) => return Ok(Next::Missing(missing)),
                    Place::Nowhere => {
                        self.next = self.next.max(durable);
                        return Ok(Next::CaughtUp);
                    }
                }
                continue;
            }
            match self.read(block)? {
                Read::Block(first) if first > self.next && self.damaged => {
                    // Told first; the block is read again.
                    return Ok(self.missing(first, Cause::Damaged));
                }
                Read::Block(_) => {
                    self.next =
                        block.records().last().map_or(self.next, |last| Seq(last.seq.0 + 1));
                    return Ok(Next::Block);
                }
                Read::Passed => {}
                Read::Done => {
                    let to = following.map_or(durable, |(first, _)| first);
                    // Where this one ends: blocks outside the time that was asked for were passed over.
                    let end = self.at.as_ref().map_or((Seq(0), false), |at| {
                        let progress = at.segment.progress();
                        (progress.last.map_or(Seq(0), |last| Seq(last.0 + 1)), progress.sealed)
                    });
                    if following.is_some() {
                        self.at = None;
                    }
                    if std::mem::take(&mut self.damaged) && to > self.next {
                        return Ok(self.missing(to, Cause::Damaged));
                    }
                    let (end, is_sealed) = (end.0.max(self.next), end.1);
                    if let Some((_, before)) = following.filter(|(_, b)| b.reached > end) {
                        self.next = end;
                        return Ok(Next::Missing(self.pass_gap(before, is_sealed)));
                    }
                    // Numbers that nobody got are passed over.
                    self.next = self.next.max(to);
                    if following.is_none() {
                        return Ok(Next::CaughtUp);
                    }
                }
            }
        }
    }

    /// How far the spool is durable; the first number of the segment after the one at hand, and what stood before that
    /// when it was made.
    fn ahead(&self) -> (Seq, Option<(Seq, Before)>) {
        let durable = self.shared.durable();
        let after = self.at.as_ref().map_or(0, |at| {
            durable.segments.partition_point(|other| other.first <= at.segment.first)
        });
        let following = self.at.as_ref().and_then(|_| durable.segments.get(after));
        (durable.next, following.map(|next| (next.first, next.before)))
    }

    fn missing(&mut self, to: Seq, cause: Cause) -> Next {
        self.damaged = false;
        Next::Missing(self.pass(to, cause))
    }

    /// Passes over numbers that stood before a segment: `after_sealed` if the one at hand is whole, so that what is missing
    /// were segments of their own. These expired, while the older one was held.
    fn pass_gap(&mut self, before: Before, after_sealed: bool) -> Missing {
        let lost_from = before.lost_from();
        match (self.next < lost_from, after_sealed) {
            (true, true) => self.pass(lost_from, Cause::Expired),
            (true, false) => self.pass(lost_from, Cause::Damaged),
            (false, _) => self.pass(before.reached, Cause::Damaged),
        }
    }

    fn pass(&mut self, to: Seq, cause: Cause) -> Missing {
        let seqs = self.next..to;
        self.next = self.next.max(to);
        Missing { seqs, cause }
    }

    /// Goes to the segment that has the next record.
    fn find(&mut self) -> io::Result<Place> {
        let Some(segment) = self.shared.segment_of(self.next) else { return Ok(Place::Nowhere) };
        let oldest = self.shared.durable().segments.first().map(|old| (old.first, old.before));
        if let Some((oldest, before)) = oldest.filter(|(oldest, _)| *oldest > self.next) {
            // Up to what was lost before it was made: that is told for itself.
            let lost_from = if before.lost > 0 { before.lost_from() } else { oldest };
            if lost_from > self.next {
                return Ok(Place::Missing(self.pass(lost_from, Cause::Expired)));
            }
        }
        if segment.before.reached > self.next && segment.first > self.next {
            let is_sealed = {
                let durable = self.shared.durable();
                let after = durable.segments.partition_point(|older| older.first <= self.next);
                let older = after.checked_sub(1).and_then(|place| durable.segments.get(place));
                older.is_some_and(|older| older.progress().sealed)
            };
            return Ok(Place::Missing(self.pass_gap(segment.before, is_sealed)));
        }
        if segment.last().is_none() {
            return Ok(Place::Nowhere);
        }
        let before = segment.progress().generation;
        let found = self.shared.disk.open(&segment.name);
        match found.and_then(|file| Ok((segment.offset_of(&*file, self.next)?, file))) {
            Ok((offset, file)) => {
                // Replaced just now: the file at hand may be the old one or the new one.
                let generation = segment.progress().generation;
                if generation != before {
                    return self.find();
                }
                self.window.clear();
                self.at = Some(At { segment, file, generation, offset });
                Ok(Place::Here)
            }
            // It was removed meanwhile: the list says so now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match self.shared.segment_of(self.next) {
                    Some(other) if Arc::ptr_eq(&other, &segment) => Err(error),
                    _ => self.find(),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Takes one step in the segment at hand.
    fn read(&mut self, block: &mut Block) -> io::Result<Read> {
        let Some(at) = &mut self.at else { return Ok(Read::Done) };
        let (end, generation, superseded) = {
            let progress = at.segment.progress();
            (progress.end, progress.generation, progress.superseded)
        };
        if generation != at.generation {
            // Replaced by a file with the same records at other places.
            self.at = None;
            return Ok(Read::Passed);
        }
        if at.offset >= end {
            return Ok(Read::Done);
        }
        if at.offset + (HEAD as u64) > end {
            at.offset = end;
            return Ok(Read::Passed);
        }
        let mut walk = Walk::new(&*at.file, at.segment.tag, at.offset, end, &mut self.window);
        let step = walk.step()?;
        let bad = match step {
            walk::Step::End => return Ok(Read::Done),
            walk::Step::Bad(bad) => Some(bad),
            walk::Step::Block { offset, head } => {
                let told = head.count > 0
                    && head.last() >= self.next
                    && superseded.is_none_or(|from| head.first < from);
                let timely = self.within.as_ref().is_none_or(|times| overlaps(&head, times));
                if !told || !timely {
                    at.offset = walk.offset();
                    return Ok(Read::Passed);
                }
                let filled = block.fill(&head, walk.payload(offset, &head)?);
                filled.err().map(|_: BlockError| Bad {
                    start: offset,
                    end: offset + head.size(),
                    head: Some(head),
                    to_the_end: false,
                })
            }
        };
        let offset = walk.offset();
        if let Some(bad) = bad {
            self.shared.bad(&at.segment, &*at.file, &bad);
            self.damaged |= bad.head.is_none_or(|head| head.last() >= self.next);
            at.offset = offset;
            return Ok(Read::Passed);
        }
        let first = block.records().next().map_or(self.next, |record| record.seq);
        if self.damaged && first > self.next {
            return Ok(Read::Block(first));
        }
        self.damaged = false;
        at.offset = offset;
        block.skip_before(self.next);
        if let Some(superseded) = superseded {
            block.cut_from(superseded);
        }
        Ok(if block.is_empty() { Read::Passed } else { Read::Block(first) })
    }
}

/// Where the next record is.
enum Place {
    /// In the segment that is open now.
    Here,
    /// Nowhere: those are gone.
    Missing(Missing),
    /// Not yet anywhere.
    Nowhere,
}

enum Read {
    /// A block that begins with this number.
    Block(Seq),
    /// Nothing that was asked for.
    Passed,
    /// The segment has no more for now.
    Done,
}

fn overlaps(head: &BlockHead, times: &Range<Timestamp>) -> bool {
    head.earliest < times.end && head.latest >= times.start
}
