//! What stands behind the API in tests and in the example: an intake that keeps what it takes, and views of invented
//! clients.

use crate::cases;
use model::intake::{Answer, Batch, Intake, Kind, OnAnswer, Receipt, Returned, Why};
use model::port::{EventSearch, StoreError};
use model::search::{Facets, Found, Order, Page, Query, Scan};
use model::*;
use outputs::rest::status::{
    EngineStatus, IntakeStatus, OfClient, RaisedStatus, SourceState, SourceStatus, SpoolStatus,
    State, Status,
};
use outputs::rest::{
    Api, Created, DeadLetters, Explained, Grant, KeptLetter, Letter, Recognise, Records, Scope,
    Settings, Tenants, TokenHash, TokenList, Views,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A token for everything.
pub(crate) const ALL: &str = "all-0123456789abcdef";
/// A token to hand in events of `acme`.
pub(crate) const ACME_INGEST: &str = "acme-ingest-0123456789";
/// A token to read what is of `acme`.
pub(crate) const ACME_READ: &str = "acme-read-0123456789";
/// A token for `acme` and `globex`.
pub(crate) const TWO: &str = "two-0123456789abcdef";

/// One record as the fake keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) seq: Seq,
    pub(crate) origin: Arc<Origin>,
    pub(crate) peer: String,
    pub(crate) cursor: Cursor,
    pub(crate) received_at: Timestamp,
    pub(crate) payload: Vec<u8>,
}

/// Takes everything at once, and can be told not to.
#[derive(Default)]
pub(crate) struct FakeIntake {
    pub(crate) kept: Mutex<Vec<Kept>>,
    /// Keep nothing but counts: for load.
    pub(crate) counts_only: bool,
    pub(crate) next: AtomicU64,
    /// What to answer instead of taking.
    pub(crate) refuse: Mutex<Option<Why>>,
    /// Take so many batches before refusing.
    pub(crate) take_first: AtomicU64,
    /// Take, and tell later that it failed.
    pub(crate) fail_later: AtomicBool,
    pub(crate) batches: AtomicU64,
}

impl FakeIntake {
    pub(crate) fn payloads(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap();
        kept.iter().map(|kept| String::from_utf8_lossy(&kept.payload).into_owned()).collect()
    }
}

impl Intake for FakeIntake {
    fn append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        self.try_append_then(batch, done)
    }

    fn try_append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        let refused = self.refuse.lock().unwrap().clone();
        if let Some(why) = refused
            && self
                .take_first
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                .is_err()
        {
            return Err(Box::new(Returned { batch, why }));
        }
        assert!(batch.is_urgent(), "somebody waits for the answer");
        assert!(!batch.is_empty(), "an empty batch has no numbers");
        self.batches.fetch_add(1, Ordering::SeqCst);
        if self.fail_later.load(Ordering::SeqCst) {
            let why = Why::Failed("the disk is on fire".into());
            done(Err(Box::new(Returned { batch, why })));
            return Ok(());
        }
        let count = batch.len() as u64;
        let first = self.next.fetch_add(count, Ordering::SeqCst);
        if !self.counts_only {
            let mut kept = self.kept.lock().unwrap();
            for (place, (origin, peer, facts, payload)) in batch.records().enumerate() {
                assert_eq!(facts.kind, Kind::Raw);
                kept.push(Kept {
                    seq: Seq(first + place as u64),
                    origin: Arc::clone(origin),
                    peer: peer.to_owned(),
                    cursor: facts.cursor,
                    received_at: facts.received_at,
                    payload: payload.to_vec(),
                });
            }
        }
        let answer: Answer = Ok(Receipt { first: Seq(first), last: Seq(first + count - 1) });
        done(answer);
        Ok(())
    }

    fn wait_writable(&self, _: Duration) -> bool {
        self.refuse.lock().unwrap().is_none()
    }
}

pub(crate) struct FakeRecognise;

impl Recognise for FakeRecognise {
    fn signature(&self, envelope: &Envelope<'_>) -> SignatureId {
        SignatureId::derive(&[envelope.origin.source_type.as_bytes()])
    }
}

/// Views of two invented clients.
pub(crate) struct FakeViews {
    pub(crate) status: Mutex<Status>,
    /// What the engine has seen.
    pub(crate) position: AtomicU64,
    /// Questions that would need the engine do not come back.
    pub(crate) stuck: AtomicBool,
    items: Vec<Arc<Item>>,
}

pub(crate) fn now() -> Timestamp {
    cases::at("2026-11-20T09:00:00Z")
}

impl FakeViews {
    pub(crate) fn new() -> FakeViews {
        FakeViews {
            status: Mutex::new(status()),
            position: AtomicU64::new(u64::MAX),
            stuck: AtomicBool::new(false),
            items: items(),
        }
    }

    fn wait_while_stuck(&self) {
        while self.stuck.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Candidates of the two clients.
fn items() -> Vec<Arc<Item>> {
    let mut items = BTreeMap::new();
    for name in ["vpn_self_heal", "ended_badly", "storm_day", "hostile_text"] {
        for item in cases::case(name).digest.items {
            items.entry(item.candidate_id).or_insert_with(|| Arc::new(item));
        }
    }
    items.into_values().collect()
}

/// The explanation of a candidate of each of the two clients.
fn explanations() -> Vec<(TenantId, Explanation)> {
    ["vpn_self_heal", "ended_badly", "hostile_text"]
        .into_iter()
        .map(cases::case)
        .filter_map(|case| Some((case.digest.tenant_id, case.explanation?)))
        .collect()
}

impl Views for FakeViews {
    fn status(&self) -> Status {
        self.status.lock().unwrap().clone()
    }

    fn position(&self) -> Seq {
        Seq(self.position.load(Ordering::SeqCst))
    }

    fn created(&self, first: Seq, last: Seq) -> Option<Created> {
        let signatures = u64::from(first.0 == 0);
        (self.position() > last).then_some(Created { signatures, candidates: 0 })
    }

    fn candidates_about(&self, tenant: &TenantId, _: SignatureId) -> Vec<CandidateId> {
        let items = self.candidates(Some(tenant)).unwrap_or_default();
        items.iter().take(1).map(|item| item.candidate_id).collect()
    }

    fn tenants(&self) -> Vec<TenantId> {
        ["acme", "globex"].map(TenantId::new).into()
    }

    fn candidates(&self, tenant: Option<&TenantId>) -> Result<Vec<Arc<Item>>, StoreError> {
        self.wait_while_stuck();
        let of = |item: &Arc<Item>| tenant.is_none_or(|t| t.as_str() == item.place.tenant_id);
        Ok(self.items.iter().filter(|item| of(item)).cloned().collect())
    }

    fn explain(&self, candidate: CandidateId) -> Result<Option<Explained>, StoreError> {
        self.wait_while_stuck();
        Ok(explanations().into_iter().find_map(|(tenant_id, explanation)| {
            let id = explanation.item.as_ref()?.candidate_id;
            (id == candidate).then_some(Explained { tenant_id, explanation, signatures: vec![] })
        }))
    }

    fn digest(
        &self,
        tenant: &TenantId,
        since: Option<Timestamp>,
    ) -> Result<Option<Digest>, StoreError> {
        self.wait_while_stuck();
        let case = match tenant.as_str() {
            "acme" => "vpn_self_heal",
            "globex" => "quiet_day",
            _ => return Ok(None),
        };
        let digest = cases::case(case).digest;
        let since = since.unwrap_or(digest.since);
        let mut digest = Digest { tenant_id: tenant.clone(), since, ..digest };
        digest.quiet.coverage = Some(cases::coverage());
        Ok(Some(digest))
    }
}

/// A service that is well, with one source that is not.
pub(crate) fn status() -> Status {
    Status {
        state: State::Degraded,
        reasons: vec!["fw-hq is silent: 4,200 events an hour are usual; look at its cable".into()],
        version: "0.1.0".into(),
        started_at: cases::at("2026-11-20T06:00:00Z"),
        intake: IntakeStatus {
            taking: true,
            received: 1_000_205,
            spooled: 1_000_000,
            waiting: 5,
            dropped: [("receive_buffer".to_owned(), 200)].into(),
            empty: 3,
            truncated: 7,
            refused: 2,
            closed: [("reset".to_owned(), 4), ("tls".to_owned(), 1)].into(),
        },
        spool: SpoolStatus {
            next_seq: 1_000_000,
            bytes: 57_000_000,
            disk_free_bytes: Some(9_000_000_000),
            segments: 2,
            queued_bytes: 1_000,
            queued_secs: 0.002,
            sync_p50_ms: Some(0.4),
            sync_p99_ms: Some(1.9),
            expired: 0,
            damaged_blocks: 0,
        },
        engine: EngineStatus {
            running: true,
            position: 999_900,
            lag_records: 100,
            lag_secs: 0.1,
            published_at: Some(cases::at("2026-11-20T08:59:59Z")),
            events: 999_000,
            defects: [("year_assumed".to_owned(), 120_004)].into(),
            dead_letters: 0,
            dead_letters_not_kept: 12,
            tenants: 2,
            signatures: 421,
            candidates: 3,
        },
        raised: RaisedStatus {
            kept: 4_100,
            bytes: 1_300_000,
            expired_by_age: 3,
            expired_by_size: 70_000,
        },
        coverage_percent: Some(97.5),
        of: [("acme".to_owned(), OfClient { coverage_percent: Some(88.0), sources_more: 0 })]
            .into(),
        sources: vec![source("udp:5514", None, SourceState::Ok), {
            let tenant = Some("acme".to_owned());
            source("http:acme \"quoted\"\n\u{202e}", tenant, SourceState::Silent)
        }],
        sources_more: 0,
    }
}

fn source(id: &str, tenant_id: Option<String>, state: SourceState) -> SourceStatus {
    SourceStatus {
        source_id: id.into(),
        source_type: "syslog".into(),
        source_name: id.into(),
        host: None,
        tenant_id,
        transport: "udp".into(),
        state,
        reason: (state != SourceState::Ok).then(|| "4,200 events an hour are usual".into()),
        last_event_at: Some(cases::at("2026-11-20T08:36:55Z")),
        received: 500_000,
        bytes: 100_000_000,
        dropped: BTreeMap::new(),
        malformed: 3,
        parse_failures: 2,
        dead_letters: 1,
        gaps: 0,
        empty: 3,
        truncated: 7,
        connections: 0,
        refused: 2,
        closed: [("reset".to_owned(), 4)].into(),
        rate_per_sec: 140.5,
        usual_rate_per_sec: Some(138.0),
        lag_secs: Some(0.2),
        clock_skew_secs: None,
    }
}

/// Ninety events of two clients, one a minute.
pub(crate) struct FakeSearch(Vec<Found>);

impl FakeSearch {
    pub(crate) fn new() -> FakeSearch {
        let event = |n: u64| Found {
            seq: Seq(n),
            at: now() - Span::MINUTE.times(n as i64),
            tenant_id: TenantId::new(if n.is_multiple_of(3) { "globex" } else { "acme" }),
            host: format!("host-{}", n % 4),
            service: if n.is_multiple_of(5) { String::new() } else { "charon".into() },
            severity: Severity::from_number((n % 9) as u8),
            signature_id: SignatureId::derive(&[&[(n % 2) as u8]]),
            text: format!("IPsec SA {n} rekey failed\u{1b}[31m; retrying"),
        };
        FakeSearch((0..90).map(event).collect())
    }

    fn matching(&self, query: &Query) -> Vec<Found> {
        fn any<T: PartialEq>(wanted: &[T], has: &T) -> bool {
            wanted.is_empty() || wanted.contains(has)
        }
        let takes = |found: &&Found| {
            let says =
                |term: &model::search::Term| found.text.to_ascii_lowercase().contains(&term.text);
            query.tenant.as_ref().is_none_or(|tenant| *tenant == found.tenant_id)
                && any(&query.hosts, &found.host)
                && any(&query.services, &found.service)
                && any(&query.signatures, &found.signature_id)
                && query
                    .severity
                    .is_none_or(|worst| found.severity.is_some_and(|s| s.is_at_least(worst)))
                && query.from.is_none_or(|from| found.at >= from)
                && query.until.is_none_or(|until| found.at < until)
                && query.text.terms.iter().all(says)
        };
        self.0.iter().filter(takes).cloned().collect()
    }
}

impl EventSearch for FakeSearch {
    fn search(&self, query: &Query) -> Result<Page, StoreError> {
        let mut found = self.matching(query);
        found.sort_by_key(Found::place);
        if query.order == Order::Newest {
            found.reverse();
        }
        if let Some(after) = query.after {
            found.retain(|found| match query.order {
                Order::Newest => found.place() < after,
                Order::Oldest => found.place() > after,
            });
        }
        let more = found.len() > query.limit;
        found.truncate(query.limit);
        let next = found.last().filter(|_| more).map(Found::place);
        Ok(Page {
            found,
            next,
            scan: Scan { blocks: 1, blocks_read: 1, events: 90, blocks_damaged: 0 },
        })
    }

    fn facets(&self, query: &Query, top: usize) -> Result<Facets, StoreError> {
        fn count<T: Ord + Clone>(values: impl Iterator<Item = T>, top: usize) -> Vec<(T, u64)> {
            let mut counts = BTreeMap::new();
            values.for_each(|value| *counts.entry(value).or_default() += 1);
            let mut counts: Vec<(T, u64)> = counts.into_iter().collect();
            counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            counts.truncate(top);
            counts
        }
        let found = self.matching(query);
        let mut severities = [0; 9];
        for found in &found {
            severities[found.severity.map_or(8, |s| usize::from(s.number()))] += 1;
        }
        let times = found.iter().map(|f| f.at);
        Ok(Facets {
            total: found.len() as u64,
            tenants: count(found.iter().map(|f| f.tenant_id.clone()), top),
            hosts: count(found.iter().map(|f| f.host.clone()), top),
            services: count(found.iter().map(|f| f.service.clone()), top),
            signatures: count(found.iter().map(|f| f.signature_id), top),
            severities,
            times: times.clone().min().zip(times.max()),
            scan: Scan::default(),
        })
    }
}

/// The records behind the even ones of these events; the odd ones have expired.
pub(crate) struct FakeRecords;

impl Records for FakeRecords {
    fn read(&self, seqs: &[Seq], visit: &mut dyn FnMut(&Envelope<'_>)) -> Result<(), StoreError> {
        assert!(seqs.is_sorted());
        for seq in seqs.iter().filter(|seq| seq.0 < 90 && seq.0.is_multiple_of(2)) {
            let origin = Origin {
                source_id: SourceId::new("udp:5514"),
                tenant_id: TenantId::new(if seq.0.is_multiple_of(3) { "globex" } else { "acme" }),
                source_type: "syslog".into(),
                source_name: "udp:5514".into(),
                transport: Transport::Udp,
            };
            let mut payload =
                format!("<29>Nov 20 08:36:55 fw-hq charon: IPsec SA {} rekey failed", seq.0)
                    .into_bytes();
            if seq.0 == 4 {
                payload.push(0xff);
            }
            visit(&Envelope {
                seq: *seq,
                origin: &origin,
                cursor: Cursor::Received { seq: *seq },
                received_at: Some(now()),
                payload: &payload,
                truncated: false,
            });
        }
        Ok(())
    }
}

/// Keeps every letter in memory.
#[derive(Default)]
pub(crate) struct FakeLetters(Mutex<Vec<KeptLetter>>);

/// More would be too many for a load test.
const LETTERS_MAX: usize = 10_000;

impl DeadLetters for FakeLetters {
    fn keep(&self, letter: Letter) {
        let mut all = self.0.lock().unwrap();
        if all.len() < LETTERS_MAX {
            let id = all.len() as u64;
            all.push(KeptLetter { id, letter, replayed_at: None });
        }
    }

    fn latest(
        &self,
        before: Option<u64>,
        visit: &mut dyn FnMut(KeptLetter) -> bool,
    ) -> Result<(), StoreError> {
        let all = self.0.lock().unwrap().clone();
        let older = all.into_iter().rev().filter(|kept| before.is_none_or(|b| kept.id < b));
        let _ = older.into_iter().all(visit);
        Ok(())
    }

    fn letter(&self, id: u64) -> Result<Option<KeptLetter>, StoreError> {
        Ok(self.0.lock().unwrap().get(id as usize).cloned())
    }

    fn replayed(&self, id: u64, at: Timestamp) -> Result<(), StoreError> {
        if let Some(kept) = self.0.lock().unwrap().get_mut(id as usize) {
            kept.replayed_at = Some(at);
        }
        Ok(())
    }
}

/// Tokens as the settings would name them.
pub(crate) fn tokens() -> TokenList {
    let grant = |name: &str, scopes: &[Scope], tenants: Tenants| {
        Arc::new(Grant { name: name.into(), scopes: scopes.into(), tenants })
    };
    let only =
        |names: &[&str]| Tenants::Only(names.iter().map(|name| TenantId::new(*name)).collect());
    let list = [
        (ALL, grant("all", &Scope::ALL, Tenants::All)),
        (ACME_INGEST, grant("acme-shipper", &[Scope::Ingest], only(&["acme"]))),
        (ACME_READ, grant("acme-reader", &[Scope::Read], only(&["acme"]))),
        (TWO, grant("two", &[Scope::Ingest, Scope::Read], only(&["acme", "globex"]))),
    ];
    TokenList(
        list.into_iter().map(|(token, grant)| (TokenHash::of(token).unwrap(), grant)).collect(),
    )
}

/// The API over these fakes.
pub(crate) fn api(intake: Arc<dyn Intake>, views: Arc<dyn Views>, settings: Settings) -> Api {
    Api {
        intake,
        recognise: Arc::new(FakeRecognise),
        views,
        search: Arc::new(FakeSearch::new()),
        records: Arc::new(FakeRecords),
        letters: Arc::new(FakeLetters::default()),
        meter: Arc::default(),
        tokens: Arc::new(tokens()),
        clock: Arc::new(now),
        settings,
    }
}
