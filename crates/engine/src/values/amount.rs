//! A number in a message → an amount with its unit, or nothing where the words and marks around it say
//! that it names something (a port, a process, a code).

use super::{Label, Unit};

/// Digits from which a whole number without a unit is an id or a clock, no amount.
const ID_DIGITS: usize = 10;
/// Digits that a number of this precision can make use of.
const DIGITS_MAX: usize = 18;
/// Bytes of the longest word that is looked for before a value.
const WORD_BYTES_MAX: usize = 24;
/// Letters of the longest unit.
pub(super) const UNIT_BYTES_MAX: usize = 7;

/// Powers of ten.
const TENS: [f64; DIGITS_MAX + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18,
];

/// Words before a number that names something. Sorted.
const NAMING: &[&str] = &[
    "build",
    "channel",
    "code",
    "cpu",
    "dport",
    "dpt",
    "errno",
    "event",
    "fd",
    "gid",
    "id",
    "index",
    "inode",
    "interface",
    "job",
    "level",
    "line",
    "mark",
    "msgid",
    "no",
    "nr",
    "number",
    "pgid",
    "pid",
    "port",
    "ports",
    "ppid",
    "priority",
    "process",
    "revision",
    "rule",
    "seq",
    "sequence",
    "serial",
    "ses",
    "session",
    "sid",
    "signal",
    "slot",
    "spi",
    "sport",
    "spt",
    "status",
    "task",
    "thread",
    "tid",
    "transaction",
    "txn",
    "type",
    "uid",
    "unit",
    "user",
    "version",
    "vlan",
    "xid",
    "zone",
];

/// The value at a place of a body, if it is an amount.
pub(super) fn measured(body: &[u8], start: usize, end: usize) -> Option<(f32, Label)> {
    let text = body.get(start..end)?;
    // A pid, a mark, what follows an address or a slash: places in which numbers name.
    let joined = start > 0 && {
        let before = body[start - 1];
        let after_number = before == b':' && (start < 2 || !body[start - 2].is_ascii_alphabetic());
        after_number || matches!(before, b'[' | b'#' | b'/' | b'.' | b'-' | b'+' | b'@')
    };
    let is_status = start > 1 && &body[start - 2..start] == b"\" ";
    if joined || is_status {
        return None;
    }
    let (number, rest, is_plain) = number(text)?;
    let rest = if rest.is_empty() { following(body, end) } else { rest };
    let unit = unit(rest);
    let word = word_before(body, start);
    if names(word) || (unit.is_none() && !is_plain) {
        return None;
    }
    let (unit, factor) = unit.unwrap_or((Unit::Count, 1.0));
    Some(((number * factor) as f32, Label::of(unit, word)))
}

/// The number that a text begins with, what follows it, and whether it may be an amount without a unit.
fn number(text: &[u8]) -> Option<(f64, &[u8], bool)> {
    let (mut number, mut digits, mut fraction) = (0.0_f64, 0_usize, None::<usize>);
    let mut len = 0;
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                number = number * 10.0 + f64::from(byte - b'0');
                digits += 1;
                fraction = fraction.map(|n| n + 1);
            }
            b'.' if fraction.is_none() => fraction = Some(0),
            b',' if fraction.is_none() => {}
            // Two points: a version or an address.
            b'.' | b',' => return None,
            _ => break,
        }
        len += 1;
    }
    if digits == 0 || digits > DIGITS_MAX {
        return None;
    }
    // `007` is a name, and so is a number of very many digits.
    let padded = digits > 1 && text[0] == b'0' && text[1].is_ascii_digit();
    let is_plain = !padded && (fraction.is_some() || digits < ID_DIGITS);
    let rest = &text[len..];
    let known = rest.is_empty() || rest == b"%" || unit(rest.trim_ascii_start()).is_some();
    // Exact: powers of ten up to 10²² are.
    let value = match fraction {
        None | Some(0) => number,
        Some(digits) => number / TENS[digits],
    };
    known.then_some((value, rest.trim_ascii_start(), is_plain))
}

/// The word that follows at once or after a blank, as long as a unit may be.
fn following(body: &[u8], end: usize) -> &[u8] {
    let rest = body.get(end..).unwrap_or_default();
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let letters = rest.iter().take(UNIT_BYTES_MAX + 1).take_while(|b| b.is_ascii_alphabetic());
    &rest[..letters.count()]
}

/// A unit of time or data, and how many seconds or bytes it is.
fn unit(word: &[u8]) -> Option<(Unit, f64)> {
    const KILO: f64 = 1_024.0;
    Some(match word {
        b"ns" => (Unit::Seconds, 1e-9),
        b"us" | b"usec" => (Unit::Seconds, 1e-6),
        b"ms" | b"msec" => (Unit::Seconds, 1e-3),
        b"s" | b"sec" | b"secs" | b"second" | b"seconds" => (Unit::Seconds, 1.0),
        b"m" | b"min" | b"mins" | b"minute" | b"minutes" => (Unit::Seconds, 60.0),
        b"h" | b"hr" | b"hrs" | b"hour" | b"hours" => (Unit::Seconds, 3_600.0),
        b"d" | b"day" | b"days" => (Unit::Seconds, 86_400.0),
        b"B" | b"byte" | b"bytes" => (Unit::Bytes, 1.0),
        b"K" | b"k" | b"KB" | b"kB" | b"kb" | b"KiB" => (Unit::Bytes, KILO),
        b"M" | b"MB" | b"mb" | b"MiB" => (Unit::Bytes, KILO * KILO),
        b"G" | b"g" | b"GB" | b"gb" | b"GiB" => (Unit::Bytes, KILO * KILO * KILO),
        b"T" | b"TB" | b"tb" | b"TiB" => (Unit::Bytes, KILO * KILO * KILO * KILO),
        _ => return None,
    })
}

/// The word that ends before a place, or nothing: letters and joiners only, so that it is the same
/// in all messages of the kind.
pub(super) fn word_before(text: &[u8], at: usize) -> &[u8] {
    let text = text.get(..at).unwrap_or_default();
    let delimiters = text.iter().rev().take(3);
    let delimiters =
        delimiters.take_while(|b| matches!(b, b' ' | b'=' | b':' | b'"' | b'\'' | b'(')).count();
    let end = text.len() - delimiters;
    let letters = text[..end].iter().rev().take(WORD_BYTES_MAX);
    let joins = |b: &&u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-');
    &text[end - letters.take_while(joins).count()..end]
}

/// Whether what follows this word names something: `pid`, `src_port`, `requestId`.
fn names(word: &[u8]) -> bool {
    let last = word.rsplit(|b| matches!(b, b'_' | b'-')).next().unwrap_or_default();
    let is = |known: &&str| last.eq_ignore_ascii_case(known.as_bytes());
    let Some(first) = last.first().map(u8::to_ascii_lowercase) else { return false };
    // Sorted: those with this first letter stand together.
    let from = NAMING.partition_point(|known| known.as_bytes()[0] < first);
    last.ends_with(b"Id")
        || last.ends_with(b"ID")
        || NAMING[from..].iter().take_while(|known| known.as_bytes()[0] == first).any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted() {
        assert!(NAMING.is_sorted());
    }
}
