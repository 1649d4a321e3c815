//! Kernel forensics through one door: [`check`] reads a case of `fixtures/kernel` and compares what is
//! found with what is expected (`UPDATE_FIXTURES=1` writes it anew); properties that hold for any
//! bytes; and whole collections of logs, where they are shared.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says by panicking and printing"
)]

use engine::kernel::{Analysis, Analyzer, Anonymiser, Context, LogFormat, Pseudonyms, Record};
use engine::normalize::Reference;
use model::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

#[path = "kernel/corpus.rs"]
mod corpus;
#[path = "kernel/forms.rs"]
mod forms;

fn reference() -> Reference {
    Reference { now: Timestamp::from_secs(1_795_255_200), zone_offset_secs: 0 }
}

fn analyse(bytes: &[u8]) -> Analysis {
    let mut analyzer = Analyzer::new(reference());
    analyzer.push(bytes);
    analyzer.finish()
}

fn shown(analysis: &Analysis) -> Value {
    json!({ "reports": analysis.reports, "summary": analysis.summary })
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/kernel")
}

fn check(case: &Path) {
    let bytes = std::fs::read(case.join("input.log")).unwrap();
    let found = serde_json::to_string_pretty(&shown(&analyse(&bytes))).unwrap() + "\n";
    let path = case.join("expected.json");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        return std::fs::write(path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; UPDATE_FIXTURES=1 writes it", path.display()));
    assert!(found == expected, "{} differs; UPDATE_FIXTURES=1 writes it anew", path.display());
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(fixtures()).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 10);
    cases
}

#[test]
fn kernel_fixtures() {
    cases().iter().for_each(|case| check(case));
}

#[test]
fn any_cut_of_the_stream_gives_the_same_bytes() {
    for case in cases() {
        let bytes = std::fs::read(case.join("input.log")).unwrap();
        let whole = shown(&analyse(&bytes)).to_string();
        for size in [1, 2, 7, 64, 1_000] {
            let mut analyzer = Analyzer::new(reference());
            bytes.chunks(size).for_each(|piece| analyzer.push(piece));
            let pieces = shown(&analyzer.finish()).to_string();
            assert!(pieces == whole, "{} {size}", case.display());
        }
    }
}

/// The messages of a case as records of the kernel without any header.
fn messages(case: &str) -> Vec<(i64, String)> {
    let text = std::fs::read_to_string(fixtures().join(case).join("input.log")).unwrap();
    let one = |line: &str| {
        let (stamp, message) = line.strip_prefix('[').unwrap().split_once(']').unwrap();
        let (secs, micros) = stamp.trim().split_once('.').unwrap();
        let mono = secs.parse::<i64>().unwrap() * 1_000_000 + micros.parse::<i64>().unwrap();
        (mono, message.strip_prefix(' ').unwrap_or(message).to_owned())
    };
    text.lines().map(one).collect()
}

#[test]
fn the_format_changes_nothing_that_is_found() {
    type Render = fn(i64, &str) -> String;
    fn ts(us: i64) -> String {
        format!("[{:5}.{:06}]", us / 1_000_000, us % 1_000_000)
    }
    let formats: [(&str, Render); 10] = [
        ("dmesg", |us, m| format!("{} {m}\n", ts(us))),
        ("raw", |us, m| format!("<4>{} {m}\r\n", ts(us))),
        ("decoded", |us, m| format!("kern  :warn  : {} {m}\n", ts(us))),
        ("none", |_, m| format!("{m}\n")),
        ("kmsg", |us, m| format!("4,{us},{us},-;{m}\n SUBSYSTEM=lamp\n")),
        ("colour", |us, m| format!("\x1b[32m{} \x1b[0m\x1b[33m{m}\x1b[0m\n", ts(us))),
        ("syslog", |us, m| format!("Mar  9 06:00:01 mill-7 kernel: {} {m}\n", ts(us))),
        ("journal", |_, m| format!("Mar 09 06:00:01 mill-7 kernel: {m}\n")),
        ("iso", |us, m| format!("2026-03-09T06:00:01.5+00:00 mill-7 kernel: {} {m}\n", ts(us))),
        ("vendor", |us, m| format!("<4>{} (0)[100:kworker/0:1]{m}\n", ts(us))),
    ];
    for case in ["oops_dmesg", "hung_story", "failing_disk", "out_of_memory"] {
        let of = |render: Render| {
            let text: String = messages(case).iter().map(|(us, m)| render(*us, m)).collect();
            let analysis = analyse(text.as_bytes());
            assert_eq!(analysis.summary.boots.len(), 1, "{case}");
            let reports = analysis.reports.into_iter();
            reports
                .map(|r| (r.title, r.kind, r.frame, r.signature.strict, r.count))
                .collect::<Vec<_>>()
        };
        let wanted = of(formats[0].1);
        assert!(!wanted.is_empty());
        for (name, render) in formats {
            assert_eq!(of(render), wanted, "{case} as {name}");
        }
    }
}

#[test]
fn records_and_bytes_give_the_same_reports() {
    let text = std::fs::read(fixtures().join("oops_dmesg/input.log")).unwrap();
    let of_bytes = analyse(&text).reports;
    let mut analyzer = Analyzer::new(reference());
    for (at, (mono, message)) in messages("oops_dmesg").iter().enumerate() {
        let mut record = Record::plain(message, at as u64 + 1, 0);
        record.format = LogFormat::Dmesg;
        record.context = Context::Kernel;
        record.mono_us = Some(*mono);
        record.text = Cow::Borrowed(message);
        analyzer.record(&record);
    }
    let of_records = analyzer.finish().reports;
    let keys = |reports: &[engine::kernel::Report]| {
        reports
            .iter()
            .map(|r| (r.title.clone(), r.signature.clone(), r.evidence.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&of_records), keys(&of_bytes));
}

#[test]
fn a_kernel_is_believed_and_a_daemon_is_not() {
    let quiet = |text: &str| assert!(analyse(text.as_bytes()).reports.is_empty(), "{text}");
    quiet("Mar  9 06:00:01 mill-7 milld[4]: Kernel panic - not syncing: no\n");
    quiet("[   12.000000] systemd[1]: BUG: unable to handle kernel paging request\n");
    quiet("U-Boot\nWARNING: Caches not enabled\nINFO: all well\n");
    let loud = analyse(b"Mar  9 06:00:01 mill-7 kernel: Kernel panic - not syncing: yes\n");
    assert_eq!(loud.reports[0].title, "kernel panic: yes");
}

#[test]
fn pseudonyms_hide_names_and_keep_what_identifies_a_crash() {
    let text = "Mar  9 06:00:01 mill-7 kernel: [   1.000000] WARNING: CPU: 0 PID: 1 at drivers/a.c:9 spin+0x1/0x2\n\
                Mar  9 06:00:01 mill-7 kernel: [   1.000001] lamp 0000:01:00.0 eth0: 52:54:00:12:34:56 at 192.0.2.77 and fe80::5054:ff:fe12:3456, /home/orsino\n\
                Mar  9 06:00:01 mill-7 kernel: [   1.000002] mail viola@example.org SerialNumber: QX77K12 0f3c5a7e-9b1d-4c6e-8a2b-4d6f8091a2b3\n\
                Mar  9 06:00:01 mill-7 kernel: [   1.000003] Call Trace:\n\
                Mar  9 06:00:01 mill-7 kernel: [   1.000004]  spin+0x1/0x2\n\
                Mar  9 06:00:01 mill-7 kernel: [   1.000005]  wheel+0x10/0x20 mill-7\n";
    let plain = analyse(text.as_bytes());
    for pseudonyms in [Pseudonyms::Numbered, Pseudonyms::Keyed([7; 32])] {
        let mut hidden = plain.clone();
        Anonymiser::new(pseudonyms).anonymise(&mut hidden);
        let json = shown(&hidden).to_string();
        for secret in [
            "mill-7",
            "52:54:00:12:34:56",
            "192.0.2.77",
            "fe80::5054",
            "orsino",
            "viola",
            "QX77K12",
            "0f3c5a7e-9b1d",
        ] {
            assert!(!json.contains(secret), "{secret} in {json}");
        }
        for kept in ["0000:01:00.0", "spin+0x1/0x2", "wheel+0x10/0x20"] {
            assert!(json.contains(kept), "{kept} in {json}");
        }
        assert_eq!(hidden.reports[0].title, plain.reports[0].title);
        assert_eq!(hidden.reports[0].signature.strict, plain.reports[0].signature.strict);
        let again = shown(&hidden).to_string();
        let mut twice = hidden.clone();
        Anonymiser::new(Pseudonyms::Numbered).anonymise(&mut twice);
        twice.summary.anonymised = hidden.summary.anonymised.clone();
        assert_eq!(shown(&twice).to_string(), again);
    }
}

/// Pieces of kernel talk, so that random logs reach the parsers.
fn talk() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"[   12.000000] ",
        b"<4>[    1.500000] ",
        b"[   12.000000][  T77] ",
        b"[   12.000001][    C1] ",
        b"Mar  9 06:00:01 mill kernel: ",
        b"Mar  9 06:00:02 yard kernel: ",
        b"Mar  9 06:00:03 yard kernel: [  991.000000] ",
        b"6,10,190154802,-;",
        b"2026-03-09T06:00:01,154802+00:00 ",
        b"BUG: KASAN: use-after-free in ",
        b"WARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x1/0x2",
        b"INFO: task ",
        b"blocked for more than 120 seconds",
        b"Kernel panic - not syncing: ",
        b"Call Trace:",
        b" f+0x1/0x2",
        b" [<ffffffff81d91389>] ? g+0x3/0x4",
        b"RIP: 0010:h+0x5/0x6",
        b"Read of size 8",
        b"invoked oom-killer: gfp_mask=0x1, order=0",
        b"Out of memory: Killed process 9 (x)",
        b"Linux version 6.1.0 (a@b)",
        b"Panic#1 Part2",
        b"-- Boot 0f --",
        b"{\"dmesg\": [",
        b"\"msg\": \"BUG: x\"",
        b"{\"MESSAGE\":\"BUG: x\",\"_TRANSPORT\":\"kernel\"}",
        b"\r\n",
        b"\n",
        b"\n",
        b"\n",
        b"\r",
        b"\x00",
        b"\xff\xc3",
        b"\x1b[31m",
        b"** replaying previous printk message **",
        b"** 7 printk messages dropped ** ",
        b"ata1.00: exception Emask 0x0",
        b"at: f+0x1/0x2",
        b"is trying to acquire lock",
        b"\xe2\x82\xac",
    ];
    let word = prop_oneof![
        8 => proptest::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(word, 0..120).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_read_the_same_in_any_pieces(bytes in talk(), size in 1usize..40) {
        let whole = shown(&analyse(&bytes)).to_string();
        let mut analyzer = Analyzer::new(reference());
        bytes.chunks(size).for_each(|piece| analyzer.push(piece));
        let mut analysis = analyzer.finish();
        prop_assert_eq!(shown(&analysis).to_string(), whole);
        for report in &analysis.reports {
            prop_assert!(report.title.len() <= 200 && !report.title.chars().any(char::is_control));
            prop_assert!(report.evidence.line_start <= report.evidence.line_end);
            prop_assert!(report.evidence.line_end <= analysis.summary.lines);
        }
        Anonymiser::new(Pseudonyms::Numbered).anonymise(&mut analysis);
    }

    /// What is taken out on the way, boot by boot, is what the end would have given.
    #[test]
    fn streams_give_what_batches_give(bytes in talk(), size in 1usize..40) {
        let key = |r: &engine::kernel::Report| (r.first.line, r.title.clone(), r.count, r.evidence.clone());
        let mut whole: Vec<_> = analyse(&bytes).reports.iter().map(key).map(|k| format!("{k:?}")).collect();
        let mut analyzer = Analyzer::new(reference());
        let mut taken = Vec::new();
        for piece in bytes.chunks(size) {
            analyzer.push(piece);
            taken.extend(analyzer.take_finished());
        }
        taken.extend(analyzer.finish().reports);
        let mut taken: Vec<_> = taken.iter().map(key).map(|k| format!("{k:?}")).collect();
        whole.sort();
        taken.sort();
        prop_assert_eq!(taken, whole);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4_000)) {
        analyse(&bytes);
    }
}
