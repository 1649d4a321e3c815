//! Named values of JSON, logfmt or the journal → the fields of an event. One table of the names
//! that loggers use, so that a name means the same in every format.

use super::{Reference, clock, kernel, level};
use model::{Attribute, Defect, Event, Severity};
use std::borrow::Cow;

/// More named values than any logger writes on purpose; the rest stays in the raw bytes.
pub(super) const ATTRIBUTES_MAX: usize = 128;

/// What a name stands for. Of several names for one thing the one with the lowest rank counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Time,
    Level,
    Message,
    Host,
    Service,
    Pid,
    Facility,
}

/// Names, the better first within a role; compared without regard to case.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Time,
        &[
            "@timestamp",
            "timestamp",
            "time",
            "ts",
            "@t",
            "t.$date",
            "_source_realtime_timestamp",
            "__realtime_timestamp",
            "asctime",
            "datetime",
            "eventtime",
            "time_iso8601",
            "time_local",
            "instant.epochsecond",
            "timemillis",
            "timeunixnano",
            "time_unix_nano",
            "startutc",
            "t",
        ],
    ),
    (
        Role::Level,
        &[
            "level",
            "severity",
            "log.level",
            "levelname",
            "@l",
            "lvl",
            "loglevel",
            "log_level",
            "level_name",
            "severitytext",
            "severity_text",
            "priority",
            "levelno",
            "severitynumber",
            "severity_number",
            "s",
        ],
    ),
    (
        Role::Message,
        &[
            "message_raw",
            "message",
            "msg",
            "@m",
            "@mt",
            "short_message",
            "fields.message",
            "log",
            "renderedmessage",
            "messagetemplate",
            "event",
            "alert.signature",
            "body",
            "text",
        ],
    ),
    (
        Role::Host,
        &[
            "host",
            "hostname",
            "host.name",
            "host.hostname",
            "_hostname",
            "computer",
            "machinename",
            "kubernetes.host",
            "devname",
            "asset_id",
        ],
    ),
    (
        Role::Service,
        &[
            "service",
            "service.name",
            "service_name",
            "syslog_identifier",
            "app",
            "appname",
            "application",
            "program",
            "kubernetes.container_name",
            "name",
            "_comm",
            "component",
            "logger",
            "logger_name",
            "log.logger",
            "target",
        ],
    ),
    (Role::Pid, &["pid", "process.pid", "syslog_pid", "_pid"]),
    (Role::Facility, &["syslog_facility", "facility"]),
];

const ROLES: usize = NAMES.len();
/// The longest name in the table.
const NAME_BYTES_MAX: usize = 26;

fn role(name: &str) -> Option<(usize, usize)> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    NAMES.iter().enumerate().find_map(|(place, (_, names))| {
        let rank = names.iter().position(|n| n.eq_ignore_ascii_case(name))?;
        Some((place, rank))
    })
}

/// Longest name of a host: that of DNS (RFC 1035, §2.3.4).
const HOST_BYTES_MAX: usize = 255;
/// `Bob's MacBook Pro`.
const HOST_WORDS_MAX: usize = 3;

/// Moves the values that have a place in an event there and leaves the others as attributes.
/// The body stays empty if no value is a message.
pub(super) fn place<'a>(values: Vec<Attribute<'a>>, event: &mut Event<'a>, reference: &Reference) {
    // In a firewall's record of a connection, service and host are the connection's own.
    let connection = values.iter().any(|(name, _)| is_origin(name));
    let mut chosen: [Option<(usize, usize)>; ROLES] = [None; ROLES];
    let mut refused_host = false;
    for (at, (name, value)) in values.iter().enumerate() {
        let Some((place, rank)) = role(name) else { continue };
        let (role, is_own) = (NAMES[place].0, !connection || name == "devname");
        if !is_own && matches!(role, Role::Service | Role::Host)
            || chosen[place].is_some_and(|(held, _)| rank >= held)
        {
            continue;
        }
        if fits(role, name, value, reference) {
            chosen[place] = Some((rank, at));
        } else if role == Role::Host && names_something(value) {
            refused_host = true;
        }
    }
    let status = values.iter().find(|(name, _)| is_status(name)).and_then(|(_, v)| v.parse().ok());
    for (at, (name, value)) in values.into_iter().enumerate() {
        let place = chosen.iter().position(|c| c.is_some_and(|(_, chosen)| chosen == at));
        match place.map(|place| NAMES[place].0) {
            Some(Role::Time) => {
                if let Some(stamp) = time(&value, reference) {
                    event.occurred_at = stamp.at;
                    event.defects.add_all(stamp.defects);
                }
            }
            Some(Role::Level) => event.severity = severity(&name, &value),
            Some(Role::Message) => event.body = value,
            Some(Role::Host) => event.host = Some(value),
            Some(Role::Service) => event.service = Some(value),
            Some(Role::Pid) => event.pid = Some(value),
            Some(Role::Facility) => event.facility = facility(&value),
            None => event.attributes.push((name, value)),
        }
    }
    if event.severity.is_none() {
        event.severity = status.and_then(severity_of_status);
    }
    if refused_host && event.host.is_none() {
        event.defects.add(Defect::HostInvalid);
    }
}

/// Whether a value can be what its name says: `t` is not always a time, `level` not always one.
fn fits(role: Role, name: &str, value: &str, reference: &Reference) -> bool {
    match role {
        Role::Time => time(value, reference).is_some(),
        Role::Level => severity(name, value).is_some(),
        Role::Message => !value.is_empty(),
        Role::Host => names_something(value) && is_host(value),
        Role::Service => names_something(value) && !is_others_name(name, value),
        Role::Pid => names_something(value),
        Role::Facility => facility(value).is_some(),
    }
}

/// A facility by its number or its name.
fn facility(value: &str) -> Option<u8> {
    match value.parse() {
        Ok(number) => Some(number).filter(|number| *number < 24),
        Err(_) => kernel::facility(value),
    }
}

/// Machines of people are called in several words; a sentence and a path are no host.
fn is_host(value: &str) -> bool {
    value.len() <= HOST_BYTES_MAX
        && !value.contains(['"', '/', '$', '`', '\n'])
        && value.split(' ').count() <= HOST_WORDS_MAX
}

/// `?`, `-` and `(null)` name nothing.
fn names_something(value: &str) -> bool {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80;
    value.bytes().any(of_name) && value != "(null)"
}

/// Whether a `name` or `target` is that of a person, a file or a thing that the record is about. No
/// service, however it is called, is a number or a path.
fn is_others_name(name: &str, value: &str) -> bool {
    let is_vague =
        ["name", "target", "component"].iter().any(|vague| vague.eq_ignore_ascii_case(name));
    value.bytes().all(|b| b.is_ascii_digit())
        || value.starts_with('/')
        || is_vague && value.contains([' ', '/', '\\', '@'])
}

fn time(value: &str, reference: &Reference) -> Option<clock::Stamp> {
    clock::any(value.trim(), reference)
}

/// A level as a word or a number; numbers mean different things by logger.
fn severity(name: &str, value: &str) -> Option<Severity> {
    let Ok(number) = value.parse::<u8>() else {
        return level::word(value);
    };
    let of = |scale: &[Severity], at: u8| scale.get(usize::from(at)).copied();
    use Severity::{Critical, Debug, Error, Info, Warning};
    if name.eq_ignore_ascii_case("levelno") {
        // Python: 10 debug … 50 critical.
        return of(&[Debug, Debug, Info, Warning, Error, Critical], number / 10);
    }
    if name.len() >= 14 && name.as_bytes()[..8].eq_ignore_ascii_case(b"severity") {
        // OpenTelemetry: four numbers a level, 1 trace … 24 fatal.
        return of(&[Debug, Debug, Info, Warning, Error, Critical], number.checked_sub(1)? / 4);
    }
    match number {
        0..=7 => Severity::from_number(number),
        // Bunyan and pino: 10 trace … 60 fatal.
        10..=69 => of(&[Debug, Debug, Debug, Info, Warning, Error, Critical], number / 10),
        _ => None,
    }
}

/// Names of a connection's origin in firewalls' records.
fn is_origin(name: &str) -> bool {
    const NAMES: &[&str] = &["src", "srcip", "src_ip", "source_ip", "sourceip", "source-address"];
    NAMES.iter().any(|n| n.eq_ignore_ascii_case(name))
}

fn is_status(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "status",
        "status_code",
        "http.response.status_code",
        "response.status_code",
        "downstreamstatus",
        "response_code",
    ];
    NAMES.iter().any(|n| n.eq_ignore_ascii_case(name))
}

/// A server's own failures are errors; a client's are worth a note.
pub(super) fn severity_of_status(status: u16) -> Option<Severity> {
    match status {
        500..=599 => Some(Severity::Error),
        400..=499 => Some(Severity::Notice),
        100..=399 => Some(Severity::Info),
        _ => None,
    }
}

/// Adds a value up to the limit.
pub(super) fn push<'a>(
    values: &mut Vec<Attribute<'a>>,
    name: impl Into<Cow<'a, str>>,
    value: impl Into<Cow<'a, str>>,
    event_defects: &mut model::Defects,
) {
    if values.len() < ATTRIBUTES_MAX {
        values.push((name.into(), value.into()));
    } else {
        event_defects.add(Defect::AttributesCut);
    }
}
