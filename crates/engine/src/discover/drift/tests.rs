//! Noise of six kinds, and shifts of which some are to be told.

use super::*;
use crate::attention::series::Measured;
use crate::signature::{Skeleton, fingerprint};
use crate::values::Values;

/// Knuth's MMIX generator.
struct Chance(u64);

impl Chance {
    fn share(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: the sum of twelve uniforms less six.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// What a value is at a time, in days from the start; the start is a Monday.
type Law = fn(&mut Chance, f64, u64) -> f64;

fn log_normal(chance: &mut Chance, _: f64, cell: u64) -> f64 {
    let spread = 0.2 + (cell % 7) as f64 * 0.25;
    (3.0 + spread * chance.normal()).exp()
}

fn random_id(chance: &mut Chance, _: f64, cell: u64) -> f64 {
    (chance.share() * 10_f64.powi(3 + (cell % 6) as i32)).floor()
}

fn random_port(chance: &mut Chance, _: f64, _: u64) -> f64 {
    (1_024.0 + chance.share() * 64_000.0).floor()
}

fn counter(chance: &mut Chance, day: f64, cell: u64) -> f64 {
    let start = (cell % 5) as f64 * 1_000.0;
    (start + (day + chance.share() * 0.001) * 8_640.0).floor()
}

fn rhythm(chance: &mut Chance, day: f64, cell: u64) -> f64 {
    let hours = (day * std::f64::consts::TAU + cell as f64).sin();
    let weekend = if (day as u64) % 7 >= 5 { -1.5 } else { 0.0 };
    (4.0 + hours + weekend + 0.3 * chance.normal()).exp()
}

fn two_modes(chance: &mut Chance, day: f64, cell: u64) -> f64 {
    // Each value by itself, or for some hours the one and then the other.
    let choice = if cell.is_multiple_of(2) {
        chance.share()
    } else {
        (day * 5.3 + cell as f64 * 0.37).fract()
    };
    if choice < 0.2 + (cell % 5) as f64 * 0.1 {
        2_000.0 + chance.share() * 100.0
    } else {
        30.0 + chance.share()
    }
}

/// Runs one value for some days, with `per_day` values a day; the days on which it would be told.
fn told_days(law: Law, cell: u64, days: u64, word: &str) -> Vec<u64> {
    let mut chance = Chance(cell.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    let (mut measured, mut skeleton) = (Measured::default(), Skeleton::default());
    let asked = Discover::default();
    let per_day = [6, 12, 40, 96][(cell % 4) as usize];
    // Monday the 2nd of March 2026.
    let start = 20_514_u64;
    let mut told = Vec::new();
    for step in 0..days * per_day {
        let day = (step as f64 + chance.share()) / per_day as f64;
        let value = law(&mut chance, day, cell);
        let body = format!("{word} {value:.0} seen");
        fingerprint("app", &body, &mut skeleton);
        let at = Timestamp::from_secs((start * 86_400) as i64 + (day * 86_400.0) as i64);
        measured.add(&Values::of(&body, skeleton.holes()), at);
        let is_told = measured.iter().any(|series| shift(series, &asked).is_some());
        if is_told && told.last() != Some(&(day as u64)) {
            told.push(day as u64);
        }
    }
    told
}

#[test]
fn noise_is_not_told() {
    let laws: [(&str, Law); 6] = [
        ("log-normal", log_normal),
        ("ids", random_id),
        ("ports", random_port),
        ("counters", counter),
        ("rhythm", rhythm),
        ("two modes", two_modes),
    ];
    // In an optimised build 10,000 values over three weeks; in a test build a sample of them.
    let cells = if cfg!(debug_assertions) { 120 } else { 1_667 };
    let mut wrong = Vec::new();
    for (name, law) in laws {
        for cell in 0..cells {
            let told = told_days(law, cell, 21, "value");
            wrong.extend((!told.is_empty()).then_some((name, cell, told)));
        }
    }
    assert!(wrong.len() <= 1, "{} {wrong:?}", wrong.len());
}

#[test]
fn a_shift_is_told_on_its_first_day_or_the_next() {
    fn step(chance: &mut Chance, day: f64, _: u64) -> f64 {
        let level = if day < 9.4 { 5.3 } else { 7.6 };
        (level + 0.4 * chance.normal()).exp()
    }
    fn fall(chance: &mut Chance, day: f64, _: u64) -> f64 {
        if day < 9.0 { 40.0 + chance.share() * 20.0 } else { chance.share() * 3.0 }
    }
    fn less_than_twice(chance: &mut Chance, day: f64, _: u64) -> f64 {
        if day < 9.0 { 200.0 + chance.share() } else { 380.0 + chance.share() }
    }
    // Every fourth has too few values a day.
    for cell in (1..80).filter(|cell| cell % 4 > 0) {
        let told = told_days(step, cell, 12, "value");
        assert!(told.iter().any(|day| (9..=10).contains(day)), "{cell} {told:?}");
        assert!(told_days(fall, cell, 12, "value").contains(&9), "{cell}");
        assert!(told_days(less_than_twice, cell, 12, "value").is_empty(), "{cell}");
        // Where the words say that it is a name, it is not even looked at.
        assert!(told_days(step, cell, 12, "port").is_empty(), "{cell}");
    }
}

#[test]
fn weekends_are_known() {
    // 2 March 2026 was a Monday.
    let week: Vec<bool> = (20_514..20_521).map(is_weekend).collect();
    assert_eq!(week, [false, false, false, false, false, true, true]);
}
