//! Lines of one file, found again: sparse marks say where to begin, the file's head and size
//! whether it still is the file that was read.

use crate::batch::Batch;
use crate::input::Input;
use crate::lines::{LineReader, More};
use crate::peek::peek;
use crate::place::Place;
use crate::stream::Compression;
use crate::window::line_of;
use model::Seq;
use std::fs;

/// Marks within one file. Beyond, every other one is forgotten, so that a file of any size needs at
/// most 1 MiB for them.
const MARKS_MAX: usize = 1 << 16;
/// Decompressed bytes between two marks, up to 2 GiB; then twice as many, and so on.
const MARK_EVERY_BYTES: u64 = 32 << 10;
/// Bytes that are read around a mark: enough to reach the next one.
const PIECE_BYTES: usize = 40 << 10;

/// What is remembered of a file that was read.
#[derive(Debug)]
pub(super) struct FileAgain {
    input: Input,
    /// Hash of its head when it was read.
    head: Option<u64>,
    /// Line and offset, ascending.
    marks: Vec<(u64, u64)>,
    mark_every_bytes: u64,
}

/// A file that was opened again, and how far it was read. Kept between calls: a compressed file
/// cannot be entered in the middle, and mostly the next lines wanted stand behind the last.
#[derive(Debug)]
pub(super) struct Reopened {
    index: u32,
    reader: LineReader,
    batch: Batch,
}

impl FileAgain {
    pub(super) fn new(input: &Input) -> FileAgain {
        FileAgain {
            input: input.clone(),
            head: None,
            marks: Vec::new(),
            mark_every_bytes: MARK_EVERY_BYTES,
        }
    }

    /// Marks places in a batch.
    pub(super) fn note(&mut self, batch: &Batch) {
        self.head = batch.head;
        let mut index = 0;
        while let Some(line) = batch.get(index) {
            self.mark(line.place.line, line.offset);
            let next = line.offset + self.mark_every_bytes;
            index += batch.spans[index..].partition_point(|span| span.offset < next).max(1);
        }
    }

    fn mark(&mut self, line: u64, offset: u64) {
        let is_near = |last: &(u64, u64)| offset < last.1 + self.mark_every_bytes;
        if self.marks.last().is_some_and(is_near) {
            return;
        }
        self.marks.push((line, offset));
        if self.marks.len() > MARKS_MAX {
            let mut index = 0;
            self.marks.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.mark_every_bytes *= 2;
        }
    }

    /// The last mark at or before a line.
    fn mark_before(&self, line: u64) -> Option<(u64, u64)> {
        let after = self.marks.partition_point(|(first, _)| *first <= line);
        after.checked_sub(1).and_then(|i| self.marks.get(i)).copied()
    }

    /// Calls `found` for each of these lines (ascending, all of this file) with a batch that holds
    /// it. `last` is what an earlier call left, of this or another file.
    pub(super) fn read(
        &self,
        lines: &[Seq],
        line_bytes_max: usize,
        last: &mut Option<Reopened>,
        found: &mut dyn FnMut(&Batch, Place),
    ) {
        let Some(first) = lines.first().map(|seq| Place::of(*seq)) else {
            return;
        };
        let last_here = last.take().filter(|last| last.can_reach(first));
        let Some(mut reopened) = self.reopen(first.input, line_bytes_max, last_here) else {
            return;
        };
        for place in lines.iter().map(|seq| Place::of(*seq)) {
            if !self.advance(&mut reopened, place) {
                return;
            }
            found(&reopened.batch, place);
        }
        reopened.reader.park();
        *last = Some(reopened);
    }

    /// Reads on until the batch holds the line; `false` if that cannot be.
    fn advance(&self, reopened: &mut Reopened, place: Place) -> bool {
        let Reopened { reader, batch, .. } = reopened;
        let next = batch.first_line + batch.len() as u64;
        if let Some((line, offset)) = self.mark_before(place.line)
            && line > next
        {
            // A compressed file stays where it is and is read on until there.
            reader.jump(line, offset, self.head);
        }
        while line_of(batch, place.line).is_none() {
            match reader.next_batch(batch) {
                Ok(More::Read) if batch.first_line <= place.line => {}
                _ => return false,
            }
        }
        true
    }

    /// The file, if it still is the one that was read: it begins with the same bytes and has not
    /// lost any; a compressed one has not gained any either.
    fn reopen(
        &self,
        index: u32,
        line_bytes_max: usize,
        last: Option<Reopened>,
    ) -> Option<Reopened> {
        let head = peek(&self.input, index, 0).ok()?.batch.head;
        let bytes = fs::metadata(&self.input.path).ok()?.len();
        let reopened = match last {
            Some(last) => last,
            None => Reopened::open(&self.input, index, line_bytes_max)?,
        };
        let is_same = match reopened.reader.compression() {
            Compression::None => bytes >= self.input.bytes,
            _ => bytes == self.input.bytes,
        };
        (is_same && head == self.head).then_some(reopened)
    }
}

impl Reopened {
    fn open(input: &Input, index: u32, line_bytes_max: usize) -> Option<Reopened> {
        let mut reader = LineReader::open(input, index).ok()?;
        reader = reader.with_line_bytes_max(line_bytes_max);
        if reader.compression() == Compression::None {
            reader = reader.with_batch_bytes(PIECE_BYTES);
        }
        let batch = Batch { first_line: 1, ..Batch::default() };
        Some(Reopened { index, reader, batch })
    }

    /// Whether reading on leads to the line.
    fn can_reach(&self, place: Place) -> bool {
        self.index == place.input && self.batch.first_line <= place.line
    }
}
