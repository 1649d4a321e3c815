//! Bodies of answers as files: `fixtures/api/<case>/`. `input.http` is what a client sends, `expected.http` what it is
//! answered. `UPDATE_FIXTURES=1` writes the answers anew; the change is then read like any other.

use crate::client::Under;
use std::path::PathBuf;

fn check(name: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/api").join(name);
    let input = std::fs::read_to_string(folder.join("input.http")).unwrap();
    let (head, body) = input.split_once("\n\n").unwrap_or((input.trim_end(), ""));
    let mut lines = head.lines();
    let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
    let headers: Vec<&str> = lines.collect();
    let answer = Under::test().request(method, path, &headers, body.trim_end().as_bytes());
    let mut found = format!("{}\n", answer.status);
    for name in ["content-type", "allow", "retry-after", "www-authenticate"] {
        if let Some(value) = answer.header(name) {
            found += &format!("{name}: {value}\n");
        }
    }
    let text = match serde_json::from_str::<serde_json::Value>(&answer.body) {
        Ok(body) => serde_json::to_string_pretty(&body).unwrap(),
        Err(_) => answer.body,
    };
    // Times to an acknowledgement differ from run to run.
    let lines = text.lines().filter(|line| !line.contains("http_ack_seconds"));
    found += &format!("\n{}\n", lines.collect::<Vec<_>>().join("\n"));
    let path = folder.join("expected.http");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; UPDATE_FIXTURES=1 writes it", path.display()));
    assert!(
        expected == found,
        "{} differs; UPDATE_FIXTURES=1 writes it anew. Found:\n{found}",
        path.display()
    );
}

macro_rules! cases {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        #[test]
        fn every_folder_is_a_case() {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/api");
            let mut found: Vec<String> = std::fs::read_dir(folder).unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            found.sort();
            assert_eq!(found, [$(stringify!($name)),*]);
        }
    };
}

cases! {
    candidates_explain
    candidates_search
    digest_daily
    events_ingest
    events_ingest_bulk
    events_ingest_no_json
    events_ingest_wrong_method
    events_raw
    events_search
    healthz
    metrics
    status
}
