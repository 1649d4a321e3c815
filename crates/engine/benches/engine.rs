//! Events a second of the whole engine on one thread: raw lines → events → what is usual → findings →
//! a digest; and of its stateful half alone: from nothing known, over familiar lines, and at its worst.
//!
//! `cargo bench -p engine --bench engine`. The bodies are those of the bench `signature`; here each has
//! a syslog header, and together they are two weeks of thirty hosts.
#![allow(clippy::print_stderr, missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use engine::normalize::{AssemblerConfig, Reference};
use engine::{Config, Engine, EventBatch, Lane, Sighting};
use model::{
    Change, Counts, Cursor, Envelope, Origin, Seq, SourceId, Span, TenantId, Timestamp, Transport,
};
use std::hint::black_box;

#[path = "corpus/mod.rs"]
mod corpus;

const HOSTS: usize = 30;
const SERVICES: usize = 30;
/// Hosts on which a service lives: as in life, where a message comes often or not at all …
const NARROW: usize = 3;
/// … and the worst case, where each message is rare on every host, and most events are an occasion.
const WIDE: usize = HOSTS;
const DAYS: i64 = 14;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Monday, 2 March 2026.
const BEGIN: Timestamp = Timestamp::from_secs(1_772_409_600);
/// Lines that a lane reads before the engine sees their events.
const CHUNK: usize = 1_000;

/// The corpus as lines of syslog: by turns of RFC 3164 and RFC 5424, in the order of their times; each
/// service on so many hosts.
fn lines(spread: usize) -> Vec<String> {
    let text = corpus::text();
    let bodies: Vec<&str> = text.lines().collect();
    let step = Span::DAY.times(DAYS).scaled(1.0 / bodies.len() as f64);
    let one =
        |(place, body): (usize, &&str)| line(place, spread, BEGIN + step.times(place as i64), body);
    let lines: Vec<String> = bodies.iter().enumerate().map(one).collect();
    let bytes: usize = lines.iter().map(String::len).sum();
    eprintln!("corpus: {} lines, {} bytes a line", lines.len(), bytes / lines.len().max(1));
    lines
}

fn line(place: usize, spread: usize, at: Timestamp, body: &str) -> String {
    // A kind of message belongs to one service, so that it is the same kind each time.
    let first = body.split(' ').next().unwrap_or_default();
    let service = first.bytes().fold(0, |sum, byte| sum + usize::from(byte)) % SERVICES;
    let host = (service + 7 * (place % spread)) % HOSTS;
    let (pid, priority) = (100 + place % 900, 24 + [6, 6, 6, 5, 6, 4, 6, 3][place % 8]);
    match place % 2 {
        0 => {
            let (_, month, day) = at.civil_date();
            let secs = at.as_secs().rem_euclid(86_400);
            let (hour, minute, second) = (secs / 3_600, secs % 3_600 / 60, secs % 60);
            let month = MONTHS[month as usize - 1];
            format!(
                "<{priority}>{month} {day:>2} {hour:02}:{minute:02}:{second:02} host{host} svc{service}[{pid}]: {body}"
            )
        }
        _ => format!("<{priority}>1 {at} host{host} svc{service} {pid} - - {body}"),
    }
}

/// What a run holds: a lane, an engine, and the buffers between them.
struct Run {
    origin: Origin,
    lane: Lane,
    engine: Engine,
    tenant: TenantId,
    counts: Counts,
    batch: EventBatch,
    changes: Vec<Change>,
}

impl Run {
    fn new() -> Run {
        let tenant = TenantId::new("bench");
        let origin = Origin {
            source_id: SourceId::new("bench"),
            tenant_id: tenant.clone(),
            source_type: "file".into(),
            source_name: "bench.log".into(),
            transport: Transport::File,
        };
        let now = BEGIN + Span::DAY.times(DAYS);
        let reference = Reference { now, zone_offset_secs: 0 };
        Run {
            origin,
            lane: Lane::new(AssemblerConfig::default(), reference, None),
            engine: Engine::new(Config::default()),
            tenant,
            counts: Counts::default(),
            batch: EventBatch::default(),
            changes: Vec::new(),
        }
    }

    /// Lines from `first` on → events in the batch.
    fn read(&mut self, first: usize, lines: &[String]) {
        for (place, line) in lines.iter().enumerate() {
            let place = (first + place) as u64;
            let envelope = Envelope {
                seq: Seq(place),
                origin: &self.origin,
                cursor: Cursor::Stream { offset: 0, line: place + 1 },
                received_at: None,
                payload: line.as_bytes(),
                truncated: false,
            };
            self.lane.push(&envelope, &mut self.counts, &mut self.batch);
        }
    }

    fn observe(&mut self, sighting: &Sighting<'_>) {
        self.engine.observe(&self.tenant, sighting, &mut self.changes);
        if self.changes.len() > CHUNK {
            self.changes.clear();
        }
    }

    /// The events of the batch → the engine's state.
    fn observe_batch(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        batch.iter().for_each(|sighting| self.observe(&sighting));
        batch.clear();
        self.batch = batch;
    }

    fn digest(&self) -> usize {
        let end = BEGIN + Span::DAY.times(DAYS);
        let digest = self.engine.digest(&self.tenant, end, BEGIN);
        digest.map_or(0, |digest| digest.items.len())
    }
}

/// (a) All of it, from the raw line to a digest.
fn whole(run: &mut Run, lines: &[String]) -> usize {
    for (chunk, part) in lines.chunks(CHUNK).enumerate() {
        run.read(chunk * CHUNK, part);
        run.observe_batch();
    }
    run.lane.flush(&mut run.counts, &mut run.batch);
    run.observe_batch();
    run.digest()
}

/// The events of all lines.
fn events(lines: &[String]) -> EventBatch {
    let mut run = Run::new();
    run.read(0, lines);
    run.lane.flush(&mut run.counts, &mut run.batch);
    assert_eq!(run.batch.len(), lines.len(), "each line is an event");
    run.batch
}

fn one_thread(criterion: &mut Criterion) {
    let lines = lines(NARROW);
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10);
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("raw_line_to_digest", |bencher| {
        bencher.iter_batched_ref(Run::new, |run| whole(run, &lines), BatchSize::PerIteration);
    });
    group.finish();
    let events = events(&lines);
    stateful_half(criterion, "observe", &events);
    familiar(criterion, &events);
}

fn sparse(criterion: &mut Criterion) {
    stateful_half(criterion, "observe_sparse", &events(&lines(WIDE)));
}

/// (b) What the engine does with events that are read already, from nothing known to all known.
fn stateful_half(criterion: &mut Criterion, name: &str, events: &EventBatch) {
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10);
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter_batched_ref(
            Run::new,
            |run| events.iter().for_each(|sighting| run.observe(&sighting)),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// (c) The last of the days again and again, each time a day later: every kind of message is known,
/// and nearly every pair of one and a host.
fn familiar(criterion: &mut Criterion, events: &EventBatch) {
    let mut run = Run::new();
    events.iter().for_each(|sighting| run.observe(&sighting));
    let before = events.len() - events.len() / DAYS as usize;
    let of_last_day: Vec<Sighting<'_>> = events.iter().skip(before).collect();
    let mut day = 0;
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10);
    group.throughput(Throughput::Elements(of_last_day.len() as u64));
    group.bench_function("observe_familiar", |bencher| {
        bencher.iter(|| {
            day += 1;
            for sighting in &of_last_day {
                let at = sighting.at + Span::DAY.times(day);
                run.observe(&Sighting { at, ..*sighting });
            }
            black_box(run.changes.len())
        });
    });
    group.finish();
}

criterion_group!(benches, one_thread, sparse);
criterion_main!(benches);
