//! Blocks of any records, and any bytes as a block.

use crate::rig::{chance, open};
use model::{Cursor, Origin, Seq, SourceId, TenantId, Timestamp, Transport};
use proptest::prelude::*;
use std::sync::Arc;
use store::disk::sim::SimDisk;
use store::spool::{Batch, Block, Facts, Intake, Kind, Next};

#[derive(Debug, Clone)]
struct Given {
    origin: usize,
    peer: String,
    facts: Facts,
    payload: Vec<u8>,
}

fn cursor() -> impl Strategy<Value = Cursor> {
    prop_oneof![
        any::<(u64, u64, u64)>().prop_map(|(head, offset, line)| Cursor::File {
            head,
            offset,
            line
        }),
        any::<(u64, u64)>().prop_map(|(offset, line)| Cursor::Stream { offset, line }),
        any::<u128>().prop_map(|hash| Cursor::Key { hash }),
        Just(Cursor::Received { seq: Seq(0) }),
    ]
}

fn given_record() -> impl Strategy<Value = Given> {
    let facts = (any::<i64>(), cursor(), 0..5usize, any::<(bool, bool)>(), 0..=Facts::OLDER_MAX);
    let facts = facts.prop_map(|(at, cursor, kind, (truncated, old), older)| Facts {
        received_at: Timestamp::from_micros(at),
        cursor,
        kind: Kind::ALL[kind],
        truncated,
        old,
        older,
    });
    let payload = prop::collection::vec(any::<u8>(), 0..200);
    (0..3usize, "[a-z0-9:]{0,12}", facts, payload)
        .prop_map(|(origin, peer, facts, payload)| Given { origin, peer, facts, payload })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_records_come_back(
        given in prop::collection::vec(given_record(), 1..300),
        names in prop::collection::vec(".{0,20}", 3),
        transport in 0..Transport::ALL.len(),
    ) {
        let origins: Vec<Arc<Origin>> = names.iter().map(|name| Arc::new(Origin {
            source_id: SourceId::new(name.as_str()),
            tenant_id: TenantId::new(format!("t{name}")),
            source_type: name.clone(),
            source_name: String::new(),
            transport: Transport::ALL[transport],
        })).collect();
        let spool = open(&SimDisk::new());
        let mut batch = Batch::new();
        for record in &given {
            batch.push(&origins[record.origin], &record.peer, record.facts, &record.payload).unwrap();
        }
        spool.append(batch).unwrap().wait().unwrap();
        let (mut reader, mut block, mut n) = (spool.reader(Seq(0)), Block::new(), 0);
        while reader.next(&mut block).unwrap() == Next::Block {
            for record in block.records() {
                let given = &given[n];
                let mut facts = given.facts;
                if let Cursor::Received { seq } = &mut facts.cursor {
                    *seq = record.seq;
                }
                prop_assert_eq!(record.seq, Seq(n as u64));
                prop_assert_eq!(record.facts, facts);
                prop_assert_eq!(record.origin, &origins[given.origin]);
                prop_assert_eq!((record.peer, record.payload), (&*given.peer, &*given.payload));
                n += 1;
            }
        }
        prop_assert_eq!(n, given.len());
    }

    #[test]
    fn any_bytes_are_a_block_or_refused(bytes: Vec<u8>) {
        prop_assert!(Block::new().decode(&bytes).is_err());
    }

    /// With check sums made right again, nonsense within is refused too, or is records like any other.
    #[test]
    fn nonsense_behind_right_check_sums_is_refused(seed: u64) {
        use store::disk::Disk;
        let mut next = chance(seed);
        let disk = SimDisk::new();
        let spool = open(&disk);
        let mut batch = Batch::new();
        batch.push(&crate::rig::origin("x"), "p", crate::rig::facts(1), b"short").unwrap();
        batch.push(&crate::rig::origin("y"), "", crate::rig::facts(2), b"").unwrap();
        spool.append(batch).unwrap().wait().unwrap();
        let file = disk.open("00000000000000000000.seg").unwrap();
        let mut bytes = vec![0; file.size().unwrap() as usize - 64];
        file.read_at(&mut bytes, 64).unwrap();
        for _ in 0..1 + next() % 4 {
            let place = 64 + next() as usize % (bytes.len() - 64);
            bytes[place] = next() as u8;
        }
        let crc = crc32c::crc32c(&bytes[64..]).to_le_bytes();
        bytes[28..32].copy_from_slice(&crc);
        let crc = crc32c::crc32c(&bytes[..60]).to_le_bytes();
        bytes[60..64].copy_from_slice(&crc);
        let mut block = Block::new();
        if block.decode(&bytes).is_ok() {
            prop_assert_eq!(block.records().len(), 2);
        } else {
            prop_assert_eq!(block.len(), 0);
        }
    }
}
