//! The reports of one boot → one story: what followed what, what led to the panic, what is only the
//! effect of something else; and the severities that this raises.

use super::boots::Boot;
use super::classify::{self, Class, Severity};
use super::fingerprint;
use super::report::{Related, Report};

/// Reports that come within this time of each other are one story.
const STORY_US_MAX: i64 = 60_000_000;
/// Without times: within so many lines.
const STORY_LINES_MAX: u64 = 500;
/// Stories of more reports than this are storms; only their neighbours are linked.
const STORY_REPORTS_MAX: usize = 32;

/// A link that went down less often than this in a boot was plugged, not flapping.
const FLAPS_MIN: u64 = 3;

/// Whether a report is worth telling now that the boot is over.
pub(super) fn is_telling(report: &Report) -> bool {
    report.kind != "LINK_FLAP" || report.count >= FLAPS_MIN
}

/// Completes the reports of a boot, in the order in which they began.
pub(super) fn relate(reports: &mut [Report], boot: &Boot) {
    place(reports, boot);
    let mut begin = 0;
    while begin < reports.len() {
        let mut end = begin + 1;
        while end < reports.len() && is_close(&reports[end - 1], &reports[end]) {
            end += 1;
        }
        story(&mut reports[begin..end]);
        begin = end;
    }
    for report in reports.iter_mut() {
        let class = Class {
            kind: report.kind,
            family: report.family,
            severity: report.severity,
            subtype: report.subtype,
        };
        let led_to_panic = report.related.iter().any(|r| r.relation == "led-to-panic")
            || report.panicked && report.evidence.text.contains("Kernel panic - not syncing");
        report.severity = classify::escalate(class, report.count, led_to_panic);
    }
}

/// Says in which boot reports were, and when.
pub(super) fn place(reports: &mut [Report], boot: &Boot) {
    for report in reports.iter_mut() {
        report.boot = boot.index;
        report.panicked |= boot.has_panicked;
        report.kernel = report.kernel.take().or_else(|| boot.version.clone());
        report.hardware = report.hardware.take().or_else(|| boot.hardware.clone());
        for moment in [&mut report.first, &mut report.last] {
            if moment.wall.is_none() {
                moment.wall = moment.mono_us.and_then(|mono| boot.clock.wall(mono));
            }
        }
    }
}

fn is_close(before: &Report, after: &Report) -> bool {
    match (before.first.mono_us, after.first.mono_us) {
        (Some(a), Some(b)) => b - a <= STORY_US_MAX,
        _ => after.first.line.saturating_sub(before.last.line) <= STORY_LINES_MAX,
    }
}

fn is_panic(report: &Report) -> bool {
    report.title.starts_with("kernel panic")
}

fn story(reports: &mut [Report]) {
    if reports.len() < 2 {
        return;
    }
    let kinds: Vec<&str> = reports.iter().map(|r| r.kind).take(STORY_REPORTS_MAX).collect();
    let (hash, input) = fingerprint::chain(&kinds);
    let ids: Vec<(u64, bool, Severity)> =
        reports.iter().map(|r| (r.id, is_panic(r), r.severity)).collect();
    for (at, report) in reports.iter_mut().enumerate() {
        report.signature.chain = Some(hash.clone());
        report.signature.inputs.chain = Some(input.clone());
        let mut link =
            |at: usize, relation| report.related.push(Related { id: ids[at].0, relation });
        if at > 0 {
            let follows = if ids[at].1 { "panic-of" } else { "follows" };
            link(at - 1, follows);
        }
        if at + 1 < ids.len() {
            let leads = ids[at + 1].1 && ids[at].2 >= Severity::Medium;
            link(at + 1, if leads { "led-to-panic" } else { "followed-by" });
        }
    }
}
