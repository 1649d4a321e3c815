//! Folders of every kind of thing → inputs and skipped paths.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use sources::{Kind, Walk, walk};
use std::fs;
use std::path::Path;

/// The walk's inputs by name, relative to `root`.
fn names(walk: &Walk, root: &Path) -> Vec<String> {
    let relative = |p: &Path| p.strip_prefix(root).unwrap_or(p).display().to_string();
    walk.inputs.iter().map(|i| relative(&i.path)).collect()
}

fn reasons(walk: &Walk, root: &Path) -> Vec<String> {
    let relative = |p: &Path| p.strip_prefix(root).unwrap_or(p).display().to_string();
    let text = |s: &sources::Skipped| format!("{}: {}", relative(&s.path), s.reason.word());
    walk.skipped.iter().map(text).collect()
}

#[test]
fn folders_are_read_in_the_order_of_names() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    for name in ["b.log", "a/z.log", "a/a.log", "c.log.1", ".hidden/x.log", "a/.swp"] {
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs::write(root.join(name), "a line\n").unwrap();
    }
    let walk = walk(&[root]);
    assert_eq!(names(&walk, root), ["a/a.log", "a/z.log", "b.log", "c.log.1"]);
    assert_eq!(reasons(&walk, root), [".hidden: hidden", "a/.swp: hidden"]);
    assert_eq!((walk.bytes(), walk.failures()), (4 * 7, 0));
    let twice = sources::walk(&[root, root]);
    assert_eq!(names(&twice, root).len(), 4);
    let named = sources::walk(&[root.join(".hidden/x.log")]);
    assert_eq!(named.inputs.len(), 1, "a hidden file that is named is read");
}

#[test]
fn what_is_no_log_is_listed_with_its_reason() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::write(root.join("system.journal"), b"LPKSHHRH\0\0\0\0").unwrap();
    fs::write(root.join("wtmp"), [7u8, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    fs::write(root.join("zeros"), [0u8; 8192]).unwrap();
    fs::write(root.join("empty"), b"").unwrap();
    let mut tar = vec![b' '; 1024];
    tar[257..262].copy_from_slice(b"ustar");
    let tar = zstd::encode_all(&tar[..], 1).unwrap();
    fs::write(root.join("old.tar.zst"), tar).unwrap();
    let walk = walk(&[root]);
    assert_eq!(names(&walk, root), ["empty", "zeros"]);
    let expected = ["old.tar.zst: not text", "system.journal: not text", "wtmp: not text"];
    assert_eq!(reasons(&walk, root), expected);
    assert_eq!(walk.skipped_counts["not text"], 3);
    assert_eq!(walk.failures(), 0);
    let journal = walk.skipped[1].to_string();
    assert!(
        journal.ends_with("system.journal: systemd journal: pipe `journalctl -o json` instead")
    );
}

#[test]
fn what_is_missing_is_a_failure_and_the_rest_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::write(root.join("a.log"), "a line\n").unwrap();
    let walk = walk(&[root.join("no-such.log"), root.join("a.log")]);
    assert_eq!(names(&walk, root), ["a.log"]);
    assert_eq!(walk.failures(), 1);
    let expected = format!(
        "cannot read {}: no such file or folder (check the spelling)",
        root.join("no-such.log").display()
    );
    assert_eq!(walk.skipped[0].to_string(), expected);
}

#[cfg(unix)]
#[test]
fn nothing_that_could_block_is_opened() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::write(root.join("a.log"), "a line\n").unwrap();
    let fifo = root.join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let walk = walk(&[root]);
    assert_eq!(names(&walk, root), ["a.log"]);
    assert_eq!(reasons(&walk, root), ["fifo: special", "socket: special"]);
    let named = sources::walk(&[&fifo]);
    assert_eq!(named.inputs[0].kind, Kind::Pipe);
    assert_eq!(named.bytes(), 0);
    let device = sources::walk(&["/dev/null"]);
    assert_eq!(device.inputs[0].kind, Kind::Pipe);
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_never_in_circles() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::write(root.join("a/b/x.log"), "a line\n").unwrap();
    symlink(root.join("a"), root.join("a/b/up")).unwrap();
    symlink(root.join("a/b/x.log"), root.join("again.log")).unwrap();
    symlink("nowhere", root.join("dead")).unwrap();
    symlink("round", root.join("round")).unwrap();
    let walk = walk(&[root]);
    assert_eq!(names(&walk, root), ["a/b/x.log"]);
    let expected = ["a/b/up: again", "again.log: again", "dead: dead link", "round: dead link"];
    assert_eq!(reasons(&walk, root), expected);
    assert_eq!(walk.failures(), 0);
}
