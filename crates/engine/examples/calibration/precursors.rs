//! Part two of the study: many small scenes → how often the engine claims an order that is not there,
//! and how often it finds one that is.

use crate::rhythm::DAY;
use crate::scene::{Arm, Scene, scene};
use crate::watch::{Opening, Watched, watch};
use model::CandidateType;

/// What one arm came to, in replays.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) replays: usize,
    /// A precursor was opened, of whatever messages.
    pub(crate) opened: usize,
    /// A precursor was opened, or a candidate became one later: what a person may have read.
    pub(crate) told: usize,
    /// One of those is about a target.
    pub(crate) of_target: usize,
    /// One of those is about the companion and the target of what is planted.
    pub(crate) right: usize,
    /// A candidate of any type is about a target: the engine is not blind to them.
    pub(crate) seen: usize,
}

impl Claims {
    /// Share of the replays.
    pub(crate) fn share(&self, count: usize) -> f64 {
        count as f64 / self.replays.max(1) as f64
    }
}

/// Runs so many replays of one arm; their seeds count up from `seed`.
pub(crate) fn study(seed: u64, arm: Arm, replays: usize, days: u32) -> Claims {
    let mut claims = Claims::default();
    for replay in 0..replays as u64 {
        let scene = scene(seed.wrapping_mul(1_000_003).wrapping_add(replay), arm, days);
        let watched = watch(&scene.messages, &scene.events, days * DAY, &[]);
        claims.count(&scene, &watched);
    }
    claims
}

impl Claims {
    fn count(&mut self, scene: &Scene, watched: &Watched) {
        let is_of_target = |o: &&Opening| scene.targets.iter().any(|t| o.touches.contains(t));
        let told = || {
            let is_told = |o: &&Opening| [o.kind, o.last_kind].contains(&CandidateType::Precursor);
            watched.openings.iter().filter(is_told)
        };
        let is_right = |o: &Opening| {
            scene.planted.is_some_and(|(a, b)| o.touches.contains(&a) && o.touches.contains(&b))
        };
        self.replays += 1;
        self.opened +=
            usize::from(watched.openings.iter().any(|o| o.kind == CandidateType::Precursor));
        self.told += usize::from(told().next().is_some());
        self.of_target += usize::from(told().any(|o| is_of_target(&o)));
        self.right += usize::from(told().any(is_right));
        self.seen += usize::from(watched.openings.iter().any(|o| is_of_target(&o)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::CandidateId;
    use std::collections::BTreeSet;

    fn opening(kind: CandidateType, last_kind: CandidateType, touches: &[usize]) -> Opening {
        let touches = touches.iter().copied().collect::<BTreeSet<usize>>();
        let id = CandidateId::derive(&[]);
        Opening { at: 0, id, kind, last_kind, leads: Vec::new(), touches }
    }

    #[test]
    fn claims_are_counted_by_replay() {
        use CandidateType::{Precursor, Recurrence};
        let scene = scene(1, Arm::Planted, 21);
        let (companion, target) = scene.planted.unwrap();
        let mut claims = Claims::default();
        for openings in [
            vec![],
            vec![opening(Recurrence, Recurrence, &[target])],
            vec![opening(Precursor, Precursor, &[30, 31]), opening(Precursor, Precursor, &[32])],
            vec![opening(Recurrence, Precursor, &[companion, target])],
        ] {
            claims.count(&scene, &Watched { openings, ..Watched::default() });
        }
        let found = (claims.replays, claims.opened, claims.told, claims.of_target);
        assert_eq!(found, (4, 1, 2, 1));
        assert_eq!((claims.right, claims.seen), (1, 2));
    }
}
