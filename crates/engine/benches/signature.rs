//! Lines a second of fingerprint, look-up and count, on one thread: the share that the signature
//! stage takes of every event.
//!
//! `cargo bench -p engine --bench signature`. The corpus is the labelled sample next to the
//! repository (or `FORESHOCK_SHARED`), every line 32 times in a fixed shuffle (512 k lines); without
//! it, lines made up here stand in, and a line says so.
#![allow(clippy::print_stderr, missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use engine::signature::{Library, LibraryConfig, Skeleton, fingerprint};
use std::hint::black_box;

#[path = "corpus/mod.rs"]
mod corpus;

fn fingerprint_look_up_count(c: &mut Criterion) {
    let text = corpus::text();
    let lines: Vec<&str> = text.lines().collect();
    eprintln!("corpus: {} lines, {} bytes a line", lines.len(), text.len() / lines.len());
    let mut group = c.benchmark_group("signature");
    group.sample_size(10);
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("fingerprint", |b| {
        let mut skeleton = Skeleton::default();
        b.iter(|| {
            for line in &lines {
                fingerprint("", line, &mut skeleton);
                black_box(skeleton.key());
            }
        });
    });
    group.bench_function("fingerprint+lookup+count", |b| {
        b.iter_batched_ref(
            || (Library::new(LibraryConfig::default()), Vec::<u64>::new()),
            |(library, counts)| count(&lines, library, counts),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn count(lines: &[&str], library: &mut Library, counts: &mut Vec<u64>) {
    let mut skeleton = Skeleton::default();
    for line in lines {
        fingerprint("", line, &mut skeleton);
        let assigned = library.assign("", line, &skeleton);
        let index = assigned.index.0 as usize;
        if index >= counts.len() {
            counts.resize(index + 1, 0);
        }
        counts[index] += 1;
    }
}

criterion_group!(benches, fingerprint_look_up_count);
criterion_main!(benches);
