//! The latest deviations → whether the level has changed for good. A shift is accepted when nearly all
//! of the latest 60 samples lie off to one side by far more than is usual; it is said once, and from
//! then on it is what is usual.

use super::lanes::LONG;
use serde::{Deserialize, Serialize};

/// The share of samples that may lie elsewhere.
const ELSEWHERE: f64 = 0.1;
/// All others are off by at least so many usual deviations.
const OFF_MIN: f64 = 3.0;
/// Samples between two changes: a level that moves all the time has no level.
const REST: u64 = 2 * LONG as u64;

/// A level that has changed for good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NewNormal {
    /// When it changed, in seconds.
    pub since: f64,
    /// The level before.
    pub before: f64,
    /// The level from now on.
    pub after: f64,
}

/// A shift of deviations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    pub(super) by: f64,
    pub(super) since: f64,
}

/// When the level changed last.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Changes {
    settled: u64,
    /// Since when samples lie off to one side: which side, samples, seconds.
    run: Option<(bool, u64, f64)>,
}

impl Changes {
    /// Looks at the deviations up to now; `usual` is the usual size of one.
    pub(super) fn shift(
        &mut self,
        seen: u64,
        secs: f64,
        offsets: impl Iterator<Item = f64>,
        usual: f64,
    ) -> Option<Shift> {
        let mut latest = [0.0; LONG];
        let mut count = 0;
        for (slot, off) in latest.iter_mut().zip(offsets) {
            *slot = off;
            count += 1;
        }
        let last = latest[..count].last().copied()?;
        self.follow(last, seen, secs, usual);
        let (is_up, began, since) = self.run?;
        let is_ripe = seen - began >= LONG as u64 && seen - self.settled >= REST && count == LONG;
        if !is_ripe {
            return None;
        }
        latest.sort_by(f64::total_cmp);
        let elsewhere = (LONG as f64 * ELSEWHERE) as usize;
        let least = if is_up { latest[elsewhere] } else { -latest[LONG - 1 - elsewhere] };
        if least < OFF_MIN * usual.max(1e-12) {
            return None;
        }
        (self.settled, self.run) = (seen, None);
        Some(Shift { by: latest[LONG / 2], since })
    }

    /// A run ends when a sample lies on the other side.
    fn follow(&mut self, off: f64, seen: u64, secs: f64, usual: f64) {
        let is_off = off.abs() > OFF_MIN * usual;
        match self.run {
            Some((is_up, ..)) if (off > 0.0) != is_up => self.run = None,
            None if is_off => self.run = Some((off > 0.0, seen, secs)),
            _ => {}
        }
    }
}
