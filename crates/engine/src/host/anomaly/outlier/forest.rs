//! Rows → how easily each is cut off from the others by random cuts: the isolation forest (Liu, Ting
//! and Zhou 2008). Columns with heavy tails are cut more often (by the fourth root of their kurtosis),
//! which finds more of what lies far out in few columns. Every second tree draws its cuts on the root
//! of the distance from the column's middle: there they fall where rows are dense, and what lies in a
//! gap between rows is cut off too, not only what lies beyond them.
//!
//! A tree is a full binary tree in two flat arrays, so that a walk has no branch to guess: a leaf
//! that ends early repeats its length in all places below it. Rows are walked sixteen at a time through
//! one tree: the tree stays in the nearest cache, and no walk waits for another.

use super::chance::Chance;
use super::table::{Column, Table};
use serde::{Deserialize, Serialize};

/// Trees. The paper's figure 5 settles at a hundred; the order of the most unusual rows, which
/// precision is made of, goes on settling up to about three hundred, and there are two kinds here.
const TREES: usize = 440;
/// Rows that a tree is grown from: half of the paper's 256, as fewer rows hide fewer outliers behind
/// one another (its §5.2 on masking) and cost half the time.
const SAMPLE: usize = 128;
/// ⌈log₂ 128⌉: deeper cuts tell ordinary rows apart, which nobody asks for.
const DEPTH: usize = 7;
/// Rows that walk through a tree side by side.
const ABREAST: usize = 16;
/// Places of a tree's cuts: the root has place 1, the children of place n have 2n and 2n + 1, 0 is free.
const NODES: usize = 1 << DEPTH;
const LEAVES: usize = 1 << DEPTH;
/// Draws for a column that still varies among the rows of a node, per column.
const DRAWS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Cut {
    at: f32,
    column: u16,
}

/// What goes left whatever the row: the cut below an early leaf.
const NO_CUT: Cut = Cut { at: f32::INFINITY, column: 0 };

/// A grown forest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    cuts: Vec<Cut>,
    lengths: Vec<f32>,
    /// Mean length of an unsuccessful search among the rows of a sample: what lengths are measured by.
    usual_length: f64,
}

impl Forest {
    /// Grows a forest. The same rows and the same seed give the same forest.
    pub(super) fn grow(table: &Table<'_>, columns: &[Column], seed: u64) -> Forest {
        let scaled: Vec<f32> = table
            .rows()
            .flat_map(|row| row.iter().zip(columns).map(|(x, column)| column.scaled(*x) as f32))
            .collect();
        let width = table.width();
        let rows: Vec<u32> = (0..(scaled.len() / width) as u32).collect();
        let sample = rows.len().min(SAMPLE);
        let mut chance = Chance::of(seed);
        let mut forest = Forest {
            cuts: vec![NO_CUT; TREES * NODES],
            lengths: vec![0.0; TREES * LEAVES],
            usual_length: search_length(sample),
        };
        let mut rows = rows;
        let weights = columns.iter().map(|column| column.weight).sum();
        for tree in 0..TREES {
            for at in 0..sample {
                let other = at + chance.below(rows.len() - at);
                rows.swap(at, other);
            }
            let mut growing = Growing {
                scaled: &scaled,
                columns,
                weights,
                place: if tree % 2 == 0 { even } else { by_roots },
                chance: &mut chance,
                cuts: &mut forest.cuts[tree * NODES..(tree + 1) * NODES],
                lengths: &mut forest.lengths[tree * LEAVES..(tree + 1) * LEAVES],
            };
            growing.grow(&mut rows[..sample], 1, 0);
        }
        forest
    }

    /// The paper's score of rows on the columns' scale, one after the other: near 1 is cut off at once,
    /// ½ is ordinary.
    pub(super) fn score(&self, scaled: &[f32], width: usize) -> Vec<f64> {
        let mut lengths = Vec::with_capacity(scaled.len() / width.max(1));
        for rows in scaled.chunks(ABREAST * width.max(1)) {
            let mut sums = [0.0_f64; ABREAST];
            let rows_here = rows.len() / width.max(1);
            if rows_here == ABREAST {
                self.walk::<ABREAST>(rows, width, &mut sums);
            } else {
                let each = rows.chunks_exact(width).zip(&mut sums);
                each.for_each(|(row, sum)| self.walk::<1>(row, width, std::slice::from_mut(sum)));
            }
            lengths.extend_from_slice(&sums[..rows_here]);
        }
        let trees = (self.lengths.len() / LEAVES) as f64;
        lengths.iter().map(|sum| (-sum / trees / self.usual_length).exp2()).collect()
    }

    /// Adds up the lengths of the ways of `N` rows through all trees.
    fn walk<const N: usize>(&self, rows: &[f32], width: usize, sums: &mut [f64]) {
        // Arrays of a known size, and places that cannot lie beyond them: nothing is left to check.
        let (cuts, lengths) =
            (self.cuts.as_chunks::<NODES>().0, self.lengths.as_chunks::<LEAVES>().0);
        for (cuts, lengths) in cuts.iter().zip(lengths) {
            let mut nodes = [1_usize; N];
            for _ in 0..DEPTH {
                for (at, node) in nodes.iter_mut().enumerate() {
                    let cut = cuts[*node % NODES];
                    let value = rows[at * width + usize::from(cut.column)];
                    *node = 2 * *node + usize::from(value >= cut.at);
                }
            }
            for (sum, node) in sums.iter_mut().zip(nodes) {
                *sum += f64::from(lengths[node % LEAVES]);
            }
        }
    }

    /// Whether a loaded forest can be walked with rows of `width` without leaving its arrays.
    pub(super) fn fits(&self, width: usize) -> bool {
        let trees = self.cuts.len() / NODES;
        trees > 0
            && self.cuts.len() == trees * NODES
            && self.lengths.len() == trees * LEAVES
            && self.usual_length > 0.0
            && self.cuts.iter().all(|cut| usize::from(cut.column) < width)
    }
}

/// One tree while it grows.
struct Growing<'a> {
    scaled: &'a [f32],
    columns: &'a [Column],
    weights: f64,
    /// The value at a share of the way between two.
    place: fn(f32, f32, f32) -> f32,
    chance: &'a mut Chance,
    cuts: &'a mut [Cut],
    lengths: &'a mut [f32],
}

impl Growing<'_> {
    fn grow(&mut self, rows: &mut [u32], node: usize, depth: usize) {
        let cut = if depth < DEPTH && rows.len() > 1 { self.cut(rows) } else { None };
        let Some(cut) = cut else {
            let below = DEPTH - depth;
            let first = (node << below) - LEAVES;
            let length = depth as f64 + search_length(rows.len());
            self.lengths[first..first + (1 << below)].fill(length as f32);
            return;
        };
        self.cuts[node] = cut;
        let middle = self.part(rows, cut);
        let (left, right) = rows.split_at_mut(middle);
        self.grow(left, 2 * node, depth + 1);
        self.grow(right, 2 * node + 1, depth + 1);
    }

    /// A random place in a random column that varies among these rows.
    fn cut(&mut self, rows: &[u32]) -> Option<Cut> {
        for _ in 0..self.columns.len() * DRAWS {
            let column = self.column();
            let values = rows.iter().map(|row| self.value(*row, column));
            let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| {
                (low.min(x), high.max(x))
            });
            if high > low {
                let share = self.chance.share() as f32;
                let at = (self.place)(low, high, share).max(low.next_up()).min(high);
                return Some(Cut { at, column: column as u16 });
            }
        }
        None
    }

    fn column(&mut self) -> usize {
        let mut left = self.chance.share() * self.weights;
        for (at, column) in self.columns.iter().enumerate() {
            left -= column.weight;
            if left < 0.0 {
                return at;
            }
        }
        self.columns.len() - 1
    }

    /// Brings the rows left of the cut to the front; how many they are.
    fn part(&self, rows: &mut [u32], cut: Cut) -> usize {
        let mut left = 0;
        for at in 0..rows.len() {
            if self.value(rows[at], usize::from(cut.column)) < cut.at {
                rows.swap(left, at);
                left += 1;
            }
        }
        left
    }

    fn value(&self, row: u32, column: usize) -> f32 {
        self.scaled[row as usize * self.columns.len() + column]
    }
}

fn even(low: f32, high: f32, share: f32) -> f32 {
    low + (high - low) * share
}

/// Even on a scale of roots, to both sides of 0.
fn by_roots(low: f32, high: f32, share: f32) -> f32 {
    let root = |x: f32| x.abs().sqrt().copysign(x);
    let at = even(root(low), root(high), share);
    (at * at).copysign(at)
}

/// Mean length of an unsuccessful search in a binary search tree of `n` entries (the paper's
/// equation 1): the length that is still missing where a tree stops above `n` rows.
fn search_length(n: usize) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        n => {
            let n = n as f64;
            2.0 * ((n - 1.0).ln() + EULER) - 2.0 * (n - 1.0) / n
        }
    }
}
