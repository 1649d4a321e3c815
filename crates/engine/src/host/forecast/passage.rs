//! Lines, noise and a limit → when the limit will be met: the distribution of the first passage, by
//! adding up the chance at each step ahead. Noise meets a limit long before its mean does: on a slow
//! slope that is an hour, and a forecast without it is late by as much.

use crate::stats::normal_tail;

/// Steps ahead that are looked at: each of the first sixteen, then one each eighth of the way. Further ahead a
/// few steps are less than the slope is sure of, and a sixth of the work is left.
const STEPS: [u16; POINTS] = steps();
const POINTS: usize = 41;
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
    let mut unmet = [0.0_f64; POINTS];
    for path in paths {
        for (place, weight) in SLOPES {
            path.follow(place, weight * path.weight, limit, step, &mut unmet);
        }
    }
    let until = |share: f64| {
        let Some(at) = unmet.iter().position(|chance| *chance <= share) else {
            return f64::INFINITY;
        };
        let (before, earlier) = match at.checked_sub(1) {
            Some(at) => (f64::from(STEPS[at]), unmet[at]),
            None => (0.0, 1.0),
        };
        // The first whole step at which the line between the two points is low enough.
        let part = (earlier - share) / (earlier - unmet[at]).max(f64::MIN_POSITIVE);
        (before + (f64::from(STEPS[at]) - before) * part.clamp(0.0, 1.0)).ceil().max(1.0) * step
    };
    [until(0.9), until(0.5), until(0.1)]
}

impl Path {
    /// Adds the chance that the limit is not yet met at each step, for one slope.
    fn follow(&self, place: f64, weight: f64, limit: f64, step: f64, unmet: &mut [f64; POINTS]) {
        let slope = (self.slope + place * self.slope_error).max(0.0);
        let (mut hazard, mut fading, mut stays) = (0.0, self.deviation, 1.0);
        let (mut before, mut earlier) = (0, 0.0);
        for (unmet, at) in unmet.iter_mut().zip(STEPS) {
            let width = i32::from(at - before);
            fading *= self.likeness.powi(width);
            let mean = self.level + slope * f64::from(at) * step + fading;
            let z = ((limit - mean) / self.noise + LEAST_OF_THREE.0) / LEAST_OF_THREE.1;
            if z < TAIL_MAX {
                let tail = normal_tail(z);
                // The sum of the steps between the two points, by a line through them.
                let width = f64::from(width);
                hazard += FRESH * ((width + 1.0) * tail + (width - 1.0) * earlier) / 2.0;
                stays = (-hazard).exp();
                earlier = tail;
            }
            before = at;
            *unmet += weight * stays;
            if hazard > 30.0 {
                break;
            }
        }
    }
}

const fn steps() -> [u16; POINTS] {
    let (mut steps, mut at, mut step) = ([0; POINTS], 0, 0);
    while at < POINTS {
        step += if step < 16 { 1 } else { step / 8 };
        steps[at] = step;
        at += 1;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIMB: Path = Path {
        weight: 1.0,
        slope: 0.01 / 60.0,
        slope_error: 0.001 / 60.0,
        level: 0.5,
        deviation: 0.0,
        noise: 0.004,
        likeness: 0.3,
    };

    #[test]
    fn the_steps_reach_four_hours_of_minutes() {
        assert_eq!(STEPS[..18], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20]);
        assert!((240..300).contains(&STEPS[POINTS - 1]), "{STEPS:?}");
    }

    #[test]
    fn a_climb_is_met_when_its_line_says_so_and_a_still_gauge_never() {
        let [lo, mid, hi] = first_passage(&[CLIMB], 0.9, 60.0);
        // Its line is there after forty minutes, where the points that are looked at lie five apart.
        assert!(
            (lo..=hi).contains(&mid) && (36.0..=42.5).contains(&(mid / 60.0)),
            "{lo} {mid} {hi}"
        );
        let still = Path { slope: 0.0, slope_error: 0.0, ..CLIMB };
        assert_eq!(first_passage(&[still], 0.9, 60.0), [f64::INFINITY; 3]);
    }
}
