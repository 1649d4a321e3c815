//! A gathered block, or a sign → a [`Report`], all but what only the whole boot can tell.

use super::block::{Block, Piece};
use super::classify;
use super::extract::add_evidence;
use super::report::{Device, Evidence, Moment, Report};
use super::signs::Seen;
use super::{facts, fingerprint, guilty_file, stack, title};
use std::collections::BTreeMap;

/// Bytes of evidence that go into a report; the places of all lines do anyway.
const EVIDENCE_BYTES_MAX: usize = 64 << 10;
/// Lines of an episode that are shown.
const EPISODE_BYTES_MAX: usize = 8 << 10;

fn empty(moment: Moment) -> Report {
    let class = classify::classify("");
    Report {
        access: None,
        address: None,
        alt_titles: Vec::new(),
        boot: 0,
        comm: None,
        corrupted: false,
        corrupted_reason: None,
        count: 1,
        cpu: None,
        details: BTreeMap::new(),
        device: None,
        evidence: Evidence {
            line_end: moment.line,
            line_start: moment.line,
            lines: Vec::new(),
            text: String::new(),
            truncated: false,
        },
        family: class.family,
        first: moment,
        frame: None,
        guilty_file: None,
        hardware: None,
        id: 0,
        kernel: None,
        last: moment,
        module: None,
        panicked: false,
        pid: None,
        related: Vec::new(),
        registers: BTreeMap::new(),
        schema: super::report::SCHEMA,
        severity: class.severity,
        signature: fingerprint::Signature::default(),
        subtype: None,
        suppressed: false,
        taint: None,
        title: String::new(),
        traces: Vec::new(),
        kind: class.kind,
        is_sign: false,
    }
}

/// The report of a block; `None` if it turns out to be none.
pub(super) fn from_block(block: &Block) -> Option<Report> {
    let said = block.said();
    let words = title::describe(block.ready, &said)?;
    let (line, byte, mono_us, wall) = block.first;
    let mut report = empty(Moment { byte, line, mono_us, wall });
    report.title = title::clean(&words.title);
    let mut also: Vec<String> = words.also.iter().map(|t| title::clean(t)).collect();
    also.sort_unstable();
    also.dedup();
    report.alt_titles = also;
    let class = classify::classify(&report.title);
    (report.kind, report.family, report.subtype) = (class.kind, class.family, class.subtype);
    report.severity = class.severity;
    if !words.has_form && class.severity > classify::Severity::Medium {
        // Its words promise a crash, its shape shows none that is known.
        report.severity = classify::Severity::Medium;
    }
    let damage = words.damage.or_else(|| {
        if title::holds_stamp(&words.title) {
            return Some("another message stands inside the title");
        }
        (words.has_form && !words.traceless).then(|| stack::damage(&said)).flatten()
    });
    report.corrupted = damage.is_some();
    report.corrupted_reason = damage.map(str::to_owned);
    report.frame = title::frame_of(&report.title);
    report.guilty_file = guilty_file::find(&report.title, &said);
    for (text, place) in block.evidence() {
        add_evidence(&mut report.evidence, text, place, EVIDENCE_BYTES_MAX);
        report.last.line = place.max(report.last.line);
    }
    let facts = facts::read(block.evidence().map(|(text, _)| text));
    (report.cpu, report.pid, report.comm) = (facts.cpu, facts.pid, facts.comm);
    (report.taint, report.kernel, report.hardware) = (facts.taint, facts.kernel, facts.hardware);
    (report.address, report.access) = (facts.address, facts.access);
    (report.registers, report.traces) = (facts.registers, facts.traces);
    report.details = facts.details;
    report.panicked = block.has_panic;
    if let Some(frame) = &report.frame {
        let all = report.traces.iter().flat_map(|t| &t.frames);
        let guilty = all.into_iter().find(|f| fingerprint::bare(&f.func) == *frame);
        report.module = guilty.and_then(|f| f.module.clone());
    }
    report.signature = fingerprint::sign(&report, None);
    Some(report)
}

/// The report of a sign's line.
pub(super) fn from_sign(seen: &Seen, piece: Piece<'_>, moment: Moment) -> Report {
    let mut report = empty(moment);
    let class = seen.sign.class;
    (report.kind, report.family, report.subtype) = (class.kind, class.family, class.subtype);
    report.severity = class.severity;
    report.is_sign = true;
    // The name of the device stays: it is what one has to look at.
    let device = seen.device.as_deref().unwrap_or("an unnamed device");
    report.title = title::clean(&seen.key).replace("DEV", device);
    report.device = seen
        .device
        .as_ref()
        .zip(seen.sign.device)
        .map(|(name, (kind, _))| Device { kind, name: name.clone() });
    for (name, value) in &seen.details {
        report.details.insert((*name).to_owned(), value.clone());
    }
    report.pid = report.details.get("pid").and_then(|p| p.parse().ok());
    report.comm = report.details.get("program").cloned();
    add_evidence(&mut report.evidence, piece.text, piece.place, EPISODE_BYTES_MAX);
    report.signature = fingerprint::sign(&report, Some(&title::clean(&seen.key)));
    report
}

/// Adds what a further line of an episode tells.
pub(super) fn join_sign(report: &mut Report, seen: &Seen, piece: Piece<'_>, moment: Moment) {
    for (name, value) in &seen.details {
        report.details.entry((*name).to_owned()).or_insert_with(|| value.clone());
    }
    if seen.sign.class.kind == "OOM_MEMCG" {
        report.kind = seen.sign.class.kind;
        report.title = title::clean(&seen.key);
    }
    report.last = moment;
    add_evidence(&mut report.evidence, piece.text, piece.place, EPISODE_BYTES_MAX);
}

/// An episode is complete: it is signed anew.
pub(super) fn settle_episode(report: &mut Report) {
    if report.details.get("constraint").is_some_and(|c| c == "MEMCG") {
        (report.kind, report.title) = ("OOM_MEMCG", "out of memory in a control group".to_owned());
    }
    let key = report.title.clone();
    report.signature = fingerprint::sign(report, Some(&key));
}
