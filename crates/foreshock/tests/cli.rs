//! The program as a shell sees it: exit codes, what goes to which stream, pipes, signals.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

fn foreshock(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foreshock"));
    // The settings of a service on this machine are none of a test.
    command.env("CONFIGURATION_DIRECTORY", "/nonexistent");
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs with `input` on standard input.
fn piped(args: &[&str], input: &[u8]) -> Output {
    let mut command = foreshock(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    output
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn rows(output: &Output) -> Vec<Value> {
    let text = text(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn help_is_data_and_a_mistake_is_not() {
    let help = foreshock(&["--help"]).output().unwrap();
    assert_eq!((code(&help), &*help.stderr), (0, &b""[..]));
    let shown = text(&help.stdout);
    for word in ["scan", "explain", "replay", "signatures", "demo", "completions", "130"] {
        assert!(shown.contains(word), "{word}");
    }
    for args in [
        &[][..],
        &["scan", "--no-such-option"],
        &["no-such-command"],
        &["scan", "--zone", "CET", "-"],
        &["scan", "--top", "11", "-"],
        &["scan", "--since", "2026-03-02", "--until", "2026-03-01", "-"],
        &["explain", "inc_1", "-"],
    ] {
        let output = foreshock(args).output().unwrap();
        assert_eq!((code(&output), &*output.stdout), (2, &b""[..]), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn completions_are_written_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = foreshock(&["completions", shell]).output().unwrap();
        assert_eq!(code(&output), 0);
        assert!(text(&output.stdout).contains("body-only"), "{shell}");
    }
}

#[test]
fn signatures_gives_one_object_per_line_blank_ones_too() {
    let log = b"Mar  2 00:00:04 db1 sshd[17]: session opened for user eve\r\n\
        \n\
        Mar  2 00:09:31 db2 sshd[9]: session opened for user mallory\n\
        \xff\xfe \"quoted\" \\ and no end";
    let output = piped(&["signatures"], log);
    assert_eq!((code(&output), text(&output.stderr)), (0, String::new()));
    let rows = rows(&output);
    let lines: Vec<_> = rows.iter().map(|row| row["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 2, 3, 4]);
    assert_eq!(rows[0]["signature_id"], rows[2]["signature_id"]);
    assert_ne!(rows[0]["signature_id"], rows[1]["signature_id"]);
    assert_eq!(rows[0]["template"], "session opened for user <*>");
    assert_eq!(rows[1]["template"], "");
    assert_eq!(rows[0].as_object().unwrap().len(), 3);
    assert_eq!(piped(&["signatures", "-"], log).stdout, output.stdout);
    let body_only = piped(&["signatures", "--body-only"], b"session opened for user eve\n");
    assert!(text(&body_only.stdout).contains("session opened for user <*>"));
}

#[test]
fn signatures_keeps_the_order_of_lines_over_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = String::new();
    for n in 0..60_000 {
        log += &format!("worker {n} of pool {} took {n} ms\n", ["a", "b"][n % 2]);
    }
    for name in ["a.log", "b.log"] {
        fs::write(folder.path().join(name), &log).unwrap();
    }
    let output = foreshock(&["signatures", &folder.path().display().to_string()]).output();
    let rows = rows(&output.unwrap());
    assert_eq!(rows.len(), 120_000);
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row["line"], index % 60_000 + 1);
        let name = ["a.log", "b.log"][index / 60_000];
        assert!(row["source"].as_str().unwrap().ends_with(name));
    }
    let kinds: BTreeSet<_> = rows.iter().map(|row| row["signature_id"].as_str()).collect();
    let table = piped(&["signatures", "--format", "text"], log.as_bytes());
    assert_eq!(text(&table.stdout).lines().count(), kinds.len());
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, log) = (folder.path().join("missing"), folder.path().join("a.log"));
    fs::write(&log, "a line\n").unwrap();
    let (missing, log) = (missing.display().to_string(), log.display().to_string());
    let output = foreshock(&["signatures", &missing, &log]).output().unwrap();
    assert_eq!(code(&output), 10);
    assert_eq!(rows(&output).len(), 1);
    let expected =
        format!("foreshock: cannot read {missing}: no such file or folder (check the spelling)\n");
    assert_eq!(text(&output.stderr), expected);
    fs::write(folder.path().join("b.gz"), b"\x1f\x8b\x08 is no gzip, but for the first bytes")
        .unwrap();
    fs::write(folder.path().join("c.zip"), b"PK\x03\x04").unwrap();
    let all = folder.path().display().to_string();
    let output = foreshock(&["signatures", &all]).output().unwrap();
    assert_eq!(code(&output), 10);
    assert_eq!(rows(&output).len(), 1);
    let told = text(&output.stderr);
    assert!(told.contains("left out 1 file: 1 not text (-v names them)"), "{told}");
    assert!(told.contains("b.gz to its end: the gz data cannot be unpacked"), "{told}");
    let verbose = foreshock(&["signatures", "-v", &all]).output().unwrap();
    assert!(text(&verbose.stderr).contains("c.zip: zip archive: unpack it first"));
    let quiet = foreshock(&["signatures", "-q", &all]).output().unwrap();
    assert!(!text(&quiet.stderr).contains("left out"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut command = foreshock(&["signatures", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let log = "a line of some length, over and over again\n".repeat(100_000);
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(log.as_bytes());
    });
    let mut first = [0; 10];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!((code(&output), text(&output.stderr)), (0, String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let mut command = foreshock(&["signatures", "/proc/self/status"]);
    command.stdout(fs::File::create("/dev/full").unwrap());
    let output = command.output().unwrap();
    assert_eq!(code(&output), 10);
    let told = text(&output.stderr);
    assert!(told.starts_with("foreshock: cannot write the result: "), "{told}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_reports_what_was_read() {
    for signal in ["-INT", "-TERM"] {
        let mut command = foreshock(&["signatures", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"one\ntwo\nthr").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(600));
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        // Standard input stays open: nothing but the signal ends the run.
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        assert_eq!(code(&output), 130, "{signal}");
        assert_eq!(rows(&output).len(), 2, "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let all = folder.path().display().to_string();
    let output = foreshock(&["signatures", &all]).output().unwrap();
    assert_eq!((code(&output), &*output.stdout), (0, &b""[..]));
    let to = fifo.clone();
    let writer = std::thread::spawn(move || fs::write(to, "one\ntwo\n").unwrap());
    let output = foreshock(&["signatures", &fifo.display().to_string()]).output().unwrap();
    writer.join().unwrap();
    assert_eq!((code(&output), rows(&output).len()), (0, 2));
}
