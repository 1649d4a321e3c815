//! What a sender cannot do: fill the memory, hold a connection, or send more than it may.

use crate::client::{EVENT, Under, read, request};
use crate::fakes::{ACME_INGEST, ALL};
use model::TenantId;
use outputs::rest::{Limits, Rate, Settings};
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

fn with(limits: Limits) -> Under {
    Under::with(Settings { limits, ..Settings::default() })
}

#[test]
fn large_bodies_are_refused() {
    let under = with(Limits {
        body_bytes_max: 1_000,
        decompressed_bytes_max: 5_000,
        events_max: 10,
        ..Limits::default()
    });
    let long = format!(r#"[{{"message":"{}"}}]"#, "x".repeat(1_000));
    assert!(under.post("/events/ingest_bulk", &long).problem(413).contains("1000 bytes"));
    // The same without saying so beforehand.
    let chunked = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    let headers = ["content-type: application/json", "transfer-encoding: chunked"];
    under.request("POST", "/events/ingest_bulk", &headers, chunked.as_bytes()).problem(413);
    // A little that becomes much.
    let bomb = zstd::encode_all(vec![b' '; 1 << 20].as_slice(), 19).unwrap();
    let headers = ["content-type: application/json", "content-encoding: zstd"];
    let answer = under.request("POST", "/events/ingest_bulk", &headers, &bomb);
    assert!(answer.problem(413).contains("decompressed"));
    let many = format!("[{}7]", "7,".repeat(10));
    assert!(under.post("/events/ingest_bulk", &many).problem(413).starts_with("11 events"));
    under.post("/candidates/search", &" ".repeat(900)).problem(400);
    assert_eq!(under.post("/events/ingest", r#"{"message":"x"}"#).status, 200);
}

#[test]
fn a_window_of_zstd_is_bounded() {
    let under = Under::test();
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(26).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.write_all(EVENT.as_bytes()).unwrap();
    let bytes = encoder.finish().unwrap();
    let headers = ["content-type: application/json", "content-encoding: zstd"];
    under.request("POST", "/events/ingest", &headers, &bytes).problem(400);
}

#[test]
fn bodies_together_are_bounded() {
    let under = with(Limits { bodies_bytes_max: 100, ..Limits::default() });
    under.post("/events/ingest", EVENT).problem(503);
    assert_eq!(under.post("/events/ingest", r#"{"message":"x"}"#).status, 200, "it is given back");
}

/// The fakes know two tenants; `client-a` of the usual event is the third.
#[test]
fn callers_name_no_more_tenants_than_may_be() {
    let most = Arc::new(AtomicUsize::new(4));
    let under = Under::with(Settings { tenants_max: Arc::clone(&most), ..Settings::default() });
    let named = |name: &str| format!(r#"{{"message":"x","tenant_id":"{name}"}}"#);
    assert_eq!(under.post("/events/ingest", EVENT).status, 200);
    assert_eq!(under.post("/events/ingest", &named("one")).status, 200);
    let told = under.post("/events/ingest", &named("another")).problem(403);
    assert!(told.contains("there are 4 tenants") && told.contains("clients_max"), "{told}");
    // Of many events those of known tenants are taken; the others are told and counted.
    let body = format!("[{},{},{}]", named("acme"), named("another"), named("one"));
    let answer = under.post("/events/ingest_bulk", &body);
    assert_eq!((answer.status, &answer.json()["refused"]), (200, &1.into()));
    let tallies = under.meter.read();
    assert_eq!((tallies[0].1.stored, tallies[0].1.refused), (4, 2));
    // What a token names is served, however many there are.
    most.store(0, SeqCst);
    assert_eq!(under.post_as(ACME_INGEST, "/events/ingest", r#"{"message":"x"}"#).status, 200);
    most.store(5, SeqCst);
    assert_eq!(under.post("/events/ingest", &named("another")).status, 200);
}

/// Before anything is published after a start.
#[test]
fn tenants_of_earlier_runs_count_from_the_start() {
    let most = Arc::new(AtomicUsize::new(5));
    let tenants = ["before-1", "before-2"].map(TenantId::new).to_vec();
    let under = Under::with(Settings { tenants_max: most, tenants, ..Settings::default() });
    let named = |name: &str| format!(r#"{{"message":"x","tenant_id":"{name}"}}"#);
    assert_eq!(under.post("/events/ingest", &named("before-2")).status, 200);
    // Two are published, two were known.
    assert_eq!(under.post("/events/ingest", &named("one")).status, 200);
    let told = under.post("/events/ingest", &named("another")).problem(403);
    assert!(told.contains("there are 5 tenants"), "{told}");
    assert_eq!(under.post("/events/ingest", &named("before-1")).status, 200);
}

#[test]
fn rates_hold_for_each_caller() {
    let rate = Rate { per_sec: 0.001, burst: 2.0 };
    let under = with(Limits { events: Some(rate), ..Limits::default() });
    let event = r#"{"message":"x"}"#;
    let two = format!("[{event},{event}]");
    assert_eq!(under.post_as(ALL, "/events/ingest_bulk", &two).status, 200);
    assert!(
        under.post_as(ALL, "/events/ingest_bulk", &two).problem(429).contains("events a second")
    );
    under.post_as(ALL, "/events/ingest", event).problem(429);
    assert_eq!(under.post_as(ACME_INGEST, "/events/ingest", event).status, 200);
    let under = with(Limits { requests: Some(rate), ..Limits::default() });
    assert_eq!(under.get("/status").status, 200);
    assert_eq!(under.get("/status").status, 200);
    under.get("/status").problem(429);
    assert_eq!(under.get("/healthz").status, 200);
}

#[test]
fn slow_senders_are_cut_off() {
    let under = with(Limits {
        head_wait: Duration::from_millis(100),
        body_wait: Duration::from_millis(100),
        ..Limits::default()
    });
    // A head that never ends, and none at all.
    for start in ["GET /status HTTP/1.1\r\nhost: localhost\r\nx: ", ""] {
        let mut stream = under.connect();
        stream.write_all(start.as_bytes()).unwrap();
        let answer = read(&mut stream);
        assert!(matches!(answer.status, 0 | 408), "{answer:?}");
    }
    let mut stream = under.connect();
    let whole =
        request("POST", "/events/ingest", &["content-type: application/json"], EVENT.as_bytes());
    stream.write_all(&whole[..whole.len() - 5]).unwrap();
    read(&mut stream).problem(408);
    assert!(under.intake.payloads().is_empty());
}

#[test]
fn a_body_that_breaks_off_is_not_stored() {
    let under = Under::test();
    let whole = request(
        "POST",
        "/events/ingest_bulk",
        &["content-type: application/x-ndjson"],
        b"{\"message\":\"x\"}\n{\"message\":\"y\"}\n",
    );
    let answer = under.send(&whole[..whole.len() - 17]);
    assert!(matches!(answer.status, 0 | 400), "{answer:?}");
    assert!(under.intake.payloads().is_empty());
}

/// Who asks and does not read the answer is cut off, and not waited for.
#[test]
fn who_does_not_read_is_cut_off() {
    let under = with(Limits { write_wait: Duration::from_millis(100), ..Limits::default() });
    let mut stream = under.connect();
    let one = request("GET", "/openapi.json", &[], b"");
    let one = String::from_utf8(one).unwrap().replace("connection: close\r\n", "");
    stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
    // More than any socket buffers: writing fails once the server has had enough.
    let error = (0..1_000_000).find_map(|_| stream.write_all(one.as_bytes()).err());
    let kind = error.map(|error| error.kind());
    assert!(matches!(kind, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)), "{kind:?}");
}

#[test]
fn one_connection_too_many_is_told_so() {
    let under = with(Limits { connections_max: 1, ..Limits::default() });
    let mut first = under.connect();
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut byte = [0];
    first.read_exact(&mut byte).unwrap();
    under.get("/healthz").problem(503);
}

#[test]
fn a_stop_lets_what_is_under_way_end() {
    let under = Under::test();
    under.views.position.store(0, SeqCst);
    let mut idle = under.connect();
    let mut stream = under.connect();
    stream
        .write_all(&request(
            "POST",
            "/events/ingest?wait_ms=300",
            &["content-type: application/json"],
            EVENT.as_bytes(),
        ))
        .unwrap();
    while under.intake.payloads().is_empty() {
        std::thread::yield_now();
    }
    let intake = std::sync::Arc::clone(&under.intake);
    let address = under.at();
    under.stop();
    assert_eq!(read(&mut stream).status, 200);
    assert_eq!(intake.payloads().len(), 1);
    assert_eq!(read(&mut idle).status, 0);
    assert!(std::net::TcpStream::connect(address).is_err());
}

/// The three that tell how the service is answer while nothing else does.
#[test]
fn health_answers_while_the_rest_stands_still() {
    let under = with(Limits {
        questions_max: 1,
        answer_wait: Duration::from_millis(200),
        ..Limits::default()
    });
    under.views.stuck.store(true, SeqCst);
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| under.post("/candidates/search", "{}").problem(503)))
            .collect();
        for path in ["/healthz", "/status", "/metrics"] {
            assert_eq!(under.get(path).status, 200, "{path}");
        }
        waiting.into_iter().for_each(|thread| drop(thread.join().unwrap()));
    });
    under.views.stuck.store(false, SeqCst);
    assert_eq!(under.post("/candidates/search", "{}").status, 200);
}
