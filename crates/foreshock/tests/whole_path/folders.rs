//! What stands in folders besides logs neither stops a scan nor is silently passed over.

use crate::program::{MODIFIED_SECS, assert_balances, run, write};
use std::process::Command;

const LINE: &[u8] = b"2026-03-18T08:00:00Z web1 shop[1]: ready\n";

#[cfg(unix)]
#[test]
fn a_folder_with_a_pipe_and_a_binary_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    write(&logs.join("a.log"), LINE, MODIFIED_SECS);
    write(&logs.join("deep/b.log"), LINE, MODIFIED_SECS);
    write(&logs.join("prog"), b"\x7fELF\x02\x01\x01\0\0\0\0\0", MODIFIED_SECS);
    let made = Command::new("mkfifo").arg(logs.join("pipe")).status().unwrap();
    assert!(made.success());
    let ran = run(folder.path(), &["scan", "logs", "--format", "json", "-v"]).ok();
    assert_eq!(ran.json()["counts"]["lines"], 2);
    assert_balances(&ran.json());
    for named in ["logs/pipe", "logs/prog"] {
        assert!(ran.err.contains(named), "{named}: {}", ran.err);
    }
    let counted = run(folder.path(), &["scan", "logs"]).ok().err;
    assert!(counted.contains("left out 2 files"), "{counted}");
}

#[test]
fn what_is_missing_is_told_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a.log"), LINE, MODIFIED_SECS);
    let ran = run(folder.path(), &["scan", "a.log", "gone.log", "--format", "json"]);
    assert_eq!((ran.code, &ran.json()["counts"]["lines"]), (10, &1.into()));
    assert!(ran.err.contains("gone.log"), "{}", ran.err);
}

#[test]
fn an_empty_file_gives_a_digest_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("empty.log"), b"", MODIFIED_SECS);
    let ran = run(folder.path(), &["scan", "empty.log"]).ok();
    assert!(ran.out.contains("no events"), "{}", ran.out);
    let json = run(folder.path(), &["scan", "empty.log", "--format", "json"]).ok().json();
    assert_eq!((&json["counts"]["lines"], &json["items"]), (&0.into(), &serde_json::json!([])));
}
