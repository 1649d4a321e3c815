//! Readers that follow the writer.

use crate::rig::{BEGIN, all, append, number, open};
use model::{Seq, Span};
use std::time::Duration;
use store::disk::sim::SimDisk;
use store::spool::{Block, Next};

#[test]
fn a_follower_sees_each_record_once_and_in_order() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    let total = 30_000;
    std::thread::scope(|scope| {
        let spool = &spool;
        let follower = scope.spawn(move || {
            let (mut reader, mut block, mut seen) = (spool.reader(Seq(0)), Block::new(), 0);
            while seen < total {
                match reader.next(&mut block).unwrap() {
                    Next::Block => {
                        for record in block.records() {
                            assert_eq!((record.seq.0, number(record.payload)), (seen, seen));
                            seen += 1;
                        }
                    }
                    Next::Missing(missing) => panic!("{missing:?}"),
                    Next::CaughtUp => {
                        reader.wait(Duration::from_secs(30));
                    }
                }
            }
        });
        for n in (0..total).step_by(150) {
            append(spool, n, n + 150);
        }
        follower.join().unwrap();
    });
    assert!(spool.segments().len() > 10);
}

#[test]
fn waiting_ends_when_there_is_something() {
    let disk = SimDisk::new();
    let mut spool = open(&disk);
    let mut reader = spool.reader(Seq(0));
    assert_eq!(reader.next(&mut Block::new()).unwrap(), Next::CaughtUp);
    assert!(!reader.wait(Duration::from_millis(1)));
    append(&spool, 0, 1);
    assert!(reader.wait(Duration::from_secs(30)));
    assert_eq!(reader.next(&mut Block::new()).unwrap(), Next::Block);
    assert_eq!(reader.position(), Seq(1));
    spool.close();
    // Nothing will come any more: no use in waiting.
    assert!(!reader.wait(Duration::from_secs(3_600)));
}

#[test]
fn a_range_of_time_is_read_without_the_rest() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    for n in (0..20_000).step_by(100) {
        append(&spool, n, n + 100);
    }
    // Record n was received 250 µs × n after the beginning.
    let times = BEGIN + Span::from_micros(2_500_000)..BEGIN + Span::from_micros(2_600_000);
    let read = all(spool.reader(Seq(0)).within(times));
    let numbers: Vec<u64> = read.records.iter().map(|(seq, _)| seq.0).collect();
    assert!(read.missing.is_empty());
    assert!((10_000..10_400).all(|n| numbers.contains(&n)));
    assert!(numbers.len() < 800, "{}", numbers.len());
}
