//! Streams of invented messages → what the engine says of them. Each case is a folder of
//! `fixtures/discover/`: `input.txt` in the small language below, `expected.txt` with every
//! candidate, every band above background, and the digest's titles at the end.
//!
//! ```text
//! # a comment
//! 2026-03-02 09:15:00 web1 app warning lookup took 5.1 s          one message
//! every 30m from 2026-03-01 to 2026-03-09 web1 agent info beat    a timer; 3 s of jitter
//! about 4/day from 2026-03-01 to 2026-03-09 db1 pg info vacuum    chance, so many a day
//! ```
//!
//! `{n}` in a message is replaced by a counter, `{ip}` by an address that changes each time,
//! `{value:0.2-0.4}` by a number between the two.
//! Chance comes from a generator with a fixed seed: the same file gives the same stream.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use engine::entities::Entities;
use engine::signature::{Skeleton, fingerprint};
use engine::values::Values;
use engine::{Config, Engine, EventBatch, Sighting, SnapshotError};
use model::{Change, Digest, Item, Relation, Seq, Severity, Span, TenantId, Timestamp};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// One message of a stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    at: Timestamp,
    host: String,
    service: String,
    severity: String,
    body: String,
}

/// Knuth's MMIX generator: enough for streams that only have to look unordered.
struct Chance(u64);

impl Chance {
    fn share(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A gap of a Poisson process with this mean.
    fn gap(&mut self, mean: Span) -> Span {
        mean.scaled(-(1.0 - self.share()).ln())
    }
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text, Timestamp::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// The stream that a case's text describes, in order of time.
fn stream(text: &str) -> Vec<Message> {
    let mut chance = Chance(1);
    let mut messages = Vec::new();
    for line in text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
        let mut words = line.splitn(2, ' ');
        let (first, rest) = (words.next().unwrap(), words.next().unwrap());
        let is_timer = first == "every";
        let times: Vec<Timestamp>;
        let message: &str;
        if is_timer || first == "about" {
            let parts: Vec<&str> = rest.splitn(6, ' ').collect();
            let [rate, "from", from, "to", to, tail] = parts[..] else { panic!("{line}") };
            let mean = match rate.strip_suffix("/day") {
                Some(per_day) => Span::DAY.scaled(1.0 / per_day.parse::<f64>().unwrap()),
                None => Span::parse(rate).unwrap(),
            };
            let (mut at, to) = (time(from), time(to));
            let mut found = Vec::new();
            while at < to {
                at = at + if is_timer { mean } else { chance.gap(mean) };
                let jitter = Span::from_secs(3).scaled(chance.share());
                found.push(if is_timer { at + jitter } else { at });
            }
            found.retain(|at| *at < to);
            (times, message) = (found, tail);
        } else {
            let (clock, tail) = rest.split_once(' ').unwrap();
            (times, message) = (vec![time(&format!("{first} {clock}"))], tail);
        }
        let fields: Vec<&str> = message.splitn(4, ' ').collect();
        let [host, service, severity, body] = fields[..] else { panic!("{line}") };
        for (n, at) in times.into_iter().enumerate() {
            let ip = format!("192.0.2.{}", (chance.share() * 250.0) as u32 + 1);
            let body = body.replace("{n}", &n.to_string()).replace("{ip}", &ip);
            let body = with_values(body, &mut chance);
            let (host, service, severity) = (host.into(), service.into(), severity.into());
            messages.push(Message { at, host, service, severity, body });
        }
    }
    messages.sort();
    messages
}

/// Replaces each `{value:LOW-HIGH}` by a number between the two, with as many digits after the point.
fn with_values(mut body: String, chance: &mut Chance) -> String {
    while let Some((head, rest)) = body.split_once("{value:") {
        let (range, tail) = rest.split_once('}').unwrap();
        let (low, high) = range.split_once('-').unwrap();
        let digits = low.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let (low, high): (f64, f64) = (low.parse().unwrap(), high.parse().unwrap());
        let value = low + (high - low) * chance.share();
        body = format!("{head}{value:.digits$}{tail}");
    }
    body
}

fn batch(messages: &[Message], from: usize) -> EventBatch {
    let (mut batch, mut skeleton) = (EventBatch::default(), Skeleton::default());
    for (index, message) in messages.iter().enumerate() {
        fingerprint(&message.service, &message.body, &mut skeleton);
        batch.push(&Sighting {
            seq: Seq((from + index) as u64),
            at: message.at,
            host: &message.host,
            service: &message.service,
            severity: Severity::from_word(message.severity.as_bytes()),
            body: &message.body,
            key: skeleton.key(),
            entities: Entities::of(&message.body, skeleton.holes()),
            values: Values::of(&message.body, skeleton.holes()),
            occurrences: 1,
        });
    }
    batch
}

/// Runs a stream in pieces of `size` messages; all that the engine says, and the last digest.
fn run(messages: &[Message], size: usize) -> (Vec<Change>, Digest) {
    let tenant = TenantId::new("acme");
    let mut engine = Engine::new(Config::default());
    let mut changes = Vec::new();
    for (piece, part) in messages.chunks(size).enumerate() {
        for sighting in batch(part, piece * size).iter() {
            engine.observe(&tenant, &sighting, &mut changes);
        }
    }
    let end = messages.last().map(|m| m.at).unwrap();
    engine.tick(end, &mut changes);
    let digest = engine.digest(&tenant, end, Timestamp::default()).unwrap();
    (changes, digest)
}

fn story(changes: &[Change], digest: &Digest) -> String {
    let mut text = String::new();
    for change in changes {
        match change {
            Change::CandidateOpened { at, candidate_type, .. } => {
                writeln!(text, "{} opened {candidate_type}", at.to_minute_text()).unwrap();
            }
            Change::CandidateClosed { at, outcome, .. } => {
                writeln!(text, "{} closed: {outcome}", at.to_minute_text()).unwrap();
            }
            Change::BandChanged { at, from, to, reason, .. } => {
                writeln!(text, "{} {from} -> {to}: {reason}", at.to_minute_text()).unwrap();
            }
            Change::SignatureBorn { .. } | Change::LimitReached { .. } => {}
        }
    }
    for item in &digest.items {
        writeln!(text, "\n{} {} {:.2} {}", item.status, item.band, item.score_total, item.title)
            .unwrap();
        writeln!(text, "  {}\n  {}", item.what, item.why_it_matters).unwrap();
        for compared in item.why.iter().filter(|why| why.contains("(chance would give")) {
            writeln!(text, "  {compared}").unwrap();
        }
    }
    text
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/discover");
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn check(case: &Path) {
    let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
    let (changes, digest) = run(&messages, 1_000);
    let found = story(&changes, &digest);
    let golden = case.join("expected.txt");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(&golden, &found).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(found, expected, "{}", case.display());
    for item in &digest.items {
        let sum: f64 = item.contributions.iter().map(|c| c.value).sum();
        assert!((sum - item.score_total).abs() < 0.002, "{}: {sum}", item.title);
        assert!(item.title.chars().count() <= 90, "{}", item.title);
        assert!(!item.evidence.is_empty() && !item.check_next.is_empty(), "{}", item.title);
    }
}

#[test]
fn every_case_is_told_as_expected() {
    cases().iter().for_each(|case| check(case));
}

/// The engine's state is a fold over its input: how the input is cut, and what other tenants do
/// meanwhile, changes nothing.
#[test]
fn results_do_not_depend_on_how_the_stream_is_cut() {
    for case in cases() {
        let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
        let (changes, digest) = run(&messages, 1_000);
        for size in [1, 7, messages.len()] {
            let (again, digest_again) = run(&messages, size);
            assert_eq!(again, changes, "{} cut by {size}", case.display());
            assert_eq!(digest_again, digest, "{} cut by {size}", case.display());
        }
    }
}

/// A snapshot taken anywhere, written and read again, goes on as if nothing had been: the same changes,
/// the same digest, the same bytes of state at the end.
#[test]
fn results_do_not_depend_on_snapshots() {
    for case in cases() {
        let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
        let (changes, digest) = run(&messages, 1_000);
        let tenant = TenantId::new("acme");
        let (mut engine, mut again) = (Engine::new(Config::default()), Vec::new());
        let size = (messages.len() / 9).max(1);
        for (piece, part) in messages.chunks(size).enumerate() {
            for sighting in batch(part, piece * size).iter() {
                engine.observe(&tenant, &sighting, &mut again);
            }
            let bytes = engine.snapshot();
            engine = Engine::restore(&bytes, Config::default()).unwrap();
            assert_eq!(engine.snapshot(), bytes, "{}: not as it was written", case.display());
        }
        let end = messages.last().map(|m| m.at).unwrap();
        engine.tick(end, &mut again);
        assert_eq!(again, changes, "{}", case.display());
        assert_eq!(engine.digest(&tenant, end, Timestamp::default()), Some(digest));
    }
}

fn digest_of(case: &str) -> Digest {
    let case = cases().into_iter().find(|c| c.ends_with(case)).unwrap();
    run(&stream(&fs::read_to_string(case.join("input.txt")).unwrap()), 1_000).1
}

/// Of an item the lines around the latest occasion and the first one are known, each on its side.
#[test]
fn what_was_said_around_an_occasion_is_kept() {
    let digest = digest_of("comes_first");
    assert!(!digest.items.is_empty());
    for item in &digest.items {
        let mut occasions: Vec<Timestamp> = item.context.iter().map(|c| c.occasion).collect();
        assert!(occasions.is_sorted(), "{}", item.title);
        occasions.dedup();
        assert_eq!(occasions.len(), 2, "{}", item.title);
        for line in &item.context {
            let far = line.line.at - line.occasion;
            let (least, most) = match line.relation {
                Relation::Before => (Span::from_secs(-600), Span::ZERO),
                Relation::Itself => (Span::ZERO, Span::ZERO),
                Relation::After => (Span::ZERO, Span::from_secs(120)),
            };
            assert!((least..=most).contains(&far), "{}: {far}", item.title);
        }
        let side = |relation| item.context.iter().filter(|c| c.relation == relation).count();
        assert_eq!(side(Relation::Itself), 2, "{}", item.title);
        assert!((2..=16).contains(&side(Relation::Before)), "{}", item.title);
        assert!(side(Relation::After) <= 16, "{}", item.title);
    }
}

/// Where comparison knows what comes first every time, the first check tells it; else it asks.
#[test]
fn what_comes_first_every_time_is_an_answer() {
    let first_check = |item: &Item| item.check_next[0].text.clone();
    let digest = digest_of("comes_first_every_time");
    assert!(
        first_check(&digest.items[0]).starts_with(
            "“snapshot of vg… released after … s” came first each time, on average 6m"
        ),
        "{digest:?}"
    );
    for item in digest_of("comes_first").items {
        assert!(first_check(&item).contains("is there a line that comes first"), "{}", item.title);
    }
}

#[test]
fn what_is_no_snapshot_is_refused() {
    let bytes = Engine::new(Config::default()).snapshot();
    let refused = |bytes: &[u8]| Engine::restore(bytes, Config::default()).err().unwrap();
    assert_eq!(refused(b"{}"), SnapshotError::NotASnapshot);
    let mut newer = bytes.clone();
    newer[8] = 200;
    assert_eq!(refused(&newer), SnapshotError::Format { found: 200 });
    assert_eq!(refused(&bytes[..bytes.len() - 1]), SnapshotError::Damaged);
    for end in 8..bytes.len() {
        refused(&bytes[..end]);
    }
}

#[test]
fn tenants_do_not_see_each_other() {
    let (acme, bolt) = (TenantId::new("acme"), TenantId::new("bolt"));
    let case = cases().into_iter().find(|c| c.ends_with("self_heal")).unwrap();
    let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
    let mut engine = Engine::new(Config::default());
    let mut changes = Vec::new();
    for sighting in batch(&messages, 0).iter() {
        engine.observe(&acme, &sighting, &mut changes);
        engine.observe(&bolt, &sighting, &mut changes);
    }
    let end = messages.last().unwrap().at;
    engine.tick(end, &mut changes);
    let alone = run(&messages, 1_000).1;
    let beside = engine.digest(&acme, end, Timestamp::default()).unwrap();
    assert_eq!(beside, alone);
    let other = engine.digest(&bolt, end, Timestamp::default()).unwrap();
    assert_ne!(other.items[0].candidate_id, alone.items[0].candidate_id);
}
