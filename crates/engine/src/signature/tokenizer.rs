//! A body → literals and holes, in one pass from left to right. Literal text is copied in stretches:
//! from the end of one value to the start of the next. What a word means may hang on the word or key
//! before it ([`Expect`]) and on the delimiter behind it, never on anything further away than that.

use super::class::{BLANK, CLASS, DELIMITER, JOINER, LETTER, class_at, ends_word};
use super::expect::Expect;
use super::shape;
use super::skeleton::{HoleKind, Skeleton};

/// Bytes of a line that are read; the rest is one value.
pub(super) const BODY_BYTES_MAX: usize = 8 * 1024;
/// Words of a line that are read; the rest is one value.
pub(super) const WORDS_MAX: usize = 256;

pub(super) fn tokenize(body: &[u8], skeleton: &mut Skeleton) {
    let limit = if body.len() > BODY_BYTES_MAX { cut(body) } else { body.len() };
    let mut end = limit;
    while end > 0 && CLASS[body[end - 1] as usize] & BLANK != 0 {
        end -= 1;
    }
    let mut scan = Scan {
        body: &body[..end],
        out: skeleton,
        copied: 0,
        expect: Expect::Nothing,
        word: (0, 0),
        word_meaning: 0,
        after_clock: false,
        quote_close: usize::MAX,
        quotes: 0,
        separators: 0,
        list_from: 0,
        words: 0,
    };
    let stopped = scan.run();
    let lists = scan.separators > 1;
    if lists {
        skeleton.collapse_lists();
    }
    if stopped < body.len() && (stopped < end || limit < body.len()) {
        skeleton.literal(b" ");
        skeleton.hole(HoleKind::Tail, stopped, body.len());
    }
}

/// The last place at or before the limit where no character is torn.
fn cut(body: &[u8]) -> usize {
    let mut at = BODY_BYTES_MAX;
    while at > 0 && body[at] & 0xc0 == 0x80 {
        at -= 1;
    }
    at
}

/// One reading of one body.
pub(super) struct Scan<'a> {
    pub(super) body: &'a [u8],
    pub(super) out: &'a mut Skeleton,
    /// Where the literal text that is not yet in the skeleton begins.
    pub(super) copied: usize,
    pub(super) expect: Expect,
    /// The last literal word and what it means.
    pub(super) word: (usize, usize),
    pub(super) word_meaning: u32,
    /// The last value was a time of day.
    pub(super) after_clock: bool,
    /// Where the quotes close that were opened and read inside.
    pub(super) quote_close: usize,
    pub(super) quotes: usize,
    /// Commas and semicolons; one behind a bracket makes a list by itself.
    pub(super) separators: usize,
    /// Before this place no list begins.
    pub(super) list_from: usize,
    pub(super) words: usize,
}

impl Scan<'_> {
    /// Reads to the end or the limit of words; gives the place where it stopped.
    fn run(&mut self) -> usize {
        let mut i = 0;
        while i < self.body.len() {
            let class = CLASS[self.body[i] as usize];
            if class & BLANK != 0 {
                i = self.blank(i);
            } else if class & DELIMITER != 0 {
                i = self.delimiter(i);
            } else {
                self.words += 1;
                if self.words > WORDS_MAX {
                    self.flush(i);
                    self.trim();
                    return i;
                }
                i = self.piece(i);
            }
        }
        self.flush(i);
        i
    }

    /// Copies the literal text up to `to`.
    pub(super) fn flush(&mut self, to: usize) {
        if self.copied < to {
            self.out.literal(&self.body[self.copied..to]);
        }
        self.copied = to;
    }

    fn trim(&mut self) {
        while self.out.text.last() == Some(&b' ') {
            self.out.text.pop();
        }
    }

    pub(super) fn hole(&mut self, kind: HoleKind, start: usize, end: usize) -> usize {
        self.flush(start);
        self.out.hole(kind, start, end);
        self.copied = end;
        self.expect = Expect::Nothing;
        self.word_meaning = 0;
        self.word = (0, 0);
        self.after_clock = false;
        end
    }

    /// A run of blanks is one blank; at the start it is none.
    fn blank(&mut self, i: usize) -> usize {
        let mut end = i + 1;
        while class_at(self.body, end) & BLANK != 0 && end < self.body.len() {
            end += 1;
        }
        if end - i > 1 || self.body[i] != b' ' || i == 0 {
            self.flush(i);
            if i > 0 {
                self.out.literal(b" ");
            }
            self.copied = end;
        }
        end
    }

    fn delimiter(&mut self, i: usize) -> usize {
        match self.body[i] {
            b'=' => self.key(i, true),
            b':' => return self.colon(i),
            b'"' | b'\'' => return self.quote(i),
            b'(' => return self.parenthesis(i),
            b'<' => return self.less_than(i),
            b'[' => return self.bracket(i),
            b',' | b';' => {
                let group = i > 0 && matches!(self.body[i - 1], b')' | b']' | b'}');
                self.separators += 1 + usize::from(group);
                self.expect = Expect::Nothing;
            }
            _ => self.expect = Expect::Nothing,
        }
        i + 1
    }

    fn colon(&mut self, i: usize) -> usize {
        if self.body.get(i + 1) == Some(&b':')
            && (i == 0 || !self.body[i - 1].is_ascii_alphanumeric())
            && let Some(found) = shape::groups(self.body, i)
        {
            return self.hole(found.kind, i, found.end);
        }
        if i > 0 && self.body[i - 1] == b' ' && self.body[i..].starts_with(b":: ") {
            return self.hole(HoleKind::Ip6, i, i + 2);
        }
        self.key(i, false);
        i + 1
    }

    pub(super) fn word_end(&self, start: usize) -> usize {
        let mut end = start;
        while end < self.body.len() && !ends_word(self.body, end) {
            end += 1;
        }
        end
    }

    /// One word at `i`, with what it carries over delimiters.
    fn piece(&mut self, i: usize) -> usize {
        let (mut end, mut classes) = (i, 0);
        while let Some(b) = self.body.get(end) {
            let class = CLASS[*b as usize];
            if class & (BLANK | DELIMITER) != 0 {
                break;
            }
            classes |= class;
            end += 1;
        }
        if self.body[end..].starts_with(b" [") && self.is_remote_user(i) {
            return self.hole(HoleKind::User, i, end);
        }
        if classes & !(LETTER | JOINER) == 0 {
            return self.word(i, end);
        }
        self.marked(i, end, classes)
    }
}
