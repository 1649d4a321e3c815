//! What a sample, a forecast and a row cost, on one thread. `cargo bench -p engine --bench host`.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::host::anomaly::outlier::{OutlierModel, Scaled, Table};
use engine::host::forecast::Forecaster;
use engine::host::gauges::Gauges;
use engine::host::series::Series;
use std::hint::black_box;

/// A day and a half of minutes with a rhythm, noise, and a spike now and then.
fn samples() -> Vec<(f64, f64)> {
    let value = |n: u32| {
        let n = f64::from(n);
        50.0 + 20.0 * (n / 229.0).sin()
            + (n * 0.618).fract()
            + if n % 701.0 == 0.0 { 40.0 } else { 0.0 }
    };
    (0..2_048).map(|n| (f64::from(n) * 60.0, value(n))).collect()
}

/// A gauge that climbs to its limit of 100 in a day, restarts, and climbs again: claims are in reach of
/// nearly every sample, which is the dearest a forecast can be.
fn leak() -> Vec<(f64, f64)> {
    let value = |n: u32| {
        let climb = f64::from(n % 1_440) / 1_440.0;
        62.0 + 40.0 * climb + (f64::from(n) * 0.618).fract()
    };
    (0..2_048).map(|n| (f64::from(n) * 60.0, value(n))).collect()
}

fn per_sample(c: &mut Criterion) {
    let samples = samples();
    let mut group = c.benchmark_group("host");
    group.throughput(Throughput::Elements(samples.len() as u64));
    group.bench_function("series", |b| {
        b.iter(|| {
            let mut series = Series::new();
            for (secs, value) in &samples {
                black_box(series.observe(*secs, *value));
            }
        });
    });
    for (name, samples) in [("forecast", &samples), ("forecast/near", &leak())] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut gauge = Forecaster::new(100.0);
                for (secs, value) in samples {
                    let _ = black_box(gauge.observe(*secs, *value));
                }
            });
        });
    }
    // All that the stream asks of a sample: one that is a number only, one that conditions are read from, and one that
    // fills up besides, near its limit.
    for (name, series, samples, scale) in [
        ("gauge", "queue.depth", &samples, 1.0),
        ("gauge/known", "cpu.busy_ratio", &samples, 0.01),
        ("gauge/fills", "memory.used_ratio", &leak(), 0.01),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let (mut gauges, mut said) = (Gauges::default(), Vec::new());
                for (secs, value) in samples {
                    gauges.take("web1", series, (*secs, *value * scale), 8, &mut said);
                    said.clear();
                }
            });
        });
    }
    group.finish();
}

fn outliers(c: &mut Criterion) {
    let width = 8;
    let values: Vec<f64> = (0..5_000_u32 * width)
        .map(|n| (f64::from(n) * 0.618_033).fract() * f64::from(n % width + 1))
        .collect();
    let width = width as usize;
    let names: Vec<String> = (0..width).map(|n| n.to_string()).collect();
    let table = Table::new(&values, width).expect("a table");
    c.bench_function("outlier/fit", |b| {
        b.iter(|| black_box(OutlierModel::train(&table, &names, 1)))
    });
    let model = OutlierModel::train(&table, &names, 1).expect("a model");
    let mut group = c.benchmark_group("outlier");
    group.throughput(Throughput::Elements(5_000));
    group.bench_function("forest", |b| {
        let mut scaled = Scaled::default();
        b.iter(|| black_box(model.forest_scores(values.chunks_exact(width), &mut scaled)));
    });
    group.finish();
}

criterion_group!(benches, per_sample, outliers);
criterion_main!(benches);
