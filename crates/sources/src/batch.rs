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
}

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
        self.bytes_used = 0;
    }
}

impl LineSpan {
    pub(crate) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}
