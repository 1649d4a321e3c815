//! Many inputs → one stream of events in the order of their times.
//!
//! Each input is opened when the merged clock reaches its first time, so a year of rotated files
//! costs one open file at a time, and files that overlap are interleaved event by event.

use super::lane;
use crate::interrupt::Interrupt;
use engine::{EventBatch, Lane};
use model::{Counts, Origin, TenantId, Timestamp};
use sources::{Batch, Input, Kind, LineReader, More, ReadError, Readback};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Bytes of a file's head in which its first time is looked for.
const PEEK_BYTES: usize = 64 * 1024;
/// Text after which a merged batch is handed on.
const BATCH_TEXT_BYTES: usize = 256 * 1024;

/// One input on its way into the merged stream.
struct Stream {
    input: Input,
    index: u32,
    origin: Origin,
    lane: Lane,
    reader: Option<LineReader>,
    /// Bytes that it reads at a time.
    batch_bytes: usize,
    lines: Batch,
    events: EventBatch,
    next: usize,
    has_begun: bool,
    is_over: bool,
}

/// What happened while reading, beside the events.
#[derive(Debug)]
pub(crate) struct Report {
    /// What became of the lines.
    pub(crate) counts: Counts,
    /// Inputs that could not be read to their end, and why.
    pub(crate) errors: Vec<ReadError>,
    /// Finds the raw lines again.
    pub(crate) readback: Readback,
}

/// Inputs merged by time.
pub(crate) struct Merge {
    streams: Vec<Stream>,
    /// Who is next, by time and then by the order of the inputs.
    queue: BinaryHeap<Reverse<(Timestamp, usize)>>,
    report: Report,
    stop: Interrupt,
}

/// How inputs are understood.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Understanding {
    /// The time to take for pipes and for files that tell no modification time.
    pub(crate) now: Timestamp,
    /// Zone of times that name none.
    pub(crate) zone_offset_secs: i32,
}

/// Memory for the lines of all inputs that are open at a time.
const LINES_BYTES_MAX: usize = 64 << 20;
/// Below this, reading costs more calls than bytes.
const BATCH_BYTES_MIN: usize = 16 << 10;
/// Above this, nothing is gained.
const BATCH_BYTES_MAX: usize = 256 << 10;

/// Bytes that each of so many inputs reads at a time: in the worst case all overlap in time and share the memory.
pub(crate) fn batch_bytes(inputs: usize) -> usize {
    (LINES_BYTES_MAX / inputs.max(1)).clamp(BATCH_BYTES_MIN, BATCH_BYTES_MAX)
}

impl Merge {
    /// Looks at the head of every input; opens none for good.
    pub(crate) fn new(
        inputs: &[Input],
        tenant: &TenantId,
        how: Understanding,
        stop: Interrupt,
    ) -> Merge {
        let batch_bytes = batch_bytes(inputs.len());
        let readback = Readback::of_lines(inputs, tenant);
        let report = Report { counts: Counts::default(), errors: Vec::new(), readback };
        let mut merge = Merge { streams: Vec::new(), queue: BinaryHeap::new(), report, stop };
        for (index, input) in inputs.iter().enumerate() {
            let now = lane::modified(input).unwrap_or(how.now);
            let mut stream =
                Stream::new(input, index as u32, input.origin(tenant), now, how, batch_bytes);
            match stream.first_time() {
                Ok(first) => merge.queue.push(Reverse((first.unwrap_or(now), index))),
                Err(error) => merge.report.errors.push(error),
            }
            merge.streams.push(stream);
        }
        merge
    }

    /// Fills `batch` with the next events; `false` when there are none left.
    pub(crate) fn next_batch(&mut self, batch: &mut EventBatch) -> bool {
        batch.clear();
        while batch.text_bytes() < BATCH_TEXT_BYTES {
            let Some(Reverse((_, index))) = self.queue.pop() else {
                return !batch.is_empty();
            };
            // Until the next input's time is reached, this one has the word.
            let until = self.queue.peek().map(|Reverse(next)| *next);
            let stream = &mut self.streams[index];
            let limit = BATCH_TEXT_BYTES;
            if let Some(at) = stream.give(until, limit, batch, &mut self.report, &self.stop) {
                self.queue.push(Reverse((at, index)));
            }
        }
        true
    }

    /// The input that was read last, its position and the lines so far, for progress.
    pub(crate) fn position(&self) -> (u64, u64, &str) {
        let readers = self.streams.iter().filter_map(|s| s.reader.as_ref());
        let open: u64 = readers.map(LineReader::disk_bytes).sum();
        let over: u64 = self.streams.iter().filter(|s| s.is_over).map(|s| s.input.bytes).sum();
        let name = self.streams.iter().find(|s| s.reader.is_some() && !s.is_over);
        let name = name.map_or("", |s| s.origin.source_name.as_str());
        (open + over, self.report.counts.lines, name)
    }

    /// Reads no further: what was read so far still comes out of [`Merge::next_batch`].
    pub(crate) fn stop(&mut self) {
        for stream in self.streams.iter_mut().filter(|s| !s.is_over) {
            stream.lane.flush(&mut self.report.counts, &mut stream.events);
            stream.is_over = true;
        }
    }

    /// What happened beside the events.
    pub(crate) fn into_report(self) -> Report {
        self.report
    }
}

impl Stream {
    fn new(
        input: &Input,
        index: u32,
        origin: Origin,
        now: Timestamp,
        how: Understanding,
        batch_bytes: usize,
    ) -> Stream {
        let lane = lane::of(input, &origin.source_name, now, how.zone_offset_secs);
        Stream {
            input: input.clone(),
            index,
            origin,
            lane,
            reader: None,
            batch_bytes,
            lines: Batch::default(),
            events: EventBatch::default(),
            next: 0,
            has_begun: false,
            is_over: false,
        }
    }

    /// The time of the first event that stands in the file's head; the lane learns what is there.
    fn first_time(&mut self) -> Result<Option<Timestamp>, ReadError> {
        if self.input.kind != Kind::File {
            return Ok(None);
        }
        let peek = sources::peek(&self.input, self.index, PEEK_BYTES)?;
        self.begin(&peek.batch);
        Ok(lane::first_time(&self.lane, &peek.batch, &self.origin))
    }

    /// Tells the lane the first lines.
    fn begin(&mut self, head: &Batch) {
        lane::begin(&mut self.lane, head);
        self.has_begun = true;
    }

    /// Gives events until another input's turn (`until`) or until the batch is full. Returns the
    /// time of its next event, if it has one.
    fn give(
        &mut self,
        until: Option<(Timestamp, usize)>,
        text_bytes_max: usize,
        batch: &mut EventBatch,
        report: &mut Report,
        stop: &Interrupt,
    ) -> Option<Timestamp> {
        loop {
            let Some(event) = self.events.sighting(self.next) else {
                if !self.refill(report, stop) {
                    return None;
                }
                continue;
            };
            let is_anothers = until.is_some_and(|next| (event.at, self.index as usize) > next);
            if is_anothers || batch.text_bytes() >= text_bytes_max {
                return Some(event.at);
            }
            batch.push(&event);
            self.next += 1;
        }
    }

    /// Reads on until there is an event or the input is over.
    fn refill(&mut self, report: &mut Report, stop: &Interrupt) -> bool {
        self.events.clear();
        self.next = 0;
        while self.events.is_empty() && !self.is_over {
            match self.read() {
                Ok(More::Read) => {}
                // A pipe's next line may be the next in time, so the others wait with it.
                Ok(More::Waiting) => self.is_over = stop.is_set(),
                Ok(More::End) => self.is_over = true,
                Err(error) => {
                    report.errors.push(error);
                    self.is_over = true;
                }
            }
            if !self.has_begun {
                let head = std::mem::take(&mut self.lines);
                self.begin(&head);
                self.lines = head;
            }
            report.counts.bytes += self.lines.bytes_used;
            report.readback.note(&self.lines);
            for line in self.lines.lines() {
                let envelope = line.envelope(&self.origin);
                self.lane.push(&envelope, &mut report.counts, &mut self.events);
            }
            if self.is_over {
                self.lane.flush(&mut report.counts, &mut self.events);
                self.reader = None;
            }
        }
        !self.events.is_empty()
    }

    fn read(&mut self) -> Result<More, ReadError> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => {
                let reader = LineReader::open(&self.input, self.index)?;
                none.insert(reader.with_batch_bytes(self.batch_bytes))
            }
        };
        reader.next_batch(&mut self.lines)
    }
}
