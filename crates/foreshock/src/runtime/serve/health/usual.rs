//! Records of each minute → how often a source speaks at this hour as a rule, and how much.
//!
//! A minute is a small experiment: was the source heard or not? Its chance is learnt for each hour of a working day and
//! of a weekend day; so an office that is closed at night is not missed then. A run of unheard minutes that has too small
//! a chance is a silence ([`Quiet`]).

use serde::{Deserialize, Serialize};

const MINUTES_OF_DAY: i64 = 24 * 60;
/// Hours of a working day, then of a weekend day.
const CLASSES: usize = 48;
/// An hour is known once half of one such was heard; until then the latest hour stands for it.
const CLASS_ENOUGH: u16 = 30;
/// The latest hour says something after ten minutes.
const LATELY_ENOUGH: u16 = 10;
/// What is learnt of an hour fades over ten of them: two weeks of working days.
const CLASS_MEMORY: u16 = 600;
/// … and of the latest hour, over 60 minutes.
const LATELY_MEMORY: u16 = 60;
/// No source is so sure to speak that one minute without it says more.
const CHANCE_MAX: f32 = 0.95;
/// A run of unheard minutes with a smaller chance is a silence. With a hundred sources, and a look each minute, it would
/// come by chance about once a week.
const SILENCE_CHANCE: f32 = 1e-6;

/// One hour of the day.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Hour {
    /// Share of minutes in which it was heard.
    heard: f32,
    /// Mean of the root of the records a minute: a burst counts for little in it.
    root: f32,
    minutes: u16,
}

impl Hour {
    fn learn(&mut self, records: u64, memory: u16) {
        self.minutes = self.minutes.saturating_add(1);
        let share = 1.0 / f32::from(self.minutes.min(memory));
        self.heard += (f32::from(u8::from(records > 0)) - self.heard) * share;
        let root = (records as f32).sqrt();
        // Once the usual is known, one wild minute moves it no more than four times the usual would.
        let most = if self.minutes > CLASS_ENOUGH { 2.0 * self.root + 2.0 } else { f32::MAX };
        self.root += (root.min(most) - self.root) * share;
    }
}

/// What is usual for a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Usual {
    hours: Vec<Hour>,
    lately: Hour,
}

impl Default for Usual {
    fn default() -> Usual {
        Usual { hours: vec![Hour::default(); CLASSES], lately: Hour::default() }
    }
}

/// The hour of a minute since 1970 (a Thursday).
fn class(minute: i64) -> usize {
    let weekday = (minute.div_euclid(MINUTES_OF_DAY) + 3).rem_euclid(7);
    let hour = minute.rem_euclid(MINUTES_OF_DAY) / 60;
    hour as usize + if weekday >= 5 { 24 } else { 0 }
}

impl Usual {
    /// Takes in a minute.
    pub(super) fn learn(&mut self, minute: i64, records: u64) {
        self.lately.learn(records, LATELY_MEMORY);
        self.hours[class(minute)].learn(records, CLASS_MEMORY);
    }

    fn hour(&self, minute: i64) -> Option<&Hour> {
        let hour = &self.hours[class(minute)];
        match (hour.minutes >= CLASS_ENOUGH, self.lately.minutes >= LATELY_ENOUGH) {
            (true, _) => Some(hour),
            (false, true) => Some(&self.lately),
            _ => None,
        }
    }

    /// The chance that it is heard in this minute; `None` while that is being learnt.
    pub(super) fn chance(&self, minute: i64) -> Option<f32> {
        self.hour(minute).map(|hour| hour.heard.clamp(0.0, CHANCE_MAX))
    }

    /// Records a second, as a rule at this hour.
    pub(super) fn rate(&self, minute: i64) -> Option<f64> {
        self.hour(minute).map(|hour| f64::from(hour.root * hour.root) / 60.0)
    }
}

/// How unlikely it is that a source is as quiet as it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Quiet(f32);

impl Default for Quiet {
    fn default() -> Quiet {
        Quiet(1.0)
    }
}

impl Quiet {
    /// A minute without it, that had this chance of one with it.
    pub(super) fn miss(&mut self, chance: f32) {
        // It stays above zero: the smallest is reached after a quarter of an hour at the earliest.
        self.0 = (self.0 * (1.0 - chance)).max(f32::MIN_POSITIVE);
    }

    /// Whether it is a silence.
    pub(super) fn is_silence(self) -> bool {
        self.0 < SILENCE_CHANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 2 March 2026, 00:00.
    const MONDAY: i64 = 29_540_160;

    /// Minutes until a source that stops at `stop` is silent, having said something where `says` holds until then.
    fn silent_after(stop: i64, says: impl Fn(i64) -> u64) -> i64 {
        let mut usual = Usual::default();
        (0..stop).for_each(|n| usual.learn(MONDAY + n, says(n)));
        let mut quiet = Quiet::default();
        for n in 0..30_000 {
            quiet.miss(usual.chance(MONDAY + stop + n).unwrap_or(0.0));
            if quiet.is_silence() {
                return n + 1;
            }
        }
        30_000
    }

    #[test]
    fn who_speaks_always_is_missed_soon_and_who_speaks_seldom_late_or_never() {
        let day = MINUTES_OF_DAY;
        assert_eq!(silent_after(60, |_| 40), 5, "five minutes");
        assert_eq!(silent_after(3 * day, |_| 1), 5);
        let hourly = silent_after(3 * day, |n| u64::from(n % 60 == 0) * 500);
        assert!((600..1_200).contains(&hourly), "{hourly}: half a day");
        let daily = silent_after(3 * day, |n| u64::from(n % day == 100));
        assert!(daily > 2 * day, "{daily}");
    }

    #[test]
    fn an_office_that_is_closed_is_not_missed() {
        let day = MINUTES_OF_DAY;
        let office = |n: i64| u64::from((480..1_080).contains(&(n % day)) && n / day % 7 < 5) * 9;
        // Closed for the night, after a week: missed on the next morning.
        let night = silent_after(7 * day + 1_080, office);
        assert!((840..860).contains(&night), "{night}");
        // Closed for the weekend, having known one: missed on Monday morning.
        let weekend = silent_after(11 * day + 1_080, office);
        assert!((2 * day + 840..2 * day + 860).contains(&weekend), "{weekend}");
    }

    #[test]
    fn a_burst_leaves_the_usual_rate_where_it_was() {
        let mut usual = Usual::default();
        (0..600).for_each(|n| usual.learn(MONDAY + n % 60, 60 + (n as u64 * 7) % 5));
        let before = usual.rate(MONDAY).unwrap();
        assert!((before - 1.03).abs() < 0.05, "{before}");
        usual.learn(MONDAY, 1_000_000);
        assert!(usual.rate(MONDAY).unwrap() < before * 1.02);
        assert_eq!(Usual::default().rate(MONDAY), None);
    }
}
