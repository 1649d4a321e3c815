//! What a message usually measures: of two of its values the daily means of a week, on a scale of
//! logarithms, in 64 bytes. It remembers; whether a day is unusual is asked elsewhere.

use crate::values::{Label, VALUES, Values};
use model::Timestamp;
use serde::{Deserialize, Serialize};

/// Days remembered before the latest.
pub const PAST_DAYS: usize = 7;
/// Fewest values of a day that count as its mean.
const PER_DAY_MIN: u16 = 5;
/// No mean, no spread.
const NONE: u16 = u16::MAX;
/// Levels in two bytes: the logarithm of the largest value there is, in steps of 0.15 %.
const STEP: f32 = 96.0 / 65_534.0;
/// Steps up and down are counted up to so many, then halved: the latest hundreds count.
const STEPS_MAX: u8 = 250;

fn packed(level: f32) -> u16 {
    (level / STEP).round().clamp(0.0, 65_534.0) as u16
}

fn unpacked(level: u16) -> Option<f64> {
    (level != NONE).then(|| f64::from(level) * f64::from(STEP))
}

/// One value of a message, day by day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Which value.
    pub label: Label,
    /// The latest day with a value, in days since 1970.
    pub day: u16,
    /// Values of that day.
    pub count: u16,
    /// Mean of the levels of the days before, the latest first.
    past: [u16; PAST_DAYS],
    /// Usual standard deviation of the levels within a day.
    spread: u16,
    /// How often a level was above the mean so far of its day, of so many times that it differed from it.
    rises: u8,
    steps: u8,
    /// Mean of the levels of the latest day.
    mean: f32,
    /// Sum of the squared deviations from that mean.
    squares: f32,
}

impl Default for Series {
    fn default() -> Self {
        Series {
            label: Label::default(),
            day: 0,
            count: 0,
            past: [NONE; PAST_DAYS],
            spread: NONE,
            rises: 0,
            steps: 0,
            mean: 0.0,
            squares: 0.0,
        }
    }
}

impl Series {
    fn add(&mut self, level: f32, day: u16) {
        self.turn(day);
        if self.count > 0 || self.past.iter().any(|mean| *mean != NONE) {
            self.compare(level);
        }
        self.count = self.count.saturating_add(1);
        let off = level - self.mean;
        self.mean += off / f32::from(self.count);
        self.squares += off * (level - self.mean);
        if self.count == u16::MAX {
            // From here on the latest count for more.
            self.squares -= self.squares / f32::from(u16::MAX);
        }
    }

    fn compare(&mut self, level: f32) {
        if level == self.mean {
            return;
        }
        if self.steps >= STEPS_MAX {
            (self.rises, self.steps) = (self.rises / 2, self.steps / 2);
        }
        self.rises += u8::from(level > self.mean);
        self.steps += 1;
    }

    /// Closes the days that are over. A late value counts as of the latest day.
    fn turn(&mut self, day: u16) {
        if self.day == 0 {
            self.day = day;
        }
        if day <= self.day {
            return;
        }
        let days = usize::from(day - self.day).min(PAST_DAYS);
        self.past.rotate_right(days);
        self.past[..days].fill(NONE);
        if self.count >= PER_DAY_MIN {
            if let Some(slot) = self.past.get_mut(usize::from(day - self.day) - 1) {
                *slot = packed(self.mean);
            }
            let today = self.deviation() as f32;
            // A week's days weigh about alike.
            let usual =
                unpacked(self.spread).map_or(today, |s| s as f32 + (today - s as f32) / 4.0);
            self.spread = packed(usual);
        }
        (self.day, self.count, self.squares) = (day, 0, 0.0);
    }

    /// Mean level of the latest day.
    pub fn mean(&self) -> f64 {
        f64::from(self.mean)
    }

    /// Standard deviation of the levels of the latest day.
    pub fn deviation(&self) -> f64 {
        f64::from(self.squares.max(0.0) / f32::from(self.count.max(1))).sqrt()
    }

    /// Usual standard deviation within a day.
    pub fn usual_deviation(&self) -> f64 {
        unpacked(self.spread).unwrap_or(0.0)
    }

    /// Mean levels of the days before that had enough values, each with its day.
    pub fn past(&self) -> impl Iterator<Item = (u16, f64)> + '_ {
        let days = (1..).map(|back| self.day.saturating_sub(back));
        days.zip(self.past).filter_map(|(day, mean)| Some((day, unpacked(mean)?)))
    }

    /// How often it rose, of the times it moved at all.
    pub fn rises(&self) -> (u32, u32) {
        (u32::from(self.rises), u32::from(self.steps))
    }
}

/// The values of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Measured([Series; VALUES]);

impl Measured {
    /// Takes in the values of one event.
    pub fn add(&mut self, values: &Values, at: Timestamp) {
        let day = at.as_secs().div_euclid(86_400).clamp(1, i64::from(u16::MAX)) as u16;
        for (label, value) in values.iter() {
            let known = self.0.iter().position(|series| series.label == label);
            // A value that is not among the first two to come has no room.
            let Some(index) =
                known.or_else(|| self.0.iter().position(|series| series.label.is_none()))
            else {
                continue;
            };
            let series = &mut self.0[index];
            series.label = label;
            series.add(label.level(value), day);
        }
    }

    /// The values that were taken in.
    pub fn iter(&self) -> impl Iterator<Item = &Series> {
        self.0.iter().filter(|series| !series.label.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Skeleton, fingerprint};

    #[test]
    fn days_are_kept_and_gaps_between_them() {
        let mut measured = Measured::default();
        let mut skeleton = Skeleton::default();
        for (day, value) in [(100, 3), (101, 7), (103, 20)] {
            for step in 0..6 {
                let body = format!("queue holds {} jobs", value + step % 2);
                fingerprint("app", &body, &mut skeleton);
                let at = Timestamp::from_secs(day * 86_400 + step * 600);
                measured.add(&Values::of(&body, skeleton.holes()), at);
            }
        }
        let series = measured.iter().next().unwrap();
        let near = |level: f64| series.label.value(level).round();
        assert_eq!(near(series.mean()), 20.0);
        let past: Vec<_> = series.past().map(|(day, mean)| (day, near(mean))).collect();
        assert_eq!(past, [(101, 7.0), (100, 3.0)]);
        assert!((0.05..0.2).contains(&series.usual_deviation()), "{series:?}");
        assert_eq!((series.count, measured.iter().count()), (6, 1));
        assert_eq!(std::mem::size_of::<Measured>(), 64);
    }
}
