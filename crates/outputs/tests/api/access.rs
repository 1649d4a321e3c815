//! Who may do what.

use crate::client::{EVENT, Under};
use crate::fakes::{ACME_INGEST, ACME_READ, ALL};
use outputs::rest::{Anonymous, Settings};
use std::io::Write;

fn tokens_only() -> Under {
    Under::with(Settings { anonymous: Anonymous::Never, ..Settings::default() })
}

#[test]
fn without_a_token_only_this_machine_is_served() {
    let under = Under::test();
    assert_eq!(under.get("/status").status, 200);
    // What a proxy or a web page on this machine passes on is somebody else's.
    for header in [
        "x-forwarded-for: 192.0.2.7",
        "forwarded: for=192.0.2.7",
        "via: 1.1 proxy",
        "origin: https://example.org",
        "origin: null",
    ] {
        under.request("GET", "/status", &[header], b"").problem(401);
    }
    for (host, status) in [
        ("example.org", 401),
        ("localhost.example.org:80", 401),
        ("LOCALHOST:5000", 200),
        ("127.0.0.1:5000", 200),
        ("[::1]:5000", 200),
    ] {
        let request = format!("GET /status HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        assert_eq!(under.send(request.as_bytes()).status, status, "{host}");
    }
    let under = tokens_only();
    let answer = under.get("/status");
    answer.problem(401);
    assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    under.post("/events/ingest", EVENT).problem(401);
    assert_eq!(under.get("/healthz").status, 200);
    assert_eq!(under.get("/openapi.json").status, 200);
}

#[test]
fn tokens_come_by_either_header() {
    let under = tokens_only();
    assert_eq!(under.get_as(ALL, "/status").status, 200);
    for (header, status) in [
        (format!("x-api-token: {ALL}"), 200),
        (format!("authorization: bearer {ALL}"), 200),
        (format!("authorization: Basic {ALL}"), 401),
        (format!("authorization: Bearer {ALL}x"), 401),
        ("authorization: Bearer".to_owned(), 401),
        ("x-api-token: ".to_owned(), 401),
        (format!("x-api-token: {}", "x".repeat(600)), 401),
    ] {
        let answer = under.request("GET", "/status", &[&header], b"");
        assert_eq!(answer.status, status, "{header}");
    }
    // A wrong token is wrong on this machine too.
    Under::test()
        .request("GET", "/status", &["x-api-token: wrong-0123456789abcdef"], b"")
        .problem(401);
}

#[test]
fn scopes_and_tenants_hold() {
    let under = tokens_only();
    assert!(under.get_as(ACME_INGEST, "/status").problem(403).contains("`read`"));
    under.get_as(ACME_READ, "/metrics").problem(403);
    let status = under.get_as(ACME_READ, "/status").json();
    let sources = status["sources"].as_array().unwrap();
    assert!(sources.iter().all(|source| source["tenant_id"] == "acme") && sources.len() == 1);
    assert_eq!(status["reasons"].as_array().unwrap().len(), 0);
    // What is of all clients is for who may know of all.
    for global in ["intake", "spool", "engine", "raised"] {
        assert!(status[global].is_null(), "{global}: {status}");
        assert!(under.get_as(ALL, "/status").json()[global].is_object(), "{global}");
    }
    assert_eq!((&status["ok"], &status["coverage_percent"]), (&true.into(), &88.0.into()));
    assert_eq!(under.get_as(ACME_READ, "/sources").json()["results"].as_array().unwrap().len(), 1);
    assert_eq!(under.get_as(ALL, "/sources/status").json()["results"].as_array().unwrap().len(), 2);
    under.post_as(ACME_READ, "/events/search", r#"{"tenant_id":"globex"}"#).problem(403);
}

/// A body that nobody may send is not read.
#[test]
fn who_may_not_is_told_before_the_body_comes() {
    let under = tokens_only();
    let mut stream = under.connect();
    let head = "POST /events/ingest HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\
        content-type: application/json\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 401");
}
