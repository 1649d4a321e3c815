//! Bytes a second of reading: lines of a plain file, of compressed ones, and what keeping a pipe's
//! window costs; records a second of a recorded stream. `cargo bench -p sources`.

#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use model::TenantId;
use sources::{Batch, Envelopes, Input, Kind, LineReader, More, Readback};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Syslog-like lines, 64 MiB of them.
fn log() -> Vec<u8> {
    let mut text = Vec::new();
    for n in 0u64.. {
        if text.len() >= 64 << 20 {
            break;
        }
        let random = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let (minute, host) = (n / 977 % 60, random % 17);
        writeln!(
            text,
            "Mar  2 08:{minute:02}:00 db{host} app[{}]: request {random:x} took {} ms",
            random % 65_536,
            random % 997
        )
        .unwrap();
    }
    text
}

fn input(path: &Path) -> Input {
    Input { path: path.into(), kind: Kind::File, bytes: 0 }
}

fn read(input: &Input, batch: &mut Batch, mut each: impl FnMut(&Batch)) -> usize {
    let mut reader = LineReader::open(input, 0).unwrap();
    let mut lines = 0;
    while reader.next_batch(batch).unwrap() != More::End {
        lines += batch.len();
        each(batch);
    }
    lines
}

fn lines(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let log = log();
    let plain = folder.path().join("plain");
    fs::write(&plain, &log).unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(&log).unwrap();
    let packed = folder.path().join("gz");
    fs::write(&packed, gz.finish().unwrap()).unwrap();
    let zst = folder.path().join("zst");
    fs::write(&zst, zstd::encode_all(&log[..], 3).unwrap()).unwrap();

    let mut group = c.benchmark_group("lines");
    group.sample_size(10).throughput(Throughput::Bytes(log.len() as u64));
    let mut batch = Batch::default();
    group.bench_function("read alone", |b| {
        let mut buffer = vec![0; 256 << 10];
        b.iter(|| {
            let mut file = fs::File::open(&plain).unwrap();
            while std::io::Read::read(&mut file, &mut buffer).unwrap() > 0 {}
        });
    });
    for path in [&plain, &packed, &zst] {
        let input = input(path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        group.bench_function(name, |b| b.iter(|| read(&input, &mut batch, |_| {})));
    }
    let mut batches = Vec::new();
    read(&input(&plain), &mut batch, |batch| batches.push(batch.clone()));
    let pipe = Input { kind: Kind::Stdin, ..input(&plain) };
    group.bench_function("window", |b| {
        b.iter_batched(
            || Readback::of_lines(std::slice::from_ref(&pipe), &TenantId::new("t")),
            |mut readback| batches.iter().for_each(|batch| readback.note(batch)),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn records(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stream");
    let mut text = Vec::new();
    for n in 0..100_000 {
        writeln!(
            text,
            r#"{{"received_at":"2026-11-01T08:30:00.{n:06}Z","tenant_id":"acme","source_type":"syslog","source_name":"db{}","raw":"<13>Nov  1 08:29:59 db1 app[{n}]: request took {n} ms, \"fine\""}}"#,
            n % 50
        )
        .unwrap();
    }
    fs::write(&path, text).unwrap();
    let mut batches = Vec::new();
    read(&input(&path), &mut Batch::default(), |batch| batches.push(batch.clone()));
    let mut group = c.benchmark_group("records");
    group.sample_size(10).throughput(Throughput::Elements(100_000));
    group.bench_function("decode", |b| {
        b.iter(|| {
            let mut envelopes = Envelopes::default();
            let lines = batches.iter().flat_map(Batch::lines);
            lines.filter(|line| envelopes.decode(line).is_ok()).count()
        });
    });
    group.finish();
}

criterion_group!(benches, lines, records);
criterion_main!(benches);
