//! The pages of `docs/` name every word of the wire, so that they cannot fall behind the code.

use crate::cases;
use model::{Band, CandidateType, Defect, Format};
use outputs::{backtest, digest};
use serde_json::Value;
use std::path::PathBuf;

fn page(name: &str) -> String {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    std::fs::read_to_string(docs.join(name)).unwrap()
}

fn names(page: &str, words: impl IntoIterator<Item = impl AsRef<str>>) {
    let text = self::page(page);
    let missing = |word: &str| !text.contains(&format!("`{word}`"));
    let missing: Vec<String> =
        words.into_iter().map(|w| w.as_ref().to_owned()).filter(|w| missing(w)).collect();
    assert!(missing.is_empty(), "docs/{page} does not name {missing:?}");
}

#[test]
fn the_adapter_contract_names_formats_and_defects() {
    names("adapter-contract.md", Format::ALL.iter().map(|f| f.word()));
    names("adapter-contract.md", Defect::ALL.iter().map(|d| d.word()));
}

#[test]
fn bands_and_types_are_named() {
    names("attention.md", Band::ALL.iter().map(|b| b.word()));
    names("output-contract.md", Band::ALL.iter().map(|b| b.word()));
    names("output-contract.md", CandidateType::ALL.iter().map(|t| t.word()));
}

#[test]
fn the_output_contract_names_every_field() {
    let cases::Case { digest, counts, .. } = cases::case("vpn_self_heal");
    let wire: Value = serde_json::from_str(&digest::json(&digest, Some(&counts))).unwrap();
    let item = &wire["items"][0];
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    for part in [&wire, &wire["quiet"], &wire["counts"]] {
        names("output-contract.md", keys(part));
    }
    for (key, value) in item.as_object().unwrap() {
        let fields = match value {
            Value::Object(part) => part.keys().map(|k| format!("{key}.{k}")).collect(),
            Value::Array(list) if list.first().is_some_and(Value::is_object) => keys(&list[0]),
            _ => vec![key.clone()],
        };
        names("output-contract.md", fields);
    }
}

#[test]
fn the_output_contract_names_every_field_of_a_backtest() {
    let wire = backtest::ndjson(&cases::hostile_backtest("x"));
    let wire: Value = serde_json::from_str(&wire).unwrap();
    let incident = &wire["incidents"][0];
    for part in [&wire, &wire["items"], &wire["tenants"][0], incident, &incident["shown"][0]] {
        names("output-contract.md", part.as_object().unwrap().keys());
    }
    names("output-contract.md", [backtest::SCHEMA]);
    for word in ["announced", "not_announced", "not_judged", "still_learning", "before_records"] {
        names("output-contract.md", [word]);
    }
    for word in ["after_records", "no_records", "host_and_service", "client_only", "time_only"] {
        names("output-contract.md", [word]);
    }
}
