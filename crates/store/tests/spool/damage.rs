//! Bits flip, files are cut: every block that is whole is read, the rest is counted, and nothing is read that
//! was not written.

use crate::rig::{All, all, append, batch, chance, number, open, options, told};
use model::Seq;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use store::disk::{Disk, sim::SimDisk};
use store::spool::{Batch, Intake, Options, Spool, SpoolView};

/// A segment's bytes, and where its blocks stand: offset, length, first and last number.
struct Written {
    bytes: Vec<u8>,
    blocks: Vec<(usize, usize, u64, u64)>,
}

/// Record `n` of these tests: its number, and bytes that do not compress. So few records fill a segment that it
/// can be read a hundred thousand times.
fn noise(n: u64) -> Vec<u8> {
    let mut next = chance(n);
    let size = 80 + (next() % 80) as usize;
    let noise = std::iter::repeat_with(|| next().to_le_bytes()).take(size);
    n.to_le_bytes().into_iter().chain(noise.flatten()).collect()
}

/// The one segment of a spool that holds about so many bytes, in groups of so many records.
fn written(size: u64, group: u64, sealed: bool) -> Written {
    let disk = SimDisk::new();
    let segment_bytes = if sealed { size } else { u64::MAX };
    let mut spool =
        Spool::open(Arc::new(disk.clone()), Options { segment_bytes, ..options() }).unwrap();
    let origin = crate::rig::origin("noise");
    let (mut n, mut blocks, mut end) = (0, Vec::new(), 64);
    while end < size as usize {
        let mut batch = Batch::new();
        for place in n..n + group {
            batch.push(&origin, "", crate::rig::facts(place), &noise(place)).unwrap();
        }
        spool.append(batch).unwrap().wait().unwrap();
        // With the group that seals comes the index.
        let bytes = content(&disk, NAME);
        let now = end_of_block(&bytes, end);
        blocks.push((end, now, n, n + group - 1));
        (n, end) = (n + group, now);
    }
    spool.close();
    let is_sealed = spool.segments()[0].sealed;
    assert_eq!(is_sealed, sealed);
    Written { bytes: content(&disk, NAME), blocks }
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

/// What is read of a segment: the numbers, the ranges that are missing, and how much was damaged. Each record
/// must be what was written.
fn found(bytes: &[u8]) -> (Vec<u64>, Vec<Range<Seq>>, u64) {
    static NOISE: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let noise = NOISE.get_or_init(|| (0..200).map(noise).collect());
    let view = SpoolView::open(Arc::new(disk_with(NAME, bytes))).unwrap();
    let All { records, missing } = all(view.reader(Seq(0)));
    let counts = view.counts();
    for (seq, payload) in &records {
        assert!(*payload == noise[seq.0 as usize], "{seq:?} is not what was written");
    }
    let numbers: Vec<u64> = records.iter().map(|(seq, _)| seq.0).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b));
    (numbers, missing, counts.bad_blocks + counts.torn_bytes)
}

fn numbers(all: &All) -> Vec<u64> {
    all.records.iter().map(|(seq, _)| seq.0).collect()
}

fn expected(written: &Written, is_whole: impl Fn(usize, usize) -> bool) -> Vec<u64> {
    let whole = written.blocks.iter().filter(|(start, end, ..)| is_whole(*start, *end));
    whole.flat_map(|(_, _, first, last)| *first..=*last).collect()
}

#[test]
fn a_flipped_bit_at_any_byte_of_a_segment_costs_one_block_at_most() {
    for sealed in [false, true] {
        let written = written(64 << 10, 3, sealed);
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
        let written = written(64 << 10, 3, sealed);
        for size in 0..written.bytes.len() {
            let (numbers, ..) = found(&written.bytes[..size]);
            assert_eq!(numbers, expected(&written, |_, end| end <= size), "cut at {size}");
        }
    }
}

/// Opening for writing cuts the torn end, and what is written then is read back; no number is used twice.
#[test]
fn a_cut_segment_is_written_on() {
    let written = written(64 << 10, 3, false);
    let mut next = chance(3);
    for _ in 0..300 {
        let size = next() as usize % written.bytes.len();
        let disk = disk_with(NAME, &written.bytes[..size]);
        let spool = open(&disk);
        let kept = expected(&written, |_, end| end <= size);
        assert_eq!(numbers(&all(spool.reader(Seq(0)))), kept);
        let first = append(&spool, 100_000, 100_100).first;
        let is_torn = !written.blocks.iter().any(|block| block.1 == size) && size != 64;
        assert!(first.0 >= kept.len() as u64);
        if is_torn && size > 0 {
            assert!(first.0 > kept.len() as u64, "a torn number may be given again");
        }
        drop(spool);
        let spool = open(&disk);
        let read = all(spool.reader(Seq(0)));
        let count = kept.len();
        assert_eq!(numbers(&read)[..count], kept);
        let added = read.records[count..].iter().map(|record| number(&record.1));
        assert_eq!(added.collect::<Vec<_>>(), (100_000..100_100).collect::<Vec<_>>());
        // Where nothing is left before them, the first numbers are told to be gone.
        assert!(read.missing.is_empty() || first.0 > 0 && read.records[0].0 == first);
    }
}

/// What is cut off is kept for a person to look at.
#[test]
fn torn_bytes_are_kept_and_counted() {
    let written = written(64 << 10, 3, false);
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
    for round in 0..5 {
        let places: Vec<usize> = places.iter().copied().skip(round).step_by(5).collect();
        places.iter().for_each(|place| written.bytes[*place] ^= 0x10);
        let hit = |start: usize, end: usize| {
            let from = places.partition_point(|place| *place < start);
            places.get(from).is_some_and(|place| *place < end)
        };
        let disk = disk_with(NAME, &written.bytes);
        let view = SpoolView::open(Arc::new(disk)).unwrap();
        let read = all(view.reader(Seq(0)));
        assert_eq!(
            numbers(&read),
            expected(&written, |start, end| !hit(start, end)),
            "round {round}"
        );
        let damaged = written.blocks.iter().filter(|(start, end, ..)| hit(*start, *end)).count();
        assert!(damaged > 100 && view.counts().bad_blocks > 0);
        // Two damaged blocks side by side, with a damaged head, are told as one.
        assert!(view.counts().bad_blocks <= damaged as u64 + 1);
        // Equal damage twice is none.
        places.iter().for_each(|place| written.bytes[*place] ^= 0x10);
    }
    for _ in 0..5 {
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
    let mut next = chance(1);
    let noise: Vec<u8> = (0..4_000).flat_map(|_| next().to_le_bytes()).collect();
    let mut evil = Batch::new();
    evil.push(&crate::rig::origin("evil"), "", crate::rig::facts(3), &noise).unwrap();
    let start = spool.segments()[0].bytes as usize;
    spool.append(evil).unwrap().wait().unwrap();
    append(&spool, 4, 6);
    spool.close();
    // As if its bytes had been those of a block, and then its head was damaged.
    let mut bytes = content(&disk, NAME);
    bytes[start + 9_000..start + 9_000 + forged.len()].copy_from_slice(&forged);
    bytes[start + 9] ^= 1;
    let view = SpoolView::open(Arc::new(disk_with(NAME, &bytes))).unwrap();
    let seen = all(view.reader(Seq(0)));
    assert_eq!(told(&seen), [0, 1, 2, 4, 5]);
    let damage = view.counts().bad_blocks;
    // Looking changes nothing.
    let disk = disk_with(NAME, &bytes);
    all(SpoolView::open(Arc::new(disk.clone())).unwrap().reader(Seq(0)));
    assert_eq!(content(&disk, NAME), bytes);
    assert_eq!(disk.list().unwrap().len(), 1);
    assert_eq!((seen.missing, damage), (vec![Seq(3)..Seq(4)], 1));
}

/// A reader that comes across damage tells which numbers are missing, once, and goes on.
#[test]
fn missing_numbers_are_told() {
    let written = written(64 << 10, 3, true);
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
    assert_eq!((counts.bad_blocks, counts.bad_records), (2, 3));
    // Reading again finds the same, and counts nothing twice.
    assert_eq!(all(spool.reader(Seq(0))).missing, ranges);
    assert_eq!(spool.status().counts.bad_blocks, 2);
    assert_eq!(disk.list().unwrap().iter().filter(|f| f.name.ends_with(".bad")).count(), 2);
    append(&spool, 90_000, 90_010);
    assert_eq!(all(spool.reader(Seq(0))).records.last().map(|last| number(&last.1)), Some(90_009));
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

fn open_with(disk: &SimDisk, options: Options) -> Spool {
    Spool::open(Arc::new(disk.clone()), options).unwrap()
}

fn given(next: u64) -> Options {
    Options { next_at_least: Seq(next), ..options() }
}

/// What others know to have existed is missed, told again by whoever reads, and its numbers are not given again.
#[test]
fn records_that_are_known_to_have_existed_are_missed() {
    let written = written(64 << 10, 3, false);
    let count = 3 * written.blocks.len() as u64;
    let last = *written.blocks.last().unwrap();
    let mut zeros = written.bytes.clone();
    let end = zeros.len();
    zeros[end - 20..].fill(0);
    // Cut within a block, at the end of one, overwritten at the end, and gone but for the head.
    let cut = |size: usize| written.bytes[..size].to_vec();
    for (bytes, lost_from) in
        [(cut(last.0 + 10), last.2), (cut(last.0), last.2), (zeros, last.2), (cut(64), 0)]
    {
        let disk = disk_with(NAME, &bytes);
        let spool = open_with(&disk, given(count));
        let lost = Seq(lost_from)..Seq(count);
        assert_eq!(spool.opened().lost, std::slice::from_ref(&lost));
        assert_eq!(spool.status().counts.lost_records, count - lost_from);
        assert_eq!(spool.records_from(Seq(0)), lost_from);
        let first = append(&spool, 100_000, 100_010).first;
        assert!(first >= Seq(count), "{first:?} is given again");
        assert_eq!(spool.records_from(Seq(5)), lost_from.saturating_sub(5) + 10);
        for _ in 0..2 {
            let read = all(spool.reader(Seq(0)));
            assert_eq!(read.missing, std::slice::from_ref(&lost));
            assert_eq!(numbers(&read)[..lost_from as usize], (0..lost_from).collect::<Vec<_>>());
        }
        let within = Seq(count - 1)..Seq(count);
        assert_eq!(all(spool.reader(within.start)).missing, [within]);
        drop(spool);
        // It is found once, and remembered.
        let spool = open_with(&disk, given(first.0 + 10));
        assert_eq!(spool.status().counts.lost_records, 0);
        assert_eq!(all(spool.reader(Seq(0))).missing, [lost]);
    }
}

/// A segment that is gone from between others is told as one that expired, and not as damage: that happens where the older
/// one is held. One that was cut is damaged.
#[test]
fn a_segment_that_is_gone_or_cut_is_told() {
    let disk = SimDisk::new();
    let mut spool = open(&disk);
    for n in 0..300 {
        append(&spool, n * 20, n * 20 + 20);
    }
    let segments = spool.segments();
    assert!(segments.len() > 3, "{}", segments.len());
    spool.close();
    drop(spool);
    let gone = &segments[1];
    disk.remove(&gone.name).unwrap();
    let missing = gone.first..Seq(gone.last.unwrap().0 + 1);
    let spool = open_with(&disk, given(6_000));
    assert_eq!((&*spool.opened().lost, spool.status().counts.lost_records), (&[] as &[_], 0));
    assert_eq!(all(spool.reader(Seq(0))).missing, std::slice::from_ref(&missing));
    let inner = missing.start.0 + 5;
    assert_eq!(all(spool.reader(Seq(inner))).missing, [Seq(inner)..missing.end]);
    drop(spool);
    let first = disk.open(&segments[0].name).unwrap();
    first.set_size(end_of_block(&content(&disk, &segments[0].name), 64) as u64).unwrap();
    let spool = open_with(&disk, given(6_000));
    let lost = Seq(20)..missing.end;
    assert_eq!(spool.opened().lost, std::slice::from_ref(&lost));
    assert_eq!(all(spool.reader(Seq(0))).missing, [lost]);
}

/// Which spool it is does not hang on one head, nor on there being any segment.
#[test]
fn a_spool_stays_itself_when_heads_or_all_segments_are_gone() {
    let written = written(64 << 10, 3, false);
    let count = 3 * written.blocks.len() as u64;
    let other = |known| Options {
        epoch_if_new: store::spool::Epoch([9; 16]),
        epoch_known: known,
        ..given(count)
    };
    let mut headless = written.bytes.clone();
    headless[..256].fill(0xde);
    for (bytes, lost_to) in [(Some(headless), 3), (Some(Vec::new()), count), (None, count)] {
        for noted in [false, true] {
            let disk = match &bytes {
                Some(bytes) => disk_with(NAME, bytes),
                None => SimDisk::new(),
            };
            if noted {
                let source = disk_with(NAME, &written.bytes);
                open(&source);
                let file = content(&source, "epoch");
                disk.create("epoch").unwrap().write_all_at(&file, 0).unwrap();
            }
            let known = (!noted).then_some(options().epoch_if_new);
            let spool = open_with(&disk, other(known));
            assert_eq!(spool.epoch(), options().epoch_if_new);
            let counts = spool.status().counts;
            assert_eq!(counts.lost_records + counts.bad_records, lost_to, "{counts:?}");
            let kept: Vec<u64> = (lost_to..count).collect();
            let read = all(spool.reader(Seq(0)));
            assert_eq!(numbers(&read), kept);
            assert_eq!(read.missing, [Seq(0)..Seq(lost_to)]);
            assert!(append(&spool, 100_000, 100_001).first >= Seq(count));
        }
    }
    // Nobody knows it, or the one that is known is another.
    for known in [None, Some(store::spool::Epoch([3; 16]))] {
        let mut headless = written.bytes.clone();
        headless[..64].fill(0);
        let spool = open_with(&disk_with(NAME, &headless), other(known));
        assert_eq!(spool.epoch(), store::spool::Epoch([9; 16]));
    }
    let spool =
        open_with(&disk_with(NAME, &written.bytes), other(Some(store::spool::Epoch([3; 16]))));
    assert_eq!(spool.epoch(), options().epoch_if_new, "what is read there is believed first");
}

/// A file that has the name of a segment, and nothing in it, takes nothing from the one before.
#[test]
fn junk_under_a_segments_name_hides_nothing() {
    let written = written(64 << 10, 3, false);
    let count = 3 * written.blocks.len() as u64;
    let disk = disk_with(NAME, &written.bytes);
    let junk = disk.create("00000000000000000001.seg").unwrap();
    junk.write_all_at(&[b'x'; 100], 0).unwrap();
    let spool = open_with(&disk, given(count));
    assert_eq!(numbers(&all(spool.reader(Seq(0)))), (0..count).collect::<Vec<_>>());
    assert_eq!((spool.records_from(Seq(0)), spool.records_from(Seq(count))), (count, 0));
    assert_eq!(spool.status().counts.lost_records, 0);
}
