//! The scores of the three layers → one alert with its severity. Two ways: `calibrated`, the default,
//! asks how many false alarms a severity costs; `spec-v1` is the weighted sum of the user's document.

use super::rules::{self, Broken};
use serde::{Deserialize, Serialize};

/// Severity of an alert, in the document's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AlertSeverity {
    /// Calibrated: at most one false alarm a day and host.
    Low,
    /// At most one a week.
    Med,
    /// At most one a month.
    High,
    /// At most one a year.
    Crit,
}

impl AlertSeverity {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            AlertSeverity::Low => "LOW",
            AlertSeverity::Med => "MED",
            AlertSeverity::High => "HIGH",
            AlertSeverity::Crit => "CRIT",
        }
    }

    /// The highest severity whose budget covers so many false alarms a day; `None` above one a day.
    pub fn of_false_alarms(per_day: f64) -> Option<AlertSeverity> {
        match per_day {
            rate if rate <= 1.0 / 365.0 => Some(AlertSeverity::Crit),
            rate if rate <= 1.0 / 30.0 => Some(AlertSeverity::High),
            rate if rate <= 1.0 / 7.0 => Some(AlertSeverity::Med),
            rate if rate <= 1.0 => Some(AlertSeverity::Low),
            _ => None,
        }
    }

    /// The severity of rules broken: facts have no chance to be calibrated, so the cuts are those of
    /// the weights (0.9 "hardly ever", 0.3 "every day somewhere").
    pub fn of_rules(score: f64) -> Option<AlertSeverity> {
        match score {
            s if s >= 0.95 => Some(AlertSeverity::Crit),
            s if s >= 0.85 => Some(AlertSeverity::High),
            s if s >= 0.6 => Some(AlertSeverity::Med),
            s if s >= 0.4 => Some(AlertSeverity::Low),
            _ => None,
        }
    }

    /// The document's cuts of the final score.
    pub fn of_spec_v1(score: f64) -> AlertSeverity {
        match score {
            s if s >= 0.7 => AlertSeverity::Crit,
            s if s >= 0.5 => AlertSeverity::High,
            s if s >= 0.3 => AlertSeverity::Med,
            _ => AlertSeverity::Low,
        }
    }
}

/// Which way scores are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fusion {
    /// Severity is the expected number of false alarms.
    #[default]
    Calibrated,
    /// 0.2 × geometric + 0.3 × temporal + 0.5 × hero.
    SpecV1,
}

/// What the layers say of one observation.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// Rules broken.
    pub broken: Vec<Broken>,
    /// Metrics that left their usual range; `None` without metrics.
    pub temporal: Option<Layer>,
    /// The outlier model; `None` without one.
    pub hero: Option<Layer>,
}

/// One statistical layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    /// 0–1.
    pub score: f64,
    /// The chance of at least this under usual conditions.
    pub chance: f64,
    /// The sentence for a reader.
    pub reason: String,
}

/// Weights of the document.
const SPEC_V1: [f64; 3] = [0.2, 0.3, 0.5];

/// One judgement of all layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Fused {
    /// 0–1: orders what was judged the same way.
    pub score: f64,
    /// `None` where nothing is said.
    pub severity: Option<AlertSeverity>,
    /// 0–1: how sure it is that this is no false alarm.
    pub confidence: f64,
    /// The layers' own scores: geometric, temporal, hero.
    pub layers: [f64; 3],
    /// Expected false alarms a day and host at this evidence; `None` in `spec-v1`, which does not know.
    pub false_alarms_per_day: Option<f64>,
}

/// Joins the layers; `tests_per_day` is how many observations a host has a day.
pub fn fuse(layers: &Layers, fusion: Fusion, tests_per_day: f64) -> Fused {
    match fusion {
        Fusion::SpecV1 => fuse_spec_v1(layers),
        Fusion::Calibrated => fuse_calibrated(layers, tests_per_day),
    }
}

fn fuse_spec_v1(layers: &Layers) -> Fused {
    let scores = [
        rules::spec_v1_score(&layers.broken),
        layers.temporal.as_ref().map_or(0.0, |layer| layer.score),
        layers.hero.as_ref().map_or(0.0, |layer| layer.score),
    ];
    let score = scores.iter().zip(SPEC_V1).map(|(score, weight)| score * weight).sum();
    Fused {
        score,
        severity: Some(AlertSeverity::of_spec_v1(score)),
        confidence: score,
        layers: scores,
        false_alarms_per_day: None,
    }
}

/// The chance of the most surprising layer times the number of layers holds under any dependence
/// between them (Bonferroni), and expectations add up: so many tests a day, so many false alarms.
fn fuse_calibrated(layers: &Layers, tests_per_day: f64) -> Fused {
    let geometric = rules::score(&layers.broken);
    let tested: Vec<&Layer> = layers.temporal.iter().chain(&layers.hero).collect();
    let chance = tested.iter().map(|layer| layer.chance).fold(1.0, f64::min);
    let chance = (chance * tested.len().max(1) as f64).min(1.0);
    let false_alarms = chance * tests_per_day.max(1.0);
    let by_chance =
        if tested.is_empty() { None } else { AlertSeverity::of_false_alarms(false_alarms) };
    // A day's budget spent is 0, a year's worth of nothing like it is near 1.
    let statistical = if tested.is_empty() { 0.0 } else { 1.0 - false_alarms.min(1.0) };
    let score = 1.0 - (1.0 - geometric) * (1.0 - statistical);
    Fused {
        score,
        severity: AlertSeverity::of_rules(geometric).max(by_chance),
        confidence: geometric.max(statistical),
        layers: [
            geometric,
            layers.temporal.as_ref().map_or(0.0, |layer| layer.score),
            layers.hero.as_ref().map_or(0.0, |layer| layer.score),
        ],
        false_alarms_per_day: (!tested.is_empty()).then_some(false_alarms),
    }
}
