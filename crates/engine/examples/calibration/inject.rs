//! A fleet → trouble whose truth is known: bursts and slow escalations, each on a cell of its own, and
//! the further events that each brings.

use crate::chance::Chance;
use crate::fleet::Fleet;
use crate::rhythm::{DAY, MINUTE, Millis};
use std::collections::HashSet;

/// How many, and from which day on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) bursts: usize,
    pub(crate) escalations: usize,
    pub(crate) from_day: u32,
}

/// A burst must be expected to bring so many further events, or nothing could see it. Where events
/// clump, so many clumps: with 30 events whatever their dispersion, even the reference, which knows
/// the true rates, misses every eighth.
pub(crate) const BURST_FURTHER_MIN: f64 = 30.0;
/// A message must usually come so often a day for its growth to show within a day.
pub(crate) const ESCALATION_PER_DAY_MIN: f64 = 20.0;
/// An escalation grows to this many times the usual …
const ESCALATION_TO: f64 = 5.0;
/// … in this time, and stays there half as long.
const ESCALATION_GROWS: Millis = DAY;
/// What opens so soon after the end of a burst has still found it.
const BURST_GRACE: Millis = 15 * MINUTE;

/// What kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trouble {
    /// The rate is at once so many times the usual.
    Burst { times: f64 },
    /// The rate grows slowly and stays high.
    Escalation,
}

/// One trouble on one cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Injection {
    pub(crate) cell: usize,
    pub(crate) trouble: Trouble,
    pub(crate) from: Millis,
    pub(crate) to: Millis,
    /// Further events that are expected of it.
    pub(crate) expected: f64,
}

impl Injection {
    /// Whether it is a burst.
    pub(crate) fn is_burst(&self) -> bool {
        matches!(self.trouble, Trouble::Burst { .. })
    }

    /// What opens up to here has found it.
    pub(crate) fn until(&self) -> Millis {
        if self.is_burst() { self.to + BURST_GRACE } else { self.to }
    }

    /// By how many times the usual the rate is higher.
    fn growth(&self, at: Millis) -> f64 {
        match self.trouble {
            Trouble::Burst { times } => times - 1.0,
            Trouble::Escalation => {
                let share = (f64::from(at - self.from) / f64::from(ESCALATION_GROWS)).min(1.0);
                // Neither its beginning nor its end has a corner.
                (ESCALATION_TO - 1.0) * share * share * (3.0 - 2.0 * share)
            }
        }
    }

    /// The times of its further events.
    pub(crate) fn times(&self, seed: u64, fleet: &Fleet) -> Vec<Millis> {
        let mut chance = Chance::of(&[seed, 5, self.cell as u64]);
        let rhythm = fleet.cells[self.cell].rhythm;
        rhythm.further_times(&mut chance, (self.from, self.to), &|at| self.growth(at))
    }
}

/// One trouble on this cell from this day on, if it can show there what is asked for.
type Draw = fn(&mut Chance, &Fleet, usize, u32) -> Option<Injection>;

/// The troubles of this seed. Cells are drawn until enough of them can show what is asked for; no
/// kind of message has two.
pub(crate) fn injections(seed: u64, fleet: &Fleet, wanted: Wanted) -> Vec<Injection> {
    let mut chance = Chance::of(&[seed, 4]);
    let flows: Vec<usize> =
        (0..fleet.cells.len()).filter(|cell| fleet.cells[*cell].rhythm.is_flow()).collect();
    let mut used = HashSet::new();
    let mut found = Vec::new();
    let draws: [(usize, Draw); 2] =
        [(wanted.bursts, draw_burst), (wanted.escalations, draw_escalation)];
    for (count, draw) in draws {
        let (all, mut tries) = (found.len() + count, 0);
        while found.len() < all && tries < 200 * count {
            tries += 1;
            let cell = *chance.pick(&flows);
            let signature = fleet.cells[cell].message.signature;
            if used.contains(&signature) {
                continue;
            }
            if let Some(injection) = draw(&mut chance, fleet, cell, wanted.from_day) {
                used.insert(signature);
                found.push(injection);
            }
        }
    }
    found
}

fn draw_burst(chance: &mut Chance, fleet: &Fleet, cell: usize, from_day: u32) -> Option<Injection> {
    let trouble = Trouble::Burst { times: chance.between(5.0, 20.0) };
    let length = chance.between(30.0, 120.0) * f64::from(MINUTE);
    let latest = fleet.size.end() - BURST_GRACE - length as Millis;
    let from = chance.between(f64::from(from_day * DAY), f64::from(latest)) as Millis;
    let injection = Injection { cell, trouble, from, to: from + length as Millis, expected: 0.0 };
    let injection = expecting(injection, fleet);
    let weight = injection.expected / fleet.cells[cell].rhythm.dispersion();
    (weight >= BURST_FURTHER_MIN).then_some(injection)
}

fn draw_escalation(
    chance: &mut Chance,
    fleet: &Fleet,
    cell: usize,
    from_day: u32,
) -> Option<Injection> {
    if fleet.cells[cell].rhythm.per_hour * 24.0 < ESCALATION_PER_DAY_MIN {
        return None;
    }
    let length = ESCALATION_GROWS + ESCALATION_GROWS / 2;
    let latest = fleet.size.end() - length;
    let from = chance.between(f64::from(from_day * DAY), f64::from(latest)) as Millis;
    let trouble = Trouble::Escalation;
    Some(expecting(Injection { cell, trouble, from, to: from + length, expected: 0.0 }, fleet))
}

fn expecting(injection: Injection, fleet: &Fleet) -> Injection {
    let rhythm = fleet.cells[injection.cell].rhythm;
    let growth = |at: Millis| injection.growth(at);
    let expected = rhythm.further(injection.from, injection.to, &growth);
    Injection { expected, ..injection }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Size;
    use crate::rhythm::HOUR;

    fn fleet() -> Fleet {
        Fleet::drawn(5, Size { signatures: 2_000, hosts: 40, services: 60, days: 21 })
    }

    const WANTED: Wanted = Wanted { bursts: 120, escalations: 100, from_day: 15 };

    #[test]
    fn troubles_are_as_many_as_asked_and_lie_where_they_are_asked() {
        let fleet = fleet();
        let found = injections(5, &fleet, WANTED);
        let bursts: Vec<&Injection> = found.iter().filter(|i| i.is_burst()).collect();
        assert_eq!((bursts.len(), found.len()), (120, 220));
        let kinds: HashSet<u32> =
            found.iter().map(|i| fleet.cells[i.cell].message.signature).collect();
        assert_eq!(kinds.len(), 220);
        assert!(found.iter().all(|i| i.from >= 15 * DAY && i.until() <= 21 * DAY));
        for burst in bursts {
            assert!((30 * MINUTE..=120 * MINUTE).contains(&(burst.to - burst.from)));
            let dispersion = fleet.cells[burst.cell].rhythm.dispersion();
            assert!(burst.expected >= BURST_FURTHER_MIN * dispersion);
        }
    }

    /// The windows hold what is stated: each a Poisson count about its expectation.
    #[test]
    fn troubles_bring_the_events_that_are_expected_of_them() {
        let fleet = fleet();
        let mut squares = 0.0;
        let found = injections(5, &fleet, WANTED);
        for injection in &found {
            let times = injection.times(5, &fleet);
            assert!(times.iter().all(|at| (injection.from..injection.to).contains(at)));
            squares += (times.len() as f64 - injection.expected).powi(2) / injection.expected;
        }
        // Chi square with 220 degrees of freedom: 220 ± 21.
        assert!((150.0..300.0).contains(&squares), "{squares}");
    }

    /// In its window the cell's own rate is so many times the usual, all events counted.
    #[test]
    fn bursts_multiply_and_escalations_grow() {
        let fleet = fleet();
        let (mut stated, mut came) = (0.0, 0.0);
        let (mut early, mut late) = (0.0, 0.0);
        for injection in injections(5, &fleet, WANTED) {
            let rhythm = fleet.cells[injection.cell].rhythm;
            let (from, to) = (injection.from, injection.to);
            let usual = fleet.times(5, injection.cell);
            let further = injection.times(5, &fleet);
            let within = |times: &[Millis], from: Millis, to: Millis| {
                times.iter().filter(|at| (from..to).contains(*at)).count() as f64
            };
            let Trouble::Burst { times } = injection.trouble else {
                early += within(&further, from, from + 6 * HOUR);
                late += within(&further, to - 6 * HOUR, to);
                continue;
            };
            stated += times * rhythm.further(from, to, &|_| 1.0);
            came += within(&usual, from, to) + further.len() as f64;
        }
        assert!((came / stated - 1.0).abs() < 0.05, "{came} {stated}");
        // A quarter of a day into it the growth is a sixth of the whole, and less before.
        assert!(late > 10.0 * early, "{early} {late}");
    }
}
