//! Text that runs over delimiters → where it ends: clocks, hardware and IPv6 addresses, dates and
//! lists. Each function looks at one place and answers with the end of what it knows, or nothing.

use super::class::{BLANK, DELIMITER, DIGIT, LETTER, class_at, ends_word};
use super::lexicon::{self, MONTH, OUTCOME};
use super::skeleton::HoleKind;

/// Groups of hexadecimal digits joined by colons, and what they are.
pub(super) struct Groups {
    /// One past the last byte.
    pub end: usize,
    /// What they are.
    pub kind: HoleKind,
}

/// More groups than this are read as one.
const GROUPS_MAX: usize = 20;

/// Reads `05:47:42.125`, `00:0d:60:e9:1d:dc`, `fe80::1%eth0/64`, `0000:00:1f.2` or `00:01` at `at`.
pub(super) fn groups(body: &[u8], at: usize) -> Option<Groups> {
    let (mut i, mut count, mut digits, mut doubled) = (at, 0, 0, false);
    let (mut lens, mut decimal) = ([0usize; 3], true);
    let mut pairs = true;
    loop {
        let start = i;
        while i < body.len() && body[i].is_ascii_hexdigit() {
            digits += usize::from(body[i].is_ascii_digit());
            decimal &= body[i].is_ascii_digit();
            i += 1;
        }
        let len = i - start;
        if len == 0 {
            doubled |= count > 0 || body.get(i + 1) == Some(&b':');
        }
        pairs &= len == 2;
        if count < 3 {
            lens[count] = len;
        }
        count += 1;
        let more = body.get(i) == Some(&b':')
            && body.get(i + 1).is_some_and(|b| b.is_ascii_hexdigit() || *b == b':');
        if !more || count == GROUPS_MAX {
            break;
        }
        i += 1;
    }
    if count < 2 || digits == 0 {
        return None;
    }
    let whole = |i: usize, kind| ends_number(body, i).then_some(Groups { end: i, kind });
    if decimal && !doubled {
        let clock = (1..=2).contains(&lens[0]) && lens[1] == 2;
        if clock && count == 2 && lens[0] == 2 {
            return whole(fraction(body, i), HoleKind::Duration);
        }
        if clock && count == 3 && lens[2] == 2 {
            return whole(zone(body, fraction(body, i)), HoleKind::Timestamp);
        }
    }
    if pairs && matches!(count, 6 | 8 | 12 | 20) {
        return whole(i, HoleKind::Mac);
    }
    if count < 3 && !doubled {
        return None;
    }
    if doubled || count >= 5 {
        return whole(ip6_tail(body, i), HoleKind::Ip6);
    }
    whole(fraction(body, i), HoleKind::Id)
}

/// Whether a number may end at `i`: no letter, digit or joiner goes on.
fn ends_number(body: &[u8], i: usize) -> bool {
    match body.get(i) {
        Some(b'.' | b'!' | b'?' | b'-' | b'*' | b'#') => true,
        _ => ends_word(body, i),
    }
}

/// Passes `.125` or `,125`.
fn fraction(body: &[u8], i: usize) -> usize {
    let mark = matches!(body.get(i), Some(b'.' | b','));
    let digits =
        body[(i + 1).min(body.len())..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
    if mark && digits > 0 && ends_zone(body, i + 1 + digits) { i + 1 + digits } else { i }
}

fn ends_zone(body: &[u8], i: usize) -> bool {
    ends_number(body, i) || matches!(body.get(i), Some(b'Z' | b'+' | b'-'))
}

/// Passes `Z`, `+01:00`, `-0500`.
fn zone(body: &[u8], i: usize) -> usize {
    match body.get(i) {
        Some(b'Z') => i + 1,
        Some(b'+' | b'-') => {
            let rest = &body[i + 1..];
            let len = rest.iter().take(5).take_while(|b| b.is_ascii_digit() || **b == b':').count();
            if len >= 2 { i + 1 + len } else { i }
        }
        _ => i,
    }
}

/// Passes the dotted quad of a mapped address, `%zone` and `/mask`.
fn ip6_tail(body: &[u8], mut i: usize) -> usize {
    while i < body.len() && (body[i].is_ascii_digit() || (body[i] == b'.' && digit_at(body, i + 1)))
    {
        i += 1;
    }
    if body.get(i) == Some(&b'%') {
        i += 1;
        while i < body.len() && body[i].is_ascii_alphanumeric() {
            i += 1;
        }
    }
    if body.get(i) == Some(&b'/') && digit_at(body, i + 1) {
        i += 1;
        while digit_at(body, i) {
            i += 1;
        }
    }
    i
}

pub(super) fn digit_at(body: &[u8], at: usize) -> bool {
    body.get(at).is_some_and(u8::is_ascii_digit)
}

/// The end of a date and time such as `2026-03-02T05:47:42.125Z` at `at`.
pub(super) fn iso_time(body: &[u8], at: usize) -> Option<usize> {
    let window = body.get(at..at + 14)?;
    let shape = b"dddd-dd-ddTdd:";
    let fits =
        window.iter().zip(shape).all(|(b, s)| if *s == b'd' { b.is_ascii_digit() } else { b == s });
    if !fits {
        return None;
    }
    groups(body, at + 11).filter(|g| g.kind == HoleKind::Timestamp).map(|g| g.end)
}

/// Whether a month stands at `at` (after blanks), or a day of one or two digits.
pub(super) fn date_follows(body: &[u8], at: usize) -> bool {
    let mut i = at;
    while matches!(body.get(i), Some(b' ' | b',')) && i < at + 3 {
        i += 1;
    }
    if i == at {
        return false;
    }
    if day_follows(body, i) {
        return true;
    }
    let mut end = i;
    while class_at(body, end) & LETTER != 0 {
        end += 1;
    }
    lexicon::meaning(body, i, end) & MONTH != 0
}

/// Whether a day of the month (one or two digits, perhaps after more blanks) stands at `at`.
pub(super) fn day_follows(body: &[u8], at: usize) -> bool {
    let mut i = at;
    while body.get(i) == Some(&b' ') && i < at + 2 {
        i += 1;
    }
    let digits = body[i..].iter().take_while(|b| b.is_ascii_digit()).count();
    let end = i + digits;
    (1..=2).contains(&digits) && (ends_word(body, end) || body.get(end) == Some(&b'.'))
}

/// Commas that make words a list.
const LIST_COMMAS_MIN: usize = 3;

/// The end of the list `a,b1,c,d` at `at`: words joined by commas alone, one with a digit at least,
/// none an outcome. If there is none: the first place from which trying again makes sense.
pub(super) fn list(body: &[u8], at: usize) -> Result<usize, usize> {
    let (mut i, mut commas, mut digits, mut word) = (at, 0, false, at);
    loop {
        let class = class_at(body, i);
        if class & BLANK != 0 || (class & DELIMITER != 0 && body[i] != b',') {
            break;
        }
        if body[i] == b',' {
            if lexicon::meaning(body, word, i) & OUTCOME != 0 {
                return Err(i);
            }
            word = i + 1;
            if class_at(body, i + 1) & (BLANK | DELIMITER) != 0 {
                break;
            }
            commas += 1;
        }
        digits |= class & DIGIT != 0;
        i += 1;
    }
    let ended = !matches!(body.get(i), Some(b'=' | b':' | b'('));
    if commas >= LIST_COMMAS_MIN && digits && ended { Ok(i) } else { Err(i) }
}
