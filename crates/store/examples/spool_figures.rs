//! Figures of the spool for `docs/store.md`.
//!
//! ```text
//! cargo run --release -p store --example spool_figures -- append FOLDER [LEVEL]   records a second, by level
//! cargo run --release -p store --example spool_figures -- answer FOLDER   time to an answer, by linger
//! cargo run --release -p store --example spool_figures -- size LOGS…      bytes a record, by level
//! cargo run --release -p store --example spool_figures -- fill FOLDER GIB  makes a spool of noise
//! cargo run --release -p store --example spool_figures -- open FOLDER      time to open it
//! ```
#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used)]

use model::{Origin, Seq, SourceId, TenantId, Timestamp, Transport};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::disk::{Folder, sim::SimDisk};
use store::spool::{Batch, Block, Epoch, Facts, Intake, Next, Options, Spool};

const BEGIN: Timestamp = Timestamp::from_secs(1_790_000_000);
const LEVELS: [i32; 7] = [-5, -1, 1, 2, 3, 5, 9];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["append", folder] => LEVELS.iter().for_each(|level| append(folder, *level)),
        ["append", folder, level] => append(folder, level.parse().expect("a level")),
        ["answer", folder] => {
            [0, 1, 2, 5].iter().for_each(|millis| answer(folder, *millis, false));
            answer(folder, 2, true);
        }
        ["size", ..] => size(&words[1..]),
        ["fill", folder, gib] => fill(folder, gib.parse().expect("a number of GiB")),
        ["open", folder] => open(folder),
        _ => println!("see the first lines of this file"),
    }
}

fn origin(name: &str) -> Arc<Origin> {
    Arc::new(Origin {
        source_id: SourceId::new(format!("syslog/{name}")),
        tenant_id: TenantId::new("acme"),
        source_type: "syslog".to_owned(),
        source_name: name.to_owned(),
        transport: Transport::Tcp,
    })
}

fn options(level: i32) -> Options {
    Options { level, ..Options::new(Epoch([1; 16]), BEGIN) }
}

/// Lines of about 200 bytes that compress as logs do.
fn lines() -> Vec<String> {
    let mut state = 1u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    let line = |n: u64| {
        format!(
            "<{}>1 2026-09-21T08:{:02}:{:02}.{:06}Z host{}.example.net svc{}[{}]: request {:016x} from 10.{}.{}.{} took {} ms, {} bytes sent, status {}, upstream cache{} answered in {} us, queue depth {}, n {n}",
            next(191),
            next(60),
            next(60),
            next(1_000_000),
            next(40),
            next(30),
            next(30_000),
            next(1 << 60),
            next(255),
            next(255),
            next(255),
            next(900),
            next(90_000),
            200 + next(300),
            next(9),
            next(90_000),
            next(64),
        )
    };
    (0..50_000).map(line).collect()
}

fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |place: usize| fields.get(place).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(12) + ticks(13)) / 100.0
}

fn append(folder: &str, level: i32) {
    let (lines, origin, total) = (lines(), origin("bench"), 4_000_000usize);
    let bytes: usize = lines.iter().map(String::len).sum();
    let path = std::path::Path::new(folder).join(format!("append{level}"));
    let disk = Arc::new(Folder::open(&path).expect("a folder to write to"));
    let mut spool = Spool::open(disk, options(level)).expect("a spool");
    let (began, before) = (Instant::now(), cpu());
    let (mut made, mut last) = (0, None);
    while made < total {
        let mut batch = Batch::new();
        for n in made..made + 1_000 {
            let facts = Facts::received(Timestamp::from_micros(BEGIN.as_micros() + n as i64 * 3));
            batch.push(&origin, "10.0.0.7:514", facts, lines[n % lines.len()].as_bytes()).unwrap();
        }
        made += 1_000;
        last = Some(spool.append(batch).expect("room"));
    }
    last.unwrap().wait().expect("durable");
    let (took, used) = (began.elapsed().as_secs_f64(), cpu() - before);
    let status = spool.status();
    println!(
        "level {level:>2}: {:.2} M records/s, {:.2} cpu-s/M, {} B a record became {:.1}, {} records a sync, sync p50 {:?} p99 {:?}",
        total as f64 / took / 1e6,
        used / (total as f64 / 1e6),
        bytes / lines.len(),
        status.bytes as f64 / total as f64,
        total as u64 / status.counts.commits,
        status.sync_p50,
        status.sync_p99,
    );
    let (mut reader, mut block, mut seen) = (spool.reader(Seq(0)), Block::new(), 0);
    let began = Instant::now();
    while reader.next(&mut block).expect("readable") == Next::Block {
        seen += block.records().map(|record| record.payload.len()).sum::<usize>();
    }
    let took = began.elapsed().as_secs_f64();
    println!("          read back at {:.2} M records/s, {seen} bytes", total as f64 / took / 1e6);
    spool.close();
    std::fs::remove_dir_all(path).expect("removed");
}

/// 64 threads that each hand in one record and wait for its answer.
fn answer(folder: &str, millis: u64, urgent: bool) {
    let path = std::path::Path::new(folder).join(format!("answer{millis}"));
    let disk = Arc::new(Folder::open(&path).expect("a folder to write to"));
    let linger = Duration::from_millis(millis);
    let spool = Spool::open(disk, Options { linger, ..options(1) }).expect("a spool");
    let (lines, began, before) = (lines(), Instant::now(), cpu());
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let (spool, lines) = (&spool, &lines);
        let worker = |worker: usize| {
            let origin = origin("one");
            let mut waits = Vec::new();
            while began.elapsed() < Duration::from_secs(4) {
                let asked = Instant::now();
                let mut batch = Batch::new();
                let line = &lines[(worker * 997 + waits.len()) % lines.len()];
                batch.push(&origin, "", Facts::received(BEGIN), line.as_bytes()).unwrap();
                let batch = if urgent { batch.urgent() } else { batch };
                spool.append(batch).expect("room").wait().expect("durable");
                waits.push(asked.elapsed());
            }
            waits
        };
        let workers: Vec<_> = (0..64).map(|n| scope.spawn(move || worker(n))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    waits.sort();
    let count = waits.len();
    println!(
        "linger {millis} ms{}, 64 waiting: {:.0} answers/s, p50 {:?}, p99 {:?}, {:.1} cpu-s/M",
        if urgent { ", urgent" } else { "" },
        count as f64 / began.elapsed().as_secs_f64(),
        waits[count / 2],
        waits[count * 99 / 100],
        (cpu() - before) / (count as f64 / 1e6)
    );
    drop(spool);
    std::fs::remove_dir_all(path).expect("removed");
}

/// The lines of all files by turns, each twenty times with other digits, so that no line comes twice.
fn size(files: &[&str]) {
    let texts: Vec<String> = files
        .iter()
        .map(|file| String::from_utf8_lossy(&std::fs::read(file).expect("a log")).into_owned())
        .collect();
    let longest = texts.iter().map(|text| text.lines().count()).max().unwrap_or_default();
    let mut mix = Vec::new();
    let read: Vec<Vec<&str>> = texts.iter().map(|text| text.lines().collect()).collect();
    for n in 0..longest {
        for (lines, file) in read.iter().zip(files) {
            if let Some(line) = lines.get(n) {
                mix.push((origin(file), *line));
            }
        }
    }
    let bytes: usize = mix.iter().map(|(_, line)| line.len()).sum();
    println!("{} lines, {:.1} B a line", mix.len(), bytes as f64 / mix.len() as f64);
    for level in LEVELS {
        let disk = Arc::new(SimDisk::new());
        let spool = Spool::open(disk, options(level)).expect("a spool");
        let mut batch = Batch::new();
        let before = cpu();
        for (n, (origin, line)) in mix.iter().enumerate() {
            let at = Timestamp::from_micros(BEGIN.as_micros() + n as i64 * 1_003);
            batch.push(origin, "10.0.0.7:514", Facts::received(at), line.as_bytes()).unwrap();
        }
        spool.append(batch).expect("room").wait().expect("durable");
        let stored = spool.status().bytes as f64;
        println!(
            "level {level:>2}: {:.1} B a line, {:.1} B for 200 B, {:.2} cpu-s/M",
            stored / mix.len() as f64,
            stored / bytes as f64 * 200.0,
            (cpu() - before) / (mix.len() as f64 / 1e6)
        );
    }
}

fn fill(folder: &str, gib: u64) {
    let disk = Arc::new(Folder::open(folder).expect("a folder to write to"));
    let mut spool = Spool::open(disk, options(-5)).expect("a spool");
    let (origin, mut state, mut last) = (origin("noise"), 1u64, None);
    while spool.status().bytes < gib << 30 {
        let mut batch = Batch::new();
        for _ in 0..2_000 {
            let mut payload = [0; 200];
            for chunk in payload.chunks_mut(8) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                chunk.copy_from_slice(&(state ^ state >> 29).to_le_bytes()[..chunk.len()]);
            }
            batch.push(&origin, "", Facts::received(BEGIN), &payload).unwrap();
        }
        last = Some(spool.append(batch).expect("room"));
    }
    last.expect("a size above 0").wait().expect("durable");
    spool.close();
    println!(
        "{:.2} GiB in {} segments",
        spool.status().bytes as f64 / f64::from(1 << 30),
        spool.status().segments
    );
}

fn open(folder: &str) {
    let disk = Arc::new(Folder::open(folder).expect("a folder"));
    let began = Instant::now();
    let spool = Spool::open(disk, options(1)).expect("a spool");
    let took = began.elapsed();
    let (opened, bytes) = (spool.opened(), spool.status().bytes);
    println!(
        "{:.2} GiB, {} segments, {} records opened in {took:?}; {:.1} MiB walked block by block",
        bytes as f64 / f64::from(1 << 30),
        opened.segments,
        opened.records,
        opened.walked_bytes as f64 / f64::from(1 << 20),
    );
}
