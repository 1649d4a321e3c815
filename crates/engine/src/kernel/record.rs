//! One line of a kernel's log, whatever format it came in: what all later stages work on.

use model::Timestamp;
use std::borrow::Cow;

/// Whose thread of messages a line belongs to. The lines of one report share it; lines of others in
/// between do not belong to the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// No mark of the kernel at all: a console's raw line, or a log written without any header.
    Raw,
    /// The kernel, and nothing says which of its threads.
    Kernel,
    /// The kernel in this task (`CONFIG_PRINTK_CALLER`: `[T123]`).
    Task(u32),
    /// The kernel on this processor outside of any task (`[C3]`).
    Cpu(u32),
    /// Somebody else: a daemon in the same file, or one that writes to `/dev/kmsg`.
    Foreign,
}

/// The formats that are told apart, as they are named in the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogFormat {
    /// No header: only text.
    Plain,
    /// `[   12.345678] text`, with whatever `dmesg` adds in front or behind.
    Dmesg,
    /// `[Sat Mar 14 09:30:03 2026] text` of `dmesg -T`.
    DmesgDate,
    /// `2026-03-14T09:30:03,154802+00:00 text`.
    DmesgIso,
    /// `dmesg -J`.
    DmesgJson,
    /// `6,1000,190154802,-;text` of `/dev/kmsg`.
    Kmsg,
    /// `Mar 14 09:30:03 host kernel: text`.
    Syslog,
    /// `2026-03-14T09:30:03+00:00 host kernel: text`.
    SyslogIso,
    /// RFC 5424.
    Syslog5424,
    /// `[  190.154802] host kernel: text` of `journalctl -o short-monotonic`.
    JournalMonotonic,
    /// `journalctl -o json`.
    JournalJson,
    /// Parts of a crash dump that the firmware kept.
    Pstore,
}

impl LogFormat {
    /// All, in their order.
    pub const ALL: [LogFormat; 12] = [
        LogFormat::Plain,
        LogFormat::Dmesg,
        LogFormat::DmesgDate,
        LogFormat::DmesgIso,
        LogFormat::DmesgJson,
        LogFormat::Kmsg,
        LogFormat::Syslog,
        LogFormat::SyslogIso,
        LogFormat::Syslog5424,
        LogFormat::JournalMonotonic,
        LogFormat::JournalJson,
        LogFormat::Pstore,
    ];

    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            LogFormat::Plain => "plain",
            LogFormat::Dmesg => "dmesg",
            LogFormat::DmesgDate => "dmesg-date",
            LogFormat::DmesgIso => "dmesg-iso",
            LogFormat::DmesgJson => "dmesg-json",
            LogFormat::Kmsg => "kmsg",
            LogFormat::Syslog => "syslog",
            LogFormat::SyslogIso => "syslog-iso",
            LogFormat::Syslog5424 => "syslog-5424",
            LogFormat::JournalMonotonic => "journal-monotonic",
            LogFormat::JournalJson => "journal-json",
            LogFormat::Pstore => "pstore",
        }
    }
}

/// One message of the log. Borrows from the line wherever nothing had to be changed.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// Where it stands: a line's number from 1, or what the caller chose to find it again.
    pub place: u64,
    /// Offset of the line's first byte.
    pub byte: u64,
    /// The format that its header was in.
    pub format: LogFormat,
    /// Whose message it is.
    pub context: Context,
    /// Severity as the kernel gave it: 0 (emergency) to 7 (debug).
    pub level: Option<u8>,
    /// Microseconds since boot.
    pub mono_us: Option<i64>,
    /// The wall clock's time in the header.
    pub wall: Option<Timestamp>,
    /// Whether `wall` is known to less than a second.
    pub is_wall_fine: bool,
    /// The machine's name in the header.
    pub host: Option<Cow<'a, str>>,
    /// The boot's id in the header.
    pub boot_id: Option<Cow<'a, str>>,
    /// How many messages the kernel says it lost right before this one.
    pub lost: u64,
    /// What the kernel said; may hold several lines.
    pub text: Cow<'a, str>,
}

impl<'a> Record<'a> {
    /// A record of nothing but text.
    pub fn plain(text: &'a str, place: u64, byte: u64) -> Record<'a> {
        Record {
            place,
            byte,
            format: LogFormat::Plain,
            context: Context::Raw,
            level: None,
            mono_us: None,
            wall: None,
            is_wall_fine: false,
            host: None,
            boot_id: None,
            lost: 0,
            text: Cow::Borrowed(text),
        }
    }
}
