//! A line in any format → one [`Record`]: headers are peeled off one after the other until only
//! what the kernel said is left, so that later stages need not know formats.
//!
//! The format is decided anew for each line; files are concatenated, and consoles mix. Dates,
//! stamps and `/dev/kmsg` headers are read by the same functions as in `normalize`.

mod json;
mod kernels;
mod loggers;
mod pstore;

pub(super) use pstore::Pstore;

use super::record::{Context, LogFormat, Record};
use crate::normalize::{Reference, kernel};
use std::borrow::Cow;

/// Headers can nest (`<6>`, a date, `kernel:`, `[ts]`, a caller, a vendor's mark); more is noise.
const HEADERS_MAX: usize = 8;

/// What has to be remembered from line to line.
#[derive(Debug, Clone, Default)]
pub(super) struct Decoder {
    dmesg_json: json::DmesgJson,
    /// A record of `/dev/kmsg` came before: lines ` NAME=value` belong to it.
    after_kmsg: bool,
    /// The number of the last such record: the kernel counts them, so that losses show.
    sequence: Option<u64>,
}

impl Decoder {
    /// The record of a line; `None` if the line only belongs to the frame of its format.
    pub(super) fn read<'a>(
        &mut self,
        line: &'a str,
        place: u64,
        byte: u64,
        reference: &Reference,
    ) -> Option<Record<'a>> {
        if self.after_kmsg && is_dictionary_line(line) {
            return None;
        }
        self.after_kmsg = false;
        let mut record = Record::plain(line, place, byte);
        let first = line.trim_start_matches([' ', '\t']).as_bytes().first().copied();
        if self.dmesg_json.is_open() || first == Some(b'{') {
            if let Some(taken) = self.dmesg_json.line(line, &mut record) {
                return taken.then_some(record);
            }
            if json::journal(line, &mut record) {
                return Some(record);
            }
        }
        let mut head = Head { record: &mut record, reference, spoken: false, sequence: None };
        let body = head.peel(line);
        let sequence = head.sequence;
        if let Cow::Borrowed(_) = record.text {
            record.text = Cow::Borrowed(body);
        }
        if record.format == LogFormat::Kmsg {
            self.after_kmsg = true;
            if let (Some(before), Some(now)) = (self.sequence, sequence) {
                // A number that falls is another boot's.
                record.lost += now.saturating_sub(before).saturating_sub(1);
            }
            self.sequence = sequence;
            if record.text.contains("\\x") {
                record.text = Cow::Owned(unescape(&record.text));
            }
        }
        Some(record)
    }
}

/// The headers of one line.
struct Head<'r, 'a> {
    record: &'r mut Record<'a>,
    reference: &'r Reference,
    /// The header named the kernel as the speaker.
    spoken: bool,
    /// The number in a header of `/dev/kmsg`.
    sequence: Option<u64>,
}

impl<'a> Head<'_, 'a> {
    /// Takes headers off and returns the message.
    fn peel(&mut self, line: &'a str) -> &'a str {
        let mut rest = line;
        for _ in 0..HEADERS_MAX {
            match self.header(rest) {
                Some(behind) => rest = behind,
                None => break,
            }
        }
        if self.record.format == LogFormat::Plain
            && let Some(behind) = self.shared_line(rest)
        {
            rest = behind;
        }
        if self.record.context == Context::Kernel && !self.spoken && is_spoken_by_other(rest) {
            self.record.context = Context::Foreign;
        }
        rest
    }

    fn header(&mut self, rest: &'a str) -> Option<&'a str> {
        let b = rest.as_bytes();
        match *b.first()? {
            b'<' => self.priority(rest),
            b'[' if self.record.mono_us.is_some() || self.record.wall.is_some() => {
                self.caller(rest).or_else(|| self.stamp(rest)).or_else(|| vendor(rest))
            }
            b'[' => self.stamp(rest),
            b'0'..=b'9' => self.kmsg(rest).or_else(|| self.iso(rest)),
            b'*' => self.dropped(rest),
            b' ' | b'(' | b'-' | b'I' | b'W' | b'E' | b'D' | b'C' if self.is_stamped() => {
                vendor(rest)
            }
            b'A'..=b'Z' => self.date(rest).or_else(|| self.login(rest)),
            b'k' | b'u' | b'm' | b'd' | b'a' | b's' | b'l' | b'n' | b'c' | b'f' => {
                self.decoded(rest).or_else(|| self.host(rest)).or_else(|| self.login(rest))
            }
            _ => self.login(rest),
        }
    }

    /// `/init: 384: .: [  271.403835] text`: a program and the kernel share the console's line.
    fn shared_line(&mut self, line: &'a str) -> Option<&'a str> {
        let mut from = 1;
        while let Some(at) = line.get(from..).and_then(|l| memchr::memchr(b'[', l.as_bytes())) {
            let open = from + at;
            if kernel::uptime_stamp(&line[open + 1..]).is_some() {
                return self.stamp(&line[open..]);
            }
            from = open + 1;
        }
        None
    }

    fn is_stamped(&self) -> bool {
        self.record.format != LogFormat::Plain
    }
}

/// Marks that vendors put between the stamp and the message: `(0)[100:kworker/0:1]`,
/// `[0:        swapper/0:    1] `, `I[7:      swapper/0:    1] `.
fn vendor(rest: &str) -> Option<&str> {
    let trimmed = rest.strip_prefix(' ').unwrap_or(rest);
    let b = trimmed.as_bytes();
    let (open, padded) = match *b.first()? {
        b'(' | b'-' => {
            let from = usize::from(b[0] == b'-');
            let close = trimmed.as_bytes().iter().take(8).position(|c| *c == b')')?;
            let cpu = trimmed.get(from + 1..close)?;
            if cpu.is_empty() || !cpu.bytes().all(|c| c.is_ascii_digit()) {
                return None;
            }
            (close + 1, false)
        }
        b'[' => (0, true),
        b'I' | b'W' | b'E' | b'D' | b'C' if b.get(1) == Some(&b'[') => (1, true),
        _ => return None,
    };
    let inside = trimmed.get(open..)?.strip_prefix('[')?;
    let close = inside.as_bytes().iter().take(48).position(|c| *c == b']')?;
    let (mark, behind) = (&inside[..close], &inside[close + 1..]);
    let (number, name) = mark.split_once(':')?;
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|c| c.is_ascii_digit());
    if !digits(number.trim()) || name.is_empty() {
        return None;
    }
    if padded {
        let (_, pid) = name.rsplit_once(':')?;
        return digits(pid.trim()).then(|| behind.strip_prefix(' ').unwrap_or(behind));
    }
    Some(behind)
}

/// What the kernel says of a program, behind its name.
const OF_PROGRAMS: [&str; 8] = [
    "segfault ",
    "trap ",
    "general protection",
    "bad frame",
    "unhandled ",
    "bus error (",
    "illegal instruction (",
    "floating point exception (",
];

/// `systemd[1]: `: a daemon that writes into the kernel's log. What the kernel says of a process
/// begins alike (`postgres[123]: segfault at …`).
fn is_spoken_by_other(body: &str) -> bool {
    let b = body.as_bytes();
    let Some(open) = b.iter().take(40).position(|c| *c == b'[' || *c == b' ') else {
        return false;
    };
    if open == 0 || b[open] != b'[' {
        return false;
    }
    let digits = b[open + 1..].iter().take(10).take_while(|c| c.is_ascii_digit()).count();
    let behind = open + 1 + digits;
    digits > 0
        && b.get(behind..behind + 3) == Some(b"]: ")
        && !OF_PROGRAMS.iter().any(|words| body[behind + 3..].starts_with(words))
}

/// Whether a word can be a machine's name.
fn is_host(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        && word.bytes().any(|b| b.is_ascii_alphabetic())
}

/// ` SUBSYSTEM=pci` behind a record of `/dev/kmsg`; netconsole adds names in small letters.
fn is_dictionary_line(line: &str) -> bool {
    line.strip_prefix(' ').and_then(|l| l.split_once('=')).is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    })
}

/// `\x09` and its kind, as `/dev/kmsg` writes what is no printable ASCII.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&b, behind)) = rest.split_first() {
        let code = rest.get(2..4).and_then(|h| std::str::from_utf8(h).ok());
        match code.filter(|_| rest.starts_with(b"\\x")).and_then(|h| u8::from_str_radix(h, 16).ok())
        {
            Some(value) => {
                bytes.push(value);
                rest = &rest[4..];
            }
            None => {
                bytes.push(b);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}
