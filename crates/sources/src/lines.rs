//! Decompressed bytes → lines, in bounded memory whatever the input: a line longer than
//! [`LINE_BYTES_MAX`] gives its head, and its rest streams past, counted.

use crate::batch::{Batch, LineSpan};
use crate::error::{ReadError, printable};
use crate::input::{Input, Kind};
use crate::parkable::{Parkable, is_replaced};
use crate::place::LINE_MAX;
use crate::pump::Pump;
use crate::stream::{Compression, Stream};
use std::io::{self, Read};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of a line that are kept. The longest honest lines (JSON with a stack trace) are a few
/// hundred KiB; what is longer is damage or an attack.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// Decompressed bytes that go into one batch: large enough that a batch costs nothing, small enough
/// to stay in the processor's cache.
const BATCH_BYTES: usize = 256 << 10;
/// Bytes of a file's beginning that tell it from others.
pub(crate) const HEAD_BYTES: usize = 1 << 10;

/// What [`LineReader::next_batch`] has to say besides the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// Bytes were read; the batch holds the lines that ended in them (in a very long line: none).
    Read,
    /// A pipe is silent; the batch is empty. Time to look at other things, then ask again.
    Waiting,
    /// The input has ended; the batch is empty.
    End,
}

/// Reads one input as lines.
#[derive(Debug)]
pub struct LineReader {
    name: String,
    input: u32,
    /// A pipe whose first bytes have not come yet.
    pump: Option<Pump>,
    stream: Option<Stream>,
    /// Told apart from other files by its head; a pipe is not.
    is_file: bool,
    head: Option<u64>,
    line_bytes_max: usize,
    batch_bytes: usize,
    /// The beginning of a line whose end has not been read yet.
    carry: Vec<u8>,
    /// Inside the rest of a line that was too long.
    skipping: bool,
    /// Offset of the next byte of the stream.
    position: u64,
    /// 1-based number of the next line.
    line: u64,
    cut_bytes: u64,
    /// How the input was compressed and how much of it was used, for when it is closed.
    compression: Compression,
    disk_bytes: u64,
    /// Why reading ended early; told after the lines that were read before.
    failure: Option<ReadError>,
    ended: bool,
}

impl LineReader {
    /// Opens an input; `index` is its index in the run's list, below
    /// [`INPUTS_MAX`](crate::place::INPUTS_MAX).
    ///
    /// # Errors
    /// If it cannot be opened. A pipe opens in the background and tells with the first batch.
    pub fn open(input: &Input, index: u32) -> Result<LineReader, ReadError> {
        let mut reader = LineReader {
            name: match input.kind {
                Kind::Stdin => input.name().into_owned(),
                Kind::File | Kind::Pipe => printable(&input.path),
            },
            input: index,
            pump: None,
            stream: None,
            is_file: input.kind == Kind::File,
            head: None,
            line_bytes_max: LINE_BYTES_MAX,
            batch_bytes: BATCH_BYTES,
            carry: Vec::new(),
            skipping: false,
            position: 0,
            line: 1,
            cut_bytes: 0,
            compression: Compression::None,
            disk_bytes: 0,
            failure: None,
            ended: false,
        };
        match input.kind {
            Kind::File => {
                let stream = Parkable::open(&input.path, 0).and_then(Stream::of_file);
                reader.stream = Some(stream.map_err(|e| ReadError::io(&input.path, e))?);
            }
            Kind::Pipe | Kind::Stdin => reader.pump = Some(Pump::start(input)),
        }
        Ok(reader)
    }

    /// The same with another limit on a line's length (at least 1, at most 1 GiB).
    pub fn with_line_bytes_max(mut self, line_bytes_max: usize) -> LineReader {
        self.line_bytes_max = line_bytes_max.clamp(1, 1 << 30);
        self
    }

    /// The same with batches of other size: at least 1 and at most 256 KiB of decompressed bytes.
    pub fn with_batch_bytes(mut self, batch_bytes: usize) -> LineReader {
        self.batch_bytes = batch_bytes.clamp(1, BATCH_BYTES);
        self
    }

    /// Fills `batch` with one batch as if the input ended after it, and gives its bytes as they
    /// are. Of use once, at the input's beginning.
    pub(crate) fn peek_into<'b>(&mut self, batch: &'b mut Batch) -> Result<&'b [u8], ReadError> {
        batch.clear();
        (batch.input, batch.first_line) = (self.input, self.line);
        let (filled, outcome) = self.fill(batch);
        match outcome {
            Err(error) if filled == 0 => return Err(self.describe(error)),
            _ => batch.head = self.head,
        }
        self.frame(batch, filled, true);
        Ok(&batch.bytes[..filled])
    }

    /// Fills `batch` with the next lines; what it held before is gone.
    ///
    /// # Errors
    /// Once, if the input broke off; all lines before have been given out then.
    pub fn next_batch(&mut self, batch: &mut Batch) -> Result<More, ReadError> {
        batch.clear();
        batch.input = self.input;
        batch.first_line = self.line;
        if self.ended {
            return self.failure.take().map_or(Ok(More::End), Err);
        }
        let (filled, outcome) = self.fill(batch);
        let (ended, error) = match outcome {
            Ok(ended) => (ended, None),
            // Only a silent pipe says so, and only before it gave anything to this batch.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(More::Waiting),
            Err(error) => (true, Some(error)),
        };
        batch.head = self.head;
        self.frame(batch, filled, ended);
        if let Some(error) = error {
            self.failure = Some(self.describe(error));
            batch.cut_last(filled);
        }
        match batch.bytes_used {
            0 if ended => self.failure.take().map_or(Ok(More::End), Err),
            _ => Ok(More::Read),
        }
    }

    /// Puts the carry and then the next bytes of the stream into the batch. Gives the number of
    /// bytes there, and whether the stream has ended.
    fn fill(&mut self, batch: &mut Batch) -> (usize, io::Result<bool>) {
        let mut filled = self.carry.len();
        let room = filled + self.batch_bytes;
        // Only ever grown, so that the bytes need not be cleared each time.
        if batch.bytes.len() < room {
            batch.bytes.resize(room, 0);
        }
        batch.bytes[..filled].copy_from_slice(&self.carry);
        if self.stream.is_none() {
            match Stream::of_pipe(&mut self.pump) {
                Ok(stream) => self.stream = Some(stream),
                Err(error) => return (filled, Err(error)),
            }
        }
        let Some(stream) = self.stream.as_mut() else {
            return (filled, Ok(true));
        };
        let first = self.position == 0 && filled == 0;
        let is_live = stream.is_live();
        let outcome = loop {
            match stream.read(&mut batch.bytes[filled..room]) {
                Ok(0) => break Ok(true),
                Ok(read) => {
                    filled += read;
                    self.position += read as u64;
                    if filled == room || is_live {
                        break Ok(false);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        if first && self.is_file {
            self.head = Some(head_hash(&batch.bytes[..filled]));
        }
        (filled, outcome)
    }

    /// Cuts the batch's first `filled` bytes into lines.
    fn frame(&mut self, batch: &mut Batch, filled: usize, ended: bool) {
        let base = self.position - filled as u64;
        let mut start = 0;
        if self.skipping {
            let found = memchr::memchr(b'\n', &batch.bytes[..filled]);
            self.cut_bytes += found.unwrap_or(filled) as u64;
            self.skipping = found.is_none() && !ended;
            start = found.map_or(filled, |end| end + 1);
        }
        let search = start.max(self.carry.len());
        self.carry.clear();
        let Batch { bytes, spans, .. } = batch;
        for found in memchr::memchr_iter(b'\n', &bytes[search..filled]) {
            let end = search + found;
            self.push(bytes, spans, base, start..end);
            start = end + 1;
        }
        let rest = filled - start;
        batch.is_open = ended && rest > 0;
        if ended {
            if rest > 0 {
                self.push(bytes, spans, base, start..filled);
                if self.failure.is_some()
                    && let Some(last) = spans.last_mut()
                {
                    last.truncated = true;
                }
            }
            start = filled;
            self.ended = true;
            self.disk_bytes = self.disk_bytes();
            self.compression = self.compression();
            self.stream = None;
        } else if rest > self.line_bytes_max + 1 {
            self.push(bytes, spans, base, start..filled);
            self.skipping = true;
            start = filled;
        } else {
            // One byte over the limit may still be the \r of the line's end.
            self.carry.extend_from_slice(&bytes[start..filled]);
        }
        batch.bytes_used = start as u64;
        (batch.base, batch.end, batch.skipping) = (base, base + start as u64, self.skipping);
    }

    /// What comes next is the rest of a line that was too long.
    pub(crate) fn skip_line(&mut self) {
        self.skipping = true;
    }

    fn push(
        &mut self,
        bytes: &[u8],
        spans: &mut Vec<LineSpan>,
        base: u64,
        range: std::ops::Range<usize>,
    ) {
        if self.line > LINE_MAX {
            self.failure = Some(ReadError::TooManyLines { name: self.name.clone() });
            self.ended = true;
            return;
        }
        let offset = base + range.start as u64;
        let whole = &bytes[range.clone()];
        let length = whole.strip_suffix(b"\r").unwrap_or(whole).len();
        let truncated = length > self.line_bytes_max;
        let kept = length.min(self.line_bytes_max);
        if truncated {
            self.cut_bytes += (whole.len() - kept) as u64;
        }
        spans.push(LineSpan {
            start: range.start as u32,
            end: (range.start + kept) as u32,
            offset,
            truncated,
        });
        self.line += 1;
    }

    fn describe(&self, source: io::Error) -> ReadError {
        let name = self.name.clone();
        let compression = self.compression();
        if is_replaced(&source) {
            ReadError::Replaced { name }
        } else if compression == Compression::None || source.raw_os_error().is_some() {
            ReadError::Io { name, source }
        } else {
            ReadError::Damaged {
                name,
                compression: compression.word(),
                lines: self.line - 1,
                source,
            }
        }
    }

    /// Goes on at a line whose offset is known, in a file whose head is known. Only an uncompressed
    /// file can; the others say `false` and stay where they are.
    pub(crate) fn jump(&mut self, line: u64, offset: u64, head: Option<u64>) -> bool {
        let jumps = self.stream.as_mut().is_some_and(|s| s.move_to(offset));
        if jumps {
            self.carry.clear();
            self.skipping = false;
            (self.line, self.position, self.head) = (line, offset, head);
        }
        jumps
    }

    /// Lets go of the file descriptor until the next batch is asked for.
    pub fn park(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.park();
        }
    }

    /// How the input is compressed, once that is known.
    pub fn compression(&self) -> Compression {
        self.stream.as_ref().map_or(self.compression, Stream::compression)
    }

    /// Bytes of the input used so far, as they stand on disk: for showing progress.
    pub fn disk_bytes(&self) -> u64 {
        self.stream.as_ref().map_or(self.disk_bytes, Stream::position)
    }

    /// Bytes of too long lines that were passed over so far.
    pub fn cut_bytes(&self) -> u64 {
        self.cut_bytes
    }
}

/// The hash that tells a file from others: of its first bytes, decompressed.
pub(crate) fn head_hash(bytes: &[u8]) -> u64 {
    xxh3_64(&bytes[..bytes.len().min(HEAD_BYTES)])
}
