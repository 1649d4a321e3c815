//! Lines, noise and a limit → when the limit will be met: the distribution of the first passage, by
//! adding up the chance at each step ahead. Noise meets a limit long before its mean does: on a slow
//! slope that is an hour, and a forecast without it is late by as much.

use crate::stats::normal_tail;

/// Steps ahead that are looked at.
const STEPS_MAX: usize = 240;
/// The limit is met when three samples in a row are beyond it. The least of three alike neighbours lies
/// about 0.42 deviations below their mean, which varies 0.87 as much as one sample.
const LEAST_OF_THREE: (f64, f64) = (0.42, 0.87);
/// Chance of a new excursion at a step, given that there may have been one at the step before.
const FRESH: f64 = 0.5;
/// So many deviations away the chance is below 10⁻¹⁶, which no sum of this size shows.
const TAIL_MAX: f64 = 8.3;
/// Slopes that stand for all: their places in standard errors, and weights (five of a normal law).
const SLOPES: [(f64, f64); 5] = [(-1.5, 0.14), (-0.7, 0.22), (0.0, 0.28), (0.7, 0.22), (1.5, 0.14)];

/// One line into the future.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    /// How much it is believed; weights of all paths add up to 1.
    pub(super) weight: f64,
    /// Slope a second.
    pub(super) slope: f64,
    /// Standard error of the slope.
    pub(super) slope_error: f64,
    /// Level now, on the line.
    pub(super) level: f64,
    /// What the sample now deviates from it.
    pub(super) deviation: f64,
    /// Standard deviation of samples about the line.
    pub(super) noise: f64,
    /// Likeness of neighbouring deviations.
    pub(super) likeness: f64,
}

/// Seconds until the limit is met: where the chance of having met it passes 10 %, 50 % and 90 %.
/// What lies beyond the steps that are looked at is infinite.
pub(super) fn first_passage(paths: &[Path], limit: f64, step: f64) -> [f64; 3] {
    let mut unmet = [0.0_f64; STEPS_MAX];
    for path in paths {
        for (place, weight) in SLOPES {
            path.follow(place, weight * path.weight, limit, step, &mut unmet);
        }
    }
    let until = |share: f64| {
        let at = unmet.iter().position(|chance| *chance <= share);
        at.map_or(f64::INFINITY, |at| (at + 1) as f64 * step)
    };
    [until(0.9), until(0.5), until(0.1)]
}

impl Path {
    /// Adds the chance that the limit is not yet met at each step, for one slope.
    fn follow(&self, place: f64, weight: f64, limit: f64, step: f64, unmet: &mut [f64; STEPS_MAX]) {
        let slope = (self.slope + place * self.slope_error).max(0.0);
        let (mut hazard, mut fading, mut stays) = (0.0, self.deviation, 1.0);
        for (at, unmet) in unmet.iter_mut().enumerate() {
            fading *= self.likeness;
            let mean = self.level + slope * (at + 1) as f64 * step + fading;
            let z = ((limit - mean) / self.noise + LEAST_OF_THREE.0) / LEAST_OF_THREE.1;
            if z < TAIL_MAX {
                hazard += FRESH * normal_tail(z);
                stays = (-hazard).exp();
            }
            *unmet += weight * stays;
            if hazard > 30.0 {
                break;
            }
        }
    }
}
