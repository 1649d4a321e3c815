//! What a run of occasions must pass before a detector speaks, as data: the detector asks whether
//! any gate is shut, the explanation says which, and by how much. So both say the same.

use super::View;
use super::recurrence::{self, Run};
use crate::attention::cell::CellIndex;
use model::Span;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why single occasions of a cell say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PassedOver {
    /// Its source calls it debug output.
    Debug,
    /// No letter in it.
    NoWords,
    /// Only its rate can say something.
    Stream,
    /// A mild timer.
    Clockwork,
    /// A change, not trouble.
    NewProgram,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PassedOver::Debug => "debug output",
            PassedOver::NoWords => "it has no words",
            PassedOver::Stream => "a stream that hardly ever pauses",
            PassedOver::Clockwork => "it comes like clockwork",
            PassedOver::NewProgram => "the talk of a program that is itself new here",
        })
    }
}

/// A gate that is shut, with the numbers that shut it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Gate {
    /// Single occasions of it say nothing.
    PassedOver(PassedOver),
    /// So many occasions, so many asked for.
    Few(u32, u32),
    /// The host was known for so long before, so long is asked for.
    YoungHost(Span, Span),
    /// So many occasions a day are usual; rare is up to so many.
    Usual(f64, f64),
    /// From first to last so long, so long is asked for.
    Short(Span, Span),
    /// So many decades of surprise, so many asked for.
    Likely(f64, f64),
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gate::PassedOver(reason) => {
                write!(f, "single occasions of it are passed over: {reason}")
            }
            Gate::Few(have, asked) => write!(f, "too few occasions: {have} of {asked}"),
            Gate::YoungHost(known, asked) => {
                write!(f, "the host was known for {known} before, {asked} is asked for")
            }
            Gate::Usual(per_day, max) => {
                let per_day = crate::score::number(*per_day);
                write!(f, "its usual of {per_day} occasions a day is above {max}")
            }
            Gate::Short(have, asked) => write!(f, "it spans {have} of {asked}"),
            Gate::Likely(have, asked) => {
                write!(f, "its chance is 10^-{have:.1}, 10^-{asked:.1} is asked for")
            }
        }
    }
}

/// What a detector asks of a run.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Occasions.
    pub occasions: u32,
    /// From the first to the last.
    pub span: Span,
    /// Decades of surprise.
    pub surprise: f64,
}

impl Asked {
    /// The gates that are shut to a run.
    pub fn shut(self, run: &Run) -> impl Iterator<Item = Gate> {
        let few =
            (run.occasions < self.occasions).then_some(Gate::Few(run.occasions, self.occasions));
        let short = (run.within() < self.span).then_some(Gate::Short(run.within(), self.span));
        let likely =
            (run.surprise < self.surprise).then_some(Gate::Likely(run.surprise, self.surprise));
        [few, short, likely].into_iter().flatten()
    }

    /// Whether none is shut.
    pub fn lets_through(self, run: &Run) -> bool {
        self.shut(run).next().is_none()
    }
}

/// What stands between a cell and a candidate of `recurrence`; nothing if all gates are open.
pub fn shut_to(view: View<'_>, cell: CellIndex) -> Vec<Gate> {
    match recurrence::least_likely(view, cell, 0) {
        Err(gate) => vec![gate],
        Ok(run) => recurrence::asked(view.config).shut(&run).collect(),
    }
}
