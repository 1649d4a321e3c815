//! Self-heal: it fails, recovers by itself, and fails again. Each time too short for an alert,
//! together a story.
//!
//! The pair is learnt from time alone (B follows A on the same host, again and again); state words
//! and severities only decide that B is the recovery of A.

use super::gate::Asked;
use super::passed::Judged;
use super::recurrence::unusual_run;
use super::{
    Detector, Facts, Finding, Moment, View, marks_since, occasions_since, speaks_ill, together,
};
use crate::attention::cell::CellIndex;
use model::{CandidateType, Severity, Span};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::SelfHeal,
    summary: "a failure that recovers by itself and comes back",
    on_sighting: Some(judge),
    on_tick: None,
};

/// Mean time to heal below which nothing had failed.
const HEAL_SECS_MIN: u32 = 2;
/// Turns that two messages must have taken before their order alone says that one heals the other.
const TURNS_MIN: u32 = 5;

fn judge(view: View<'_>, moment: &Moment) -> Option<Judged> {
    judge_pair(view, moment.started()?).map(Judged::Found)
}

fn judge_pair(view: View<'_>, cell: CellIndex) -> Option<Finding> {
    // Either half may be the one that completes the evidence.
    if let Some(finding) = judge_failure(view, cell) {
        return Some(finding);
    }
    let failure = view.ledger[cell]
        .partners()
        .iter()
        .filter(|p| p.before >= p.after && p.before > 0)
        .max_by_key(|p| p.before)?;
    judge_failure(view, failure.cell)
}

fn judge_failure(view: View<'_>, failure: CellIndex) -> Option<Finding> {
    let asked = &view.config.discover;
    let cell = &view.ledger[failure];
    if cell.occasions < asked.heal_pairs_min {
        return None;
    }
    let healing = cell.partners().iter().filter(|p| p.after > p.before).max_by_key(|p| p.after)?;
    let pairs = u32::from(healing.after);
    // What is over in the same moment was one message in two lines.
    let lasts = healing.after_secs() >= HEAL_SECS_MIN * pairs;
    let mostly = lasts && f64::from(pairs) >= 0.6 * f64::from(cell.occasions);
    if pairs + 1 < asked.heal_pairs_min || !mostly || !heals(view, failure, healing.cell) {
        return None;
    }
    let run = unusual_run(view, failure)?;
    if !gates(view, pairs, run.within()).lets_through(&run) {
        return None;
    }
    let cells = vec![failure, healing.cell];
    Some(Finding {
        kind: CandidateType::SelfHeal,
        marks: marks_since(view, &cells, run.since),
        events: occasions_since(view, &cells, run.since),
        cells,
        onset: run.since,
        surprise: run.surprise,
        facts: Facts::SelfHeal {
            pairs: pairs.min(run.occasions),
            failures: run.occasions,
            within: run.within(),
            heal: Span::from_secs(i64::from(
                healing.after_secs() / u32::from(healing.after).max(1),
            )),
            latest: Span::from_secs(i64::from(healing.latest_secs)),
            longest: Span::from_secs(i64::from(healing.longest_secs)),
            usual_per_day: run.usual_per_day,
        },
    })
}

/// What is asked of the failures' run, after so many pairs.
fn gates(view: View<'_>, pairs: u32, within: Span) -> Asked {
    let asked = &view.config.discover;
    let surprise = asked.pair_surprise_min(pairs, within);
    Asked { occasions: asked.heal_pairs_min, span: Span::ZERO, surprise }
}

/// What was asked of the run of a finding one pair earlier.
pub fn asked_before(view: View<'_>, finding: &Finding) -> Asked {
    gates(view, super::pairs_of(view, finding).saturating_sub(1), view.now - finding.onset)
}

/// Whether `second` reads as the recovery of `first`.
pub fn heals(view: View<'_>, first: CellIndex, second: CellIndex) -> bool {
    let kind = |cell: CellIndex| view.ledger.kind_of(cell);
    let level = |cell: CellIndex| view.ledger[cell].worst.unwrap_or(Severity::Info);
    let eases = level(second) > level(first) && !kind(second).fails;
    // What one run or connection says in turn is its course; only words can make an end of it.
    let takes_turns =
        || !is_one_act(view, first, second) && (eases || alternates(view, first, second));
    let speaks = kind(second).recovers || takes_turns();
    speaks_ill(view, first)
        && speaks
        && level(second) >= level(first)
        && together::has_words(view, second)
}

/// Whether the second mostly comes from the very process that said the first, another one each time.
fn is_one_act(view: View<'_>, first: CellIndex, second: CellIndex) -> bool {
    let pair = view.ledger[first].partners().iter().find(|p| p.cell == second);
    pair.is_some_and(|pair| pair.is_one_act())
}

/// Whether two messages of one program take turns: neither comes twice in a row but by accident. Then the
/// second ends what the first began, whatever the words are.
fn alternates(view: View<'_>, first: CellIndex, second: CellIndex) -> bool {
    let (one, other) = (&view.ledger[first], &view.ledger[second]);
    let kind = |cell: CellIndex| view.ledger.kind_of(cell);
    let pairs = one.partners().iter().find(|p| p.cell == second && p.after > 0);
    let pairs = pairs.map_or(0, |p| u32::from(p.after));
    let most = one.occasions.max(other.occasions);
    kind(first).service == kind(second).service
        && !kind(second).fails
        && pairs >= TURNS_MIN
        && pairs + 1 >= most
}
