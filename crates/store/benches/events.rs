//! Events a second into blocks, and out of them by a search that must look at each.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use model::port::EventSearch;
use model::search::{Query, Text};
use model::{Seq, Severity, SignatureId, TenantId, Timestamp};
use std::hint::black_box;
use std::sync::Arc;
use store::disk::sim::SimDisk;
use store::events::{EventOptions, EventRow, Events};

const EVENTS: u64 = 65_536;

fn texts() -> Vec<(String, String)> {
    let mut state = 1u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    let text = |_| {
        let kind = next(200);
        let template = format!(
            "worker {kind} finished request <*> from <*> in <*> ms, queue depth of pool {kind}"
        );
        let text = template.replacen("<*>", &format!("{:x}", next(1 << 40)), 1);
        let text = text.replacen("<*>", &format!("10.0.3.{}", next(250)), 1);
        (template, text.replacen("<*>", &next(900).to_string(), 1))
    };
    (0..EVENTS).map(text).collect()
}

fn fill(texts: &[(String, String)], tenant: &TenantId) -> Events {
    let options = EventOptions { block_events: usize::MAX, ..EventOptions::default() };
    let events = Events::open(Arc::new(SimDisk::new()), options).unwrap();
    let rows = texts.iter().enumerate().map(|(n, (template, text))| EventRow {
        seq: Seq(n as u64),
        at: Timestamp::from_micros(n as i64 * 50),
        tenant,
        host: ["db1", "db2", "web1"][n % 3],
        service: "app",
        severity: Severity::from_number((n % 8) as u8),
        signature: SignatureId::from_bytes((n as u128 % 200).to_be_bytes()),
        template,
        text,
    });
    events.push(rows, Seq(EVENTS)).unwrap();
    events
}

fn bench(c: &mut Criterion) {
    let (texts, tenant) = (texts(), TenantId::new("acme"));
    let mut group = c.benchmark_group("events");
    group.throughput(Throughput::Elements(EVENTS)).sample_size(10);
    group.bench_function("push", |b| b.iter(|| black_box(fill(&texts, &tenant)).status()));
    group.bench_function("close a block", |b| {
        let filled = || fill(&texts, &tenant);
        b.iter_batched(filled, |events| events.flush().unwrap(), BatchSize::LargeInput);
    });
    let events = fill(&texts, &tenant);
    events.flush().unwrap();
    for (name, text) in [("text", "\"depth of lake\""), ("a word that is nowhere", "lake")] {
        let query = Query { text: Text::parse(text), limit: 100, ..Query::default() };
        group.bench_function(format!("search, {name}"), |b| {
            b.iter(|| black_box(events.search(&query).unwrap()));
        });
    }
    group.bench_function("facets", |b| {
        b.iter(|| black_box(events.facets(&Query::default(), 10).unwrap()));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
