//! The same lines, compressed or piped in, give the same digest.

use crate::program::{items_without_sources, piped, run, write};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Ten days of lines that name their year: the demonstration's.
fn demo_log(folder: &Path) -> Vec<u8> {
    run(folder, &["demo", "--save", "plain.log", "--format", "json"]).ok();
    fs::read(folder.join("plain.log")).unwrap()
}

/// Bytes → the same, compressed.
type Compress = fn(&[u8]) -> Vec<u8>;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn assert_same(one: &Value, other: &Value, form: &str) {
    assert_eq!(items_without_sources(one), items_without_sources(other), "{form}");
    for field in ["as_of", "quiet", "counts"] {
        assert_eq!(one[field], other[field], "{form}: {field}");
    }
    assert_eq!(one["items"].as_array().unwrap().len(), 1, "{form}");
}

#[test]
fn compressed_files_and_pipes_give_the_digest_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let plain = demo_log(folder);
    let scan = |path: &str| run(folder, &["scan", path, "--format", "json"]).ok().json();
    let of_file = scan("plain.log");
    let forms: [(&str, Compress); 4] = [("gz", gzip), ("bz2", bzip2), ("xz", xz), ("zst", zst)];
    for (form, compress) in forms {
        let name = format!("packed.log.{form}");
        let packed = compress(&plain);
        write(&folder.join(&name), &packed, crate::program::MODIFIED_SECS);
        assert_same(&of_file, &scan(&name), form);
        let of_pipe = piped(folder, &["scan", "--format", "json"], &packed).ok();
        assert_same(&of_file, &of_pipe.json(), form);
    }
    for path in [&["scan", "--format", "json"][..], &["scan", "-", "--format", "json"]] {
        let of_pipe = piped(folder, path, &plain).ok().json();
        assert_same(&of_file, &of_pipe, "standard input");
        let evidence = &of_pipe["items"][0]["evidence"][0];
        assert_eq!(evidence["source"], "standard input");
    }
}

/// The check of the first item that shows the lines around its latest occasion.
fn look(digest: &Value) -> &Value {
    let checks = digest["items"][0]["check_next"].as_array().unwrap();
    checks
        .iter()
        .find(|check| check["text"].as_str().unwrap().starts_with("read what the host said"))
        .unwrap()
}

/// The command that shows lines of the first item, run by a shell in the folder.
fn run_look(folder: &Path, digest: &Value) -> String {
    let command = look(digest)["command"].as_str().unwrap();
    let told = Command::new("sh").args(["-c", command]).current_dir(folder).output().unwrap();
    assert!(told.status.success(), "{command}: {told:?}");
    String::from_utf8(told.stdout).unwrap()
}

#[test]
fn lines_of_a_file_are_shown_from_the_file_whatever_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let plain = demo_log(folder);
    let (name, packed) = ("-it's $(touch pwned) `touch pwned`.log", "old log.gz");
    write(&folder.join(name), &plain, crate::program::MODIFIED_SECS);
    write(&folder.join(packed), &gzip(&plain), crate::program::MODIFIED_SECS);
    for path in [format!("./{name}"), packed.to_owned()] {
        let digest = run(folder, &["scan", &path, "--format", "json"]).ok().json();
        let latest = digest["items"][0]["evidence"].as_array().unwrap().last().unwrap().clone();
        let shown = run_look(folder, &digest);
        assert!(shown.lines().any(|line| latest["text"] == line), "{path}: {shown}");
        assert!(shown.lines().count() <= 40, "{shown}");
        assert!(look(&digest)["host"].is_null());
    }
    assert!(!folder.join("pwned").exists());
    // What came through a pipe is asked of the host.
    let piped = piped(folder, &["scan", "--format", "json"], &plain).ok().json();
    let command = look(&piped)["command"].as_str().unwrap();
    assert!(command.starts_with("journalctl --utc"), "{command}");
}

#[test]
fn a_compressed_file_that_breaks_off_gives_what_was_whole_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut packed = gzip(&demo_log(folder));
    packed.truncate(packed.len() / 2);
    write(&folder.join("cut.log.gz"), &packed, crate::program::MODIFIED_SECS);
    let ran = run(folder, &["scan", "cut.log.gz", "--format", "json"]);
    assert_eq!(ran.code, 10, "{}", ran.err);
    assert!(ran.err.contains("cut.log.gz"), "{}", ran.err);
    assert!(ran.json()["counts"]["lines"].as_u64().unwrap() > 1_000);
    crate::program::assert_balances(&ran.json());
}
