//! What all lanes say together, in decades → what that is worth, by the record of the series: one that
//! has often been as loud must be louder to count as much, so that values of several series can be put
//! in one order.
//!
//! Were a decade a factor of ten in rarity, what exceeds a level would exceed it by 0.434 decades on
//! average. That is believed at first, as if thirty episodes had shown it, and corrected by the episodes
//! that the series then has: the mean of an exponential law under its conjugate prior.

use super::lanes::SHORT;
use serde::{Deserialize, Serialize};
use std::f64::consts::LOG10_E;

/// Decades from which an episode is on.
const FROM: f64 = 0.8;
/// Mean excess where decades are what they claim to be.
const CLAIMED: f64 = LOG10_E;
/// The claim is believed like so many episodes: a series has about five in a thousand samples, so its
/// own record prevails after some thousands.
const BELIEF: f64 = 30.0;
/// Samples for which an episode is remembered.
const MEMORY: f64 = 5_000.0;
/// Samples that part two episodes: both halves of a step have passed.
const APART: u32 = 2 * SHORT as u32;
/// An excess counts at most four times the usual one: a true incident must not silence the next.
const EXCESS_MAX: f64 = 4.0;
/// Beyond this many decades the order no longer matters.
const DECADES_MAX: f64 = 17.0;

/// The record: how loud a series has been.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Worth {
    episodes: f64,
    /// Sum over the episodes of the decades by which their loudest sample exceeded [`FROM`].
    excess: f64,
    /// Loudest sample of the episode that is on; 0 between two.
    peak: f64,
    /// Samples since it was on.
    quiet: u32,
}

impl Worth {
    /// What the decades of a sample are worth, which then count in the record.
    pub(super) fn weigh(&mut self, decades: f64) -> f64 {
        let usual = (self.excess + BELIEF * CLAIMED) / (self.episodes + BELIEF);
        self.record(decades, usual);
        let excess = (decades - FROM).max(0.0);
        (decades.min(FROM) + excess * CLAIMED / usual).min(DECADES_MAX)
    }

    fn record(&mut self, decades: f64, usual: f64) {
        self.episodes *= 1.0 - 1.0 / MEMORY;
        self.excess *= 1.0 - 1.0 / MEMORY;
        if decades > FROM {
            self.quiet = 0;
            self.peak = self.peak.max(decades);
        } else if self.peak > 0.0 {
            self.quiet += 1;
            if self.quiet == APART {
                self.episodes += 1.0;
                self.excess += (self.peak - FROM).min(EXCESS_MAX * usual);
                self.peak = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An episode of one loud sample, and the quiet after it.
    fn episode(worth: &mut Worth, decades: f64) -> f64 {
        let told = worth.weigh(decades);
        (0..APART).for_each(|_| {
            worth.weigh(0.0);
        });
        told
    }

    #[test]
    fn decades_are_worth_what_they_claim_until_the_record_says_otherwise() {
        let (mut honest, mut noisy) = (Worth::default(), Worth::default());
        assert!((honest.weigh(4.0) - 4.0).abs() < 1e-9, "nothing is known yet");
        for _ in 0..100 {
            episode(&mut honest, FROM + CLAIMED);
            episode(&mut noisy, 4.0);
        }
        assert!((honest.weigh(4.0) - 4.0).abs() < 0.2, "{}", honest.weigh(4.0));
        assert!(noisy.weigh(4.0) < 2.0, "{}", noisy.weigh(4.0));
        assert!(noisy.weigh(5.0) > noisy.weigh(4.0), "louder stays louder");
    }

    #[test]
    fn one_incident_does_not_silence_the_next() {
        let mut worth = Worth::default();
        assert!(episode(&mut worth, 12.0) > 11.0);
        assert!(worth.weigh(4.0) > 3.5, "{}", worth.weigh(4.0));
    }
}
