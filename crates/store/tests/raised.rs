//! Events of raised bands in `state.db`: the file stops growing, what is rare and what evidence rests on stays.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use model::search::{Found, Order, Query, Text};
use model::{Band, Seq, Severity, SignatureId, TenantId, Timestamp};
use std::collections::BTreeSet;
use std::path::Path;
use store::spool::Epoch;
use store::state::{
    Checkpoint, Delta, RaisedKept, RaisedLimit, SignatureRow, SqliteState, StateStore,
};

const MAX: u64 = 2 << 20;

fn id(kind: &str) -> SignatureId {
    SignatureId::derive(&[kind.as_bytes()])
}

fn at(seq: u64) -> Timestamp {
    Timestamp::from_secs(1_790_000_000 + seq as i64)
}

fn found(seq: u64, kind: &str) -> Found {
    // Words that are nowhere else, as numbers and addresses are in real ones.
    let text = format!(
        "{kind}: request {seq:x}a{:x} of 10.{}.{}.7 refused",
        seq * 7_919,
        seq % 251,
        seq % 241
    );
    Found {
        seq: Seq(seq),
        at: at(seq),
        tenant_id: TenantId::new("acme"),
        host: "web1".to_owned(),
        service: "app".to_owned(),
        severity: Severity::from_number(3),
        signature_id: id(kind),
        text,
    }
}

fn signature(kind: &str, band: Band) -> SignatureRow {
    SignatureRow {
        tenant: TenantId::new("acme"),
        id: id(kind),
        service: "app".to_owned(),
        template: kind.to_owned(),
        band,
        first_seen: at(0),
        last_seen: at(1),
        count: 1,
    }
}

fn delta(next: u64) -> Delta {
    Delta::at(Checkpoint { epoch: Epoch([1; 16]), next: Seq(next) })
}

fn limit(bytes_max: u64) -> RaisedLimit {
    RaisedLimit { before: at(0), bytes_max }
}

/// A state with kinds of message of these bands.
fn open(path: &Path, kinds: &[(&str, Band)]) -> SqliteState {
    let mut state = SqliteState::open(path).unwrap().0;
    let mut first = delta(1);
    first.signatures = kinds.iter().map(|(kind, band)| signature(kind, *band)).collect();
    state.commit(&first).unwrap();
    state
}

/// Writes `count` events from `from` on, of the kind that `of` says.
fn write(state: &mut SqliteState, from: u64, count: u64, of: impl Fn(u64) -> &'static str) {
    let mut delta = delta(from + count);
    delta.raised = (from..from + count).map(|seq| found(seq, of(seq))).collect();
    state.commit(&delta).unwrap();
}

fn kept(state: &SqliteState, kind: &str) -> Vec<Seq> {
    let query = Query {
        signatures: vec![id(kind)],
        order: Order::Oldest,
        limit: Query::LIMIT_MAX,
        ..Query::default()
    };
    state.raised(&query).unwrap().found.iter().map(|found| found.seq).collect()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[test]
fn a_flood_of_raised_events_stops_growing_and_pushes_out_nothing_rare() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let kinds = [("flood", Band::Watch), ("other", Band::Watch), ("rare", Band::Promote)];
    let mut state = open(&path, &kinds);
    // The house keeps by a connection of its own, while the follower writes.
    let mut house = SqliteState::open_again(&path).unwrap();
    let held: BTreeSet<Seq> = [Seq(7), Seq(11), Seq(20_001)].into();
    let of = |seq: u64| match seq % 1_000 {
        0 => "rare",
        500..800 => "other",
        _ => "flood",
    };
    let (mut sizes, mut gone, mut all, mut last) = (Vec::new(), 0, 0, RaisedKept::default());
    for round in 0..40 {
        write(&mut state, 1 + round * 2_000, 2_000, of);
        all += 2_000;
        last = house.bound_raised(limit(MAX), &held).unwrap();
        gone += last.by_size;
        sizes.push(size(&path));
    }
    assert_eq!(last.by_age, 0);
    assert!(gone > all / 2, "it is far more than there is room for: {gone} of {all} went");
    let (early, late) = (sizes[15..25].iter().max(), sizes[30..].iter().max());
    println!("largest file: {early:?}, then {late:?}; kept {last:?}");
    assert!(late <= early.map(|size| size + size / 8).as_ref(), "it still grows: {sizes:?}");
    assert!(late.unwrap() < &(MAX * 3 / 2), "{sizes:?}");

    let rare = kept(&state, "rare");
    assert_eq!(rare.len() as u64, all / 1_000, "of what is rare nothing went");
    for seq in &held {
        assert!(kept(&state, of(seq.0)).contains(seq), "evidence went: {seq:?}");
    }
    let (flood, other) = (kept(&state, "flood"), kept(&state, "other"));
    let newest = |of: &[Seq]| of.last().unwrap().0;
    assert!(newest(&flood) + 2_000 > all && newest(&other) + 2_000 > all, "the oldest go first");
    assert!(flood.len().abs_diff(other.len()) * 5 < flood.len(), "those who have most give");
    // The index of words knows of what stays, and of nothing else.
    let words = Query { text: Text::parse("refused"), limit: 5, ..Query::default() };
    assert_eq!(state.raised(&words).unwrap().found.len(), 5);
    let gone = found(1_501, "flood").text;
    let words = Query { text: Text::parse(&gone), limit: 5, ..Query::default() };
    assert_eq!(state.raised(&words).unwrap().found, []);
}

#[test]
fn kinds_that_are_raised_no_more_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut state = open(&path, &[("fallen", Band::Background), ("raised", Band::Watch)]);
    write(&mut state, 1, 20_000, |seq| if seq > 15_000 { "fallen" } else { "raised" });
    let all = state.bound_raised(limit(1 << 30), &BTreeSet::new()).unwrap();
    assert_eq!((all.rows, all.by_size), (20_000, 0));
    let some = state.bound_raised(limit(all.bytes * 9 / 10), &[Seq(15_004)].into()).unwrap();
    assert!(some.by_size > 1_000 && some.bytes <= all.bytes * 9 / 10, "{some:?}");
    assert_eq!(state.raised(&Query { limit: 1, ..Query::default() }).unwrap().found.len(), 1);
    let fallen = kept(&state, "fallen");
    assert!(fallen.contains(&Seq(15_004)) && fallen.len() < 4_000, "{}", fallen.len());
    assert_eq!(some.by_size, 5_000 - fallen.len() as u64, "no other than these went");
}

#[test]
fn what_is_free_goes_back_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut state = open(&path, &[("a", Band::Watch)]);
    write(&mut state, 1, 20_000, |_| "a");
    state.bound_raised(limit(1 << 30), &BTreeSet::new()).unwrap();
    let flush = || {
        rusqlite::Connection::open(&path)
            .unwrap()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap()
    };
    flush();
    let before = size(&path);
    let kept = state.bound_raised(limit(512 << 10), &BTreeSet::new()).unwrap();
    assert!(kept.bytes <= 512 << 10, "{kept:?}");
    flush();
    assert!(size(&path) < before / 2, "{} of {before}", size(&path));
    // By age everything may go.
    let all = RaisedLimit { before: at(u32::MAX.into()), bytes_max: 512 << 10 };
    let kept = state.bound_raised(all, &[Seq(20_000)].into()).unwrap();
    assert_eq!(kept.rows, 1, "but what is held");
    assert_eq!(kept.by_size, 0);
}
