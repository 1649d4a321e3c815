//! A seed → chance: a small generator and the few laws that the streams are drawn from. Each part of
//! a study has a generator of its own, named by numbers, so that one more signature or one injection
//! less leaves every other stream as it was.

/// SplitMix64 (Steele, Lea and Flood 2014): one addition and a mix, good enough for counts.
pub(crate) struct Chance(u64);

impl Chance {
    /// The generator with this name, such as the seed, the part and a number within it.
    pub(crate) fn of(name: &[u64]) -> Chance {
        let mut state = Chance(0x5eed);
        for part in name {
            state.0 ^= *part;
            state.0 = state.bits();
        }
        state
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1).
    pub(crate) fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// Uniform between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// Uniform in the logarithm between two positive numbers: each doubling is as likely.
    pub(crate) fn log_between(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// Uniform among whole numbers, both ends included.
    pub(crate) fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + (self.share() * f64::from(high - low + 1)) as u32
    }

    /// One of some things.
    pub(crate) fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[(self.share() * things.len() as f64) as usize]
    }

    /// The place of one of some weights, each as likely as it is heavy.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.share() * weights.iter().sum::<f64>();
        for (place, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return place;
            }
        }
        weights.len() - 1
    }

    /// An exponential gap with this mean.
    pub(crate) fn gap(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    /// Standard normal (Box and Muller; the second value is thrown away, which keeps no state).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }

    /// Log-normal with this median; `sigma` is the deviation of the logarithm.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Gamma with this shape and a mean of 1 (Marsaglia and Tsang 2000; below a shape of 1 by their
    /// boost).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = (1.0 - self.share()).powf(1.0 / shape);
            return self.gamma(shape + 1.0) * (shape + 1.0) / shape * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.share()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v / shape;
            }
        }
    }

    /// Poisson with this mean (Knuth's product; large means are halved until it is safe).
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        if mean > 30.0 {
            return self.poisson(mean / 2.0) + self.poisson(mean / 2.0);
        }
        let floor = (-mean).exp();
        let (mut product, mut count) = (self.share(), 0);
        while product > floor {
            product *= self.share();
            count += 1;
        }
        count
    }

    /// Geometric from 1 on with this mean: retries, each as likely to be followed by one more.
    pub(crate) fn geometric(&mut self, mean: f64) -> u32 {
        let mut count = 1;
        while self.happens(1.0 - 1.0 / mean) {
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..40_000).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        (mean, squares / values.len() as f64)
    }

    fn near(found: (f64, f64), mean: f64, variance: f64) {
        assert!((found.0 - mean).abs() < 0.04 * mean.max(1.0), "mean {} not {mean}", found.0);
        assert!((found.1 / variance - 1.0).abs() < 0.12, "variance {} not {variance}", found.1);
    }

    #[test]
    fn the_laws_have_their_means_and_variances() {
        let mut chance = Chance::of(&[1, 2]);
        near(mean_and_variance(|| chance.normal()), 0.0, 1.0);
        near(mean_and_variance(|| chance.gap(3.0)), 3.0, 9.0);
        near(mean_and_variance(|| chance.gamma(0.5)), 1.0, 2.0);
        near(mean_and_variance(|| chance.gamma(4.0)), 1.0, 0.25);
        near(mean_and_variance(|| f64::from(chance.poisson(0.2))), 0.2, 0.2);
        near(mean_and_variance(|| f64::from(chance.poisson(80.0))), 80.0, 80.0);
        near(mean_and_variance(|| f64::from(chance.geometric(4.0))), 4.0, 12.0);
        near(mean_and_variance(|| chance.log_normal(2.0, 1.5).ln()), 2.0_f64.ln(), 2.25);
    }

    #[test]
    fn names_keep_streams_apart() {
        let first: Vec<u64> = (0..4).map(|n| Chance::of(&[7, n]).bits()).collect();
        let again: Vec<u64> = (0..4).map(|n| Chance::of(&[7, n]).bits()).collect();
        assert_eq!(first, again);
        assert!(first.windows(2).all(|w| w[0] != w[1]));
        assert_ne!(Chance::of(&[1, 2]).bits(), Chance::of(&[2, 1]).bits());
    }
}
