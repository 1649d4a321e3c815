//! The windows' lines and accounts → the lines that are believed, each with its weight, and whether
//! together they rise at all.

use super::expert::{AHEAD, Expert};
use super::levels::Levels;
use super::passage::Path;

/// Weight of a window falls with this power of its mean square error.
const BELIEF: i32 = 4;
/// Windows with less weight than this, the best having 1, do not take part.
const WEIGHT_MIN: f64 = 0.1;
/// Windows with at least this weight are asked whether the trend is sure.
const VOICE_MIN: f64 = 0.5;
/// Mann and Kendall's z of those: one in 740 by chance.
const Z_MIN: f64 = 3.0;
/// The slope in its own standard errors. Low, as the interval says how sure it is.
const SLOPE_MIN: f64 = 0.7;
/// Least standard error of a slope, as a share of it.
const SLOPE_ERROR_MIN: f64 = 0.1;
/// Share of a line's error that is never put down to noise.
const ERROR_KEPT: f64 = 0.05;
/// Least noise, as a share of the limit: gauges are printed with three digits.
const NOISE_MIN: f64 = 0.000_5;

/// The moment at which lines are joined.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    /// Seconds.
    pub(super) now: f64,
    /// The sample now.
    pub(super) value: f64,
    /// Noise of single samples.
    pub(super) grain: f64,
    /// Seconds from sample to sample.
    pub(super) interval: f64,
    /// What is watched for.
    pub(super) limit: f64,
}

/// The lines that are believed.
#[derive(Debug)]
pub(super) struct Mixture {
    pub(super) paths: Vec<Path>,
    /// Mean slope a second.
    pub(super) slope: f64,
    /// Whether the trend towards the limit is sure enough to speak of.
    pub(super) is_rising: bool,
    /// Samples that the best window looks at.
    pub(super) window: usize,
}

impl Mixture {
    /// Joins those that have been judged; `None` if none has.
    pub(super) fn of<'a>(
        experts: impl Iterator<Item = &'a Expert>,
        levels: &Levels,
        at: Steps,
    ) -> Option<Mixture> {
        let judged: Vec<(&Expert, f64)> =
            experts.filter_map(|expert| expert.error().map(|error| (expert, error))).collect();
        let (best, least) = judged.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let floor = (at.grain * 0.5).powi(2) + (at.limit * 3e-4).powi(2);
        let weight = |error: f64| ((least + floor) / (error + floor)).powi(BELIEF);
        let believed: Vec<(&Expert, f64)> = judged
            .into_iter()
            .map(|(expert, error)| (expert, weight(error)))
            .filter(|(_, weight)| *weight > WEIGHT_MIN)
            .collect();
        let sum: f64 = believed.iter().map(|(_, weight)| weight).sum();
        // What a line is wrong by beyond the noise of the sample that judges it is its slope's doing.
        let noise = best.noise().max(at.grain * at.grain);
        let error = (least - noise).max(least * ERROR_KEPT).sqrt() / (AHEAD as f64 * at.interval);
        let mut mixture = Mixture {
            paths: Vec::with_capacity(believed.len()),
            slope: 0.0,
            is_rising: false,
            window: best.samples(),
        };
        let mut voices = Vec::with_capacity(believed.len());
        for (expert, weight) in believed {
            let Some((slope, level)) = expert.line_at(at.now) else { continue };
            mixture.slope += slope * weight / sum;
            if weight >= VOICE_MIN {
                voices.push(expert);
            }
            mixture.paths.push(Path {
                weight: weight / sum,
                slope,
                slope_error: error.max(slope * SLOPE_ERROR_MIN),
                level,
                deviation: at.value - level,
                noise: expert.noise().sqrt().max(at.grain).max(NOISE_MIN * at.limit.abs()),
                likeness: expert.likeness(),
            });
        }
        // Asked last: it compares all pairs of a window, and most gauges do not climb.
        mixture.is_rising = mixture.slope > 0.0
            && mixture.slope > SLOPE_MIN * error
            && voices.iter().any(|expert| expert.z(levels) > Z_MIN);
        Some(mixture)
    }
}
