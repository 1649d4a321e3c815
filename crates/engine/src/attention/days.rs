//! Counts of the last days, and of the last hour against the largest hours of the last days: the
//! two rhythms (slow growth, sudden burst) that a baseline is asked about.

use model::{Span, Timestamp};

/// Days remembered: two weeks, so that a weekly job is seen twice.
pub const DAYS: usize = 14;
/// Slots of five minutes in the sliding hour.
const SLOTS: usize = 12;
const SLOT: Span = Span::from_secs(300);
/// Daily maxima of the sliding hour that are remembered.
const MAXIMA: usize = 8;

fn day_of(at: Timestamp) -> i32 {
    at.as_secs().div_euclid(86_400) as i32
}

/// Events per day (UTC) of the last fourteen days.
#[derive(Debug, Clone, Copy, Default)]
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

    /// Counts by day, newest first: index 0 is the day of `now`.
    pub fn back_from(&self, now: Timestamp) -> [u32; DAYS] {
        let shift = (day_of(now) - self.day).max(0) as usize;
        let mut counts = [0; DAYS];
        if self.day != 0 {
            for (slot, count) in counts.iter_mut().skip(shift).zip(self.counts) {
                *slot = u32::from(count);
            }
        }
        counts
    }
}

/// Events of the last hour in five-minute slots, and each day's largest hour.
#[derive(Debug, Clone, Copy, Default)]
pub struct HourWindow {
    slot: i32,
    slots: [u16; SLOTS],
    day: i32,
    maxima: [u16; MAXIMA],
}

impl HourWindow {
    /// Counts `n` events at `at`.
    pub fn add(&mut self, at: Timestamp, n: u32) {
        self.turn(at);
        self.slots[0] = self.slots[0].saturating_add(n.min(u32::from(u16::MAX)) as u16);
        let hour = self.hour();
        self.maxima[0] = self.maxima[0].max(hour.min(u32::from(u16::MAX)) as u16);
    }

    fn turn(&mut self, at: Timestamp) {
        let slot = (at.as_secs().div_euclid(SLOT.as_micros() / 1_000_000)) as i32;
        if slot > self.slot {
            let steps = (slot.saturating_sub(self.slot) as usize).min(SLOTS);
            self.slots.rotate_right(steps);
            self.slots[..steps].fill(0);
            self.slot = slot;
        }
        let day = day_of(at);
        if day > self.day {
            let steps = (day.saturating_sub(self.day) as usize).min(MAXIMA);
            self.maxima.rotate_right(steps);
            self.maxima[..steps].fill(0);
            self.day = day;
        }
    }

    /// Events in the sliding hour, as of the last event counted.
    pub fn hour(&self) -> u32 {
        self.slots.iter().map(|c| u32::from(*c)).sum()
    }

    /// The start of the oldest slot of the hour that holds any.
    pub fn since(&self) -> Timestamp {
        let oldest = self.slots.iter().rposition(|count| *count > 0).unwrap_or(0);
        Timestamp::from_secs(i64::from(self.slot) * SLOT.as_micros() / 1_000_000)
            - SLOT.times(oldest as i64)
    }

    /// Events in the last three slots (10–15 minutes), as of the last event counted.
    pub fn quarter(&self) -> u32 {
        self.slots[..3].iter().map(|c| u32::from(*c)).sum()
    }

    /// The largest hour of the seven days before today.
    pub fn max_before_today(&self) -> u32 {
        self.maxima[1..].iter().map(|c| u32::from(*c)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, hour: i64, minute: i64) -> Timestamp {
        Timestamp::from_secs((20_000 + day) * 86_400 + hour * 3_600 + minute * 60)
    }

    #[test]
    fn days_shift_and_late_events_find_their_day() {
        let mut days = DayCounts::default();
        days.add(at(0, 1, 0), 2);
        days.add(at(2, 1, 0), 5);
        days.add(at(0, 9, 0), 1);
        assert_eq!(days.back_from(at(3, 0, 0))[..5], [0, 5, 0, 3, 0]);
        days.add(at(40, 0, 0), 1);
        assert_eq!(days.back_from(at(40, 0, 0)).iter().sum::<u32>(), 1);
    }

    #[test]
    fn the_hour_slides_and_its_daily_maximum_stays() {
        let mut window = HourWindow::default();
        window.add(at(0, 2, 0), 30);
        window.add(at(0, 2, 30), 10);
        assert_eq!((window.hour(), window.quarter()), (40, 10));
        assert_eq!(window.since(), at(0, 2, 0));
        window.add(at(0, 4, 0), 1);
        assert_eq!((window.hour(), window.max_before_today()), (1, 0));
        window.add(at(1, 4, 0), 1);
        assert_eq!(window.max_before_today(), 40);
    }
}
