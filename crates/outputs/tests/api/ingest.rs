//! Events in: three forms, compressions, fates one by one, and nothing acknowledged that is not stored.

use crate::client::{EVENT, Under, request};
use crate::fakes::{ACME_INGEST, ACME_READ, ALL, TWO, now};
use model::intake::Why;
use model::{Cursor, EventId, TenantId, Transport};
use outputs::rest::{Letter, LetterForm, Limits, Settings, Tenants};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

const NDJSON: &str = "content-type: application/x-ndjson";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_documented_event_is_stored_as_it_came() {
    let under = Under::test();
    let answer = under.post("/events/ingest", EVENT);
    assert_eq!(answer.status, 200, "{answer:?}");
    let kept = under.intake.kept.lock().unwrap();
    let [kept] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!(kept.payload, EVENT.as_bytes());
    assert_eq!(kept.origin.tenant_id.as_str(), "client-a");
    assert_eq!(kept.origin.source_id.as_str(), "http:local");
    assert_eq!(kept.origin.source_type, "syslog");
    assert_eq!(kept.origin.source_name, "/var/log/syslog");
    assert_eq!(kept.origin.transport, Transport::Http);
    assert_eq!((kept.received_at, kept.peer.as_str()), (now(), "127.0.0.1"));
    let body = answer.json();
    let envelope = model::Envelope {
        seq: kept.seq,
        origin: &kept.origin,
        cursor: kept.cursor,
        received_at: Some(now()),
        payload: &kept.payload,
        truncated: false,
    };
    let id = EventId::derive(&[envelope.id().as_bytes()]).to_string();
    assert_eq!(body["event_id"], id, "the id that everybody derives");
    assert!(body["signature_id"].as_str().unwrap().starts_with("sig_"));
    assert_eq!(body["pending"], false);
    assert_eq!(body["candidate_ids"], json!([]));
}

#[test]
fn three_forms_store_the_same() {
    let events = [r#"{"message":"a"}"#, r#"{ "message_raw" : "b\n" }"#];
    let object = format!(r#"{{"events":[{}, {}],"source_label":"replay"}}"#, events[0], events[1]);
    let array = format!("[{},\n{}]", events[0], events[1]);
    let lines = format!("{}\r\n\n  {}  \n", events[0], events[1]);
    for (headers, body) in [
        ("content-type: application/json", &object),
        ("content-type: application/json; charset=utf-8", &array),
        (NDJSON, &lines),
    ] {
        let under = Under::test();
        let answer = under.request("POST", "/events/ingest_bulk", &[headers], body.as_bytes());
        let expected = json!({
            "ok": true, "ingested": 2, "refused": 0, "errors": [], "signatures_created": 1,
            "candidates_created": 0, "pending": false,
        });
        assert_eq!((answer.status, answer.json()), (200, expected), "{body}");
        assert_eq!(under.intake.payloads(), events, "{body}");
        let kept = under.intake.kept.lock().unwrap();
        let name = if body.contains("replay") { "replay" } else { "local" };
        assert_eq!(kept[0].origin.source_name, name);
        assert_eq!(kept[0].origin.tenant_id.as_str(), "default");
    }
}

#[test]
fn compressed_bodies_are_read() {
    let body = format!("[{EVENT},{EVENT}]");
    let zstd = zstd::encode_all(body.as_bytes(), 3).unwrap();
    let mut members = gzip(&body.as_bytes()[..10]);
    members.extend(gzip(&body.as_bytes()[10..]));
    for (coding, bytes) in [
        ("gzip", gzip(body.as_bytes())),
        ("x-gzip", members),
        ("ZSTD", zstd),
        ("identity", body.clone().into_bytes()),
    ] {
        let under = Under::test();
        let coding = format!("content-encoding: {coding}");
        let headers = ["content-type: application/json", &coding];
        let answer = under.request("POST", "/events/ingest_bulk", &headers, &bytes);
        assert_eq!(answer.json()["ingested"], 2, "{coding}");
    }
    let under = Under::test();
    let json = "content-type: application/json";
    let as_coded = |coding: &str, bytes: &[u8]| {
        let coding = format!("content-encoding: {coding}");
        under.request("POST", "/events/ingest_bulk", &[json, &coding], bytes)
    };
    as_coded("gzip", b"no gzip").problem(400);
    as_coded("zstd", b"no zstd").problem(400);
    let half = gzip(body.as_bytes());
    as_coded("gzip", &half[..half.len() / 2]).problem(400);
    let answer = as_coded("br", b"x");
    answer.problem(415);
    assert_eq!(answer.header("accept-encoding"), Some("gzip, zstd"));
    assert!(under.intake.payloads().is_empty());
}

#[test]
fn each_event_has_its_fate() {
    let under = Under::test();
    let body =
        r#"[{"message":"a"},7,{"message":"b","severity":9},{"message":"c","severity":"warn"},{}]"#;
    let answer = under.post("/events/ingest_bulk", body);
    assert_eq!(answer.status, 200);
    let told = answer.json();
    assert_eq!(
        (&told["ok"], &told["ingested"], &told["refused"]),
        (&json!(false), &json!(2), &json!(3))
    );
    let errors = told["errors"].as_array().unwrap();
    let indices: Vec<&Value> = errors.iter().map(|error| &error["index"]).collect();
    assert_eq!(indices, [1, 2, 4]);
    assert!(
        errors.iter().all(|e| e["retry"] == false && !e["reason"].as_str().unwrap().is_empty())
    );
    assert_eq!(under.intake.payloads().len(), 2);

    let answer = under.request(
        "POST",
        "/events/ingest_bulk",
        &[NDJSON],
        b"{\"message\":\"x\"}\n{\n\xff\xfe\n",
    );
    let told = answer.json();
    assert_eq!((&told["ingested"], &told["errors"][1]["index"]), (&json!(1), &json!(2)));

    let answer = under.post("/events/ingest_bulk", "[7,{}]");
    let told = answer.json();
    assert_eq!((answer.status, &told["ok"], &told["ingested"]), (200, &json!(false), &json!(0)));
    assert_eq!(told["errors"].as_array().unwrap().len(), 2);
}

#[test]
fn nothing_is_nothing() {
    let under = Under::test();
    assert_eq!(under.post("/events/ingest_bulk", "[]").json()["ingested"], 0);
    assert_eq!(
        under.request("POST", "/events/ingest_bulk", &[NDJSON], b"\n").json()["ingested"],
        0
    );
    under.post("/events/ingest_bulk", "").problem(400);
    under.post("/events/ingest", "").problem(400);
    assert_eq!(under.intake.batches.load(SeqCst), 0);
}

#[test]
fn names_of_the_sender_make_redelivery_known() {
    let under = Under::test();
    let send = |key: &str, body: &str| {
        let headers = ["content-type: application/json", key];
        assert_eq!(
            under.request("POST", "/events/ingest_bulk", &headers, body.as_bytes()).status,
            200
        );
    };
    let two = r#"[{"message":"a"},{"message":"a"}]"#;
    send("x: y", two);
    send("idempotency-key: k1", two);
    send("idempotency-key: k1", two);
    send("idempotency-key: k2", two);
    send("x: y", r#"[{"message":"a","event_id":"e1"},{"message":"a","event_id":"e2"}]"#);
    send("idempotency-key: k3", r#"[{"message":"b"},{"message":"a","event_id":"e1"}]"#);
    let kept = under.intake.kept.lock().unwrap();
    let keys: Vec<Cursor> = kept.iter().map(|kept| kept.cursor).collect();
    assert!(matches!(keys[0], Cursor::Received { .. }));
    assert_eq!(keys[2..4], keys[4..6], "the same request again");
    assert_ne!(keys[2], keys[3], "two events of one request");
    assert_ne!(keys[2], keys[6], "another request");
    assert_eq!(keys[8], keys[11], "the same event in another request");
    assert_ne!(keys[8], keys[9]);
    drop(kept);
    let bad = request(
        "POST",
        "/events/ingest",
        &["content-type: application/json", "idempotency-key:"],
        b"{}",
    );
    under.send(&bad).problem(400);
}

#[test]
fn what_is_not_stored_is_not_acknowledged() {
    let under = Under::with(Settings {
        limits: Limits { room_wait: Duration::from_millis(20), ..Limits::default() },
        ..Settings::default()
    });
    for why in [Why::Full("disk".into()), Why::Busy, Why::Stopped] {
        *under.intake.refuse.lock().unwrap() = Some(why.clone());
        assert_eq!(under.post("/events/ingest", EVENT).problem(503), why.to_string());
        under.post("/events/ingest_bulk", &format!("[{EVENT}]")).problem(503);
    }
    *under.intake.refuse.lock().unwrap() = None;
    under.intake.fail_later.store(true, SeqCst);
    assert!(under.post("/events/ingest", EVENT).problem(503).contains("on fire"));
    under.intake.fail_later.store(false, SeqCst);
    assert_eq!(under.post("/events/ingest", EVENT).status, 200);
    assert_eq!(under.intake.payloads().len(), 1);
}

/// `received = stored + open + returned`, for each token.
#[test]
fn every_event_is_counted_for_its_source() {
    let under = Under::with(Settings {
        limits: Limits { room_wait: Duration::ZERO, ..Limits::default() },
        ..Settings::default()
    });
    under.post("/events/ingest", EVENT);
    under.post("/events/ingest_bulk", r#"[{"message":"a"},{"message":"b"},7]"#);
    under.post("/events/ingest", "{}");
    under.post_as(ACME_INGEST, "/events/ingest", r#"{"message":"a"}"#);
    *under.intake.refuse.lock().unwrap() = Some(Why::Busy);
    under.post("/events/ingest_bulk", r#"[{"message":"a"},{"message":"b"}]"#).problem(503);
    let tallies = under.meter.read();
    let names: Vec<&str> = tallies.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["http:acme-shipper", "http:local"]);
    let local = tallies[1].1;
    assert_eq!((local.stored, local.refused), (3, 2));
    assert_eq!(local.returned, 2);
    assert_eq!(local.received, local.stored + local.open + local.returned);
    assert_eq!((local.open, local.last_at), (0, Some(now())));
    assert_eq!(under.meter.sources()[1].received, local.received);
}

#[test]
fn room_that_comes_soon_is_waited_for() {
    let under = Under::test();
    *under.intake.refuse.lock().unwrap() = Some(Why::Busy);
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| under.post("/events/ingest", EVENT));
        // Whether it comes before or after: there is room in the end.
        std::thread::yield_now();
        *under.intake.refuse.lock().unwrap() = None;
        assert_eq!(sent.join().unwrap().status, 200);
    });
}

/// A request larger than a batch is stored in several; where the spool stops in between, the rest is told to be sent again.
#[test]
fn a_request_cut_in_between_tells_which_part() {
    let under = Under::test();
    let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(1 << 20));
    let body = format!("[7,{}]", [long.as_str(); 9].join(","));
    *under.intake.refuse.lock().unwrap() = Some(Why::Full("disk".into()));
    under.intake.take_first.store(1, SeqCst);
    let answer = under.post("/events/ingest_bulk", &body);
    assert_eq!(answer.status, 200);
    let told = answer.json();
    let ingested = told["ingested"].as_u64().unwrap();
    assert_eq!(ingested as usize, under.intake.payloads().len());
    assert!((1..9).contains(&ingested));
    assert_eq!(told["refused"], 10 - ingested);
    let errors = told["errors"].as_array().unwrap();
    assert_eq!((&errors[0]["index"], &errors[0]["retry"]), (&json!(0), &json!(false)));
    assert_eq!((&errors[1]["index"], &errors[1]["retry"]), (&json!(1 + ingested), &json!(true)));
    assert_eq!(errors.len() as u64, 10 - ingested);
}

#[test]
fn the_engine_may_be_behind() {
    let under = Under::test();
    under.views.position.store(0, SeqCst);
    assert_eq!(under.post("/events/ingest", EVENT).json()["pending"], true);
    let bulk = under.post("/events/ingest_bulk", &format!("[{EVENT}]")).json();
    assert_eq!((&bulk["pending"], &bulk["signatures_created"]), (&json!(true), &json!(0)));
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| under.post("/events/ingest?wait_ms=2000", EVENT).json());
        under.views.position.store(u64::MAX, SeqCst);
        assert_eq!(sent.join().unwrap()["pending"], false);
    });
    under.post("/events/ingest?wait_ms=-1", EVENT).problem(400);
    under.post("/events/ingest?wait_ms=2001", EVENT).problem(400);
}

#[test]
fn tenants_are_those_of_the_token() {
    let under = Under::test();
    let bare = r#"{"message":"a"}"#;
    let of = |tenant: &str| format!(r#"{{"message":"a","tenant_id":"{tenant}"}}"#);
    assert_eq!(under.post_as(ACME_INGEST, "/events/ingest", bare).status, 200);
    assert_eq!(under.post_as(ACME_INGEST, "/events/ingest", &of("acme")).status, 200);
    under.post_as(ACME_INGEST, "/events/ingest", &of("globex")).problem(403);
    under.post_as(TWO, "/events/ingest", bare).problem(422);
    assert_eq!(under.post_as(TWO, "/events/ingest", &of("globex")).status, 200);
    assert_eq!(under.post_as(ALL, "/events/ingest", &of("new")).status, 200);
    under.post_as(ACME_READ, "/events/ingest", bare).problem(403);
    let mixed = format!("[{},{},{bare}]", of("acme"), of("globex"));
    let told = under.post_as(ACME_INGEST, "/events/ingest_bulk", &mixed).json();
    assert_eq!((&told["ingested"], &told["errors"][0]["index"]), (&json!(2), &json!(1)));
    let none = under.post_as(ACME_INGEST, "/events/ingest_bulk", &format!("[{}]", of("globex")));
    none.problem(403);
    assert_eq!(none.json()["errors"][0]["index"], 0);
    let whole = format!(r#"{{"tenant_id":"globex","events":[{bare}]}}"#);
    under.post_as(ACME_INGEST, "/events/ingest_bulk", &whole).problem(403);
    assert_eq!(under.post_as(TWO, "/events/ingest_bulk", &whole).status, 200);
    let kept = under.intake.kept.lock().unwrap();
    let tenants: Vec<&str> = kept.iter().map(|kept| kept.origin.tenant_id.as_str()).collect();
    assert_eq!(tenants, ["acme", "acme", "globex", "new", "acme", "acme", "globex"]);
    assert_eq!(kept[0].origin.source_id.as_str(), "http:acme-shipper");
}

#[test]
fn aliases_do_the_same() {
    let under = Under::test();
    assert_eq!(under.post("/ingest/event", EVENT).status, 200);
    assert_eq!(under.post("/ingest/batch", &format!("[{EVENT}]")).json()["ingested"], 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever comes: each event is stored or refused, and the answer says which.
    #[test]
    fn every_event_is_stored_or_refused(bodies in proptest::collection::vec("\\PC{0,40}", 0..20)) {
        let under = Under::test();
        let lines: Vec<String> = bodies
            .iter()
            .enumerate()
            .map(|(n, body)| match n % 3 {
                0 => json!({ "message": body }).to_string(),
                1 => json!({ "message_raw": body, "severity": body }).to_string(),
                _ => body.replace(['\n', '\r'], " "),
            })
            .filter(|line| !line.trim_ascii().is_empty())
            .collect();
        let answer = under.request("POST", "/events/ingest_bulk", &[NDJSON], lines.join("\n").as_bytes());
        let told = answer.json();
        let refused: Vec<u64> = told["errors"].as_array().into_iter().flatten()
            .map(|error| error["index"].as_u64().unwrap()).collect();
        let expected: Vec<&str> = lines.iter().enumerate()
            .filter(|(n, _)| !refused.contains(&(*n as u64)))
            .map(|(_, line)| line.trim_ascii())
            .collect();
        prop_assert_eq!(under.intake.payloads(), expected);
    }
}

/// A body that was refused for a reason of its own, and would be taken now: nothing in it reaches a client that its sender
/// could not reach, whoever replays it.
#[test]
fn what_is_taken_in_again_goes_to_nobody_whom_its_sender_could_not_reach() {
    let under = Under::test();
    let letter = Letter {
        at: now(),
        source: "http:acme-shipper".into(),
        tenant: Some(TenantId::new("acme")),
        tenants: Tenants::Only(vec![TenantId::new("acme")]),
        is_foreign: false,
        peer: "192.0.2.7".into(),
        reason: "more events than one request may have".into(),
        form: LetterForm::Bulk,
        coding: None,
        bytes: br#"[{"message":"own"},{"message":"other","tenant_id":"globex"}]"#.to_vec(),
        truncated: false,
    };
    under.letters.keep(letter);
    let answer = under.post_as(ALL, "/replay/raw", r#"{"ids":[0]}"#).json();
    assert_eq!((&answer["ok"], &answer["results"][0]["events"]), (&true.into(), &1.into()));
    assert_eq!(under.intake.payloads(), [r#"{"message":"own"}"#]);
    let failures = under.get_as(ALL, "/failures").json();
    let other = &failures["results"][0];
    assert_eq!((&other["is_foreign"], &other["id"]), (&true.into(), &1.into()), "{failures}");
    // Named by its number it is meant to be taken in.
    under.post_as(ALL, "/replay/raw", r#"{"ids":[1]}"#).json();
    assert_eq!(under.intake.kept.lock().unwrap()[1].origin.tenant_id.as_str(), "globex");
}

#[test]
fn what_could_not_be_taken_is_told_to_those_it_concerns_and_goes_in_once() {
    let under = Under::test();
    let sent = r#"[{"message":"a"},{"message":"b","tenant_id":"globex"},7]"#;
    assert_eq!(under.post_as(ACME_INGEST, "/events/ingest_bulk", sent).json()["refused"], 2);
    assert_eq!(under.post_as(ALL, "/events/ingest", "{\"message\":").status, 400);
    let raw = |answer: Value| -> Vec<String> {
        let results = answer["results"].as_array().unwrap().iter();
        results.map(|one| one["raw_payload"].as_str().unwrap().to_owned()).collect()
    };
    // The latest first. What is of no client, or of an unknown one, is for those who see all.
    let other = r#"{"message":"b","tenant_id":"globex"}"#;
    let all = under.get_as(ALL, "/failures").json();
    assert_eq!(raw(all.clone()), ["{\"message\":", "7", other]);
    assert_eq!(raw(under.get_as(ACME_READ, "/failures").json()), ["7", other], "acme sent these");
    let first = under.get_as(ALL, "/failures?limit=1").json();
    let next = format!("/failures?limit=5&cursor={}", first["next"].as_str().unwrap());
    assert_eq!(raw(under.get_as(ALL, &next).json()), ["7", other]);
    let id = all["results"][2]["id"].as_u64().unwrap();
    assert_eq!(under.get(&format!("/failures/{id}")).json()["result"], all["results"][2]);
    under.get("/failures/99").problem(404);
    under.get("/failures/x").problem(422);

    // A token of acme alone cannot take it in for globex; one of both can, once.
    let again = |token| {
        let answer = under.post_as(token, "/replay/raw", &format!(r#"{{"ids":[{id},99]}}"#)).json();
        let of = |n: usize| answer["results"][n]["status"].as_str().unwrap().to_owned();
        (of(0), of(1))
    };
    let told = |fate: &str| (fate.to_owned(), "unknown".to_owned());
    assert_eq!(again(ACME_INGEST), told("refused"));
    assert_eq!(again(ALL), told("replayed"));
    assert_eq!(again(ALL), told("before"));
    let kept = under.intake.kept.lock().unwrap();
    let last = kept.last().unwrap();
    assert_eq!((kept.len(), last.payload.as_slice()), (2, other.as_bytes()));
    assert_eq!(last.origin.tenant_id.as_str(), "globex");
    assert_eq!(last.origin.source_id.as_str(), "http:acme-shipper", "as its sender sent it");
}
