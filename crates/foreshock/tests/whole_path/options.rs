//! What the options of `scan` change, and what they leave alone.

use crate::program::{assert_balances, candidates, run, scan_case, write};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Two hosts with a story each.
fn two_stories() -> tempfile::TempDir {
    let folder = scan_case("vpn_self_heal");
    let other = crate::program::fixtures("scan").join("recurrence/input.log");
    let bytes = fs::read(other).unwrap();
    write(&folder.path().join("other.log"), &bytes, crate::program::MODIFIED_SECS);
    folder
}

fn scan(folder: &Path, more: &[&str]) -> Value {
    let args = ["scan", "input.log", "other.log", "--format", "json"];
    let digest = run(folder, &[&args[..], more].concat()).ok().json();
    assert_balances(&digest);
    digest
}

#[test]
fn top_shows_the_first_ones() {
    let folder = two_stories();
    let all = candidates(&scan(folder.path(), &[]));
    assert_eq!(all.len(), 2);
    assert_eq!(candidates(&scan(folder.path(), &["--top", "1"])), all[..1]);
    for wrong in ["0", "11", "many"] {
        assert_eq!(run(folder.path(), &["scan", "input.log", "--top", wrong]).code, 2);
    }
}

#[test]
fn the_order_of_paths_changes_nothing_that_is_told() {
    let folder = two_stories();
    let titles = |args: &[&str]| {
        let digest = run(folder.path(), args).ok().json();
        let items = digest["items"].as_array().unwrap().clone();
        items.iter().map(|i| i["title"].to_string()).collect::<Vec<_>>()
    };
    let one = titles(&["scan", "input.log", "other.log", "--format", "json"]);
    let two = titles(&["scan", "other.log", "input.log", "--format", "json"]);
    assert_eq!(one, two);
}

#[test]
fn until_leaves_out_and_counts_what_came_later() {
    let folder = two_stories();
    let digest = scan(folder.path(), &["--until", "2026-03-14T00:00:00Z"]);
    assert_eq!(candidates(&digest), Vec::<String>::new());
    let refused = digest["counts"]["refused"]["outside_range"].as_u64();
    assert!(refused.is_some_and(|n| n > 100), "{}", digest["counts"]);
    assert!(digest["as_of"].as_str().unwrap() < "2026-03-14");
}

#[test]
fn since_leaves_out_stories_that_had_ended_but_not_what_they_taught() {
    let folder = scan_case("returned");
    let scan = |more: &[&str]| {
        let args = ["scan", "input.log", "--format", "json"];
        run(folder.path(), &[&args[..], more].concat()).ok().json()
    };
    let (all, late) = (scan(&[]), scan(&["--since", "2026-03-20T00:00:00Z"]));
    let status = |digest: &Value| {
        let items = digest["items"].as_array().unwrap().clone();
        items.iter().map(|i| i["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(status(&all), ["open", "closed"]);
    assert_eq!(status(&late), ["open"]);
    assert_eq!(late["since"], "2026-03-20T00:00:00Z");
    let (ended, remembered) = (&all["items"][1], &late["items"][0]["seen_before"][0]);
    assert_eq!(ended["candidate_id"], remembered["candidate_id"]);
}

#[test]
fn an_empty_range_is_a_mistake() {
    let folder = two_stories();
    let range = ["--since", "2026-03-17", "--until", "2026-03-16"];
    let ran = run(folder.path(), &[&["scan", "input.log"][..], &range].concat());
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("--since") && ran.err.contains("--until"), "{}", ran.err);
}

#[test]
fn the_tenant_names_the_digest_and_its_candidates() {
    let folder = two_stories();
    let (acme, local) = (scan(folder.path(), &["--tenant", "acme"]), scan(folder.path(), &[]));
    assert_eq!(acme["tenant_id"], "acme");
    assert_eq!(local["tenant_id"], "local");
    assert_eq!(acme["items"][0]["where"]["tenant_id"], "acme");
    assert_eq!(acme["items"][0]["title"], local["items"][0]["title"]);
    assert_ne!(candidates(&acme)[0], candidates(&local)[0]);
    assert_eq!(run(folder.path(), &["scan", "input.log", "--tenant", " "]).code, 2);
}

#[test]
fn fail_on_tells_scripts_what_was_reached() {
    let folder = two_stories();
    let code = |case: &Path, band: &str| run(case, &["scan", "input.log", "--fail-on", band]).code;
    assert_eq!(code(folder.path(), "watch"), 1);
    assert_eq!(code(folder.path(), "investigate"), 1);
    assert_eq!(code(folder.path(), "promote"), 0);
    assert_eq!(code(folder.path(), "loud"), 2);
    let quiet = scan_case("quiet");
    assert_eq!(code(quiet.path(), "watch"), 0);
}

#[test]
fn a_zone_moves_times_that_name_none() {
    let folder = scan_case("vpn_self_heal");
    let first = |zone: &str| {
        let args = ["scan", "input.log", "--format", "json", "--zone", zone];
        let digest = run(folder.path(), &args).ok().json();
        digest["items"][0]["timing"]["first"].as_str().unwrap().to_owned()
    };
    assert_eq!(first("Z"), "2026-03-14T09:12:00Z");
    assert_eq!(first("+02:00"), "2026-03-14T07:12:00Z");
    assert_eq!(first("-0530"), "2026-03-14T14:42:00Z");
}
