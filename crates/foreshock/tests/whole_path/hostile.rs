//! Inputs that nobody writes on purpose, and some that somebody would: no panic, no more memory
//! than a limit, every byte accounted for.

use crate::program::{MODIFIED_SECS, Ran, assert_balances, command, piped, run, write};
use std::fs::File;
use std::process::{Command, Stdio};

/// Bytes that look like chance and are the same in every run (xorshift).
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..bytes).map(next).collect()
}

#[test]
fn random_bytes_are_read_or_left_out_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(1 << 20);
    let ran = piped(folder.path(), &["scan", "--format", "json"], &bytes).ok();
    let digest = ran.json();
    assert_balances(&digest);
    assert_eq!(digest["counts"]["bytes"], bytes.len());
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    write(&folder.path().join("noise"), &bytes, MODIFIED_SECS);
    let of_file = run(folder.path(), &["scan", "noise", "--format", "json", "-v"]);
    assert_balances(&of_file.json());
    let is_read = of_file.json()["counts"]["bytes"] == bytes.len();
    assert!(is_read || of_file.err.contains("noise"), "{}", of_file.err);
    let replayed = piped(folder.path(), &["replay", "-", "--format", "json"], &bytes).ok();
    assert_eq!(replayed.json(), serde_json::json!([]));
}

/// The program with a limit on its address space: what it does not get, it cannot eat.
#[cfg(target_os = "linux")]
fn with_memory(mib: u64, folder: &std::path::Path, args: &[&str]) -> Command {
    let program = command(folder, args);
    let mut shell = Command::new("sh");
    let script = format!("ulimit -v {}; exec \"$0\" \"$@\"", mib << 10);
    shell.arg("-c").arg(script).arg(program.get_program());
    // Each thread of the allocator would reserve 64 MiB of addresses that it does not use.
    shell.args(program.get_args()).current_dir(folder).env("MALLOC_ARENA_MAX", "1");
    shell
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_without_end_is_cut_and_counted_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zeros");
    let bytes: u64 = 64 << 20;
    File::create(&path).unwrap().set_len(bytes).unwrap();
    for format in ["json", "ndjson"] {
        let mut command = with_memory(60, folder.path(), &["scan", "-", "--format", format]);
        command.stdin(Stdio::from(File::open(&path).unwrap()));
        let digest = Ran::of(command.output().unwrap()).ok().json();
        assert_balances(&digest);
        assert_eq!(
            (&digest["counts"]["lines"], &digest["counts"]["bytes"]),
            (&1.into(), &bytes.into())
        );
    }
    let mut command = with_memory(60, folder.path(), &["scan", "zeros", "--format", "json"]);
    let ran = Ran::of(command.output().unwrap());
    assert!(matches!(ran.code, 0 | 10), "{}", ran.err);
    assert_balances(&ran.json());
}

#[test]
fn log_text_cannot_steer_a_terminal() {
    let folder = crate::program::scan_case("dirty_bytes");
    for format in ["text", "json", "ndjson", "md"] {
        let out = run(folder.path(), &["scan", "input.log", "--format", format]).ok().out;
        let is_steering = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!out.contains(is_steering), "{format}: {out:?}");
    }
}
