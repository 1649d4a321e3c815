//! Tail probabilities that the detectors rest on, in decades: a surprise of 5 means that the null
//! model gives a case at least this extreme a chance of 10⁻⁵.
//!
//! Every function is total: for inputs without meaning (negative, not finite) the surprise is 0,
//! so that a broken number never raises attention.

use std::f64::consts::{LN_10, PI};

/// A surprise is capped here: beyond it the model's own error is larger than the difference.
pub const SURPRISE_MAX: f64 = 30.0;

/// Natural logarithm of Γ(x) for x > 0 (Lanczos, g = 7, 9 terms; relative error < 1e-13).
pub fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Reflection keeps the series in the range where it converges.
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let series =
        TERMS.iter().enumerate().skip(1).fold(TERMS[0], |sum, (i, c)| sum + c / (x + i as f64));
    let t = x + G + 0.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * t.ln() - t + series.ln()
}

/// −log₁₀ P(X ≥ k) for X ~ Poisson(mean).
pub fn poisson_surprise(k: u64, mean: f64) -> f64 {
    overdispersed_surprise(k, mean, 1.0)
}

/// −log₁₀ P(X ≥ k) for counts with this mean whose variance is `dispersion` times the mean
/// (negative binomial; Poisson where the dispersion is 1 or less).
pub fn overdispersed_surprise(k: u64, mean: f64, dispersion: f64) -> f64 {
    // Not above the usual: whatever the exact tail, it is no surprise.
    if !(mean > 0.0 && mean.is_finite()) || k as f64 <= mean {
        return 0.0;
    }
    let first = if dispersion > 1.001 && dispersion.is_finite() {
        ln_negative_binomial(k, mean, dispersion)
    } else {
        k as f64 * mean.ln() - mean - ln_gamma(k as f64 + 1.0)
    };
    // Above the mode terms fall at least as fast as this ratio, so the geometric series bounds the
    // tail from above: the surprise is never overstated.
    let ratio = term_ratio(k, mean, dispersion).min(0.999);
    let ln_tail = first - (1.0 - ratio).ln();
    (-ln_tail / LN_10).clamp(0.0, SURPRISE_MAX)
}

fn ln_negative_binomial(k: u64, mean: f64, dispersion: f64) -> f64 {
    let size = mean / (dispersion - 1.0);
    let k = k as f64;
    ln_gamma(k + size) - ln_gamma(size) - ln_gamma(k + 1.0) - size * dispersion.ln()
        + k * ((dispersion - 1.0) / dispersion).ln()
}

/// P(k + 1) / P(k).
fn term_ratio(k: u64, mean: f64, dispersion: f64) -> f64 {
    let k = k as f64;
    if dispersion > 1.001 {
        let size = mean / (dispersion - 1.0);
        (k + size) / (k + 1.0) * (dispersion - 1.0) / dispersion
    } else {
        mean / (k + 1.0)
    }
}

/// −log₁₀ P(X ≥ k) for X ~ Binomial(n, p), exact. Where the trials' chances differ and `p` is their mean,
/// it is not overstated for k ≥ n·p + 1 (Hoeffding 1956).
pub fn binomial_surprise(k: u64, n: u64, p: f64) -> f64 {
    // Not above the usual, or no such case: no surprise.
    if !(p > 0.0 && p < 1.0) || k > n || k as f64 <= n as f64 * p {
        return 0.0;
    }
    let ln_choose =
        ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0);
    let first = ln_choose + k as f64 * p.ln() + (n - k) as f64 * (-p).ln_1p();
    // Above the mean each term is smaller than the one before: what no longer adds is left out.
    let (mut term, mut sum) = (1.0, 1.0);
    for i in k..n {
        term *= (n - i) as f64 / (i + 1) as f64 * p / (1.0 - p);
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (-(first + sum.ln()) / LN_10).clamp(0.0, SURPRISE_MAX)
}

/// −log₁₀ P(Z ≥ z) for a standard normal Z; 0 below the mean. For z ≥ 0 the tail lies between
/// φ(z)·2/(z+√(z²+4)) and φ(z)·2/(z+√(z²+8/π)) (Abramowitz and Stegun 7.1.13); the upper bound is
/// taken, so the surprise is never overstated.
pub fn normal_surprise(z: f64) -> f64 {
    if !(z > 0.0 && z.is_finite()) {
        return 0.0;
    }
    let ln_density = -0.5 * z * z - 0.5 * (2.0 * PI).ln();
    let ln_tail = ln_density + (2.0 / (z + (z * z + 8.0 / PI).sqrt())).ln();
    (-ln_tail / LN_10).clamp(0.0, SURPRISE_MAX)
}

/// P(Z ≥ z) for a standard normal Z, by the same bound: too large by at most 6 % of itself for z ≥ 0,
/// exact at 0.
pub fn normal_tail(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - normal_tail(-z);
    }
    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    density * 2.0 / (z + (z * z + 8.0 / PI).sqrt())
}

/// −log₁₀ P(T ≥ t) for Student's T with `freedom` degrees of freedom. The tail is half the regularised
/// incomplete beta function at freedom / (freedom + t²), of which the series with positive terms is
/// summed (DLMF 8.17.7 and 8.17.8).
pub fn student_surprise(t: f64, freedom: f64) -> f64 {
    let x = freedom / (freedom + t * t);
    // Near the middle the series is slow, and nothing there is a surprise.
    if !(t > 0.0 && freedom >= 1.0 && x < 0.9) {
        return 0.0;
    }
    let (a, b) = (freedom / 2.0, 0.5);
    let (mut term, mut sum, mut n) = (1.0, 1.0, 0.0);
    while term > 1e-12 * sum {
        term *= x * (a + b + n) / (a + 1.0 + n);
        sum += term;
        n += 1.0;
    }
    let ln_beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let ln_tail = a * x.ln() + b * (1.0 - x).ln() - a.ln() - ln_beta + sum.ln() - 2.0_f64.ln();
    (-ln_tail / LN_10).clamp(0.0, SURPRISE_MAX)
}

/// Laplace's trend statistic of some times within their own first and last: the inner ones are
/// uniform if the rate is constant, so this is about standard normal; positive if it rises.
pub fn laplace_trend(times: &[f64]) -> f64 {
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return 0.0;
    };
    let (whole, inner) = (last - first, times.len().saturating_sub(2) as f64);
    if inner < 1.0 || whole <= 0.0 {
        return 0.0;
    }
    let sum: f64 = times[1..times.len() - 1].iter().map(|t| (t - first) / whole).sum();
    (sum - inner / 2.0) / (inner / 12.0).sqrt()
}

/// Two independent surprises as one (Fisher's method for two).
pub fn combined_surprise(a: f64, b: f64) -> f64 {
    let sum = a + b;
    (sum - (1.0 + sum * LN_10).log10()).clamp(0.0, SURPRISE_MAX)
}

/// The local variation of successive gaps (Shinomoto, Shima and Tanji 2003): 0 is clockwork, 1 is chance,
/// more is clusters. `None` for fewer than two gaps.
pub fn local_variation(gaps: &[f64]) -> Option<f64> {
    let pairs = gaps.windows(2).filter(|pair| pair[0] + pair[1] > 0.0);
    let terms: Vec<f64> =
        pairs.map(|pair| ((pair[0] - pair[1]) / (pair[0] + pair[1])).powi(2)).collect();
    (!terms.is_empty()).then(|| 3.0 * terms.iter().sum::<f64>() / terms.len() as f64)
}

/// Lower end of Wilson's 95 % interval for `hits` of `trials` (Wilson 1927).
pub fn wilson_lower(hits: u64, trials: u64) -> f64 {
    if trials == 0 {
        return 0.0;
    }
    const Z: f64 = 1.959_964;
    let (n, p) = (trials as f64, hits as f64 / trials as f64);
    let centre = p + Z * Z / (2.0 * n);
    let margin = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - margin) / (1.0 + Z * Z / n)).max(0.0)
}

/// The middle of some values; `None` if there are none. Reorders them.
pub fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    Some(if values.len() % 2 == 1 {
        values[middle]
    } else {
        (values[middle - 1] + values[middle]) / 2.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact_poisson_tail(k: u64, mean: f64) -> f64 {
        let mut term = (-mean).exp();
        let mut below = 0.0;
        for i in 0..k {
            below += term;
            term *= mean / (i + 1) as f64;
        }
        1.0 - below
    }

    #[test]
    fn gamma_has_known_values() {
        for (x, value) in [(1.0, 1.0_f64), (5.0, 24.0), (0.5, PI.sqrt()), (11.0, 3_628_800.0)] {
            assert!((ln_gamma(x) - value.ln()).abs() < 1e-10, "{x}");
        }
    }

    #[test]
    fn surprise_is_close_to_the_exact_tail_and_never_above_it() {
        for (k, mean) in [(4, 0.1), (6, 1.0), (10, 2.5), (30, 12.0)] {
            let exact = -exact_poisson_tail(k, mean).log10();
            let ours = poisson_surprise(k, mean);
            assert!(ours <= exact + 1e-9 && exact - ours < 0.15, "{k} {mean}: {ours} {exact}");
        }
        assert!(overdispersed_surprise(30, 12.0, 2.0) < poisson_surprise(30, 12.0));
    }

    #[test]
    fn the_binomial_tail_is_exact() {
        // P(X ≥ 5), n = 6, p = ¼: (6·3 + 1) / 4⁶; P(X ≥ 3), n = 3, p = 0.02: 8·10⁻⁶
        for (k, n, p, tail) in [(5, 6, 0.25, 19.0 / 4_096.0), (3, 3, 0.02, 8e-6), (1, 2, 0.1, 0.19)]
        {
            let ours = binomial_surprise(k, n, p);
            assert!((ours + f64::log10(tail)).abs() < 1e-9, "{k} {n} {p}: {ours}");
        }
        assert_eq!(binomial_surprise(1, 4, 0.5), 0.0, "not above the usual");
        assert_eq!((binomial_surprise(4, 3, 0.1), binomial_surprise(2, 3, 0.0)), (0.0, 0.0));
        // Many trials of a small chance are nearly Poisson.
        let near = binomial_surprise(9, 1_000_000, 2e-6) - poisson_surprise(9, 2.0);
        assert!(near.abs() < 0.05, "{near}");
    }

    #[test]
    fn normal_tail_and_trend_have_known_values() {
        // P(Z ≥ 1.6449) = 0.05, P(Z ≥ 3.0902) = 0.001
        assert!((normal_surprise(1.6449) - 1.301).abs() < 0.03);
        assert!((normal_surprise(3.0902) - 3.0).abs() < 0.03 && normal_surprise(-1.0) == 0.0);
        assert!(
            (0.05..0.053).contains(&normal_tail(1.6449))
                && (0.947..=0.95).contains(&normal_tail(-1.6449))
        );
        assert_eq!(normal_tail(0.0), 0.5);
        let steady: Vec<f64> = (0..10).map(f64::from).collect();
        let rising: Vec<f64> = (0..10).map(|n| f64::from(n).sqrt()).collect();
        assert!(laplace_trend(&steady).abs() < 1e-9 && laplace_trend(&rising) > 1.0);
        assert!((combined_surprise(2.0, 2.0) - 2.99).abs() < 0.01);
    }

    #[test]
    fn student_tail_has_known_values() {
        // Tables: P(T ≥ 5.841) = 0.005 at 3 degrees, P(T ≥ 5.208) = 0.001 and P(T ≥ 1.943) = 0.05 at 6.
        for (t, freedom, tail) in [(5.841, 3.0, 0.005), (5.208, 6.0, 0.001), (1.943, 6.0, 0.05_f64)]
        {
            assert!((student_surprise(t, freedom) + tail.log10()).abs() < 0.001, "{t} {freedom}");
        }
        assert!(student_surprise(-4.0, 6.0) == 0.0 && student_surprise(f64::NAN, 6.0) == 0.0);
        assert!(student_surprise(1e300, 6.0) <= SURPRISE_MAX);
    }

    #[test]
    fn local_variation_tells_clocks_from_clusters() {
        assert_eq!(local_variation(&[60.0, 60.0, 60.0]), Some(0.0));
        let clusters = local_variation(&[1.0, 900.0, 1.0, 900.0]).unwrap();
        assert!(clusters > 2.5, "{clusters}");
        assert_eq!(local_variation(&[5.0]), None);
    }

    #[test]
    fn wilson_matches_the_textbook() {
        assert!((wilson_lower(8, 10) - 0.490).abs() < 0.001);
        assert_eq!(wilson_lower(0, 0), 0.0);
    }

    proptest! {
        #[test]
        fn surprise_is_total_and_bounded(k: u64, mean: f64, dispersion: f64) {
            let s = overdispersed_surprise(k, mean, dispersion);
            prop_assert!((0.0..=SURPRISE_MAX).contains(&s));
        }

        #[test]
        fn the_binomial_surprise_is_total_and_grows(k in 0_u64..400, n in 0_u64..400, p: f64) {
            let s = binomial_surprise(k, n, p);
            prop_assert!((0.0..=SURPRISE_MAX).contains(&s));
            let p = p.abs().fract();
            if k < n {
                prop_assert!(binomial_surprise(k + 1, n, p) >= binomial_surprise(k, n, p) - 1e-9);
            }
        }

        #[test]
        fn more_is_more_surprising(k in 1_u64..500, mean in 0.01_f64..200.0) {
            prop_assert!(poisson_surprise(k + 1, mean) >= poisson_surprise(k, mean) - 1e-9);
        }
    }
}
