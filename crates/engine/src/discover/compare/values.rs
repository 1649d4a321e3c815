//! What a story's message names now, held against what it named before: one disk, one user, one address.
//!
//! The null model: it names things as it did before. Then the number of looks at which the most
//! frequent one is named is binomial, with the share that it had before. All values that were kept
//! were free to be found, and are paid for.

use crate::attention::cell::CellIndex;
use crate::attention::mark::Secs;
use crate::attention::named::Usual;
use crate::config::Config;
use crate::discover::candidate::Candidate;
use crate::entities::EntityCounts;
use crate::stats::binomial_surprise;
use model::Timestamp;
use serde::{Deserialize, Serialize};

/// Values kept of what is named now; one that dominates is among them.
const KEPT_MAX: usize = 8;
/// Letters kept of a value.
const LETTERS_MAX: usize = 48;
/// So many times its expected number: what nearly every line names anyway tells nothing, however sure it is.
const LIFT_MIN: f64 = 2.0;
/// Looks before the story below which there was no usual.
const BEFORE_MIN: u32 = 8;

/// One thing that is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Value {
    entity: u32,
    /// Empty until it is named again after the story was told.
    text: String,
    /// How often at least.
    times: u32,
}

/// What the lead of a story named before it began, and since.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Names {
    cell: CellIndex,
    before: EntityCounts,
    before_of: u32,
    values: Vec<Value>,
    /// Looks since the story began, as far as they are remembered.
    of: u32,
}

/// The value that dominates, and did not before.
#[derive(Debug, Clone, PartialEq)]
pub struct Dominates {
    /// It, as the lines have it; at most 48 letters.
    pub text: String,
    /// Looks since the story began that name it.
    pub times: u32,
    /// Looks since then.
    pub of: u32,
    /// Looks before that named it, at most.
    pub before: u32,
    /// Looks before.
    pub before_of: u32,
    /// How many would name it now if nothing had changed.
    pub expected: f64,
}

impl Names {
    /// Names of a story that began at `onset` and is told by now, where its lead had a usual before.
    pub fn since(onset: Timestamp, cell: CellIndex, usual: &Usual) -> Option<Names> {
        let (before, before_of) = (usual.counts, usual.of);
        let mut names = Names { cell, before, before_of, values: Vec::new(), of: 0 };
        let onset = Secs::of(onset);
        for (_, entities) in usual.latest.iter().filter(|(at, _)| *at >= onset) {
            entities.iter().for_each(|entity| names.before.take_back(entity));
            names.before_of = names.before_of.saturating_sub(1);
            names.look(entities.iter().map(|entity| (entity, "")));
        }
        (names.before_of >= BEFORE_MIN).then_some(names)
    }

    /// Whether these are the names of this cell.
    pub fn is_of(&self, cell: CellIndex) -> bool {
        self.cell == cell
    }

    /// One look: each thing that an event names, with its text.
    pub fn look<'a>(&mut self, named: impl Iterator<Item = (u32, &'a str)>) {
        self.of = self.of.saturating_add(1);
        let mut seen = Vec::new();
        for (entity, text) in named.filter(|(entity, _)| *entity != 0) {
            // What one event names twice is one thing.
            if seen.contains(&entity) {
                continue;
            }
            seen.push(entity);
            if let Some(known) = self.values.iter_mut().find(|v| v.entity == entity) {
                known.times += 1;
                if known.text.is_empty() {
                    known.text = shown(text);
                }
                continue;
            }
            if self.values.len() >= KEPT_MAX {
                // A count only ever begins anew, so it is never too high.
                let weakest = (0..self.values.len()).min_by_key(|i| self.values[*i].times);
                if weakest.is_none_or(|i| self.values[i].times > 1) {
                    continue;
                }
                self.values.remove(weakest.unwrap_or(0));
            }
            self.values.push(Value { entity, text: shown(text), times: 1 });
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(LETTERS_MAX).collect()
}

/// The value that a story's message names now and did not before, if the difference is no chance.
pub fn dominates(candidate: &Candidate, config: &Config) -> Option<Dominates> {
    let names = candidate.names.as_deref().filter(|names| names.is_of(candidate.lead()))?;
    let asked = &config.discover;
    let of = names.of;
    let best = names.values.iter().max_by_key(|v| (v.times, std::cmp::Reverse(v.entity)))?;
    let enough = !best.text.is_empty()
        && best.times >= asked.compare_occasions_min
        && f64::from(best.times) >= asked.compare_share_min * f64::from(of);
    let before = names.before.count(best.entity).min(names.before_of);
    // Laplace's rule: what was never named may be named all the same.
    let share = (f64::from(before) + 1.0) / (f64::from(names.before_of) + 2.0);
    let by_chance = binomial_surprise(best.times.into(), of.into(), share);
    let surprise = by_chance - (KEPT_MAX as f64).log10();
    let enough = enough && f64::from(best.times) >= LIFT_MIN * share * f64::from(of);
    (enough && surprise >= asked.compare_surprise_min).then(|| Dominates {
        text: best.text.clone(),
        times: best.times,
        of,
        before,
        before_of: names.before_of,
        expected: share * f64::from(of),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(before: &[(u32, u32)]) -> Names {
        let mut names = Names {
            cell: CellIndex(0),
            before: EntityCounts::default(),
            before_of: 0,
            values: Vec::new(),
            of: 0,
        };
        for (entity, times) in before {
            (0..*times).for_each(|_| names.before.add_one(*entity));
            names.before_of += times;
        }
        names
    }

    #[test]
    fn counts_are_never_too_high_and_few_are_kept() {
        let mut names = names(&[]);
        for n in 0..100_u32 {
            let text = format!("peer-{n}");
            names.look([(n + 1, text.as_str()), (7_000, "gw"), (7_000, "gw")].into_iter());
        }
        assert_eq!((names.values.len(), names.of), (KEPT_MAX, 100));
        let gw = names.values.iter().find(|v| v.text == "gw").map(|v| v.times);
        assert_eq!(gw, Some(100));
        assert!(names.values.iter().filter(|v| v.text != "gw").all(|v| v.times == 1));
    }

    #[test]
    fn a_long_name_is_cut() {
        let mut names = names(&[(1, 9)]);
        names.look([(3, "ä".repeat(500).as_str())].into_iter());
        assert_eq!(names.values[0].text.chars().count(), LETTERS_MAX);
    }
}
