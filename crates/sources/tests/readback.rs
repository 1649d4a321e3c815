//! Lines that were read → the same lines, read again later from files and pipes.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use model::port::RawReader;
use model::{Seq, TenantId};
use sources::{Batch, Input, LineReader, More, Readback, walk};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

/// What identifies an envelope: id, payload, offset.
type Seen = (String, Vec<u8>, u64);

fn text(name: &str, lines: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for n in 0..lines {
        let end = if n % 5 == 0 { "\r\n" } else { "\n" };
        write!(text, "{name} says {n} and {}{end}", "x".repeat(n % 70)).unwrap();
    }
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads all inputs in turns, a batch of each, as a merging reader would.
fn read_all(inputs: &[Input], readback: &mut Readback) -> BTreeMap<Seq, Seen> {
    let mut readers: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| LineReader::open(input, index as u32).unwrap())
        .collect();
    let (mut seen, mut batch) = (BTreeMap::new(), Batch::default());
    while !readers.is_empty() {
        readers.retain_mut(|reader| {
            let more = reader.next_batch(&mut batch).unwrap();
            readback.note(&batch);
            for line in batch.lines() {
                let origin = inputs[batch.input as usize].origin(&TenantId::new("t"));
                let envelope = line.envelope(&origin);
                let id = envelope.id().to_string();
                seen.insert(line.seq(), (id, line.bytes.to_vec(), line.offset));
            }
            more != More::End
        });
    }
    seen
}

fn read_again(readback: &mut Readback, seqs: &[Seq]) -> BTreeMap<Seq, Seen> {
    let mut again = BTreeMap::new();
    readback.read(seqs, &mut |envelope| {
        let id = envelope.id().to_string();
        let seen = (id, envelope.payload.to_vec(), envelope.cursor.offset());
        assert!(again.last_key_value().is_none_or(|(seq, _)| *seq < envelope.seq));
        again.insert(envelope.seq, seen);
    });
    again
}

fn setup(root: &Path) -> Vec<Input> {
    fs::write(root.join("a.log"), text("a", 40_000)).unwrap();
    fs::write(root.join("b.log.gz"), gzip(&text("b", 30_000))).unwrap();
    fs::write(root.join("c.log"), text("c", 3)).unwrap();
    walk(&[root]).inputs
}

#[test]
fn lines_of_files_are_found_again() {
    let root = tempfile::tempdir().unwrap();
    let inputs = setup(root.path());
    let mut readback = Readback::of_lines(&inputs, &TenantId::new("t"));
    let seen = read_all(&inputs, &mut readback);
    assert_eq!(seen.len(), 70_003);
    for step in [1, 997, 20_001] {
        let some: BTreeMap<_, _> = seen.clone().into_iter().step_by(step).collect();
        let seqs: Vec<Seq> = some.keys().copied().collect();
        assert!(read_again(&mut readback, &seqs) == some, "step {step}");
    }
    // A few lines a call, forwards and then from the beginning again, as digest after digest asks.
    for call in (0..69_000).step_by(10_000).chain([500, 45_000]) {
        let some: BTreeMap<_, _> = seen.clone().into_iter().skip(call).take(3).collect();
        let seqs: Vec<Seq> = some.keys().copied().collect();
        assert!(read_again(&mut readback, &seqs) == some, "call {call}");
    }
    let unknown = [Seq(0), Seq(5 << 40 | 1), Seq(u64::MAX)];
    assert!(read_again(&mut readback, &unknown).is_empty());
}

#[test]
fn what_has_changed_since_is_left_out() {
    let root = tempfile::tempdir().unwrap();
    let inputs = setup(root.path());
    let mut readback = Readback::of_lines(&inputs, &TenantId::new("t"));
    let seen = read_all(&inputs, &mut readback);
    let seqs: Vec<Seq> = seen.keys().copied().step_by(100).collect();
    let of_input = |seqs: &BTreeMap<Seq, Seen>, i: u64| seqs.keys().any(|s| s.0 >> 40 == i);
    // A log that grows stays the same; other bytes, fewer bytes and no file do not.
    let mut grown = text("a", 40_000);
    grown.extend(b"one more\n");
    fs::write(root.path().join("a.log"), grown).unwrap();
    fs::write(root.path().join("b.log.gz"), gzip(&text("b", 29_000))).unwrap();
    fs::write(root.path().join("c.log"), text("d", 3)).unwrap();
    let again = read_again(&mut readback, &seqs);
    assert!(of_input(&again, 0) && !of_input(&again, 1) && !of_input(&again, 2));
    fs::write(root.path().join("a.log"), text("a", 30_000)).unwrap();
    fs::remove_file(root.path().join("c.log")).unwrap();
    assert!(read_again(&mut readback, &seqs).is_empty());
}

#[cfg(unix)]
#[test]
fn lines_of_a_pipe_are_kept() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let inputs = walk(&[&path]).inputs;
    let mut readback = Readback::of_lines(&inputs, &TenantId::new("t"));
    let writer = std::thread::spawn(move || fs::write(path, text("p", 20_000)).unwrap());
    let seen = read_all(&inputs, &mut readback);
    writer.join().unwrap();
    let some: BTreeMap<_, _> = seen.into_iter().step_by(333).collect();
    let seqs: Vec<Seq> = some.keys().copied().collect();
    assert!(read_again(&mut readback, &seqs) == some);
}

#[test]
fn recorded_envelopes_are_found_again() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("stream.ndjson");
    let line = |n: u32| {
        format!(
            "{{\"received_at\":\"2026-11-01T08:{:02}:00Z\",\"tenant_id\":\"t{}\",\
             \"source_type\":\"syslog\",\"source_name\":\"db{n}\",\"raw\":\"tab\\t{n}\"}}\n",
            n % 60,
            n % 2
        )
    };
    fs::write(&path, (0..5_000).map(line).collect::<String>()).unwrap();
    let inputs = walk(&[&path]).inputs;
    let mut readback = Readback::of_records(&inputs);
    let mut reader =
        LineReader::open(&inputs[0], 0).unwrap().with_line_bytes_max(sources::RECORD_BYTES_MAX);
    let (mut batch, mut envelopes) = (Batch::default(), sources::Envelopes::default());
    let mut ids = Vec::new();
    while reader.next_batch(&mut batch).unwrap() != More::End {
        readback.note(&batch);
        for line in batch.lines() {
            let record = envelopes.decode(&line).unwrap();
            ids.push((line.seq(), record.envelope(&line).id()));
        }
    }
    let some: Vec<_> = ids.into_iter().step_by(99).collect();
    let seqs: Vec<Seq> = some.iter().map(|(seq, _)| *seq).collect();
    let mut again = Vec::new();
    readback.read(&seqs, &mut |envelope| {
        assert!(envelope.received_at.is_some() && envelope.payload.starts_with(b"tab\t"));
        again.push((envelope.seq, envelope.id()));
    });
    assert_eq!(again, some);
}
