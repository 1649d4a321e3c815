//! Headers that the kernel and `dmesg` write: priorities, times since boot, callers, `/dev/kmsg`.

use super::{Head, is_host};
use crate::kernel::record::{Context, LogFormat};
use crate::normalize::{clock, kernel, level};
use std::borrow::Cow;

impl<'a> Head<'_, 'a> {
    /// `<6>`: the priority. A facility other than the kernel's is a daemon's.
    pub(super) fn priority(&mut self, rest: &'a str) -> Option<&'a str> {
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

    /// `[   12.345678] `, `[   12.345678 <    0.000123>] `, `[Sat Mar 14 09:30:03 2026] `.
    pub(super) fn stamp(&mut self, rest: &'a str) -> Option<&'a str> {
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
    pub(super) fn settle(&mut self, format: LogFormat) {
        if self.record.format == LogFormat::Plain {
            self.record.format = format;
            self.record.context = Context::Kernel;
        } else if self.record.format == LogFormat::Dmesg {
            self.record.format = format;
        }
    }

    /// `[    T1]` or `[   C0]`.
    pub(super) fn caller_of(&self, rest: &'a str) -> Option<(Context, &'a str)> {
        let (kind, id, behind) = kernel::caller(rest)?;
        let context = if kind == 'C' { Context::Cpu(id) } else { Context::Task(id) };
        Some((context, behind))
    }

    pub(super) fn caller(&mut self, rest: &'a str) -> Option<&'a str> {
        let (context, behind) = self.caller_of(rest)?;
        if self.record.context == Context::Kernel {
            self.record.context = context;
        }
        behind.strip_prefix(' ')
    }

    /// `host kernel: ` behind the stamp, as `journalctl -o short-monotonic` has it.
    pub(super) fn monotonic_host(&mut self, rest: &'a str) -> Option<&'a str> {
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

    /// `6,1000,190154802,-[,caller=T1];text`; netconsole may put the kernel's release in front (`6.6.9,6,…`).
    pub(super) fn kmsg(&mut self, rest: &'a str) -> Option<&'a str> {
        let (head, behind) = kernel::split_kmsg(rest).or_else(|| {
            let end = rest.as_bytes().iter().take(64).position(|b| *b == b',')?;
            let release = &rest[..end];
            let is_release = release.contains('.') && !release.contains([' ', ':']);
            kernel::split_kmsg(&rest[end + 1..]).filter(|_| is_release)
        })?;
        let mut parts = head.split(',');
        let priority: u32 = parts.next()?.parse().ok()?;
        self.sequence = parts.next()?.parse().ok();
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

    /// `kern  :warn  : ` of `dmesg -x`.
    pub(super) fn decoded(&mut self, rest: &'a str) -> Option<&'a str> {
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

    /// `** 12 printk messages dropped ** ` in front of a stamp.
    pub(super) fn dropped(&mut self, rest: &'a str) -> Option<&'a str> {
        let inside = rest.strip_prefix("** ")?;
        let (count, behind) = inside.split_once(' ')?;
        let count: u64 = count.parse().ok()?;
        let behind = behind.strip_prefix("printk messages dropped **")?;
        self.record.lost += count;
        Some(behind.strip_prefix(' ').unwrap_or(behind))
    }
}
