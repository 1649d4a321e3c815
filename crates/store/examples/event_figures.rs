//! Figures of the event store for `docs/store.md`, from logs with labelled templates (`X.log` beside
//! `X.templates.csv`: line, content, id, template), which stand in for the engine's signatures.
//!
//! ```text
//! cargo run --release -p store --example event_figures -- size FOLDER      bytes an event, raw and canonical
//! cargo run --release -p store --example event_figures -- search MILLIONS  time of an answer
//! ```
#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used)]

use model::port::EventSearch;
use model::search::{Query, Text};
use model::{Origin, Seq, Severity, SignatureId, SourceId, TenantId, Timestamp, Transport};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use store::disk::sim::SimDisk;
use store::events::{EventOptions, EventRow, Events};
use store::spool::{Batch, Epoch, Facts, Intake, Options, Spool};

const BEGIN: Timestamp = Timestamp::from_secs(1_790_000_000);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["size", folder] => size(Path::new(folder)),
        ["search", millions] => search(millions.parse().expect("a number")),
        _ => println!("see the first lines of this file"),
    }
}

fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |place: usize| fields.get(place).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(12) + ticks(13)) / 100.0
}

struct Line {
    service: String,
    raw: String,
    text: String,
    template: String,
}

/// The fields of one line of CSV; quotes are doubled within quoted fields.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

/// The lines of all logs by turns.
fn mix(folder: &Path) -> Vec<Line> {
    let mut logs = Vec::new();
    let mut names: Vec<_> = std::fs::read_dir(folder).expect("a folder").flatten().collect();
    names.sort_by_key(|entry| entry.file_name());
    for entry in names {
        let path = entry.path();
        if path.extension().is_none_or(|end| end != "log") {
            continue;
        }
        let raw = String::from_utf8_lossy(&std::fs::read(&path).expect("a log")).into_owned();
        let csv = std::fs::read(path.with_extension("templates.csv")).expect("its templates");
        let csv = String::from_utf8_lossy(&csv).into_owned();
        let service = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let lines = raw.lines().zip(csv.lines().skip(1)).map(|(raw, row)| {
            let fields = fields(row);
            Line {
                service: service.clone(),
                raw: raw.to_owned(),
                text: fields[1].clone(),
                template: fields[3].clone(),
            }
        });
        logs.push(lines.collect::<Vec<_>>());
    }
    let longest = logs.iter().map(Vec::len).max().unwrap_or_default();
    let mut logs: Vec<_> = logs.into_iter().map(Vec::into_iter).collect();
    (0..longest)
        .flat_map(|_| logs.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>())
        .collect()
}

fn size(folder: &Path) {
    let lines = mix(folder);
    let bytes: usize = lines.iter().map(|line| line.raw.len()).sum();
    let count = lines.len() as f64;
    println!("{count} lines, {:.1} B a line; hosts and times are invented", bytes as f64 / count);
    let spool = Spool::open(Arc::new(SimDisk::new()), Options::new(Epoch([1; 16]), BEGIN)).unwrap();
    let mut batch = Batch::new();
    for (n, line) in lines.iter().enumerate() {
        let origin = Arc::new(Origin {
            source_id: SourceId::new(format!("syslog/{}", line.service)),
            tenant_id: TenantId::new("acme"),
            source_type: "syslog".to_owned(),
            source_name: line.service.clone(),
            transport: Transport::Tcp,
        });
        let at = Timestamp::from_micros(BEGIN.as_micros() + n as i64 * 1_003);
        // One origin a service, as a receiver has it.
        let known =
            batch.records().map(|record| record.0).find(|known| ***known == *origin).cloned();
        let origin = known.unwrap_or(origin);
        batch.push(&origin, "10.0.0.7:514", Facts::received(at), line.raw.as_bytes()).unwrap();
    }
    spool.append(batch).unwrap().wait().unwrap();
    let raw = spool.status().bytes as f64;
    for level in [1, 3, 6, 9] {
        let options = EventOptions { level, ..EventOptions::default() };
        let events = Events::open(Arc::new(SimDisk::new()), options).unwrap();
        let before = cpu();
        for round in 0..if level < 6 { 20 } else { 1 } {
            let events = match round {
                0 => &events,
                _ => &Events::open(Arc::new(SimDisk::new()), options).unwrap(),
            };
            events.push(rows(&lines), Seq(lines.len() as u64)).unwrap();
            events.flush().unwrap();
        }
        let rounds = if level < 6 { 20.0 } else { 1.0 };
        let canonical = events.status().bytes as f64;
        let for_200 = |stored: f64| stored / bytes as f64 * 200.0;
        println!(
            "level {level}: raw {:.1} + canonical {:.1} = {:.1} B a line, {:.1} B for 200 B; canonical {:.2} cpu-s/M",
            raw / count,
            canonical / count,
            (raw + canonical) / count,
            for_200(raw + canonical),
            (cpu() - before) / (count * rounds / 1e6),
        );
    }
}

fn rows(lines: &[Line]) -> impl Iterator<Item = EventRow<'_>> {
    static TENANT: std::sync::LazyLock<TenantId> =
        std::sync::LazyLock::new(|| TenantId::new("acme"));
    const HOSTS: [&str; 5] = ["db1", "db2", "web1", "web2", "fw1"];
    lines.iter().enumerate().map(|(n, line)| EventRow {
        seq: Seq(n as u64),
        at: Timestamp::from_micros(BEGIN.as_micros() + n as i64 * 1_003),
        tenant: &TENANT,
        host: HOSTS[n * 7 % 5],
        service: &line.service,
        severity: Severity::from_number((n % 5 + 3) as u8),
        signature: SignatureId::derive(&[line.template.as_bytes()]),
        template: &line.template,
        text: &line.text,
    })
}

/// Answers from so many millions of invented events.
fn search(millions: u64) {
    let folder = std::env::temp_dir().join(format!("event_figures_{}", std::process::id()));
    let disk = Arc::new(store::disk::Folder::open(&folder).expect("a folder to write to"));
    let events = Events::open(disk, EventOptions::default()).unwrap();
    let tenant = TenantId::new("acme");
    let templates: Vec<(String, SignatureId)> = (0..400)
        .map(|n| {
            format!(
                "worker {n} finished request <*> from <*> in <*> ms with status <*> after queue {}",
                n % 7
            )
        })
        .map(|template| (template.clone(), SignatureId::derive(&[template.as_bytes()])))
        .collect();
    let mut state = 1u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    let (began, before) = (Instant::now(), cpu());
    let total = millions * 1_000_000;
    let mut at = 0;
    while at < total {
        let made: Vec<(usize, String, String)> = (0..10_000)
            .map(|n| {
                let kind = next(400) as usize;
                let (id, ip, ms) = (next(1 << 40), next(250), next(900));
                let rare = if at + n == total / 2 { "zebra" } else { "ok" };
                let template = &templates[kind].0;
                let values =
                    [format!("{id:x}"), format!("10.0.3.{ip}"), ms.to_string(), rare.to_owned()];
                let mut values = values.iter();
                let mut text = String::new();
                for (place, literal) in template.split("<*>").enumerate() {
                    if place > 0 {
                        text += values.next().expect("four values");
                    }
                    text += literal;
                }
                (kind, format!("host{}", next(40)), text)
            })
            .collect();
        let rows = made.iter().enumerate().map(|(n, (kind, host, text))| EventRow {
            seq: Seq(at + n as u64),
            at: Timestamp::from_micros(BEGIN.as_micros() + (at + n as u64) as i64 * 50),
            tenant: &tenant,
            host,
            service: "app",
            severity: Severity::from_number((kind % 5 + 3) as u8),
            signature: templates[*kind].1,
            template: &templates[*kind].0,
            text,
        });
        events.push(rows, Seq(at + 10_000)).unwrap();
        at += 10_000;
    }
    events.flush().unwrap();
    let status = events.status();
    println!(
        "{total} events in {} blocks, {:.1} B an event, {:.2} cpu-s/M with their making, {:.1} s",
        status.blocks,
        status.bytes as f64 / total as f64,
        (cpu() - before) / millions as f64,
        began.elapsed().as_secs_f64()
    );
    let plain = || Query { limit: 100, ..Query::default() };
    let queries = [
        ("newest 100", plain()),
        ("one host", Query { hosts: vec!["host7".into()], ..plain() }),
        ("a rare word", Query { text: Text::parse("zebra"), ..plain() }),
        ("a word that is nowhere", Query { text: Text::parse("giraffe"), ..plain() }),
        ("a quotation that is nowhere", Query { text: Text::parse("\"giraffe\""), ..plain() }),
        ("a common word, newest 100", Query { text: Text::parse("finished"), ..plain() }),
    ];
    for (name, query) in queries {
        let mut best = f64::MAX;
        let mut page = Default::default();
        for _ in 0..3 {
            let began = Instant::now();
            page = events.search(&query).expect("an answer");
            best = best.min(began.elapsed().as_secs_f64());
        }
        println!("{name}: {:.1} ms, {} found, {:?}", best * 1e3, page.found.len(), page.scan);
    }
    for (name, query) in
        [("all", plain()), ("a common word", Query { text: Text::parse("finished"), ..plain() })]
    {
        let began = Instant::now();
        let facets = events.facets(&query, 10).expect("an answer");
        println!(
            "facets of {name}: {:.0} ms, {} events",
            began.elapsed().as_secs_f64() * 1e3,
            facets.total
        );
    }
    std::fs::remove_dir_all(folder).expect("removed");
}
