//! Precursor: it comes shortly before something else, again and again, and hardly ever without it.
//!
//! The claim is about order in time, never about cause. The mirror test: the other must follow
//! much more often than it leads.

use super::gate::Asked;
use super::passed::Judged;
use super::recurrence::unusual_run;
use super::{Detector, Facts, Finding, Moment, View, marks_since, occasions_since, self_heal};
use crate::attention::cell::CellIndex;
use crate::attention::pairs::Partner;
use crate::stats::{binomial_surprise, wilson_lower};
use model::{CandidateType, Severity, Span};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Precursor,
    summary: "a message that keeps coming shortly before another, worse one",
    on_sighting: Some(judge),
    on_tick: None,
};

/// Mean delay below which two messages are one happening and none announces the other.
const LAG_SECS_MIN: u32 = 2;
/// The same for two messages of one program: the lines of one connection or request are seconds apart.
const LAG_SECS_OWN_MIN: u32 = 10;

fn judge(view: View<'_>, moment: &Moment) -> Option<Judged> {
    judge_pair(view, moment.started()?).map(Judged::Found)
}

fn judge_pair(view: View<'_>, cell: CellIndex) -> Option<Finding> {
    if let Some(finding) = judge_leader(view, cell) {
        return Some(finding);
    }
    let leader = view.ledger[cell]
        .partners()
        .iter()
        .filter(|p| p.before > p.after)
        .max_by_key(|p| p.before)?;
    judge_leader(view, leader.cell)
}

fn judge_leader(view: View<'_>, leader: CellIndex) -> Option<Finding> {
    let asked = &view.config.discover;
    let cell = &view.ledger[leader];
    if cell.occasions < asked.recurrence_occasions_min {
        return None;
    }
    let leads = |p: &&Partner| {
        // What looks at the pair alone comes first: nearly every pair ends here, at no look into the other's row.
        // Of a run, a connection or a job the first line announces nothing: it is the same act.
        if p.after < 3 * p.before || p.is_one_act() {
            return false;
        }
        let program = |cell: CellIndex| view.ledger.kind_of(cell).service;
        let is_own = program(leader) == program(p.cell);
        let lag_min = if is_own { LAG_SECS_OWN_MIN } else { LAG_SECS_MIN };
        let comes_later = p.after_secs() >= lag_min * u32::from(p.after);
        // The mirror test: were the order a coin's, so many of so many would be as unlikely.
        let order = || binomial_surprise(u64::from(p.after), u64::from(p.shared()), 0.5);
        comes_later && order() >= asked.precursor_order_min
    };
    let followed_min = asked.precursor_share_min * f64::from(cell.occasions);
    let effect = cell
        .partners()
        .iter()
        .filter(|p| f64::from(p.after) >= followed_min)
        .filter(leads)
        .filter(|p| is_worse(view, leader, p.cell))
        .max_by_key(|p| p.after)?;
    let followed = u32::from(effect.after);
    // What makes the pair worth telling is the effect; what leads may be an ordinary timer.
    let runs = [leader, effect.cell].into_iter().filter_map(|cell| unusual_run(view, cell));
    let run = runs.max_by(|a, b| a.surprise.total_cmp(&b.surprise))?;
    if !gates(view, followed, run.within()).lets_through(&run) {
        return None;
    }
    let mut cells = vec![leader, effect.cell];
    cells
        .extend(cell.partners().iter().filter(leads).map(|p| p.cell).filter(|c| *c != effect.cell));
    Some(Finding {
        kind: CandidateType::Precursor,
        marks: marks_since(view, &cells, run.since),
        events: occasions_since(view, &cells, run.since),
        cells,
        onset: run.since,
        surprise: run.surprise,
        facts: Facts::Precursor {
            occasions: run.occasions,
            followed: followed.min(run.occasions),
            lag: Span::from_secs(i64::from(effect.after_secs() / followed.max(1))),
            share_low: wilson_lower(u64::from(followed), u64::from(cell.occasions)),
            within: run.within(),
        },
    })
}

/// What is asked of the run, after so many pairs.
fn gates(view: View<'_>, pairs: u32, within: Span) -> Asked {
    let asked = &view.config.discover;
    let surprise = asked.pair_surprise_min(pairs, within);
    Asked { occasions: 0, span: asked.recurrence_span_min, surprise }
}

/// What was asked of the run of a finding one pair earlier.
pub fn asked_before(view: View<'_>, finding: &Finding) -> Asked {
    gates(view, super::pairs_of(view, finding).saturating_sub(1), view.now - finding.onset)
}

/// Whether `second` is the worse message: its source says so, or it alone speaks of failing.
fn is_worse(view: View<'_>, first: CellIndex, second: CellIndex) -> bool {
    if self_heal::heals(view, first, second) {
        return false;
    }
    let level = |cell: CellIndex| view.ledger[cell].worst.unwrap_or(Severity::Info);
    let fails = |cell: CellIndex| view.ledger.kind_of(cell).fails;
    level(second) < level(first)
        || (level(second) == level(first) && fails(second) && !fails(first))
}
