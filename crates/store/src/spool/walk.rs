//! Bytes of a segment → its whole blocks, and the stretches that are none. What is damaged is passed over
//! to the next whole head; nothing stops a walk.

use super::header::{BLOCK_MARK, BlockHead, HEAD, SegmentHead};
use crate::disk::{DiskFile, read_full};
use memchr::memmem;
use std::io;
use std::ops::Range;

/// Read at once.
const WINDOW: usize = 1 << 20;

/// What a walk comes across.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A block whose head is whole and whose payload is what was written. The payload is at hand
    /// until the next step.
    Block {
        /// Where it stands.
        offset: u64,
        /// Its head.
        head: BlockHead,
    },
    /// Bytes that are no whole block.
    Bad(Bad),
    /// There is nothing more.
    End,
}

/// Bytes that are no whole block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bad {
    /// First byte.
    pub(super) start: u64,
    /// One past the last byte.
    pub(super) end: u64,
    /// Their head is whole and tells which records are lost.
    pub(super) head: Option<BlockHead>,
    /// They reach to the end of what may be read.
    pub(super) to_the_end: bool,
}

/// A walk over a file, and the window of it that is in memory.
pub(super) struct Walk<'a> {
    file: &'a dyn DiskFile,
    /// Tag of the segment; unknown while its head is damaged.
    tag: Option<u64>,
    offset: u64,
    end: u64,
    window: &'a mut Window,
}

/// Part of a file in memory.
#[derive(Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    start: u64,
    used: usize,
}

impl Window {
    /// Forgets what it holds: it is another file's now.
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    /// Bytes `range`, fewer where the file ends.
    fn get(&mut self, file: &dyn DiskFile, range: Range<u64>, end: u64) -> io::Result<&[u8]> {
        let held = self.start..self.start + self.used as u64;
        if range.start < held.start || range.end > held.end {
            let wanted = (range.end - range.start).max(WINDOW as u64);
            let size = wanted.min(end.saturating_sub(range.start)) as usize;
            if self.bytes.len() < size {
                self.bytes.resize(size, 0);
            }
            self.used = 0;
            self.used = read_full(file, &mut self.bytes[..size], range.start)?;
            self.start = range.start;
        }
        let from = (range.start - self.start) as usize;
        let to = ((range.end - self.start) as usize).min(self.used);
        Ok(&self.bytes[from.min(to)..to])
    }

    /// All that is held from `from` on: at least a head, unless the file ends.
    fn rest(&mut self, file: &dyn DiskFile, from: u64, end: u64) -> io::Result<&[u8]> {
        self.get(file, from..(from + HEAD as u64).min(end), end)?;
        let held = (from - self.start) as usize;
        Ok(&self.bytes[held.min(self.used)..self.used])
    }
}

/// Reads the head of a segment.
pub(super) fn segment_head(file: &dyn DiskFile) -> io::Result<Option<SegmentHead>> {
    let mut bytes = [0; HEAD];
    let size = read_full(file, &mut bytes, 0)?;
    Ok(SegmentHead::read(&bytes[..size]))
}

impl<'a> Walk<'a> {
    /// A walk over the blocks between `offset` and `end`.
    pub(super) fn new(
        file: &'a dyn DiskFile,
        tag: Option<u64>,
        offset: u64,
        end: u64,
        window: &'a mut Window,
    ) -> Walk<'a> {
        Walk { file, tag, offset, end, window }
    }

    /// Where the walk stands.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The tag, if by now it is known.
    pub(super) fn tag(&self) -> Option<u64> {
        self.tag
    }

    /// The payload of the block that was found last.
    pub(super) fn payload(&mut self, offset: u64, head: &BlockHead) -> io::Result<&[u8]> {
        let start = offset + HEAD as u64;
        self.window.get(self.file, start..start + u64::from(head.stored), self.end)
    }

    /// Goes on to the next block or damage.
    ///
    /// # Errors
    /// What the system says; the walk stays where it was.
    pub(super) fn step(&mut self) -> io::Result<Step> {
        if self.offset >= self.end {
            return Ok(Step::End);
        }
        let offset = self.offset;
        let Some(head) = self.head(offset)? else { return self.damage(offset, None) };
        if offset + head.size() > self.end {
            // Cut short. What follows is no part of the payload if another head stands there.
            return self.damage(offset, Some(head));
        }
        if crc32c::crc32c(self.payload(offset, &head)?) != head.crc {
            self.offset = offset + head.size();
            let to_the_end = self.offset >= self.end;
            let bad = Bad { start: offset, end: self.offset, head: Some(head), to_the_end };
            return Ok(Step::Bad(bad));
        }
        self.tag = Some(head.tag);
        self.offset = offset + head.size();
        Ok(Step::Block { offset, head })
    }

    /// The whole head at `offset` that belongs to this segment.
    fn head(&mut self, offset: u64) -> io::Result<Option<BlockHead>> {
        let end = (offset + HEAD as u64).min(self.end);
        let head = BlockHead::read(self.window.get(self.file, offset..end, self.end)?);
        Ok(head.filter(|head| self.tag.is_none_or(|tag| tag == head.tag)))
    }

    /// Looks for the next whole head after `start`.
    fn damage(&mut self, start: u64, head: Option<BlockHead>) -> io::Result<Step> {
        let mut from = start + 1;
        while from + (HEAD as u64) <= self.end {
            let bytes = self.window.rest(self.file, from, self.end)?;
            if bytes.len() < HEAD {
                break;
            }
            match memmem::find(bytes, &BLOCK_MARK) {
                Some(place) => {
                    from += place as u64;
                    if self.head(from)?.is_some() {
                        self.offset = from;
                        let bad = Bad { start, end: from, head, to_the_end: false };
                        return Ok(Step::Bad(bad));
                    }
                    from += 1;
                }
                // A mark may stand over the edge.
                None => from += (bytes.len() - BLOCK_MARK.len() + 1) as u64,
            }
        }
        self.offset = self.end;
        Ok(Step::Bad(Bad { start, end: self.end, head, to_the_end: true }))
    }
}
