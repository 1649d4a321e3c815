//! Questions and their answers: filters, pages, facets, and clear words for what is not understood.

use crate::client::Under;
use crate::fakes::{ACME_READ, ALL, TWO};
use outputs::rest::status::State;
use serde_json::{Value, json};

fn ids<'a>(answer: &'a Value, key: &str) -> Vec<&'a Value> {
    answer["results"].as_array().unwrap().iter().map(|result| &result[key]).collect()
}

#[test]
fn candidates_are_found_by_either_name_of_a_band() {
    let under = Under::test();
    let search = |body: Value| {
        let answer = under.post("/candidates/search", &body.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let all = search(json!({}));
    let total = all["total"].as_u64().unwrap();
    assert!(total >= 4, "{total}");
    let review = search(json!({ "decision_band": ["review"] }));
    assert_eq!(review["results"], search(json!({ "decision_band": "investigate" }))["results"]);
    assert!(ids(&review, "decision_band").iter().all(|band| *band == "review"));
    let urgent = search(json!({ "decision_band": "urgent_human_review", "limit": 200 }));
    assert_eq!(
        urgent["total"],
        all["facets"]["decision_band"]["urgent_human_review"].as_u64().unwrap_or(0)
    );
    let heal = search(json!({ "candidate_type": ["recurrence", "self_heal"] }));
    assert!(
        ids(&heal, "type")
            .iter()
            .all(|kind| ["recurrence", "self_heal"].contains(&kind.as_str().unwrap()))
    );
    let closed = search(json!({ "status": "closed" }));
    assert!(ids(&closed, "status").iter().all(|status| *status == "closed"));
    assert_eq!(search(json!({ "tenant_id": "nobody" }))["total"], 0);
    assert_eq!(search(json!({ "score_min": 1.0 }))["total"], 0);
    assert_eq!(search(json!({ "since": "2031-01-01T00:00:00Z" }))["total"], 0);
    assert_eq!(search(json!({ "host": "no-such-host" }))["total"], 0);
}

#[test]
fn pages_of_candidates_are_the_whole() {
    let under = Under::test();
    let whole = under.post("/candidates/search", r#"{"limit":200}"#).json();
    let (mut paged, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let body = json!({ "limit": 2, "cursor": cursor }).to_string();
        let page = under.post("/candidates/search", &body).json();
        assert_eq!(page["total"], whole["total"]);
        paged.extend(page["results"].as_array().unwrap().clone());
        cursor = page["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(Value::from(paged), whole["results"]);
    let scores: Vec<(i64, f64)> = whole["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (-i64::from(item["band"] == "promote"), -item["score_total"].as_f64().unwrap()))
        .collect();
    assert!(scores.is_sorted(), "{scores:?}");
}

#[test]
fn lists_by_get_are_the_same() {
    let under = Under::test();
    let by_post =
        under.post("/candidates/search", r#"{"decision_band":["review","watch"],"limit":3}"#);
    let by_get = under.get("/candidates?decision_band=review,watch&limit=3");
    assert_eq!(by_post.json(), by_get.json());
    assert_eq!(
        by_get.json(),
        under.get("/candidates?decision_band=review&decision_band=watch&limit=3").json()
    );
    let interesting = under.get("/interesting").json();
    assert!(
        ids(&interesting, "decision_band")
            .iter()
            .all(|band| ["review", "urgent_human_review"].contains(&band.as_str().unwrap()))
    );
    assert!(ids(&interesting, "status").iter().all(|status| *status == "open"));
    for bad in [
        "limit=x",
        "limit=0",
        "colour=red",
        "limit=1&limit=2",
        "decision_band=loud",
        "since=soon",
        "cursor=x",
    ] {
        let answer = under.get(&format!("/candidates?{bad}"));
        assert!(matches!(answer.status, 400 | 422), "{bad}: {answer:?}");
        answer.problem(answer.status);
    }
}

#[test]
fn an_explanation_adds_up_and_is_its_tenants_own() {
    let under = Under::test();
    let digest = under.post("/digest/daily", r#"{"tenant_id":"acme"}"#).json();
    let id = &digest["items"][0]["candidate_id"];
    let body = json!({ "candidate_id": id }).to_string();
    let told = under.post("/candidates/explain", &body).json();
    assert_eq!(&told["candidate"]["candidate_id"], id);
    let sum: f64 =
        told["score_breakdown"].as_object().unwrap().values().map(|v| v.as_f64().unwrap()).sum();
    assert!((sum - told["candidate"]["score_total"].as_f64().unwrap()).abs() < 0.006, "{sum}");
    assert_eq!(told["evidence"]["event_count"], told["candidate"]["evidence_total"]);
    for key in ["signature_ids", "related_incidents", "related_candidates"] {
        assert!(told["evidence"][key].is_array(), "{key}");
    }
    assert!(told["explanation"].as_str().unwrap().len() > 20);
    assert_eq!(under.post_as(ACME_READ, "/candidates/explain", &body).status, 200);
    let unknown = r#"{"candidate_id":"cand_00000000000000000000000000"}"#;
    under.post("/candidates/explain", unknown).problem(404);
    under.post("/candidates/explain", r#"{"candidate_id":"cand_789"}"#).problem(422);
    under.post("/candidates/explain", "{}").problem(422);
}

#[test]
fn digests_are_told() {
    let under = Under::test();
    let told = under
        .post("/digest/daily", r#"{"tenant_id":"acme","since":"2026-11-13T00:00:00Z","limit":1}"#)
        .json();
    assert_eq!((&told["ok"], &told["since"]), (&json!(true), &json!("2026-11-13T00:00:00Z")));
    assert_eq!(told["items"].as_array().unwrap().len(), 1);
    for key in ["candidate_id", "title", "decision_band", "why_it_matters", "score_total"] {
        assert!(!told["items"][0][key].is_null(), "{key}");
    }
    assert_eq!(told["coverage_percent"], 97.5);
    let ago = under.post("/digest/daily", r#"{"tenant_id":"acme","since":"24h"}"#).json();
    assert_eq!(ago["since"], "2026-11-19T09:00:00Z");
    under.post("/digest/daily", r#"{"tenant_id":"nobody"}"#).problem(404);
    assert!(under.post("/digest/daily", "{}").problem(404).contains("acme, globex"));
    assert_eq!(under.post_as(ACME_READ, "/digest/daily", "{}").json()["tenant_id"], "acme");
    under.post_as(ACME_READ, "/digest/daily", r#"{"tenant_id":"globex"}"#).problem(403);
    under.post_as(TWO, "/digest/daily", "{}").problem(422);
    under.post("/digest/daily", r#"{"tenant_id":"acme","limit":11}"#).problem(422);
}

#[test]
fn events_are_found_page_by_page() {
    let under = Under::test();
    let search = |body: Value| under.post("/events/search", &body.to_string()).json();
    let documented = json!({
        "tenant_id": "acme", "query": "rekey failed", "host": "host-1", "service": "charon",
        "since": "2026-11-20T00:00:00Z", "limit": 50,
    });
    let found = search(documented);
    assert!(
        ids(&found, "host").iter().all(|host| *host == "host-1") && !ids(&found, "host").is_empty()
    );
    assert!(ids(&found, "tenant_id").iter().all(|tenant| *tenant == "acme"));
    let (mut count, mut cursor) = (0, Value::Null);
    loop {
        let page = search(json!({ "limit": 7, "order": "oldest", "cursor": cursor }));
        count += page["results"].as_array().unwrap().len();
        cursor = page["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(count, 90);
    let bad = search(json!({ "severity": "error", "facets": 2, "limit": 1 }));
    assert_eq!(bad["facets"]["severity"]["warning"], 0);
    assert_eq!(bad["facets"]["host"].as_array().unwrap().len(), 2);
    assert_eq!(
        search(json!({ "severity": 3 }))["results"],
        search(json!({ "severity": "err" }))["results"]
    );
    assert_eq!(
        under.get("/canonical_events?limit=3&severity=3").json()["results"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        under.get("/signatures?tenant_id=acme").json()["results"].as_array().unwrap().len(),
        2
    );
    let own = under.post_as(ACME_READ, "/events/search", r#"{"limit":1000}"#).json();
    assert!(ids(&own, "tenant_id").iter().all(|tenant| *tenant == "acme"));
    // How much there is of all clients together is nothing for one of them.
    let scan = |answer: &Value| answer["scan"]["events"].clone();
    assert!(scan(&own).is_null() && own["scan"]["blocks_damaged"].is_u64(), "{}", own["scan"]);
    assert!(scan(&under.get_as(ACME_READ, "/signatures").json()).is_null());
    assert!(scan(&under.post("/events/search", "{}").json()).is_u64());
    under.post_as(TWO, "/events/search", "{}").problem(422);
}

#[test]
fn raw_records_come_with_their_provenance() {
    let under = Under::test();
    let answer = under.post("/events/raw", r#"{"seq":[4,1,2,6,4]}"#);
    let told = answer.json();
    assert_eq!(ids(&told, "seq"), [2, 4, 6]);
    assert_eq!(told["missing"], json!([1]));
    assert_eq!(
        (&told["results"][0]["lossy"], &told["results"][1]["lossy"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(told["results"][0]["source_id"], "udp:5514");
    assert_eq!(under.get("/raw_envelopes?seq=4,1&seq=2&seq=6").json(), told);
    for bad in ["", "?seq=", "?seq=x", "?seq=-1"] {
        let answer = under.get(&format!("/raw_envelopes{bad}"));
        assert!(matches!(answer.status, 400 | 422), "{bad}: {answer:?}");
    }
    let own = under.post_as(ACME_READ, "/events/raw", r#"{"seq":[2,6]}"#).json();
    assert_eq!((ids(&own, "seq"), &own["missing"]), (vec![&json!(2)], &json!([6])));
    let found = under.post("/events/search", r#"{"raw":true,"limit":3}"#).json();
    assert_eq!(found["results"][0]["raw"]["event_id"], found["results"][0]["event_id"]);
    assert!(found["results"][1]["raw"].is_null());
    for body in [r#"{"seq":[]}"#, r#"{"seq":[-1]}"#, r#"{"seq":7}"#, "{}"] {
        under.post("/events/raw", body).problem(422);
    }
}

#[test]
fn what_is_not_understood_is_told() {
    let under = Under::test();
    for (path, body, status) in [
        ("/candidates/search", "", 400),
        ("/candidates/search", "{", 400),
        ("/candidates/search", "[]", 422),
        ("/candidates/search", "7", 422),
        ("/candidates/search", r#"{"colour":"red"}"#, 422),
        ("/candidates/search", r#"{"decision_band":["loud"]}"#, 422),
        ("/candidates/search", r#"{"candidate_type":7}"#, 422),
        ("/candidates/search", r#"{"limit":0}"#, 422),
        ("/candidates/search", r#"{"limit":201}"#, 422),
        ("/candidates/search", r#"{"cursor":"x"}"#, 422),
        ("/candidates/search", r#"{"score_min":2}"#, 422),
        ("/candidates/search", r#"{"status":"ajar"}"#, 422),
        ("/candidates/search", r#"{"since":"soon"}"#, 422),
        ("/events/search", r#"{"signature_id":"sig_456"}"#, 422),
        ("/events/search", r#"{"severity":"loud"}"#, 422),
        ("/events/search", r#"{"severity":8}"#, 422),
        ("/events/search", r#"{"severity":"w"}"#, 422),
        ("/events/search", r#"{"tenant_id":""}"#, 422),
        ("/events/search", r#"{"limit":1.5}"#, 422),
        ("/events/search", r#"{"order":"random"}"#, 422),
        ("/events/search", r#"{"facets":0}"#, 422),
        ("/events/search", r#"{"host":[""]}"#, 422),
    ] {
        under.post(path, body).problem(status);
    }
    under.request("POST", "/candidates/search", &[], b"{}").problem(415);
    under.request("POST", "/candidates/search", &["content-type: text/plain"], b"{}").problem(415);
    under.get("/nowhere").problem(404);
    let answer = under.get("/events/ingest");
    answer.problem(405);
    assert_eq!(answer.header("allow"), Some("POST"));
    under.request("DELETE", "/status", &[], b"").problem(405);
}

#[test]
fn health_is_honest() {
    let under = Under::test();
    assert_eq!(under.get("/healthz").json(), json!({ "ok": true, "state": "degraded" }));
    for state in [State::Failing, State::Starting, State::Stopping] {
        under.views.status.lock().unwrap().state = state;
        under.get("/healthz").problem(503);
        assert_eq!(under.get("/status").status, 200);
    }
    let status = under.get("/runtime").json();
    let intake = &status["intake"];
    let number = |key: &str| intake[key].as_u64().unwrap();
    let dropped: u64 =
        intake["dropped"].as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum();
    assert_eq!(number("received"), number("spooled") + number("waiting") + dropped);
    assert_eq!(under.get_as(ALL, "/stats").json()["engine"], status["engine"]);
    let answer = under.request("HEAD", "/healthz", &[], b"");
    assert_eq!((answer.status, answer.body.as_str()), (503, ""));
}
