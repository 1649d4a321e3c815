//! Starts of processes, one after the other → judged starts: the three layers and what they remember,
//! in one place. A start is judged by what came before it, then remembered.

use super::alert::AnomalyAlert;
use super::fusion::{Fusion, Layer, fuse};
use super::memory::{Bounds, Memory};
use super::outlier::{OutlierModel, Scaled};
use super::process::ProcessStart;
use super::rules::RuleSet;
use std::collections::BTreeSet;

/// Names of programs that are remembered, to know which are new.
const SEEN_MAX: usize = 65_536;

/// The three layers at work.
#[derive(Debug)]
pub struct Watch {
    rules: RuleSet,
    model: Option<OutlierModel>,
    fusion: Fusion,
    per_day: f64,
    memory: Memory,
    seen: BTreeSet<String>,
    scaled: Scaled,
}

/// A judged start.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The alert, also where it says `NONE`.
    pub alert: AnomalyAlert,
    /// What the outlier layer sees, in the order of [`Watch::FEATURES`].
    pub features: [f64; Watch::FEATURES.len()],
}

impl Watch {
    /// What the outlier layer sees of a start.
    pub const FEATURES: [&'static str; 8] = [
        "cpu_percent",
        "memory_percent",
        "threads",
        "is_new",
        "command_length",
        "arguments",
        "hour",
        "is_root",
    ];

    /// Layers that know nothing yet; `per_day` is how many starts a host has a day.
    pub fn new(rules: RuleSet, model: Option<OutlierModel>, fusion: Fusion, per_day: f64) -> Watch {
        Watch {
            rules,
            model,
            fusion,
            per_day,
            memory: Memory::default(),
            seen: BTreeSet::new(),
            scaled: Scaled::default(),
        }
    }

    /// What found no room: starts whose values were not judged, and pairs of programs, parents and users that
    /// were not learnt.
    pub fn overflowed(&self) -> (u64, u64) {
        self.memory.overflowed()
    }

    /// Judges a start, then remembers it.
    pub fn judge(&mut self, start: &ProcessStart) -> Judged {
        let start = &self.memory.with_parent(start);
        let features = self.features(start);
        let mut layers = self.memory.layers(start, &self.rules, self.fusion, Bounds::default());
        layers.hero = self.hero(&features);
        let fused = fuse(&layers, self.fusion, self.per_day);
        if self.seen.len() < SEEN_MAX {
            self.seen.insert(start.name.clone());
        }
        Judged { alert: AnomalyAlert::new(start, &layers, &fused), features }
    }

    fn features(&self, start: &ProcessStart) -> [f64; Watch::FEATURES.len()] {
        let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let line = &start.command_line;
        [
            or_nan(start.cpu_percent),
            or_nan(start.memory_percent),
            or_nan(start.threads),
            f64::from(u8::from(!self.seen.contains(&start.name))),
            (1.0 + line.len() as f64).ln(),
            line.split_whitespace().count() as f64,
            or_nan(start.at.map(|at| f64::from(at.hour()))),
            f64::from(u8::from(start.uid == Some(0) || start.user == "system")),
        ]
    }

    fn hero(&mut self, features: &[f64]) -> Option<Layer> {
        let model = self.model.as_ref()?;
        let score = model.score(features, &mut self.scaled);
        let because: Vec<String> = model
            .causes(features, &mut self.scaled)
            .into_iter()
            .map(|cause| {
                format!("{} {:.2} (usually {:.2})", cause.column, cause.value, cause.usual)
            })
            .collect();
        let because =
            if because.is_empty() { String::new() } else { format!(": {}", because.join(", ")) };
        Some(Layer {
            score: score.forest,
            // Two models were asked: the chance of the rarer answer counts for both.
            chance: (2.0 * score.forest_chance.min(score.pca_chance)).min(1.0),
            reason: format!(
                "isolation forest {:.2}, components {:.2}{because}",
                score.forest, score.pca
            ),
        })
    }
}
