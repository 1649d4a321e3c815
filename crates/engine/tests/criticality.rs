//! The term `criticality`: it raises or lowers a score by what was said of its place, and finds or
//! hides nothing.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod streams;

use engine::criticality::{Criticality, CriticalityRule, Pattern};
use engine::{Config, Engine};
use model::{Band, Change, Digest, TenantId, Timestamp};
use std::fs;
use std::path::Path;
use streams::{batch, cases, stream};

fn everything_in(source: &str, level: Criticality) -> Config {
    let source = Some(Pattern::new(source));
    let rule = CriticalityRule { tenant: None, host: None, service: None, source, level };
    Config { criticality: vec![rule], ..Config::default() }
}

fn run(case: &Path, config: Config) -> (Vec<(Timestamp, String)>, Digest) {
    let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
    let (mut engine, tenant) = (Engine::new(config), TenantId::new("acme"));
    let mut changes = Vec::new();
    for sighting in batch(&messages, 0).iter() {
        engine.observe(&tenant, &sighting, &mut changes);
    }
    let end = messages.last().unwrap().at;
    engine.tick(end, &mut changes);
    let opened = changes.iter().filter_map(|change| match change {
        Change::CandidateOpened { at, candidate_id, .. } => Some((*at, candidate_id.to_string())),
        _ => None,
    });
    (opened.collect(), engine.digest(&tenant, end, Timestamp::default()).unwrap())
}

#[test]
fn it_orders_and_neither_finds_nor_hides() {
    for case in cases() {
        let (opened, digest) = run(&case, Config::default());
        for level in Criticality::ALL {
            let (opened_too, other) = run(&case, everything_in("stream*", level));
            assert_eq!(opened_too, opened, "{} {}", case.display(), level.word());
            for item in &other.items {
                let before = digest.items.iter().find(|i| i.candidate_id == item.candidate_id);
                let before = before.unwrap().score_total;
                let is_term = |c: &&model::Contribution| c.name == "criticality";
                let term = item.contributions.iter().find(is_term).map_or(0.0, |c| c.value);
                assert_eq!(term, level.value(), "{}", item.title);
                let sum: f64 = item.contributions.iter().map(|c| c.value).sum();
                assert!((sum - item.score_total).abs() < 0.002, "{}", item.title);
                assert!((item.score_total - before - term).abs() < 0.002, "{}", item.title);
            }
        }
    }
}

#[test]
fn what_is_critical_reaches_a_person_sooner() {
    let case = cases().into_iter().find(|case| case.ends_with("self_heal")).unwrap();
    let bands = |config| run(&case, config).1.items.iter().map(|i| i.band).max().unwrap();
    assert_eq!(bands(Config::default()), Band::Investigate);
    assert_eq!(bands(everything_in("*.log", Criticality::Critical)), Band::Promote);
    assert_eq!(bands(everything_in("elsewhere", Criticality::Critical)), Band::Investigate);
}
