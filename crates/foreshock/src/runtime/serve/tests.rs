//! The state is a fold over the spool: ended anywhere, however often, it comes to the same.

use super::follow::{End, Unread};
use super::follower::Follower;
use super::house::House;
use super::shared::Shared;
use super::stores::Rest;
use super::{DigestTimes, Retention, Stores, Understanding};
use crate::hour::Hour;
use engine::Config;
use model::intake::{Batch, Facts, Intake, Kind};
use model::port::EventSearch;
use model::search::{Found, Order, Query};
use model::{Cursor, Origin, Seq, SourceId, Span, TenantId, Timestamp, Transport};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::state::{
    CandidateQuery, CandidateRow, Checkpoint, Delta, MemoryStore, SqliteMemory, SqliteState,
    StateStore,
};

/// A small generator of numbers: what is drawn is the same every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn origin(source: &str, tenant: &str, transport: Transport) -> Arc<Origin> {
    Arc::new(Origin {
        source_id: SourceId::new(source),
        tenant_id: TenantId::new(tenant),
        source_type: "test".to_owned(),
        source_name: format!("/logs/{source}.log"),
        transport,
    })
}

/// Twelve days of two clients: routine, a link that fails more and more often, stack traces in a file, requests that
/// come twice, blank lines, and the clock.
fn fill(folder: &Path) -> u64 {
    let start = Timestamp::parse_absolute("2026-03-02T00:00:00Z", 0).unwrap();
    let stores = Stores::open(folder, start).unwrap();
    let wire = [origin("wire", "acme", Transport::Tcp), origin("wire", "beta", Transport::Tcp)];
    let (file, http) =
        (origin("file", "acme", Transport::File), origin("http", "beta", Transport::Http));
    let own = origin("own", "own", Transport::Own);
    let (mut draw, mut batch, mut records) = (Draw(88_172_645_463_325_252), Batch::new(), 0);
    let mut offset = 0;
    for minute in 0..12 * 24 * 60_u64 {
        let at =
            start + Span::MINUTE.times(minute as i64) + Span::from_micros(draw.below(900) as i64);
        let mut push = |origin: &Arc<Origin>, cursor: Option<Cursor>, kind: Kind, text: &str| {
            let mut facts = Facts { kind, ..Facts::received(at) };
            facts.cursor = cursor.unwrap_or(facts.cursor);
            batch.push(origin, "192.0.2.7", facts, text.as_bytes()).unwrap();
            records += 1;
        };
        if minute % 2 == 0 {
            push(&own, None, Kind::Tick, "");
        }
        for origin in &wire {
            let (host, n) = (["web1", "web2", "gw1"][draw.below(3) as usize], draw.below(100_000));
            let text =
                format!("<14>Mar  2 00:00:00 {host} app[{n}]: request {n} took {} ms", n % 900);
            push(origin, None, Kind::Raw, &text);
            // A busy quarter of an hour.
            for n in 0..if (14_000..14_015).contains(&minute) { 40 } else { 0 } {
                let text = format!(
                    "<11>Mar  2 00:00:00 {host} app[7]: error: pool exhausted, {n} waiting"
                );
                push(origin, None, Kind::Raw, &text);
            }
        }
        let days = minute / 1_440;
        if days >= 8 && draw.below(150) == 0 {
            push(
                &wire[0],
                None,
                Kind::Raw,
                "<11>Mar  2 00:00:00 gw1 charon: peer 198.51.100.4 is dead, tunnel down",
            );
            push(&wire[0], None, Kind::Raw, "<14>Mar  2 00:00:00 gw1 charon: tunnel up again");
        }
        if draw.below(90) == 0 {
            for line in [
                "2026-03-02 00:00:00 ERROR job failed",
                "java.lang.IllegalStateException: no",
                "\tat a.B.c(B.java:7)",
                " ",
            ] {
                let cursor = Cursor::File { head: 7, offset, line: offset + 1 };
                push(&file, Some(cursor), Kind::Raw, line);
                offset += 40;
            }
        }
        if draw.below(30) == 0 {
            let cursor = Cursor::Key { hash: u128::from(draw.below(200)) };
            let text = format!("order {} refused", cursor.line());
            push(&http, Some(cursor), Kind::Raw, &text);
        }
        if batch.len() > 300 {
            stores.spool.append(std::mem::take(&mut batch)).unwrap().wait().unwrap();
        }
    }
    stores.spool.append(batch).unwrap().wait().unwrap();
    records
}

fn how() -> Understanding {
    let times = DigestTimes { at: Hour::utc(6), ..DigestTimes::default() };
    let cuts = (0..60_000).step_by(701).map(Seq).collect();
    Understanding { config: Config::default(), times, zone_offset_secs: 0, workers: 3, cuts }
}

fn open(folder: &Path) -> (Follower, Rest) {
    open_with(folder, &Arc::new(Shared::default()))
}

fn open_with(folder: &Path, shared: &Arc<Shared>) -> (Follower, Rest) {
    let stores = Stores::open(folder, Timestamp::default()).unwrap();
    let end = End::default();
    end.when_caught_up();
    let (mut follower, rest) =
        stores.follower(how(), shared, &Arc::new(Unread::default()), &end).unwrap();
    follower.snapshot_records = 5_000;
    follower.commit.every = Duration::ZERO;
    (follower, rest)
}

/// All that can be seen of a state, once it is at the end of its spool.
#[derive(PartialEq)]
struct All {
    engine: Vec<u8>,
    health: super::health::Health,
    events: Vec<Found>,
    rows: BTreeMap<String, String>,
    sums: BTreeMap<String, u64>,
    digests: BTreeMap<String, Vec<u8>>,
}

fn all(folder: &Path) -> All {
    let (mut follower, rest) = open(folder);
    while follower.step() {}
    assert!(follower.write_down());
    let query = Query { order: Order::Oldest, limit: 10_000, ..Query::default() };
    let mut events = Vec::new();
    let mut page = rest.events.search(&query).unwrap();
    loop {
        events.append(&mut page.found);
        let Some(after) = page.next else { break };
        page = rest.events.search(&Query { after: Some(after), ..query.clone() }).unwrap();
    }
    let state = follower.keep.state();
    let mut rows = BTreeMap::new();
    for (id, tenant) in follower.fold.engine.tenants() {
        for index in 0..tenant.signatures() as u32 {
            let index = engine::signature::SignatureIndex(index);
            let Some(kind) = tenant.kind(index) else { continue };
            let (row, bands) = (
                state.signature(id, kind.signature.id).unwrap(),
                state.bands(id, kind.signature.id).unwrap(),
            );
            assert!(row.is_some(), "{kind:?}");
            rows.insert(format!("{id} {}", kind.signature.id), format!("{row:?} {bands:?}"));
        }
    }
    let candidates = CandidateQuery { limit: 1_000, ..CandidateQuery::default() };
    for row in state.candidates(&candidates).unwrap() {
        rows.insert(row.id.to_string(), format!("{:?} {:?}", row.candidate_type, row.opened_at));
    }
    let raised = state.raised(&query).unwrap();
    rows.insert("raised".to_owned(), format!("{:?}", raised.found));
    for row in state.sources().unwrap() {
        rows.insert(row.id.to_string(), format!("{row:?}"));
    }
    let mut digests = BTreeMap::new();
    for tenant in ["acme", "beta"] {
        for file in fs::read_dir(folder.join("digests").join(tenant)).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            digests.insert(format!("{tenant}/{name}"), fs::read(&path).unwrap());
        }
    }
    let engine = follower.fold.engine.snapshot();
    let health = follower.fold.health.clone();
    All { engine, health, events, rows, sums: state.sums().unwrap(), digests }
}

#[test]
fn ended_anywhere_the_state_comes_to_the_same() {
    let (calm, rough) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let records = fill(calm.path());
    fs::create_dir(rough.path().join("spool")).unwrap();
    for file in fs::read_dir(calm.path().join("spool")).unwrap() {
        let path = file.unwrap().path();
        fs::copy(&path, rough.path().join("spool").join(path.file_name().unwrap())).unwrap();
    }
    let expected = all(calm.path());
    assert!(expected.sums["delivered_again"] > 100, "{:?}", expected.sums);
    assert_eq!(expected.sums["lines"] + expected.sums["delivered_again"] + 12 * 720, records);
    assert!(expected.digests.len() >= 60, "{}", expected.digests.len());
    assert!(expected.rows.keys().any(|key| key.starts_with("cand_")), "{:?}", expected.rows.keys());

    let mut draw = Draw(7);
    let mut ends = 0;
    loop {
        let (mut follower, _rest) = open(rough.path());
        let steps = draw.below(30);
        // As by kill -9: what is in memory is gone.
        if !(0..=steps).all(|_| follower.step()) {
            break;
        }
        // A crash now and then before anything of a start was written would never come to an end.
        if draw.below(3) == 0 {
            (0..3).for_each(|_| {
                let _ = follower.step();
            });
        }
        ends += 1;
        assert!(ends < 400, "it does not come to an end");
    }
    assert!(ends >= 3, "{ends}");
    // As by a power cut: blocks of events are not synced one by one.
    lose_latest_events(rough.path());
    let found = all(rough.path());
    assert_eq!(found.events.len(), expected.events.len());
    assert!(found.events == expected.events, "events");
    assert_eq!(found.sums, expected.sums);
    for (key, row) in &expected.rows {
        assert_eq!(found.rows.get(key), Some(row), "{key}");
    }
    assert!(found.rows == expected.rows && found.digests == expected.digests, "rows, digests");
    assert!(found.engine == expected.engine, "the engine's snapshot");
    assert!(found.health == expected.health, "how the sources fare");
    let seqs = found.events.windows(2).filter(|pair| pair[0].seq == pair[1].seq).count();
    assert_eq!(seqs, 0, "an event twice");
}

fn lose_latest_events(folder: &Path) {
    let files = fs::read_dir(folder.join("events")).unwrap().map(|file| file.unwrap().path());
    if let Some(latest) = files.max() {
        let file = fs::File::options().write(true).open(&latest).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    }
}

#[test]
fn the_state_is_made_again_from_the_spool_alone() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let expected = all(folder.path());
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    let found = all(folder.path());
    assert!(found.engine == expected.engine && found.rows == expected.rows);
    assert!(found.events == expected.events, "the events, that were there already, once");
    // And the events from the rest, though the state covers them.
    fs::remove_dir_all(folder.path().join("events")).unwrap();
    let found = all(folder.path());
    assert!(found.engine == expected.engine && found.rows == expected.rows);
    assert!(found.events == expected.events && found.sums == expected.sums);
}

/// Fails where a test wants it to: a text says where.
pub(super) fn fail_at(place: &str, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    assert!(!text.contains(&format!("fail in the {place}")), "injected: {text}");
}

/// What is searched and known at the end of a spool, and how many records were set apart on the way.
fn seen(folder: &Path) -> (Vec<u8>, Vec<String>, u64) {
    let (mut follower, rest) = open(folder);
    while follower.step() {}
    assert!(follower.write_down());
    let query = Query { order: Order::Oldest, limit: 10_000, ..Query::default() };
    let found = rest.events.search(&query).unwrap().found;
    let texts = found.into_iter().map(|found| found.text).collect();
    (follower.fold.engine.snapshot(), texts, rest.quarantine.new_ones())
}

#[test]
fn what_makes_the_program_fail_is_set_apart() {
    let folder = tempfile::tempdir().unwrap();
    let start = Timestamp::parse_absolute("2026-03-02T00:00:00Z", 0).unwrap();
    let (a, b) = (origin("a", "acme", Transport::Tcp), origin("b", "beta", Transport::File));
    let mut lost = 0;
    {
        let stores = Stores::open(folder.path(), start).unwrap();
        let mut batch = Batch::new();
        for n in 0..6_000_u64 {
            let facts = Facts::received(start + Span::from_secs(n as i64));
            let text = match n {
                100 | 3_000 => "fail in the sheet".to_owned(),
                1_500 | 4_200 => format!("n={n} fail in the fold"),
                // A sender of nothing else: the others are not held up.
                n if n > 5_000 && n % 10 == 0 => "fail in the sheet again".to_owned(),
                n => format!("n={n} all is well"),
            };
            lost += u64::from(text.contains("fail in"));
            let (origin, peer) = match n {
                n if n > 5_000 && n % 10 == 0 => (&a, "192.0.2.66"),
                n if n % 2 == 0 => (&a, "192.0.2.7"),
                _ => (&b, ""),
            };
            batch.push(origin, peer, facts, text.as_bytes()).unwrap();
            if batch.len() == 500 {
                stores.spool.append(std::mem::take(&mut batch)).unwrap().wait().unwrap();
            }
        }
        // The clock shows that the last line is complete.
        let facts = Facts { kind: Kind::Tick, ..Facts::received(start + Span::from_secs(6_010)) };
        batch.push(&a, "", facts, b"").unwrap();
        stores.spool.append(batch).unwrap().wait().unwrap();
    }
    let (engine, texts, set_apart) = seen(folder.path());
    assert_eq!(set_apart, lost);
    assert_eq!(texts.len() as u64, 6_000 - lost, "all others, once");
    assert!(texts.iter().all(|text| text.ends_with("all is well")));
    let written = fs::read_to_string(folder.path().join("quarantine.ndjson")).unwrap();
    assert_eq!(written.lines().count() as u64, lost);
    assert!(written.contains("injected: n=1500 fail in the fold"), "the reason is kept");

    // It does not come back with the next start, nor where all is read again.
    let (again, same, set_apart) = seen(folder.path());
    assert!(again == engine && same == texts && set_apart == 0);
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    let (anew, same, set_apart) = seen(folder.path());
    assert!(anew == engine && same == texts);
    assert_eq!(set_apart, 0, "what is known is left out and not tried");
}

#[test]
fn events_of_raised_bands_find_no_room_but_evidence_of_open_candidates_stays() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let shared = Arc::new(Shared::default());
    let (mut follower, mut rest) = open_with(folder.path(), &shared);
    let seqs = |follower: &Follower| -> BTreeSet<Seq> {
        let query = Query { limit: 10_000, ..Query::default() };
        let page = follower.keep.state().raised(&query).unwrap();
        page.found.iter().map(|found| found.seq).collect()
    };
    let retention = Retention { raised_bytes: 1, ..Retention::default() };
    let (spool, events) = (Arc::clone(&rest.spool), Arc::clone(&rest.events));
    let memory = rest.memory.take().unwrap();
    let retention = Arc::new(Mutex::new(retention));
    let mut house =
        House::new(&rest.folder, retention, spool, events, memory, Arc::clone(&shared)).unwrap();
    let now = Timestamp::parse_absolute("2026-03-14T00:00:00Z", 0).unwrap();
    assert_eq!(house.round(now).unwrap().raised_by_size, 0, "nothing is published yet");
    while follower.step() {}
    assert!(follower.write_down());
    let before = seqs(&follower);

    // Two stories with evidence among them, one of which is over.
    let mut state = SqliteState::open_again(&folder.path().join("state.db")).unwrap();
    let mut memory = SqliteMemory::open(&folder.path().join("memory.db")).unwrap();
    let any = CandidateQuery { limit: 1, ..CandidateQuery::default() };
    let row = state.candidates(&any).unwrap().remove(0);
    let place = state.checkpoint().unwrap().unwrap();
    let mut delta = Delta::at(Checkpoint { next: Seq(place.next.0 + 1), ..place });
    let mut evidence = Vec::new();
    for (name, closed_at) in [("open", None), ("over", Some(now))] {
        let id = crate::invented::candidate(name);
        delta.candidates.push(CandidateRow { id, closed_at, ..row.clone() });
        let seqs: Vec<Seq> = before.iter().copied().skip(evidence.len()).step_by(9).collect();
        memory.pin(&id.to_string(), &seqs).unwrap();
        evidence.push(seqs);
    }
    state.commit(&delta).unwrap();

    let round = house.round(now).unwrap();
    let kept: BTreeSet<Seq> = evidence[0].iter().copied().collect();
    assert!(kept.len() > 5 && kept.len() < before.len(), "{} {}", kept.len(), before.len());
    assert_eq!(seqs(&follower), kept, "the evidence of the open one, and nothing else");
    assert_eq!(round.raised_by_size as usize, before.len() - kept.len());
    assert_eq!(round.raised_kept as usize, kept.len());
}

/// A state folder that took in so many records, and the names of its first segment and first file of events.
fn small(folder: &Path, records: u64) -> (PathBuf, PathBuf) {
    let start = Timestamp::parse_absolute("2026-03-02T00:00:00Z", 0).unwrap();
    let origin = origin("a", "acme", Transport::Tcp);
    {
        let stores = Stores::open(folder, start).unwrap();
        for from in (0..records).step_by(100) {
            let mut batch = Batch::new();
            for n in from..from + 100 {
                let facts = Facts::received(start + Span::from_secs(n as i64));
                let text =
                    format!("<14>Mar  2 00:00:00 web1 app[7]: order {n} of {} is well", n * 7_919);
                batch.push(&origin, "", facts, text.as_bytes()).unwrap();
            }
            stores.spool.append(batch).unwrap().wait().unwrap();
        }
        let at = start + Span::from_secs(records as i64 + 10);
        let mut batch = Batch::new();
        let facts = Facts { kind: Kind::Tick, ..Facts::received(at) };
        batch.push(&origin, "", facts, b"").unwrap();
        stores.spool.append(batch).unwrap().wait().unwrap();
    }
    let (_, texts, _) = seen(folder);
    assert_eq!(texts.len() as u64, records);
    let first = |name: &str| {
        let files = fs::read_dir(folder.join(name)).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|end| end == "seg" || end == "evt")).min()
    };
    (first("spool").unwrap(), first("events").unwrap())
}

fn is_told(notes: &[String], what: &str) -> bool {
    notes.iter().any(|note| note.contains(what))
}

/// Raw records go; what was made of them stays, and what is gone is told and counted.
#[test]
fn raw_records_that_are_gone_are_told_and_the_rest_is_kept() {
    type Harm = fn(&Path);
    let half: Harm = |segment| {
        let file = fs::File::options().write(true).open(segment).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    };
    let gone: Harm = |segment| fs::remove_file(segment).unwrap();
    let empty: Harm = |segment| drop(fs::File::create(segment).unwrap());
    let all_of_it: Harm = |segment| fs::remove_dir_all(segment.parent().unwrap()).unwrap();
    for harm in [half, gone, empty, all_of_it] {
        let folder = tempfile::tempdir().unwrap();
        let (segment, _) = small(folder.path(), 3_000);
        harm(&segment);
        let stores = Stores::open(folder.path(), Timestamp::default()).unwrap();
        let lost = stores.spool.opened().counts.lost_records;
        assert!(lost > 100, "{lost}");
        let told = format!("up to {lost} raw records that were acknowledged are gone");
        assert!(is_told(&stores.notes, &told), "{:?}", stores.notes);
        assert!(!is_told(&stores.notes, "nothing in them was acknowledged"), "{:?}", stores.notes);
        assert!(stores.spool.status().next >= Seq(3_000), "a number is given again");
        drop(stores);
        let (mut follower, rest) = open(folder.path());
        while follower.step() {}
        let query = Query { limit: 10_000, ..Query::default() };
        assert_eq!(rest.events.search(&query).unwrap().found.len(), 3_000);
    }
}

/// A damaged block of events is made again, as the records are there.
#[test]
fn damaged_events_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_, events) = small(folder.path(), 3_000);
    let mut bytes = fs::read(&events).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 256].fill(0xde);
    fs::write(&events, bytes).unwrap();
    let stores = Stores::open(folder.path(), Timestamp::default()).unwrap();
    assert!(is_told(&stores.notes, "stored events were damaged"), "{:?}", stores.notes);
    drop(stores);
    assert_eq!(seen(folder.path()).1.len(), 3_000);
}

/// What people judged follows from nothing: it is not made anew without a word.
#[test]
fn a_memory_that_is_gone_or_damaged_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path(), 100);
    let memory = folder.path().join("memory.db");
    fs::remove_file(&memory).unwrap();
    let stores = Stores::open(folder.path(), Timestamp::default()).unwrap();
    assert!(is_told(&stores.notes, "memory.db is gone"), "{:?}", stores.notes);
    drop(stores);
    let stores = Stores::open(folder.path(), Timestamp::default()).unwrap();
    assert!(!is_told(&stores.notes, "memory.db"), "{:?}", stores.notes);
    drop(stores);
    let mut bytes = fs::read(&memory).unwrap();
    bytes[..256].fill(0xde);
    fs::write(&memory, bytes).unwrap();
    let refused = Stores::open(folder.path(), Timestamp::default()).err().unwrap();
    let refused = format!("{refused:#}");
    assert!(refused.contains("memory.db") && refused.contains("backup"), "{refused}");
}

#[test]
fn what_was_logged_is_open_to_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("state");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let stores = Stores::open(&folder, Timestamp::default()).unwrap();
    assert_eq!((mode(&folder), mode(&folder.join("spool"))), (0o700, 0o700));
    assert!(!is_told(&stores.notes, "chmod 700"), "{:?}", stores.notes);
    drop(stores);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let stores = Stores::open(&folder, Timestamp::default()).unwrap();
    assert!(is_told(&stores.notes, "chmod 700"), "{:?}", stores.notes);
}
