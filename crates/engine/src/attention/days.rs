//! Events per day of the last two weeks: what a person sees as a row of bars, and what a day is held
//! against.

use model::Timestamp;
use serde::{Deserialize, Serialize};

/// Days remembered: two weeks, so that a weekly job is seen twice.
pub const DAYS: usize = 14;

/// The day (UTC) of a time, since 1970.
pub(crate) fn day_of(at: Timestamp) -> i32 {
    at.as_secs().div_euclid(86_400) as i32
}

/// Events per day (UTC) of the last fourteen days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCounts {
    day: i32,
    counts: [u16; DAYS],
}

impl DayCounts {
    /// Counts `n` events at `at`. Late events of a remembered day are counted there.
    pub fn add(&mut self, at: Timestamp, n: u32) {
        let day = day_of(at);
        if self.day == 0 {
            self.day = day;
        }
        if day > self.day {
            let steps = ((day - self.day) as usize).min(DAYS);
            self.counts.rotate_right(steps);
            self.counts[..steps].fill(0);
            self.day = day;
        }
        if let Some(count) = self.counts.get_mut((self.day - day).max(0) as usize) {
            *count = count.saturating_add(n.min(u32::from(u16::MAX)) as u16);
        }
    }

    /// Counts by day, newest first: index 0 is the day of `now`, which may lie in the past.
    pub fn back_from(&self, now: Timestamp) -> [u32; DAYS] {
        let ahead = day_of(now) - self.day;
        let (shift, skip) = (ahead.max(0) as usize, (-ahead).max(0) as usize);
        let mut counts = [0; DAYS];
        if self.day != 0 {
            let known = self.counts.into_iter().skip(skip);
            for (slot, count) in counts.iter_mut().skip(shift).zip(known) {
                *slot = u32::from(count);
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, hour: i64) -> Timestamp {
        Timestamp::from_secs((20_000 + day) * 86_400 + hour * 3_600)
    }

    #[test]
    fn days_shift_and_late_events_find_their_day() {
        let mut days = DayCounts::default();
        days.add(at(0, 1), 2);
        days.add(at(2, 1), 5);
        days.add(at(0, 9), 1);
        assert_eq!(days.back_from(at(3, 0))[..5], [0, 5, 0, 3, 0]);
        assert_eq!(days.back_from(at(1, 0))[..3], [0, 3, 0]);
        days.add(at(40, 0), 1);
        assert_eq!(days.back_from(at(40, 0)).iter().sum::<u32>(), 1);
    }
}
