//! Rows → how far each lies from what moves together: T² within the main directions, Q outside them
//! (Jackson and Mudholkar 1979), joined as φ = T²/T²₉₉ + Q/Q₉₉ (Yue and Qin 2001). It sees what a
//! forest cannot: values that are ordinary one by one and impossible together.

use super::table::{Column, Table};
use serde::{Deserialize, Serialize};

/// The main directions hold this share of the variance.
const KEPT: f64 = 0.9;
/// A value counts with at most so many spreads while directions are learnt, so that what lies far
/// out does not draw a direction towards itself.
const CLIP: f64 = 5.0;
/// Sweeps of Jacobi's rotations; some ten are enough at any width.
const SWEEPS: usize = 30;
/// A limit is the value that this share of the training rows stays below.
const LIMIT: f64 = 0.99;

/// The main directions of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Directions {
    means: Vec<f64>,
    /// One direction after the other, each as long as a row.
    kept: Vec<f64>,
    variances: Vec<f64>,
    t2_limit: f64,
    q_limit: f64,
}

impl Directions {
    pub(super) fn learn(table: &Table<'_>, columns: &[Column]) -> Directions {
        let width = table.width();
        let rows: Vec<Vec<f64>> = table
            .rows()
            .map(|row| {
                row.iter().zip(columns).map(|(x, c)| c.scaled(*x).clamp(-CLIP, CLIP)).collect()
            })
            .collect();
        let n = rows.len() as f64;
        let means: Vec<f64> =
            (0..width).map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / n).collect();
        let mut covariance = vec![0.0; width * width];
        for row in &rows {
            for i in 0..width {
                let left = row[i] - means[i];
                for j in i..width {
                    covariance[i * width + j] += left * (row[j] - means[j]) / n;
                }
            }
        }
        for i in 0..width {
            for j in 0..i {
                covariance[i * width + j] = covariance[j * width + i];
            }
        }
        let (variances, vectors) = directions_of(covariance, width);
        let mut directions = Directions {
            means,
            kept: Vec::new(),
            variances: Vec::new(),
            t2_limit: 1.0,
            q_limit: 1.0,
        };
        directions.keep(&variances, &vectors, width);
        directions.set_limits(table, columns);
        directions
    }

    fn keep(&mut self, variances: &[f64], vectors: &[f64], width: usize) {
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|a, b| variances[*b].total_cmp(&variances[*a]).then(a.cmp(b)));
        let total: f64 = variances.iter().map(|v| v.max(0.0)).sum();
        let mut sum = 0.0;
        for at in order {
            if sum >= KEPT * total || variances[at] <= 1e-9 * total {
                break;
            }
            sum += variances[at];
            self.variances.push(variances[at]);
            self.kept.extend((0..width).map(|row| vectors[row * width + at]));
        }
    }

    fn set_limits(&mut self, table: &Table<'_>, columns: &[Column]) {
        let (mut t2, mut q): (Vec<f64>, Vec<f64>) = table
            .rows()
            .map(|row| {
                let scaled: Vec<f64> = row.iter().zip(columns).map(|(x, c)| c.scaled(*x)).collect();
                self.distances(&scaled)
            })
            .unzip();
        let limit = |values: &mut Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[((values.len() - 1) as f64 * LIMIT) as usize].max(1e-9)
        };
        (self.t2_limit, self.q_limit) = (limit(&mut t2), limit(&mut q));
    }

    /// T² and Q of a row on the columns' scale.
    fn distances(&self, scaled: &[f64]) -> (f64, f64) {
        let width = self.means.len();
        let (mut t2, mut inside, mut whole) = (0.0, 0.0, 0.0);
        for (x, mean) in scaled.iter().zip(&self.means) {
            whole += (x - mean) * (x - mean);
        }
        for (direction, variance) in self.kept.chunks_exact(width).zip(&self.variances) {
            let along: f64 =
                direction.iter().zip(scaled).zip(&self.means).map(|((d, x), m)| d * (x - m)).sum();
            t2 += along * along / variance;
            inside += along * along;
        }
        (t2, (whole - inside).max(0.0))
    }

    /// φ of a row on the columns' scale: above 1 it lies outside what 99 % of the training rows do.
    pub(super) fn score(&self, scaled: &[f64]) -> f64 {
        let (t2, q) = self.distances(scaled);
        t2 / self.t2_limit + q / self.q_limit
    }

    /// Whether loaded directions belong to rows of `width`.
    pub(super) fn fits(&self, width: usize) -> bool {
        self.means.len() == width
            && self.kept.len() == width * self.variances.len()
            && self.variances.iter().all(|v| *v > 0.0)
            && self.t2_limit > 0.0
            && self.q_limit > 0.0
    }
}

/// Variances and directions (columns) of a symmetric matrix, by Jacobi's rotations (Golub and Van
/// Loan, 8.5): slow, exact, and the same on every machine.
fn directions_of(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut v = vec![0.0; n * n];
    for i in 0..n {
        v[i * n + i] = 1.0;
    }
    for _ in 0..SWEEPS {
        let off: f64 = (0..n)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| a[i * n + j] * a[i * n + j])
            .sum();
        if off < 1e-18 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, n, p, q);
            }
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), v)
}

fn rotate(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let apq = a[p * n + q];
    if apq.abs() < 1e-300 {
        return;
    }
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let t = if theta == 0.0 { 1.0 } else { t };
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for k in 0..n {
        let (akp, akq) = (a[k * n + p], a[k * n + q]);
        a[k * n + p] = c * akp - s * akq;
        a[k * n + q] = s * akp + c * akq;
    }
    for k in 0..n {
        let (apk, aqk) = (a[p * n + k], a[q * n + k]);
        a[p * n + k] = c * apk - s * aqk;
        a[q * n + k] = s * apk + c * aqk;
    }
    for k in 0..n {
        let (vkp, vkq) = (v[k * n + p], v[k * n + q]);
        v[k * n + p] = c * vkp - s * vkq;
        v[k * n + q] = s * vkp + c * vkq;
    }
}
