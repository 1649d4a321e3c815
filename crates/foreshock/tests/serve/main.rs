//! The service as its senders see it: killed under load, on a full disk, with a store that stands still.
//!
//! `FORESHOCK_TEST_KILLS=100 cargo test -p foreshock --test serve kill` for the long run.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod deadletters;
mod health;
mod kills;
mod running;
mod senders;
mod settings;

use running::Running;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Events of one request.
const BULK: u64 = 40;

/// Hands in events `first..first + BULK` by one request; whether they are acknowledged.
fn hand_in(address: &str, first: u64) -> bool {
    let event = |n: u64| {
        format!(
            r#"{{"event_id":"e{n}","host":"web1","service":"app","severity":"info","message_raw":"order n={n} was taken"}}"#
        )
    };
    let body: Vec<String> = (first..first + BULK).map(event).collect();
    let body = format!("[{}]", body.join(","));
    running::post(address, "/events/ingest_bulk", &body).is_some_and(|(status, _)| status == 200)
}

/// The numbers that an export holds, and how often; its ids; its records.
fn exported(folder: &Path) -> (BTreeMap<u64, u64>, BTreeSet<String>, u64) {
    let output =
        running::foreshock(&["export", "--state", folder.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let (mut numbers, mut ids, mut records) = (BTreeMap::new(), BTreeSet::new(), 0);
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let raw = record["raw"].as_str().unwrap();
        ids.insert(record["envelope_id"].as_str().unwrap().to_owned());
        records += 1;
        if let Some((_, rest)) = raw.split_once("n=") {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            *numbers.entry(digits.parse().unwrap()).or_default() += 1;
        }
    }
    (numbers, ids, records)
}

#[test]
fn nothing_acknowledged_is_lost_or_counted_twice_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let kills = std::env::var("FORESHOCK_TEST_KILLS").map_or(6, |n| n.parse().unwrap());
    let (mut next, mut acknowledged) = (0, Vec::new());
    for kill in 0..kills {
        let mut service = Running::start(folder.path(), &[]);
        let http = service.address("http");
        let tcp = service.address("syslog-tcp");
        let lines: String = (0..500)
            .map(|n| format!("<14>Nov 26 00:00:00 gw1 app[{n}]: said k={kill}\n"))
            .collect();
        let _ = running::send(&tcp, lines.as_bytes());
        // Killed in the middle of a request, after more and more of them.
        let requests = 3 + kill % 17 * 5;
        let killer = service.killer();
        for request in 0..requests + 1 {
            if request == requests {
                killer.kill();
            }
            // What was not acknowledged is handed in again: its ids make it the same.
            if !hand_in(&http, next) {
                break;
            }
            acknowledged.push(next);
            next += BULK;
        }
        service.wait_killed();
    }
    let service = Running::start(folder.path(), &[]);
    let status = service.until(|status| status["follower"]["lag_records"].as_u64() == Some(0));
    service.stop();
    let (numbers, ids, records) = exported(folder.path());
    for first in &acknowledged {
        for n in *first..first + BULK {
            assert!(numbers.contains_key(&n), "{n} was acknowledged and is lost");
        }
    }
    assert!(acknowledged.len() as u64 >= kills, "{} requests", acknowledged.len());
    let events = status["events"]["stored"].as_u64().unwrap()
        + status["events"]["waiting"].as_u64().unwrap();
    assert_eq!(events, ids.len() as u64, "of {records} records, each counts once");
}

#[test]
fn a_store_that_stands_still_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let service = Running::start(folder.path(), &[]);
    let http = service.address("http");
    assert!(hand_in(&http, 0));
    service.until(|status| status["follower"]["lag_records"].as_u64() == Some(0));
    let lock = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let began = Instant::now();
    let mut requests = 1;
    while began.elapsed() < Duration::from_secs(4) {
        assert!(hand_in(&http, requests * BULK), "intake waits for a store");
        requests += 1;
        let (status, _) = running::get(&http, "/healthz").unwrap();
        assert_eq!(status, 200);
    }
    lock.execute_batch("COMMIT").unwrap();
    let events = requests * BULK;
    let status = service.until(|status| {
        let events = &status["events"];
        events["stored"].as_u64().unwrap() + events["waiting"].as_u64().unwrap() >= requests * BULK
    });
    assert!(requests > 20, "{requests}");
    let all = status["events"]["stored"].as_u64().unwrap()
        + status["events"]["waiting"].as_u64().unwrap();
    assert_eq!(all, events);
    service.stop();
}

/// A file system of its own, while it lives.
struct Small(tempfile::TempDir);

impl Small {
    fn new(size: &str) -> Option<Small> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let path = folder.path().to_str().unwrap();
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &options, "tmpfs", path]).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Small(folder))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", self.0.path().to_str().unwrap()]).status();
    }
}

#[test]
fn a_full_disk_stops_answers_and_nothing_else() {
    let Some(small) = Small::new("112m") else {
        #[allow(clippy::print_stderr, reason = "says why there is nothing to see")]
        {
            eprintln!("skipped: mounting a tmpfs is not allowed here");
        }
        return;
    };
    let folder = small.0.path();
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![1; 44 << 20]).unwrap();
    let state = folder.join("state");
    let service = Running::start(&state, &[]);
    let http = service.address("http");
    // Bytes that do not compress, so that the disk fills up.
    let mut draw = 0x9e37_79b9_7f4a_7c15_u64;
    let mut text = || {
        let letters = (0..200_000).map(|_| {
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            char::from(b'!' + (draw % 90) as u8)
        });
        letters.collect::<String>().replace(['"', '\\'], "x")
    };
    let (mut acknowledged, mut n) = (Vec::new(), 0);
    let refused = loop {
        assert!(n < 2_000, "the disk does not fill up");
        let body = format!(r#"{{"message_raw":"n={n} {}"}}"#, text());
        match running::post(&http, "/events/ingest", &body).unwrap() {
            (200, _) => acknowledged.push(n),
            (status, body) => break (status, body),
        }
        n += 1;
    };
    assert_eq!(refused.0, 503, "{}", refused.1);
    assert_eq!(
        running::get(&http, "/healthz").unwrap().0 / 100,
        5,
        "it says that it takes nothing"
    );
    assert_eq!(running::get(&http, "/status").unwrap().0, 200);
    // What was acknowledged is known a moment later: questions go on being answered.
    let began = Instant::now();
    loop {
        let digest = running::post(&http, "/digest/daily", r#"{"tenant_id":"default"}"#).unwrap();
        if digest.0 == 200 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{}", digest.1);
        std::thread::sleep(Duration::from_millis(50));
    }
    std::fs::remove_file(&ballast).unwrap();
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < Duration::from_secs(30), "it does not resume");
        let body = format!(r#"{{"message_raw":"n={n} is back"}}"#);
        if running::post(&http, "/events/ingest", &body).unwrap().0 == 200 {
            acknowledged.push(n);
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    service.stop();
    let (numbers, ..) = exported(&state);
    for n in &acknowledged {
        assert!(numbers.contains_key(n), "{n} was acknowledged and is lost");
    }
}
