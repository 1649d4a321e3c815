//! How busy a cell usually is at this hour of the day, how clumped, and how far the present has
//! left that: the state behind bursts and slow growth, in about a hundred bytes.
//!
//! Two lanes of evidence grow while more comes than is usual and shrink while less does: the e-detector
//! of Shin, Ramdas and Rinaldo (2022) in its CUSUM form, `E ← max(0, E + (x ln k − μ(k−1))/φ)`, for a
//! few factors `k`; five-minute slots feed the fast lane, hours the slow one. `exp E` has a mean of at
//! most one per run under the usual rate, so an alarm at `E ≥ ln(1/a)` comes by chance once in
//! `1/a` slots or more rarely, whatever the other cells do. μ is the usual of that hour of day, φ the
//! clumping (variance over mean) that the cell has shown; dividing by φ is an approximation, which the
//! calibration measures.

use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Slots of five minutes in the sliding hour.
const SLOTS: usize = 12;
/// A slot.
pub const SLOT: Span = Span::from_secs(300);
const SLOT_SECS: i64 = 300;
const HOURS: usize = 24;
/// Factors over the usual that the fast lane looks for.
const FAST: [f32; 3] = [2.0, 4.0, 10.0];
/// Factors that the slow lane looks for.
const SLOW: [f32; 2] = [1.5, 2.5];
/// A usual day forgets the days before with this weight: about the last eight days count.
const DAY_WEIGHT: f32 = 1.0 / 8.0;
/// Clumping forgets slots and hours with these weights.
const SLOT_WEIGHT: f32 = 1.0 / 200.0;
/// See [`SLOT_WEIGHT`].
const HOUR_WEIGHT: f32 = 1.0 / 48.0;
/// One wild slot must not blind the cell for days: larger deviations count as this.
const DEVIATION_MAX: f32 = 50.0;
/// Evidence beyond this says nothing more (nats).
const EVIDENCE_MAX: f32 = 200.0;
/// An hour's record that is so many times its usual was a chance clump and may come at any hour; a
/// smaller one is the rhythm of that hour (a nightly job) and excuses nothing at another.
const SPORADIC: f32 = 3.0;
/// A job has so much of its usual day within the three hours around it.
const JOB_SHARE: f32 = 0.75;

/// A count in one byte: sixteen steps per doubling, 2 % off at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
struct Level(u8);

impl Level {
    fn of(count: f32) -> Level {
        Level(((1.0 + count.max(0.0)).log2() * 16.0).round().min(255.0) as u8)
    }

    fn count(self) -> f32 {
        static COUNTS: LazyLock<[f32; 256]> =
            LazyLock::new(|| std::array::from_fn(|level| (level as f32 / 16.0).exp2() - 1.0));
        COUNTS[usize::from(self.0)]
    }
}

/// The rate of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// The newest slot: five minutes since 1970.
    slot: u32,
    /// Events per slot, newest first.
    slots: [u16; SLOTS],
    /// Events in this clock hour.
    this_hour: u16,
    /// The largest sliding hour that ended in this clock hour.
    hour_max: u16,
    /// Clock hours learnt.
    hours: u16,
    /// Usual events per hour, by hour of the day (UTC).
    usual: [Level; HOURS],
    /// The largest sliding hour, by hour of the day; fades slowly.
    most: [Level; HOURS],
    fast: [f32; FAST.len()],
    slow: [f32; SLOW.len()],
    /// Variance over mean of the slots.
    clump: f32,
    /// Variance over mean of the hours.
    clump_hour: f32,
    /// Usual events in a slot at this hour of the day, worked out when the hour begins.
    mu: f32,
}

fn slot_of(at: Timestamp) -> u32 {
    at.as_secs().div_euclid(SLOT_SECS).clamp(0, i64::from(u32::MAX)) as u32
}

fn hour_of_day(slot: u32) -> usize {
    (slot as usize / SLOTS) % HOURS
}

fn near(hour: usize) -> [usize; 3] {
    [(hour + HOURS - 1) % HOURS, hour, (hour + 1) % HOURS]
}

impl Rate {
    /// A rate that begins at `at`, after `before` events in `hours` hours, `recent` of them just now.
    pub fn begin(at: Timestamp, before: u32, hours: f32, recent: u32) -> Rate {
        let old = before.saturating_sub(recent) as f32;
        let usual = Level::of(old / hours.max(1.0));
        let recent = recent.min(u32::from(u16::MAX)) as u16;
        let mut slots = [0; SLOTS];
        slots[0] = recent;
        let mut rate = Rate {
            slot: slot_of(at),
            slots,
            this_hour: recent,
            hour_max: recent,
            hours: hours.clamp(0.0, 3.0 * HOURS as f32) as u16,
            usual: [usual; HOURS],
            most: [usual; HOURS],
            fast: [0.0; FAST.len()],
            slow: [0.0; SLOW.len()],
            clump: 1.0,
            clump_hour: 1.0,
            mu: 0.0,
        };
        rate.mu = rate.expected_hour(hour_of_day(rate.slot)) / SLOTS as f32;
        rate
    }

    /// Counts `n` events at `at`; a late one counts as of now.
    pub fn add(&mut self, at: Timestamp, n: u32) {
        self.turn(at);
        let n = n.min(u32::from(u16::MAX)) as u16;
        self.slots[0] = self.slots[0].saturating_add(n);
        self.this_hour = self.this_hour.saturating_add(n);
        self.hour_max = self.hour_max.max(self.hour().min(u32::from(u16::MAX)) as u16);
    }

    /// Brings it up to `at`: closes the slots and hours that are over.
    pub fn turn(&mut self, at: Timestamp) {
        let slot = slot_of(at);
        if slot <= self.slot {
            return;
        }
        let steps = slot - self.slot;
        self.close_slots(steps);
        let hours = slot / SLOTS as u32 - self.slot / SLOTS as u32;
        if hours > 0 {
            self.close_hours(hours);
        }
        let shift = (steps as usize).min(SLOTS);
        self.slots.rotate_right(shift);
        self.slots[..shift].fill(0);
        self.slot = slot;
        if hours > 0 {
            self.mu = self.expected_hour(hour_of_day(slot)) / SLOTS as f32;
        }
    }

    /// The slot that was open and the empty ones after it, `steps` in all.
    fn close_slots(&mut self, steps: u32) {
        let mu = self.mu;
        let open = f32::from(self.slots[0]);
        self.learn_clump(open, mu);
        let empty = (steps - 1).min(10_000) as i32;
        let kept = (1.0 - SLOT_WEIGHT).powi(empty);
        self.clump = kept * self.clump + (1.0 - kept) * mu.min(1.0);
        let spread = self.spread();
        for (evidence, k) in self.fast.iter_mut().zip(FAST) {
            let grown = *evidence + (open * k.ln() - mu * (k - 1.0)) / spread;
            *evidence = grown.clamp(0.0, EVIDENCE_MAX);
            let shrunk = *evidence - mu * (k - 1.0) * empty as f32 / spread;
            // After an hour without any, whatever it was is over.
            *evidence = if empty >= SLOTS as i32 { 0.0 } else { shrunk.max(0.0) };
        }
    }

    /// How clumped the fast lane takes the cell to be: its slots, and its hours too, for a wave of an
    /// hour is evidence of twelve slots that are not independent.
    fn spread(&self) -> f32 {
        self.clump.max(self.clump_hour).max(1.0)
    }

    fn learn_clump(&mut self, count: f32, mu: f32) {
        let deviation = ((count - mu).powi(2) / mu.max(0.1)).min(DEVIATION_MAX);
        self.clump += SLOT_WEIGHT * (deviation - self.clump);
    }

    /// The clock hour that was open and the empty ones after it, `hours` in all.
    fn close_hours(&mut self, hours: u32) {
        let first = hour_of_day(self.slot);
        let is_even_day = (self.slot as usize / SLOTS / HOURS).is_multiple_of(2);
        self.close_hour(first, f32::from(self.this_hour), is_even_day);
        // What lies further back than a few weeks is forgotten all the same.
        for back in 1..hours.min(24 * 28) {
            self.close_hour((first + back as usize) % HOURS, 0.0, is_even_day ^ (back >= 24));
        }
        (self.this_hour, self.hour_max) = (0, 0);
    }

    fn close_hour(&mut self, hour: usize, count: f32, fades: bool) {
        let mu = self.expected_hour(hour);
        let deviation = ((count - mu).powi(2) / mu.max(0.5)).min(DEVIATION_MAX);
        let spread = self.clump_hour.max(1.0);
        // On the first day nothing is usual yet.
        let counts = if usize::from(self.hours) < HOURS { 0.0 } else { 1.0 };
        // Winsorised: one wild hour is a burst, and must not pass for growth, nor become the usual.
        let tame = count.min(3.0 * mu + 10.0);
        for (evidence, k) in self.slow.iter_mut().zip(SLOW) {
            let grown = *evidence + (tame * k.ln() - mu * (k - 1.0)) / spread;
            *evidence = counts * grown.clamp(0.0, EVIDENCE_MAX);
        }
        self.clump_hour += HOUR_WEIGHT * (deviation - self.clump_hour);
        let days = f32::from(self.hours) / HOURS as f32;
        let weight = DAY_WEIGHT.max(1.0 / (days + 1.0));
        let usual = self.usual[hour].count();
        let taken = if days >= 1.0 { tame } else { count };
        self.usual[hour] = Level::of(usual + weight * (taken - usual));
        if usize::from(self.hours) < HOURS {
            self.assume_the_rest(hour);
        }
        if fades {
            self.most[hour].0 = self.most[hour].0.saturating_sub(1);
        }
        let most = if count > 0.0 { f32::from(self.hour_max) } else { 0.0 };
        self.most[hour] = self.most[hour].max(Level::of(most));
        self.hours = self.hours.saturating_add(1);
    }

    /// On the first day the hours to come are taken to be like those that were.
    fn assume_the_rest(&mut self, hour: usize) {
        let known = usize::from(self.hours) + 1;
        let back = (0..known).map(|back| (hour + HOURS - back) % HOURS);
        let mean = back.map(|h| self.usual[h].count()).sum::<f32>() / known as f32;
        (1..=HOURS - known).for_each(|on| self.usual[(hour + on) % HOURS] = Level::of(mean));
    }

    /// Usual events in an hour at this hour of the day: what was learnt of it and its neighbours,
    /// drawn towards the whole day as long as few days are known.
    fn expected_hour(&self, hour: usize) -> f32 {
        let [before, here, after] = near(hour).map(|h| self.usual[h].count());
        let local = (before + 2.0 * here + after) / 4.0;
        let whole = self.usual.iter().map(|l| l.count()).sum::<f32>() / HOURS as f32;
        let days = (f32::from(self.hours) / HOURS as f32).min(8.0);
        let unseen = 0.5 / f32::from(self.hours.max(1));
        (days * local + 2.0 * whole) / (days + 2.0) + unseen
    }

    /// Evidence for a burst up to the latest event, in decades: the fast lane with the slot that is
    /// still open, as if it were over.
    pub fn burst_decades(&self) -> f64 {
        let (mu, open) = (self.mu, f32::from(self.slots[0]));
        let spread = self.spread();
        let best = self
            .fast
            .iter()
            .zip(FAST)
            .map(|(evidence, k)| evidence + ((open * k.ln() - mu * (k - 1.0)) / spread));
        // The mean of the lanes is at least the largest over their number.
        decades(best.fold(0.0, f32::max), FAST.len())
    }

    /// Evidence for slow growth up to the last full hour, in decades.
    pub fn growth_decades(&self) -> f64 {
        decades(self.slow.iter().copied().fold(0.0, f32::max), SLOW.len())
    }

    /// Events in the sliding hour, as of the last event counted.
    pub fn hour(&self) -> u32 {
        self.slots.iter().map(|c| u32::from(*c)).sum()
    }

    /// Events in the last three slots (10–15 minutes), as of the last event counted.
    pub fn quarter(&self) -> u32 {
        self.slots[..3].iter().map(|c| u32::from(*c)).sum()
    }

    /// The fullest ten minutes of the sliding hour, by the clock, and when they began; of equal ones the
    /// earlier.
    pub fn busiest_ten_minutes(&self) -> (Timestamp, u32) {
        let mut best = (self.slot, 0);
        let mut back = 0;
        while back < SLOTS {
            let slot = self.slot.saturating_sub(back as u32);
            // An odd slot is the second half of its ten minutes.
            let halves = if slot.is_multiple_of(2) { 1 } else { 2 };
            let parts = &self.slots[back..(back + halves).min(SLOTS)];
            let count = parts.iter().map(|count| u32::from(*count)).sum();
            if count >= best.1 {
                best = (slot - slot % 2, count);
            }
            back += halves;
        }
        (Timestamp::from_secs(i64::from(best.0) * SLOT_SECS), best.1)
    }

    /// Usual events in a quarter of an hour at this time of day.
    pub fn usual_quarter(&self) -> f64 {
        f64::from(self.mu) * 3.0
    }

    /// Usual events in an hour at this time of day.
    pub fn usual_hour(&self) -> f64 {
        f64::from(self.mu) * SLOTS as f64
    }

    /// The start of the oldest slot of the hour that holds any.
    pub fn since(&self) -> Timestamp {
        let oldest = self.slots.iter().rposition(|count| *count > 0).unwrap_or(0);
        Timestamp::from_secs(i64::from(self.slot) * SLOT_SECS) - SLOT.times(oldest as i64)
    }

    /// The largest hour of the last one or two weeks that the present is to be held against: those of
    /// this time of day, and chance clumps of any time.
    pub fn largest_hour(&self) -> u32 {
        let now = near(hour_of_day(self.slot));
        let counts = (0..HOURS).filter_map(|hour| {
            let most = self.most[hour].count();
            let is_sporadic = most > SPORADIC * self.usual[hour].count();
            (now.contains(&hour) || is_sporadic).then_some(most)
        });
        counts.fold(0.0, f32::max).round() as u32
    }

    /// Whether most of what is usual comes at about this time of day, as of a job.
    pub fn is_usual_only_now(&self) -> bool {
        let usual = |hour: usize| self.usual[hour].count();
        let whole: f32 = (0..HOURS).map(usual).sum();
        let now: f32 = near(hour_of_day(self.slot)).into_iter().map(usual).sum();
        now > 0.0 && now >= JOB_SHARE * whole
    }
}

fn decades(nats: f32, lanes: usize) -> f64 {
    ((f64::from(nats) - (lanes as f64).ln()) / std::f64::consts::LN_10).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, hour: i64, minute: i64) -> Timestamp {
        Timestamp::from_secs((20_000 + day) * 86_400 + hour * 3_600 + minute * 60)
    }

    #[test]
    fn levels_are_near() {
        for count in [0.0_f32, 0.3, 1.0, 7.0, 250.0, 30_000.0] {
            let back = Level::of(count).count();
            assert!((back - count).abs() <= 0.022 * (count + 1.0), "{count} {back}");
        }
    }

    #[test]
    fn the_hour_slides() {
        let mut rate = Rate::begin(at(0, 2, 0), 0, 0.0, 0);
        rate.add(at(0, 2, 0), 30);
        rate.add(at(0, 2, 30), 10);
        assert_eq!((rate.hour(), rate.quarter()), (40, 10));
        assert_eq!(rate.since(), at(0, 2, 0));
        rate.add(at(0, 2, 12), 25);
        rate.add(at(0, 2, 35), 16);
        assert_eq!(rate.busiest_ten_minutes(), (at(0, 2, 30), 51), "late ones count as of now");
        rate.add(at(0, 4, 0), 1);
        assert_eq!(rate.busiest_ten_minutes(), (at(0, 4, 0), 1));
        assert_eq!(rate.hour(), 1);
    }

    /// A job of every night is the usual of its hour and excuses nothing at noon; a clump that came
    /// once may come at any hour.
    #[test]
    fn rhythm_and_chance_are_told_apart() {
        let mut job = Rate::begin(at(0, 0, 0), 0, 0.0, 0);
        (0..9).for_each(|day| (0..40).for_each(|n| job.add(at(day, 2, n), 4)));
        job.add(at(9, 12, 0), 1);
        assert!(job.largest_hour() < 5, "{}", job.largest_hour());
        job.add(at(10, 2, 30), 1);
        assert!((140..=170).contains(&job.largest_hour()), "{}", job.largest_hour());
        let mut clump = Rate::begin(at(0, 0, 0), 0, 0.0, 0);
        (0..9).for_each(|day| clump.add(at(day, 12, 0), 1));
        (0..40).for_each(|n| clump.add(at(9, 2, n), 4));
        clump.add(at(9, 20, 0), 1);
        assert!((140..=170).contains(&clump.largest_hour()), "{}", clump.largest_hour());
    }

    #[test]
    fn evidence_grows_under_more_and_stays_low_under_the_usual() {
        let mut rate = Rate::begin(at(0, 0, 0), 0, 0.0, 0);
        let mut worst = 0.0_f64;
        for slot in 0..288 * 10_i64 {
            rate.add(at(0, 0, slot * 5), [2, 3, 1, 4, 2, 0][slot as usize % 6]);
            if slot > 288 * 3 {
                worst = worst.max(rate.burst_decades()).max(rate.growth_decades());
            }
        }
        assert!(worst < 2.0, "{worst}");
        (0..4).for_each(|slot| rate.add(at(10, 0, slot * 5), 16));
        assert!(rate.burst_decades() > 8.0, "{}", rate.burst_decades());
    }
}
