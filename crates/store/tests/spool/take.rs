//! Records in, the same records out: numbers, facts, answers.

use crate::rig::{all, append, batch, facts, line, open, options, origin, told};
use model::port::RawReader;
use model::{Cursor, Seq};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use store::disk::{Folder, sim::SimDisk};
use store::spool::{
    BATCH_RECORDS_MAX, Batch, Block, Facts, Intake, Kind, Next, PushError, RECORD_BYTES_MAX, Spool,
    SpoolView, State, Why,
};

#[test]
fn what_goes_in_comes_out() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    let receipt = append(&spool, 0, 5_000);
    assert_eq!((receipt.first, receipt.last), (Seq(0), Seq(4_999)));
    let receipt = append(&spool, 5_000, 5_001);
    assert_eq!((receipt.first, receipt.last), (Seq(5_000), Seq(5_000)));

    let (mut reader, mut block, mut n) = (spool.reader(Seq(0)), Block::new(), 0u64);
    while reader.next(&mut block).unwrap() == Next::Block {
        for record in block.records() {
            let batch = batch(n, n + 1);
            let (origin, peer, facts, payload) = batch.records().next().unwrap();
            let cursor = match facts.cursor {
                Cursor::Received { .. } => Cursor::Received { seq: Seq(n) },
                other => other,
            };
            assert_eq!((record.seq, record.peer, record.payload), (Seq(n), peer, payload));
            assert_eq!(record.facts, Facts { cursor, ..facts });
            assert_eq!(record.origin, origin);
            n += 1;
        }
    }
    assert_eq!(n, 5_001);
    let counts = spool.status().counts;
    assert_eq!((counts.accepted, counts.committed, counts.returned), (5_001, 5_001, 0));
}

#[test]
fn a_spool_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let disk = Folder::open(folder.path()).unwrap();
        Spool::open(Arc::new(disk), options()).unwrap()
    };
    let mut n = 0;
    for round in 0..20 {
        let spool = open();
        let epoch = spool.epoch();
        assert_eq!(epoch, open_epoch(folder.path(), epoch));
        let receipt = append(&spool, n, n + 100 * (round + 1));
        assert_eq!(receipt.first, Seq(n));
        n += 100 * (round + 1);
    }
    let spool = open();
    assert_eq!(told(&all(spool.reader(Seq(0)))), (0..n).collect::<Vec<_>>());
    assert!(spool.segments().len() > 5, "{}", spool.segments().len());
    assert_eq!(spool.opened().records, n);
    assert_eq!(spool.opened().counts, store::spool::Counts::default());
    let from = n - 77;
    assert_eq!(told(&all(spool.reader(Seq(from)))), (from..n).collect::<Vec<_>>());
}

fn open_epoch(path: &std::path::Path, wanted: store::spool::Epoch) -> store::spool::Epoch {
    let view = SpoolView::open(Arc::new(Folder::open(path).unwrap())).unwrap();
    // An empty spool has no name on the disk yet.
    if view.segments().is_empty() { wanted } else { view.epoch() }
}

#[test]
fn many_producers_each_get_their_own_numbers() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    let ranges: Vec<(u64, u64, u64)> = std::thread::scope(|scope| {
        let spool = &spool;
        let workers: Vec<_> = (0..8u64)
            .map(|worker| {
                scope.spawn(move || {
                    let mut got = Vec::new();
                    for round in 0..50 {
                        let from = (worker * 50 + round) * 20;
                        let receipt = append(spool, from, from + 20);
                        got.push((receipt.first.0, receipt.last.0, from));
                    }
                    got
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let all = all(spool.reader(Seq(0)));
    assert_eq!(all.records.len(), 8 * 50 * 20);
    let told = told(&all);
    for (first, last, from) in ranges {
        let expected: Vec<u64> = (from..from + 20).collect();
        assert_eq!(told[first as usize..=last as usize], expected);
    }
}

#[test]
fn answers_can_be_calls() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    let (sender, receiver) = mpsc::channel();
    spool.append_then(batch(0, 3), Box::new(move |answer| sender.send(answer).unwrap())).unwrap();
    let receipt = receiver.recv().unwrap().unwrap();
    assert_eq!((receipt.first, receipt.last), (Seq(0), Seq(2)));
}

#[test]
fn a_closed_spool_has_written_what_it_took_and_takes_no_more() {
    let disk = SimDisk::new();
    let mut spool = open(&disk);
    let tickets: Vec<_> = (0..50).map(|n| spool.append(batch(n, n + 1)).unwrap()).collect();
    spool.close();
    for (n, ticket) in tickets.into_iter().enumerate() {
        assert_eq!(ticket.wait().unwrap().first, Seq(n as u64));
    }
    let returned = spool.append(batch(50, 53)).map(|_| ()).unwrap_err();
    assert_eq!((returned.why, returned.batch.len()), (Why::Stopped, 3));
    assert_eq!(spool.status().state, State::Stopped);
}

#[test]
fn a_ticket_can_be_asked_for_a_while() {
    let disk = SimDisk::new();
    let options = store::spool::Options { linger: Duration::from_secs(3_600), ..options() };
    let mut spool = Spool::open(Arc::new(disk), options).unwrap();
    let ticket = spool.append(batch(0, 1)).unwrap();
    let ticket = ticket.wait_for(Duration::from_millis(5)).err().unwrap();
    let status = spool.status();
    assert_eq!((status.queued_records, status.counts.accepted), (1, 1));
    assert!(status.queued_bytes > 0 && status.queued_for > Duration::ZERO);
    spool.close();
    assert!(ticket.wait_for(Duration::ZERO).is_ok());
}

/// Whoever waits is not kept waiting for more records, nor are those that were there before.
#[test]
fn an_urgent_batch_is_written_at_once() {
    let disk = SimDisk::new();
    let options = store::spool::Options { linger: Duration::from_secs(3_600), ..options() };
    let spool = Spool::open(Arc::new(disk), options).unwrap();
    let patient = spool.append(batch(0, 1)).unwrap();
    for n in 1..4 {
        let receipt = spool.append(batch(n, n + 1).urgent()).unwrap().wait().unwrap();
        assert_eq!(receipt.first, Seq(n));
    }
    assert_eq!(patient.wait().unwrap().first, Seq(0));
}

#[test]
fn records_of_every_kind_and_size_are_kept() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    let origin = origin("sizes");
    let sizes = [0, 1, 127, 128, 300_000, RECORD_BYTES_MAX];
    let mut receipts = Vec::new();
    for (n, size) in sizes.into_iter().enumerate() {
        for kind in Kind::ALL {
            let payload = line(7).into_iter().cycle().take(size).collect::<Vec<_>>();
            let facts = Facts { kind, truncated: n % 2 == 0, old: n % 3 == 0, ..facts(9) };
            let mut batch = Batch::new();
            batch.push(&origin, "", facts, &payload).unwrap();
            receipts.push((spool.append(batch).unwrap().wait().unwrap(), facts, payload));
        }
    }
    let mut raw = spool.raw();
    for (receipt, facts, payload) in &receipts {
        let mut seen = 0;
        raw.records(&[receipt.first], &mut |record| {
            assert_eq!(record.payload, payload);
            assert_eq!((record.facts.kind, record.facts.old), (facts.kind, facts.old));
            assert_eq!(record.envelope().truncated, facts.truncated);
            assert_eq!(record.envelope().received_at.is_none(), facts.old);
            seen += 1;
        })
        .unwrap();
        assert_eq!(seen, 1);
    }
}

#[test]
fn single_records_are_found_and_strangers_left_out() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    append(&spool, 0, 9_000);
    let wanted: Vec<Seq> = (0..12_000).step_by(37).map(Seq).collect();
    let mut found = Vec::new();
    let mut raw = spool.raw();
    raw.read(&wanted, &mut |envelope| {
        assert_eq!(crate::rig::number(envelope.payload), envelope.seq.0);
        found.push(envelope.seq);
    });
    let expected: Vec<Seq> = wanted.into_iter().filter(|seq| seq.0 < 9_000).collect();
    assert_eq!(found, expected);
    // What was not there yet is found once it is.
    append(&spool, 9_000, 12_000);
    raw.read(&[Seq(11_999)], &mut |envelope| found.push(envelope.seq));
    assert_eq!(found.last(), Some(&Seq(11_999)));
}

#[test]
fn a_batch_has_bounds() {
    let origin = origin("bounds");
    let mut batch = Batch::new();
    let long = vec![b'x'; RECORD_BYTES_MAX + 1];
    let refused = batch.push(&origin, "", facts(0), &long);
    assert_eq!(refused, Err(PushError::TooLong { bytes: long.len() }));
    batch.push(&origin, "", facts(0), &long[1..]).unwrap();
    assert_eq!(batch.push(&origin, "", facts(0), b"x"), Err(PushError::BatchFull));
    let mut batch = Batch::new();
    for _ in 0..BATCH_RECORDS_MAX {
        batch.push(&origin, "", facts(0), b"").unwrap();
    }
    assert_eq!(batch.push(&origin, "", facts(0), b""), Err(PushError::BatchFull));
    let name = "n".repeat(20_000);
    let refused = Batch::new().push(&origin, &name, facts(0), b"");
    assert!(matches!(refused, Err(PushError::NameTooLong { .. })));
}

/// As many names as a batch takes, all different and long.
#[test]
fn many_peers_do_not_make_a_block_that_cannot_be_read() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    let origin = origin("peers");
    let mut batch = Batch::new();
    for n in 0..3_000 {
        let peer = format!("{n:012000}");
        batch.push(&origin, &peer, facts(n), &line(n)).unwrap();
    }
    spool.append(batch).unwrap().wait().unwrap();
    assert_eq!(told(&all(spool.reader(Seq(0)))), (0..3_000).collect::<Vec<_>>());
}

#[test]
fn a_number_that_a_checkpoint_has_seen_is_never_given_again() {
    let disk = SimDisk::new();
    append(&open(&disk), 0, 10);
    let options = store::spool::Options { next_at_least: Seq(500), ..options() };
    let spool = Spool::open(Arc::new(disk.clone()), options).unwrap();
    assert_eq!(append(&spool, 10, 20).first, Seq(500));
    drop(spool);
    let spool = open(&disk);
    assert_eq!(append(&spool, 20, 30).first, Seq(510));
    let all = all(spool.reader(Seq(0)));
    assert_eq!((told(&all), all.missing), ((0..30).collect(), vec![Seq(10)..Seq(500)]));
}

#[test]
fn nobody_else_writes_to_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let held = store::lock(folder.path()).unwrap();
    let refused = store::lock(folder.path()).unwrap_err().to_string();
    assert!(refused.starts_with("another foreshock writes to"), "{refused}");
    drop(held);
    store::lock(folder.path()).unwrap();
}
