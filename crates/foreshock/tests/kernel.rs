//! `foreshock kernel` as a shell sees it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says by panicking and printing"
)]

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

fn fixture(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/kernel").join(case).join("input.log")
}

fn kernel(args: &[&str], paths: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foreshock"));
    command.arg("kernel").args(args).args(paths).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn rows(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_object_a_file_and_the_same_bytes_each_time() {
    let paths = [fixture("oops_dmesg"), fixture("healthy")];
    let output = kernel(&["--format", "ndjson"], &paths);
    let rows = rows(&output);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["reports"][0]["frame"], "lamp_set_level");
    assert_eq!(rows[0]["summary"]["boots"][0]["version"], "6.6.9-lab");
    assert_eq!(rows[1]["reports"], Value::Array(Vec::new()));
    // Keys are sorted: a tree of values, which sorts them, is written alike.
    let again: String = rows.iter().map(|row| format!("{row}\n")).collect();
    assert_eq!(again, text(&output.stdout));
    assert_eq!(kernel(&["--format", "ndjson"], &paths).stdout, output.stdout);
    let json = kernel(&["--format", "json"], &paths);
    let whole: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(whole["files"][0], rows[0]);
}

#[test]
fn the_page_tells_the_story_and_is_harmless() {
    let page = text(&kernel(&[], &[fixture("oops_dmesg")]).stdout);
    for words in ["CRITICAL", "lamp_set_level", "[lamp]", "Check:", "journalctl -k", "panicked"] {
        assert!(page.contains(words), "{words} is not in:\n{page}");
    }
    let page = text(&kernel(&[], &[fixture("hostile")]).stdout);
    assert!(!page.contains(|c: char| c.is_control() && c != '\n'));
    assert!(text(&kernel(&[], &[fixture("healthy")]).stdout).contains("Nothing to report"));
}

#[test]
fn exit_codes_say_what_was_found() {
    let code = |args: &[&str], case| kernel(args, &[fixture(case)]).status.code().unwrap();
    assert_eq!(code(&["--fail-on", "critical"], "oops_dmesg"), 1);
    assert_eq!(code(&["--fail-on", "critical"], "syslog_three_boots"), 0);
    assert_eq!(code(&["--fail-on", "medium"], "syslog_three_boots"), 1);
    assert_eq!(code(&["--fail-on", "awful"], "oops_dmesg"), 2);
    // A damaged line is an error only when asked to be; the result is there all the same.
    assert_eq!(code(&[], "hostile"), 0);
    let strict = kernel(&["--strict", "--format", "ndjson"], &[fixture("hostile")]);
    assert_eq!(strict.status.code(), Some(10));
    assert!(!rows(&strict)[0]["reports"].as_array().unwrap().is_empty());
}

#[test]
fn one_boot_and_the_worst_can_be_chosen() {
    let path = [fixture("syslog_three_boots")];
    let count = |args: &[&str]| {
        let rows = rows(&kernel(&[args, &["--format", "ndjson"]].concat(), &path));
        let len = |value: &Value| value.as_array().unwrap().len();
        (len(&rows[0]["summary"]["boots"]), len(&rows[0]["reports"]))
    };
    assert_eq!(count(&[]), (3, 2));
    assert_eq!(count(&["--boot", "0"]), (1, 0));
    assert_eq!(count(&["--boot", "-1"]), (1, 1));
    assert_eq!(count(&["--severity-min", "high"]), (3, 0));
}

#[test]
fn a_key_joins_pseudonyms_and_a_short_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let path = [fixture("syslog_three_boots")];
    let with_key = ["--anonymise", "--anonymise-key-file", key.to_str().unwrap()];
    std::fs::write(&key, b"short").unwrap();
    let refused = kernel(&with_key, &path);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("32"));
    std::fs::write(&key, [7u8; 32]).unwrap();
    let first = kernel(&[&with_key[..], &["--format", "ndjson"]].concat(), &path);
    assert!(!text(&first.stdout).contains("\"mill-7\""));
    assert_eq!(rows(&first)[0]["reports"][0]["title"], "WARNING in wheel_spin");
}

#[test]
fn parts_of_a_crash_in_a_folder_are_one_log() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read_to_string(fixture("pstore_parts")).unwrap();
    let parts: Vec<&str> = whole.split_inclusive('\n').collect();
    let heads: Vec<usize> = (0..parts.len())
        .filter(|at| parts[*at].starts_with("Panic#"))
        .chain([parts.len()])
        .collect();
    for (number, bounds) in heads.windows(2).enumerate() {
        let name = format!("dmesg-efi_pstore-17730492000{number}");
        std::fs::write(folder.path().join(name), parts[bounds[0]..bounds[1]].concat()).unwrap();
    }
    let rows = rows(&kernel(&["--format", "ndjson"], &[folder.path().to_owned()]));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["reports"][0]["frame"], "lamp_set_level");
}

#[test]
fn a_live_log_gives_each_report_when_it_is_complete() {
    let live = format!("--live={}", fixture("out_of_memory").display());
    let output = kernel(&[&live, "--format", "ndjson"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let kinds: Vec<Value> =
        rows(&output).iter().map(|row| row["reports"][0]["type"].clone()).collect();
    // Nothing is folded: three crashes of a program are three.
    assert_eq!(kinds.iter().filter(|k| **k == "SEGFAULT").count(), 3);
    assert_eq!(kinds.iter().filter(|k| **k == "OOM_MEMCG").count(), 1);
    let missing = kernel(&["--live=/nonexistent/kmsg"], &[]);
    assert_eq!(missing.status.code(), Some(10));
    assert!(text(&missing.stderr).contains("needs root"));
}

/// The program following a file, until it is told to end.
fn follow(path: &Path, out: Stdio) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foreshock"));
    command.args(["kernel", "--format", "ndjson", &format!("--live={}", path.display())]);
    command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null()).spawn().unwrap()
}

fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
}

#[test]
fn a_ring_that_goes_on_is_told_at_once_and_left_at_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let ring = folder.path().join("ring");
    assert!(Command::new("mkfifo").arg(&ring).status().unwrap().success());
    let mut child = follow(&ring, Stdio::piped());
    let mut writer = std::fs::OpenOptions::new().write(true).open(&ring).unwrap();
    let log = std::fs::read_to_string(fixture("oops_dmesg")).unwrap();
    for (number, line) in log.lines().enumerate() {
        writeln!(writer, "4,{number},{},-;{}", 97_000_000 + number, &line[15..]).unwrap();
    }
    writer.flush().unwrap();
    // The ring stays open and says no more: the report is complete all the same.
    let mut told = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut told).unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["reports"][0]["frame"], "lamp_set_level");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(writer);
}

#[test]
fn the_ring_of_this_machine_is_followed() {
    let ring = Path::new("/dev/kmsg");
    if let Err(error) = std::fs::File::open(ring) {
        return println!("SKIP: cannot read /dev/kmsg: {error}");
    }
    // Whatever the ring holds: a pipe that nobody reads would stop the program.
    let mut child = follow(ring, Stdio::null());
    // Until the program listens to signals, which the kernel shows: SIGINT is the second bit.
    let status = format!("/proc/{}/status", child.id());
    let listens = || {
        let text = std::fs::read_to_string(&status).unwrap();
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap() & 2 != 0
    };
    while !listens() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
        std::thread::yield_now();
    }
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn numbers_that_are_missing_in_the_ring_are_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.log");
    std::fs::write(
        &path,
        "6,10,1000,-;lamp: on\n6,11,2000,-;lamp: off\n6,19,3000,-;lamp: on\n6,0,10,-;lamp: on\n",
    )
    .unwrap();
    let gaps = rows(&kernel(&["--format", "ndjson"], &[path]))[0]["summary"]["gaps"].clone();
    assert_eq!(gaps.as_array().unwrap().len(), 1, "{gaps}");
    assert_eq!((gaps[0]["line"].as_u64(), gaps[0]["lost"].as_u64()), (Some(3), Some(7)));
}

#[test]
fn pseudonyms_stand_in_every_form_of_the_result() {
    for form in ["text", "json", "ndjson"] {
        let shown = |args: &[&str]| text(&kernel(args, &[fixture("syslog_three_boots")]).stdout);
        assert!(shown(&["--format", form]).contains("mill-7"), "{form} names the machine");
        let hidden = shown(&["--anonymise", "--format", form]);
        assert!(!hidden.contains("mill-7") && hidden.contains("WARNING in wheel_spin"), "{hidden}");
    }
}

#[test]
fn a_boot_that_is_not_in_the_log_is_said() {
    let output = kernel(&["--boot", "7"], &[fixture("syslog_three_boots")]);
    assert!(
        text(&output.stderr).contains("no boot 7, the log holds 3"),
        "{}",
        text(&output.stderr)
    );
}
