//! The signature stage and the crate `logdrain`, in turn over the same 512 k lines, one thread:
//! `cargo run --release --manifest-path crates/engine/benches/rival/Cargo.toml`. The least time of
//! each counts, since other load on a machine only ever adds.

use engine::signature::{Library, LibraryConfig, Skeleton, fingerprint};
use logdrain::{Mask, Miner, builtin_masks};
use std::time::{Duration, Instant};

#[path = "../../corpus/mod.rs"]
mod corpus;

const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = corpus::text();
    let lines: Vec<&str> = text.lines().collect();
    println!(
        "{} lines, {} bytes a line, best of {ROUNDS}",
        lines.len(),
        text.len() / lines.len()
    );
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        best[0] = best[0].min(ours(&lines));
        best[1] = best[1].min(rival(&lines, false)?);
        best[2] = best[2].min(rival(&lines, true)?);
    }
    for (name, time) in ["ours", "logdrain, no masks", "logdrain, four masks"]
        .iter()
        .zip(best)
    {
        let rate = lines.len() as f64 / time.as_secs_f64();
        let times = best[0].as_secs_f64().recip() * time.as_secs_f64();
        println!(
            "{name:22} {:6.2} M lines/s   ours is {times:.1} times as fast",
            rate / 1e6
        );
    }
    Ok(())
}

fn ours(lines: &[&str]) -> Duration {
    let start = Instant::now();
    let mut library = Library::new(LibraryConfig::default());
    let (mut skeleton, mut counts) = (Skeleton::default(), Vec::<u64>::new());
    for line in lines {
        fingerprint("", line, &mut skeleton);
        let index = library.assign("", line, &skeleton).index.0 as usize;
        if index >= counts.len() {
            counts.resize(index + 1, 0);
        }
        counts[index] += 1;
    }
    std::hint::black_box(counts);
    start.elapsed()
}

fn rival(lines: &[&str], masked: bool) -> Result<Duration, Box<dyn std::error::Error>> {
    let mut builder = Miner::builder();
    if masked {
        builder = builder.masks([
            builtin_masks::uuid(),
            builtin_masks::ipv4(),
            Mask::new(r"\b0x[0-9a-fA-F]+\b", "<hex>")?,
            Mask::new(r"\b\d+\b", "<num>")?,
        ]);
    }
    let miner = builder.build()?;
    let start = Instant::now();
    for line in lines {
        std::hint::black_box(miner.add(line));
    }
    Ok(start.elapsed())
}
