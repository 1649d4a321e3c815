//! A line in any format → one [`Record`]: headers are peeled off one after the other until only
//! what the kernel said is left, so that later stages need not know formats.
//!
//! The format is decided anew for each line; files are concatenated, and consoles mix. Dates,
//! stamps and `/dev/kmsg` headers are read by the same functions as in `normalize`.

mod json;
mod pstore;

pub(super) use pstore::Pstore;

use super::record::{Context, LogFormat, Record};
use crate::normalize::{Reference, clock, kernel, level};
use model::{Defect, Span, Timestamp};
use std::borrow::Cow;

/// Headers can nest (`<6>`, a date, `kernel:`, `[ts]`, a caller, a vendor's mark); more is noise.
const HEADERS_MAX: usize = 8;

/// What has to be remembered from line to line.
#[derive(Debug, Clone, Default)]
pub(super) struct Decoder {
    dmesg_json: json::DmesgJson,
    /// A record of `/dev/kmsg` came before: lines ` NAME=value` belong to it.
    after_kmsg: bool,
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
        let mut head = Head { record: &mut record, reference, spoken: false };
        let body = head.peel(line);
        if let Cow::Borrowed(_) = record.text {
            record.text = Cow::Borrowed(body);
        }
        if record.format == LogFormat::Kmsg {
            self.after_kmsg = true;
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

    /// `<6>`: the priority. A facility other than the kernel's is a daemon's.
    fn priority(&mut self, rest: &'a str) -> Option<&'a str> {
        let end = rest.as_bytes().iter().take(5).position(|b| *b == b'>')?;
        let value: u8 = rest.get(1..end)?.parse().ok()?;
        if self.record.level.is_some() {
            return None;
        }
        self.record.level = Some(value & 7);
        let behind = &rest[end + 1..];
        if behind.starts_with("1 ") && behind.as_bytes().get(2).is_some_and(u8::is_ascii_digit) {
            return self.rfc5424(rest);
        }
        if self.record.format == LogFormat::Plain {
            self.record.format = LogFormat::Dmesg;
            self.record.context = Context::Kernel;
        }
        if value >> 3 != 0 {
            self.record.context = Context::Foreign;
        }
        Some(behind)
    }

    /// A whole record of RFC 5424, as the normaliser reads it.
    fn rfc5424(&mut self, line: &'a str) -> Option<&'a str> {
        let event = crate::normalize::normalize(line.as_bytes(), self.reference);
        self.record.format = LogFormat::Syslog5424;
        self.record.wall = event.occurred_at;
        self.record.is_wall_fine = true;
        self.record.context = match event.service.as_deref() {
            Some("kernel") => Context::Kernel,
            _ => Context::Foreign,
        };
        self.spoken = self.record.context == Context::Kernel;
        self.record.host = event.host;
        // The normaliser has taken the kernel's stamp for a repetition of the time; it is needed here.
        let body = line.len() - event.body.len();
        let open = line[..body].rfind("] ").map_or(0, |_| line[..body].rfind('[').unwrap_or(0));
        match kernel::uptime_stamp(line.get(open + 1..).unwrap_or_default()) {
            Some(_) if open > 0 => Some(&line[open..]),
            _ => line.get(body..),
        }
    }

    /// `[   12.345678] `, `[   12.345678 <    0.000123>] `, `[Sat Mar 14 09:30:03 2026] `.
    fn stamp(&mut self, rest: &'a str) -> Option<&'a str> {
        let inside = &rest[1..];
        if let Some((span, behind)) = kernel::uptime_stamp(inside) {
            if self.record.mono_us.is_some() {
                return None;
            }
            let (behind, caller) = match self.caller_of(behind) {
                Some((context, behind)) => (behind, Some(context)),
                None => (behind, None),
            };
            let behind = behind.strip_prefix(' ').or(behind.is_empty().then_some(behind))?;
            self.record.mono_us = Some(span.as_micros());
            self.settle(LogFormat::Dmesg);
            if let Some(context) = caller
                && self.record.context == Context::Kernel
            {
                self.record.context = context;
            }
            return Some(self.monotonic_host(behind).unwrap_or(behind));
        }
        if self.record.wall.is_some() {
            return None;
        }
        let (stamp, behind) = clock::weekday_first(inside, self.reference)?;
        let behind = behind.strip_prefix(']')?;
        self.record.wall = stamp.at;
        self.settle(LogFormat::DmesgDate);
        Some(behind.strip_prefix(' ').unwrap_or(behind))
    }

    /// The kernel's own stamp was read: what has no other format is of this one.
    fn settle(&mut self, format: LogFormat) {
        if self.record.format == LogFormat::Plain {
            self.record.format = format;
            self.record.context = Context::Kernel;
        } else if self.record.format == LogFormat::Dmesg {
            self.record.format = format;
        }
    }

    /// `[    T1]` or `[   C0]`.
    fn caller_of(&self, rest: &'a str) -> Option<(Context, &'a str)> {
        let (kind, id, behind) = kernel::caller(rest)?;
        let context = if kind == 'C' { Context::Cpu(id) } else { Context::Task(id) };
        Some((context, behind))
    }

    fn caller(&mut self, rest: &'a str) -> Option<&'a str> {
        let (context, behind) = self.caller_of(rest)?;
        if self.record.context == Context::Kernel {
            self.record.context = context;
        }
        behind.strip_prefix(' ')
    }

    /// `host kernel: ` behind the stamp, as `journalctl -o short-monotonic` has it.
    fn monotonic_host(&mut self, rest: &'a str) -> Option<&'a str> {
        if self.record.format != LogFormat::Dmesg || self.record.level.is_some() {
            return None;
        }
        let end = rest.as_bytes().iter().take(65).position(|b| *b == b' ')?;
        let (host, behind) = (&rest[..end], &rest[end + 1..]);
        if !is_host(host) {
            return None;
        }
        let body = match behind.strip_prefix("kernel:") {
            Some(body) => {
                self.spoken = true;
                body
            }
            None => {
                let tag = behind.as_bytes().iter().take(64).position(|b| *b == b' ')?;
                let is_tag = behind[..tag].ends_with("]:") && behind[..tag].contains('[');
                if !is_tag || host.ends_with(':') {
                    return None;
                }
                self.record.context = Context::Foreign;
                &behind[tag..]
            }
        };
        self.record.format = LogFormat::JournalMonotonic;
        self.record.host = Some(Cow::Borrowed(host));
        Some(body.strip_prefix(' ').unwrap_or(body))
    }

    /// `6,1000,190154802,-[,caller=T1];text`.
    fn kmsg(&mut self, rest: &'a str) -> Option<&'a str> {
        let (head, behind) = kernel::split_kmsg(rest)?;
        let mut parts = head.split(',');
        let priority: u32 = parts.next()?.parse().ok()?;
        let _sequence = parts.next()?;
        self.record.mono_us = Some(parts.next()?.parse().ok()?);
        self.record.level = Some((priority & 7) as u8);
        self.record.format = LogFormat::Kmsg;
        self.record.context = if priority >> 3 == 0 { Context::Kernel } else { Context::Foreign };
        for part in parts {
            if let Some(id) = part.strip_prefix("caller=")
                && let Some(number) = id.get(1..).and_then(|n| n.parse().ok())
                && self.record.context == Context::Kernel
            {
                self.record.context = match id.as_bytes()[0] {
                    b'C' => Context::Cpu(number),
                    _ => Context::Task(number),
                };
            }
        }
        Some(behind)
    }

    /// An ISO date: `dmesg --time-format iso`, or rsyslog and journald.
    fn iso(&mut self, rest: &'a str) -> Option<&'a str> {
        if self.record.wall.is_some() {
            return None;
        }
        let b = rest.as_bytes();
        if b.get(4) != Some(&b'-') {
            return None;
        }
        let (stamp, behind) = clock::iso(rest, self.reference)?;
        let is_dmesg = b.get(19) == Some(&b',');
        self.record.is_wall_fine = matches!(b.get(19), Some(b',' | b'.'));
        self.record.wall = stamp.at;
        let behind = behind.strip_prefix(' ')?;
        if is_dmesg {
            self.settle(LogFormat::DmesgIso);
            return Some(behind);
        }
        self.record.format = LogFormat::SyslogIso;
        Some(self.speaker(behind))
    }

    /// `Mar 14 09:30:03 host kernel: `.
    fn date(&mut self, rest: &'a str) -> Option<&'a str> {
        if self.record.wall.is_some() {
            return None;
        }
        let (stamp, behind) = clock::bsd(rest, self.reference)?;
        let behind = behind.strip_prefix(' ')?;
        self.record.wall = stamp.at.map(|at| match stamp.defects.has(Defect::YearAssumed) {
            true => not_in_future(at, self.reference.now),
            false => at,
        });
        self.record.is_wall_fine = rest.as_bytes().get(15) == Some(&b'.');
        self.record.format = LogFormat::Syslog;
        Some(self.speaker(behind))
    }

    /// `host kernel: ` or `host name[pid]: ` behind a date.
    fn speaker(&mut self, rest: &'a str) -> &'a str {
        let rest = rest.trim_start_matches(' ');
        self.record.context = Context::Foreign;
        let mut behind = rest;
        // `host`, then maybe `kern.warn`, then the tag.
        for word in 0..3 {
            if let Some(body) = behind.strip_prefix("kernel:") {
                self.record.context = Context::Kernel;
                self.spoken = true;
                return body.strip_prefix(' ').unwrap_or(body);
            }
            let Some(end) = behind.as_bytes().iter().take(256).position(|b| *b == b' ') else {
                return rest;
            };
            let (first, then) = behind.split_at(end);
            if first.ends_with(':') && !then.starts_with(" kernel:") {
                // A tag of somebody else.
                return &then[1..];
            }
            match word {
                0 => self.record.host = Some(Cow::Borrowed(first)),
                _ if !first.contains('.') => return behind,
                _ => {
                    let name = first.rsplit('.').next().unwrap_or_default();
                    self.record.level = level::word(name).map(|s| s.number());
                }
            }
            behind = &then[1..];
        }
        behind
    }

    /// `kern  :warn  : ` of `dmesg -x`.
    fn decoded(&mut self, rest: &'a str) -> Option<&'a str> {
        if self.record.level.is_some() {
            return None;
        }
        let (facility, behind) = rest.split_at_checked(6)?;
        let behind = behind.strip_prefix(':')?;
        let number = kernel::facility(facility.trim_end_matches(' '))?;
        let (word, behind) = behind.split_at_checked(6)?;
        let severity = level::word(word.trim_end_matches(' '))?;
        let behind = behind.strip_prefix(": ")?;
        self.record.level = Some(severity.number());
        self.record.format = LogFormat::Dmesg;
        self.record.context = if number == 0 { Context::Kernel } else { Context::Foreign };
        self.spoken = number == 0;
        Some(behind)
    }

    /// A tag without date: `kernel: text`, as some tools cut it out.
    fn host(&mut self, rest: &'a str) -> Option<&'a str> {
        if self.is_stamped() {
            return None;
        }
        let body = rest.strip_prefix("kernel: ")?;
        self.record.format = LogFormat::Syslog;
        self.record.context = Context::Kernel;
        self.spoken = true;
        Some(body)
    }

    /// `** 12 printk messages dropped ** ` in front of a stamp.
    fn dropped(&mut self, rest: &'a str) -> Option<&'a str> {
        let inside = rest.strip_prefix("** ")?;
        let (count, behind) = inside.split_once(' ')?;
        let count: u64 = count.parse().ok()?;
        let behind = behind.strip_prefix("printk messages dropped **")?;
        self.record.lost += count;
        Some(behind.strip_prefix(' ').unwrap_or(behind))
    }

    /// `host login: [   12.345678] text`: the console's prompt stands before the message.
    fn login(&mut self, rest: &'a str) -> Option<&'a str> {
        if self.is_stamped() {
            return None;
        }
        let at = memchr::memmem::rfind(rest.as_bytes(), b" login: ")?;
        let behind = &rest[at + 8..];
        let inside = match behind.strip_prefix('<') {
            Some(priority) => priority.split_once('>')?.1,
            None => behind,
        };
        kernel::uptime_stamp(inside.strip_prefix('[')?)?;
        Some(behind)
    }
}

/// A log holds what has happened: a date without year that would be to come is one of the year before.
fn not_in_future(at: Timestamp, now: Timestamp) -> Timestamp {
    if at <= now + Span::DAY {
        return at;
    }
    clock::with_year(at, at.civil_date().0 - 1).unwrap_or(at)
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
        && !["segfault at ", "trap ", "general protection", "bad frame", "unhandled "]
            .iter()
            .any(|k| body[behind + 3..].starts_with(k))
}

/// Whether a word can be a machine's name.
fn is_host(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        && word.bytes().any(|b| b.is_ascii_alphabetic())
}

/// ` SUBSYSTEM=pci` behind a record of `/dev/kmsg`.
fn is_dictionary_line(line: &str) -> bool {
    line.strip_prefix(' ').and_then(|l| l.split_once('=')).is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
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
