//! One word → literal text or a value, by its letters, its marks and what came before it.

use super::class::{DIGIT, DOT, JOINER, LETTER, SLASH, classes_of};
use super::expect::{Expect, named};
use super::lexicon::{self as lex, meaning};
use super::skeleton::HoleKind;
use super::tokenizer::Scan;
use super::value::{self, Verdict};
use super::{path, shape};

/// A word of nothing but this many letters a–f is a number all the same.
const HEX_LETTERS_MIN: usize = 8;

impl Scan<'_> {
    /// A word of letters (and joiners).
    pub(super) fn word(&mut self, i: usize, end: usize) -> usize {
        let expect = std::mem::replace(&mut self.expect, Expect::Nothing);
        let mut meaning = meaning(self.body, i, end);
        if meaning & lex::CODE != 0 {
            meaning |= self.word_meaning & lex::STATUS;
        }
        let next = self.body.get(end).copied().unwrap_or(b' ');
        if next == b':'
            && let Some(stop) = self.before_colon(i, end)
        {
            return stop;
        }
        if expect != Expect::Nothing
            && let Some(stop) = self.as_expected(expect, meaning, i, end)
        {
            return stop;
        }
        if let Some((kind, stop)) = self.by_itself(meaning, i, end, next) {
            return self.hole(kind, i, stop);
        }
        self.cue(meaning, next);
        self.word = (i, end);
        self.word_meaning = meaning;
        end
    }

    /// A URL, a drive's path or an address, of which the word is the beginning.
    fn before_colon(&mut self, i: usize, end: usize) -> Option<usize> {
        if let Some(stop) = path::url(self.body, end) {
            return Some(self.hole(HoleKind::Url, end + 3, stop));
        }
        if end - i == 1 && self.body.get(end + 1) == Some(&b'\\') {
            let stop = path::path_end(self.body, end + 1, b'\\');
            return Some(self.path(i, stop));
        }
        if end - i <= 4 && self.body[i].is_ascii_hexdigit() {
            let found = shape::groups(self.body, i)?;
            return Some(self.hole(found.kind, i, found.end));
        }
        None
    }

    /// Values that a word of letters is without any help: constants, dates, lists, users of PAM
    /// and sudo.
    fn by_itself(
        &mut self,
        meaning: u32,
        i: usize,
        end: usize,
        next: u8,
    ) -> Option<(HoleKind, usize)> {
        if meaning & (lex::BOOLEAN | lex::MONTH | lex::WEEKDAY | lex::ZONE | lex::LOCALHOST) != 0
            && let Some(kind) = self.constant(meaning, end, next)
        {
            return Some((kind, end));
        }
        if next == b','
            && let Some(stop) = self.list(i)
        {
            return Some((HoleKind::List, stop));
        }
        if end - i >= HEX_LETTERS_MIN && self.body[i..end].iter().all(u8::is_ascii_hexdigit) {
            return Some((HoleKind::Hex, end));
        }
        let user = match next {
            b'(' => self.body[end..].starts_with(b"(uid=") && self.body[i].is_ascii_lowercase(),
            b' ' => i == 0 && self.is_sudo(end),
            _ => false,
        };
        user.then_some((HoleKind::User, end))
    }

    /// The end of a list that begins at `i`. What is no list is not read twice.
    fn list(&mut self, i: usize) -> Option<usize> {
        if i < self.list_from {
            return None;
        }
        shape::list(self.body, i).map_err(|from| self.list_from = from).ok()
    }

    /// true and false; localhost; names of months, days and zones where a date is.
    fn constant(&self, meaning: u32, end: usize, next: u8) -> Option<HoleKind> {
        if meaning & lex::BOOLEAN != 0 && next != b'=' {
            return Some(HoleKind::Boolean);
        }
        if meaning & lex::LOCALHOST != 0 {
            return Some(HoleKind::Host);
        }
        let month = meaning & lex::MONTH != 0 && next == b' ' && shape::day_follows(self.body, end);
        let weekday = meaning & lex::WEEKDAY != 0 && shape::date_follows(self.body, end);
        let zone = meaning & lex::ZONE != 0 && self.after_clock;
        (month || weekday || zone).then_some(HoleKind::Timestamp)
    }

    /// A path, without the marks of the sentence around it.
    fn path(&mut self, start: usize, mut end: usize) -> usize {
        while end > start + 1 && matches!(self.body[end - 1], b'.' | b'!' | b'?') {
            end -= 1;
        }
        self.hole(HoleKind::Path, start, end)
    }

    /// A word with digits or marks.
    pub(super) fn marked(&mut self, i: usize, end: usize, classes: u8) -> usize {
        let expect = std::mem::replace(&mut self.expect, Expect::Nothing);
        if let Some(stop) = self.whole_shape(expect, i, end, classes) {
            return stop;
        }
        // Leaders and ellipses (`fan speed....7`) delimit.
        if classes & (DOT | SLASH) == DOT
            && let Some(dots) = self.body[i..end].windows(2).position(|w| w == b"..")
        {
            return self.leaders(i, i + dots, end);
        }
        let core = self.core_end(i, end);
        let classes = if core == end { classes } else { classes_of(self.body, i, core) };
        if classes & !(LETTER | JOINER) == 0 {
            self.expect = expect;
            return self.word(i, core);
        }
        if expect == Expect::Status && is_server_error(&self.body[i..core]) {
            return self.server_error(i, core);
        }
        if expect == Expect::EventCode && is_event_code(&self.body[i..core]) {
            return core;
        }
        match self.judge(expect, i, core, classes) {
            Verdict::Value(kind, prefix) => self.value(expect, kind, i, prefix, core),
            Verdict::Literal => self.literal(expect, i, core),
        }
    }

    /// The end of a word without the sentence's marks and the shaft of an arrow (`40213->161`).
    fn core_end(&self, i: usize, mut end: usize) -> usize {
        while end > i + 1 && matches!(self.body[end - 1], b'.' | b'!' | b'?') {
            end -= 1;
        }
        let arrow = end > i + 1 && self.body[end - 1] == b'-' && self.body.get(end) == Some(&b'>');
        end - usize::from(arrow)
    }

    /// A status of 500 to 599. The caller's mistakes (4xx) are a value like any other; the server's
    /// own are kept apart, as a class.
    fn server_error(&mut self, i: usize, end: usize) -> usize {
        self.flush(i);
        self.out.note(HoleKind::Number, i, end);
        self.out.literal(b"5xx");
        self.copied = end;
        end
    }

    /// What the word is; where a name is expected, its digits have no say of their own.
    fn judge(&self, expect: Expect, i: usize, end: usize, classes: u8) -> Verdict {
        let verdict = value::judge(self.body, i, end, classes);
        match named(expect) {
            Some(kind)
                if classes & DIGIT != 0
                    && self.body.get(end) != Some(&b'=')
                    && !matches!(verdict, Verdict::Value(_, 0)) =>
            {
                Verdict::Value(kind, 0)
            }
            _ => verdict,
        }
    }

    /// A value after `prefix` bytes of literal, with whatever goes on behind it.
    fn value(
        &mut self,
        expect: Expect,
        kind: HoleKind,
        i: usize,
        prefix: usize,
        end: usize,
    ) -> usize {
        if expect == Expect::Command {
            return self.hole(HoleKind::Path, i, self.body.len());
        }
        if prefix == 0 && self.body[i] == b'/' && kind == HoleKind::Path {
            let stop = path::path_end(self.body, i, b'/');
            return self.path(i, stop);
        }
        let protocol = self.body[i..end].starts_with(b"HTTP/");
        let stop = self.hole(kind, i + prefix, end);
        if protocol {
            self.expect = Expect::Status; // it follows the request's closing quote
        }
        self.unit(stop)
    }

    /// A word with marks or digits that belong to the text, unless a key says that it is a name.
    fn literal(&mut self, expect: Expect, i: usize, end: usize) -> usize {
        let meaning = meaning(self.body, i, end);
        let key = self.body.get(end) == Some(&b'=');
        let name = expect == Expect::Identity && !key && !path::is_source(&self.body[i..end]);
        if name && meaning & lex::OUTCOME == 0 {
            return self.hole(HoleKind::Name, i, end);
        }
        self.word = (i, end);
        self.word_meaning = meaning;
        end
    }

    /// Shapes that run over delimiters, and codes that stay whole.
    fn whole_shape(&mut self, expect: Expect, i: usize, end: usize, classes: u8) -> Option<usize> {
        let body = self.body;
        let next = body.get(end).copied().unwrap_or(b' ');
        if is_code(&body[i..end], next, i == 0) {
            self.word = (i, end);
            self.word_meaning = 0;
            return Some(end);
        }
        if expect == Expect::Duration
            && let Some(found) = shape::groups(body, i)
        {
            return Some(self.hole(HoleKind::Duration, i, found.end));
        }
        if next == b':' && classes & DIGIT != 0 {
            return self.digits_before_colon(i, end, classes);
        }
        if next == b','
            && let Some(stop) = self.list(i)
        {
            return Some(self.hole(HoleKind::List, i, stop));
        }
        if expect == Expect::Target && body[i] == b'/' {
            let stop = path::path_end(body, i, b'/');
            return Some(self.hole(HoleKind::Path, i, stop));
        }
        if classes & SLASH != 0 && body[i..end - 1].contains(&b'\\') {
            let stop = path::path_end(body, i, b'\\');
            return Some(self.path(i, stop));
        }
        None
    }

    /// A time, an address or a URL that begins with digits.
    fn digits_before_colon(&mut self, i: usize, end: usize, classes: u8) -> Option<usize> {
        if let Some(stop) = shape::iso_time(self.body, i) {
            return Some(self.clock(i, stop));
        }
        if classes & !(DIGIT | LETTER) == 0
            && let Some(found) = shape::groups(self.body, i)
        {
            return Some(match found.kind {
                HoleKind::Timestamp => self.clock(i, found.end),
                kind => self.hole(kind, i, found.end),
            });
        }
        let stop = path::url(self.body, end)?;
        Some(self.hole(HoleKind::Url, end + 3, stop))
    }

    /// A time of day, with the zone that may follow.
    fn clock(&mut self, start: usize, end: usize) -> usize {
        self.hole(HoleKind::Timestamp, start, end);
        self.after_clock = true;
        end
    }

    /// Words, a run of dots, and what follows it.
    fn leaders(&mut self, i: usize, dots: usize, end: usize) -> usize {
        let mut after = dots;
        while after < end && self.body[after] == b'.' {
            after += 1;
        }
        if dots > i {
            let classes = classes_of(self.body, i, dots);
            if classes & !(LETTER | JOINER) == 0 {
                self.word(i, dots);
            } else if let Verdict::Value(kind, prefix) = value::judge(self.body, i, dots, classes) {
                self.hole(kind, i + prefix, dots);
            }
        }
        after
    }
}

fn is_server_error(word: &[u8]) -> bool {
    word.len() == 3 && word[0] == b'5' && word.iter().all(u8::is_ascii_digit)
}

/// Message codes: `%ASA-6-302013`; `ORA-00942` and `SRVE0242I` where a colon follows or, the first,
/// where the message begins.
fn is_code(word: &[u8], next: u8, first: bool) -> bool {
    if word[0] == b'%' {
        return word.len() > 3 && word[1].is_ascii_uppercase() && word.contains(&b'-');
    }
    let letters = word.iter().take_while(|b| b.is_ascii_uppercase()).count();
    if !(2..=8).contains(&letters) || !(first || next == b':') {
        return false;
    }
    if let Some(number) = word[letters..].strip_prefix(b"-") {
        // Five digits or a leading zero: `TICKET-1234` counts up, a code does not.
        let padded = number.first() == Some(&b'0') && number.len() >= 3;
        return (padded || number.len() >= 5) && number.len() <= 6 && is_number(number);
    }
    match word[letters..].split_last() {
        Some((b'A' | b'D' | b'E' | b'F' | b'I' | b'S' | b'W', number)) => {
            next == b':' && (3..=6).contains(&number.len()) && is_number(number)
        }
        _ => false,
    }
}

fn is_number(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
}

/// Digits that an event code has at most; more are the id of one event.
const EVENT_CODE_DIGITS_MAX: usize = 5;

fn is_event_code(word: &[u8]) -> bool {
    word.len() <= EVENT_CODE_DIGITS_MAX && is_number(word)
}
