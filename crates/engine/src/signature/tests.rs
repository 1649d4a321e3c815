//! Fixtures (`fixtures/signature/<case>`) and what holds for every text.
//!
//! `input.txt` has a service, a tab and a body a line; `expected.tsv` the id, the template and the
//! holes. A change of an id there orphans what users have stored: raise [`TOKENIZER_VERSION`].

use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/signature")
}

fn describe(service: &str, body: &str) -> String {
    let mut skeleton = Skeleton::default();
    fingerprint(service, body, &mut skeleton);
    let signature = signature(service, body);
    assert_eq!(signature.template, skeleton.template(body));
    let mut row = format!("{}\t{}\t", signature.id, signature.template);
    for hole in skeleton.holes() {
        let value = &body[hole.start as usize..hole.end as usize];
        let value: String = value.chars().take(60).collect();
        write!(row, "{:?}={value}; ", hole.kind).unwrap();
    }
    row.trim_end().to_owned()
}

fn check(case: &Path) {
    let input = std::fs::read_to_string(case.join("input.txt")).unwrap();
    let mut actual = String::new();
    for line in input.lines() {
        let (service, body) = line.split_once('\t').unwrap_or(("", line));
        writeln!(actual, "{}", describe(service, body)).unwrap();
    }
    let path = case.join("expected.tsv");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (expected, actual) in expected.lines().zip(actual.lines()) {
        assert_eq!(actual, expected, "{}", case.display());
    }
    assert_eq!(actual, expected, "{}", case.display());
}

#[test]
fn fixtures_hold() {
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 10, "the fixtures are gone");
    cases.iter().for_each(|case| check(case));
}

fn key(body: &str) -> SkeletonKey {
    let mut skeleton = Skeleton::default();
    fingerprint("", body, &mut skeleton);
    skeleton.key()
}

/// One kind of message: the values differ, the signature does not.
#[test]
fn values_do_not_split() {
    for lines in [
        &["link up on eth0", "link up on eth1", "link up on eth12"][..],
        &["took 3 ms", "took 12.5 ms", "took 0 ms"],
        &["for user bob.", "for user alice.", "for user x17."],
        &["user=bob state=UP", "user=x-1 state=UP", "user=\"bob\" state=UP"][..2],
        &["from 192.0.2.1:22", "from db.example.com:5432", "from [2001:db8::1]:22"][..2],
        &["lifetime 00:01", "lifetime <1 sec", "lifetime 1:00:01"],
        &["sent 512 bytes.", "sent 2048 bytes (2.00 KB)."],
        &["estimated size 96.0 B, free 1.5 MB", "estimated size 8.5 KB, free 200.0 KB"],
        &["ids 1, 2, 3", "ids 7, 8", "ids 1, 2, 3, 4, 5"],
        &["from localhost:22", "from 192.0.2.1:22", "from web-3:22"],
        &["event_id=123456 x", "event_id=654321 x"],
        &["TICKET-1234: closed", "TICKET-1235: closed"],
        &["exit code 500", "exit code 1"],
        &["ws=null uid=1", "ws=WorkSource{2044} uid=2"],
        &["at Mon Mar  2 08:15:01 2026", "at Sun Nov 22 18:05:00 2026"],
        &["addr 10.0.0.1 () ok", "addr 10.0.0.2 (10.0.0.2) ok"],
        &["opened  by (uid=0)", "opened by (uid=1000)"],
    ] {
        for line in lines {
            assert_eq!(key(line), key(lines[0]), "{line} / {}", lines[0]);
        }
    }
}

/// Opposite outcomes, states, codes and servers' errors never share a signature.
#[test]
fn outcomes_do_not_merge() {
    let pairs = [
        ("link up", "link down"),
        ("state=UP", "state=DOWN"),
        ("state=\"UP\"", "state=\"DOWN\""),
        ("\"status\":\"ok\"", "\"status\":\"failed\""),
        ("login by admin accepted", "login by admin refused"),
        ("result: 'success' 1", "result: 'failure' 1"),
        ("%ASA-6-302013: Built 1", "%ASA-6-302014: Built 1"),
        ("ORA-00942: gone", "ORA-01555: gone"),
        ("error ECONNREFUSED 1", "error ETIMEDOUT 1"),
        ("status: 200 len: 1", "status: 503 len: 1"),
        ("EventID=4624 user=a", "EventID=4625 user=a"),
        ("{\"EventID\":4624}", "{\"EventID\":4625}"),
        ("SRVE0242I: x", "SRVE0255E: x"),
        ("status code: 200", "status code: 500"),
        ("\"GET / HTTP/1.1\" 200 1", "\"GET / HTTP/1.1\" 502 1"),
        ("\"GET / HTTP/1.1\" 200 1", "\"PUT / HTTP/1.1\" 200 1"),
        ("for user failed 1", "for user ok 1"),
        ("1 error", "1 warning"),
        ("msg=\"disk full\" n=1", "msg=\"disk replaced\" n=1"),
        ("java.io.IOException: x1", "java.net.BindException: x1"),
    ];
    for (one, other) in pairs {
        assert_ne!(key(one), key(other), "{one} / {other}");
    }
}

#[test]
fn services_are_apart() {
    assert_ne!(signature("sshd", "session 1").id, signature("su", "session 1").id);
}

#[test]
fn long_lines_end_in_one_tail() {
    let head = "x ".repeat(300);
    for body in [head.clone() + "a", head.clone() + "b 7", "y".repeat(1 << 20), "é".repeat(9_000)]
    {
        let mut skeleton = Skeleton::default();
        fingerprint("", &body, &mut skeleton);
        let last = skeleton.holes().last().copied().unwrap();
        assert_eq!((last.kind, last.end as usize), (HoleKind::Tail, body.len()));
        assert!(skeleton.text.len() <= 4 * tokenizer::BODY_BYTES_MAX);
    }
    assert_eq!(key(&(head.clone() + "a")), key(&(head + "b 7")));
}

#[test]
fn a_warm_scratch_does_not_allocate() {
    let bodies = ["user bob from 192.0.2.1 port 22", "[a,1],[a,2] of {x: 1, y: 2}", "ok"];
    let mut skeleton = Skeleton::default();
    bodies.iter().for_each(|b| fingerprint("s", b, &mut skeleton));
    bodies.iter().for_each(|b| fingerprint("s", b, &mut skeleton));
    let capacity = (skeleton.text.capacity() + skeleton.room(), skeleton.holes.capacity());
    for _ in 0..9 {
        bodies.iter().for_each(|b| fingerprint("s", b, &mut skeleton));
    }
    assert_eq!(capacity, (skeleton.text.capacity() + skeleton.room(), skeleton.holes.capacity()));
}

/// Fragments that touch every branch of the tokenizer, in any order.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z]{1,12}",
        "[0-9a-fA-F:.%/+-]{1,24}",
        "[\"'()\\[\\]{}<>=:,;| ]{1,6}",
        "[a-z]{1,6}=[a-zA-Z0-9\"/._-]{0,12}",
        prop::sample::select(vec![
            "user",
            "invalid user",
            " from ",
            "for",
            "status",
            "HTTP/1.1",
            "COMMAND=/bin/x",
            "Mon Mar",
            "lifetime",
            "bytes (",
            "<1 sec",
            "://",
            "C:\\",
            "\\\\a\\b",
            "..",
            "...",
            "()",
            "::",
            "5xx",
            "503",
            "true",
            "é",
            "日",
            "\0",
            "\t",
            "{1,2}",
            "Type{1}",
            "[a,1],",
            "\"msg\":\"",
            "by client",
            "2026-03-02T08:15:01.2Z",
            "%A-1-B",
            "<*>",
            "0x",
            "@",
            "password for",
            "(root) CMD (",
            ", ",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let plain = prop::collection::vec(fragment(), 0..24).prop_map(|f| f.concat());
    let spaced = prop::collection::vec(fragment(), 0..24).prop_map(|f| f.join(" "));
    prop_oneof![plain, spaced, any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_text_has_a_skeleton(service in "[a-z]{0,4}", body in line(), before in line()) {
        let mut fresh = Skeleton::default();
        fingerprint(&service, &body, &mut fresh);
        let mut used = Skeleton::default();
        fingerprint("other", &before, &mut used);
        fingerprint(&service, &body, &mut used);
        prop_assert_eq!(fresh.key(), used.key());
        prop_assert_eq!(fresh.holes(), used.holes());
        prop_assert_eq!(&fresh.text, &used.text);
        let mut last = 0;
        for hole in fresh.holes() {
            let (start, end) = (hole.start as usize, hole.end as usize);
            prop_assert!(last <= start && start <= end, "{:?} after {}", hole, last);
            prop_assert!(body.get(start..end).is_some(), "{:?}", hole);
            last = end;
        }
        prop_assert!(std::str::from_utf8(&fresh.text).is_ok());
        prop_assert!(fresh.text.len() <= 4 * body.len() + 16);
    }

    #[test]
    fn equal_keys_mean_equal_texts(one in line(), other in line()) {
        prop_assert_eq!(key(&one) == key(&other), signature("", &one).template == signature("", &other).template);
        prop_assert_eq!(key(&one) == key(&other), signature("", &one).id == signature("", &other).id);
    }

    #[test]
    fn numbers_do_not_matter(a in 0u32.., b in 0u32.., ip in any::<[u8; 4]>(), name in "[a-z]{5,9}[0-9]{2}") {
        let ip = ip.map(|b| b.to_string()).join(".");
        let line = |a: u32, b: u32, ip: &str, name: &str| {
            key(&format!("worker {a} on {ip}:{b} read {b} bytes of {name} in {a}.{b} s, id={a:08x}7"))
        };
        prop_assert_eq!(line(a, b, &ip, &name), line(1, 2, "192.0.2.1", "abcde12"));
    }
}
