//! The journal's export format → entries. Fields are lines `NAME=value`, or `NAME`, a length of 64 bits and that many
//! bytes where a value holds line ends; an empty line ends an entry. Values are not looked at, but for the cursor.

use memchr::memchr;

/// The field that names an entry's place.
const CURSOR: &[u8] = b"__CURSOR=";
/// Bytes of a line that are looked at: names have at most 64, cursors some 200.
const LINE_BYTES: usize = 1 << 10;

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its fields as they came, without the empty line behind them.
    pub bytes: &'a [u8],
    /// Its place in the journal; empty if it has none.
    pub cursor: &'a [u8],
    /// It was longer than the limit; this is its head.
    pub is_truncated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Within a line.
    Line,
    /// Within the length of a binary value, of which so many bytes are there.
    Length { bytes: usize, value: u64 },
    /// Within a binary value and the line end behind it: so many bytes are to come.
    Value(u64),
}

/// Cuts a stream into entries.
#[derive(Debug)]
pub struct Export {
    bytes_max: usize,
    state: State,
    /// The head of the line that is under way.
    line: Vec<u8>,
    has_equals: bool,
    entry: Vec<u8>,
    cursor: Vec<u8>,
    is_truncated: bool,
}

impl Export {
    /// Keeps at most so many bytes of an entry.
    pub fn new(bytes_max: usize) -> Export {
        Export {
            bytes_max,
            state: State::Line,
            line: Vec::new(),
            has_equals: false,
            entry: Vec::new(),
            cursor: Vec::new(),
            is_truncated: false,
        }
    }

    /// Takes the next bytes and hands out the entries that they complete.
    pub fn push(&mut self, bytes: &[u8], visit: &mut impl FnMut(Entry<'_>)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.state {
                State::Line => self.line(rest, visit),
                State::Length { bytes, value } => {
                    let value = value | u64::from(rest[0]) << (8 * bytes);
                    self.state = match bytes {
                        7 => State::Value(value.saturating_add(1)),
                        _ => State::Length { bytes: bytes + 1, value },
                    };
                    self.keep(&rest[..1]);
                    1
                }
                State::Value(left) => {
                    let used = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    self.keep(&rest[..used]);
                    self.state = match left - used as u64 {
                        0 => State::Line,
                        left => State::Value(left),
                    };
                    used
                }
            };
            rest = &rest[used..];
        }
    }

    fn line(&mut self, rest: &[u8], visit: &mut impl FnMut(Entry<'_>)) -> usize {
        let end = memchr(b'\n', rest);
        let piece = &rest[..end.unwrap_or(rest.len())];
        let room = LINE_BYTES.saturating_sub(self.line.len());
        self.line.extend_from_slice(&piece[..piece.len().min(room)]);
        self.has_equals |= memchr(b'=', piece).is_some();
        let Some(end) = end else {
            self.keep(piece);
            return piece.len();
        };
        let used = end + 1;
        if self.line.is_empty() {
            self.hand_out(visit);
            return used;
        }
        self.keep(&rest[..used]);
        if let Some(cursor) = self.line.strip_prefix(CURSOR) {
            self.cursor = cursor.to_vec();
        }
        if !self.has_equals {
            self.state = State::Length { bytes: 0, value: 0 };
        }
        self.line.clear();
        self.has_equals = false;
        used
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = self.bytes_max - self.entry.len();
        self.is_truncated |= bytes.len() > room;
        self.entry.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn hand_out(&mut self, visit: &mut impl FnMut(Entry<'_>)) {
        if !self.entry.is_empty() {
            visit(Entry {
                bytes: &self.entry,
                cursor: &self.cursor,
                is_truncated: self.is_truncated,
            });
        }
        self.entry.clear();
        self.entry.shrink_to(64 << 10);
        self.cursor.clear();
        self.is_truncated = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Kept = (Vec<u8>, String, bool);

    fn entries(stream: &[u8], bytes_max: usize, size: usize) -> Vec<Kept> {
        let mut export = Export::new(bytes_max);
        let mut found = Vec::new();
        for piece in stream.chunks(size) {
            export.push(piece, &mut |entry| {
                let cursor = String::from_utf8_lossy(entry.cursor).into_owned();
                found.push((entry.bytes.to_vec(), cursor, entry.is_truncated));
            });
        }
        found
    }

    #[test]
    fn entries_with_text_and_binary_values() {
        let first = b"__CURSOR=s=1;i=a\nMESSAGE=one = two\n";
        let mut second = b"__CURSOR=s=1;i=b\nMESSAGE\n".to_vec();
        let value = b"line\n\nline =\n";
        second.extend_from_slice(&(value.len() as u64).to_le_bytes());
        second.extend_from_slice(value);
        second.extend_from_slice(b"\nPRIORITY=3\n");
        let stream = [&first[..], b"\n", &second, b"\n\n\n", b"X=1\n\n", b"CUT=off"].concat();
        let expected = [
            (first.to_vec(), "s=1;i=a".to_owned(), false),
            (second.clone(), "s=1;i=b".to_owned(), false),
            (b"X=1\n".to_vec(), String::new(), false),
        ];
        for size in [1, 2, 3, 7, stream.len()] {
            assert_eq!(entries(&stream, 1_000, size), expected, "in pieces of {size}");
        }
        let cut = entries(&stream, 20, 5);
        assert_eq!(
            cut.iter().map(|e| (e.0.len(), e.2)).collect::<Vec<_>>(),
            [(20, true), (20, true), (4, false)]
        );
        assert_eq!(cut[1].1, "s=1;i=b");
    }

    #[test]
    fn a_length_that_cannot_be_true_takes_no_memory() {
        let stream = [b"A\n".to_vec(), vec![0xff; 8], vec![b'x'; 100_000]].concat();
        assert_eq!(entries(&stream, 1_000, 999), []);
    }
}
