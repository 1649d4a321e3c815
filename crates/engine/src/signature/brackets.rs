//! Brackets and quantities → values that run over them: `()`, `8192 bytes (8.0 KB)`, `<1 sec`,
//! `Type{1a2b, 3}`, `1.5 GB`.

use super::class::{DIGIT, LETTER, SLASH, class_at};
use super::expect::Expect;
use super::lexicon::{self as lex, meaning};
use super::shape;
use super::skeleton::HoleKind;
use super::tokenizer::Scan;

/// Bytes between the braces of an object that is one value.
const OBJECT_BYTES_MAX: usize = 48;

impl Scan<'_> {
    pub(super) fn parenthesis(&mut self, i: usize) -> usize {
        // A value and `()`: the place of a value that is absent.
        if self.body.get(i + 1) == Some(&b')') && i > 0 && self.body[i - 1] == b' ' {
            self.flush(i);
            if self.out.ends_in_hole(b" ") {
                self.flush(i + 1);
                return self.hole(HoleKind::Name, i + 1, i + 1);
            }
        }
        // A quantity said again in another unit.
        if self.word_meaning & lex::BYTES != 0
            && self.word.1 + 1 == i
            && let Some(end) = self.restated(i)
        {
            self.flush(self.word.1);
            self.out.note(HoleKind::Size, i + 1, end - 1);
            self.copied = end;
            return end;
        }
        self.expect = Expect::Nothing;
        match self.cron_user(i) {
            Some(end) => self.hole(HoleKind::User, 1, end),
            None => i + 1,
        }
    }

    /// The end of the user of a cron line: `(root) CMD (…`.
    fn cron_user(&self, i: usize) -> Option<usize> {
        let end = self.word_end(1);
        if i > 0 || end == 1 || !self.body[end..].starts_with(b") ") {
            return None;
        }
        let next = self.word_end(end + 2);
        let action = &self.body[end + 2..next];
        let upper = !action.is_empty() && action.iter().all(u8::is_ascii_uppercase);
        (upper && self.body.get(next) == Some(&b' ')).then_some(end)
    }

    /// A bracket where the name of a user should be: there is none.
    pub(super) fn bracket(&mut self, i: usize) -> usize {
        match self.expect {
            Expect::AnyUser => self.absent_user(i),
            Expect::User | Expect::Identity => {}
            _ => self.expect = Expect::Nothing,
        }
        i + 1
    }

    /// One past `(1.04 KB)` at `i`.
    fn restated(&self, i: usize) -> Option<usize> {
        let number = self.word_end(i + 1);
        if !shape::digit_at(self.body, i + 1) {
            return None;
        }
        let mut end = number;
        if self.body.get(number) == Some(&b' ') {
            end = self.word_end(number + 1);
            if !self.is_size(number + 1, end) {
                return None;
            }
        }
        (self.body.get(end) == Some(&b')')).then_some(end + 1)
    }

    /// `<1 sec`: less than a quantity is a quantity.
    pub(super) fn less_than(&mut self, i: usize) -> usize {
        if shape::digit_at(self.body, i + 1) {
            let mut end = self.word_end(i + 1);
            if self.body.get(end) == Some(&b' ') {
                let unit = self.word_end(end + 1);
                if meaning(self.body, end + 1, unit) & lex::TIME != 0 {
                    end = unit;
                }
            }
            if self.body.get(end) != Some(&b'>') {
                return self.hole(HoleKind::Duration, i, end);
            }
        }
        i + 1
    }

    /// The end of an object as `Type{1a2b, 3}`, whose braces hold values only.
    pub(super) fn object(&self, open: usize) -> Option<usize> {
        if self.body.get(open) != Some(&b'{') {
            return None;
        }
        let window = &self.body[open + 1..self.body.len().min(open + 1 + OBJECT_BYTES_MAX)];
        let close = memchr::memchr(b'}', window)?;
        let inner = &window[..close];
        let mut words = inner.split(|b| matches!(b, b' ' | b','));
        let values = words.all(|w| w.is_empty() || w.iter().any(u8::is_ascii_digit));
        (values
            && inner.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b','))
            && !inner.is_empty())
        .then_some(open + close + 2)
    }

    /// Takes a unit of data behind a number into the value: `1.5 GB` and `900 KB` are one kind.
    pub(super) fn unit(&mut self, end: usize) -> usize {
        if self.body.get(end) != Some(&b' ') || !shape::digit_at(self.body, end - 1) {
            return end;
        }
        let mut stop = end + 1;
        while class_at(self.body, stop) & LETTER != 0 {
            stop += 1;
        }
        if !self.is_size(end + 1, stop) || class_at(self.body, stop) & (DIGIT | SLASH) != 0 {
            return end;
        }
        if let Some(hole) = self.out.holes.last_mut() {
            hole.end = stop as u32;
            hole.kind = HoleKind::Size;
        }
        self.copied = stop;
        stop
    }

    fn is_size(&self, start: usize, end: usize) -> bool {
        self.body.get(start..end) == Some(b"B") || meaning(self.body, start, end) & lex::SIZE != 0
    }
}
