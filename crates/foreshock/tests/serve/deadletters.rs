//! What could not be taken is kept with its reason, and taken in later: once, however often that is asked for.

use crate::running::{self, Running, foreshock};
use serde_json::Value;
use std::path::Path;

fn run(args: &[&str], folder: &Path) -> (Option<i32>, String) {
    let state = ["--state", folder.to_str().unwrap()];
    let output = foreshock(&[&["deadletters"], args, &state].concat()).output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
    )
}

fn body(answer: &(u16, String)) -> Value {
    serde_json::from_str(answer.1.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn what_could_not_be_taken_is_kept_and_goes_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    let hash = |token: &str| outputs::rest::TokenHash::of(token).unwrap();
    let lines = format!(
        "shipper {} ingest acme\nboss {} ingest,read *\n",
        hash("shipper-0123456789"),
        hash("boss-0123456789abc")
    );
    std::fs::write(&tokens, lines).unwrap();
    let config = folder.path().join("foreshock.toml");
    std::fs::write(&config, format!("[listen]\ntokens = {tokens:?}\n")).unwrap();
    let state = folder.path().join("state");
    let service = Running::start(&state, &["--config", config.to_str().unwrap()]);
    let http = service.address("http");
    // Of another client, no event, no JSON.
    let sent = r#"[{"message":"n=1"},{"message":"n=2","tenant_id":"globex"},7]"#;
    let answer =
        running::post_as(&http, "shipper-0123456789", "/events/ingest_bulk", sent).unwrap();
    assert_eq!((answer.0, &body(&answer)["refused"]), (200, &Value::from(2)), "{}", answer.1);
    let answer =
        running::post_as(&http, "shipper-0123456789", "/events/ingest", "{\"message\":").unwrap();
    assert_eq!(answer.0, 400);
    service.until(|status| status["dead_letters"] == 3);
    let (code, told) = run(&["list"], &state);
    assert_eq!(code, Some(0), "{told}");
    for said in ["http:shipper", "acme", "not for the tenant `globex`", "not JSON", "| 7"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let (_, listed) = run(&["list", "--format", "ndjson"], &state);
    let listed: Vec<Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_globex =
        listed.iter().find(|one| one["raw"].as_str().unwrap().contains("globex")).unwrap();
    let id = of_globex["id"].as_u64().unwrap().to_string();
    assert_eq!(run(&["show", &id], &state).1, r#"{"message":"n=2","tenant_id":"globex"}"#);
    assert_eq!(run(&["show", "99"], &state).0, Some(2));

    // Who may hand in events of both clients takes it in; twice is once.
    let token = folder.path().join("token");
    std::fs::write(&token, "boss-0123456789abc\n").unwrap();
    let replay = |args: &[&str]| {
        run(&[&["replay", "--token-file", token.to_str().unwrap()], args].concat(), &state)
    };
    let (code, told) = replay(&["--all"]);
    assert!(code == Some(10) && told.matches("still cannot").count() == 2, "{code:?} {told}");
    assert!(told.contains("1 left out: they name a client"), "{told}");
    let (_, open) = run(&["list", "--open"], &state);
    assert!(open.contains("not for the tenant `globex`"), "not without being named: {open}");
    let (code, told) = replay(&[&id]);
    assert!(code == Some(0) && told.contains("taken in, 1 events"), "{code:?} {told}");
    let (code, told) = replay(&[&id]);
    assert!(code == Some(0) && told.contains("was taken in before"), "{code:?} {told}");
    let (code, told) = replay(&["--all"]);
    assert!(code == Some(10) && told.matches("still cannot").count() == 2, "{code:?} {told}");
    let (_, open) = run(&["list", "--open"], &state);
    assert!(!open.contains("globex") && open.contains("| 7"), "{open}");

    let status = service
        .until(|status| status["follower"]["lag_records"] == 0 && status["intake"]["stored"] == 2);
    assert_eq!(
        status["intake"]["received"], 2,
        "what was refused is not received: its sender was told"
    );
    let mut rows = status["sources"].as_array().unwrap().iter();
    let row = rows.find(|row| row["name"] == "http:shipper").unwrap();
    assert_eq!((&row["dead_letters"], &row["received"]), (&Value::from(3), &Value::from(2)));
    service.stop();
    let (code, told) = replay(&["--all"]);
    assert!(code == Some(10) && told.contains("no service runs"), "{told}");
}
