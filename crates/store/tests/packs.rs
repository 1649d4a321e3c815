//! Evidence outlives its segment.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use model::{Cursor, Origin, Seq, SourceId, TenantId, Timestamp, Transport};
use std::sync::Arc;
use store::disk::{Disk, sim::SimDisk};
use store::packs::{PackError, Packs};
use store::spool::{Batch, Epoch, Facts, Hold, Intake, Keep, Options, Spool};
use store::state::{MemoryStore, SqliteMemory};

const BEGIN: Timestamp = Timestamp::from_secs(1_790_000_000);

fn payload(n: u64) -> Vec<u8> {
    format!("line {n} \u{fffd} {}", "x".repeat(n as usize % 300)).into_bytes()
}

fn filled() -> Spool {
    let options =
        Options { segment_bytes: 1_000, reserve_bytes: 0, ..Options::new(Epoch([1; 16]), BEGIN) };
    let spool = Spool::open(Arc::new(SimDisk::new()), options).unwrap();
    let origin = Arc::new(Origin {
        source_id: SourceId::new("s"),
        tenant_id: TenantId::new("acme"),
        source_type: "syslog".into(),
        source_name: "db1".into(),
        transport: Transport::Udp,
    });
    for start in (0..5_000).step_by(50) {
        let mut batch = Batch::new();
        for n in start..start + 50 {
            batch.push(&origin, "10.1.1.1:514", Facts::received(BEGIN), &payload(n)).unwrap();
        }
        spool.append(batch).unwrap().wait().unwrap();
    }
    spool
}

#[test]
fn pinned_records_are_packed_before_their_segment_goes() {
    let spool = filled();
    let mut memory = SqliteMemory::in_memory().unwrap();
    let disk = SimDisk::new();
    let packs = Packs::new(Arc::new(disk.clone()));
    let evidence: Vec<Seq> = (10..4_000).step_by(97).map(Seq).collect();
    memory.pin("cand_1", &evidence).unwrap();
    memory.pin("cand_2", &evidence).unwrap();
    let keep = Keep { age: None, bytes: Some(0) };
    // Not before it is packed …
    let pinned = memory.pinned().unwrap();
    let held = spool.expire(keep, BEGIN, Hold { unread: Seq(u64::MAX), pinned: &pinned }).unwrap();
    assert!(held.held.len() > 10);
    let due = spool.due(keep, BEGIN);
    let range = due[0].first..=due[due.len() - 1].last.unwrap();
    let packed = packs.pack(range, &mut spool.raw(), &mut memory).unwrap();
    assert_eq!((packed.records, packed.lost), (2 * evidence.len() as u64, 0));
    // Equal evidence of two owners is kept once.
    assert_eq!((packed.packs.len(), packs.list().unwrap().len()), (1, 1));
    // … and then it goes.
    assert_eq!(memory.pinned().unwrap(), []);
    let gone = spool.expire(keep, BEGIN, Hold { unread: Seq(u64::MAX), pinned: &[] }).unwrap();
    assert!(gone.held.is_empty() && !gone.removed.is_empty());
    for owner in ["cand_1", "cand_2"] {
        let mut read = Vec::new();
        for (pack, seqs) in memory.packs(owner).unwrap() {
            packs
                .read(&pack, &mut |record| {
                    assert_eq!(record.payload, payload(record.seq.0));
                    assert_eq!(record.facts.cursor, Cursor::Received { seq: record.seq });
                    assert_eq!((record.peer, &*record.origin.source_name), ("10.1.1.1:514", "db1"));
                    read.push(record.seq);
                })
                .unwrap();
            assert_eq!(read, seqs);
        }
        assert_eq!(read, evidence);
    }
    // A damaged pack is not evidence.
    let name = &packs.list().unwrap()[0].0;
    let file = disk.open(name).unwrap();
    file.write_all_at(b"!", 200).unwrap();
    assert!(matches!(packs.read(name, &mut |_| ()), Err(PackError::Damaged { .. })));
}

#[test]
fn what_is_gone_already_stays_pinned_and_is_told() {
    let spool = filled();
    let keep = Keep { age: None, bytes: Some(0) };
    spool.expire(keep, BEGIN, Hold { unread: Seq(u64::MAX), pinned: &[] }).unwrap();
    let mut memory = SqliteMemory::in_memory().unwrap();
    memory.pin("cand_1", &[Seq(3), Seq(4_999)]).unwrap();
    let packs = Packs::new(Arc::new(SimDisk::new()));
    let packed = packs.pack(Seq(0)..=Seq(5_000), &mut spool.raw(), &mut memory).unwrap();
    assert_eq!((packed.records, packed.lost), (1, 1));
    assert_eq!(memory.pinned().unwrap(), [Seq(3)..=Seq(3)]);
}

#[test]
fn a_full_disk_leaves_evidence_pinned() {
    let spool = filled();
    let mut memory = SqliteMemory::in_memory().unwrap();
    memory.pin("cand_1", &[Seq(3)]).unwrap();
    let disk = SimDisk::new();
    disk.set_capacity(Some(10));
    let packs = Packs::new(Arc::new(disk.clone()));
    assert!(packs.pack(Seq(0)..=Seq(9), &mut spool.raw(), &mut memory).is_err());
    assert_eq!(memory.pinned().unwrap().len(), 1);
    assert_eq!(disk.list().unwrap(), []);
}
