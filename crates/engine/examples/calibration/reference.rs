//! The same stream, and the true rate of every cell → what a detector would open that has nothing to
//! learn. It shows that the trouble can be found at all and what it costs, so that a bar that is not
//! met is the engine's matter and not the study's.

use crate::fleet::Fleet;
use crate::inject::Injection;
use crate::rhythm::{HOUR, MINUTE, Millis, Rhythm};
use crate::watch::Opening;
use model::{CandidateId, CandidateType};
use std::collections::BTreeSet;

const SLOT: Millis = 5 * MINUTE;
/// Windows, in slots: 5, 15 and 30 minutes, 1, 6 and 24 hours.
const WINDOWS: [usize; 6] = [1, 3, 6, 12, 72, 288];
/// Evidence asked for, in decades: with five thousand tests a cell and day, a few false alarms a day.
const SURPRISE_MIN: f64 = 6.0;
/// Fewer events are no burst.
const EVENTS_MIN: f64 = 5.0;
/// Having spoken it waits for so long.
const WAIT: Millis = 6 * HOUR;

/// All openings, over all cells that have a rate.
pub(crate) fn reference(seed: u64, fleet: &Fleet, troubles: &[Injection]) -> Vec<Opening> {
    let mut openings = Vec::new();
    for (place, cell) in fleet.cells.iter().enumerate().filter(|(_, c)| c.rhythm.is_flow()) {
        let mut times = fleet.times(seed, place);
        for trouble in troubles.iter().filter(|t| t.cell == place) {
            times.extend(trouble.times(seed, fleet));
        }
        let alarms = alarms(&cell.rhythm, &times, fleet.size.end());
        openings.extend(alarms.into_iter().map(|at| opening(at, place)));
    }
    openings
}

fn opening(at: Millis, cell: usize) -> Opening {
    let kind = CandidateType::Burst;
    let id = CandidateId::derive(&[&at.to_le_bytes(), &cell.to_le_bytes()]);
    let touches = BTreeSet::from([cell]);
    Opening { at, id, kind, last_kind: kind, leads: vec![cell], touches }
}

/// When any window holds more than its true rate would bring by chance.
fn alarms(rhythm: &Rhythm, times: &[Millis], end: Millis) -> Vec<Millis> {
    let slots = (end / SLOT) as usize;
    let mut came = vec![0.0; slots + 1];
    times.iter().for_each(|at| came[(at / SLOT) as usize + 1] += 1.0);
    let usual = |slot: Millis| rhythm.rate_at(slot * SLOT + SLOT / 2) / f64::from(HOUR / SLOT);
    let mut due: Vec<f64> = std::iter::once(0.0).chain((0..slots as u32).map(usual)).collect();
    for slot in 1..=slots {
        came[slot] += came[slot - 1];
        due[slot] += due[slot - 1];
    }
    let mut alarms: Vec<Millis> = Vec::new();
    for slot in 1..=slots {
        let at = slot as Millis * SLOT;
        let waits = alarms.last().is_some_and(|last| at - last < WAIT);
        let speaks = |window: &usize| {
            let from = slot.saturating_sub(*window);
            let (count, mean) = (came[slot] - came[from], due[slot] - due[from]);
            count >= EVENTS_MIN && surprise(count, mean, rhythm.dispersion()) >= SURPRISE_MIN
        };
        if !waits && WINDOWS.iter().any(speaks) {
            alarms.push(at);
        }
    }
    alarms
}

/// Chernoff's bound of a Poisson tail in decades, the exponent divided by the dispersion.
fn surprise(count: f64, mean: f64, dispersion: f64) -> f64 {
    if count <= mean {
        return 0.0;
    }
    (count * (count / mean).ln() - count + mean) / dispersion / std::f64::consts::LN_10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::rhythm::{Beat, DAY};

    #[test]
    fn it_speaks_of_a_burst_and_of_nothing_else() {
        let rhythm = Rhythm { per_hour: 3.0, beat: Beat::Single, tide: None };
        let mut times = rhythm.times(&mut Chance::of(&[1]), 14 * DAY);
        assert!(alarms(&rhythm, &times, 14 * DAY).is_empty());
        times.extend((0..40).map(|n| 9 * DAY + n * MINUTE));
        let found = alarms(&rhythm, &times, 14 * DAY);
        assert!((9 * DAY..9 * DAY + 20 * MINUTE).contains(&found[0]), "{found:?}");
        assert!(found.iter().all(|at| (9 * DAY..11 * DAY).contains(at)), "{found:?}");
    }

    #[test]
    fn surprise_has_known_values() {
        assert_eq!(surprise(2.0, 3.0, 1.0), 0.0);
        // 10 ln 10 − 9, in decades.
        assert!((surprise(10.0, 1.0, 1.0) - 6.09).abs() < 0.01);
        assert!((surprise(10.0, 1.0, 2.0) - 3.05).abs() < 0.01);
    }
}
