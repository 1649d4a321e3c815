//! Invented messages of twelve programs on 200 hosts, about 200 bytes each; and such that break every rule.
//!
//! A sender draws its texts once and stamps each message with the present time and its number, so that sending costs
//! little of the cores that are measured. No 4,000 messages in a row hold the same text twice: compression finds the
//! likeness of log lines, and no repetition beside it.

use model::Timestamp;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// How messages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// RFC 5424 only: what every server takes without regard to its framing.
    Rfc5424,
    /// RFC 3164 and RFC 5424 by turns.
    Mixed,
    /// As long, but wrong in every way; never with a line feed.
    Malformed,
    /// An event of the HTTP API.
    Json,
}

/// Texts that are drawn once.
const TEXTS: usize = 4_096;
/// Hosts that speak.
const HOSTS: u64 = 200;
/// The clock is read after so many messages.
const CLOCK_EVERY: u64 = 64;

/// Program, severity, text: `%a` address, `%p` port or process, `%x` 8 hexadecimal digits, `%n` a number below 500, `%m`
/// one below 9 million, `%u` an account, `%f` a path.
const SHAPES: [(&str, u8, &str); 12] = [
    (
        "sshd",
        6,
        "Accepted publickey for %u from %a port %p ssh2: ED25519 SHA256:%x%x%x%x session %m opened by policy default",
    ),
    (
        "sshd",
        4,
        "Failed password for invalid user %u from %a port %p ssh2 after %n attempts, next try not before %n seconds have passed",
    ),
    (
        "nginx",
        6,
        "%a - %u \"GET /%f?id=%m HTTP/1.1\" 200 %m \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\" rt=0.%n uct=0.%n",
    ),
    (
        "nginx",
        3,
        "upstream timed out (110: Connection timed out) while connecting to upstream, client: %a, upstream: \"http://%a:%p/%f\"",
    ),
    (
        "kernel",
        4,
        "EXT4-fs warning (device sda1): ext4_end_bio:343: I/O error 10 writing to inode %m starting block %m of %m on channel %n",
    ),
    (
        "orders",
        6,
        "{\"level\":\"info\",\"trace\":\"%x%x%x%x\",\"account\":\"%u\",\"event\":\"order placed\",\"items\":%n,\"cents\":%m}",
    ),
    (
        "postgres",
        6,
        "[%p] LOG:  duration: %n.%n ms  execute S_%n: SELECT id, name FROM accounts WHERE region = $1 AND id > %m LIMIT 100",
    ),
    (
        "%ASA-6-302013",
        6,
        "Built outbound TCP connection %m for outside:%a/%p (%a/%p) to inside:%a/%p (%a/%p)",
    ),
    (
        "fw",
        5,
        "action=accept srcip=%a srcport=%p dstip=%a dstport=443 policy=%n sent=%m rcvd=%m duration=%n service=https zone=inside",
    ),
    (
        "dhcpd",
        6,
        "DHCPACK on %a to 02:00:%n via eth0 lease %x time 86400 options %x relay %a circuit %n scope office-%n pool %n",
    ),
    (
        "CRON",
        6,
        "(%u) CMD (/usr/local/bin/job-%n --spool /var/spool/%f --since %m --batch %n --quiet > /dev/null 2>&1)",
    ),
    (
        "worker",
        3,
        "request %x failed: java.net.SocketTimeoutException: Read timed out at org.example.Client.call(Client.java:%n) after %n ms",
    ),
];
const ACCOUNTS: [&str; 6] = ["alice", "bob", "svc-deploy", "carol", "backup", "oracle"];
const PATHS: [&str; 5] = ["orders", "users/profile", "cart/items", "search", "images/thumb"];

/// Beginnings that no rule allows: priorities that are none, counts that lie, broken text, controls, nothing.
const BROKEN: [&[u8]; 8] = [
    b"<999>1 not-a-time ",
    b"<>",
    b"<13",
    b"99999999 <13>",
    b"<34>1 2026-99-99T99:99:99Z host app 1 - [x y=\"",
    b"\xff\xfe\xc3\x28 ",
    b"\x01\x02\x1b[31m",
    b"{\"level\":\"info\",\"msg\":",
];

/// Messages, one after the other.
pub(crate) struct Messages {
    form: Form,
    texts: Vec<Text>,
    iso: String,
    bsd: String,
    read_in: u64,
}

struct Text {
    pri: u8,
    host: u64,
    program: &'static str,
    is_bsd: bool,
    body: Vec<u8>,
}

impl Messages {
    /// Those of one sender; each sender has others.
    pub(crate) fn new(form: Form, sender: u64) -> Messages {
        let mut draw = Draw((sender + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let texts = (0..TEXTS).map(|_| text(&mut draw, form)).collect();
        let (iso, bsd) = (String::new(), String::new());
        Messages { form, texts, iso, bsd, read_in: 0 }
    }

    /// Appends message `number`.
    pub(crate) fn write(&mut self, into: &mut Vec<u8>, number: u64) {
        if self.read_in == 0 {
            (self.iso, self.bsd) = times();
            self.read_in = CLOCK_EVERY;
        }
        self.read_in -= 1;
        let text = &self.texts[number as usize % TEXTS];
        let Text { pri, host, program, .. } = text;
        // Writing into memory does not fail.
        let _ = match self.form {
            Form::Malformed => Ok(()),
            Form::Json => write!(
                into,
                "{{\"timestamp\":\"{}\",\"host\":\"host-{host}\",\"service\":\"{program}\",\"severity\":{},\"message_raw\":\"",
                self.iso,
                pri & 7
            ),
            Form::Mixed if text.is_bsd => {
                write!(into, "<{pri}>{} host-{host} {program}: ", self.bsd)
            }
            Form::Mixed | Form::Rfc5424 => {
                write!(into, "<{pri}>1 {} host-{host} {program} 4711 - - ", self.iso)
            }
        };
        into.extend_from_slice(&text.body);
        let _ = match self.form {
            Form::Json => write!(into, " q={number};\"}}"),
            _ => write!(into, " q={number};"),
        };
    }
}

/// The present, as RFC 5424 and as RFC 3164 write it.
fn times() -> (String, String) {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let past = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Timestamp::from_micros(i64::try_from(past.as_micros()).unwrap_or(i64::MAX));
    let (_, month, day) = now.civil_date();
    let iso = now.to_string();
    let clock = iso.get(11..19).unwrap_or("00:00:00");
    let bsd = format!("{} {day:2} {clock}", MONTHS[(month as usize - 1) % 12]);
    (iso, bsd)
}

fn text(draw: &mut Draw, form: Form) -> Text {
    let (program, severity, shape) = SHAPES[draw.below(SHAPES.len() as u64) as usize];
    let mut body = Vec::with_capacity(256);
    if form == Form::Malformed {
        body.extend_from_slice(BROKEN[draw.below(BROKEN.len() as u64) as usize]);
    }
    fill(&mut body, draw, shape);
    if form == Form::Json {
        body =
            body.into_iter().map(|b| if matches!(b, b'"' | b'\\') { b'\'' } else { b }).collect();
    }
    let host = draw.below(HOSTS);
    Text { pri: 8 * 16 + severity, host, program, is_bsd: draw.below(2) == 0, body }
}

fn fill(body: &mut Vec<u8>, draw: &mut Draw, shape: &str) {
    let mut bytes = shape.bytes();
    while let Some(byte) = bytes.next() {
        let hole = if byte == b'%' { bytes.next() } else { None };
        let _ = match hole {
            Some(b'a') => {
                write!(body, "10.{}.{}.{}", draw.below(16), draw.below(256), draw.below(256))
            }
            Some(b'p') => write!(body, "{}", 1_024 + draw.below(60_000)),
            Some(b'x') => write!(body, "{:08x}", draw.below(1 << 32)),
            Some(b'n') => write!(body, "{}", draw.below(500)),
            Some(b'm') => write!(body, "{}", draw.below(9_000_000)),
            Some(b'u') => body.write_all(ACCOUNTS[draw.below(6) as usize].as_bytes()),
            Some(b'f') => body.write_all(PATHS[draw.below(5) as usize].as_bytes()),
            _ => body.write_all(&[byte]),
        };
    }
}

/// A small generator of numbers (xorshift64*): the same every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % n
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]

    use super::*;

    #[test]
    fn messages_are_numbered_and_as_long_as_is_said() {
        for form in [Form::Rfc5424, Form::Mixed, Form::Malformed, Form::Json] {
            let mut messages = Messages::new(form, 3);
            let mut all = Vec::new();
            for number in 0..5_000 {
                let start = all.len();
                messages.write(&mut all, number);
                let message = &all[start..];
                let mark = format!(" q={number};");
                assert_eq!(
                    memchr::memmem::find_iter(message, mark.as_bytes()).count(),
                    1,
                    "{form:?}"
                );
                assert!(!message.contains(&b'\n'), "{form:?}");
                if form == Form::Json {
                    serde_json::from_slice::<serde_json::Value>(message).unwrap();
                }
            }
            let mean = all.len() / 5_000;
            assert!((140..=280).contains(&mean), "{form:?}: {mean}");
        }
    }
}
