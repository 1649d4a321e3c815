//! `fixtures/replay/incidents`: known incidents beside the stream of `two_tenants`, what is told of
//! them, and how files are met that are not what they should be.

use crate::program::{Ran, agree, case_args, fixtures, piped, run};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const STREAM: &str = "../two_tenants/input.ndjson";

fn case() -> PathBuf {
    fixtures("replay").join("incidents")
}

/// The stream, from any folder.
fn stream() -> String {
    fixtures("replay").join("two_tenants/input.ndjson").to_str().unwrap().to_owned()
}

fn replay(more: &[&str]) -> Ran {
    let options = case_args("replay", "incidents");
    let mut args = vec!["replay", STREAM];
    args.extend(options.iter().map(String::as_str));
    args.extend(more);
    run(&case(), &args)
}

/// A replay with incidents that are written into a file first.
fn with(incidents: &[u8], more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tickets"), incidents).unwrap();
    let stream = stream();
    let mut args = vec!["replay", &stream, "--incidents", "tickets"];
    args.extend(more);
    if !more.contains(&"--format") {
        args.extend(["--format", "ndjson"]);
    }
    run(folder.path(), &args)
}

/// The last line: the backtest.
fn backtest(ran: &Ran) -> Value {
    let last = ran.rows().pop().unwrap();
    assert_eq!(last["schema"], "foreshock.backtest/1", "{}", ran.out);
    last
}

#[test]
fn each_incident_is_told_with_what_had_been_shown() {
    let page = replay(&["--format", "text"]).ok();
    let (_, told) = page.out.split_once("\n\nBACKTEST").unwrap();
    agree(&case().join("expected.txt"), &format!("BACKTEST{told}"));
    agree(&case().join("expected.err.txt"), &page.err);
    let rows = replay(&["--format", "ndjson"]).ok();
    let last = format!("{}\n", rows.out.lines().next_back().unwrap());
    agree(&case().join("expected.ndjson"), &last);
    assert_eq!(rows.out, replay(&["--format", "ndjson"]).out, "two runs differ");
    let array = replay(&["--format", "json"]).ok().json();
    assert_eq!(array, Value::from(rows.rows()), "the two forms of JSON differ");
}

#[test]
fn the_digests_are_those_of_every_hour_and_stay_as_they_are() {
    let of = |format: &str| {
        let args = ["replay", STREAM, "--digest-every", "1h", "--format", format];
        run(&case(), &args).ok().out
    };
    for format in ["text", "ndjson"] {
        let with_incidents = replay(&["--format", format]).ok().out;
        let digests = of(format);
        assert!(with_incidents.starts_with(&digests) && digests.len() > 1_000, "{format}");
    }
}

#[test]
fn objects_and_other_separators_give_what_the_table_gives() {
    let objects =
        b"{\"at\": \"2026-03-17T21:40:00Z\", \"tenant\": \"acme\", \"host\": \"gw2\"}\r\n";
    let table = b"\xef\xbb\xbfat;tenant;host\r\n\"2026-03-17T23:40\";acme;gw2\r\n";
    let (mut objects, mut table) =
        (backtest(&with(objects, &[]).ok()), backtest(&with(table, &["--zone", "+02:00"]).ok()));
    for found in [&mut objects, &mut table] {
        assert_eq!(found["announced"], 1, "{found}");
        found["incidents"][0]["line"].take();
    }
    assert_eq!(objects, table);
}

#[test]
fn what_is_longer_ago_than_the_window_is_not_counted() {
    let incidents = b"at,host\n2026-03-17T21:40:00Z,gw2\n";
    let announced = |window: &str| {
        let ran = with(incidents, &["--incident-window", window]).ok();
        backtest(&ran)["announced"].as_u64()
    };
    assert_eq!((announced("2d"), announced("1d")), (Some(1), Some(0)));
}

#[test]
fn bad_rows_are_told_and_the_rest_is_judged() {
    let ran = with(b"at,host\nsoon,gw2\n2026-03-17 21:40,gw2\n,gw3\n2026-03-17,a,b\n", &["-q"]);
    assert_eq!(ran.code, 10, "{}", ran.err);
    for said in ["line 2 of the incidents", "`soon` is not a time", "line 4", "line 5"] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
    let found = backtest(&ran);
    assert_eq!((&found["bad_rows"], &found["announced"]), (&3.into(), &1.into()));
}

#[test]
fn files_that_cannot_be_used_are_mistakes_before_anything_is_read() {
    let cases: [(&[u8], &str); 6] = [
        (b"when,host\n2026-03-17,gw2\n", "no column `at`"),
        (b"at,host\n", "holds no incident"),
        (b"", "holds no incident"),
        (b"at,host\nsoon,gw2\n", "line 2: `soon` is not a time"),
        (b"{\"host\": \"gw2\"}\n", "it has no time"),
        (b"\xff\xfea\0t\0", "UTF-16"),
    ];
    for (incidents, said) in cases {
        let ran = with(incidents, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{said}: {}", ran.err);
        assert!(ran.err.contains("tickets") && ran.err.contains(said), "{said}: {}", ran.err);
    }
    for args in [
        &["replay", STREAM, "--incidents", "nowhere.csv"][..],
        &["replay", STREAM, "--incident-window", "1d"],
        &["replay", STREAM, "--incidents", "incidents.csv", "--incident-window", "0d"],
        &["replay", "-", "--incidents", "-"],
    ] {
        let ran = run(&case(), args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
    }
}

#[test]
fn incidents_or_the_stream_may_be_piped_in() {
    let incidents = fs::read(case().join("incidents.csv")).unwrap();
    let args = ["replay", STREAM, "--incidents", "-", "--format", "ndjson"];
    let of_pipe = piped(&case(), &args, &incidents).ok();
    assert_eq!(of_pipe.out, replay(&["--format", "ndjson"]).ok().out);
    let bytes = fs::read(stream()).unwrap();
    let args = ["replay", "-", "--incidents", "incidents.csv", "--format", "ndjson"];
    assert_eq!(backtest(&piped(&case(), &args, &bytes).ok()), backtest(&of_pipe));
}

#[test]
fn a_stream_without_envelopes_judges_nothing() {
    let incidents = ["--incidents", "incidents.csv", "--format"];
    let replay = |format: &str| {
        piped(&case(), &[&["replay", "-"], &incidents[..], &[format]].concat(), b"hello\n").ok().out
    };
    let array: Value = serde_json::from_str(&replay("json")).unwrap();
    assert_eq!((array.as_array().unwrap().len(), &array[0]["judged"]), (1, &0.into()));
    assert!(replay("text").contains("BACKTEST  no incident could be judged"));
}

#[test]
fn text_of_the_file_cannot_steer_a_terminal() {
    let incidents = "at,host,title,\u{1b}[31mred\n\
        2026-03-17,\u{1b}[2Jgw2,\"a\nBACKTEST  9 of 9\u{202e}\",x\n\u{1b}]0;soon,,,\n";
    for format in ["text", "json", "ndjson"] {
        let ran = with(incidents.as_bytes(), &["--format", format]);
        assert_eq!(ran.code, 10);
        let is_steering = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!ran.out.contains(is_steering), "{format}: {:?}", ran.out);
        assert!(!ran.err.contains(is_steering), "{format}: {:?}", ran.err);
        assert!(!ran.out.contains("\nBACKTEST  9"), "{}", ran.out);
    }
}
