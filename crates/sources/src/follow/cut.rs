//! Bytes of a growing file → its lines. A line counts when its end is there; of one that is too long the head counts
//! and the rest is passed over.

use memchr::memchr;

/// Where reading stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Offset of the next line.
    pub offset: u64,
    /// Its 1-based number.
    pub line: u64,
    /// The next bytes are the rest of a line that was too long.
    pub skipping: bool,
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut<'a> {
    pub bytes: &'a [u8],
    pub offset: u64,
    pub line: u64,
    pub is_truncated: bool,
}

/// Cuts the lines that are complete in `bytes`, which stand at the mark, and moves it behind them. `is_all`: nothing
/// will follow, so the last line needs no end. `visit` says whether it took the line; if not, the mark stays before it.
pub(super) fn cut(
    bytes: &[u8],
    is_all: bool,
    line_bytes_max: usize,
    mark: &mut Mark,
    mut visit: impl FnMut(Cut<'_>) -> bool,
) {
    let base = mark.offset;
    let mut start = 0;
    if mark.skipping {
        let Some(end) = memchr(b'\n', bytes) else {
            mark.offset += bytes.len() as u64;
            return;
        };
        (start, mark.skipping, mark.line) = (end + 1, false, mark.line + 1);
        mark.offset = base + start as u64;
    }
    while start < bytes.len() {
        // A writer that did not notice a truncation leaves a hole up to where it was.
        let hole = bytes[start..].iter().take_while(|b| **b == 0).count();
        start += hole;
        let rest = &bytes[start..];
        let found = memchr(b'\n', rest);
        let end = found.unwrap_or(rest.len());
        let is_too_long = end > line_bytes_max + 1;
        if rest.is_empty() || found.is_none() && !is_all && !is_too_long {
            mark.offset = base + start as u64;
            return;
        }
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        let kept = &line[..line.len().min(line_bytes_max)];
        let taken = visit(Cut {
            bytes: kept,
            offset: base + start as u64,
            line: mark.line,
            is_truncated: kept.len() < line.len(),
        });
        if !taken {
            mark.offset = base + start as u64;
            return;
        }
        start += end + usize::from(found.is_some());
        mark.offset = base + start as u64;
        if found.is_none() && is_too_long {
            mark.skipping = !is_all;
            return;
        }
        mark.line += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Line = (Vec<u8>, u64, u64, bool);

    /// The lines of a file that grows by these sizes, each time read from the mark.
    fn lines(file: &[u8], line_bytes_max: usize, sizes: &[usize], takes: usize) -> Vec<Line> {
        let (mut mark, mut size, mut found) =
            (Mark { offset: 0, line: 1, skipping: false }, 0, Vec::new());
        let mut turns = sizes.iter().cycle();
        loop {
            let is_all = size == file.len();
            let mut taken = 0;
            let before = mark;
            cut(&file[mark.offset as usize..size], is_all, line_bytes_max, &mut mark, |cut| {
                taken += 1;
                if taken <= takes {
                    found.push((cut.bytes.to_vec(), cut.offset, cut.line, cut.is_truncated));
                }
                taken <= takes
            });
            if is_all && mark == before {
                return found;
            }
            size = (size + *turns.next().unwrap_or(&1)).min(file.len());
        }
    }

    #[test]
    fn lines_holes_and_what_is_too_long() {
        let file = b"one\n\ntwo\r\n\0\0\0three\n123456789\nlast";
        let texts: Vec<_> = lines(file, 5, &[file.len()], 99)
            .into_iter()
            .map(|(bytes, offset, line, cut)| {
                (String::from_utf8(bytes).expect("text"), offset, line, cut)
            })
            .collect();
        let expected = [
            ("one", 0, 1, false),
            ("", 4, 2, false),
            ("two", 5, 3, false),
            ("three", 13, 4, false),
            ("12345", 19, 5, true),
            ("last", 29, 6, false),
        ];
        assert_eq!(texts, expected.map(|(t, offset, line, cut)| (t.to_owned(), offset, line, cut)));
    }

    proptest! {
        #[test]
        fn however_a_file_grows_its_lines_are_the_same(
            pieces in proptest::collection::vec(
                prop_oneof!["[a-z]{0,12}", Just("\n".to_owned()), Just("\r\n".to_owned())], 0..30),
            sizes in proptest::collection::vec(1usize..9, 1..6),
            takes in 1usize..4,
        ) {
            let file = pieces.concat().into_bytes();
            let whole = lines(&file, 6, &[file.len().max(1)], 99);
            prop_assert_eq!(lines(&file, 6, &sizes, takes), whole);
        }
    }
}
