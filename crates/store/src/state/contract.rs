//! What every backend must do, as functions over the traits: each backend's tests call them with a way to open
//! it, and to open it again after the program ended.
//!
//! They panic where a promise is broken. Opening again must give what was committed.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "they are tests")]

use super::types::{
    AuditLine, BandRow, CandidateQuery, CandidateRow, Checkpoint, Committed, Delta, Entry,
    EntryKind, EntryQuery, RaisedLimit, SignatureRow, Snapshot, SourceRow, StateError,
};
use super::{MemoryStore, StateStore};
use crate::spool::Epoch;
use model::search::{Found, Order, Query, Text};
use model::{
    Band, BandChange, CandidateId, CandidateType, Seq, Severity, SignatureId, SourceId, TenantId,
    Timestamp,
};

const EPOCH: Epoch = Epoch([3; 16]);

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_790_000_000 + secs)
}

fn place(next: u64) -> Checkpoint {
    Checkpoint { epoch: EPOCH, next: Seq(next) }
}

fn signature(n: u64, count: u64) -> SignatureRow {
    SignatureRow {
        tenant: TenantId::new("acme"),
        id: SignatureId::derive(&[&n.to_le_bytes()]),
        service: "db".to_owned(),
        template: format!("checkpoint {n} took <*>"),
        band: Band::Watch,
        first_seen: at(0),
        last_seen: at(count as i64),
        count,
    }
}

fn candidate(n: i64, band: Band) -> CandidateRow {
    CandidateRow {
        id: CandidateId::derive(&[&n.to_le_bytes()]),
        tenant: TenantId::new(if n % 3 == 0 { "beta" } else { "acme" }),
        candidate_type: CandidateType::ALL[n as usize % CandidateType::ALL.len()],
        band,
        opened_at: at(n / 2),
        updated_at: at(n + 1),
        closed_at: (n % 4 == 0).then(|| at(n + 100)),
        outcome: (n % 4 == 0).then(|| "healed".to_owned()),
        score: n as f64 / 100.0,
        title: format!("title {n}"),
        item: "{}".to_owned(),
    }
}

fn raised(n: u64) -> Found {
    let texts =
        ["Link DOWN on eth0", "disk-full: /var/log", "reset by peer 10.0.0.7", "tail Éclair 5"];
    Found {
        seq: Seq(n),
        at: at((n / 2) as i64),
        tenant_id: TenantId::new(if n.is_multiple_of(3) { "beta" } else { "acme" }),
        host: format!("host{}", n % 5),
        service: if n.is_multiple_of(7) { String::new() } else { "net".to_owned() },
        severity: Severity::from_number((n % 9) as u8),
        signature_id: SignatureId::derive(&[&(n % 4).to_le_bytes()]),
        text: format!("{} n{}", texts[n as usize % 4], n % 10),
    }
}

/// All promises of a state store. `open` opens the same state each time.
pub fn state<S: StateStore>(mut open: impl FnMut() -> S) {
    commits_are_whole_and_in_order(&mut open);
    rows_come_back(&mut open);
    candidates_are_found(&mut open);
    raised_events_are_found(&mut open);
    snapshots_have_a_format(&mut open);
    another_spool_is_refused(&mut open);
}

fn commits_are_whole_and_in_order<S: StateStore>(open: &mut impl FnMut() -> S) {
    let mut store = open();
    store.reset().unwrap();
    assert_eq!(store.checkpoint().unwrap(), None);
    let mut delta = Delta::at(place(100));
    delta.signatures.push(signature(1, 5));
    delta.sums.push(("expired".to_owned(), 7));
    assert_eq!(store.commit(&delta).unwrap(), Committed::Written);
    assert_eq!(store.tenants().unwrap(), [delta.signatures[0].tenant.clone()]);
    // The same again, and what was before it, change nothing.
    assert_eq!(store.commit(&delta).unwrap(), Committed::Skipped);
    delta.checkpoint = place(99);
    assert_eq!(store.commit(&delta).unwrap(), Committed::Skipped);
    assert_eq!(store.sums().unwrap()["expired"], 7);
    delta.checkpoint = place(101);
    assert_eq!(store.commit(&delta).unwrap(), Committed::Written);
    drop(store);
    let store = open();
    assert_eq!(store.checkpoint().unwrap(), Some(place(101)));
    assert_eq!(store.sums().unwrap()["expired"], 14);
}

fn rows_come_back<S: StateStore>(open: &mut impl FnMut() -> S) {
    let mut store = open();
    store.reset().unwrap();
    let tenant = TenantId::new("acme");
    let change = |secs, from, to| BandChange { at: at(secs), from, to, reason: format!("r{secs}") };
    let changes = [change(1, Band::Background, Band::Watch), change(2, Band::Watch, Band::Promote)];
    let source = |n: i64, cursor: Option<&str>| SourceRow {
        id: SourceId::new(format!("file/{n}")),
        tenant: tenant.clone(),
        last_event: (n > 0).then(|| at(n)),
        cursor: cursor.map(str::to_owned),
        health: "{\"state\":\"ok\"}".to_owned(),
    };
    for (n, change) in changes.iter().enumerate() {
        let mut delta = Delta::at(place(n as u64 + 1));
        delta.signatures = vec![signature(1, n as u64), signature(2, 9)];
        let id = signature(1, 0).id;
        delta.bands.push(BandRow { tenant: tenant.clone(), id, change: change.clone() });
        delta.sources = vec![source(0, None), source(5, Some(["a", "b"][n]))];
        store.commit(&delta).unwrap();
    }
    drop(store);
    let store = open();
    let id = signature(1, 0).id;
    assert_eq!(store.signature(&tenant, id).unwrap(), Some(signature(1, 1)));
    assert_eq!(store.bands(&tenant, id).unwrap(), changes);
    assert_eq!(store.sources().unwrap(), [source(0, None), source(5, Some("b"))]);
    let other = TenantId::new("beta");
    assert_eq!(store.signature(&other, id).unwrap(), None);
    assert_eq!(store.bands(&other, id).unwrap(), []);
}

fn candidates_are_found<S: StateStore>(open: &mut impl FnMut() -> S) {
    let mut store = open();
    store.reset().unwrap();
    let bands = [Band::Watch, Band::Investigate, Band::Promote];
    let mut all: Vec<CandidateRow> = (0..40).map(|n| candidate(n, bands[n as usize % 3])).collect();
    let mut delta = Delta::at(place(1));
    delta.candidates = all.clone();
    store.commit(&delta).unwrap();
    // One of them changes.
    all[7].band = Band::Promote;
    all[7].title = "another".to_owned();
    let mut delta = Delta::at(place(2));
    delta.candidates = vec![all[7].clone()];
    store.commit(&delta).unwrap();
    assert_eq!(store.candidate(all[7].id).unwrap().as_ref(), Some(&all[7]));
    assert_eq!(store.candidate(CandidateId::derive(&[b"none"])).unwrap(), None);
    all.sort_by_key(|row| std::cmp::Reverse((row.opened_at, row.id)));
    let plain = || CandidateQuery { limit: 1_000, ..CandidateQuery::default() };
    let queries = [
        plain(),
        CandidateQuery { tenant: Some(TenantId::new("beta")), open: Some(true), ..plain() },
        CandidateQuery { bands: vec![Band::Promote, Band::Watch], open: Some(false), ..plain() },
        CandidateQuery { types: vec![CandidateType::Burst, CandidateType::Crash], ..plain() },
        CandidateQuery { from: Some(at(3)), until: Some(at(9)), ..plain() },
        CandidateQuery { tenant: Some(TenantId::new("nobody")), ..plain() },
    ];
    for query in queries {
        let wanted = |row: &&CandidateRow| {
            query.tenant.as_ref().is_none_or(|tenant| *tenant == row.tenant)
                && (query.bands.is_empty() || query.bands.contains(&row.band))
                && (query.types.is_empty() || query.types.contains(&row.candidate_type))
                && query.open.is_none_or(|open| open == row.closed_at.is_none())
                && query.from.is_none_or(|from| row.opened_at >= from)
                && query.until.is_none_or(|until| row.opened_at < until)
        };
        let expected: Vec<CandidateRow> = all.iter().filter(wanted).cloned().collect();
        assert_eq!(store.candidates(&query).unwrap(), expected, "{query:?}");
        let (mut paged, mut page) = (Vec::new(), CandidateQuery { limit: 3, ..query });
        loop {
            let rows = store.candidates(&page).unwrap();
            let Some(last) = rows.last() else { break };
            page.after = Some((last.opened_at, last.id));
            paged.extend(rows);
        }
        assert_eq!(paged, expected);
    }
}

fn raised_events_are_found<S: StateStore>(open: &mut impl FnMut() -> S) {
    let mut store = open();
    store.reset().unwrap();
    let all: Vec<Found> = (0..60).map(raised).collect();
    for (n, half) in all.chunks(30).enumerate() {
        let mut delta = Delta::at(place(n as u64 + 1));
        delta.raised = half.to_vec();
        store.commit(&delta).unwrap();
    }
    let texts = [
        "",
        "down",
        "DOWN eth*",
        "\"th0\"",
        "disk-full",
        "10.0.0.7",
        "éclair",
        "n1",
        "OR",
        "\"",
        "a*b",
        "- /var",
    ];
    let queries = texts.iter().map(|text| Query { text: Text::parse(text), ..Query::default() });
    let by_fields = [
        Query { tenant: Some(TenantId::new("beta")), ..Query::default() },
        Query { hosts: vec!["host1".into(), "host4".into()], ..Query::default() },
        Query { services: vec![String::new()], ..Query::default() },
        Query { severity: Some(Severity::Error), order: Order::Oldest, ..Query::default() },
        Query { from: Some(at(3)), until: Some(at(17)), order: Order::Oldest, ..Query::default() },
        Query { signatures: vec![raised(2).signature_id], ..Query::default() },
    ];
    for query in queries.chain(by_fields) {
        let mut expected = all.clone();
        expected.retain(|found| {
            let any = |wanted: &[String], name| wanted.is_empty() || wanted.contains(name);
            query.tenant.as_ref().is_none_or(|tenant| *tenant == found.tenant_id)
                && any(&query.hosts, &found.host)
                && any(&query.services, &found.service)
                && query
                    .severity
                    .is_none_or(|least| found.severity.is_some_and(|s| s.is_at_least(least)))
                && query.from.is_none_or(|from| found.at >= from)
                && query.until.is_none_or(|until| found.at < until)
                && (query.signatures.is_empty() || query.signatures.contains(&found.signature_id))
                && crate::events::says_all(&found.text, &query.text)
        });
        expected.sort_by_key(Found::place);
        if query.order == Order::Newest {
            expected.reverse();
        }
        let (mut found, mut query) = (Vec::new(), Query { limit: 7, ..query });
        loop {
            let page = store.raised(&query).unwrap();
            found.extend(page.found);
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        assert_eq!(found, expected, "{query:?}");
    }
    let ample = RaisedLimit { before: at(10), bytes_max: 1 << 30 };
    let kept = store.bound_raised(ample, &[Seq(4)].into()).unwrap();
    assert_eq!((kept.by_age, kept.by_size, kept.rows), (19, 0, 41));
    let query = Query { text: Text::parse("down"), limit: 100, ..Query::default() };
    let found = store.raised(&query).unwrap().found;
    assert!(found.iter().all(|found| found.at >= at(10) || found.seq == Seq(4)), "{found:?}");
    assert!(found.iter().any(|found| found.seq == Seq(4)), "what is held stays: {found:?}");
}

fn snapshots_have_a_format<S: StateStore>(open: &mut impl FnMut() -> S) {
    let mut store = open();
    store.reset().unwrap();
    assert_eq!(store.snapshot(8).unwrap(), None);
    let snapshot =
        Snapshot { format: 8, next: Seq(40), bytes: (0..100_000).map(|n| n as u8).collect() };
    let mut delta = Delta::at(place(40));
    delta.snapshot = Some(snapshot.clone());
    store.commit(&delta).unwrap();
    store.commit(&Delta::at(place(55))).unwrap();
    drop(store);
    let mut store = open();
    assert_eq!(store.snapshot(8).unwrap(), Some(snapshot));
    // Of another format: the records are read again.
    assert_eq!(store.snapshot(9).unwrap(), None);
    store.reset().unwrap();
    assert_eq!(store.snapshot(8).unwrap(), None);
}

fn another_spool_is_refused<S: StateStore>(open: &mut impl FnMut() -> S) {
    let mut store = open();
    store.reset().unwrap();
    store.commit(&Delta::at(place(9))).unwrap();
    let other = Checkpoint { epoch: Epoch([4; 16]), next: Seq(50) };
    let refused = store.commit(&Delta::at(other));
    assert!(matches!(refused, Err(StateError::OtherSpool { .. })));
    assert_eq!(store.checkpoint().unwrap(), Some(place(9)));
    store.reset().unwrap();
    assert_eq!(store.commit(&Delta::at(other)).unwrap(), Committed::Written);
}

fn entry(kind: EntryKind, id: &str, secs: i64, title: &str) -> Entry {
    Entry {
        kind,
        id: id.to_owned(),
        tenant: TenantId::new("acme"),
        at: at(secs),
        subject: Some(format!("cand_{}", id.len())),
        title: title.to_owned(),
        body: "{\"n\":1}".to_owned(),
    }
}

fn line(secs: i64, action: &str) -> AuditLine {
    AuditLine {
        at: at(secs),
        actor: "ann".to_owned(),
        action: action.to_owned(),
        target: "x".to_owned(),
        detail: "{}".to_owned(),
    }
}

/// All promises of a memory store. `open` opens the same memory each time; it is empty at first.
pub fn memory<M: MemoryStore>(mut open: impl FnMut() -> M) {
    let mut store = open();
    let first = entry(EntryKind::Incident, "inc_1", 1, "link down");
    let second =
        Entry { title: "link down, switch replaced".to_owned(), at: at(5), ..first.clone() };
    let review = entry(EntryKind::Review, "rev_10", 3, "useful");
    store.put(&first, &line(1, "incident opened")).unwrap();
    store.put(&review, &line(3, "review recorded")).unwrap();
    store.put(&second, &line(5, "incident changed")).unwrap();
    store.audit(&line(6, "token made")).unwrap();
    drop(store);
    let mut store = open();
    assert_eq!(store.get(EntryKind::Incident, "inc_1").unwrap(), Some(second.clone()));
    assert_eq!(store.get(EntryKind::Lesson, "inc_1").unwrap(), None);
    assert_eq!(store.versions(EntryKind::Incident, "inc_1").unwrap(), [first, second.clone()]);
    let all = EntryQuery { limit: 10, ..EntryQuery::default() };
    assert_eq!(store.list(&all).unwrap(), [second.clone(), review.clone()]);
    assert_eq!(store.list(&EntryQuery { limit: 1, ..all.clone() }).unwrap(), [second]);
    let about = EntryQuery { subject: Some("cand_6".to_owned()), ..all.clone() };
    assert_eq!(store.list(&about).unwrap(), [review]);
    let kind = EntryQuery { kind: Some(EntryKind::Runbook), ..all.clone() };
    assert_eq!(store.list(&kind).unwrap(), []);
    let other = EntryQuery { tenant: Some(TenantId::new("beta")), ..all };
    assert_eq!(store.list(&other).unwrap(), []);
    let trail = store.trail(0, 100).unwrap();
    let actions: Vec<&str> = trail.iter().map(|row| &*row.line.action).collect();
    assert_eq!(actions, ["incident opened", "review recorded", "incident changed", "token made"]);
    assert_eq!(store.trail(3, 100).unwrap(), trail[3..]);
    assert_eq!(store.first_broken().unwrap(), None);

    let seqs = |numbers: &[u64]| numbers.iter().copied().map(Seq).collect::<Vec<_>>();
    store.pin("cand_a", &seqs(&[5, 6, 7, 90])).unwrap();
    store.pin("inc_b", &seqs(&[7, 8, 200])).unwrap();
    store.pin("inc_b", &seqs(&[8])).unwrap();
    let ranges = [Seq(5)..=Seq(8), Seq(90)..=Seq(90), Seq(200)..=Seq(200)];
    assert_eq!(store.pinned().unwrap(), ranges);
    let owners = store.owners(Seq(0)..=Seq(99)).unwrap();
    let expected =
        [("cand_a".to_owned(), seqs(&[5, 6, 7, 90])), ("inc_b".to_owned(), seqs(&[7, 8]))];
    assert_eq!(owners, expected);
    store.packed("cand_a", &seqs(&[5, 6, 7]), "p1").unwrap();
    store.packed("cand_a", &seqs(&[90]), "p2").unwrap();
    drop(store);
    let store = open();
    assert_eq!(store.pinned().unwrap(), [Seq(7)..=Seq(8), Seq(200)..=Seq(200)]);
    let packs = [("p1".to_owned(), seqs(&[5, 6, 7])), ("p2".to_owned(), seqs(&[90]))];
    assert_eq!(store.pinned_for("cand_a").unwrap(), seqs(&[5, 6, 7, 90]), "packed or not");
    assert_eq!(store.pinned_for("cand_x").unwrap(), []);
    assert_eq!(store.packs("cand_a").unwrap(), packs);
    assert_eq!(store.owners(Seq(0)..=Seq(u64::MAX)).unwrap().len(), 1);
}
