//! Old segments go; pinned and unread ones stay; readers are told.

use crate::rig::{BEGIN, all, append, open, told};
use model::{Seq, Span};
use store::disk::{Disk, sim::SimDisk};
use store::spool::{Block, Cause, Hold, Keep, Missing, Next};

const NOTHING_HELD: Hold<'static> = Hold { unread: Seq(u64::MAX), pinned: &[] };

#[test]
fn size_takes_the_oldest_and_counts_them() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    for n in (0..20_000).step_by(100) {
        append(&spool, n, n + 100);
    }
    let before = spool.segments();
    let keep = Keep { age: None, bytes: Some(200_000) };
    assert_eq!(spool.due(keep, BEGIN).len(), before.len() - spool_len(&before, 200_000));
    let mut reader = spool.reader(Seq(10));
    let expired = spool.expire(keep, BEGIN, NOTHING_HELD).unwrap();
    let status = spool.status();
    assert!(status.bytes <= 200_000 && status.bytes > 100_000, "{}", status.bytes);
    assert_eq!(status.oldest, spool.segments()[0].first);
    let records: u64 = expired.removed.iter().map(|info| info.records).sum();
    assert_eq!(records, status.oldest.0);
    assert_eq!((status.counts.expired_records, expired.held.len()), (records, 0));
    let files = disk.list().unwrap().into_iter().filter(|file| file.name.ends_with(".seg"));
    assert_eq!(files.count(), spool.segments().len());
    let missing = Missing { seqs: Seq(10)..status.oldest, cause: Cause::Expired };
    assert_eq!(reader.next(&mut Block::new()).unwrap(), Next::Missing(missing));
    assert_eq!(told(&all(reader)), (status.oldest.0..20_000).collect::<Vec<_>>());
}

fn spool_len(segments: &[store::spool::SegmentInfo], bytes: u64) -> usize {
    let mut sum = 0;
    segments
        .iter()
        .rev()
        .take_while(|info| {
            sum += info.bytes;
            sum <= bytes
        })
        .count()
}

#[test]
fn age_takes_what_is_older_and_never_the_last() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    for n in (0..8_000).step_by(100) {
        append(&spool, n, n + 100);
    }
    // Record n was received 250 µs × n after the beginning.
    let keep = Keep { age: Some(Span::from_secs(1)), bytes: None };
    let expired = spool.expire(keep, BEGIN + Span::from_secs(2), NOTHING_HELD).unwrap();
    assert!(!expired.removed.is_empty());
    assert!(spool.segments()[0].last.unwrap() >= Seq(4_000));
    let expired = spool.expire(keep, BEGIN + Span::DAY, NOTHING_HELD).unwrap();
    assert!(!expired.removed.is_empty());
    assert_eq!(spool.segments().len(), 1);
    append(&spool, 8_000, 8_001);
}

#[test]
fn what_is_pinned_or_unread_stays() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    for n in (0..8_000).step_by(100) {
        append(&spool, n, n + 100);
    }
    let keep = Keep { age: Some(Span::ZERO), bytes: None };
    let later = BEGIN + Span::DAY;
    let pinned = [Seq(2_500)..=Seq(2_500)];
    let unread = Seq(5_000);
    let expired = spool.expire(keep, later, Hold { unread, pinned: &pinned }).unwrap();
    assert!(!expired.removed.is_empty() && !expired.held.is_empty());
    let told = told(&all(spool.reader(Seq(0))));
    assert!(told.contains(&2_500) && (5_000..8_000).all(|n| told.contains(&n)));
    assert!(!told.contains(&0));
}
