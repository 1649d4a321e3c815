//! Records a second into the spool and out of it again, on a disk in memory: what the processor does, without
//! the wait for a disk. With one: `examples/spool_figures.rs`.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use model::{Origin, Seq, SourceId, TenantId, Timestamp, Transport};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use store::disk::sim::SimDisk;
use store::spool::{Batch, Block, Epoch, Facts, Intake, Next, Options, Spool};

const RECORDS: u64 = 20_000;

fn batch() -> Batch {
    let origin = Arc::new(Origin {
        source_id: SourceId::new("syslog/tcp"),
        tenant_id: TenantId::new("acme"),
        source_type: "syslog".to_owned(),
        source_name: "db1".to_owned(),
        transport: Transport::Tcp,
    });
    let mut batch = Batch::new();
    let mut state = 1u64;
    for n in 0..RECORDS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (id, ms) = (state >> 20, state % 900);
        let line = format!(
            "<30>1 2026-09-21T08:00:00Z host{}.example.net app 4711 - - request {id:x} of client {} took {ms} ms, upstream cache{} answered, queue depth {}, status 200, bytes {}, worker pool default",
            id % 40,
            id % 1_000,
            id % 9,
            ms % 64,
            id % 90_000
        );
        let facts = Facts::received(Timestamp::from_micros(n as i64 * 5));
        batch.push(&origin, "10.0.0.7:514", facts, line.as_bytes()).unwrap();
    }
    batch
}

fn spool(level: i32) -> Spool {
    let options = Options::new(Epoch([1; 16]), Timestamp::from_secs(1));
    let options = Options { level, linger: Duration::ZERO, reserve_bytes: 0, ..options };
    Spool::open(Arc::new(SimDisk::new()), options).unwrap()
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("spool");
    group.throughput(Throughput::Elements(RECORDS)).sample_size(20);
    group.bench_function("batch", |b| b.iter(|| black_box(batch()).len()));
    for level in [-1, 1, 3] {
        group.bench_function(format!("append, level {level}"), |b| {
            let made = || (spool(level), batch());
            b.iter_batched(
                made,
                |(spool, batch)| {
                    spool.append(batch).unwrap().wait().unwrap();
                    spool
                },
                BatchSize::LargeInput,
            );
        });
    }
    let spool = spool(1);
    spool.append(batch()).unwrap().wait().unwrap();
    group.bench_function("read", |b| {
        b.iter(|| {
            let (mut reader, mut block, mut bytes) = (spool.reader(Seq(0)), Block::new(), 0);
            while reader.next(&mut block).unwrap() == Next::Block {
                bytes += block.records().map(|record| record.payload.len()).sum::<usize>();
            }
            black_box(bytes)
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
