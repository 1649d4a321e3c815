//! Points in time → a slope that a few wild values do not move: Theil and Sen's median of all
//! slopes, with Mann and Kendall's test and Sen's interval. `r_squared` is told because people know
//! it; nothing is decided by it, as neighbouring values are alike and it is near 1 for any drift.

use crate::stats::median;
use serde::Serialize;

/// Most points of a trend: the time grows with their square.
pub const POINTS_MAX: usize = 64;
/// Fewest points that have a direction.
pub const POINTS_MIN: usize = 8;
/// |z| from which a direction is said: one in 370 by chance.
const Z_MIN: f64 = 3.0;
/// Normal quantile of an 80 % interval.
const Z_80: f64 = 1.2816;

/// Where a series is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It rises.
    Increasing,
    /// It falls.
    Decreasing,
    /// Neither is sure.
    Stable,
}

/// A slope and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trend {
    /// Change a minute.
    pub slope: f64,
    /// Lower end of the 80 % interval of the slope.
    pub slope_low: f64,
    /// Upper end.
    pub slope_high: f64,
    /// Value of the line at the last point.
    pub level: f64,
    /// Share of the variance that the line explains, 0–1.
    pub r_squared: f64,
    /// Mann and Kendall's z.
    pub z: f64,
    /// Where it goes.
    pub direction: Direction,
    /// Points it rests on.
    pub points: usize,
}

/// The trend of points (seconds, value) in order of time, of the latest [`POINTS_MAX`] of them;
/// `None` below [`POINTS_MIN`] or where no time passes.
pub fn trend(points: &[(f64, f64)]) -> Option<Trend> {
    let points = &points[points.len().saturating_sub(POINTS_MAX)..];
    let n = points.len();
    if n < POINTS_MIN {
        return None;
    }
    let mut slopes = slopes(points);
    let slope = median(&mut slopes)?;
    let last = points[n - 1].0;
    let mut levels: Vec<f64> = points.iter().map(|(t, x)| x - slope * (t - last)).collect();
    let level = median(&mut levels)?;
    let z = mann_kendall(points);
    // Sen's interval: the slopes whose ranks lie z·σ(S)/2 about the middle (Sen 1968).
    let reach = (Z_80 * variance_of_s(n).sqrt() / 2.0) as usize;
    let middle = slopes.len() / 2;
    let low = slopes[middle.saturating_sub(reach)];
    let high = slopes[(middle + reach).min(slopes.len() - 1)];
    let direction = match z {
        z if z > Z_MIN && slope > 0.0 => Direction::Increasing,
        z if z < -Z_MIN && slope < 0.0 => Direction::Decreasing,
        _ => Direction::Stable,
    };
    let per_minute = 60.0;
    Some(Trend {
        slope: slope * per_minute,
        slope_low: low * per_minute,
        slope_high: high * per_minute,
        level,
        r_squared: explained(points, slope, level),
        z,
        direction,
        points: n,
    })
}

/// Slopes of all pairs of points, a second.
fn slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (at, (t, x)) in points.iter().enumerate() {
        let later = points[at + 1..].iter().filter(|(u, _)| u > t);
        slopes.extend(later.map(|(u, y)| (y - x) / (u - t)));
    }
    slopes
}

/// Mann and Kendall's z: how much oftener later values are above earlier ones than by chance.
pub(super) fn mann_kendall(points: &[(f64, f64)]) -> f64 {
    let mut s = 0_i64;
    for (at, (_, x)) in points.iter().enumerate() {
        for (_, y) in &points[at + 1..] {
            s += i64::from(y > x) - i64::from(y < x);
        }
    }
    let variance = variance_of_s(points.len());
    if variance > 0.0 { (s - s.signum()) as f64 / variance.sqrt() } else { 0.0 }
}

fn variance_of_s(n: usize) -> f64 {
    let n = n as f64;
    n * (n - 1.0) * (2.0 * n + 5.0) / 18.0
}

fn explained(points: &[(f64, f64)], slope: f64, level: f64) -> f64 {
    let (n, last) = (points.len() as f64, points[points.len() - 1].0);
    let mean = points.iter().map(|(_, x)| x).sum::<f64>() / n;
    let whole: f64 = points.iter().map(|(_, x)| (x - mean) * (x - mean)).sum();
    let left: f64 = points.iter().map(|(t, x)| (x - level - slope * (t - last)).powi(2)).sum();
    if whole > 0.0 { (1.0 - left / whole).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(slope: f64, noise: f64) -> Vec<(f64, f64)> {
        let wobble = |n: usize| noise * [0.3, -0.8, 0.5, 0.9, -0.6, -0.3][n % 6];
        (0..32).map(|n| (n as f64 * 60.0, 10.0 + slope * n as f64 + wobble(n))).collect()
    }

    #[test]
    fn a_line_is_found_and_wild_values_do_not_move_it() {
        let mut points = line(0.5, 0.1);
        points[7].1 = 900.0;
        points[20].1 = -900.0;
        let found = trend(&points).unwrap();
        assert!((found.slope - 0.5).abs() < 0.02, "{found:?}");
        assert!(found.slope_low <= 0.5 && 0.5 <= found.slope_high, "{found:?}");
        assert_eq!(found.direction, Direction::Increasing);
    }

    #[test]
    fn noise_and_few_points_have_no_direction() {
        assert_eq!(trend(&line(0.0, 1.0)).unwrap().direction, Direction::Stable);
        assert_eq!(trend(&line(1.0, 0.0)[..POINTS_MIN - 1]), None);
        assert_eq!(trend(&[(0.0, 1.0); 20]), None, "no time passes");
    }
}
