//! A start of a process and what the layers say of it → the alert, with the keys of the user's
//! document.

use super::fusion::{Fused, Fusion, Layers};
use super::process::ProcessStart;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

/// Reasons that an alert lists of the rules.
const RULES_MAX: usize = 5;
/// Longest reason in `reason_text`, in characters; hostile command lines are long.
const REASON_CHARS_MAX: usize = 240;

/// An alert as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnomalyAlert {
    /// `alrt_` and 32 hexadecimal digits, derived from what the alert is about: the same start gives
    /// the same id. Where the record has no time or no number, its place takes part.
    pub alert_id: String,
    /// When the process was started, as its source wrote it.
    pub timestamp: String,
    /// Its number; `null` if the source has none.
    pub process_id: Option<u64>,
    /// Its name.
    pub process_name: String,
    /// `LOW`, `MED`, `HIGH`, `CRIT`, or `NONE` where nothing is said.
    pub severity: &'static str,
    /// 0–1.
    pub confidence: f64,
    /// The weightiest reason.
    pub reason_text: String,
    /// The layers' own scores.
    pub layer_scores: LayerScores,
    /// One sentence a layer, and one for each further rule.
    pub layer_reasons: Vec<String>,
    /// The joined score, 0–1: orders starts that were judged alike.
    pub score: f64,
    /// The machine.
    pub host: String,
    /// Expected false alarms a day and host at this evidence; `null` where no layer knows.
    pub false_alarms_per_day: Option<f64>,
}

/// Scores of the three layers, each 0–1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LayerScores {
    /// Rules over the tree of processes.
    pub geometric: f64,
    /// Values against their own past.
    pub temporal: f64,
    /// The outlier model.
    pub hero: f64,
}

impl AnomalyAlert {
    /// The alert of one start.
    pub fn new(start: &ProcessStart, layers: &Layers, fused: &Fused) -> AnomalyAlert {
        let [geometric, temporal, hero] = fused.layers;
        let reasons = reasons(layers);
        AnomalyAlert {
            alert_id: id_of(start),
            timestamp: start.timestamp.clone(),
            process_id: start.process_id,
            process_name: start.name.clone(),
            severity: fused.severity.map_or("NONE", |severity| severity.word()),
            confidence: rounded(fused.confidence),
            reason_text: main_reason(layers),
            layer_scores: LayerScores {
                geometric: rounded(geometric),
                temporal: rounded(temporal),
                hero: rounded(hero),
            },
            layer_reasons: reasons,
            score: rounded(fused.score),
            host: start.host.clone(),
            false_alarms_per_day: fused.false_alarms_per_day,
        }
    }

    /// Which way of joining needs layers that are missing, for those who ask why a score is low.
    pub fn missing(layers: &Layers, fusion: Fusion) -> Option<&'static str> {
        match (fusion, &layers.temporal, &layers.hero) {
            (Fusion::SpecV1, None, None) => Some(
                "spec-v1 gives rules 0.2 of the score: without metrics and a model nothing exceeds LOW",
            ),
            _ => None,
        }
    }
}

fn reasons(layers: &Layers) -> Vec<String> {
    let mut reasons: Vec<String> = layers
        .broken
        .iter()
        .take(RULES_MAX)
        .map(|rule| cut(&format!("Geometric: {}", rule.reason)))
        .collect();
    if reasons.is_empty() {
        reasons.push("Geometric: no rule broken".to_owned());
    }
    let said = |name: &str, layer: &Option<super::fusion::Layer>, without: &str| match layer {
        Some(layer) => format!("{name}: {}", layer.reason),
        None => format!("{name}: {without}"),
    };
    reasons.push(said("Temporal", &layers.temporal, "the record has no values to compare"));
    reasons.push(said("Hero", &layers.hero, "no model was given"));
    reasons
}

/// The heaviest rule, else the rarer of the two layers.
fn main_reason(layers: &Layers) -> String {
    if let Some(rule) = layers.broken.first() {
        return cut(&rule.reason);
    }
    let rarest =
        layers.temporal.iter().chain(&layers.hero).min_by(|a, b| a.chance.total_cmp(&b.chance));
    rarest.map_or_else(|| "nothing unusual".to_owned(), |layer| cut(&layer.reason))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(REASON_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Four digits: more would claim what no layer knows.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

fn id_of(start: &ProcessStart) -> String {
    let pid = start.process_id.map(|pid| pid.to_string()).unwrap_or_default();
    let parts =
        [&start.host, &start.timestamp, &pid, &start.path, &start.name, &start.command_line];
    let mut bytes = b"foreshock/alert/1".to_vec();
    // Without a time or a number two starts may look the same: their places tell them apart.
    let is_told_apart = !start.timestamp.is_empty() && start.process_id.is_some();
    let place = Some(&start.place).filter(|place| !is_told_apart && !place.is_empty());
    for part in parts.into_iter().chain(place) {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    format!("alrt_{:032x}", xxh3_128(&bytes))
}
