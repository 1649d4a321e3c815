//! The latest deviations → whether the level has changed for good. A shift is accepted when nearly all
//! of the latest 60 samples lie off to one side by far more than is usual; it is said once, and from
//! then on it is what is usual.

use super::lanes::LONG;
use serde::{Deserialize, Serialize};

/// The share of samples that may lie elsewhere.
const ELSEWHERE: f64 = 0.1;
/// All others are off by at least so many usual deviations.
const OFF_MIN: f64 = 3.0;
/// And it has lasted so long: an hour of minutes is a busy hour, not a new level.
const LASTS_SECS: f64 = 18_000.0;
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

/// When the level changed last, and the latest distances from it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Changes {
    latest: Vec<f32>,
    settled: u64,
    run: Option<Run>,
}

/// Samples that lie off to one side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Run {
    is_up: bool,
    began: u64,
    since: f64,
    /// The usual distance when it began: the run itself makes it grow.
    usual: f64,
}

impl Changes {
    /// Takes the distance of a sample from what stands; `usual` is the usual size of one.
    pub(super) fn shift(&mut self, seen: u64, secs: f64, off: f64, usual: f64) -> Option<Shift> {
        if self.latest.len() == LONG {
            self.latest.remove(0);
        }
        self.latest.push(off as f32);
        self.follow(off, seen, secs, usual.max(1e-12));
        let run = self.run?;
        let is_long = seen - run.began >= LONG as u64 && secs - run.since >= LASTS_SECS;
        let is_ripe = is_long && seen - self.settled >= REST;
        if !is_ripe {
            return None;
        }
        let mut sorted = self.latest.clone();
        sorted.sort_by(f32::total_cmp);
        let elsewhere = (LONG as f64 * ELSEWHERE) as usize;
        let least = if run.is_up { sorted[elsewhere] } else { -sorted[LONG - 1 - elsewhere] };
        if f64::from(least) < OFF_MIN * run.usual {
            return None;
        }
        (self.settled, self.run) = (seen, None);
        Some(Shift { by: f64::from(sorted[LONG / 2]), since: run.since })
    }

    /// A run ends when a sample lies on the other side.
    fn follow(&mut self, off: f64, seen: u64, secs: f64, usual: f64) {
        match self.run {
            Some(run) if (off > 0.0) != run.is_up => self.run = None,
            None if off.abs() > OFF_MIN * usual => {
                self.run = Some(Run { is_up: off > 0.0, began: seen, since: secs, usual });
            }
            _ => {}
        }
    }

    /// Bytes that it points to.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<f32>() * self.latest.capacity()
    }
}
