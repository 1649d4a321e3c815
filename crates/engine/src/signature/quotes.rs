//! What stands in quotes → a value, unless it is a key, a request, a message, or holds an outcome.

use super::class::{DIGIT, DOT, JOINER, LETTER, class_at, classes_of, ends_word};
use super::expect::Expect;
use super::lexicon::{self as lex, meaning};
use super::skeleton::HoleKind;
use super::tokenizer::Scan;

/// A key with more digits is an id.
const KEY_DIGITS_MAX: usize = 3;
/// Pairs of quotes that are looked for in one line.
const QUOTES_MAX: usize = 128;
/// Bytes that quotes may span; further apart they are no pair.
const QUOTED_BYTES_MAX: usize = 1024;

impl Scan<'_> {
    /// Quotes: a key of JSON, a request, a message, or a value.
    pub(super) fn quote(&mut self, i: usize) -> usize {
        let quote = self.body[i];
        let inside = i > 0 && class_at(self.body, i - 1) & (LETTER | DIGIT) != 0;
        if i == self.quote_close || inside {
            return i + 1;
        }
        self.quotes += 1;
        if self.quotes > QUOTES_MAX {
            return i + 1;
        }
        let Some(close) = self.closing(i, quote) else {
            return i + 1;
        };
        let inner = (i + 1, close);
        if self.body.get(close + 1) == Some(&b':') && self.is_key(i, close) {
            self.word = inner;
            self.word_meaning = 0;
            self.key_in_quotes();
            return close + 2;
        }
        if self.is_text(inner) {
            self.quote_close = close;
            return i + 1;
        }
        let end = self.hole(HoleKind::Quoted, inner.0, inner.1);
        self.copied = end;
        end + 1
    }

    /// Whether the quotes from `open` to `close` hold a key of JSON: a name, behind `{` or `,`.
    fn is_key(&self, open: usize, close: usize) -> bool {
        let before = self.body[..open].iter().rfind(|b| **b != b' ');
        let key = &self.body[open + 1..close];
        let digits = key.iter().filter(|b| b.is_ascii_digit()).count();
        let classes = classes_of(self.body, open + 1, close);
        matches!(before, Some(b'{' | b','))
            && !key.is_empty()
            && digits <= KEY_DIGITS_MAX
            && classes & !(LETTER | JOINER | DOT | DIGIT) == 0
    }

    /// The quote that closes the one at `i`: not inside a word, not too far away.
    fn closing(&self, i: usize, quote: u8) -> Option<usize> {
        let window = &self.body[i + 1..self.body.len().min(i + 1 + QUOTED_BYTES_MAX)];
        let mut from = 0;
        while let Some(at) = memchr::memchr(quote, &window[from..]) {
            let close = i + 1 + from + at;
            let escaped = self.body[close - 1] == b'\\' && close > i + 1;
            let goes_on = class_at(self.body, close + 1) & (LETTER | DIGIT) != 0;
            if !escaped && !goes_on {
                return Some(close);
            }
            from += at + 1;
        }
        None
    }

    /// Whether the quoted text is to be read word by word: a request, a message, or text that
    /// holds an outcome.
    fn is_text(&self, (start, end): (usize, usize)) -> bool {
        if self.expect == Expect::Message {
            return true;
        }
        // `action="deny"` is as telling as `action=deny`.
        let inner = &self.body[start..end];
        if self.expect == Expect::Value
            && !inner.is_empty()
            && inner.len() <= lex::WORD_BYTES_MAX * 2
        {
            let classes = classes_of(self.body, start, end);
            if classes & !(LETTER | JOINER) == 0 {
                return true;
            }
        }
        let mut at = start;
        let mut first = true;
        while at < end {
            let mut stop = at;
            while stop < end && class_at(self.body, stop) & LETTER != 0 {
                stop += 1;
            }
            let meaning = meaning(self.body, at, stop);
            let whole = (at == start || self.body[at - 1] == b' ')
                && (stop == end || ends_word(self.body, stop) || self.body[stop] == b'.');
            if whole && meaning & lex::OUTCOME != 0 && self.expect != Expect::Identity {
                return true;
            }
            if first && meaning & lex::METHOD != 0 && self.body.get(stop) == Some(&b' ') {
                return true;
            }
            first = false;
            at = stop + 1;
        }
        false
    }
}
