//! The words before → what the next one may be: a user, a name, a status, a length of time. This is
//! how names that are plain words are told from text.

use super::lexicon as lex;
use super::shape;
use super::skeleton::{HOLE, HoleKind};
use super::tokenizer::Scan;

/// Bytes that a refused user's name may go on for, blanks included.
const USER_BYTES_MAX: usize = 48;

/// What the words before allow the next one to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Nothing,
    /// After "user": a name, unless the word says otherwise.
    User,
    /// After "invalid user", "unknown user": a name, whatever the word is.
    AnyUser,
    /// After a noun such as "host": a name if it is shaped like one.
    Named,
    /// After "GET" and its like: what is asked for.
    Target,
    /// After "by client", "by host": whoever did it.
    Agent,
    /// After `name=`, `user=`, …
    Identity,
    /// After any other `key=`.
    Value,
    /// After a key with a digit in it (`a0=`): a number, though `ff` has no digit.
    Register,
    /// After `msg=`: text of its own.
    Message,
    /// After `EventID=`: which kind of event it is.
    EventCode,
    /// After `COMMAND=`: a command, to the end.
    Command,
    /// After "lifetime", `delay=`: a length of time, though it looks like a time of day.
    Duration,
    /// After "status": an HTTP status.
    Status,
    /// After "password for", "access for", …
    Account,
    /// After any other "for": a user if an address follows.
    For,
}

/// The kind of name that the words before lead to: then digits have no say of their own.
pub(super) fn named(expect: Expect) -> Option<HoleKind> {
    match expect {
        Expect::User | Expect::AnyUser | Expect::Account => Some(HoleKind::User),
        Expect::Named | Expect::Identity | Expect::Agent => Some(HoleKind::Name),
        _ => None,
    }
}

impl Scan<'_> {
    /// What the key that ends before `i` lets its value be.
    pub(super) fn key(&mut self, i: usize, equals: bool) {
        let (start, mut end) = self.word;
        let blank = i > 0 && self.body[i - 1] == b' ';
        if blank {
            end += 1;
        }
        self.expect = Expect::Nothing;
        if end != i || start == i {
            if equals {
                self.expect = Expect::Value;
            }
            return;
        }
        let begun = self.word_meaning & lex::STATUS; // "status code: …"
        let meaning = lex::key_meaning(self.body, start, self.word.1) | begun;
        self.expect = if meaning & lex::STATUS != 0 {
            Expect::Status
        } else if meaning & lex::EVENT_CODE != 0 {
            Expect::EventCode
        } else if meaning & lex::COMMAND != 0 && equals {
            Expect::Command
        } else if meaning & lex::LASTING != 0 {
            Expect::Duration
        } else if meaning & lex::MESSAGE != 0 {
            Expect::Message
        } else if equals && meaning & (lex::IDENTITY | lex::USER) != 0 {
            Expect::Identity
        } else if meaning & lex::USER != 0 {
            Expect::User
        } else if matches!(&self.body[start..self.word.1], b"Name" | b"Domain" | b"Hostname") {
            Expect::Identity // "Account Name: …", as event viewers write it
        } else if equals && self.body[i - 1].is_ascii_digit() {
            Expect::Register
        } else if equals || self.body.get(i + 1) == Some(&b'"') {
            Expect::Value
        } else {
            Expect::Nothing
        };
    }

    /// `"name": …`: the value of a JSON key follows.
    pub(super) fn key_in_quotes(&mut self) {
        let (start, end) = self.word;
        let meaning = lex::key_meaning(self.body, start, end);
        self.expect = if meaning & lex::STATUS != 0 {
            Expect::Status
        } else if meaning & lex::EVENT_CODE != 0 {
            Expect::EventCode
        } else if meaning & lex::MESSAGE != 0 {
            Expect::Message
        } else if meaning & (lex::IDENTITY | lex::USER) != 0 {
            Expect::Identity
        } else {
            Expect::Value
        };
    }

    /// What the word opens for the next one.
    pub(super) fn cue(&mut self, meaning: u32, next: u8) {
        if next != b' ' {
            return;
        }
        if meaning & lex::USER != 0 {
            let refused = self.word_meaning & lex::NO_SUCH != 0;
            self.expect = if refused { Expect::AnyUser } else { Expect::User };
        } else if meaning & lex::NOUN != 0 {
            let agent = self.word_meaning & lex::BY != 0;
            self.expect = if agent { Expect::Agent } else { Expect::Named };
        } else if meaning & lex::LASTING != 0 {
            self.expect = Expect::Duration;
        } else if meaning & lex::COMM != 0 {
            self.expect = Expect::Agent;
        } else if meaning & lex::METHOD != 0 {
            self.expect = Expect::Target;
        } else if meaning & lex::STATUS != 0 {
            self.expect = Expect::Status;
        } else if meaning & lex::FOR != 0 {
            self.expect =
                if self.word_meaning & lex::LOGIN != 0 { Expect::Account } else { Expect::For };
        }
    }

    /// Takes the word for the value that the words before lead to, if it is one.
    pub(super) fn as_expected(
        &mut self,
        expect: Expect,
        meaning: u32,
        i: usize,
        end: usize,
    ) -> Option<usize> {
        match expect {
            Expect::AnyUser if meaning & lex::FROM != 0 => self.absent_user(i),
            Expect::AnyUser => {
                let stop = self.words_before_from(end).unwrap_or(end);
                return Some(self.hole(HoleKind::User, i, stop));
            }
            Expect::Value | Expect::Identity => {
                if let Some(stop) = self.object(end) {
                    return Some(self.hole(HoleKind::Id, i, stop));
                }
            }
            _ => {}
        }
        if self.body.get(end) == Some(&b'=') {
            return None; // a key of its own
        }
        let kind = self.expected(expect, meaning, i, end)?;
        Some(self.hole(kind, i, end))
    }

    /// Whether the word is the value that the words before it lead to.
    fn expected(&self, expect: Expect, meaning: u32, i: usize, end: usize) -> Option<HoleKind> {
        let outcome = meaning & lex::OUTCOME != 0;
        match expect {
            Expect::Identity if !outcome && !self.opens(end) => Some(HoleKind::Name),
            Expect::Agent if !outcome && meaning & lex::NO_NAME == 0 => Some(HoleKind::Name),
            Expect::Register if self.body[i..end].iter().all(u8::is_ascii_hexdigit) => {
                Some(HoleKind::Hex)
            }
            Expect::Value | Expect::Register if meaning & (lex::BOOLEAN | lex::ANSWER) != 0 => {
                Some(HoleKind::Boolean)
            }
            Expect::User | Expect::Account
                if !outcome && meaning & (lex::NO_NAME | lex::USER) == 0 =>
            {
                Some(HoleKind::User)
            }
            Expect::For
                if !outcome && meaning & lex::NO_NAME == 0 && self.comes_from_address(end) =>
            {
                Some(HoleKind::User)
            }
            Expect::Named if self.body[i..end].contains(&b'_') => Some(HoleKind::Name),
            _ => None,
        }
    }

    /// Whether a bracket opens at `end`: then a type's name stands before it, not a value.
    fn opens(&self, end: usize) -> bool {
        matches!(self.body.get(end), Some(b'(' | b'{' | b'['))
    }

    /// An empty user name, as "invalid user  from" has it.
    pub(super) fn absent_user(&mut self, i: usize) {
        self.flush(i);
        self.hole(HoleKind::User, i, i);
        self.out.literal(b" ");
    }

    /// Where "from" begins within a few words: a refused name may have blanks in it.
    fn words_before_from(&self, end: usize) -> Option<usize> {
        let window = &self.body[end..self.body.len().min(end + USER_BYTES_MAX)];
        let at = window.windows(6).position(|w| w == b" from ")?;
        (at > 0).then_some(end + at)
    }

    /// Whether "from" and an address stand at `at`: then the word before is who came from there.
    fn comes_from_address(&self, at: usize) -> bool {
        let Some(rest) = self.body.get(at..).and_then(|r| r.strip_prefix(b" from ")) else {
            return false;
        };
        let start = at + 6;
        let end = self.word_end(start);
        let word = &self.body[start..end];
        !rest.is_empty()
            && word.iter().any(|b| b.is_ascii_digit())
            && word.iter().any(|b| matches!(b, b'.' | b':'))
            || self.body.get(end) == Some(&b':') && shape::groups(self.body, start).is_some()
    }

    /// Whether the user of an access log stands at `i`: `192.0.2.1 - kim [`, at the line's start.
    pub(super) fn is_remote_user(&mut self, i: usize) -> bool {
        if !self.body[..i].ends_with(b" - ") || self.copied + 3 != i {
            return false;
        }
        self.out.text.len() == HOLE.len() && self.out.ends_in_hole(b"")
    }

    /// `bob : TTY=…`: how sudo begins.
    pub(super) fn is_sudo(&self, end: usize) -> bool {
        let Some(rest) = self.body[end..].strip_prefix(b" : ") else {
            return false;
        };
        let key = rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
        key > 1 && rest.get(key) == Some(&b'=')
    }
}
