//! What the tests share: invented records, spools on simulated disks, and reading everything back.

use model::{Cursor, Origin, Seq, SourceId, TenantId, Timestamp, Transport};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use store::disk::Disk;
use store::spool::{Batch, Block, Epoch, Facts, Intake, Next, Options, Reader, Receipt, Spool};

pub(crate) const BEGIN: Timestamp = Timestamp::from_secs(1_790_000_000);

pub(crate) fn origin(name: &str) -> Arc<Origin> {
    Arc::new(Origin {
        source_id: SourceId::new(format!("syslog/{name}")),
        tenant_id: TenantId::new("acme"),
        source_type: "syslog".to_owned(),
        source_name: name.to_owned(),
        transport: Transport::Tcp,
    })
}

/// Numbers that look like chance and are the same every time.
pub(crate) fn chance(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }
}

/// Record `n` is a line that says its number, of a length between 60 and 260 bytes.
pub(crate) fn line(n: u64) -> Vec<u8> {
    let mut line = format!("<30>1 2026-09-21T08:00:00Z db{} app 77 - - order {n} took ", n % 7);
    let mut next = chance(n);
    let wanted = 60 + (next() % 200) as usize;
    while line.len() < wanted {
        line.push_str(&format!("{}ms in shard{} ", next() % 1_000, next() % 16));
    }
    line.into_bytes()
}

pub(crate) fn facts(n: u64) -> Facts {
    Facts::received(Timestamp::from_micros(BEGIN.as_micros() + n as i64 * 250))
}

/// Records `from..to` as one batch.
pub(crate) fn batch(from: u64, to: u64) -> Batch {
    let origins = [origin("a"), origin("b")];
    let mut batch = Batch::new();
    for n in from..to {
        let facts = Facts { cursor: cursor(n), ..facts(n) };
        let peer = if n % 3 == 0 { "" } else { "10.0.0.7:514" };
        batch.push(&origins[n as usize % 2], peer, facts, &line(n)).unwrap();
    }
    batch
}

fn cursor(n: u64) -> Cursor {
    match n % 4 {
        0 => Cursor::File { head: n / 100, offset: n * 80, line: n + 1 },
        1 => Cursor::Stream { offset: n * 7, line: n },
        2 => Cursor::Key { hash: u128::from(n) << 64 | 5 },
        _ => Cursor::Received { seq: Seq(0) },
    }
}

pub(crate) fn options() -> Options {
    Options {
        linger: Duration::ZERO,
        segment_bytes: 64 << 10,
        reserve_bytes: 0,
        ..Options::new(Epoch([7; 16]), BEGIN)
    }
}

pub(crate) fn open(disk: &(impl Disk + Clone + 'static)) -> Spool {
    Spool::open(Arc::new(disk.clone()), options()).unwrap()
}

/// Appends records `from..to` and waits.
pub(crate) fn append(spool: &Spool, from: u64, to: u64) -> Receipt {
    spool.append(batch(from, to)).unwrap().wait().unwrap()
}

/// All that can be read: numbers with payloads, and the ranges that are missing.
pub(crate) struct All {
    pub(crate) records: Vec<(Seq, Vec<u8>)>,
    pub(crate) missing: Vec<std::ops::Range<Seq>>,
}

pub(crate) fn all(mut reader: Reader) -> All {
    let mut all = All { records: Vec::new(), missing: Vec::new() };
    let mut block = Block::new();
    loop {
        match reader.next(&mut block).unwrap() {
            Next::Block => {
                let records = block.records().map(|r| (r.seq, r.payload.to_vec()));
                all.records.extend(records);
            }
            Next::Missing(missing) => all.missing.push(missing.seqs),
            Next::CaughtUp => return all,
        }
    }
}

/// The record numbers that payloads tell, in order.
pub(crate) fn told(all: &All) -> Vec<u64> {
    all.records.iter().map(|(_, payload)| number(payload)).collect()
}

/// The number that a payload tells; panics unless the payload is exactly that record's.
pub(crate) fn number(payload: &[u8]) -> u64 {
    let text = std::str::from_utf8(payload).unwrap();
    let n: u64 = text.split("order ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    // Lines of small numbers are kept: some tests read them a hundred thousand times.
    static LINES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let lines = LINES.get_or_init(|| (0..2_000).map(line).collect());
    let right = lines.get(n as usize).map_or_else(|| line(n) == payload, |line| line == payload);
    assert!(right, "record {n} is not what was written");
    n
}
