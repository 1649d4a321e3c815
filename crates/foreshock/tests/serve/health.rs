//! What the service says of itself while it works: every record is accounted for at every moment, whatever is lost is
//! counted and stored as a gap, and every kind of source has its row.

use crate::running::{self, Running, foreshock};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The figures of a page of metrics, with their labels.
fn metrics(http: &str) -> BTreeMap<String, f64> {
    let (status, answer) = running::get(http, "/metrics").unwrap();
    assert_eq!(status, 200, "{answer}");
    let page = answer.split_once("\r\n\r\n").unwrap().1;
    let figures = page.lines().filter(|line| line.starts_with("foreshock_"));
    let figure = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    figures.map(figure).collect()
}

/// `received − spooled − waiting − dropped`, and received.
fn unaccounted(figures: &BTreeMap<String, f64>) -> (f64, f64) {
    let of = |name: &str| {
        let name = format!("foreshock_intake_{name}");
        figures
            .iter()
            .filter(|(key, _)| key.split('{').next() == Some(&name))
            .map(|(_, n)| n)
            .sum::<f64>()
    };
    let received = of("received_total");
    (received - of("spooled_total") - of("waiting") - of("dropped_total"), received)
}

/// The name of a listener: what it listens for, and its port.
fn listener(way: &str, address: &str) -> String {
    let (_, port) = address.rsplit_once(':').unwrap();
    format!("{way}-{port}")
}

/// Tells the senders to end, also when a test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn every_record_is_accounted_for_at_every_scrape() {
    let folder = tempfile::tempdir().unwrap();
    let service = Running::start(folder.path(), &[]);
    let addresses = ["http", "syslog-tcp", "syslog-udp"].map(|name| service.address(name));
    let [http, tcp, udp] = &addresses;
    let is_over = AtomicBool::new(false);
    let (acknowledged, sent) = (AtomicU64::new(0), AtomicU64::new(0));
    let goes_on = || !is_over.load(Ordering::SeqCst);
    let scrapes = std::thread::scope(|scope| {
        let _ends = Ends(&is_over);
        scope.spawn(|| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            while goes_on() {
                for n in 0..200 {
                    let text = format!("<14>Nov 26 00:00:00 fw{} app: udp {n}", n % 7);
                    socket.send_to(text.as_bytes(), udp).unwrap();
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        scope.spawn(|| {
            let line = "<13>Nov 26 00:00:00 gw1 app: by tcp\n";
            while goes_on() {
                running::send(tcp, line.repeat(2_000).as_bytes()).unwrap();
                sent.fetch_add(2_000, Ordering::SeqCst);
            }
        });
        scope.spawn(|| {
            let body = format!("[{}7,{{}}]", r#"{"message":"by http"},"#.repeat(50));
            while goes_on() {
                let (status, _) = running::post(http, "/events/ingest_bulk", &body).unwrap();
                assert_eq!(status, 200);
                acknowledged.fetch_add(50, Ordering::SeqCst);
            }
        });
        let scraper = || {
            let (began, mut scrapes, mut before) = (Instant::now(), 0, 0.0);
            while began.elapsed() < Duration::from_secs(4) {
                let figures = metrics(http);
                let (missing, received) = unaccounted(&figures);
                assert_eq!(missing, 0.0, "{figures:?}");
                assert!(received >= before, "a counter went back");
                (before, scrapes) = (received, scrapes + 1);
            }
            scrapes
        };
        let other = scope.spawn(scraper);
        scraper() + other.join().unwrap()
    });
    assert!(scrapes >= 20, "{scrapes}");
    // And it comes out: what was acknowledged and what TCP delivered is all there.
    let (acknowledged, sent) = (acknowledged.into_inner(), sent.into_inner());
    let of = |status: &Value, name: &str| row(status, name, None)["received"].as_u64();
    let status = service.until(|status| {
        let is_known = status["intake"]["open"] == 0 && status["follower"]["lag_records"] == 0;
        is_known && of(status, &listener("syslog-tcp", tcp)) == Some(sent)
    });
    assert_eq!(of(&status, "http:local"), Some(acknowledged));
    let hosts = status["sources"].as_array().unwrap().iter().filter(|row| row["host"].is_string());
    let hosts: Vec<&str> = hosts.map(|row| row["host"].as_str().unwrap()).collect();
    for host in ["gw1", "fw0", "fw6"] {
        assert!(hosts.contains(&host), "{host}: {hosts:?}");
    }
    assert!(status["dead_letters"].as_u64() > Some(0), "7 is no event");
    service.stop();
}

/// The row of a source, or of a host of it.
fn row<'a>(status: &'a Value, name: &str, host: Option<&str>) -> &'a Value {
    let rows = status["sources"].as_array().unwrap();
    let found = rows.iter().find(|row| row["name"] == name && row["host"].as_str() == host);
    found.unwrap_or_else(|| panic!("{name} {host:?}: {rows:#?}"))
}

#[test]
fn what_the_kernel_drops_is_counted_and_stored_as_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let service = Running::start(folder.path(), &[]);
    let udp = service.address("syslog-udp");
    let name = listener("syslog-udp", &udp);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let text = format!("<14>Nov 26 00:00:00 fw1 app: {}", "x".repeat(1_200));
    let mut sent = 0_u64;
    let mut send = |datagrams: u64| {
        for _ in 0..datagrams {
            socket.send_to(text.as_bytes(), &udp).unwrap();
        }
        sent += datagrams;
        sent
    };
    send(10);
    service.until(|status| row(status, &name, None)["received"] == 10);
    // Nobody reads: the socket's buffer overflows.
    service.signal("STOP");
    send(40_000);
    service.signal("CONT");
    let udp_row = |status: &Value| row(status, &name, None).clone();
    let all = |status: &Value| {
        let row = udp_row(status);
        row["received"].as_u64().unwrap() + row["lost"].as_u64().unwrap()
    };
    // The kernel tells of a loss with the next datagram that it delivers.
    let began = Instant::now();
    loop {
        let sent = send(1);
        std::thread::sleep(Duration::from_millis(50));
        let status = service.until(|status| status["intake"]["open"] == 0);
        if all(&status) == sent {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{sent} sent, {:#}", udp_row(&status));
    }
    let status = service.until(|status| status["follower"]["lag_records"] == 0);
    let lost = udp_row(&status)["lost"].as_u64().unwrap();
    assert!(lost > 1_000, "{lost}");
    assert_eq!(udp_row(&status)["dropped"]["socket_buffer_full"], lost);
    service.stop();
    assert_eq!(gaps(folder.path()), lost, "each is in a gap record");
}

/// Records that gap records say were lost.
fn gaps(folder: &Path) -> u64 {
    let output = foreshock(&["export", "--all-kinds", "--state", folder.to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let gaps = records.filter(|record| record["kind"] == "gap");
    let lost = |gap: Value| {
        let loss: Value = serde_json::from_str(gap["raw"].as_str().unwrap()).unwrap();
        loss["records"].as_u64().unwrap_or(0)
    };
    gaps.map(lost).sum()
}

#[test]
fn every_receiver_runs_and_has_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (socket, log) = (at.join("log.socket"), at.join("app.log"));
    // What is no text is left where it is, and said to be.
    let program = at.join("program.log");
    std::fs::write(&program, b"\x7fELF\0\0\0").unwrap();
    std::fs::write(&log, "2026-11-26T00:00:00Z a line of a file\n").unwrap();
    let has_kernel = std::fs::File::open("/dev/kmsg").is_ok();
    let config = at.join("foreshock.toml");
    let text = format!(
        "[listen]\nsyslog_unix = {socket:?}\nfiles = [{log:?}, {program:?}]\njournal = true\nkernel = {has_kernel}\n"
    );
    std::fs::write(&config, text).unwrap();
    // A journal of three entries.
    let bin = at.join("bin");
    std::fs::create_dir(&bin).unwrap();
    let entry = |n| format!("__CURSOR=s=1;i={n}\\nMESSAGE=entry {n}\\n_HOSTNAME=here\\n\\n");
    let entries: String = (0..3).map(entry).collect();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *after-cursor*) ;; *) printf '{entries}' ;; esac\nexec sleep 600\n"
    );
    let journalctl = bin.join("journalctl");
    std::fs::write(&journalctl, script).unwrap();
    std::fs::set_permissions(&journalctl, Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());

    let state = at.join("state");
    let service =
        Running::start_with(&state, &["--config", config.to_str().unwrap()], &[("PATH", &path)]);
    let sender = UnixDatagram::unbound().unwrap();
    sender.send_to(b"<14>Nov 26 00:00:00 app: by the socket", &socket).unwrap();
    let received = |status: &Value, name: &str| {
        let rows = status["sources"].as_array().unwrap().iter();
        rows.filter(|row| row["name"] == name)
            .filter_map(|row| row["received"].as_u64())
            .sum::<u64>()
    };
    let status = service.until(|status| {
        received(status, "syslog-unix") == 1
            && received(status, "journal") == 3
            && received(status, "files") == 1
            && (!has_kernel || received(status, "kernel") > 0)
            && status["follower"]["lag_records"] == 0
    });
    for name in ["syslog-unix", "journal", "files"] {
        assert_eq!(row(&status, name, None)["state"], "ok", "{status:#}");
    }
    // What cannot be followed is told wherever a person looks, and counted.
    let status = service.until(|status| {
        status["intake"]["refused"] == 1 && status["defects"]["year_assumed"].as_u64() >= Some(1)
    });
    let told = "program.log is not followed: program";
    let files = row(&status, "files", None);
    assert!(files["reason"].as_str().unwrap().contains(told) && files["refused"] == 1, "{files}");
    let http = service.address("http");
    let answer = running::get(&http, "/status").unwrap().1;
    let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(answer["intake"]["refused"], 1);
    assert!(answer["engine"]["defects"]["year_assumed"].as_u64() >= Some(1), "{answer}");
    let of_api = answer["sources"].as_array().unwrap().iter();
    let of_api = of_api.clone().find(|row| row["source_id"] == "files").unwrap();
    assert!(of_api["reason"].as_str().unwrap().contains(told), "{of_api}");
    let figures = metrics(&http);
    let files = "foreshock_source_refused_total{source=\"files\",tenant=\"\"}";
    assert_eq!(figures.get(files), Some(&1.0), "{figures:?}");
    let defects = "foreshock_event_defects_total{defect=\"year_assumed\"}";
    assert!(figures.get(defects) >= Some(&1.0), "{figures:?}");
    if has_kernel {
        assert_eq!(row(&status, "kernel", None)["state"], "ok");
    } else {
        println!("left out: /dev/kmsg cannot be read here");
    }
    // The file has a row of its own, by its path.
    service.until(|status| received(status, log.to_str().unwrap()) == 1);
    let output = foreshock(&["status", "--state", state.to_str().unwrap()]).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    for said in [
        "coverage  unknown: what the sources usually say is still being learnt",
        "1 source needs a look",
        "1 connections not let in or files not followed",
        told,
        "syslog-unix",
        "journal",
        "app.log",
    ] {
        assert!(table.contains(said), "{said}: {table}");
    }
    service.stop();
    // Of a service that has ended nothing is said to be well.
    let output = foreshock(&["status", "--state", state.to_str().unwrap()]).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("stopped in order") && table.contains("spool     stopped"), "{table}");
    assert!(!table.contains(" ok "), "{table}");
}
