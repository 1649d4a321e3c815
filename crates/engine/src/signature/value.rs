//! One word that is not letters alone → a literal, a value, or a literal prefix and a value.
//! Words with digits are values unless something says that the digits belong to the name.

use super::class::{DIGIT, DOT, MARK, SLASH};
use super::kind::{is_ip4, kind_of};
use super::lexicon::{self, FIXED};
use super::path::{is_host, is_path};
use super::skeleton::HoleKind;

/// What a word turned out to be. Offsets count from the word's first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Text of the message itself.
    Literal,
    /// A value after so many bytes of literal prefix.
    Value(HoleKind, usize),
}

use Verdict::{Literal, Value};

/// Judges the word `body[start..end]`, whose bytes have these classes. What follows it counts: a
/// word before `(`, `=` or `::` is named by the program.
pub(super) fn judge(body: &[u8], start: usize, end: usize, classes: u8) -> Verdict {
    let word = &body[start..end];
    if classes & DIGIT == 0 {
        return without_digits(word, classes);
    }
    if lexicon::meaning(body, start, end) & FIXED != 0 {
        return Literal;
    }
    if classes & !(DIGIT | DOT) == 0 {
        return Value(if is_ip4(word) { HoleKind::Ip4 } else { HoleKind::Number }, 0);
    }
    // A place in code keeps its symbol: `list_del+0x5c/0x80`.
    if classes & MARK != 0
        && let Some(plus) = word.windows(3).position(|w| w == b"+0x")
        && word[..plus].iter().any(|b| !b.is_ascii_hexdigit())
    {
        return Value(HoleKind::Hex, plus + 1);
    }
    if let Some(verdict) = name_with_digits(word, classes, &body[end..]) {
        return verdict;
    }
    if classes & MARK != 0
        && let Some(verdict) = marked(word)
    {
        return verdict;
    }
    Value(kind_of(word, classes), 0)
}

fn without_digits(word: &[u8], classes: u8) -> Verdict {
    if classes & SLASH != 0 && is_path(word) {
        return Value(HoleKind::Path, 0);
    }
    if classes & MARK != 0
        && let Some(at) = word.iter().position(|b| *b == b'@')
        && at > 0
        && at + 1 < word.len()
    {
        let right = &word[at + 1..];
        if right.len() >= 5 && right.iter().all(u8::is_ascii_hexdigit) {
            return Value(HoleKind::Hex, at + 1);
        }
        if word[at - 1].is_ascii_alphanumeric() && right[0].is_ascii_alphabetic() {
            return Value(HoleKind::Email, 0);
        }
    }
    if classes & DOT != 0 && is_host(word) {
        return Value(HoleKind::Host, 0);
    }
    Literal
}

/// Names whose digits belong to them, wholly or as an instance number after a telling prefix.
fn name_with_digits(word: &[u8], classes: u8, rest: &[u8]) -> Option<Verdict> {
    let letters = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    if letters == 0 {
        return None;
    }
    let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
    if classes & (SLASH | MARK | DOT) == 0 {
        // A key (`CR0=`), a function (`uid2name(`), a scope (`Wifi43xx::`) and a source of several
        // words (`e1000_watchdog_task:`).
        let named = match rest {
            [b'=', ..] => digits <= 3,
            [b'(', ..] => digits <= 2,
            [b':', b':', ..] => digits <= 4,
            [b':', b' ', ..] => digits <= 4 && phrase(word),
            _ => false,
        };
        if named {
            return Some(Literal);
        }
        // One digit inside letters (`mod2_start`, `save2disk`), unless it may be a hex number.
        let inside = digits == 1 && !word[word.len() - 1].is_ascii_digit();
        let short =
            word.len() <= 8 || (word.len() <= 24 && word.iter().any(u8::is_ascii_lowercase));
        if inside && short && !word.iter().all(u8::is_ascii_hexdigit) {
            return Some(Literal);
        }
    }
    device(word, letters).or_else(|| numbered(word, letters))
}

/// Whether joined words, not numbers, make up the most of it.
fn phrase(word: &[u8]) -> bool {
    let words = word.split(|b| *b == b'_');
    words.filter(|w| w.len() >= 3 && w.iter().all(u8::is_ascii_alphabetic)).count() >= 2
}

/// Letters in a device's or port's prefix, digits behind it.
const DEVICE_LETTERS: std::ops::RangeInclusive<usize> = 2..=4;
const DEVICE_DIGITS_MAX: usize = 3;

/// `eth0`, `sda1`, `CPU3`, `enp3s0`, `nvme0n1`, `Ethernet1/2`, `ge-0/0/1`: prefix and instance.
fn device(word: &[u8], letters: usize) -> Option<Verdict> {
    let rest = &word[letters..];
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if DEVICE_LETTERS.contains(&letters) && (1..=DEVICE_DIGITS_MAX).contains(&digits) {
        let hex = word.len() >= 4 && word.iter().all(u8::is_ascii_hexdigit);
        let instance = rest[digits..]
            .iter()
            .all(|b| matches!(b, b'n' | b'p' | b's' | b'f' | b'd') || b.is_ascii_digit());
        if instance && word.len() <= 12 && !hex {
            return Some(Value(HoleKind::Id, letters));
        }
    }
    let joined = if rest.first() == Some(&b'-') { &rest[1..] } else { rest };
    let port = joined.contains(&b'/')
        && joined.first().is_some_and(u8::is_ascii_digit)
        && joined.iter().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'.'))
        && joined.iter().filter(|b| **b == b'.').count() <= 1;
    (port && letters >= 2).then_some(Value(HoleKind::Id, letters))
}

/// `attempt_2026_0007`, `blk_-42`, `osd.12`: a word, a joint and a number.
fn numbered(word: &[u8], letters: usize) -> Option<Verdict> {
    let rest = word.get(letters..)?;
    if let Some(number) = rest.strip_prefix(b".") {
        let whole = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
        return (letters >= 2 && whole).then_some(Value(HoleKind::Id, letters + 1));
    }
    let rest = rest.strip_prefix(b"_")?;
    let number = rest.strip_prefix(b"-").unwrap_or(rest);
    let digits = number.first().is_some_and(u8::is_ascii_digit);
    (letters >= 2 && digits).then_some(Value(HoleKind::Id, letters + 1))
}

/// Words around `@` and `#`: `Event@1a2b3c4d` keeps its class, `a.b@host1` is one value.
fn marked(word: &[u8]) -> Option<Verdict> {
    let at = word.iter().position(|b| *b == b'@')?;
    let right = &word[at + 1..];
    let class = at > 0
        && word[..at].iter().any(u8::is_ascii_alphabetic)
        && !word[..at].iter().any(u8::is_ascii_digit);
    if class
        && right.first().is_some_and(u8::is_ascii_hexdigit)
        && right.iter().all(|b| b.is_ascii_hexdigit() || *b == b'.')
    {
        return Some(Value(if is_ip4(right) { HoleKind::Ip4 } else { HoleKind::Hex }, at + 1));
    }
    (at > 0 && right.iter().any(u8::is_ascii_alphabetic)).then_some(Value(HoleKind::Email, 0))
}
