//! Samples of a metric → what is usual for it, without what is not: while a metric is far above its usual, its samples
//! are held back. Were they learnt from, what hurts would be usual after a few minutes, would be called over while it goes
//! on, and would hide the next time.
//!
//! A stretch that ends counts as six samples, so that what comes every hour becomes usual and what came once does not. One
//! that lasts six hours is a new normal: what was usual before is forgotten.

use super::baseline::{Baseline, LEARNT_MIN, Sketch, Usual};
use super::classify::{Term, term_of};
use serde::{Deserialize, Serialize};

/// A stretch begins with so many samples in a row far above the usual, and ends with as many that are not.
const IN_A_ROW: u8 = 3;
/// What a stretch counts for, whatever its length.
const COUNTS_FOR: u8 = 6;
/// What lasts so long is a new normal.
const NEW_NORMAL_SECS: f64 = 6.0 * 3_600.0;

/// What is usual for a metric has changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewUsual {
    /// When the stretch began, in seconds.
    pub since: f64,
    /// 95 of a hundred values were below this.
    pub before: f64,
    /// And are now below this.
    pub after: f64,
}

impl NewUsual {
    /// The same in words, said at an instant; `show` writes a value of the series.
    pub fn sentence(&self, series: &str, secs: f64, show: impl Fn(f64) -> String) -> String {
        let hours = ((secs - self.since) / 3_600.0).round();
        let [before, after] = [self.before, self.after].map(show);
        format!(
            "{series} has been far above its usual for {hours:.0} hours, which is its usual now: 95 of 100 values below {after}, before {before}"
        )
    }
}

/// What is usual for one metric.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Own {
    baseline: Baseline,
    /// Samples in a row that are far above the usual.
    far: u8,
    stretch: Option<Box<Stretch>>,
}

/// A time in which it is far above its usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stretch {
    since: f64,
    before: f64,
    held: Sketch,
    /// Samples in a row that are as usual.
    calm: u8,
}

impl Own {
    /// What is usual at an instant; `None` while too little is known to hold anything against it.
    pub fn usual_at(&self, secs: f64) -> Option<Usual> {
        self.baseline.usual_at(secs)
    }

    /// Learns a sample of a metric, against what was said to be usual at its instant; tells of a new normal.
    pub fn learn(
        &mut self,
        metric: &str,
        (secs, value): (f64, f64),
        usual: Option<Usual>,
    ) -> Option<NewUsual> {
        let is_far =
            |usual: &Usual| term_of(metric).is_some_and(|term: &Term| term.is_far(value, usual));
        let Some(usual) = usual.filter(is_far) else {
            self.take_usual(secs, value);
            return None;
        };
        self.far = self.far.saturating_add(1);
        if self.far < IN_A_ROW && self.stretch.is_none() {
            self.baseline.add(secs, value);
            return None;
        }
        let begin = || Stretch { since: secs, before: usual.p95, held: Sketch::default(), calm: 0 };
        let stretch = self.stretch.get_or_insert_with(|| Box::new(begin()));
        stretch.calm = 0;
        stretch.held.add(value);
        if secs - stretch.since < NEW_NORMAL_SECS || stretch.held.count() < LEARNT_MIN {
            return None;
        }
        let stretch = self.stretch.take()?;
        self.baseline = Baseline::of(secs, &stretch.held);
        self.far = 0;
        let after = self.baseline.usual()?.p95;
        Some(NewUsual { since: stretch.since, before: stretch.before, after })
    }

    /// A sample as usual; the third in a row ends a stretch.
    fn take_usual(&mut self, secs: f64, value: f64) {
        self.far = 0;
        self.baseline.add(secs, value);
        let Some(stretch) = self.stretch.as_deref_mut() else { return };
        stretch.calm += 1;
        if stretch.calm < IN_A_ROW {
            return;
        }
        let Some(stretch) = self.stretch.take() else { return };
        let counts = stretch.held.count().min(u64::from(COUNTS_FOR));
        for n in 0..counts {
            let share = (n as f64 + 0.5) / counts as f64;
            stretch
                .held
                .quantile(share)
                .into_iter()
                .for_each(|value| self.baseline.add(secs, value));
        }
    }

    /// Bytes that it takes, what it points to included.
    pub fn memory_bytes(&self) -> usize {
        let stretch = self
            .stretch
            .as_deref()
            .map_or(0, |stretch| size_of::<Stretch>() + stretch.held.heap_bytes());
        size_of::<Own>() - size_of::<Baseline>() + self.baseline.memory_bytes() + stretch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRIC: &str = "disk.queue";

    /// Minutes of a day with a queue of about 1, and one of `size` in some of them; those that were far above the usual,
    /// and the new normals.
    fn days(minutes: u32, size: f64, is_in: impl Fn(u32) -> bool) -> (Vec<u32>, Vec<NewUsual>) {
        let term = term_of(METRIC).unwrap();
        let (mut own, mut far, mut new) = (Own::default(), Vec::new(), Vec::new());
        for minute in 0..minutes {
            let secs = f64::from(minute) * 60.0;
            let value =
                if is_in(minute) { size } else { 1.0 + (f64::from(minute) * 0.618).fract() };
            let usual = own.usual_at(secs);
            if usual.is_some_and(|usual| term.is_far(value, &usual)) {
                far.push(minute);
            }
            new.extend(own.learn(METRIC, (secs, value), usual));
        }
        (far, new)
    }

    #[test]
    fn what_hurts_for_an_hour_is_no_more_usual_the_seventh_time() {
        let is_in = |minute: u32| minute >= 400 && minute % 1_440 / 60 == 7;
        let (far, new) = days(8 * 1_440, 60.0, is_in);
        assert_eq!(far, (0..8 * 1_440).filter(|minute| is_in(*minute)).collect::<Vec<u32>>());
        assert_eq!(new, []);
    }

    #[test]
    fn what_comes_every_hour_becomes_usual() {
        let (far, _) = days(4 * 1_440, 60.0, |minute| minute >= 400 && minute % 60 < 10);
        assert!(far.iter().all(|minute| *minute < 2 * 1_440), "{far:?}");
    }

    #[test]
    fn a_step_is_a_new_normal_once() {
        let (far, new) = days(4 * 1_440, 60.0, |minute| minute >= 1_000);
        assert_eq!(far, (1_000..=1_362).collect::<Vec<u32>>());
        assert_eq!(new.len(), 1, "{new:?}");
        assert!(new[0].before < 2.1 && (new[0].after / 60.0 - 1.0).abs() < 0.03, "{new:?}");
    }
}
