//! Headers that loggers write around the kernel's: RFC 5424, dates, hosts, programs.

use super::Head;
use crate::kernel::record::{Context, LogFormat};
use crate::normalize::{clock, kernel, level};
use model::{Defect, Span, Timestamp};
use std::borrow::Cow;

impl<'a> Head<'_, 'a> {
    /// A whole record of RFC 5424, as the normaliser reads it.
    pub(super) fn rfc5424(&mut self, line: &'a str) -> Option<&'a str> {
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

    /// An ISO date: `dmesg --time-format iso`, or rsyslog and journald.
    pub(super) fn iso(&mut self, rest: &'a str) -> Option<&'a str> {
        if self.record.wall.is_some() {
            return None;
        }
        let b = rest.as_bytes();
        if b.get(4) != Some(&b'-') {
            return None;
        }
        let (stamp, behind) = clock::iso(rest, self.reference)?;
        // Programs write a comma, too, but with a blank in front of the time, or without the zone.
        let is_dmesg = b.get(10) == Some(&b'T')
            && b.get(19) == Some(&b',')
            && matches!(b.get(26), Some(b'+' | b'-'));
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
    pub(super) fn date(&mut self, rest: &'a str) -> Option<&'a str> {
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
    pub(super) fn speaker(&mut self, rest: &'a str) -> &'a str {
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
            if is_stamped(behind) {
                // Without a tag: a console with dates in front, or what netconsole sent to a log server.
                self.record.context = Context::Kernel;
                return behind;
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

    /// A tag without date: `kernel: text`, as some tools cut it out.
    pub(super) fn host(&mut self, rest: &'a str) -> Option<&'a str> {
        if self.is_stamped() {
            return None;
        }
        let body = rest.strip_prefix("kernel: ")?;
        self.record.format = LogFormat::Syslog;
        self.record.context = Context::Kernel;
        self.spoken = true;
        Some(body)
    }

    /// `host login: [   12.345678] text`: the console's prompt stands before the message.
    pub(super) fn login(&mut self, rest: &'a str) -> Option<&'a str> {
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

/// Whether a message begins with the kernel's own stamp, behind a priority or not.
fn is_stamped(text: &str) -> bool {
    let behind = text.strip_prefix('<').and_then(|t| t.split_once('>'));
    let text = match behind {
        Some((level, behind)) if level.len() <= 3 => behind,
        _ => text,
    };
    text.strip_prefix('[').is_some_and(|inside| kernel::uptime_stamp(inside).is_some())
}

/// A log holds what has happened: a date without year that would be to come is one of the year before.
fn not_in_future(at: Timestamp, now: Timestamp) -> Timestamp {
    if at <= now + Span::DAY {
        return at;
    }
    clock::with_year(at, at.civil_date().0 - 1).unwrap_or(at)
}
