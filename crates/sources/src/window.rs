//! What can still be read back of a pipe: its beginning and its recent past, packed. Log text packs
//! to a tenth or less, so the window reaches ten times further than its size.

use crate::batch::{Batch, Line, LineSpan};
use std::collections::VecDeque;
use zstd::bulk::{Compressor, Decompressor};

/// Packed bytes of the beginning, which stay: what was there first is what later things are
/// compared with.
const FIRST_BYTES_MAX: usize = 16 << 20;
/// Packed bytes of the recent past; older ones go as new ones come.
const RECENT_BYTES_MAX: usize = 48 << 20;
/// zstd's level. On mixed logs the fastest positive one packs 23.0 MB to 3.0 MB, level −4 to 4.8 MB
/// (`zstd -1`, `zstd --fast=4`) and is a third faster (`cargo bench -p sources -- window`).
const LEVEL: i32 = 1;

/// Packed lines of one pipe.
pub(crate) struct Window {
    compressor: Option<Compressor<'static>>,
    blocks: VecDeque<Block>,
    /// How many of the blocks are the beginning, and stay.
    first_blocks: usize,
    first_bytes: usize,
    recent_bytes: usize,
    recent_bytes_max: usize,
    line_bytes_max: usize,
}

/// One batch, packed.
struct Block {
    first_line: u64,
    lines: usize,
    /// Of the first line's first byte, in the pipe.
    offset: u64,
    unpacked_bytes: usize,
    packed: Box<[u8]>,
    last_is_cut: bool,
}

impl Window {
    pub(crate) fn new(line_bytes_max: usize) -> Window {
        Window {
            compressor: Compressor::new(LEVEL).ok(),
            blocks: VecDeque::new(),
            first_blocks: 0,
            first_bytes: 0,
            recent_bytes: 0,
            recent_bytes_max: RECENT_BYTES_MAX,
            line_bytes_max,
        }
    }

    /// Keeps the lines of a batch. A line's bytes stay as they stood in the pipe, so that offsets
    /// follow from them.
    pub(crate) fn keep(&mut self, batch: &Batch) {
        let (Some(first), Some(last)) = (batch.spans.first(), batch.spans.last()) else {
            return;
        };
        let bytes = &batch.bytes[first.start as usize..batch.bytes_used as usize];
        // Without memory for it there is nothing to read back, and that is all.
        let packed = self.compressor.as_mut().and_then(|c| c.compress(bytes).ok());
        let Some(packed) = packed else { return };
        let size = packed.len();
        self.blocks.push_back(Block {
            first_line: batch.first_line,
            lines: batch.spans.len(),
            offset: first.offset,
            unpacked_bytes: bytes.len(),
            packed: packed.into(),
            last_is_cut: last.truncated,
        });
        if self.blocks.len() == self.first_blocks + 1 && self.first_bytes + size <= FIRST_BYTES_MAX
        {
            self.first_blocks += 1;
            self.first_bytes += size;
            return;
        }
        self.recent_bytes += size;
        while self.recent_bytes > self.recent_bytes_max {
            match self.blocks.remove(self.first_blocks) {
                Some(gone) => self.recent_bytes -= gone.packed.len(),
                None => break,
            }
        }
    }

    /// Unpacks the block that holds a line into `batch`; `false` if it is gone.
    pub(crate) fn unpack(&self, line: u64, batch: &mut Batch) -> bool {
        let after = self.blocks.partition_point(|block| block.first_line <= line);
        let Some(block) = after.checked_sub(1).and_then(|index| self.blocks.get(index)) else {
            return false;
        };
        if line - block.first_line >= block.lines as u64 {
            return false;
        }
        let unpacked =
            Decompressor::new().and_then(|mut d| d.decompress(&block.packed, block.unpacked_bytes));
        batch.clear();
        batch.bytes = match unpacked {
            Ok(bytes) => bytes,
            Err(_) => return false,
        };
        batch.first_line = block.first_line;
        batch.head = None;
        self.frame(block, batch);
        true
    }

    /// Finds the lines of a block again, as the reader found them.
    fn frame(&self, block: &Block, batch: &mut Batch) {
        let Batch { bytes, spans, .. } = batch;
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
        for end in ends.take(block.lines) {
            let whole = &bytes[start..end];
            let length = whole.strip_suffix(b"\r").unwrap_or(whole).len();
            spans.push(LineSpan {
                start: start as u32,
                end: (start + length.min(self.line_bytes_max)) as u32,
                offset: block.offset + start as u64,
                truncated: length > self.line_bytes_max,
            });
            start = (end + 1).min(bytes.len());
        }
        if let Some(last) = spans.last_mut() {
            last.truncated |= block.last_is_cut;
        }
    }
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Window({} blocks)", self.blocks.len())
    }
}

/// The line with this number, if the batch holds it.
pub(crate) fn line_of(batch: &Batch, line: u64) -> Option<Line<'_>> {
    let index = line.checked_sub(batch.first_line)?;
    batch.get(usize::try_from(index).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Input, LineReader, More};
    use std::io::Write;

    /// Lines of every kind, read with small limits.
    fn batches(max: usize) -> (tempfile::NamedTempFile, Vec<Batch>) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for n in 0..2_000 {
            let end = if n % 3 == 0 { "\r\n" } else { "\n" };
            write!(file, "{}{end}", "x".repeat(n * 7 % 90)).unwrap();
        }
        write!(file, "no end").unwrap();
        let input = Input { path: file.path().into(), kind: crate::Kind::File, bytes: 0 };
        let reader = LineReader::open(&input, 0).unwrap();
        let mut reader = reader.with_line_bytes_max(max).with_batch_bytes(1_000);
        let (mut batches, mut batch) = (Vec::new(), Batch::default());
        while reader.next_batch(&mut batch).unwrap() != More::End {
            batches.push(batch.clone());
        }
        (file, batches)
    }

    #[test]
    fn lines_come_back_as_they_were_read() {
        for max in [50, 1 << 20] {
            let mut window = Window::new(max);
            let (_file, batches) = batches(max);
            batches.iter().for_each(|batch| window.keep(batch));
            let mut unpacked = Batch::default();
            for line in batches.iter().flat_map(Batch::lines) {
                assert!(window.unpack(line.place.line, &mut unpacked));
                let found = line_of(&unpacked, line.place.line).unwrap();
                assert_eq!((found.bytes, found.offset), (line.bytes, line.offset));
                assert_eq!(found.truncated, line.truncated, "{line:?}");
            }
            assert!(!window.unpack(2_002, &mut unpacked));
            assert!(!window.unpack(0, &mut unpacked));
        }
    }

    #[test]
    fn the_beginning_and_the_recent_past_stay() {
        let (_file, batches) = batches(1 << 20);
        let mut window = Window::new(1 << 20);
        window.first_bytes = FIRST_BYTES_MAX - 1_000;
        window.recent_bytes_max = 1_000;
        batches.iter().for_each(|batch| window.keep(batch));
        assert!(window.recent_bytes <= 1_000 && window.first_bytes <= FIRST_BYTES_MAX);
        let mut unpacked = Batch::default();
        assert!(window.unpack(1, &mut unpacked));
        assert!(!window.unpack(1_000, &mut unpacked));
        assert!(window.unpack(2_001, &mut unpacked));
    }
}
