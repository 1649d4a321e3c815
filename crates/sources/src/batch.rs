//! A batch: one chunk of bytes and where its lines stand in it. Owned, so that a reading thread can
//! hand it on; meant to be used again and again, so that reading allocates nothing.

use crate::place::Place;
use model::{Cursor, Envelope, Origin, Seq};
use std::ops::Range;

/// Lines of one input that follow each other.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Index of the input in the run's list.
    pub input: u32,
    /// 1-based number of the first line.
    pub first_line: u64,
    /// Bytes of the input that this batch used up, after decompression, line ends and the skipped
    /// rest of long lines included.
    pub bytes_used: u64,
    /// Hash of the file's head; `None` for a pipe.
    pub head: Option<u64>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) spans: Vec<LineSpan>,
    /// Offset of the first of `bytes`.
    pub(crate) base: u64,
    /// Offset behind the bytes that were used up.
    pub(crate) end: u64,
    /// What follows is the rest of a line that was too long.
    pub(crate) skipping: bool,
    /// The input ended within the last line.
    pub(crate) is_open: bool,
    /// Bytes before `base`, as far as who reads on needs them.
    pub(crate) earlier: Vec<u8>,
}

/// How far an input was read, and what tells the place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// Offset of the next line.
    pub offset: u64,
    /// Its 1-based number.
    pub line: u64,
    /// The next bytes are the rest of a line that was too long.
    pub skipping: bool,
    /// The bytes before the place, 256 at most.
    pub recent: Vec<u8>,
}

/// Bytes of [`Reached::recent`].
const RECENT_BYTES: usize = 256;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineSpan {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Of the first byte, in the decompressed input.
    pub(crate) offset: u64,
    pub(crate) truncated: bool,
}

/// One line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The bytes; `\n` or `\r\n` is taken off, nothing else.
    pub bytes: &'a [u8],
    /// Where it stands: input and 1-based line.
    pub place: Place,
    /// Offset of its first byte in the decompressed input.
    pub offset: u64,
    /// It is only the head of a longer line, or the input broke off in it.
    pub truncated: bool,
    /// Hash of the file's head; `None` for a pipe.
    pub head: Option<u64>,
}

impl<'a> Line<'a> {
    /// The line's place as the spool counts.
    pub fn seq(&self) -> Seq {
        self.place.seq()
    }

    /// Where in its source the line stands.
    pub fn cursor(&self) -> Cursor {
        let (offset, line) = (self.offset, self.place.line);
        match self.head {
            Some(head) => Cursor::File { head, offset, line },
            None => Cursor::Stream { offset, line },
        }
    }

    /// The line as an envelope whose time of receipt nobody knows.
    pub fn envelope<'e>(&self, origin: &'e Origin) -> Envelope<'e>
    where
        'a: 'e,
    {
        Envelope {
            seq: self.seq(),
            origin,
            cursor: self.cursor(),
            received_at: None,
            payload: self.bytes,
            truncated: self.truncated,
        }
    }
}

impl Batch {
    /// How many lines it holds; a batch without lines is no end (see [`crate::More`]).
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether it holds no line.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The line at `index` (0-based in the batch), if there is one.
    pub fn get(&self, index: usize) -> Option<Line<'_>> {
        let span = self.spans.get(index)?;
        Some(Line {
            bytes: self.bytes.get(span.range())?,
            place: Place { input: self.input, line: self.first_line + index as u64 },
            offset: span.offset,
            truncated: span.truncated,
            head: self.head,
        })
    }

    /// The lines, in order.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = Line<'_>> + ExactSizeIterator {
        self.spans.iter().enumerate().map(|(index, span)| Line {
            bytes: &self.bytes[span.range()],
            place: Place { input: self.input, line: self.first_line + index as u64 },
            offset: span.offset,
            truncated: span.truncated,
            head: self.head,
        })
    }

    /// How far the input was read once the first `lines` lines of this batch were.
    pub fn reached(&self, lines: usize) -> Reached {
        let (offset, skipping) = match self.spans.get(lines) {
            Some(span) => (span.offset, false),
            None => (self.end, self.skipping),
        };
        let line = self.first_line + lines.min(self.spans.len()) as u64 - u64::from(skipping);
        let before = (offset.saturating_sub(self.base) as usize).min(self.bytes.len());
        let own = &self.bytes[before.saturating_sub(RECENT_BYTES)..before];
        let missing = (RECENT_BYTES - own.len()).min(self.earlier.len());
        let recent = [&self.earlier[self.earlier.len() - missing..], own].concat();
        Reached { offset, line, skipping, recent }
    }

    /// Leaves out the lines that begin before an offset.
    pub(crate) fn leave_out_before(&mut self, offset: u64) {
        let known = self.spans.iter().take_while(|span| span.offset < offset).count();
        self.spans.drain(..known);
        self.first_line += known as u64;
    }

    /// Leaves out the last line if the input ended within it.
    pub(crate) fn leave_open_line(&mut self) {
        if let Some(span) = self.spans.pop_if(|_| self.is_open) {
            (self.end, self.skipping) = (span.offset, false);
        }
    }

    /// The input broke off after `filled` bytes: unless a line ends there, the last one is cut.
    pub(crate) fn cut_last(&mut self, filled: usize) {
        let ends = self.bytes[..filled].ends_with(b"\n");
        if let Some(last) = self.spans.last_mut().filter(|_| !ends) {
            last.truncated = true;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
        self.earlier.clear();
        (self.bytes_used, self.skipping, self.is_open) = (0, false, false);
    }
}

impl LineSpan {
    pub(crate) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}
