//! Silence: a message that came like clockwork stops, while its host goes on speaking.
//!
//! Only regular messages are expected (the spread of their gaps is small), so the usual gap and
//! the beats missed say everything; a host that is silent altogether is told by `source_silence`.

use super::{Detector, Facts, Finding, View};
use crate::attention::cell::CellIndex;
use crate::stats::SURPRISE_MAX;
use model::{CandidateType, Timestamp};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Silence,
    summary: "a message that came like clockwork and stopped, while its host goes on",
    on_sighting: None,
    on_tick: Some(judge_all),
};

fn judge_all(view: View<'_>) -> Vec<Finding> {
    view.ledger.overdue.iter().filter_map(|index| judge(view, *index)).collect()
}

fn judge(view: View<'_>, index: CellIndex) -> Option<Finding> {
    let cell = &view.ledger[index];
    let usual_gap = cell.gaps.usual();
    // The host must have spoken since: otherwise it is the host, or its way to us, that is silent.
    let beats = view.config.discover.silence_beats_missed;
    // A host that was silent itself is asked from when it came back.
    let host = view.ledger.host_of(index);
    let spoke_since = cell.last.max(host.voice.back.at());
    let host_speaks = host.last - spoke_since >= usual_gap.scaled(beats / 2.0);
    if cell.silent || host.voice.silent.is_some() || !host_speaks {
        return None;
    }
    let quiet_for = view.now - cell.last;
    Some(Finding {
        kind: CandidateType::Silence,
        cells: vec![index],
        events: 0,
        onset: cell.last,
        marks: cell.marks_since(Timestamp::default()),
        // A clock that misses a beat by chance once in a hundred misses n in a row by 10^-2n.
        surprise: (2.0 * quiet_for.as_secs_f64() / usual_gap.as_secs_f64()).min(SURPRISE_MAX),
        facts: Facts::Silence { usual_gap, quiet_for, learnt: cell.gaps.count() },
    })
}
