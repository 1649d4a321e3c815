//! Trouble that the kernel tells in single lines: failing hardware, disks, file systems, memory that
//! ran out, programs that crashed. Data in tables; the detector finds the words, the pattern decides.
//!
//! To add a sign: one row in the table of its family. Words of the row must be rare in healthy logs;
//! the pattern must be more than words that healthy logs hold too.

mod devices;
mod disks;
mod filesystems;
mod graphics;
mod hardware;
mod memory;
mod network;
mod programs;

use super::classify::{Class, Family, Severity};
use super::pattern::Pattern;
use std::sync::LazyLock;

/// One kind of line.
#[derive(Debug)]
pub(super) struct Sign {
    /// Any of these makes the pattern be tried.
    pub(super) words: &'static [&'static str],
    /// What the line looks like.
    pub(super) pattern: &'static str,
    pub(super) class: Class,
    /// The name; `{1}`… is what was captured, `{d}` the device.
    pub(super) says: &'static str,
    /// What kind of device, and which capture names it.
    pub(super) device: Option<(&'static str, usize)>,
    /// Captures to keep, with their names.
    pub(super) details: &'static [(&'static str, usize)],
    /// How lines become reports.
    pub(super) fold: Fold,
}

/// How lines of a sign become reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// Lines of the same name and device are one report with a count.
    Count,
    /// Belongs to the report of the same device that is open, or opens one; later lines tell more.
    Episode,
}

impl Sign {
    pub(super) const fn new(
        words: &'static [&'static str],
        pattern: &'static str,
        kind: &'static str,
        (family, severity): (Family, Severity),
        says: &'static str,
    ) -> Sign {
        let class = Class { kind, family, severity, subtype: None };
        Sign { words, pattern, class, says, device: None, details: &[], fold: Fold::Count }
    }

    pub(super) const fn on(mut self, kind: &'static str, capture: usize) -> Sign {
        self.device = Some((kind, capture));
        self
    }

    pub(super) const fn with(mut self, details: &'static [(&'static str, usize)]) -> Sign {
        self.details = details;
        self
    }

    pub(super) const fn subtype(mut self, subtype: &'static str) -> Sign {
        self.class.subtype = Some(subtype);
        self
    }

    pub(super) const fn episode(mut self) -> Sign {
        self.fold = Fold::Episode;
        self
    }
}

/// All signs.
pub(super) static SIGNS: LazyLock<Vec<&'static Sign>> = LazyLock::new(|| {
    let tables: [&'static [Sign]; 8] = [
        memory::SIGNS,
        programs::SIGNS,
        hardware::SIGNS,
        graphics::SIGNS,
        disks::SIGNS,
        filesystems::SIGNS,
        network::SIGNS,
        devices::SIGNS,
    ];
    tables.into_iter().flatten().collect()
});

static PATTERNS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| SIGNS.iter().map(|sign| Pattern::new(sign.pattern)).collect());

/// A sign found in a line.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) sign: &'static Sign,
    /// The name, `DEV` for the device.
    pub(super) key: String,
    pub(super) device: Option<String>,
    pub(super) details: Vec<(&'static str, String)>,
}

/// Letters of a task's name that the kernel keeps (`TASK_COMM_LEN` without its end).
const COMM_BYTES: usize = 15;
/// Digits at the end of a whole name, or of one that was cut, from which it was drawn and not given.
const DRAWN_DIGITS: usize = 6;
const DRAWN_DIGITS_CUT: usize = 3;

impl Seen {
    /// Whether it only shows that a test of the kernel is running: a program that was made for one run, its
    /// name drawn by chance, crashes because it is meant to.
    pub(super) fn is_expected(&self) -> bool {
        let program = self.details.iter().find(|(name, _)| *name == "program");
        self.sign.class.family == Family::User
            && program.is_some_and(|(_, name)| is_made_for_one_run(name))
    }
}

fn is_made_for_one_run(program: &str) -> bool {
    let digits = program.bytes().rev().take_while(u8::is_ascii_digit).count();
    let wanted = if program.len() >= COMM_BYTES { DRAWN_DIGITS_CUT } else { DRAWN_DIGITS };
    digits >= wanted && digits < program.len()
}

/// The first sign among the candidates that the line really shows.
pub(super) fn read(candidates: u128, text: &str) -> Option<Seen> {
    let mut left = candidates;
    while left != 0 {
        let place = left.trailing_zeros() as usize;
        left &= left - 1;
        let (sign, pattern) = (SIGNS.get(place)?, PATTERNS.get(place)?);
        if let Some((_, captured)) = pattern.captures(text) {
            return Some(seen(sign, &captured));
        }
    }
    None
}

fn seen(sign: &'static Sign, captured: &[&str]) -> Seen {
    let at = |place: usize| captured.get(place - 1).copied().unwrap_or_default().trim();
    let device = sign.device.map(|(_, place)| at(place).to_owned()).filter(|d| !d.is_empty());
    let mut title = sign.says.to_owned();
    for place in 1..=captured.len() {
        title = title.replace(&format!("{{{place}}}"), at(place));
    }
    let key = title.replace("{d}", "DEV");
    let details = sign
        .details
        .iter()
        .filter(|(_, place)| !at(*place).is_empty())
        .map(|(name, place)| (*name, at(*place).to_owned()))
        .collect();
    Seen { sign, key, device, details }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_were_drawn_are_told_from_names_that_were_given() {
        for drawn in ["probe-exec-8467", "probe-84", "millrun8463825"] {
            assert_eq!(is_made_for_one_run(drawn), drawn != "probe-84", "{drawn}");
        }
        for given in ["postgres", "python3.11", "Xorg", "pool-1-thread-1", "7", "123456"] {
            assert!(!is_made_for_one_run(given), "{given}");
        }
    }

    #[test]
    fn every_pattern_compiles_and_every_sign_fits_the_mask() {
        assert!(SIGNS.len() <= 128);
        for sign in SIGNS.iter() {
            assert!(super::super::pattern::compile(sign.pattern).is_ok(), "{}", sign.pattern);
        }
    }
}
