//! Samples → what is usual: p50, p75, p95, p99 and volatility, over all hours and by class of hour
//! (quarters of the day, weekdays and weekends apart), each from one sketch of bounded size.
//!
//! A sketch counts values in bins that grow by 4 % (after DDSketch, Masson, Rim and Lee 2019), so any
//! quantile is right within 2 %. Where more than 64 bins are needed, the smallest values are joined:
//! high quantiles, which are asked for, stay right.

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

/// Counts of values by size.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sketch {
    /// Number of the bin, and values in it; ascending. Once a bin is full all are halved: what is usual is that of the
    /// latest half a year and more, where a sample is a minute.
    bins: Vec<(i16, u16)>,
    count: u64,
}

/// The largest number has bin 18,626.
fn bin_of(value: f64) -> i16 {
    if value.abs() < TINY {
        return 0;
    }
    let steps = ((value.abs() / TINY).ln() / GROWTH.ln()).ceil() as i16 + 1;
    if value > 0.0 { steps } else { -steps }
}

fn value_of(bin: i16) -> f64 {
    if bin == 0 {
        return 0.0;
    }
    let middle = TINY * GROWTH.powi(i32::from(bin.abs()) - 1) * 2.0 / (1.0 + GROWTH);
    middle.copysign(f64::from(bin))
}

impl Sketch {
    /// Takes a value; what is no number is passed over.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.count += 1;
        self.add_bin(bin_of(value), 1);
    }

    /// Takes all values of another one.
    fn merge(&mut self, other: &Sketch) {
        self.count += other.count;
        other.bins.iter().for_each(|(bin, count)| self.add_bin(*bin, *count));
    }

    fn add_bin(&mut self, bin: i16, count: u16) {
        let mut at = match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(at) => return self.grow(at, count),
            Err(at) => at,
        };
        let mut lowest = 0;
        if self.bins.len() == BINS_MAX {
            // The smallest values are joined; also where the new one is the smallest.
            if at == 0 {
                return self.grow(0, count);
            }
            (_, lowest) = self.bins.remove(0);
            at -= 1;
        }
        self.bins.insert(at, (bin, count));
        self.grow(0, lowest);
    }

    fn grow(&mut self, at: usize, by: u16) {
        if let Some(sum) = self.bins[at].1.checked_add(by) {
            self.bins[at].1 = sum;
            return;
        }
        self.bins.iter_mut().for_each(|(_, count)| *count = count.div_ceil(2));
        self.bins[at].1 += by / 2;
    }

    /// Values seen.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value below which a share of all values lies; `None` before the first.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let total: u64 = self.bins.iter().map(|(_, count)| u64::from(*count)).sum();
        let rank = (share.clamp(0.0, 1.0) * total.saturating_sub(1) as f64).floor() as u64;
        let mut passed = 0;
        for (bin, count) in &self.bins {
            passed += u64::from(*count);
            if passed > rank {
                return Some(value_of(*bin));
            }
        }
        None
    }

    /// 1.4826 × the median distance from the median, over the median: the share by which values
    /// usually differ from it. `None` where the median is 0.
    pub fn volatility(&self) -> Option<f64> {
        let median = self.quantile(0.5)?;
        let mut off: Vec<(f64, u16)> = self
            .bins
            .iter()
            .map(|(bin, count)| ((value_of(*bin) - median).abs(), *count))
            .collect();
        off.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half = self.bins.iter().map(|(_, count)| u64::from(*count)).sum::<u64>() / 2;
        let mut passed = 0;
        let middle = off.iter().find(|(_, count)| {
            passed += u64::from(*count);
            passed > half
        })?;
        (median.abs() >= TINY).then(|| 1.4826 * middle.0 / median.abs())
    }
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
        })
    }
}

/// The baseline of one metric, in at most 2.5 kB.
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
        let bins = self.classes.iter().map(|sketch| sketch.bins.capacity()).sum::<usize>();
        size_of::<Baseline>() + bins * size_of::<(i16, u16)>()
    }

    /// What is usual in a class of hours; `None` below [`SAMPLES_MIN`] values.
    pub fn usual_in(&self, class: usize) -> Option<Usual> {
        let sketch = self.classes.get(class)?;
        if sketch.count() < SAMPLES_MIN { None } else { Usual::of(sketch) }
    }

    /// What is usual at an instant: of its class, or of all hours while that is not known.
    pub fn usual_at(&self, secs: f64) -> Option<Usual> {
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
            prop_assert!(high <= most.abs() * 1.03 + 1e-6 || high <= most * 0.97 + 1e-6);
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
