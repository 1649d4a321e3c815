//! Samples → what is usual: p50, p75, p95, p99 and volatility, over all hours and by class of hour
//! (quarters of the day, weekdays and weekends apart), each from one sketch of bounded size.
//!
//! A sketch counts values in bins that grow by 4 % (after DDSketch, Masson, Rim and Lee 2019), those below 0 by
//! themselves and 0 in a bin of its own, so any quantile is right within 2 %. Where more than 64 bins are needed, all are
//! joined in pairs (uniform collapse: UDDSketch, Epicoco and others 2020): the growth is squared, and what is lost is lost
//! everywhere alike. The error that then holds is told with the quantiles.

use serde::{Deserialize, Serialize};

/// Growth of a bin.
const GROWTH: f64 = 1.04;
/// Bins of a sketch, 4 bytes each.
const BINS_MAX: usize = 64;
/// Values nearer to 0 than this are 0.
const TINY: f64 = 1e-9;
/// Classes of hours: four quarters of the day on weekdays, four on weekends.
pub const CLASSES: usize = 8;
/// Samples of a class before it is told.
pub const SAMPLES_MIN: u64 = 12;
/// Samples before anything is held against what is usual.
pub const LEARNT_MIN: u64 = 60;
/// Parts into which a bin is cut where distances are asked for.
const PARTS: u16 = 8;

/// Counts of values by size.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sketch {
    /// Number of the bin, and values in it; ascending. Once a bin is full all are halved: what is usual is that of the
    /// latest half a year and more, where a sample is a minute.
    bins: Vec<(i16, u16)>,
    count: u64,
    /// The smallest and the largest value.
    ends: Option<(f64, f64)>,
    /// How often bins were joined in pairs; ten times would leave two bins for all numbers of a sign.
    joined: u8,
}

/// Bin `n` holds what is above `TINY * GROWTH^(n - 1)`, up to `TINY * GROWTH^n`; the largest number has bin 18,626.
fn bin_of(value: f64) -> i16 {
    if value.abs() < TINY {
        return 0;
    }
    let steps = (((value.abs() / TINY).ln() / GROWTH.ln()).ceil() as i16).max(1);
    if value > 0.0 { steps } else { -steps }
}

/// The bin that a bin becomes part of where pairs are joined `times` times.
fn coarser(bin: i16, times: u8) -> i16 {
    let size = (i32::from(bin.unsigned_abs()) + (1 << times) - 1) >> times;
    if bin < 0 { -(size as i16) } else { size as i16 }
}

impl Sketch {
    /// Takes a value; what is no number is passed over.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.count += 1;
        let (low, high) = self.ends.unwrap_or((value, value));
        self.ends = Some((low.min(value), high.max(value)));
        let fine = bin_of(value);
        let mut bin = coarser(fine, self.joined);
        while self.bins.len() == BINS_MAX && self.place(bin).is_err() {
            self.coarsen(self.joined + 1);
            bin = coarser(fine, self.joined);
        }
        self.add_bin(bin, 1);
    }

    fn place(&self, bin: i16) -> Result<usize, usize> {
        self.bins.binary_search_by_key(&bin, |(bin, _)| *bin)
    }

    /// Takes all values of another one; it may have more bins than one that takes single values.
    fn merge(&mut self, other: &Sketch) {
        self.coarsen(other.joined.max(self.joined));
        self.count += other.count;
        self.ends = match (self.ends, other.ends) {
            (Some(mine), Some(its)) => Some((mine.0.min(its.0), mine.1.max(its.1))),
            (mine, its) => mine.or(its),
        };
        let times = self.joined - other.joined;
        other.bins.iter().for_each(|(bin, count)| self.add_bin(coarser(*bin, times), *count));
    }

    /// Joins bins in pairs until that was done `joined` times.
    fn coarsen(&mut self, joined: u8) {
        for _ in self.joined..joined {
            if self.bins.iter().any(|(_, count)| *count > u16::MAX / 2) {
                self.halve();
            }
            self.bins.iter_mut().for_each(|(bin, _)| *bin = coarser(*bin, 1));
            self.bins.dedup_by(|next, kept| {
                let is_same = next.0 == kept.0;
                kept.1 += if is_same { next.1 } else { 0 };
                is_same
            });
        }
        self.joined = self.joined.max(joined);
    }

    fn add_bin(&mut self, bin: i16, count: u16) {
        let at = match self.place(bin) {
            Ok(at) => at,
            Err(at) => return self.bins.insert(at, (bin, count)),
        };
        if let Some(sum) = self.bins[at].1.checked_add(count) {
            self.bins[at].1 = sum;
            return;
        }
        self.halve();
        self.bins[at].1 += count / 2;
    }

    /// Bytes that it points to.
    pub fn heap_bytes(&self) -> usize {
        self.bins.capacity() * size_of::<(i16, u16)>()
    }

    fn halve(&mut self) {
        self.bins.iter_mut().for_each(|(_, count)| *count = count.div_ceil(2));
    }

    /// Values seen.
    pub fn count(&self) -> u64 {
        self.count
    }

    fn total(&self) -> u64 {
        self.bins.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// How far a quantile may be from the truth, as a share of it.
    pub fn error(&self) -> f64 {
        let growth = GROWTH.powi(1 << self.joined);
        if self.joined == 0 { (growth - 1.0) / 2.0 } else { growth - 1.0 }
    }

    /// What bin `at` holds: from, to. Nothing is beyond the values that were seen.
    fn edges(&self, at: usize) -> (f64, f64) {
        let edge = |size: u16| TINY * GROWTH.powi(i32::from(size) << self.joined);
        let bin = self.bins[at].0;
        let size = bin.unsigned_abs();
        let (from, to) = match bin {
            0 => (0.0, 0.0),
            1.. => (edge(size - 1), edge(size)),
            _ => (-edge(size), -edge(size - 1)),
        };
        let (low, high) = self.ends.unwrap_or((from, to));
        (from.clamp(low, high), to.clamp(low, high))
    }

    /// Whether bin `at` holds all that is near: its values then do not spread, as far as can be seen.
    fn is_alone(&self, at: usize) -> bool {
        let is_near = |other: Option<&(i16, u16)>| {
            other.is_some_and(|(bin, _)| (bin - self.bins[at].0).abs() == 1)
        };
        !is_near(at.checked_sub(1).and_then(|at| self.bins.get(at)))
            && !is_near(self.bins.get(at + 1))
    }

    /// A value of bin `at`, a share of its values being below.
    fn within(&self, at: usize, share: f64) -> f64 {
        let (from, to) = self.edges(at);
        if self.is_alone(at) {
            // The middle is nearest to both ends, by their size.
            return if from + to == 0.0 { 0.0 } else { 2.0 * from / (from + to) * to };
        }
        from + (to - from) * share
    }

    /// The value below which a share of all values lies; `None` before the first.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (share.clamp(0.0, 1.0) * self.total().saturating_sub(1) as f64).floor();
        let mut passed = 0.0;
        for (at, (_, count)) in self.bins.iter().enumerate() {
            let count = f64::from(*count);
            if passed + count > rank {
                // A fine bin is told by its middle, which is never far from the truth; a coarse one has many values.
                let inside = if self.joined == 0 { 0.5 } else { (rank - passed + 0.5) / count };
                return Some(self.within(at, inside));
            }
            passed += count;
        }
        None
    }

    /// 1.4826 × the median distance from the median, over the median: the share by which values
    /// usually differ from it. `None` where the median is 0.
    pub fn volatility(&self) -> Option<f64> {
        let half = self.total() as f64 / 2.0;
        let mut parts: Vec<(f64, f64)> = Vec::with_capacity(self.bins.len() * usize::from(PARTS));
        for (at, (_, count)) in self.bins.iter().enumerate() {
            let part = |n: u16| self.within(at, (f64::from(n) + 0.5) / f64::from(PARTS));
            let share = f64::from(*count) / f64::from(PARTS);
            parts.extend((0..PARTS).map(|n| (part(n), share)));
        }
        // Both medians from the same parts: the distance of a value from itself is 0.
        let median = middle(&mut parts, half)?;
        parts.iter_mut().for_each(|(value, _)| *value = (*value - median).abs());
        let distance = middle(&mut parts, half)?;
        (median.abs() >= TINY).then(|| 1.4826 * distance / median.abs())
    }
}

/// The value at which the sum of weights passes `half`.
fn middle(parts: &mut [(f64, f64)], half: f64) -> Option<f64> {
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut passed = 0.0;
    let found = parts.iter().find(|(_, weight)| {
        passed += weight;
        passed >= half
    });
    found.map(|(value, _)| *value)
}

/// What is usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    /// Half of the values are below.
    pub p50: f64,
    /// Three quarters.
    pub p75: f64,
    /// 95 of a hundred.
    pub p95: f64,
    /// 99 of a hundred.
    pub p99: f64,
    /// How much values usually differ from p50, as a share of it; `None` where that is 0.
    pub volatility: Option<f64>,
    /// Values it rests on.
    pub samples: u64,
    /// How far the above may be from the truth, as a share of it: 0.02, or more where values spread over orders of
    /// magnitude.
    pub error: f64,
}

impl Usual {
    fn of(sketch: &Sketch) -> Option<Usual> {
        Some(Usual {
            p50: sketch.quantile(0.5)?,
            p75: sketch.quantile(0.75)?,
            p95: sketch.quantile(0.95)?,
            p99: sketch.quantile(0.99)?,
            volatility: sketch.volatility(),
            samples: sketch.count(),
            error: sketch.error(),
        })
    }
}

/// The baseline of one metric, in at most 2.6 kB.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Baseline {
    classes: [Sketch; CLASSES],
}

/// The class of an instant (UTC): 0–3 the quarters of a weekday, 4–7 of a day of the weekend.
pub fn hour_class(secs: f64) -> usize {
    let day = (secs / 86_400.0).floor() as i64;
    let quarter = ((secs.rem_euclid(86_400.0)) / 21_600.0) as usize;
    // 1970-01-01 was a Thursday.
    let is_weekend = (day + 3).rem_euclid(7) >= 5;
    quarter.min(3) + if is_weekend { 4 } else { 0 }
}

/// What a class is called.
pub fn class_name(class: usize) -> &'static str {
    const NAMES: [&str; CLASSES] = [
        "weekday_00_06",
        "weekday_06_12",
        "weekday_12_18",
        "weekday_18_24",
        "weekend_00_06",
        "weekend_06_12",
        "weekend_12_18",
        "weekend_18_24",
    ];
    NAMES[class % CLASSES]
}

impl Baseline {
    /// Begins anew at an instant with these values.
    pub fn of(secs: f64, values: &Sketch) -> Baseline {
        let mut baseline = Baseline::default();
        baseline.classes[hour_class(secs)] = values.clone();
        baseline
    }

    /// Takes the value of an instant.
    pub fn add(&mut self, secs: f64, value: f64) {
        self.classes[hour_class(secs)].add(value);
    }

    /// What is usual at all hours.
    pub fn usual(&self) -> Option<Usual> {
        let mut all = Sketch::default();
        self.classes.iter().for_each(|class| all.merge(class));
        Usual::of(&all)
    }

    /// Bytes that it takes, what it points to included.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Baseline>() + self.classes.iter().map(Sketch::heap_bytes).sum::<usize>()
    }

    /// What is usual in a class of hours; `None` below [`SAMPLES_MIN`] values.
    pub fn usual_in(&self, class: usize) -> Option<Usual> {
        let sketch = self.classes.get(class)?;
        if sketch.count() < SAMPLES_MIN { None } else { Usual::of(sketch) }
    }

    /// What is usual at an instant: of its class, or of all hours while that is not known; `None` below
    /// [`LEARNT_MIN`] values.
    pub fn usual_at(&self, secs: f64) -> Option<Usual> {
        let seen: u64 = self.classes.iter().map(Sketch::count).sum();
        if seen < LEARNT_MIN {
            return None;
        }
        self.usual_in(hour_class(secs)).or_else(|| self.usual())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_are_right_within_two_per_cent() {
        let mut sketch = Sketch::default();
        (1..=1_000).for_each(|n| sketch.add(f64::from(n)));
        for (share, exact) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let found = sketch.quantile(share).unwrap();
            assert!((found / exact - 1.0).abs() < 0.025, "{share}: {found}");
        }
        assert_eq!(Sketch::default().quantile(0.5), None);
    }

    /// Numbers between 0 and 1, evenly.
    fn even(n: u32) -> f64 {
        (f64::from(n) * 0.618_033_988_749_894_9).fract()
    }

    /// Numbers of a normal distribution: twelve even ones less six.
    fn normal(n: u32) -> f64 {
        let mut seed = u64::from(n) + 1;
        let mut next = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..12).map(|_| next()).sum::<f64>() - 6.0
    }

    #[test]
    fn quantiles_are_right_where_values_spread_over_orders_of_magnitude_or_have_both_signs() {
        type Draw = fn(u32) -> f64;
        let draws: [(&str, Draw); 8] = [
            ("mostly 0", |n| if n % 10 == 0 { 5.0 + even(n) } else { 0.0 }),
            ("normal about 0", |n| 10.0 * normal(n)),
            ("normal", |n| 100.0 + 3.0 * normal(n)),
            ("of both signs", |n| 107.0 * even(n) - 100.0),
            ("below 0", |n| -200.0 - 50.0 * even(n)),
            ("log-uniform", |n| 10.0_f64.powf(15.0 * even(n) - 6.0)),
            ("log-normal", |n| (2.0 * normal(n)).exp()),
            ("two values", |n| if n % 3 == 0 { 7.0 } else { 3.0 }),
        ];
        for (name, draw) in draws {
            let mut values: Vec<f64> = (0..20_000).map(draw).collect();
            let mut sketch = Sketch::default();
            values.iter().for_each(|value| sketch.add(*value));
            values.sort_by(f64::total_cmp);
            assert!(sketch.bins.len() <= BINS_MAX, "{name}");
            for share in [0.05, 0.25, 0.5, 0.75, 0.95, 0.99] {
                let exact = values[(share * 19_999.0) as usize];
                let found = sketch.quantile(share).unwrap();
                let off = (found - exact).abs();
                assert!(
                    off <= sketch.error() * exact.abs() * 1.001,
                    "{name} {share}: {found} {exact}"
                );
                // Far closer than what is promised, where values lie densely.
                let close = 0.05 * exact.abs() + 0.05;
                assert!(off <= close || name.starts_with("log"), "{name} {share}: {found} {exact}");
            }
        }
    }

    #[test]
    fn volatility_is_finer_than_a_bin_and_none_where_nothing_moves() {
        let volatility = |draw: &dyn Fn(u32) -> f64| {
            let mut sketch = Sketch::default();
            (0..20_000).for_each(|n| sketch.add(draw(n)));
            sketch.volatility()
        };
        for spread in [0.03, 0.05, 0.1, 0.3] {
            let found = volatility(&|n| 50.0 * (1.0 + spread * normal(n))).unwrap();
            assert!((found / spread - 1.0).abs() < 0.2, "{spread}: {found}");
        }
        assert_eq!(volatility(&|_| 0.37), Some(0.0));
        assert_eq!(volatility(&|n| if n % 20 == 0 { 9.0 } else { 0.37 }), Some(0.0));
    }

    #[test]
    fn volatility_is_that_of_a_normal_spread_and_none_about_zero() {
        let mut sketch = Sketch::default();
        (0..999).for_each(|n| sketch.add(100.0 + 10.0 * ((n as f64 * 0.61).fract() - 0.5)));
        let found = sketch.volatility().unwrap();
        assert!((0.02..0.06).contains(&found), "{found}");
        let mut still = Sketch::default();
        (0..50).for_each(|_| still.add(0.0));
        assert_eq!(still.volatility(), None);
    }

    #[test]
    fn classes_are_quarters_of_weekdays_and_weekends() {
        let day = 86_400.0;
        assert_eq!(class_name(hour_class(0.0)), "weekday_00_06", "a Thursday");
        assert_eq!(class_name(hour_class(2.0 * day + 50_000.0)), "weekend_12_18", "a Saturday");
        assert_eq!(class_name(hour_class(-1.0)), "weekday_18_24", "a Wednesday evening");
    }

    proptest! {
        #[test]
        fn quantiles_rise_and_stay_within_the_values(values in prop::collection::vec(-1e6_f64..1e6, 1..300)) {
            let mut sketch = Sketch::default();
            values.iter().for_each(|x| sketch.add(*x));
            let (low, high) = (sketch.quantile(0.05).unwrap(), sketch.quantile(0.95).unwrap());
            prop_assert!(low <= high);
            let most = values.iter().copied().fold(f64::MIN, f64::max);
            prop_assert!(high <= most);
            prop_assert!(sketch.bins.len() <= BINS_MAX);
        }

        #[test]
        fn a_bin_that_is_full_moves_no_quantile(value in 1.0_f64..1e3) {
            let mut sketch = Sketch::default();
            (0..200_000).for_each(|n| sketch.add(if n % 4 == 0 { value * 2.0 } else { value }));
            prop_assert_eq!(sketch.count(), 200_000);
            for (share, exact) in [(0.5, value), (0.74, value), (0.76, value * 2.0)] {
                let found = sketch.quantile(share).unwrap();
                prop_assert!((found / exact - 1.0).abs() < 0.025, "{}: {}", share, found);
            }
        }
    }
}
