//! Starts of processes → which of them this host has never shown before: pairs of parent and child,
//! and of program and user, in a table of bounded size.
//!
//! A first time means little on a host that is new, and much on one that has shown thousands of
//! starts: the weight is the chance, by Good and Turing, that the next start is not a new pair.

use super::{Broken, RuleKind};
use crate::host::anomaly::process::ProcessStart;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// Pairs that are remembered of all hosts, unless it is said otherwise; beyond them nothing new is learnt, and that is counted.
pub const PAIRS_MAX: usize = 65_536;
/// A new pair alone is never more than this: software is installed every day.
const WEIGHT_MAX: f64 = 0.3;
/// Starts of a host from which a first time is said at all.
const STARTS_MIN: u64 = 30;

/// What hosts have shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Expectations {
    seen: BTreeMap<u64, u32>,
    hosts: BTreeMap<u64, Host>,
    /// Pairs that found no room.
    refused: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Host {
    starts: u64,
    /// Pairs seen exactly once.
    singles: u64,
    /// When the first start came, where starts tell their time.
    first: Option<Timestamp>,
}

impl Expectations {
    /// Judges a start against what was seen before it, then remembers it; at most `pairs_max` pairs are
    /// remembered.
    pub fn judge(&mut self, start: &ProcessStart, pairs_max: usize) -> Vec<Broken> {
        let host_key = xxh3_64(start.host.as_bytes());
        let host = self.hosts.get(&host_key).copied().unwrap_or_default();
        let pairs = [
            (key(host_key, 0, &start.parent_name, &start.name), "parent", &start.parent_name),
            (key(host_key, 1, &start.user, &start.name), "user", &start.user),
        ];
        let mut broken = Vec::new();
        for (key, what, with) in pairs {
            let is_new = self.remember(host_key, key, pairs_max);
            if is_new && host.starts >= STARTS_MIN && !with.is_empty() {
                let chance = (host.singles as f64 + 1.0) / (2.0 * host.starts as f64 + 2.0);
                broken.push(Broken {
                    kind: RuleKind::Other,
                    weight: WEIGHT_MAX * (1.0 - chance.min(1.0)),
                    reason: format!(
                        "first time in {} starts: `{}` with {what} `{with}`",
                        host.starts, start.name
                    ),
                });
            }
        }
        if let Some(host) = self.hosts.get_mut(&host_key) {
            host.starts += 1;
            host.first = host.first.or(start.at);
        }
        broken
    }

    /// Counts a pair; whether it is new.
    fn remember(&mut self, host: u64, pair: u64, pairs_max: usize) -> bool {
        let is_full = self.seen.len() >= pairs_max;
        if is_full && !self.seen.contains_key(&pair) {
            self.refused += 1;
            return false;
        }
        let count = self.seen.entry(pair).or_default();
        *count = count.saturating_add(1);
        let host = self.hosts.entry(host).or_default();
        match *count {
            1 => host.singles += 1,
            2 => host.singles = host.singles.saturating_sub(1),
            _ => {}
        }
        *count == 1
    }

    /// Starts that a host has had a day until this one; of a host that is known for less than a day, all of them.
    pub fn per_day(&self, start: &ProcessStart) -> f64 {
        let host = self.hosts.get(&xxh3_64(start.host.as_bytes())).copied().unwrap_or_default();
        let known = host.first.zip(start.at).map_or(0.0, |(first, at)| (at - first).as_days_f64());
        host.starts as f64 / known.max(1.0)
    }

    /// Pairs remembered, and pairs that found no room.
    pub fn size(&self) -> (usize, u64) {
        (self.seen.len(), self.refused)
    }
}

fn key(host: u64, kind: u8, a: &str, b: &str) -> u64 {
    let mut bytes = Vec::with_capacity(16 + a.len() + b.len());
    bytes.extend_from_slice(&host.to_le_bytes());
    bytes.push(kind);
    bytes.extend_from_slice(&(a.len() as u64).to_le_bytes());
    bytes.extend_from_slice(a.as_bytes());
    bytes.extend_from_slice(b.as_bytes());
    xxh3_64(&bytes)
}
