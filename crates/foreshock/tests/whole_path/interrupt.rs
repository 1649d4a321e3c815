//! Ctrl-C: what was read so far is reported.

use crate::program::{Ran, assert_balances, command};
use std::io::Write;
use std::process::{Command, Stdio};

/// More than a pipe holds: once it is written, the program has read and so listens to signals.
const LINES: usize = 20_000;

#[test]
fn an_interrupted_scan_of_an_endless_pipe_reports_what_it_read() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-INT", "-TERM"] {
        let mut command = command(folder.path(), &["scan", "--format", "json"]);
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for second in 0..LINES {
            let (h, m, s) = (second / 3_600, second / 60 % 60, second % 60);
            writeln!(stdin, "2026-03-18T{h:02}:{m:02}:{s:02}Z web1 shop[1]: beat").unwrap();
        }
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        // The pipe stays open: only the signal can end the run.
        let status = child.wait().unwrap();
        drop(stdin);
        assert_eq!(status.code(), Some(130), "{signal}");
        let ran = Ran::of(child.wait_with_output().unwrap());
        let digest = ran.json();
        let lines = digest["counts"]["lines"].as_u64().unwrap();
        assert!(lines > LINES as u64 / 2, "{lines}");
        assert_balances(&digest);
        assert!(ran.err.contains("interrupted"), "{}", ran.err);
    }
}
