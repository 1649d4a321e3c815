//! What the service listens on, where it keeps what it knows and for how long: the tables of a settings file beside
//! the engine's. One list of rows ([`ROWS`]) is all there is to a setting: its place, its default, its reason.

use super::clients::Client;
use crate::hour::Hour;
use crate::runtime::serve::Retention;
use ipnet::IpNet;
use model::{Span, TenantId};
use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The settings of a service.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Service {
    pub(crate) state: Option<PathBuf>,
    pub(crate) tenant: TenantId,
    pub(crate) syslog_tcp: Vec<SocketAddr>,
    pub(crate) syslog_udp: Vec<SocketAddr>,
    pub(crate) syslog_unix: Option<PathBuf>,
    pub(crate) http: Option<SocketAddr>,
    pub(crate) files: Vec<String>,
    pub(crate) journal: bool,
    pub(crate) kernel: bool,
    pub(crate) digest_at: Hour,
    pub(crate) tokens: Option<PathBuf>,
    pub(crate) syslog_tls: Vec<SocketAddr>,
    pub(crate) tls: Tls,
    /// A field of messages that names their client.
    pub(crate) client_field: Option<String>,
    pub(crate) clients_max: usize,
    /// Whether requests from this machine want a token, too.
    pub(crate) tokens_for_all: bool,
    /// Clients by the senders' networks; of several that hold an address the narrowest counts.
    pub(crate) networks: Vec<(IpNet, TenantId)>,
    /// What is special about single clients.
    pub(crate) clients: Vec<Client>,
    pub(crate) retention: Retention,
}

/// Certificates of the listeners that speak TLS.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tls {
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) client_authority: Option<PathBuf>,
    pub(crate) client_required: bool,
}

impl Default for Service {
    fn default() -> Service {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Service {
            state: None,
            tenant: TenantId::new("default"),
            syslog_tcp: vec![local(5514)],
            syslog_udp: vec![local(5514)],
            syslog_unix: None,
            http: Some(local(5000)),
            files: Vec::new(),
            journal: false,
            kernel: false,
            digest_at: Hour::utc(6),
            tokens: None,
            syslog_tls: Vec::new(),
            tls: Tls::default(),
            client_field: None,
            clients_max: outputs::rest::TENANTS_MAX,
            tokens_for_all: false,
            networks: Vec::new(),
            clients: Vec::new(),
            retention: Retention::default(),
        }
    }
}

/// A value as it stands in a file or in the environment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A text.
    Text(String),
    /// Texts.
    List(Vec<String>),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

/// One setting.
pub(crate) struct Row {
    pub(crate) table: &'static str,
    pub(crate) key: &'static str,
    /// Why it is as it is, and what else could be written.
    pub(crate) reason: &'static str,
    /// As it is written in a file; `None` where nothing is set.
    pub(crate) get: fn(&Service) -> Option<Value>,
    /// Takes a value, or says what is to be written instead.
    pub(crate) set: fn(&mut Service, Value) -> Result<(), Cow<'static, str>>,
}

const ADDRESSES: &str = "wants addresses with ports, such as [\"127.0.0.1:5514\"]; [] for none";
const LENGTH: &str = "wants a length of time in quotes, such as \"30d\"";
const LENGTH_MIN: &str = "is too short: write a length of time of an hour or more, such as \"30d\"";
const SIZE: &str = "wants a size in quotes, such as \"20GiB\"";
const PATH: &str = "wants a path in quotes";
const YES: &str = "is true or false";

fn text(value: Value, told: &'static str) -> Result<String, &'static str> {
    match value {
        Value::Text(text) if !text.is_empty() => Ok(text),
        _ => Err(told),
    }
}

fn list(value: Value, told: &'static str) -> Result<Vec<String>, &'static str> {
    match value {
        Value::List(list) => Ok(list),
        Value::Text(text) => Ok(text.split(',').map(|one| one.trim().to_owned()).collect()),
        _ => Err(told),
    }
}

fn addresses(value: Value) -> Result<Vec<SocketAddr>, &'static str> {
    let list = list(value, ADDRESSES)?;
    let given = list.iter().filter(|one| !one.is_empty());
    given.map(|one| one.parse().map_err(|_| ADDRESSES)).collect()
}

fn flag(value: Value) -> Result<bool, &'static str> {
    match value {
        Value::Flag(flag) => Ok(flag),
        Value::Text(text) => text.parse().map_err(|_| YES),
        _ => Err(YES),
    }
}

fn length(value: Value) -> Result<Span, &'static str> {
    match Span::parse(&text(value, LENGTH)?) {
        Ok(span) if span >= Span::HOUR => Ok(span),
        Ok(_) => Err(LENGTH_MIN),
        Err(_) => Err(LENGTH),
    }
}

fn count(value: Value) -> Result<usize, &'static str> {
    const TOLD: &str = "wants a whole number from 1 to 100000, such as 1000";
    let number = match value {
        Value::Number(number) => Some(number),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| (1..=100_000).contains(number)).ok_or(TOLD)?;
    Ok(number as usize)
}

/// `512MiB`, `20GiB`, `1073741824`.
fn size(value: Value) -> Result<u64, &'static str> {
    let text = match value {
        Value::Number(number) => return u64::try_from(number).map_err(|_| SIZE),
        value => text(value, SIZE)?,
    };
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("", 0)];
    let unit = units.iter().find_map(|(unit, power)| Some((text.strip_suffix(unit)?, power)));
    let (number, power) = unit.ok_or(SIZE)?;
    let number: u64 = number.trim().parse().map_err(|_| SIZE)?;
    number.checked_mul(1 << power).ok_or(SIZE)
}

/// A path that may be empty.
fn path_or_none(value: Value) -> Result<Option<PathBuf>, &'static str> {
    match value {
        Value::Text(text) => Ok(Some(text).filter(|text| !text.is_empty()).map(PathBuf::from)),
        _ => Err(PATH),
    }
}

fn shown(addresses: &[SocketAddr]) -> Option<Value> {
    Some(Value::List(addresses.iter().map(ToString::to_string).collect()))
}

fn span(span: Span) -> Option<Value> {
    let secs = span.as_micros() / 1_000_000;
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let whole = units.into_iter().find(|(unit, _)| secs > 0 && secs % unit == 0);
    let (unit, letter) = whole.unwrap_or((1, "s"));
    Some(Value::Text(format!("{}{letter}", secs / unit)))
}

fn bytes(bytes: u64) -> Option<Value> {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let whole = units.into_iter().find(|(power, _)| bytes > 0 && bytes.is_multiple_of(1 << power));
    let (power, unit) = whole.unwrap_or((0, ""));
    Some(Value::Text(format!("{}{unit}", bytes >> power)))
}

fn path(path: &Option<PathBuf>) -> Option<Value> {
    path.as_ref().map(|path| Value::Text(path.display().to_string()))
}

macro_rules! rows {
    ($($table:ident.$key:ident: $reason:literal, $get:expr, $set:expr;)*) => {
        /// All settings of the service, in the order in which they are shown.
        pub(crate) const ROWS: &[Row] = &[$(Row {
            table: stringify!($table),
            key: stringify!($key),
            reason: $reason,
            get: $get,
            set: $set,
        },)*];
    };
}

rows! {
    service.state: "Where everything is kept. `serve --state` names it as well; under systemd it is StateDirectory.",
        |s| path(&s.state), |s, v| { s.state = Some(text(v, PATH)?.into()); Ok(()) };
    service.tenant: "The client of what nothing else says it of.",
        |s| Some(Value::Text(s.tenant.to_string())),
        |s, v| { s.tenant = super::clients::name(&text(v, "wants a name in quotes")?)?; Ok(()) };
    service.digest_at: "When each client's daily digest is made: before the working day begins. UTC, unless an offset stands behind it (\"06:00+02:00\") or a zone (\"06:00 Europe/Berlin\"), whose summer time then holds; [[client]] can have another.",
        |s| Some(Value::Text(s.digest_at.to_string())),
        |s, v| { s.digest_at = Hour::parse(&text(v, "wants a time of day in quotes, such as \"06:00\"")?)?; Ok(()) };
    listen.syslog_tcp: "Syslog over TCP. Loopback, until somebody decides who may send: \"0.0.0.0:5514\" is all machines.",
        |s| shown(&s.syslog_tcp), |s, v| { s.syslog_tcp = addresses(v)?; Ok(()) };
    listen.syslog_udp: "Syslog over UDP. What finds no room is lost in the kernel, and counted to the datagram.",
        |s| shown(&s.syslog_udp), |s, v| { s.syslog_udp = addresses(v)?; Ok(()) };
    listen.syslog_tls: "Syslog over TLS, such as \"0.0.0.0:6514\". Wants a certificate and its key.",
        |s| shown(&s.syslog_tls), |s, v| { s.syslog_tls = addresses(v)?; Ok(()) };
    listen.tls_certificate: "Our certificate, a file in PEM form, with those between it and its authority behind it.",
        |s| path(&s.tls.certificate), |s, v| { s.tls.certificate = path_or_none(v)?; Ok(()) };
    listen.tls_key: "Its private key, a file in PEM form that nobody else can read.",
        |s| path(&s.tls.key), |s, v| { s.tls.key = path_or_none(v)?; Ok(()) };
    listen.tls_client_authority: "The authorities that sign senders' certificates, a file in PEM form; without, senders show none.",
        |s| path(&s.tls.client_authority), |s, v| { s.tls.client_authority = path_or_none(v)?; Ok(()) };
    listen.tls_client_required: "Senders must show a certificate of these authorities; else they may.",
        |s| Some(Value::Flag(s.tls.client_required)), |s, v| { s.tls.client_required = flag(v)?; Ok(()) };
    listen.syslog_unix: "A socket of this machine for syslog datagrams, such as /run/foreshock/log.",
        |s| path(&s.syslog_unix), |s, v| { s.syslog_unix = Some(text(v, PATH)?.into()); Ok(()) };
    listen.http: "The HTTP API. Loopback; \"\" for none. Beyond loopback it wants tokens.",
        |s| Some(Value::Text(s.http.map_or(String::new(), |address| address.to_string()))),
        |s, v| { s.http = match v {
            Value::Text(text) if text.is_empty() => None,
            Value::Text(text) => Some(text.parse().map_err(|_| "wants an address with a port, such as \"127.0.0.1:5000\"")?),
            _ => return Err("wants an address with a port, such as \"127.0.0.1:5000\"".into()),
        }; Ok(()) };
    listen.tokens: "A file of tokens of the API, one a line as their hash; never the tokens themselves.",
        |s| path(&s.tokens), |s, v| { s.tokens = Some(text(v, PATH)?.into()); Ok(()) };
    listen.client_field: "A field of syslog messages that names their client, such as tenant in [x tenant=\\\"acme\\\"]; it can name clients of [[client]] only, so that no sender reaches others.",
        |s| s.client_field.clone().map(Value::Text),
        |s, v| { s.client_field = match v {
            Value::Text(text) => Some(text).filter(|text| !text.is_empty()),
            _ => return Err("wants the name of a field in quotes, such as \"tenant\"".into()),
        }; Ok(()) };
    listen.clients_max: "Clients that senders with a token for all of them may name between them. Each costs memory for good, and a sender could make up a new one with every event; what is beyond is refused and counted.",
        |s| Some(Value::Number(s.clients_max as i64)), |s, v| { s.clients_max = count(v)?; Ok(()) };
    listen.tokens_for_all: "Whether requests from this machine want a token, too: where other people have accounts on it.",
        |s| Some(Value::Flag(s.tokens_for_all)), |s, v| { s.tokens_for_all = flag(v)?; Ok(()) };
    listen.files: "Files to follow, with *, ?, [ab] and **; rotated ones are recognised.",
        |s| Some(Value::List(s.files.clone())),
        |s, v| { s.files = list(v, "wants patterns of paths, such as [\"/var/log/*.log\"]")?; Ok(()) };
    listen.journal: "The journal of this machine (needs the group systemd-journal).",
        |s| Some(Value::Flag(s.journal)), |s, v| { s.journal = flag(v)?; Ok(()) };
    listen.kernel: "The kernel's ring of this machine, /dev/kmsg. The journal has it too: not both.",
        |s| Some(Value::Flag(s.kernel)), |s, v| { s.kernel = flag(v)?; Ok(()) };
    retention.raw_age: "Raw records: the audit trail, and what a better parser could read again. A month is what people ask about.",
        |s| span(s.retention.raw_age), |s, v| { s.retention.raw_age = length(v)?; Ok(()) };
    retention.raw_bytes: "… and at most so much of the disk for them; the oldest go first.",
        |s| bytes(s.retention.raw_bytes), |s, v| { s.retention.raw_bytes = size(v)?; Ok(()) };
    retention.events_age: "Events that can be searched; older ones only of raised bands.",
        |s| span(s.retention.events_age), |s, v| { s.retention.events_age = length(v)?; Ok(()) };
    retention.raised_age: "Events of raised bands: a year and a month, to compare with last year.",
        |s| span(s.retention.raised_age), |s, v| { s.retention.raised_age = length(v)?; Ok(()) };
    retention.events_bytes: "… and at most so much of the disk for all events.",
        |s| bytes(s.retention.events_bytes), |s, v| { s.retention.events_bytes = size(v)?; Ok(()) };
    retention.raised_bytes: "Events of raised bands stand in state.db as well, as rows with an index of their words: at most so much of it, about three million. At ten a minute that is more than half a year; a flood is cut, its oldest first, and what is rare stays.",
        |s| bytes(s.retention.raised_bytes), |s, v| { s.retention.raised_bytes = size(v)?; Ok(()) };
}

/// The settings of a table.
pub(crate) fn of(table: &str) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.table == table)
}

/// The tables, in the order in which they are shown.
pub(crate) fn tables() -> Vec<&'static str> {
    let mut tables: Vec<&str> = ROWS.iter().map(|row| row.table).collect();
    tables.dedup();
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_written() {
        let mut other = Service::default();
        other.retention.raw_bytes = 3 << 20;
        other.digest_at = Hour::parse("22:05-03:30").unwrap();
        other.files = vec!["/var/log/*.log".into()];
        other.journal = true;
        for settings in [Service::default(), other] {
            let mut again = Service::default();
            for row in ROWS {
                if let Some(value) = (row.get)(&settings) {
                    assert_eq!((row.set)(&mut again, value), Ok(()), "{}.{}", row.table, row.key);
                }
            }
            assert_eq!(again, settings);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_remedy() {
        let mut service = Service::default();
        for (key, value) in [
            ("raw_age", "1s"),
            ("raw_bytes", "20 apples"),
            ("raw_bytes", "99999999999TiB"),
            ("syslog_tcp", "5514"),
            ("digest_at", "24:00"),
            ("digest_at", "6:00"),
            ("digest_at", "06:00+2"),
            ("clients_max", "0"),
            ("journal", "perhaps"),
        ] {
            let row = ROWS.iter().find(|row| row.key == key).unwrap();
            let told = (row.set)(&mut service, Value::Text(value.into())).unwrap_err();
            assert!(told.contains("such as") || told.contains("true"), "{key}: {told}");
        }
        assert_eq!(service, Service::default());
        let row = ROWS.iter().find(|row| row.key == "raw_age").unwrap();
        let told = (row.set)(&mut service, Value::Text("1s".into())).unwrap_err();
        assert!(told.contains("an hour or more"), "{told}");
    }
}
