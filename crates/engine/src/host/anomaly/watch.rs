//! Starts of processes, one after the other → judged starts: the three layers and what they remember,
//! in one place. A start is judged by what came before it, then remembered.

use super::alert::AnomalyAlert;
use super::fusion::{Fusion, Layer, Layers, fuse};
use super::outlier::{OutlierModel, Scaled};
use super::process::ProcessStart;
use super::rules::{Expectations, RuleSet};
use super::temporal::{RollingZ, Temporal};
use std::collections::BTreeMap;

/// Programs whose values are watched; further ones are not.
const PROGRAMS_MAX: usize = 4_096;
/// Processes of which the name is remembered, to know parents by their number.
const NAMES_MAX: usize = 65_536;

/// The three layers at work.
#[derive(Debug)]
pub struct Watch {
    rules: RuleSet,
    model: Option<OutlierModel>,
    fusion: Fusion,
    per_day: f64,
    learned: Expectations,
    temporal: BTreeMap<(String, String), Temporal>,
    rolling: BTreeMap<(String, String), RollingZ>,
    names: BTreeMap<(String, u64), (String, Option<u64>)>,
    seen: BTreeMap<String, u64>,
    scaled: Scaled,
    /// Starts of programs beyond [`PROGRAMS_MAX`]: judged without their values.
    unwatched: u64,
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
            learned: Expectations::default(),
            temporal: BTreeMap::new(),
            rolling: BTreeMap::new(),
            names: BTreeMap::new(),
            seen: BTreeMap::new(),
            scaled: Scaled::default(),
            unwatched: 0,
        }
    }

    /// What found no room: starts whose values were not judged, and pairs of programs, parents and users that
    /// were not learnt.
    pub fn overflowed(&self) -> (u64, u64) {
        (self.unwatched, self.learned.size().1)
    }

    /// Judges a start, then remembers it.
    pub fn judge(&mut self, start: &ProcessStart) -> Judged {
        let start = &self.with_parent(start);
        let features = self.features(start);
        let mut broken = self.rules.judge(start);
        broken.extend(self.learned.judge(start));
        broken.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let layers = Layers { broken, temporal: self.temporal(start), hero: self.hero(&features) };
        let fused = fuse(&layers, self.fusion, self.per_day);
        self.remember(start);
        Judged { alert: AnomalyAlert::new(start, &layers, &fused), features }
    }

    /// A start that names its parent only by number, with the name of that process.
    fn with_parent(&self, start: &ProcessStart) -> ProcessStart {
        let mut start = start.clone();
        let parent = start.parent_id.and_then(|id| self.names.get(&(start.host.clone(), id)));
        if let Some((name, uid)) = parent {
            if start.parent_name.is_empty() {
                start.parent_name.clone_from(name);
            }
            start.parent_uid = start.parent_uid.or(*uid);
        }
        start
    }

    fn remember(&mut self, start: &ProcessStart) {
        if let Some(id) = start.process_id {
            if self.names.len() >= NAMES_MAX {
                self.names.clear();
            }
            self.names.insert((start.host.clone(), id), (start.name.clone(), start.uid));
        }
        if self.seen.len() < NAMES_MAX || self.seen.contains_key(&start.name) {
            *self.seen.entry(start.name.clone()).or_default() += 1;
        }
    }

    fn features(&self, start: &ProcessStart) -> [f64; Watch::FEATURES.len()] {
        let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let line = &start.command_line;
        [
            or_nan(start.cpu_percent),
            or_nan(start.memory_percent),
            or_nan(start.threads),
            f64::from(u8::from(!self.seen.contains_key(&start.name))),
            (1.0 + line.len() as f64).ln(),
            line.split_whitespace().count() as f64,
            or_nan(start.at.map(|at| f64::from(at.hour()))),
            f64::from(u8::from(start.uid == Some(0) || start.user == "system")),
        ]
    }

    fn temporal(&mut self, start: &ProcessStart) -> Option<Layer> {
        let values: Vec<(&str, f64)> = [
            ("cpu_percent", start.cpu_percent),
            ("memory_percent", start.memory_percent),
            ("threads", start.threads),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let secs = start.at?.as_micros() as f64 / 1e6;
        let key = (start.host.clone(), start.name.clone());
        if values.is_empty() {
            return None;
        }
        let has_room = self.temporal.len().max(self.rolling.len()) < PROGRAMS_MAX;
        match self.fusion {
            Fusion::Calibrated if has_room || self.temporal.contains_key(&key) => {
                Some(self.temporal.entry(key).or_default().observe(secs, &values))
            }
            Fusion::SpecV1 if has_room || self.rolling.contains_key(&key) => {
                Some(self.rolling.entry(key).or_default().observe(secs, &values))
            }
            _ => {
                self.unwatched += 1;
                None
            }
        }
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
