//! `fixtures/replay/<case>`: a recorded stream, options, and the digests as they would have been.

use crate::program::{Ran, agree, case_args, fixtures, piped, run};
use serde_json::Value;
use std::fs;

fn replay(case: &str, more: &[&str]) -> Ran {
    let options = case_args("replay", case);
    let mut args = vec!["replay", "input.ndjson"];
    args.extend(options.iter().map(String::as_str));
    args.extend(more);
    run(&fixtures("replay").join(case), &args).ok()
}

fn check(case: &str) {
    let expected = fixtures("replay").join(case);
    let ran = replay(case, &["--format", "ndjson"]);
    agree(&expected.join("expected.ndjson"), &ran.out);
    agree(&expected.join("expected.err.txt"), &ran.err);
    let array = replay(case, &["--format", "json"]).json();
    assert_eq!(array, Value::from(ran.rows()), "the two forms of JSON differ");
    let again = replay(case, &["--format", "ndjson"]);
    assert_eq!(ran.out, again.out, "two runs differ");
}

#[test]
fn two_tenants() {
    check("two_tenants");
}

#[test]
fn one_tenant() {
    check("one_tenant");
}

#[test]
fn bad_lines() {
    check("bad_lines");
}

#[test]
fn there_is_a_digest_for_each_tenant_and_day_and_one_at_the_end() {
    let digests = replay("two_tenants", &["--format", "ndjson"]).rows();
    let told: Vec<(&str, &str)> = digests
        .iter()
        .map(|d| (d["as_of"].as_str().unwrap(), d["tenant_id"].as_str().unwrap()))
        .collect();
    assert!(told.is_sorted(), "in the order of time: {told:?}");
    let mut days: Vec<&str> = told.iter().map(|(at, _)| *at).collect();
    days.dedup();
    // Nine days of which the first eight end with a digest, and the end of the stream.
    assert_eq!(days.len(), 9, "{days:?}");
    assert!(days[..8].iter().all(|at| at.ends_with("T00:00:00Z")), "{days:?}");
    let stream = fs::read_to_string(fixtures("replay").join("two_tenants/input.ndjson")).unwrap();
    let last: Value = serde_json::from_str(stream.lines().next_back().unwrap()).unwrap();
    assert_eq!(days[8], last["received_at"].as_str().unwrap());
    for day in days {
        let tenants: Vec<&str> = told.iter().filter(|t| t.0 == day).map(|t| t.1).collect();
        assert_eq!(tenants, ["acme", "bolt"], "{day}");
    }
    let last = &digests[digests.len() - 2..];
    let items = |digest: &Value| digest["items"].as_array().unwrap().len();
    assert_eq!(last.iter().map(items).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn a_pipe_gives_what_the_file_gives() {
    let folder = fixtures("replay").join("two_tenants");
    let bytes = fs::read(folder.join("input.ndjson")).unwrap();
    let args = ["replay", "--digest-every", "1d", "--format", "ndjson"];
    let of_file = run(&folder, &[&args[..], &["input.ndjson"]].concat()).ok();
    let of_pipe = piped(&folder, &[&args[..], &["-"]].concat(), &bytes).ok();
    assert_eq!(of_file.err, of_pipe.err);
    let without_ids = |ran: &Ran| {
        let rows = ran.rows();
        rows.iter().map(crate::program::items_without_sources).collect::<Vec<_>>()
    };
    assert_eq!(without_ids(&of_file), without_ids(&of_pipe));
}

#[test]
fn a_stream_without_envelopes_gives_no_digest_and_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let ran = piped(folder.path(), &["replay", "-", "--format", "json"], b"hello\nworld\n").ok();
    assert_eq!(ran.json(), serde_json::json!([]));
    assert!(ran.err.contains("line 1") && ran.err.contains("not an envelope 2"), "{}", ran.err);
}

#[test]
fn as_text_only_news_and_the_end_are_told() {
    let digests = replay("two_tenants", &["--format", "ndjson"]).rows().len();
    let page = replay("two_tenants", &["--format", "text"]).out;
    let told = page.matches("FORESHOCK  ").count();
    let left_out = format!("{} of {digests} digests had no news", digests - told);
    assert!(told < digests && page.contains(&left_out), "{page}");
    for tenant in ["FORESHOCK  acme,", "FORESHOCK  bolt,"] {
        assert!(page.contains(tenant), "{page}");
    }
}
