//! Any bytes as a block of the spool, and any damage of one that is whole: read or refused, never a panic, and
//! never records that were not written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Origin, Seq, SourceId, TenantId, Timestamp, Transport};
use std::sync::{Arc, OnceLock};
use store::disk::{Disk, sim::SimDisk};
use store::spool::{Batch, Block, Epoch, Facts, Next, Options, Spool, SpoolView};

const NAME: &str = "00000000000000000000.seg";

/// The bytes of a small segment of three blocks.
fn segment() -> &'static [u8] {
    static SEGMENT: OnceLock<Vec<u8>> = OnceLock::new();
    SEGMENT.get_or_init(|| {
        let disk = SimDisk::new();
        let now = Timestamp::from_secs(1);
        let options = Options { reserve_bytes: 0, ..Options::new(Epoch([1; 16]), now) };
        let spool = Spool::open(Arc::new(disk.clone()), options).expect("a spool");
        let origin = Arc::new(Origin {
            source_id: SourceId::new("s"),
            tenant_id: TenantId::new("t"),
            source_type: "syslog".into(),
            source_name: "n".into(),
            transport: Transport::Udp,
        });
        for n in 0..3 {
            let mut batch = Batch::new();
            for _ in 0..20 {
                batch.push(&origin, "p", Facts::received(now), format!("line {n}").as_bytes()).expect("room");
            }
            spool.append(batch).expect("taken").wait().expect("durable");
        }
        drop(spool);
        let file = disk.open(NAME).expect("a segment");
        let mut bytes = vec![0; file.size().expect("a size") as usize];
        file.read_at(&mut bytes, 0).expect("readable");
        bytes
    })
}

fuzz_target!(|bytes: &[u8]| {
    let mut block = Block::new();
    if block.decode(bytes).is_ok() {
        block.records().for_each(|record| drop(record.payload.to_vec()));
    }
    // The input says what to do to a segment: place and byte, by turns; an odd rest cuts it.
    let mut segment = segment().to_vec();
    for change in bytes.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % segment.len();
        segment[place] ^= change[2];
    }
    if let [cut] = bytes.chunks_exact(3).remainder() {
        segment.truncate(segment.len() * usize::from(*cut) / 256);
    }
    let disk = SimDisk::new();
    disk.create(NAME).and_then(|file| file.write_all_at(&segment, 0)).expect("room");
    let view = SpoolView::open(Arc::new(disk)).expect("damage is no error");
    let (mut reader, mut last) = (view.reader(Seq(0)), None);
    loop {
        match reader.next(&mut block).expect("damage is no error") {
            Next::Block => {
                for record in block.records() {
                    assert!(last < Some(record.seq), "numbers ascend");
                    assert!(record.payload.starts_with(b"line "), "only what was written");
                    last = Some(record.seq);
                }
            }
            Next::Missing(_) => {}
            Next::CaughtUp => break,
        }
    }
});
