//! Breakthrough: somebody who failed many times succeeds. A guessed password looks like this, and so does
//! a service whose account was mended after a night of refusals: both are worth a look.
//!
//! Of what is said of successes only the words are known; that this one does not usually come after many
//! failures is counted (see [`Attempts`]).
//!
//! [`Attempts`]: crate::attention::attempts::Attempts

use super::passed::Judged;
use super::{Detector, Facts, Finding, Moment, View};
use crate::attention::attempts::Through;
use model::CandidateType;

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Anomaly,
    summary: "somebody who failed many times on a host and then succeeds there",
    on_sighting: Some(judge),
    on_tick: None,
};

fn judge(view: View<'_>, moment: &Moment) -> Option<Judged> {
    let through = moment.through?;
    let said = view.ledger.kind(moment.signature).events.saturating_sub(1);
    let surprise = decades(&through, said);
    if surprise < view.config.discover.breakthrough_surprise_min {
        return None;
    }
    let (success, failed) = (&view.ledger[moment.cell], &view.ledger[through.failed]);
    let mut marks = failed.marks_since(through.since);
    marks.extend(success.marks_since(view.now).last());
    marks.sort();
    Some(Judged::Found(Finding {
        kind: CandidateType::Anomaly,
        cells: vec![moment.cell, through.failed],
        onset: through.since,
        events: u64::from(through.failures) + 1,
        marks,
        surprise,
        facts: Facts::Breakthrough {
            failures: through.failures,
            within: view.now - through.since,
            said,
            before: through.before,
            persistent: through.persistent,
        },
    }))
}

/// How seldom the success comes after so many failures: of all times it was said, or, where it is hardly
/// ever said, of all who failed so often.
fn decades(through: &Through, said: u64) -> f64 {
    let share = |of: f64| (f64::from(through.before) + 0.5) / (of + 1.0);
    let of_said = share(said as f64);
    let of_persistent = share(f64::from(through.persistent));
    -of_said.min(of_persistent).min(1.0).log10()
}
