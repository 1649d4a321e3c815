//! Bits flip, files are cut: every block that is whole is read, the rest is counted, and nothing is read that
//! was not written.

use crate::rig::{All, all, append, batch, chance, number, open, options, told};
use model::Seq;
use std::sync::Arc;
use store::disk::{Disk, DiskFile, sim::SimDisk};
use store::spool::{Batch, Facts, Options, Spool, SpoolView};

/// A segment's bytes, and where its blocks stand: offset, length, first and last number.
struct Written {
    bytes: Vec<u8>,
    blocks: Vec<(usize, usize, u64, u64)>,
}

/// The one segment of a spool that holds about so many bytes, in groups of so many records.
fn written(size: u64, group: u64, sealed: bool) -> Written {
    let disk = SimDisk::new();
    let segment_bytes = if sealed { size } else { u64::MAX };
    let mut spool =
        Spool::open(Arc::new(disk.clone()), Options { segment_bytes, ..options() }).unwrap();
    let (mut n, mut blocks, mut end) = (0, Vec::new(), 64);
    while end < size as usize {
        append(&spool, n, n + group);
        let info = &spool.segments()[0];
        // With the group that seals comes the index.
        let now = if info.sealed { usize::MAX } else { info.bytes as usize };
        blocks.push((end, now, n, n + group - 1));
        (n, end) = (n + group, now);
    }
    spool.close();
    let bytes = content(&disk, &spool.segments()[0].name);
    if sealed {
        let last = blocks.last_mut().unwrap();
        last.1 = end_of_block(&bytes, last.0);
    }
    Written { bytes, blocks }
}

fn end_of_block(bytes: &[u8], offset: usize) -> usize {
    let stored = u32::from_le_bytes(bytes[offset + 20..offset + 24].try_into().unwrap());
    offset + 64 + stored as usize
}

fn content(disk: &SimDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    let mut bytes = vec![0; file.size().unwrap() as usize];
    assert_eq!(file.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}

fn disk_with(name: &str, bytes: &[u8]) -> SimDisk {
    let disk = SimDisk::new();
    disk.create(name).unwrap().write_all_at(bytes, 0).unwrap();
    disk
}

const NAME: &str = "00000000000000000000.seg";

/// Looks at the segment, then opens it for writing; both find the same, and the spool can be written on.
fn found(bytes: &[u8]) -> (Vec<u64>, All, u64) {
    let disk = disk_with(NAME, bytes);
    let view = SpoolView::open(Arc::new(disk.clone())).unwrap();
    let seen = all(view.reader(Seq(0)));
    let counts = view.counts();
    let numbers = told(&seen);
    assert!(numbers.is_sorted());
    assert!(seen.records.iter().all(|(seq, payload)| seq.0 == number(payload)));
    assert_eq!(content(&disk, NAME), bytes, "looking changed something");
    (numbers, seen, counts.bad_blocks + counts.torn_bytes.min(1))
}

fn expected(written: &Written, is_whole: impl Fn(usize, usize) -> bool) -> Vec<u64> {
    let whole = written.blocks.iter().filter(|(start, end, ..)| is_whole(*start, *end));
    whole.flat_map(|(_, _, first, last)| *first..=*last).collect()
}

#[test]
fn a_flipped_bit_at_any_byte_of_a_segment_costs_one_block_at_most() {
    for sealed in [false, true] {
        let written = written(64 << 10, 50, sealed);
        assert!(written.blocks.len() > 15, "{}", written.blocks.len());
        let everything = expected(&written, |_, _| true);
        let mut bytes = written.bytes.clone();
        for place in 0..bytes.len() {
            bytes[place] ^= 1 << (place % 8);
            let (numbers, _, damage) = found(&bytes);
            bytes[place] ^= 1 << (place % 8);
            let hit = |start, end| (start..end).contains(&place);
            let is_block = written.blocks.iter().any(|(start, end, ..)| hit(*start, *end));
            if is_block {
                assert_eq!(numbers, expected(&written, |s, e| !hit(s, e)), "byte {place}");
                assert!(damage > 0, "byte {place} was not counted");
            } else {
                // The segment's head or its index: neither is needed.
                assert_eq!(numbers, everything, "byte {place}");
            }
        }
    }
}

#[test]
fn a_segment_cut_at_any_byte_keeps_every_whole_block() {
    for sealed in [false, true] {
        let written = written(64 << 10, 50, sealed);
        for size in 0..written.bytes.len() {
            let (numbers, ..) = found(&written.bytes[..size]);
            assert_eq!(numbers, expected(&written, |_, end| end <= size), "cut at {size}");
        }
    }
}

/// Opening for writing cuts the torn end, and what is written then is read back; no number is used twice.
#[test]
fn a_cut_segment_is_written_on() {
    let written = written(64 << 10, 50, false);
    let mut next = chance(3);
    for _ in 0..300 {
        let size = next() as usize % written.bytes.len();
        let disk = disk_with(NAME, &written.bytes[..size]);
        let spool = open(&disk);
        let kept = expected(&written, |_, end| end <= size);
        assert_eq!(told(&all(spool.reader(Seq(0)))), kept);
        let first = append(&spool, 100_000, 100_100).first;
        let is_torn = !written.blocks.iter().any(|block| block.1 == size) && size != 64;
        assert!(first.0 >= kept.len() as u64);
        if is_torn && size > 0 {
            assert!(first.0 > kept.len() as u64, "a torn number may be given again");
        }
        drop(spool);
        let spool = open(&disk);
        let read = all(spool.reader(Seq(0)));
        let numbers: Vec<u64> = kept.into_iter().chain(100_000..100_100).collect();
        assert_eq!((told(&read), read.missing.len()), (numbers, 0));
    }
}

/// What is cut off is kept for a person to look at.
#[test]
fn torn_bytes_are_kept_and_counted() {
    let written = written(64 << 10, 50, false);
    let size = written.bytes.len() - 100;
    let disk = disk_with(NAME, &written.bytes[..size]);
    let spool = open(&disk);
    let torn = size - written.blocks[written.blocks.len() - 2].1;
    assert_eq!(spool.opened().counts.torn_bytes, torn as u64);
    let bad = disk.list().unwrap().into_iter().find(|file| file.name.ends_with(".bad")).unwrap();
    assert_eq!(content(&disk, &bad.name), written.bytes[size - torn..size]);
}

/// A full segment of 64 MiB with damage at 10,000 places.
#[test]
fn random_damage_of_a_full_segment_leaves_every_whole_block() {
    let mut written = full_segment();
    let mut next = chance(11);
    let mut places = Vec::new();
    let size = written.bytes.len() as u64;
    while places.len() < 10_000 {
        places.push((next() % size) as usize);
    }
    places.sort_unstable();
    // In rounds, so that some blocks stay whole in each.
    for round in 0..20 {
        let places: Vec<usize> = places.iter().copied().skip(round).step_by(20).collect();
        places.iter().for_each(|place| written.bytes[*place] ^= 0x10);
        let hit = |start: usize, end: usize| {
            let from = places.partition_point(|place| *place < start);
            places.get(from).is_some_and(|place| *place < end)
        };
        let disk = disk_with(NAME, &written.bytes);
        let view = SpoolView::open(Arc::new(disk)).unwrap();
        let read = all(view.reader(Seq(0)));
        let numbers: Vec<u64> = read.records.iter().map(|(seq, _)| seq.0).collect();
        assert_eq!(numbers, expected(&written, |start, end| !hit(start, end)), "round {round}");
        let damaged = written.blocks.iter().filter(|(start, end, ..)| hit(*start, *end)).count();
        assert!(damaged > 100 && view.counts().bad_blocks > 0);
        // Two damaged blocks side by side, with a damaged head, are told as one.
        assert!(view.counts().bad_blocks <= damaged as u64 + 1);
        // Equal damage twice is none.
        places.iter().for_each(|place| written.bytes[*place] ^= 0x10);
    }
    for _ in 0..30 {
        let size = (next() % size) as usize;
        let disk = disk_with(NAME, &written.bytes[..size]);
        let view = SpoolView::open(Arc::new(disk)).unwrap();
        let count = all(view.reader(Seq(0))).records.len();
        assert_eq!(count, expected(&written, |_, end| end <= size).len(), "cut at {size}");
    }
}

/// 64 MiB in one segment, of bytes that do not compress.
fn full_segment() -> Written {
    let disk = SimDisk::new();
    let options = Options { segment_bytes: u64::MAX, ..options() };
    let spool = Spool::open(Arc::new(disk.clone()), options).unwrap();
    let origin = crate::rig::origin("noise");
    let mut next = chance(5);
    let (mut n, mut blocks, mut end) = (0, Vec::new(), 64);
    while end < 64 << 20 {
        let mut batch = Batch::new();
        for place in n..n + 300 {
            let payload: Vec<u8> = (0..25).flat_map(|_| next().to_le_bytes()).collect();
            batch.push(&origin, "", crate::rig::facts(place), &payload).unwrap();
        }
        spool.append(batch).unwrap().wait().unwrap();
        let now = spool.segments()[0].bytes as usize;
        blocks.push((end, now, n, n + 299));
        (n, end) = (n + 300, now);
    }
    Written { bytes: content(&disk, NAME), blocks }
}

/// A record that holds the bytes of a whole block is text like any other, also where its own block is damaged:
/// the sender does not know the segment's tag.
#[test]
fn a_block_within_a_record_is_never_read_as_one() {
    let forged = {
        let disk = SimDisk::new();
        let other = Options { epoch_if_new: store::spool::Epoch([9; 16]), ..options() };
        let spool = Spool::open(Arc::new(disk.clone()), other).unwrap();
        append(&spool, 50, 52);
        content(&disk, NAME)[64..].to_vec()
    };
    let disk = SimDisk::new();
    let mut spool = open(&disk);
    append(&spool, 0, 3);
    // Bytes that do not compress around it, so that it stands in the file as it is.
    let mut next = chance(1);
    let noise: Vec<u8> = (0..4_000).flat_map(|_| next().to_le_bytes()).collect();
    let payload = [&noise[..], &forged, &noise[..]].concat();
    let mut evil = Batch::new();
    let facts = Facts { ..crate::rig::facts(3) };
    evil.push(&crate::rig::origin("evil"), "", facts, &payload).unwrap();
    spool.append(evil).unwrap().wait().unwrap();
    append(&spool, 4, 6);
    spool.close();
    let mut bytes = content(&disk, NAME);
    let at = memchr::memmem::find(&bytes, &forged).expect("it stands in the file as it is");
    let head = memchr::memmem::rfind(&bytes[..at], b"\xf5blk").unwrap();
    bytes[head + 9] ^= 1;
    let (numbers, seen, damage) = found(&bytes);
    assert_eq!(numbers, [0, 1, 2, 4, 5]);
    assert_eq!((seen.missing, damage), (vec![Seq(3)..Seq(4)], 1));
}

/// A reader that comes across damage tells which numbers are missing, once, and goes on.
#[test]
fn missing_numbers_are_told() {
    let written = written(64 << 10, 50, true);
    let mut bytes = written.bytes.clone();
    let (third, tenth) = (written.blocks[3], written.blocks[10]);
    bytes[third.0 + 80] ^= 1; // payload: the head tells what is lost
    bytes[tenth.0] ^= 1; // head
    let disk = disk_with(NAME, &bytes);
    let spool = open(&disk);
    let read = all(spool.reader(Seq(0)));
    let ranges = [Seq(third.2)..Seq(third.3 + 1), Seq(tenth.2)..Seq(tenth.3 + 1)];
    assert_eq!(read.missing, ranges);
    let counts = spool.status().counts;
    assert_eq!((counts.bad_blocks, counts.bad_records), (2, 50));
    // Reading again finds the same, and counts nothing twice.
    assert_eq!(all(spool.reader(Seq(0))).missing, ranges);
    assert_eq!(spool.status().counts.bad_blocks, 2);
    assert_eq!(disk.list().unwrap().iter().filter(|f| f.name.ends_with(".bad")).count(), 2);
    append(&spool, 90_000, 90_010);
    assert_eq!(told(&all(spool.reader(Seq(0)))).last(), Some(&90_009));
}

#[test]
fn files_that_are_no_segments_are_left_alone() {
    let disk = disk_with("notes.txt", b"mine");
    disk.create("123.seg").unwrap().write_all_at(b"short name", 0).unwrap();
    let spool = open(&disk);
    spool.append(batch(0, 10)).unwrap().wait().unwrap();
    drop(spool);
    open(&disk);
    assert_eq!(content(&disk, "notes.txt"), b"mine");
    assert_eq!(content(&disk, "123.seg"), b"short name");
}
