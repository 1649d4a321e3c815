//! Bytes in pieces of any size → lines with their places, in bounded memory.
//!
//! A line ends at LF, CRLF or a lone CR (serial consoles write all three). What a line holds beyond
//! [`LINE_BYTES_MAX`] is passed over and counted.

use memchr::memchr2;

/// Bytes of a line that are kept; the kernel's own limit is about 1 KiB, JSON of a journal with a
/// stack trace has some hundred.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;

/// One line, without its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Offset of its first byte.
    pub byte: u64,
    /// Its bytes; the head of it if it was too long.
    pub bytes: &'a [u8],
    /// How many bytes were passed over.
    pub cut_bytes: u64,
}

/// Cuts pieces into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    carry: Vec<u8>,
    cut_bytes: u64,
    number: u64,
    /// Offset of the next byte, and of the line that is being read.
    position: u64,
    begin: u64,
    /// The last byte was a CR; an LF behind it belongs to the same end.
    after_cr: bool,
}

impl Lines {
    /// Reads a piece and gives the lines that end in it.
    pub(super) fn push(&mut self, piece: &[u8], mut emit: impl FnMut(Line<'_>)) {
        let mut rest = piece;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            if rest[0] == b'\n' {
                rest = &rest[1..];
                self.position += 1;
                self.begin = self.position;
            }
        }
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            let is_cr = rest[end] == b'\r';
            let is_crlf = is_cr && rest.get(end + 1) == Some(&b'\n');
            self.after_cr = is_cr && end + 1 == rest.len();
            let behind = end + 1 + usize::from(is_crlf);
            self.number += 1;
            let (number, byte) = (self.number, self.begin);
            if self.carry.is_empty() && self.cut_bytes == 0 && end <= LINE_BYTES_MAX {
                emit(Line { number, byte, bytes: &rest[..end], cut_bytes: 0 });
            } else {
                self.keep(&rest[..end]);
                let cut_bytes = std::mem::take(&mut self.cut_bytes);
                emit(Line { number, byte, bytes: &self.carry, cut_bytes });
                self.carry.clear();
            }
            self.position += behind as u64;
            self.begin = self.position;
            rest = &rest[behind..];
        }
        self.keep(rest);
        self.position += rest.len() as u64;
    }

    /// The last line, if it has no end.
    pub(super) fn finish(&mut self, emit: impl FnOnce(Line<'_>)) {
        if self.carry.is_empty() && self.cut_bytes == 0 {
            return;
        }
        self.number += 1;
        emit(Line {
            number: self.number,
            byte: self.begin,
            bytes: &self.carry,
            cut_bytes: self.cut_bytes,
        });
        self.carry.clear();
        self.cut_bytes = 0;
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_BYTES_MAX.saturating_sub(self.carry.len()).min(bytes.len());
        self.carry.extend_from_slice(&bytes[..room]);
        self.cut_bytes += (bytes.len() - room) as u64;
    }
}
