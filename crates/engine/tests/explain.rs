//! What `explain` says of subjects of `fixtures/discover/`: why a candidate was told then and not
//! earlier, which gate is shut to what is not told, and what is ignored.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod streams;

use engine::{Config, Engine};
use model::TenantId;
use std::fs;
use streams::{batch, cases, stream};

fn engine_after(case: &str) -> (Engine, TenantId) {
    let path = cases().into_iter().find(|path| path.ends_with(case)).unwrap();
    let messages = stream(&fs::read_to_string(path.join("input.txt")).unwrap());
    let (mut engine, tenant) = (Engine::new(Config::default()), TenantId::new("acme"));
    for sighting in batch(&messages, 0).iter() {
        engine.observe(&tenant, &sighting, &mut Vec::new());
    }
    engine.tick(messages.last().unwrap().at, &mut Vec::new());
    (engine, tenant)
}

/// All notes on candidates, or on signatures.
fn notes(case: &str, prefix: &str) -> String {
    let (engine, tenant) = engine_after(case);
    let (tenant, config) = (engine.tenant(&tenant).unwrap(), engine.config());
    let of_candidates = tenant.candidates_beginning(prefix).into_iter();
    let of_candidates = of_candidates.filter_map(|id| tenant.explain_candidate(id, config));
    let of_signatures = tenant.signatures_beginning(prefix, config).into_iter();
    let of_signatures = of_signatures.filter_map(|id| tenant.explain_signature(id, config));
    of_candidates.chain(of_signatures).flat_map(|told| told.notes).collect::<Vec<_>>().join("\n")
}

fn says(notes: &str, part: &str) {
    assert!(notes.contains(part), "no “{part}” in\n{notes}");
}

#[test]
fn a_candidate_says_why_not_earlier() {
    let notes = notes("recurrence_and_return", "cand_");
    says(&notes, "why not earlier: one occasion before, ");
    says(&notes, "is asked for. The next made it ");
}

#[test]
fn what_is_not_told_names_the_gate_with_its_numbers() {
    let quiet = notes("quiet", "sig_");
    says(&quiet, "occasions a day is above 6");
    says(&quiet, "single occasions of it are passed over: ");
    says(&notes("chatter", "sig_"), "a program that is itself new here");
}

#[test]
fn what_is_ignored_says_since_when_and_what_would_lift_it() {
    let quiet = notes("quiet", "sig_");
    says(&quiet, "ignored since 2026-");
    says(&quiet, "passed over since, counted all the same");
    says(&quiet, "rises to investigate with ");
}
