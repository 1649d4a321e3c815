//! `foreshock parse` as a shell sees it, and all shared conformance cases of syslog against it.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]
#![allow(clippy::print_stdout, reason = "a test says what it skips")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Cases whose expectation we hold to be wrong, and why.
const BAD_EXPECTATIONS: &[(&str, &str)] = &[];

fn parse(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_foreshock"))
        .arg("parse")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn rows(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn cases() -> Option<PathBuf> {
    let root = std::env::var_os("FORESHOCK_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let path = root.join("data/syslog-cases/cases.jsonl");
    if !path.exists() {
        println!("SKIP: no syslog-cases in the shared data");
        return None;
    }
    Some(path)
}

#[test]
fn conformance_cases_of_syslog() {
    let Some(path) = cases() else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let (mut passed, mut all, mut failed) = (0, 0, Vec::new());
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap();
        all += 1;
        match wrong(&case) {
            None => passed += 1,
            Some(why) => match BAD_EXPECTATIONS.iter().find(|(bad, _)| *bad == id) {
                Some((_, reason)) => {
                    println!("{id}: {why}; we hold the expectation wrong: {reason}")
                }
                None => failed.push(format!("{id} {}: {why}", case["note"])),
            },
        }
    }
    println!("{passed} of {all} cases");
    assert!(failed.is_empty(), "{failed:#?}");
}

/// What is not as a case expects.
fn wrong(case: &Value) -> Option<String> {
    let expect = case["expect"].as_object().unwrap();
    let transport = case["transport"].as_str().unwrap();
    let max_len = expect.get("max_len").map_or(65_536, |max| max.as_u64().unwrap()).to_string();
    let now = case["now"].as_str().unwrap();
    let args =
        ["--transport", transport, "--now", now, "--max-len", &max_len, "--format", "ndjson"];
    let input = STANDARD.decode(case["input_b64"].as_str().unwrap()).unwrap();
    let rows = rows(&parse(&args, &input));
    let expected_rows = match transport {
        "udp" => Some(expect.get("count").map_or(1, |count| count.as_u64().unwrap()) as usize),
        _ => None,
    };
    if expected_rows.is_some_and(|expected| expected != rows.len()) {
        return Some(format!("{} messages", rows.len()));
    }
    expect.iter().find_map(|(field, wanted)| match transport {
        "udp" => rows.first().and_then(|row| wrong_field(row, field, wanted)),
        _ => wrong_stream(&rows, &input, expect, field, wanted),
    })
}

fn wrong_field(row: &Value, field: &str, wanted: &Value) -> Option<String> {
    let is_right = match field {
        "count" | "max_len" | "no_crash" => true,
        "time" => instant(&row["time"]) == instant(wanted),
        "time_prefix" => row["time"].as_str()?.starts_with(wanted.as_str()?),
        "parse_not" => row["parse"] != *wanted,
        "parse_any" => wanted.as_array()?.contains(&row["parse"]),
        "msg_contains" => row["msg"].as_str()?.contains(wanted.as_str()?),
        "msg_len" => wanted == row["msg"].as_str()?.len() as u64,
        _ => row.get(field).unwrap_or_else(|| panic!("no field {field}")) == wanted,
    };
    (!is_right).then(|| format!("{field}: wanted {wanted}, got {row}"))
}

fn instant(time: &Value) -> Option<Timestamp> {
    Some(Timestamp::parse(time.as_str()?, Timestamp::default()).unwrap())
}

fn wrong_stream(
    rows: &[Value],
    input: &[u8],
    expect: &serde_json::Map<String, Value>,
    field: &str,
    wanted: &Value,
) -> Option<String> {
    let frames: Vec<Vec<u8>> =
        rows.iter().map(|row| STANDARD.decode(row["raw_b64"].as_str().unwrap()).unwrap()).collect();
    let is_right = match field {
        "frames_b64" => {
            let wanted = wanted.as_array().unwrap();
            let is_same = |at: usize, frame: &[u8]| {
                let wanted = STANDARD.decode(wanted[at].as_str().unwrap()).unwrap();
                // `note_frames`: a false count may stay in front of the first.
                let may_lead = at == 0 && expect.contains_key("note_frames");
                frame == wanted || may_lead && frame.ends_with(&wanted)
            };
            frames.len() == wanted.len()
                && frames.iter().enumerate().all(|(at, frame)| is_same(at, frame))
        }
        "last_frame_b64" => {
            STANDARD.decode(wanted.as_str().unwrap()).ok().as_ref() == frames.last()
        }
        "framing_errors_min" => {
            let errors: u64 = rows.iter().map(|row| row["framing_errors"].as_u64().unwrap()).sum();
            errors >= wanted.as_u64().unwrap()
        }
        "frames_min" => frames.len() as u64 >= wanted.as_u64().unwrap(),
        "truncated_first" => rows.first().unwrap()["truncated"] == *wanted,
        "truncated_last" => rows.last().unwrap()["truncated"] == *wanted,
        "bytes_conserved" => {
            let counts = |bytes: &[u8]| {
                bytes
                    .iter()
                    .filter(|b| !matches!(b, b'\n' | b'\r' | 0 | b' ' | b'0'..=b'9'))
                    .count()
            };
            counts(input) == counts(&frames.concat())
        }
        "max_len" | "no_crash" | "err_any" | "note_frames" => true,
        _ => panic!("no field {field}"),
    };
    (!is_right).then(|| format!("{field}: wanted {wanted}, got {rows:?}"))
}

#[test]
fn a_datagram_gives_one_row_with_every_field() {
    let line = b"<34>Oct 11 22:14:15 web1 su[7]: failed \x1b[1mnow";
    let output = parse(&["-t", "udp", "--now", "2026-11-21", "-f", "ndjson"], line);
    let mut row = rows(&output).remove(0);
    assert_eq!(row["raw_b64"].take(), STANDARD.encode(line));
    assert_eq!(
        row,
        json!({
            "stored": true, "format": "rfc3164", "kind": "rfc3164", "parse": "ok",
            "defects": ["year_assumed", "zone_assumed", "ansi_escapes"],
            "pri": 34, "facility": 4, "severity": 2, "level": "critical",
            "time": "2026-10-11T22:14:15Z", "host": "web1", "app": "su", "pid": "7", "msgid": null,
            "sd": {}, "msg": "failed \u{1b}[1mnow", "body": "failed now", "invalid_utf8": false,
            "truncated": false, "cut": null, "length": line.len(), "framing_errors": 0, "raw_b64": null,
        })
    );
    assert!(!output.stdout.contains(&0x1b), "nothing that a terminal obeys");
}

#[test]
fn a_connection_gives_its_frames_and_the_counts() {
    let args = ["-t", "tcp", "--max-len", "8", "-f", "json"];
    let output = parse(&args, b"4 <1>a\n<2>longer than that\n0 <3>b\n9 <4>c");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let told: Vec<_> = document["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["cut"].as_str(), row["length"].as_u64().unwrap(), row["framing_errors"].as_u64())
        })
        .collect();
    let expected = [
        (None, 4, Some(0)),
        (Some("too_long"), 19, Some(0)),
        (None, 4, Some(1)),
        (Some("closed"), 4, Some(1)),
    ];
    assert_eq!(told, expected);
    assert_eq!((&document["count"], &document["framing_errors"]), (&json!(4), &json!(2)));
    assert_eq!(document["frames_b64"][0], STANDARD.encode("<1>a"));
    assert_eq!(document["truncated_last"], true);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "foreshock: 4 messages stored, 2 framing errors, 2 truncated, 11 bytes passed over\n"
    );
}

#[test]
fn the_page_is_harmless_and_mistakes_are_told() {
    let page = parse(&["-t", "udp"], b"<13>Nov 21 09:00:01 h app: \x1b]0;title\x07\xe2\x80\xae");
    let text = String::from_utf8(page.stdout).unwrap();
    assert!(!text.contains(|c: char| c == '\u{202e}' || c.is_control() && c != '\n'), "{text}");
    assert!(text.contains("\\x1b]0;title\\x07"), "{text}");
    assert_eq!(parse(&["-t", "udp", "--max-len", "0"], b"").status.code(), Some(2));
    let missing = parse(&["-t", "udp", "no/such/file"], b"");
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("cannot read no/such/file"));
}
