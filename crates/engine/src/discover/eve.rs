//! The evidence of a candidate one occasion before it opened, kept at its opening: why it was told
//! then and not earlier.

use super::gate::{Asked, Gate};
use super::recurrence::{self, Run};
use super::{Finding, View, precursor, self_heal};
use model::{CandidateType, Span};
use serde::{Deserialize, Serialize};

/// A run of occasions without its latest, and with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Eve {
    /// Occasions, from first to last, and decades of surprise; absent where there was no run.
    before: Option<(u32, Span, f64)>,
    /// The gates that were still shut.
    shut: Vec<Gate>,
    /// Occasions and decades that opened it.
    after: (u32, f64),
}

impl Eve {
    /// The eve of a finding that rests on a run of occasions.
    pub fn of(finding: &Finding, view: View<'_>) -> Option<Eve> {
        let asked: Asked = match finding.kind {
            CandidateType::Recurrence => recurrence::asked(view.config),
            CandidateType::SelfHeal => self_heal::asked_before(view, finding),
            CandidateType::Precursor => precursor::asked_before(view, finding),
            _ => return None,
        };
        // The run that the finding rests on is that of one of its cells.
        let run = |cell: &_| recurrence::least_likely(view, *cell, 0).ok().map(|run| (*cell, run));
        let is_it = |(_, run): &(_, Run)| run.surprise == finding.surprise;
        let (cell, after) = finding.cells.iter().filter_map(run).find(is_it)?;
        let (before, shut) = match recurrence::least_likely(view, cell, 1) {
            Ok(run) => {
                (Some((run.occasions, run.within(), run.surprise)), asked.shut(&run).collect())
            }
            Err(gate) => (None, vec![gate]),
        };
        Some(Eve { before, shut, after: (after.occasions, after.surprise) })
    }
}

impl std::fmt::Display for Eve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("why not earlier: one occasion before, ")?;
        let is_likely = self.shut.iter().any(|gate| matches!(gate, Gate::Likely(..)));
        if let Some((occasions, within, surprise)) = self.before {
            write!(f, "with {occasions} within {within}")?;
            // Where that was too little, the gate says it with what was asked for.
            let chance = format!(" and a chance of 10^-{surprise:.1}");
            write!(f, "{}, ", if is_likely { "" } else { &chance })?;
        }
        let shut: Vec<String> = self.shut.iter().map(Gate::to_string).collect();
        match shut.is_empty() {
            true => f.write_str("only the pair that completed it was missing")?,
            false => f.write_str(&shut.join("; "))?,
        }
        let (occasions, surprise) = self.after;
        write!(f, ". The next made it {occasions} with a chance of 10^-{surprise:.1}")
    }
}
