//! A value → its kind. Kinds tell people and sketches what stood in a hole; they are no part of the
//! identity.

use super::class::{DIGIT, DOT, LETTER, SLASH};
use super::lexicon;
use super::path::is_host;
use super::skeleton::HoleKind;

/// The kind of a word with digits in it.
pub(super) fn kind_of(word: &[u8], classes: u8) -> HoleKind {
    let marks = word.iter().take_while(|b| matches!(b, b'#' | b'@' | b'~')).count();
    let word = if marks < word.len() { &word[marks..] } else { word };
    if is_date(word) {
        return HoleKind::Timestamp;
    }
    let number = word.strip_prefix(b"-").or_else(|| word.strip_prefix(b"+")).unwrap_or(word);
    let head = number.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')).count();
    if head > 0 {
        match &number[head..] {
            b"" | b"%" => return HoleKind::Number,
            rest if rest.iter().all(|b| b.is_ascii_digit() || *b == b'/')
                && !is_ip4(&number[..head]) =>
            {
                return HoleKind::Number;
            }
            unit => {
                if let Some(kind) = unit_kind(unit) {
                    return kind;
                }
            }
        }
        if number[head] == b'/' && is_ip4(&number[..head]) {
            return HoleKind::Ip4;
        }
    }
    if word.starts_with(b"0x") || word.starts_with(b"0X") {
        return HoleKind::Hex;
    }
    if is_uuid(word) {
        return HoleKind::Uuid;
    }
    if classes & SLASH != 0 {
        let ip = word[0] == b'/' && is_ip4(&word[1..]);
        return if ip { HoleKind::Ip4 } else { HoleKind::Path };
    }
    if classes & (LETTER | DIGIT) == classes
        && word.len() >= 4
        && word.iter().all(u8::is_ascii_hexdigit)
    {
        return HoleKind::Hex;
    }
    if classes & DOT != 0 && is_host(word) {
        return HoleKind::Host;
    }
    HoleKind::Id
}

/// `2026-03-02`, `2026/3/2`, `02/Mar/2026`.
fn is_date(word: &[u8]) -> bool {
    let Some(joint) = word.iter().find(|b| matches!(b, b'-' | b'/')) else {
        return false;
    };
    let mut parts = word.split(|b| b == joint);
    let (Some(a), Some(b), Some(c), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let number = |p: &[u8]| (1..=4).contains(&p.len()) && p.iter().all(u8::is_ascii_digit);
    let month =
        b.len() <= lexicon::WORD_BYTES_MAX && lexicon::meaning(b, 0, b.len()) & lexicon::MONTH != 0;
    let year = a.len() == 4 || c.len() == 4;
    number(a) && number(c) && year && (month || (number(b) && b.len() <= 2))
}

fn unit_kind(unit: &[u8]) -> Option<HoleKind> {
    if matches!(unit, b"B" | b"K" | b"M" | b"G" | b"T" | b"k" | b"m" | b"g") && unit != b"m" {
        return Some(HoleKind::Size);
    }
    let meaning = if unit.len() <= lexicon::WORD_BYTES_MAX {
        lexicon::meaning(unit, 0, unit.len())
    } else {
        0
    };
    if meaning & lexicon::SIZE != 0 {
        Some(HoleKind::Size)
    } else if meaning & lexicon::TIME != 0 || matches!(unit, b"m" | b"h" | b"d") {
        Some(HoleKind::Duration)
    } else {
        None
    }
}

/// Four decimal groups of at most three digits.
pub(super) fn is_ip4(word: &[u8]) -> bool {
    let mut count = 0;
    for group in word.split(|b| *b == b'.') {
        if !(1..=3).contains(&group.len()) || !group.iter().all(u8::is_ascii_digit) {
            return false;
        }
        count += 1;
    }
    count == 4
}

fn is_uuid(word: &[u8]) -> bool {
    word.len() == 36
        && word.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}
