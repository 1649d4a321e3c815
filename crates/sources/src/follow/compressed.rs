//! A compressed file, read once from its beginning to its end. Mostly it is a followed file that rotation has put away;
//! then only what was not read before is handed in.

use super::cut::Cut;
use super::followed::{Content, push};
use super::places::Place;
use crate::batch::Batch as Lines;
use crate::input::{Input, Kind};
use crate::lines::{HEAD_BYTES, LineReader, More};
use crate::parkable::Parkable;
use crate::stream::Stream;
use model::intake::Batch;
use model::{Origin, Timestamp};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes that are decompressed at once when looking for a place.
const PIECE_BYTES: usize = 64 << 10;

/// A compressed file that is being read.
pub(super) struct Compressed {
    pub place: Place,
    pub path: PathBuf,
    pub origin: Arc<Origin>,
    pub seen: (u64, i128),
    reader: Option<LineReader>,
    lines: Lines,
    /// The next line of `lines` that was not put into a batch.
    next: usize,
}

/// What a turn of reading found.
pub(super) enum Unpacked {
    /// Lines were put into the batch; once they are stored, everything before this offset and line is read.
    Lines(u64, u64),
    /// It was read to its end.
    End,
}

impl Compressed {
    pub(super) fn new(
        place: Place,
        path: PathBuf,
        origin: Arc<Origin>,
        seen: (u64, i128),
    ) -> Compressed {
        Compressed { place, path, origin, seen, reader: None, lines: Lines::default(), next: 0 }
    }

    /// Puts the next lines that were not read before into the batch.
    pub(super) fn read(
        &mut self,
        batch: &mut Batch,
        line_bytes_max: usize,
        now: Timestamp,
    ) -> Result<Unpacked, crate::ReadError> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => {
                let input = Input { path: self.path.clone(), kind: Kind::File, bytes: self.seen.0 };
                let reader = LineReader::open(&input, 0)?.with_line_bytes_max(line_bytes_max);
                self.reader.insert(reader)
            }
        };
        loop {
            while let Some(line) = self.lines.get(self.next) {
                let cut = Cut {
                    bytes: line.bytes,
                    offset: line.offset,
                    line: line.place.line,
                    is_truncated: line.truncated,
                };
                let is_known = line.offset < self.place.offset;
                if !is_known && !push(batch, &self.origin, &self.place, cut, u64::MAX, now) {
                    return Ok(Unpacked::Lines(cut.offset, cut.line));
                }
                self.next += 1;
                if !is_known && self.next == self.lines.len() {
                    return Ok(Unpacked::Lines(cut.offset + 1, cut.line + 1));
                }
            }
            self.next = 0;
            match reader.next_batch(&mut self.lines)? {
                More::End => return Ok(Unpacked::End),
                More::Read | More::Waiting => {}
            }
        }
    }
}

/// Decompressed bytes, read forward only as far as comparing needs.
pub(super) struct Unpacking {
    stream: Stream,
    position: u64,
    /// The bytes before the position, as many as may be asked for again.
    recent: Vec<u8>,
    piece: Vec<u8>,
}

impl Unpacking {
    pub(super) fn open(path: &Path) -> io::Result<Unpacking> {
        let stream = Stream::of_file(Parkable::open(path, 0)?)?;
        Ok(Unpacking { stream, position: 0, recent: Vec::new(), piece: vec![0; PIECE_BYTES] })
    }

    /// What the head is of these bytes: its hash and length.
    pub(super) fn head(&mut self) -> io::Result<(u64, u64)> {
        self.advance(HEAD_BYTES as u64)?;
        Ok((xxh3_64(&self.recent), self.position))
    }

    /// Reads on to an offset, or the end.
    fn advance(&mut self, to: u64) -> io::Result<()> {
        while self.position < to {
            let wanted = (to - self.position).min(PIECE_BYTES as u64) as usize;
            let read = match self.stream.read(&mut self.piece[..wanted]) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.position += read as u64;
            self.recent.extend_from_slice(&self.piece[..read]);
            let surplus = self.recent.len().saturating_sub(HEAD_BYTES);
            self.recent.drain(..surplus);
        }
        Ok(())
    }
}

impl Content for Unpacking {
    fn hash(&mut self, start: u64, end: u64) -> Option<u64> {
        self.advance(end).ok()?;
        let first = self.position - self.recent.len() as u64;
        let from = usize::try_from(start.checked_sub(first)?).ok()?;
        let to = usize::try_from(end.checked_sub(first)?).ok()?;
        self.recent.get(from..to).map(xxh3_64)
    }
}
