//! Killed again and again while every kind of source sends: what was acknowledged is there, and everything once.
//!
//! The long run, 100 kills with 2 to 10 s between them, in about twelve minutes:
//! `FORESHOCK_TEST_KILLS=100 cargo test --release -p foreshock --test serve all_sources -- --nocapture`.

use crate::running::{self, Running};
use crate::senders::{Addresses, Senders};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What a kill may cost of what the kernel took from a sender that gets no answers, where a run lasts 6 s on average.
/// A kill takes what was not yet written: some milliseconds of each run.
const LOSS_MAX: f64 = 0.001;

/// Records by kind and number; the ids of each.
type Found = BTreeMap<(String, u64), Vec<String>>;

/// All that a spool holds, and of how many ids events are made: of records and of the gaps among them.
fn found(state: &Path) -> (Found, u64) {
    let state = state.to_str().unwrap();
    let mut export = running::foreshock(&["export", "--state", state, "--all-kinds"]);
    let mut export = export.stdout(Stdio::piped()).spawn().unwrap();
    let (mut found, mut ids) = (Found::new(), BTreeSet::new());
    // Millions of lines after the long run.
    for line in BufReader::new(export.stdout.take().unwrap()).lines() {
        let record: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if !matches!(record["kind"].as_str(), None | Some("gap")) {
            continue;
        }
        let (raw, id) = (record["raw"].as_str().unwrap(), record["envelope_id"].as_str().unwrap());
        ids.insert(id.to_owned());
        // `took KIND n=NUMBER;`; what a broken connection left of a line has no end, and counts as none.
        let Some((kind, rest)) = raw.split_once("took ").and_then(|(_, t)| t.split_once(" n="))
        else {
            continue;
        };
        let Some((n, _)) = rest.split_once(';') else { continue };
        found.entry((kind.to_owned(), n.parse().unwrap())).or_default().push(id.to_owned());
    }
    assert!(export.wait().unwrap().success());
    (found, ids.len() as u64)
}

/// A small generator of numbers: the same every time.
struct Draw(u64);

impl Draw {
    fn between(&mut self, low: u64, high: u64) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_millis(low + self.0 % (high - low))
    }
}

#[test]
fn all_sources_go_on_through_kill_9_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (state, logs) = (folder.path().join("state"), folder.path().join("logs"));
    std::fs::create_dir(&logs).unwrap();
    let (unix, file) = (folder.path().join("log.sock"), logs.join("app.log"));
    let settings = folder.path().join("foreshock.toml");
    let text = format!(
        "[listen]\nsyslog_unix = {:?}\nfiles = [\"{}*\"]\n",
        unix.display().to_string(),
        file.display()
    );
    std::fs::write(&settings, text).unwrap();
    let start = || Running::start(&state, &["--config", settings.to_str().unwrap()]);
    let addresses = |service: &Running| Addresses {
        tcp: service.address("syslog-tcp"),
        udp: service.address("syslog-udp"),
        http: service.address("http"),
    };
    let long = std::env::var("FORESHOCK_TEST_KILLS").ok().map(|n| n.parse::<u64>().unwrap());
    let (kills, low, high) = long.map_or((5, 300, 1_300), |kills| (kills, 2_000, 10_000));

    let senders = Senders::start(&unix, &file);
    let mut draw = Draw(88_172_645_463_325_252);
    for _ in 0..kills {
        let mut service = start();
        senders.tell(Some(addresses(&service)));
        // A kill comes at any time: there is nothing to wait for.
        std::thread::sleep(draw.between(low, high));
        // What comes while the kernel takes a process down, with its sockets still open, is nobody's to keep.
        senders.tell(None);
        service.wait_killed();
    }
    let service = start();
    senders.tell(Some(addresses(&service)));
    std::thread::sleep(draw.between(low, high));
    let told = senders.end();

    // Files are read at leisure: until the last line is there.
    let lines = told.iter().find(|(kind, _)| *kind == "file").unwrap().1.len() as u64;
    let (began, patience) = (Instant::now(), Duration::from_secs(60 + 5 * kills));
    let ids = loop {
        let (found, ids) = found(&state);
        let last = found.contains_key(&("file".to_owned(), lines - 1));
        let open = service.until(|_| true)["intake"]["open"].as_u64();
        if last && open == Some(0) {
            break ids;
        }
        assert!(began.elapsed() < patience, "{lines} lines are not read");
    };
    service.until(|status| {
        let events = &status["events"];
        let known = events["stored"].as_u64().unwrap() + events["waiting"].as_u64().unwrap();
        known >= ids && status["follower"]["lag_records"].as_u64() <= Some(1)
    });
    service.stop();

    let (found, ids) = found(&state);
    let of = |kind: &str, n: u64| found.get(&(kind.to_owned(), n)).map_or(&[][..], Vec::as_slice);
    for (kind, numbers) in &told {
        assert!(numbers.len() as u64 > kills, "{kind}: {} messages", numbers.len());
        let lost: Vec<u64> = numbers.iter().copied().filter(|n| of(kind, *n).is_empty()).collect();
        let share = lost.len() as f64 / numbers.len() as f64;
        #[allow(clippy::print_stderr, reason = "the figures of the long run")]
        {
            eprintln!(
                "{kind}: {} delivered, {} lost ({:.3} %)",
                numbers.len(),
                lost.len(),
                share * 100.0
            );
        }
        match *kind {
            // What lies in a socket's buffer, and what was read and not yet written, dies with the process.
            "tcp" | "unix" if long.is_some() => {
                assert!(share <= LOSS_MAX, "{kind}: {share}")
            }
            "tcp" | "unix" | "udp" => assert!(share <= 0.05, "{kind}: {share}"),
            _ => assert!(lost.is_empty(), "{kind}: {lost:?}"),
        }
    }
    for ((kind, n), all) in &found {
        // Delivered again is delivered with the same id.
        let different: BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), 1, "{kind} {n} counts {} times", different.len());
    }
    let status = std::fs::read(state.join("status.json")).unwrap();
    let status: Value = serde_json::from_slice(&status).unwrap();
    assert_eq!(status["events"]["stored"].as_u64(), Some(ids), "each id is one event");
}
