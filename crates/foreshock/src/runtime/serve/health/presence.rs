//! Minutes in which a source was expected, and what became of them → its share in the coverage.
//!
//! A minute counts by the chance that the source is heard in it, so whoever seldom speaks weighs little. A minute without
//! it is open at first: if the source then speaks, it was only quiet; if it has fallen silent, it is missed, from
//! the first unheard minute on.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Minutes of one bucket.
const BUCKET: i64 = 10;
/// Buckets that are kept: a day and an hour.
const BUCKETS: usize = 150;

/// Expected time of some minutes, in thousandths of a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Bucket {
    expected: u16,
    missed: u16,
    /// Neither delivered nor missed yet.
    open: u16,
}

/// Expected time, and how much of it delivered nothing, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Share {
    pub(super) expected: f64,
    pub(super) missed: f64,
}

impl Share {
    pub(super) fn add(&mut self, other: Share) {
        self.expected += other.expected;
        self.missed += other.missed;
    }

    /// The share that delivered, in per cent; `None` where nothing was expected.
    pub(super) fn percent(self) -> Option<f64> {
        (self.expected > 0.0).then(|| 100.0 * (1.0 - self.missed / self.expected).clamp(0.0, 1.0))
    }
}

/// Expected time of several sources, bucket by bucket: so the share since any moment of the day can be told later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Buckets {
    /// The bucket after the last one.
    end: i64,
    /// Expected and missed, in thousandths of a minute; the last one ends at `end`.
    sums: Vec<(u64, u64)>,
}

impl Buckets {
    /// None yet, until this minute.
    pub(super) fn until(minute: i64) -> Buckets {
        Buckets { end: minute.div_euclid(BUCKET) + 1, sums: vec![(0, 0); BUCKETS] }
    }

    /// The share since a minute, to the nearest bucket.
    pub(super) fn share(&self, from: i64) -> Share {
        let before = first_bucket(from) - (self.end - self.sums.len() as i64);
        let since = self.sums.iter().skip(before.max(0) as usize);
        let (expected, missed) = since.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        Share { expected: expected as f64 / 1_000.0, missed: missed as f64 / 1_000.0 }
    }
}

/// The bucket with which the time since a minute begins.
fn first_bucket(minute: i64) -> i64 {
    // Rounded down, an hour would be up to 70 minutes long and a silence in it look smaller than it is.
    (minute + BUCKET / 2).div_euclid(BUCKET)
}

/// The last day of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Presence {
    /// Oldest first, one after the other.
    buckets: VecDeque<Bucket>,
    /// The bucket after the last one.
    end: i64,
    is_open: bool,
}

fn thousandths(chance: f32) -> u16 {
    (chance * 1_000.0) as u16
}

impl Presence {
    fn bucket(&mut self, minute: i64) -> &mut Bucket {
        let bucket = minute.div_euclid(BUCKET);
        if self.buckets.is_empty() || bucket - self.end >= BUCKETS as i64 {
            self.buckets.clear();
            self.end = bucket;
        }
        while self.end <= bucket {
            if self.buckets.len() == BUCKETS {
                self.buckets.pop_front();
            }
            self.buckets.push_back(Bucket::default());
            self.end += 1;
        }
        // A minute before those that are kept counts for the oldest: clocks of machines are set now and then.
        let place = self.buckets.len() as i64 - (self.end - bucket);
        &mut self.buckets[place.max(0) as usize]
    }

    /// A minute in which it was heard; `lost` is the share of its records that were lost on the way.
    pub(super) fn heard(&mut self, minute: i64, chance: f32, lost: f32) {
        let bucket = self.bucket(minute);
        bucket.expected = bucket.expected.saturating_add(thousandths(chance));
        bucket.missed = bucket.missed.saturating_add(thousandths(chance * lost));
    }

    /// A minute in which it was not.
    pub(super) fn unheard(&mut self, minute: i64, chance: f32) {
        let expected = thousandths(chance);
        let bucket = self.bucket(minute);
        bucket.expected = bucket.expected.saturating_add(expected);
        bucket.open = bucket.open.saturating_add(expected);
        self.is_open |= expected > 0;
    }

    /// A minute in which nobody listened.
    pub(super) fn unwatched(&mut self, minute: i64, chance: f32) {
        self.heard(minute, chance, 1.0);
    }

    /// What is open is decided: it was quiet, or silent.
    pub(super) fn settle(&mut self, was_silent: bool) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        for bucket in &mut self.buckets {
            let open = std::mem::take(&mut bucket.open);
            bucket.missed = bucket.missed.saturating_add(if was_silent { open } else { 0 });
        }
    }

    /// What became of the minutes from `from` on, to the nearest bucket; if it is silent now, what is open is missed.
    pub(super) fn share(&self, from: i64, is_silent: bool) -> Share {
        let mut buckets = Buckets { end: self.end, sums: vec![(0, 0); self.buckets.len()] };
        self.add_to(&mut buckets, is_silent);
        buckets.share(from)
    }

    /// Adds what became of each bucket; if it is silent now, what is open is missed.
    pub(super) fn add_to(&self, sums: &mut Buckets, is_silent: bool) {
        let before = self.end - self.buckets.len() as i64 - (sums.end - sums.sums.len() as i64);
        for (at, bucket) in (before..).zip(&self.buckets) {
            let sum = usize::try_from(at).ok().and_then(|at| sums.sums.get_mut(at));
            // Older than a day and an hour, or ahead of the clock.
            let Some((expected, missed)) = sum else { continue };
            let open = if is_silent { u64::from(bucket.open) } else { 0 };
            *expected += u64::from(bucket.expected);
            *missed += u64::from(bucket.missed) + open;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 29_540_160;

    fn percent(presence: &Presence, from: i64, is_silent: bool) -> f64 {
        presence.share(from, is_silent).percent().unwrap()
    }

    #[test]
    fn a_silence_is_missed_from_its_beginning_and_a_pause_is_not() {
        let mut presence = Presence::default();
        assert_eq!(presence.share(AT, false).percent(), None);
        (0..60).for_each(|n| presence.heard(AT + n, 0.9, 0.0));
        (60..80).for_each(|n| presence.unheard(AT + n, 0.9));
        assert_eq!(percent(&presence, AT, false), 100.0, "it may be quiet");
        assert!((percent(&presence, AT, true) - 75.0).abs() < 0.1);
        let mut quiet = presence.clone();
        quiet.settle(false);
        assert_eq!(percent(&quiet, AT, true), 100.0);
        presence.settle(true);
        presence.heard(AT + 80, 0.9, 0.0);
        assert!((percent(&presence, AT, false) - 75.0).abs() < 1.0);
        assert!(
            (percent(&presence, AT + 60, false) - 4.8).abs() < 1.0,
            "of the last minutes alone"
        );
    }

    #[test]
    fn a_time_begins_at_the_nearest_bucket() {
        let mut presence = Presence::default();
        (0..60).for_each(|n| presence.heard(AT + n, 0.9, 0.0));
        (60..120).for_each(|n| presence.unwatched(AT + n, 0.9));
        assert_eq!(percent(&presence, AT + 59, false), 0.0, "nothing of the hour");
        assert!(percent(&presence, AT + 54, false) > 10.0);
        assert_eq!(presence.share(AT + 119, false).percent(), None, "that bucket has not begun");
    }

    #[test]
    fn what_was_lost_or_nobody_listened_to_is_missed() {
        let mut presence = Presence::default();
        presence.heard(AT, 0.5, 0.5);
        assert!((percent(&presence, AT, false) - 50.0).abs() < 0.1);
        presence.unwatched(AT + 1, 0.5);
        assert!((percent(&presence, AT, false) - 25.0).abs() < 0.1);
    }

    #[test]
    fn a_day_is_kept_and_no_more() {
        let mut presence = Presence::default();
        (0..5_000).for_each(|n| presence.heard(AT + n, 0.95, 0.0));
        assert_eq!(presence.buckets.len(), BUCKETS);
        let day = presence.share(AT, false).expected;
        assert!((1_400.0..1_430.0).contains(&day), "{day}");
        presence.heard(AT - 100_000, 0.95, 0.0);
        presence.heard(AT + 900_000, 0.95, 0.0);
        assert_eq!(presence.buckets.len(), 1, "after a long time nothing before is told");
    }
}
