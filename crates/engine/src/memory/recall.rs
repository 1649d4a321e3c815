//! Recall: an open or possible story → the earlier candidates that it resembles, with the reason
//! and the outcome. What ended badly is believed on two sightings when it returns.

use crate::attention::cell::{CellIndex, StoryIndex};
use crate::discover::candidate::{Candidate, Recall};
use crate::discover::story::Stories;
use crate::discover::{Facts, Finding, View};
use crate::stats::poisson_surprise;
use model::Timestamp;

/// Earlier candidates named at most.
const RECALLS_MAX: usize = 3;
/// Records of an earlier candidate's beginning that stand beside those of its return.
const MARKS_CITED: usize = 2;

/// Earlier candidates on the same cell, or with the same signature on another host.
pub fn recall(stories: &Stories, cells: &[CellIndex], view: View<'_>) -> Vec<Recall> {
    let mut found: Vec<(bool, StoryIndex)> = Vec::new();
    for cell in cells {
        let here = stories.past.get(cell).into_iter().flatten();
        found.extend(here.map(|index| (true, *index)));
        let of_kind = view.ledger.cells_of(view.ledger[*cell].signature);
        let there = of_kind.filter(|c| c != cell).filter_map(|c| stories.past.get(&c)).flatten();
        found.extend(there.map(|index| (false, *index)));
    }
    // Same host first, what ended badly first, newest first.
    found.sort_by_key(|(here, index)| {
        let pain = stories[*index].pain.is_some();
        (!here, !pain, std::cmp::Reverse(*index))
    });
    found.dedup_by_key(|(_, index)| *index);
    found
        .iter()
        .take(RECALLS_MAX)
        .map(|(here, index)| told(&stories[*index], *here, view))
        .collect()
}

fn told(earlier: &Candidate, here: bool, view: View<'_>) -> Recall {
    let host = &view.ledger.host_of(earlier.lead()).name;
    let reason = match here {
        true => format!("the same message on the same host, {} ago", view.now - earlier.last),
        false => format!("the same message on {host}, {} ago", view.now - earlier.last),
    };
    let outcome =
        earlier.ending.as_ref().map_or_else(|| "still open".into(), |e| e.outcome.clone());
    let began = earlier.first_marks.iter().take(MARKS_CITED).copied();
    let marks = began.chain(earlier.pain.map(|pain| pain.mark)).collect();
    let closed_here = match (here, earlier.admitted, &earlier.ending) {
        (true, Some(_), Some(ending)) => Some(ending.at),
        _ => None,
    };
    let painful = earlier.pain.is_some();
    Recall { candidate: earlier.id, reason, outcome, painful, closed_here, marks }
}

/// A finding where something that ended badly on this very cell is seen again, often enough.
pub fn weak_return(stories: &Stories, cell: CellIndex, view: View<'_>) -> Option<Finding> {
    let asked = &view.config.discover;
    let earlier = stories
        .past
        .get(&cell)?
        .iter()
        .rev()
        .map(|index| &stories[*index])
        .find(|candidate| candidate.pain.is_some())?;
    let ended = earlier.ending.as_ref()?.at;
    let from = ended.max(view.now - asked.recall_within);
    let starts: Vec<Timestamp> = view.ledger[cell].starts().filter(|at| *at > from).collect();
    let (first, last) = (*starts.first()?, *starts.last()?);
    let occasions = starts.len() as u32;
    let enough = occasions >= asked.recall_occasions_min;
    // Where it also comes in good times, so soon again must still be unusual.
    let days = (last - first).as_days_f64();
    let expected = earlier.usual_per_day * days.max(1e-3);
    let surprise = poisson_surprise(u64::from(occasions) - 1, expected);
    (enough && surprise >= asked.recall_surprise_min).then(|| Finding {
        kind: earlier.kind,
        cells: vec![cell],
        onset: first,
        events: u64::from(occasions),
        surprise,
        facts: Facts::Return { earlier: earlier.id, occasions, within: last - first },
        marks: view.ledger[cell].marks_since(first),
    })
}

/// Whether something ended badly on this cell before.
pub fn ended_badly(stories: &Stories, cell: CellIndex) -> bool {
    let past = stories.past.get(&cell).into_iter().flatten();
    past.into_iter().any(|index| stories[*index].pain.is_some())
}
