//! The canonical event: what one envelope says, in the same fields for every format. Text is
//! borrowed from the envelope wherever nothing had to be changed.

use crate::{Defects, Severity, Timestamp};
use std::borrow::Cow;

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident => $word:literal,)*) => {
        /// The format that a line was read as.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
        #[repr(u8)]
        pub enum Format { $($(#[$doc])* #[serde(rename = $word)] $name,)* }

        impl Format {
            /// Every format, in order.
            pub const ALL: &'static [Format] = &[$(Format::$name,)*];

            /// The name on the wire.
            pub fn word(self) -> &'static str {
                match self { $(Format::$name => $word,)* }
            }
        }
    };
}

formats! {
    /// No known form: the whole line is the body. Never fails.
    #[default]
    Text => "text",
    /// BSD syslog, RFC 3164, with or without priority.
    Rfc3164 => "rfc3164",
    /// RFC 5424.
    Rfc5424 => "rfc5424",
    /// rsyslog's file format with an ISO time (also `journalctl -o short-iso`).
    SyslogIso => "syslog_iso",
    /// `journalctl -o json`.
    JournalJson => "journal_json",
    /// `journalctl -o export`.
    JournalExport => "journal_export",
    /// The kernel's ring as `dmesg` prints it.
    Dmesg => "dmesg",
    /// A record of `/dev/kmsg`.
    Kmsg => "kmsg",
    /// One JSON object a line.
    Json => "json",
    /// `key=value` pairs.
    Logfmt => "logfmt",
    /// Access log of Apache or nginx (common or combined).
    Access => "access",
    /// Apache's error log.
    ApacheError => "apache_error",
    /// nginx's error log.
    NginxError => "nginx_error",
    /// Cisco IOS, NX-OS and ASA.
    Cisco => "cisco",
    /// ArcSight's CEF or QRadar's LEEF.
    Cef => "cef",
    /// An application's line that begins with a date.
    Dated => "dated",
}

/// One named value of an event: a JSON field, a parameter of structured data.
pub type Attribute<'a> = (Cow<'a, str>, Cow<'a, str>);

/// One happening in canonical form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event<'a> {
    /// When it happened, as the source claims; `None` if it says nothing usable.
    pub occurred_at: Option<Timestamp>,
    /// How bad the source says it is.
    pub severity: Option<Severity>,
    /// Syslog facility, 0–23.
    pub facility: Option<u8>,
    /// The machine it happened on.
    pub host: Option<Cow<'a, str>>,
    /// The program or service that speaks.
    pub service: Option<Cow<'a, str>>,
    /// The process id, as written.
    pub pid: Option<Cow<'a, str>>,
    /// The message without its header. Of a joined stack trace: its first line.
    pub body: Cow<'a, str>,
    /// Named values, in the order of the input.
    pub attributes: Vec<Attribute<'a>>,
    /// What the line was read as.
    pub format: Format,
    /// What was wrong, missing or assumed.
    pub defects: Defects,
}
