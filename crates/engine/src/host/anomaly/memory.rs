//! Starts that were seen → what a start is compared with: which pairs a host has shown, what the values of
//! its programs usually are, and which process has which number. All of it bounded, so that it may be kept
//! for as long as a stream lasts; what found no room is counted.

use super::fusion::{Fusion, Layer, Layers};
use super::process::ProcessStart;
use super::rules::{Broken, Expectations, PAIRS_MAX, RuleSet};
use super::temporal::{RollingZ, Temporal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// Processes of which the name is remembered, to know parents by their number: the latest half of them for
/// certain, of the rest those that go on starting others.
const NAMES_MAX: usize = 65_536;
/// Longest name of a file that Linux and Windows allow, in bytes; what is longer is no program's.
const NAME_BYTES_MAX: usize = 255;

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Programs of hosts whose values are watched; at most three series of 8 kB each.
    pub programs: usize,
    /// Pairs of a program with a parent or a user; about 20 bytes each.
    pub pairs: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { programs: 4_096, pairs: PAIRS_MAX }
    }
}

/// What starts have taught.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    learned: Expectations,
    /// By host and program.
    temporal: BTreeMap<u64, Temporal>,
    rolling: BTreeMap<u64, RollingZ>,
    names: Names,
    unwatched: u64,
}

impl Memory {
    /// What found no room: starts whose values were not judged, and pairs of programs, parents and users that
    /// were not learnt.
    pub fn overflowed(&self) -> (u64, u64) {
        (self.unwatched, self.learned.size().1)
    }

    /// Starts that the host of this one has had a day so far; of a host that is known for less than a day, all
    /// that it had.
    pub fn per_day(&self, start: &ProcessStart) -> f64 {
        self.learned.per_day(start)
    }

    /// A start that names its parent only by number, with the name of that process.
    pub fn with_parent(&mut self, start: &ProcessStart) -> ProcessStart {
        let mut start = start.clone();
        let parent = start.parent_id.and_then(|id| self.names.of((key(&start.host, ""), id)));
        if let Some(Named { name, uid }) = parent {
            if start.parent_name.is_empty() {
                start.parent_name.clone_from(name);
            }
            start.parent_uid = start.parent_uid.or(*uid);
        }
        start
    }

    /// What rules and values say of a start, which is then remembered.
    pub fn layers(
        &mut self,
        start: &ProcessStart,
        rules: &RuleSet,
        fusion: Fusion,
        bounds: Bounds,
    ) -> Layers {
        let mut broken = rules.judge(start);
        broken.extend(self.learned.judge(start, bounds.pairs));
        if fusion == Fusion::SpecV1 {
            // What does not count is no reason either.
            broken.retain(Broken::is_documented);
        }
        broken.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let temporal = self.temporal(start, fusion, bounds.programs);
        if let Some(id) = start.process_id
            && start.name.len() <= NAME_BYTES_MAX
        {
            let named = Named { name: start.name.clone(), uid: start.uid };
            self.names.put((key(&start.host, ""), id), named);
        }
        Layers { broken, temporal, hero: None }
    }

    fn temporal(
        &mut self,
        start: &ProcessStart,
        fusion: Fusion,
        programs_max: usize,
    ) -> Option<Layer> {
        let values: Vec<(&str, f64)> = [
            ("cpu_percent", start.cpu_percent),
            ("memory_percent", start.memory_percent),
            ("threads", start.threads),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let secs = start.at?.as_micros() as f64 / 1e6;
        if values.is_empty() {
            return None;
        }
        let key = key(&start.host, &start.name);
        let has_room = self.temporal.len().max(self.rolling.len()) < programs_max;
        match fusion {
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
}

/// Host and number of a process.
type Process = (u64, u64);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Named {
    name: String,
    uid: Option<u64>,
}

/// Names of processes, in two generations: when the younger is full, the older goes. What is asked for is
/// young again, so that servers are known for as long as they start others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Names {
    young: BTreeMap<Process, Named>,
    old: BTreeMap<Process, Named>,
}

impl Names {
    fn of(&mut self, process: Process) -> Option<&Named> {
        if let Some(named) = self.old.remove(&process) {
            self.put(process, named);
        }
        self.young.get(&process)
    }

    fn put(&mut self, process: Process, named: Named) {
        // Numbers come again: the earlier process is no more.
        self.old.remove(&process);
        if self.young.len() >= NAMES_MAX / 2 && !self.young.contains_key(&process) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(process, named);
    }
}

fn key(host: &str, program: &str) -> u64 {
    let mut bytes = (host.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(host.as_bytes());
    bytes.extend_from_slice(program.as_bytes());
    xxh3_64(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_that_goes_on_starting_others_is_not_forgotten() {
        let mut names = Names::default();
        let named = |name: &str| Named { name: name.to_owned(), uid: None };
        names.put((1, 0), named("server"));
        names.put((1, 1), named("job"));
        for id in 2..2 * NAMES_MAX as u64 {
            names.put((1, id), named("job"));
            if id % 1_000 == 0 {
                assert!(names.of((1, 0)).is_some(), "{id}");
            }
            assert!(names.young.len() + names.old.len() <= NAMES_MAX);
        }
        assert_eq!(names.of((1, 0)), Some(&named("server")));
        assert_eq!(names.of((1, 1)), None, "the oldest that starts nothing goes");
    }
}
