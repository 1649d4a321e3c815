//! Streams of invented messages → how their items tell their lives from digest to digest. Each case is a
//! folder of `fixtures/lifecycle/`: `input.txt` in the small language of `streams`, `expected.txt` with
//! what each digest of a day says.
#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod streams;

use engine::{Config, Engine};
use model::{Digest, Lifecycle, Span, Stage, TenantId, Timestamp};
use std::fmt::Write;
use std::fs;
use streams::{Message, batch, cases_of, stream};

/// A digest at the end of each such stretch of time; each is noted as told, if `tells`.
fn digests(messages: &[Message], every: Span, tells: bool) -> Vec<Digest> {
    let tenant = TenantId::new("acme");
    let mut engine = Engine::new(Config::default());
    let (mut changes, mut told) = (Vec::new(), Vec::new());
    let mut due = messages.first().unwrap().at.floor(every) + every;
    let mut say = |engine: &mut Engine, at: Timestamp| {
        engine.tick(at, &mut Vec::new());
        let digest = engine.digest(&tenant, at, at - every).unwrap();
        if tells {
            engine.told(&digest);
        }
        // What was told survives a restart.
        *engine = Engine::restore(&engine.snapshot(), Config::default()).unwrap();
        told.push(digest);
    };
    for (index, message) in messages.iter().enumerate() {
        while due <= message.at {
            say(&mut engine, due);
            due = due + every;
        }
        for sighting in batch(std::slice::from_ref(message), index).iter() {
            engine.observe(&tenant, &sighting, &mut changes);
        }
        changes.clear();
    }
    say(&mut engine, due);
    told
}

fn story(digests: &[Digest]) -> String {
    let mut text = String::new();
    for digest in digests {
        for item in &digest.items {
            let Lifecycle { stage, reason, since, age_secs, .. } = &item.lifecycle;
            let (age, since) = (Span::from_secs(*age_secs), since.to_minute_text());
            let at = digest.as_of.to_minute_text();
            writeln!(text, "{at} {stage}: {reason}; {age} since {since}").unwrap();
            writeln!(text, "  {}", item.what).unwrap();
            for why in item.why.iter().filter(|why| why.starts_with("it s")) {
                writeln!(text, "  {why}").unwrap();
            }
        }
    }
    text
}

#[test]
fn each_case_tells_its_life() {
    for case in cases_of("lifecycle") {
        let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
        let found = story(&digests(&messages, Span::DAY, true));
        let golden = case.join("expected.txt");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&golden, &found).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(found, expected, "{}", case.display());
    }
}

/// The stages that the items of hourly digests stand in, each once, in order of time.
fn stages(case: &str) -> Vec<Stage> {
    let case = cases_of("lifecycle").into_iter().find(|path| path.ends_with(case)).unwrap();
    let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
    let told = digests(&messages, Span::HOUR.times(6), true);
    let mut stages: Vec<Stage> =
        told.iter().flat_map(|d| &d.items).map(|item| item.lifecycle.stage).collect();
    stages.dedup();
    stages
}

#[test]
fn digests_that_come_oftener_tell_the_same_life() {
    let told = stages("speeds_up");
    let place = |stage| told.iter().position(|told| *told == stage);
    assert_eq!(place(Stage::New), Some(0), "{told:?}");
    assert!(
        place(Stage::Growing).is_some() && place(Stage::Growing) < place(Stage::Better),
        "{told:?}"
    );
    assert!(place(Stage::Better) < place(Stage::Closed), "{told:?}");
}

/// What was told changes what is said of an item, and nothing else.
#[test]
fn telling_changes_neither_what_is_found_nor_its_order() {
    for case in cases_of("lifecycle") {
        let messages = stream(&fs::read_to_string(case.join("input.txt")).unwrap());
        let [with, without] = [true, false].map(|tells| {
            let mut told = digests(&messages, Span::DAY, tells);
            for item in told.iter_mut().flat_map(|digest| &mut digest.items) {
                item.lifecycle.reason.clear();
                item.lifecycle.stage = Stage::New;
                item.lifecycle.told_before = None;
            }
            told
        });
        assert!(with == without, "{}", case.display());
    }
}
