//! What clients learn of each other: a weak case that others share is told, alone it is not; and numbers
//! are all that goes from one to another.
#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod streams;

use engine::{Config, Engine};
use model::{Digest, TenantId, Timestamp};
use std::fs;
use streams::{Message, batch, cases, stream};

const NAMES: [&str; 6] = ["acme", "bolt", "cord", "dune", "elba", "fern"];

fn messages(case: &str) -> Vec<Message> {
    let case = cases().into_iter().find(|c| c.ends_with(case)).unwrap();
    stream(&fs::read_to_string(case.join("input.txt")).unwrap())
}

/// The digests at the end, in the order of the clients' names.
fn digests(messages: &[Message], config: &Config) -> Vec<Digest> {
    let (mut engine, mut changes) = (Engine::new(config.clone()), Vec::new());
    for (sighting, message) in batch(messages, 0).iter().zip(messages) {
        engine.observe(&TenantId::new(message.tenant.as_str()), &sighting, &mut changes);
    }
    let end = messages.last().unwrap().at;
    engine.tick(end, &mut changes);
    let tenants: Vec<TenantId> = engine.tenants().map(|(id, _)| id.clone()).collect();
    let digest = |id| engine.digest(id, end, Timestamp::default()).unwrap();
    tenants.iter().map(digest).collect()
}

fn of(messages: &[Message], tenant: &str) -> Vec<Message> {
    messages.iter().filter(|m| m.tenant == tenant).cloned().collect()
}

#[test]
fn what_is_weak_alone_is_told_where_others_have_it_too() {
    for case in ["clients", "clients_weak"] {
        let messages = messages(case);
        let (alone, beside) = (of(&messages, "acme"), Config::default());
        assert!(digests(&alone, &beside)[0].items.is_empty(), "{case}");
        let item = &digests(&messages, &beside)[0].items[0];
        let term = item.contributions.iter().find(|term| term.name == "clients").unwrap();
        assert!(term.value > 0.0 && term.reason.contains("at 3 of 5 other clients"), "{term:?}");
        assert!(
            item.why.iter().any(|why| why.contains("at 3 of 5 other clients")),
            "{:?}",
            item.why
        );
    }
}

#[test]
fn the_budget_holds_for_what_others_say() {
    let messages = messages("clients");
    let mut config = Config::default();
    config.digest.false_alarms_per_day = 1e-6;
    let digest = &digests(&messages, &config)[0];
    assert!(digest.items.is_empty() && digest.quiet.held_back == 1, "{:?}", digest.quiet);
    assert!(digest.quiet.cut[0].why.contains("its odds are 10^-"), "{:?}", digest.quiet.cut);
}

#[test]
fn no_client_learns_a_name_of_another() {
    for case in ["clients", "clients_weak", "clients_update"] {
        let messages = messages(case);
        for digest in digests(&messages, &Config::default()) {
            let own = digest.tenant_id.as_str().to_owned();
            let said = format!("{digest:?}").to_lowercase();
            for other in NAMES.into_iter().filter(|name| *name != own) {
                let mut words = said.split(|letter: char| !letter.is_alphanumeric());
                assert!(!words.any(|word| word == other), "{own} is told of {other}");
            }
        }
    }
}
