//! One input on its way into the spool: its new lines, and whose turn it is by the times of its events.
//!
//! A lane says which lines are one event and when that was. What the lane makes of them is used for nothing else: who
//! follows the spool understands the same lines again, as it would after a crash. With each line goes about how old it
//! is, as the file's age and its end tell: so both give it the same year.

use crate::interrupt::Interrupt;
use crate::runtime::lane;
use crate::runtime::merge::Understanding;
use engine::{EventBatch, Lane};
use model::intake::{Batch as Records, Facts};
use model::{Counts, Cursor, Origin, Seq, TenantId, Timestamp};
use sources::follow::{NewLines, Standing};
use sources::{Batch, Input, LineReader, More, Place, Reached, ReadError};
use std::collections::VecDeque;
use std::sync::Arc;

/// Where lines come from.
enum Lines {
    /// A file of which a part may be known.
    New(NewLines),
    /// A pipe.
    All(LineReader),
}

/// One input.
pub(super) struct Stream {
    input: Input,
    index: u32,
    origin: Arc<Origin>,
    /// `None` for a pipe.
    standing: Option<Standing>,
    lane: Lane,
    lines: Option<Lines>,
    /// Bytes that are read at a time.
    batch_bytes: usize,
    /// What was read and not handed out.
    batches: VecDeque<Batch>,
    /// The next line of the first batch.
    at: usize,
    /// Events of these lines; the last one may have further lines.
    events: EventBatch,
    next: usize,
    has_begun: bool,
    /// There is nothing more to read: it has ended, broke off, or the run is to end.
    pub(super) is_over: bool,
    /// It was read to its end.
    has_ended: bool,
    /// Lines were handed out since this was last asked.
    has_moved: bool,
    /// When the latest event that was handed out happened.
    last_at: Option<Timestamp>,
}

/// Why a stream stopped giving.
pub(super) enum Gave {
    /// It is another's turn, or the records are full; its next event is of this time.
    Until(Timestamp),
    /// Everything was handed out.
    All,
}

impl Stream {
    pub(super) fn new(
        input: &Input,
        index: u32,
        standing: Option<Standing>,
        tenant: &TenantId,
        how: Understanding,
        batch_bytes: usize,
    ) -> Stream {
        let origin = match &standing {
            Some(standing) => standing.origin.clone(),
            None => input.origin(tenant),
        };
        let now = lane::modified(input).unwrap_or(how.now);
        let lane = lane::of(input, &origin.source_name, now, how.zone_offset_secs);
        Stream {
            input: input.clone(),
            index,
            origin: Arc::new(origin),
            is_over: standing.as_ref().is_some_and(|standing| standing.is_over),
            standing,
            lane,
            lines: None,
            batch_bytes,
            batches: VecDeque::new(),
            at: 0,
            events: EventBatch::default(),
            next: 0,
            has_begun: false,
            has_ended: false,
            has_moved: false,
            last_at: None,
        }
    }

    /// The time of the first new event; `None` if nothing is new. Leaves no file open.
    pub(super) fn first_time(&mut self, now: Timestamp) -> Result<Option<Timestamp>, ReadError> {
        if self.standing.is_none() || self.is_over {
            self.has_ended = self.is_over;
            return Ok((!self.is_over).then_some(now));
        }
        let (mut lines, mut head) = (self.open()?, Batch::default());
        while head.is_empty() {
            if lines.next_batch(&mut head)? == More::End {
                self.has_ended = true;
                return Ok(None);
            }
        }
        self.begin(&head);
        Ok(Some(lane::first_time(&self.lane, &head, &self.origin).unwrap_or(now)))
    }

    fn open(&self) -> Result<Lines, ReadError> {
        Ok(match &self.standing {
            Some(standing) => Lines::New(
                NewLines::open(&self.input, self.index, standing)?
                    .with_batch_bytes(self.batch_bytes),
            ),
            None => Lines::All(
                LineReader::open(&self.input, self.index)?.with_batch_bytes(self.batch_bytes),
            ),
        })
    }

    fn begin(&mut self, head: &Batch) {
        lane::begin(&mut self.lane, head);
        self.has_begun = true;
    }

    /// Hands out the lines of its events until another's turn has come, or there is no room for more.
    pub(super) fn give(
        &mut self,
        until: Option<(Timestamp, usize)>,
        now: Timestamp,
        records: &mut Records,
        counts: &mut Counts,
        interrupt: &Interrupt,
    ) -> Result<Gave, ReadError> {
        loop {
            // Where the lines of an event end is known with the next one.
            while self.next + 1 >= self.events.len() && !self.is_over {
                self.read_on(counts, interrupt)?;
            }
            let Some(at) = self.events.at(self.next) else {
                let is_all = self.hand_out(None, now, records);
                return Ok(if is_all { Gave::All } else { Gave::Until(now) });
            };
            if until.is_some_and(|next| (at, self.index as usize) > next) {
                return Ok(Gave::Until(at));
            }
            self.last_at = Some(at);
            let end = self.events.sighting(self.next + 1);
            let end = end.map(|event| Place::of(event.seq).line);
            if !self.hand_out(end, now, records) {
                return Ok(Gave::Until(at));
            }
            self.next += 1;
        }
    }

    /// Reads the next lines.
    fn read_on(&mut self, counts: &mut Counts, interrupt: &Interrupt) -> Result<(), ReadError> {
        let mut rest = EventBatch::default();
        (self.next..self.events.len())
            .filter_map(|row| self.events.sighting(row))
            .for_each(|event| rest.push(&event));
        (self.events, self.next) = (rest, 0);
        let mut batch = Batch::default();
        match self.next_batch(&mut batch) {
            Ok(More::Read) => {}
            Ok(More::Waiting) if !interrupt.is_set() => return Ok(()),
            Ok(more) => {
                self.has_ended = more == More::End;
                self.stop(counts);
                return Ok(());
            }
            Err(error) => {
                self.stop(counts);
                return Err(error);
            }
        }
        if !self.has_begun && !batch.is_empty() {
            self.begin(&batch);
        }
        for line in batch.lines() {
            counts.bytes += line.bytes.len() as u64 + 1;
            self.lane.push(&line.envelope(&self.origin), counts, &mut self.events);
        }
        if !batch.is_empty() {
            self.batches.push_back(batch);
        }
        Ok(())
    }

    fn next_batch(&mut self, batch: &mut Batch) -> Result<More, ReadError> {
        let mut lines = match self.lines.take() {
            Some(lines) => lines,
            None => self.open()?,
        };
        let more = lines.next_batch(batch);
        self.lines = Some(lines);
        more
    }

    /// Reads no further: what was read is still handed out.
    pub(super) fn stop(&mut self, counts: &mut Counts) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.lane.flush(counts, &mut self.events);
        }
        self.lines = None;
    }

    /// Hands out the lines before `end`, or all; whether there was room for them.
    fn hand_out(&mut self, end: Option<u64>, now: Timestamp, records: &mut Records) -> bool {
        while let Some(batch) = self.batches.front() {
            while let Some(line) = batch.get(self.at) {
                if end.is_some_and(|end| line.place.line >= end) {
                    return true;
                }
                let cursor = match &self.standing {
                    Some(standing) => Cursor::File {
                        head: standing.id,
                        offset: line.offset,
                        line: line.place.line,
                    },
                    // It cannot be read again, so its number in the spool tells it from others.
                    None => Cursor::Received { seq: Seq(0) },
                };
                let facts =
                    Facts { cursor, truncated: line.truncated, old: true, ..Facts::received(now) };
                // Who follows the spool knows of the file, of its age and its end, only this.
                let facts = self.last_at.map_or(facts, |at| facts.written(at));
                if records.push(&self.origin, "", facts, line.bytes).is_err() {
                    return false;
                }
                self.at += 1;
                self.has_moved = true;
            }
            if self.batches.len() == 1 {
                break;
            }
            self.batches.pop_front();
            self.at = 0;
        }
        true
    }

    /// How far it was handed out, if that changed: its place in the register, and the place.
    pub(super) fn moved(&mut self) -> Option<(usize, Reached)> {
        let index = self.standing.as_ref()?.index;
        let batch = self.batches.front().filter(|_| std::mem::take(&mut self.has_moved))?;
        Some((index, batch.reached(self.at)))
    }

    /// Its place in the register, if it was read to its end.
    pub(super) fn ended(&self) -> Option<usize> {
        self.standing.as_ref().filter(|_| self.has_ended).map(|standing| standing.index)
    }

    pub(super) fn name(&self) -> &str {
        &self.origin.source_name
    }

    /// Bytes of the input used so far, as they stand on disk.
    pub(super) fn disk_bytes(&self) -> u64 {
        match &self.lines {
            Some(Lines::New(lines)) => lines.disk_bytes(),
            Some(Lines::All(lines)) => lines.disk_bytes(),
            None if self.is_over => self.input.bytes,
            None => 0,
        }
    }
}

impl Lines {
    fn next_batch(&mut self, batch: &mut Batch) -> Result<More, ReadError> {
        match self {
            Lines::New(lines) => lines.next_batch(batch),
            Lines::All(lines) => lines.next_batch(batch),
        }
    }
}
