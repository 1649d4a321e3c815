//! The kernel's lines on their way through a lane: those of a report become one event, all others stay, and
//! every line is counted once.
#![allow(clippy::unwrap_used, missing_docs)]

mod lines;

use engine::sighting::KernelNote;
use model::{Counts, Timestamp};
use proptest::prelude::*;

const OOPS: [&str; 12] = [
    "BUG: unable to handle page fault for address: ffff88810a2b3c40",
    "#PF: supervisor read access in kernel mode",
    "Oops: 0000 [#1] PREEMPT SMP NOPTI",
    "CPU: 1 PID: 812 Comm: kworker/1:1 Not tainted 6.6.30 #1",
    "RIP: 0010:pond_skim+0x4a/0xb0 [pond]",
    "RAX: 0000000000000000 RBX: ffff88810a2b3c40 RCX: 0000000000000000",
    "Call Trace:",
    " <TASK>",
    " pond_refill+0x91/0x130 [pond]",
    " worker_thread+0x4d/0x3c0",
    " </TASK>",
    "---[ end trace 0000000000000000 ]---",
];

/// One line a second from second `at` on.
fn said(at: usize, host: &str, service: &str, texts: &[&str]) -> Vec<(usize, String)> {
    let line = |(second, text): (usize, &&str)| {
        let (minute, second) = ((at + second) / 60, (at + second) % 60);
        format!("2026-11-20T04:{minute:02}:{second:02}+00:00 {host} {service}: {text}")
    };
    texts.iter().enumerate().map(|(n, text)| (at + n, line((n, text)))).collect()
}

/// What is read of lines in the order of their times: service and body of each event, and the counts.
fn read(mut lines: Vec<(usize, String)>) -> (Vec<(String, String)>, Counts) {
    lines.sort_by_key(|(at, _)| *at);
    let texts = lines.iter().map(|(_, line)| line.as_str());
    let (batch, counts) = lines::read(texts, Timestamp::from_secs(1_795_255_200));
    assert_eq!(counts.events, batch.len() as u64);
    assert_eq!(counts.lines, counts.events + counts.joined, "every line once");
    let told = |event: engine::Sighting<'_>| match event.kernel {
        Some(KernelNote::Report(note)) => {
            (format!("report of {}", note.lines), event.body.to_owned())
        }
        _ => (event.service.to_owned(), event.body.to_owned()),
    };
    (batch.iter().map(told).collect(), counts)
}

const TITLE: &str = "BUG: unable to handle kernel paging request in pond_skim";

fn pair(service: &str, body: &str) -> (String, String) {
    (service.to_owned(), body.to_owned())
}

#[test]
fn the_lines_of_a_report_become_one_event_and_others_stay() {
    let mut lines = said(10, "oak", "kernel", &OOPS);
    lines.extend(said(5, "oak", "kernel", &["pond: loading"]));
    lines.extend(said(12, "oak", "app[7]", &["a job ran"]));
    lines.extend(said(13, "elm", "kernel", &["eth0: link up"]));
    lines.extend(said(23, "oak", "kernel", &["pond: queue 3 is slow", "pond: queue 3 is well"]));
    lines.extend(said(60, "oak", "app[7]", &["a job ran"]));
    let (events, counts) = read(lines);
    assert_eq!(
        events,
        [
            pair("kernel", "pond: loading"),
            pair("app", "a job ran"),
            pair("kernel", "eth0: link up"),
            pair("report of 12", TITLE),
            pair("kernel", "pond: queue 3 is slow"),
            pair("kernel", "pond: queue 3 is well"),
            pair("app", "a job ran"),
        ]
    );
    assert_eq!(counts.joined, 11);
}

#[test]
fn two_hosts_that_crash_at_the_same_time_are_two_reports() {
    let mut lines = said(10, "oak", "kernel", &OOPS);
    lines.extend(said(10, "elm", "kernel", &OOPS));
    let (events, _) = read(lines);
    assert_eq!(events, [pair("report of 12", TITLE), pair("report of 12", TITLE)]);
}

#[test]
fn a_header_alone_stays_a_line_and_so_does_the_word_of_a_daemon() {
    let (events, _) = read(said(10, "oak", "kernel", &[OOPS[0]]));
    assert_eq!(events, [pair("kernel", OOPS[0])]);
    let (events, _) = read(said(10, "oak", "app", &OOPS));
    assert_eq!(events.len(), OOPS.len(), "not the kernel's: {events:?}");
}

#[test]
fn a_trace_without_a_report_belongs_to_the_line_before() {
    let odd = ["pond: slow refill", "Call Trace:", " pond_refill+0x91/0x130 [pond]"];
    let (events, counts) = read(said(10, "oak", "kernel", &odd));
    assert_eq!((events, counts.joined), (vec![pair("kernel", odd[0])], 2));
    // Nobody knows whose it is if nothing was said before.
    let (events, _) = read(said(10, "oak", "kernel", &odd[1..]));
    assert_eq!(events[0], pair("kernel", odd[1]));
}

#[test]
fn a_shortage_of_memory_is_told_by_its_victim() {
    let lines = [
        "millq invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0",
        "Mem-Info:",
        "Node 0 active_anon:1200kB inactive_anon:99000kB",
        "[    812]     0   812    12000      900    90112        0             0 millq",
        "Out of memory: Killed process 812 (millq) total-vm:812000kB, anon-rss:790000kB",
    ];
    let (events, counts) = read(said(10, "oak", "kernel", &lines));
    assert_eq!((events, counts.joined), (vec![pair("kernel", lines[4])], 4));
}

proptest! {
    /// However lines of two kernels and a program mix, none is lost or counted twice.
    #[test]
    fn any_mixture_balances(picked in prop::collection::vec((0_usize..3, 0_usize..20, 0_usize..40), 0..120)) {
        let speakers = [("oak", "kernel"), ("elm", "kernel"), ("oak", "app")];
        let more = ["pond: loading", "eth0: link up", "Kernel panic - not syncing: Fatal exception"];
        let mut at = 0;
        let mut lines = Vec::new();
        for (who, what, pause) in picked {
            at += if pause > 36 { 30 } else { usize::from(pause > 20) };
            let text = OOPS.iter().chain(&more).nth(what % (OOPS.len() + more.len())).unwrap();
            lines.extend(said(at, speakers[who].0, speakers[who].1, &[text]));
        }
        read(lines);
    }
}
