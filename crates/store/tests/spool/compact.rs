//! Small blocks become large ones, and nobody notices but the disk.

use crate::rig::{all, append, chance, open, told};
use model::Seq;
use std::sync::Arc;
use store::disk::{Disk, sim::SimDisk};
use store::spool::{Block, Next, Spool, SpoolView};

/// One record a block.
fn scattered(disk: &SimDisk, records: u64) -> Spool {
    let spool = open(disk);
    for n in 0..records {
        append(&spool, n, n + 1);
    }
    spool
}

#[test]
fn small_blocks_become_large_and_nothing_is_lost() {
    let disk = SimDisk::new();
    let spool = scattered(&disk, 2_000);
    let (before, segments) = (spool.status().bytes, spool.segments());
    let mut early = spool.reader(Seq(0));
    let mut block = Block::new();
    assert_eq!(early.next(&mut block).unwrap(), Next::Block);
    let view = SpoolView::open(Arc::new(disk.clone())).unwrap();
    let mut saved = 0;
    while let Some(bytes) = spool.compact().unwrap() {
        saved += bytes;
    }
    let status = spool.status();
    assert_eq!(status.bytes, before - saved);
    assert!(status.bytes < before / 2, "{before} became {}", status.bytes);
    assert_eq!(status.counts.compacted_segments, segments.len() as u64 - 1);
    let whole: Vec<u64> = (0..2_000).collect();
    assert_eq!(told(&all(spool.reader(Seq(0)))), whole);
    // Who was reading goes on, and who only looks as well.
    assert_eq!(told(&all(early)), whole[1..]);
    assert_eq!(told(&all(view.reader(Seq(0)))), whole);
    assert_eq!(view.counts().bad_blocks, 0);
    for (info, was) in spool.segments().iter().zip(&segments) {
        assert_eq!((info.first, info.last, info.records), (was.first, was.last, was.records));
        assert_eq!((info.earliest, info.latest), (was.earliest, was.latest));
    }
    drop(spool);
    let spool = open(&disk);
    assert_eq!(spool.status().bytes, status.bytes);
    assert_eq!(told(&all(spool.reader(Seq(700)))), whole[700..]);
    assert_eq!(spool.compact().unwrap(), None);
}

#[test]
fn a_power_cut_leaves_one_whole_file() {
    let mut next = chance(4);
    for changes in 0..8 {
        for _ in 0..10 {
            let disk = SimDisk::new();
            let spool = scattered(&disk, 600);
            disk.cut_power_after(changes);
            let _ = spool.compact();
            drop(spool);
            let disk = disk.after_power_cut(&mut next);
            let spool = open(&disk);
            assert_eq!(told(&all(spool.reader(Seq(0)))), (0..600).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_damaged_segment_stays_as_it_is() {
    let disk = SimDisk::new();
    let spool = scattered(&disk, 600);
    let info = spool.segments()[0].clone();
    disk.open(&info.name).unwrap().write_all_at(b"???", 5_000).unwrap();
    assert!(spool.segments().len() >= 2);
    spool.compact().unwrap();
    assert_eq!(spool.segments()[0], info);
    assert!(!all(spool.reader(Seq(0))).missing.is_empty());
}
