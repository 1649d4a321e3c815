//! Totality: whatever the bytes, there is an event for every line, its text is UTF-8 (by type), and
//! the counts balance.

use super::{Settings, assemble, lines_of};
use crate::normalize::{Reference, normalize};
use model::{Counts, Timestamp};
use proptest::prelude::*;

/// Pieces of headers that steer random lines into every reader.
const PIECES: &[&str] = &[
    "<13>",
    "<191>1 ",
    "<999>",
    "<",
    ">",
    "1 ",
    "Nov 21 09:00:01 ",
    "Feb 30 09:00:01 ",
    "2026 ",
    "2026-11-21T09:00:01.5+02:00 ",
    "2026/11/21 09:00:01 ",
    "21/Nov/2026:09:00:01 +0000",
    "[",
    "]",
    "[Sat Nov 21 09:00:01 2026] ",
    "[   12.345678] ",
    "2026-11-21T09:00:01Z stdout F ",
    "2026-11-21 09:00:01|",
    "6,1,2,-;",
    "kern  :warn  : ",
    "host ",
    "app[12]: ",
    "app: ",
    "- ",
    "[x@1 a=\"b\" ",
    "\\\"",
    "\"",
    "{",
    "}",
    "{\"msg\":\"",
    "\":",
    ",",
    "\"level\":30",
    "key=value ",
    "k=\"v\" ",
    "%PORT-3-FLAP: ",
    "CEF:0|a|b|c|d|e|5|",
    "|",
    "=",
    "LEEF:1.0|a|b|c|d|",
    "ERROR ",
    "[error] ",
    "I1121 09:00:01.5 1 f.go:1] ",
    "\tat a.b(C.java:1)",
    "Caused by: a.b.CException: x",
    "Traceback (most recent call last):",
    "  File \"x\"",
    "ValueError: x",
    "panic: x",
    "goroutine 1 [running]:",
    "last message repeated 3 times",
    "message repeated 2 times: [ x]",
    "__CURSOR=s",
    "MESSAGE\n\u{2}\0\0\0\0\0\0\0",
    "\n",
    "\r\n",
    "\n\n",
    "\0",
    "\u{1b}[31m",
    "\u{1b}]0;",
    "\u{feff}",
    "é",
    "日本",
    " ",
    "\t",
    ":",
    "1795256132",
    "9999999999999",
];

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => proptest::sample::select(PIECES).prop_map(|p| p.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
        1 => "[ -~]{0,12}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_795_256_132)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_give_an_event(payload in lines()) {
        let event = normalize(&payload, &Reference { now: now(), zone_offset_secs: 3_600 });
        prop_assert_eq!(event.host.is_none(), event.defects.has(model::Defect::HostMissing));
    }

    #[test]
    fn any_lines_balance(bytes in lines(), join: bool, live: bool, end_known: bool) {
        let settings = Settings { join, live, end_known, begin_known: end_known, now: now(), zone_offset_secs: 0 };
        let payloads = lines_of(&bytes);
        let mut emitted = 0;
        let counts = assemble(&payloads, &settings, &mut |assembled| {
            emitted += u64::from(assembled.lines);
            assert!(assembled.event.occurred_at.is_some() && assembled.occurrences >= 1);
        });
        prop_assert_eq!(emitted + counts.refused_total(), counts.lines);
        prop_assert_ne!(counts, Counts { lines: 1, ..Counts::default() });
    }
}

/// Sixteen times as many of the worst pieces in one line take about sixteen times as long; what looks at each place
/// again for every other takes 256 times as long.
#[test]
fn long_hostile_lines_are_linear() {
    const MORE: u32 = 16;
    for piece in
        PIECES.iter().chain(&["[", "{\"a\":", "\\", "(", "a=", "a=\"", " ", "<1>", "1 ", "::"])
    {
        let few = piece.repeat(60_000 / piece.len());
        let many = few.repeat(MORE as usize);
        // What else the machine does makes one slower now and then, and none faster.
        let is_linear = (0..10).any(|_| spent(&many) < spent(&few) * (4 * MORE));
        assert!(is_linear, "{piece:?}: {:?}, and {MORE} times {:?}", spent(&many), spent(&few));
    }
}

fn spent(payload: &str) -> std::time::Duration {
    let reference = Reference { now: now(), zone_offset_secs: 0 };
    let headed = format!("<13>Nov 21 09:00:01 h a: {payload}");
    let started = std::time::Instant::now();
    let _ = normalize(payload.as_bytes(), &reference);
    let _ = normalize(headed.as_bytes(), &reference);
    started.elapsed().max(std::time::Duration::from_micros(10))
}
