//! Streams of invented messages → what the engine says of them. Each case is a folder of
//! `fixtures/discover/`: `input.txt` in the small language of `streams`, `expected.txt` with every
//! candidate, every band above background, and the digest's titles and quiet notes at the end.
#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod streams;

use engine::{Config, Engine, SnapshotError};
use model::{Change, Digest, Item, Relation, Span, TenantId, Timestamp};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use streams::{Message, batch, cases, config, stream};

/// Runs a stream in pieces of `size` messages, each written down and read again; all that the engine
/// says, and the last digest of each client.
fn run_all(
    messages: &[Message],
    size: usize,
    config: &Config,
    with_snapshots: bool,
) -> (Vec<Change>, Vec<Digest>) {
    let mut engine = Engine::new(config.clone());
    let mut changes = Vec::new();
    for (piece, part) in messages.chunks(size).enumerate() {
        for (sighting, message) in batch(part, piece * size).iter().zip(part) {
            engine.observe(&TenantId::new(message.tenant.as_str()), &sighting, &mut changes);
        }
        if with_snapshots {
            let bytes = engine.snapshot();
            engine = Engine::restore(&bytes, config.clone()).unwrap();
            assert_eq!(engine.snapshot(), bytes, "not as it was written");
        }
    }
    let end = messages.last().map(|m| m.at).unwrap();
    engine.tick(end, &mut changes);
    let tenants: Vec<TenantId> = engine.tenants().map(|(id, _)| id.clone()).collect();
    let digest = |id| engine.digest(id, end, Timestamp::default()).unwrap();
    (changes, tenants.iter().map(digest).collect())
}

/// The same of one client alone.
fn run(messages: &[Message], size: usize) -> (Vec<Change>, Digest) {
    let (changes, mut digests) = run_all(messages, size, &Config::default(), false);
    (changes, digests.remove(0))
}

/// What is said of each client, in the order of their names.
fn stories(changes: &[Change], digests: &[Digest]) -> String {
    let of = |change: &&Change, id: &TenantId| match change {
        Change::CandidateOpened { tenant_id, .. }
        | Change::CandidateClosed { tenant_id, .. }
        | Change::BandChanged { tenant_id, .. }
        | Change::SignatureBorn { tenant_id, .. }
        | Change::SignalJudged { tenant_id, .. }
        | Change::LimitReached { tenant_id, .. } => tenant_id == id,
    };
    let told = digests.iter().map(|digest| {
        let own = changes.iter().filter(|change| of(change, &digest.tenant_id));
        let story = story(&own.cloned().collect::<Vec<_>>(), digest);
        match digests.len() {
            1 => story,
            _ => format!("== {}\n{story}", digest.tenant_id),
        }
    });
    told.collect::<Vec<_>>().join("\n")
}

/// Reasons that a golden file holds: what was found by looking around, at sites and at other clients.
fn is_told(why: &str) -> bool {
    ["(chance would give", " sites", " in site ", "other client"]
        .iter()
        .any(|part| why.contains(part))
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
            Change::SignatureBorn { .. }
            | Change::SignalJudged { .. }
            | Change::LimitReached { .. } => {}
        }
    }
    for item in &digest.items {
        writeln!(text, "\n{} {} {:.2} {}", item.status, item.band, item.score_total, item.title)
            .unwrap();
        writeln!(text, "  {}\n  {}", item.what, item.why_it_matters).unwrap();
        for compared in item.why.iter().filter(|why| is_told(why)) {
            writeln!(text, "  {compared}").unwrap();
        }
    }
    if !digest.quiet.notes.is_empty() {
        text.push('\n');
    }
    for note in &digest.quiet.notes {
        writeln!(text, "quiet: {note}").unwrap();
    }
    text
}

fn check(case: &Path) {
    let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
    let (changes, digests) = run_all(&messages, 1_000, &config(case), false);
    let found = stories(&changes, &digests);
    let golden = case.join("expected.txt");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(&golden, &found).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(found, expected, "{}", case.display());
    for item in digests.iter().flat_map(|digest| &digest.items) {
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
        let config = config(&case);
        let said = run_all(&messages, 1_000, &config, false);
        for size in [1, 7, messages.len()] {
            let again = run_all(&messages, size, &config, false);
            assert_eq!(again, said, "{} cut by {size}", case.display());
        }
    }
}

/// A snapshot taken anywhere, written and read again, goes on as if nothing had been: the same changes,
/// the same digest, the same bytes of state at the end.
#[test]
fn results_do_not_depend_on_snapshots() {
    for case in cases() {
        let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
        let config = config(&case);
        let size = (messages.len() / 9).max(1);
        let said = run_all(&messages, 1_000, &config, false);
        assert_eq!(run_all(&messages, size, &config, true), said, "{}", case.display());
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
        assert_ne!(refused(&bytes[..end]), SnapshotError::NotASnapshot);
    }
}

#[test]
fn tenants_see_of_each_other_a_number_only() {
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
    let mut beside = engine.digest(&acme, end, Timestamp::default()).unwrap();
    // All that one client learns of another is how many have the like.
    let told = beside.items[0].why.pop().unwrap();
    assert!(told.contains("told of at 1 other client"), "{told}");
    assert_eq!(beside, alone);
    let other = engine.digest(&bolt, end, Timestamp::default()).unwrap();
    assert_ne!(other.items[0].candidate_id, alone.items[0].candidate_id);
}
