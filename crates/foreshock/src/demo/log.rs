//! A seed → ten days of logs of one small, invented client: a gateway, a file server, a web server.
//!
//! All of it is ordinary but for one VPN tunnel that, from the sixth day on, drops and heals by
//! itself. Addresses are those set aside for documentation.

use super::chance::Chance;
use model::port::RawReader;
use model::{Cursor, Envelope, Origin, Seq, SourceId, Span, TenantId, Timestamp, Transport};
use sources::Place;

/// 2026-03-02, a Monday. Fixed, so that every run shows the same.
const START: Timestamp = Timestamp::from_secs(1_772_409_600);
/// Days of logs.
const DAYS: i64 = 10;

/// The tunnel's failures: day (from 0), hour, minute, second, and the seconds until it is up again.
/// Each is longer than the one before; none is near what an alert would ask for.
const OUTAGES: [(i64, i64, i64, i64, i64); 14] = [
    (5, 8, 52, 11, 19),
    (5, 14, 20, 47, 23),
    (6, 9, 41, 5, 28),
    (6, 16, 3, 39, 34),
    (7, 8, 15, 58, 41),
    (7, 11, 37, 20, 47),
    (7, 15, 44, 2, 52),
    (8, 8, 31, 33, 60),
    (8, 11, 9, 14, 67),
    (8, 14, 26, 51, 75),
    (9, 8, 4, 29, 83),
    (9, 10, 48, 7, 92),
    (9, 13, 55, 42, 101),
    (9, 16, 22, 36, 110),
];

/// One line and when it was written.
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) text: String,
    /// Bytes before it in the file that it would stand in.
    offset: u64,
}

/// Lines in the order of their times, as one file.
pub(crate) struct Log {
    pub(crate) lines: Vec<Line>,
    origin: Origin,
}

impl Log {
    /// The log; the same every time.
    pub(crate) fn generate() -> Log {
        let mut lines = Vec::new();
        gateway(&mut lines);
        tunnel(&mut lines);
        file_server(&mut lines);
        web_server(&mut lines);
        let end = START + Span::DAY.times(DAYS);
        lines.retain(|line| (START..end).contains(&line.at));
        // Stable: what stands in the same second keeps the order of the programs above.
        lines.sort_by_key(|line| line.at);
        let mut offset = 0;
        for line in &mut lines {
            line.offset = offset;
            offset += line.text.len() as u64 + 1;
        }
        Log {
            lines,
            origin: Origin {
                source_id: SourceId::new("demo:demo.log"),
                tenant_id: TenantId::new("local"),
                source_type: "demo".into(),
                source_name: "demo.log".into(),
                transport: Transport::File,
            },
        }
    }

    /// The line at this index as it would be read from a file.
    pub(crate) fn envelope(&self, index: usize) -> Envelope<'_> {
        let (line, stands) = (&self.lines[index], index as u64 + 1);
        let place = Place { input: 0, line: stands };
        Envelope {
            seq: place.seq(),
            origin: &self.origin,
            cursor: Cursor::Stream { offset: line.offset, line: stands },
            received_at: None,
            payload: line.text.as_bytes(),
            truncated: false,
        }
    }

    /// The file's bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let lines = self.lines.iter();
        lines.flat_map(|line| line.text.bytes().chain(*b"\n")).collect()
    }
}

impl RawReader for Log {
    fn read(&mut self, seqs: &[Seq], visit: &mut dyn FnMut(&Envelope<'_>)) {
        for place in seqs.iter().map(|seq| Place::of(*seq)) {
            let index = place.line.checked_sub(1).map(|i| i as usize);
            if let Some(index) = index.filter(|i| place.input == 0 && *i < self.lines.len()) {
                visit(&self.envelope(index));
            }
        }
    }
}

fn write(lines: &mut Vec<Line>, at: Timestamp, host_and_tag: &str, body: &str) {
    lines.push(Line { at, text: format!("{at} {host_and_tag}: {body}"), offset: 0 });
}

/// Every `every` seconds, give or take `jitter`, through all days.
fn beats(chance: &mut Chance, every: i64, jitter: i64) -> Vec<Timestamp> {
    let count = DAYS * 86_400 / every;
    let offset = |chance: &mut Chance| chance.between(0, jitter + 1);
    (0..count).map(|i| START + Span::from_secs(i * every + offset(chance))).collect()
}

/// Chance events: so many an hour by night and so many by day (7–18 h), less on weekends.
fn rhythm(chance: &mut Chance, by_night: i64, by_day: i64) -> Vec<Timestamp> {
    let mut times = Vec::new();
    for hour in 0..DAYS * 24 {
        let from = START + Span::HOUR.times(hour);
        let is_day = (7..18).contains(&from.hour());
        let is_weekend = from.weekday() >= 5;
        let usual = match (is_day, is_weekend) {
            (true, false) => by_day,
            (true, true) => (by_day / 2).max(by_night),
            (false, _) => by_night,
        };
        let count = usual + chance.between(-usual / 4, usual / 4 + 1);
        let second = |chance: &mut Chance| from + Span::from_secs(chance.between(0, 3_600));
        times.extend((0..count).map(|_| second(chance)));
    }
    times
}

/// The tunnel to the branch: rekeyed every hour, and its failures.
fn tunnel(lines: &mut Vec<Line>) {
    let mut chance = Chance::of(2);
    for at in beats(&mut chance, 3_600, 20) {
        let body = "tunnel branch-2: keys renewed with 198.51.100.20";
        write(lines, at, "gw1 charon[612]", body);
    }
    for (day, hour, minute, second, secs) in OUTAGES {
        let of_day = hour * 3_600 + minute * 60 + second;
        let down = START + Span::DAY.times(day) + Span::from_secs(of_day);
        let body = "tunnel branch-2 to 198.51.100.20 is down: no reply from peer";
        write(lines, down, "gw1 charon[612]", body);
        let body = format!("tunnel branch-2 to 198.51.100.20 is up again after {secs} s");
        write(lines, down + Span::from_secs(secs), "gw1 charon[612]", &body);
    }
}

/// What a firewall says all day: leases, refused packets from outside, its clock.
fn gateway(lines: &mut Vec<Line>) {
    let mut chance = Chance::of(1);
    for at in rhythm(&mut chance, 4, 16) {
        let host = chance.between(20, 60);
        let body = format!("DHCPACK on 192.0.2.{host} to 02:00:5e:10:00:{host:02x} via eth1");
        write(lines, at, "gw1 dhcpd[533]", &body);
    }
    for at in rhythm(&mut chance, 12, 14) {
        let (from, port) = (chance.between(1, 255), *chance.pick(&[22, 23, 445, 3389, 8080]));
        let body =
            format!("drop in=wan0 src=203.0.113.{from} dst=198.51.100.1 proto=tcp dport={port}");
        write(lines, at, "gw1 firewall", &body);
    }
    for at in beats(&mut chance, 4 * 3_600, 900) {
        let body = format!("selected source 192.0.2.{}", chance.between(2, 5));
        write(lines, at, "gw1 chronyd[401]", &body);
    }
}

/// Files, people and the nightly backup.
fn file_server(lines: &mut Vec<Line>) {
    let mut chance = Chance::of(3);
    for at in beats(&mut chance, 900, 2) {
        let job = "(root) CMD (/usr/local/bin/check-quota)";
        let tag = format!("files1 CRON[{}]", chance.between(2_000, 30_000));
        write(lines, at, &tag, job);
    }
    for at in rhythm(&mut chance, 1, 6) {
        let (user, pid) = (*chance.pick(&["ada", "ben", "cleo"]), chance.between(2_000, 30_000));
        let (from, port) = (chance.between(20, 60), chance.between(32_768, 60_999));
        let tag = format!("files1 sshd[{pid}]");
        let body = format!("Accepted publickey for {user} from 192.0.2.{from} port {port} ssh2");
        write(lines, at, &tag, &body);
        let body = format!("pam_unix(sshd:session): session opened for user {user} by (uid=0)");
        write(lines, at + Span::from_secs(1), &tag, &body);
        let left = at + Span::from_secs(chance.between(60, 3_000));
        let body = format!("pam_unix(sshd:session): session closed for user {user}");
        write(lines, left, &tag, &body);
        if chance.once_in(40) {
            let body = format!("Failed password for {user} from 192.0.2.{from} port {port} ssh2");
            write(lines, at - Span::from_secs(9), &tag, &body);
        }
    }
    for at in beats(&mut chance, 1_800, 3) {
        let body = format!(
            "Device: /dev/sda, Temperature changed from {} to {}",
            chance.between(31, 35),
            chance.between(31, 35)
        );
        write(lines, at, "files1 smartd[702]", &body);
    }
    for at in beats(&mut chance, 86_400, 30) {
        let (started, minutes) = (at + Span::HOUR.times(2), chance.between(21, 27));
        write(lines, started, "files1 backup[9001]", "snapshot of /srv started");
        let body = format!("snapshot of /srv finished: {} files", chance.between(310, 420));
        let finished = started + Span::MINUTE.times(minutes);
        write(lines, finished, "files1 backup[9001]", &body);
    }
}

/// Requests and the shop's own jobs.
fn web_server(lines: &mut Vec<Line>) {
    let mut chance = Chance::of(4);
    for at in rhythm(&mut chance, 12, 70) {
        let path = *chance.pick(&["/", "/orders", "/stock", "/login", "/invoices"]);
        let status = if chance.once_in(50) { 404 } else { 200 };
        let body = format!(
            "GET {path} {status} {} bytes {} ms",
            chance.between(400, 9_000),
            chance.between(4, 180)
        );
        write(lines, at, "web1 shop[1204]", &body);
    }
    for at in beats(&mut chance, 300, 2) {
        let body = format!("mail queue sent in {} ms", chance.between(90, 400));
        write(lines, at, "web1 shop-jobs[1290]", &body);
    }
    for at in beats(&mut chance, 43_200, 3_000) {
        let body = "no renewals were needed; next certificate ends in 61 days";
        write(lines, at, "web1 certbot[3310]", body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_every_time_and_in_order() {
        let (one, two) = (Log::generate(), Log::generate());
        assert_eq!(one.bytes(), two.bytes());
        assert!(one.lines.is_sorted_by_key(|line| line.at));
        assert!((5_000..30_000).contains(&one.lines.len()), "{}", one.lines.len());
        assert_eq!(START.to_minute_text(), "2026-03-02 00:00");
    }

    #[test]
    fn each_outage_is_longer_than_the_one_before() {
        assert!(OUTAGES.is_sorted_by(|a, b| a.4 < b.4));
    }
}
