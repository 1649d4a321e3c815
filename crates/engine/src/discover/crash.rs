//! Crash: the kernel reported trouble of its own that loses work or worse. It needs no odds: one is enough, and
//! what is remembered says how many there were.

use super::passed::Judged;
use super::{Detector, Facts, Finding, Moment, View};
use crate::kernel::Severity;
use model::CandidateType;

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Crash,
    summary: "a crash, a hang or damage that a kernel reports of itself",
    on_sighting: Some(judge),
    on_tick: None,
};

/// From here on a report is told at its first coming; of milder ones the other detectors tell what recurs.
const TOLD_FROM: Severity = Severity::High;
/// So is a line alone: one I/O error has many harmless causes, a file system that shut itself down has none.
const LINE_TOLD_FROM: Severity = Severity::Critical;

fn judge(view: View<'_>, moment: &Moment) -> Option<Judged> {
    let reported = moment.reported?;
    let told_from = if reported.lines > 1 { TOLD_FROM } else { LINE_TOLD_FROM };
    if reported.severity < told_from && !reported.panicked {
        return None;
    }
    let facts = Facts::Crash(reported);
    Some(Judged::Found(Finding {
        surprise: decades(view, u64::from(reported.past.count())),
        ..Finding::of_one(CandidateType::Crash, moment.cell, view.now, facts, view)
    }))
}

/// How seldom the like came on all days of all hosts.
fn decades(view: View<'_>, before: u64) -> f64 {
    let hosts = view.ledger.hosts.len() as f64;
    let days = (view.now - view.ledger.first).as_days_f64();
    ((before as f64 + 0.5) / (hosts * days + 1.0)).min(1.0).log10().abs()
}
