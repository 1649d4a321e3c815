//! What a message measures: the first two numbers of its holes that are an amount of something (a
//! count, a length of time, a size), with the word before each. Numbers that name something (ports, process
//! ids, codes) are left out as far as the words and marks around them tell.

use crate::signature::{Hole, HoleKind};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Values kept of one event: few messages measure more than one thing.
pub const VALUES: usize = 2;
/// Digits from which a whole number without a unit is an id or a clock, no amount.
const ID_DIGITS: usize = 10;
/// Digits that a number of this precision can make use of.
const DIGITS_MAX: usize = 18;
/// Letters of the longest unit.
const UNIT_BYTES_MAX: usize = 7;
/// Bytes of the longest word that is looked for before a value.
const WORD_BYTES_MAX: usize = 24;

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

/// What a value is an amount of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Something counted, or a unit that is not known.
    Count,
    /// Time.
    Seconds,
    /// Data.
    Bytes,
}

/// Which value it is, as far as the message says: its unit, and the word before it as fourteen bits of
/// its hash. Zero for no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Label(u16);

impl Label {
    fn of(unit: Unit, word: &[u8]) -> Label {
        Label((unit as u16 + 1) << 14 | (xxh3_64(word) as u16 & 0x3fff))
    }

    /// Whether it stands for no value.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// What the value is an amount of.
    pub fn unit(self) -> Unit {
        match self.0 >> 14 {
            2 => Unit::Seconds,
            3 => Unit::Bytes,
            _ => Unit::Count,
        }
    }

    /// The value on the scale on which amounts are compared: its logarithm, from one millisecond, one
    /// byte or one piece on, below which differences mean little.
    pub fn level(self, value: f32) -> f32 {
        (f64::from(value) * self.scale()).ln_1p() as f32
    }

    /// The value of a level.
    pub fn value(self, level: f64) -> f64 {
        level.exp_m1() / self.scale()
    }

    fn scale(self) -> f64 {
        if self.unit() == Unit::Seconds { 1_000.0 } else { 1.0 }
    }

    /// The part of a template that tells which value it is: `lookup took … s`. `None` where the
    /// template has no such place.
    pub fn phrase(self, template: &str) -> Option<String> {
        let word_of = |at: usize| Label::of(self.unit(), word_before(template.as_bytes(), at));
        let (at, hole) = template.match_indices("<*>").find(|(at, _)| word_of(*at) == self)?;
        let before = template[..at].trim_start();
        let words_back = before.rmatch_indices([' ', '>']).nth(3);
        let from = words_back.map_or(0, |(space, _)| space + 1);
        let after = &template[at + hole.len()..];
        let unit = after.strip_prefix(' ').unwrap_or(after);
        let unit = unit.split(|c: char| !(c.is_ascii_alphabetic() || c == '%')).next();
        let blank = if after.starts_with(' ') { " " } else { "" };
        let unit = unit.filter(|unit| (1..=UNIT_BYTES_MAX).contains(&unit.len()));
        let unit = unit.map_or_else(String::new, |unit| format!("{blank}{unit}"));
        Some(format!("{}…{unit}", before[from..].replace("<*>", "…")))
    }
}

/// The first values of one event.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Values {
    values: [f32; VALUES],
    labels: [Label; VALUES],
}

impl Values {
    /// The values among the holes of a body.
    pub fn of(body: &str, holes: &[Hole]) -> Values {
        let (mut values, mut next) = (Values::default(), 0);
        let body = body.as_bytes();
        for hole in holes.iter().filter(|hole| measures(hole.kind)) {
            let Some((value, label)) = measured(body, hole.start as usize, hole.end as usize)
            else {
                continue;
            };
            (values.values[next], values.labels[next]) = (value, label);
            next += 1;
            if next == VALUES {
                break;
            }
        }
        values
    }

    /// Whether it measures nothing.
    pub fn is_empty(&self) -> bool {
        self.labels[0].is_none()
    }

    /// Each value with its label.
    pub fn iter(&self) -> impl Iterator<Item = (Label, f32)> {
        self.labels.into_iter().zip(self.values).filter(|(label, _)| !label.is_none())
    }
}

fn measures(kind: HoleKind) -> bool {
    matches!(kind, HoleKind::Number | HoleKind::Duration | HoleKind::Size)
}

/// The value at a place of a body, if it is an amount.
fn measured(body: &[u8], start: usize, end: usize) -> Option<(f32, Label)> {
    let text = body.get(start..end)?;
    let (number, rest, is_plain) = number(text)?;
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
    let (mut number, mut digits, mut fraction) = (0.0_f64, 0_usize, None);
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
    let value = number / 10_f64.powi(fraction.unwrap_or(0));
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
fn word_before(text: &[u8], at: usize) -> &[u8] {
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
    let is = |known: &&&str| last.eq_ignore_ascii_case(known.as_bytes());
    last.ends_with(b"Id") || last.ends_with(b"ID") || NAMING.iter().any(|known| is(&&known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Skeleton, fingerprint};

    fn values(body: &str) -> Vec<f32> {
        let mut skeleton = Skeleton::default();
        fingerprint("app", body, &mut skeleton);
        Values::of(body, skeleton.holes()).iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn amounts_are_read_with_their_units() {
        assert_eq!(values("lookup of payments took 5.1 s"), [5.1]);
        assert_eq!(
            values("cache refresh done in 718.6 ms, 1303 keys, 0 failures"),
            [0.7186, 1303.0]
        );
        assert_eq!(values("disk 91% used, wrote 2 MB"), [91.0, 2_097_152.0]);
        assert_eq!(values("heartbeat ok, queue=3 uptime=120s"), [3.0, 120.0]);
    }

    #[test]
    fn numbers_that_name_are_left_out() {
        let none: [f32; 0] = [];
        for body in [
            "Failed password for kim from 192.0.2.1 port 50122 ssh2",
            "child[4711] exited",
            "worker pid=4711 src_port=5 requestId=77 status 200",
            "block 203.0.113.75.28304 > 10.1.159.56.744: tcp",
            "connect 192.0.2.1:443 at 1795255200, ticket #31, part 007",
        ] {
            assert_eq!(values(body), none, "{body}");
        }
    }

    #[test]
    fn the_words_around_a_value_are_found_again() {
        let mut skeleton = Skeleton::default();
        let body = "worker w17 of pool a: lookup of payments took 5.1 s";
        fingerprint("app", body, &mut skeleton);
        let (label, _) = Values::of(body, skeleton.holes()).iter().next().unwrap();
        assert_eq!(label.unit(), Unit::Seconds);
        assert_eq!(label.phrase(&skeleton.template(body)).unwrap(), "of payments took … s");
        assert_eq!(label.phrase("another <*>"), None);
        assert!((label.value(f64::from(label.level(5.1))) - 5.1).abs() < 1e-3);
    }

    #[test]
    fn lists_are_sorted() {
        assert!(NAMING.is_sorted());
    }
}
