//! Power cuts, on a disk that keeps only what was synced, and of the rest what it likes.

use crate::rig::{all, append, batch, chance, number, open, options, told};
use model::Seq;
use std::collections::VecDeque;
use std::sync::Arc;
use store::disk::sim::SimDisk;
use store::spool::{Intake, Options, Spool, Ticket};

/// Whenever the power goes: what was acknowledged is there, in order, each number once, and what is read was
/// written.
#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    let mut next = chance(1);
    let mut torn = 0;
    for round in 0..200 {
        let mut disk = SimDisk::new();
        let mut acknowledged: Vec<(Seq, u64)> = Vec::new();
        let mut n = 0;
        for _ in 0..4 {
            let options = Options { segment_bytes: 20_000, ..options() };
            let spool = Spool::open(Arc::new(disk.clone()), options).unwrap();
            if next().is_multiple_of(3) {
                disk.fail_syncs(next() % 20, 1 + next() % 2);
            }
            disk.cut_power_after(next() % 80);
            let mut tickets = VecDeque::new();
            for _ in 0..next() % 60 {
                let count = 1 + next() % 60;
                tickets.push_back((n, count, spool.append(batch(n, n + count)).unwrap()));
                n += count;
                if next().is_multiple_of(2) {
                    acknowledged.extend(tickets.pop_front().and_then(answer).into_iter().flatten());
                }
            }
            acknowledged.extend(tickets.into_iter().filter_map(answer).flatten());
            drop(spool);
            disk = disk.after_power_cut(&mut next);
            let spool = open(&disk);
            torn += spool.opened().counts.torn_bytes.min(1);
            let read = all(spool.reader(Seq(0)));
            assert!(read.records.is_sorted_by(|a, b| a.0 < b.0), "round {round}");
            assert_eq!(told(&read).len(), read.records.len());
            for (seq, told) in &acknowledged {
                let place = read.records.binary_search_by_key(seq, |record| record.0);
                let place = place.unwrap_or_else(|_| panic!("round {round}: {seq:?} is gone"));
                assert_eq!(number(&read.records[place].1), *told, "round {round}");
            }
            // What was not acknowledged may be there; from now on it counts.
            acknowledged = read.records.iter().map(|(seq, p)| (*seq, number(p))).collect();
        }
    }
    assert!(torn > 20, "only {torn} torn ends: the test shows little");
}

/// The numbers that a batch got, with what each record tells.
fn answer((from, count, ticket): (u64, u64, Ticket)) -> Option<Vec<(Seq, u64)>> {
    let receipt = ticket.wait().ok()?;
    Some((receipt.first.0..).map(Seq).zip(from..from + count).collect())
}

/// The writer does not answer before the sync.
#[test]
fn each_answer_stands_behind_a_sync() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    for n in 0..20 {
        append(&spool, n, n + 1);
        assert!(disk.syncs() > n);
        let mut next = chance(n);
        let after = disk.after_power_cut(&mut next);
        assert_eq!(all(open(&after).reader(Seq(0))).records.len() as u64, n + 1);
    }
}
