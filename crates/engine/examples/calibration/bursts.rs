//! Part one of the study: a fleet with injected trouble → how many false alarms a day, and how much of
//! the trouble is found and when.

use crate::fleet::{Fleet, Size};
use crate::inject::{Injection, Wanted, injections};
use crate::reference::reference;
use crate::rhythm::{DAY, MINUTE, Millis};
use crate::watch::{Event, Opening, Question, Watched, watch};
use model::CandidateType;
use std::collections::BTreeMap;

/// A tenant is learnt for so many days; what opens before is not shown to anybody and not judged.
pub(crate) const LEARNING_DAYS: u32 = 3;
/// What opens on a cell so soon after its trouble is a late find and neither a find nor false: a
/// day's count is only full in the evening.
const LATE: Millis = DAY;

/// What one kind of trouble came to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) injected: usize,
    /// Of these, found while they lasted.
    pub(crate) found: usize,
    /// Minutes from the beginning to the find, shortest first.
    pub(crate) delays: Vec<f64>,
    /// Of those not found, how many were part of a candidate that was open already, or of another
    /// message: nothing new was opened, but the records are in a story.
    pub(crate) elsewhere: usize,
    /// Those not found at all, by the family of the cell's rhythm.
    pub(crate) missed: BTreeMap<&'static str, usize>,
}

impl Found {
    /// Share of the trouble that was found.
    pub(crate) fn recall(&self) -> f64 {
        self.found as f64 / self.injected.max(1) as f64
    }

    /// The delay that this share of the finds has at most, in minutes.
    pub(crate) fn delay(&self, share: f64) -> Option<f64> {
        let place = (self.delays.len() as f64 * share).ceil() as usize;
        self.delays.get(place.saturating_sub(1)).copied()
    }
}

/// The figures of part one.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) cells: usize,
    pub(crate) events: usize,
    pub(crate) born: usize,
    pub(crate) days_judged: u32,
    pub(crate) bursts: Found,
    pub(crate) escalations: Found,
    /// False openings after learning, by type and then by the family of the cell's rhythm.
    pub(crate) wrong: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    /// Openings on a cell of trouble after its time, by type.
    pub(crate) late: BTreeMap<&'static str, usize>,
}

impl Figures {
    /// False openings a day of one type, or of all.
    pub(crate) fn wrong_a_day(&self, kind: Option<CandidateType>) -> f64 {
        let wrong = self.wrong.iter().filter(|(name, _)| kind.is_none_or(|k| k.word() == **name));
        let sum: usize = wrong.flat_map(|(_, families)| families.values()).sum();
        sum as f64 / f64::from(self.days_judged.max(1))
    }
}

/// Draws a fleet, injects, runs, judges: the engine's figures and the reference's.
pub(crate) fn study(seed: u64, size: Size, wanted: Wanted) -> (Figures, Figures) {
    let fleet = Fleet::drawn(seed, size);
    let troubles = injections(seed, &fleet, wanted);
    let events = stream(seed, &fleet, &troubles);
    let messages: Vec<_> = fleet.cells.iter().map(|cell| cell.message.clone()).collect();
    let questions: Vec<Question> = troubles.iter().map(|t| (t.until(), t.cell)).collect();
    let watched = watch(&messages, &events, size.end(), &questions);
    let figures = Figures { events: events.len(), ..judge(&fleet, &troubles, &watched) };
    let openings = reference(seed, &fleet, &troubles);
    let known = Watched { openings, answers: vec![false; troubles.len()], ..Watched::default() };
    (figures, judge(&fleet, &troubles, &known))
}

/// Usual and further events together, in order of time.
fn stream(seed: u64, fleet: &Fleet, troubles: &[Injection]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut add = |cell: usize, times: Vec<Millis>| {
        events.extend(times.into_iter().map(|at| Event { at, message: cell as u32 }));
    };
    (0..fleet.cells.len()).for_each(|cell| add(cell, fleet.times(seed, cell)));
    troubles.iter().for_each(|trouble| add(trouble.cell, trouble.times(seed, fleet)));
    events.sort_unstable();
    events
}

fn judge(fleet: &Fleet, troubles: &[Injection], watched: &Watched) -> Figures {
    let mut figures = Figures {
        cells: fleet.cells.len(),
        born: watched.born,
        days_judged: fleet.size.days - LEARNING_DAYS,
        ..Figures::default()
    };
    for (trouble, elsewhere) in troubles.iter().zip(&watched.answers) {
        let found = match trouble.is_burst() {
            true => &mut figures.bursts,
            false => &mut figures.escalations,
        };
        found.injected += 1;
        match watched.openings.iter().find(|opening| finds(opening, trouble)) {
            Some(opening) => {
                found.found += 1;
                found.delays.push(f64::from(opening.at - trouble.from) / f64::from(MINUTE));
            }
            None if *elsewhere => found.elsewhere += 1,
            None => {
                let family = fleet.cells[trouble.cell].rhythm.family();
                *found.missed.entry(family).or_default() += 1;
            }
        }
    }
    figures.bursts.delays.sort_by(f64::total_cmp);
    figures.escalations.delays.sort_by(f64::total_cmp);
    for opening in watched.openings.iter().filter(|o| o.at >= LEARNING_DAYS * DAY) {
        figures.count(fleet, troubles, opening);
    }
    figures
}

/// Whether an opening has found a trouble: it is named after its cell, and in time. Of a burst only
/// the types speak that claim more than is usual.
fn finds(opening: &Opening, trouble: &Injection) -> bool {
    let claims = matches!(
        opening.kind,
        CandidateType::Burst | CandidateType::Anomaly | CandidateType::Recurrence
    );
    let in_time = (trouble.from..=trouble.until()).contains(&opening.at);
    in_time && opening.leads.contains(&trouble.cell) && (claims || !trouble.is_burst())
}

impl Figures {
    /// Counts an opening that nothing true is behind. One that shows records of a trouble while it
    /// lasts is not false, even where it is named after another message.
    fn count(&mut self, fleet: &Fleet, troubles: &[Injection], opening: &Opening) {
        let name = opening.kind.word();
        let touched = || troubles.iter().filter(|t| opening.touches.contains(&t.cell));
        let within = |t: &Injection, more| (t.from..=t.until() + more).contains(&opening.at);
        if touched().any(|trouble| within(trouble, 0)) {
            return;
        }
        if touched().any(|trouble| within(trouble, LATE)) {
            *self.late.entry(name).or_default() += 1;
            return;
        }
        let lead = opening.leads.first();
        let family = lead.map_or("unknown", |lead| fleet.cells[*lead].rhythm.family());
        *self.wrong.entry(name).or_default().entry(family).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::Trouble;
    use crate::rhythm::HOUR;
    use model::CandidateId;
    use std::collections::BTreeSet;

    const SIZE: Size = Size { signatures: 60, hosts: 4, services: 6, days: 8 };

    fn opening(kind: CandidateType, at: Millis, leads: &[usize], touches: &[usize]) -> Opening {
        let touches = touches.iter().chain(leads).copied().collect::<BTreeSet<usize>>();
        let id = CandidateId::derive(&[&at.to_le_bytes()]);
        Opening { at, id, kind, last_kind: kind, leads: leads.to_vec(), touches }
    }

    fn trouble(cell: usize, trouble: Trouble, from: Millis, length: Millis) -> Injection {
        Injection { cell, trouble, from, to: from + length, expected: 50.0 }
    }

    /// Every case of the rules: found, of the wrong type, too late, late, elsewhere, false, learning.
    #[test]
    fn openings_are_judged_by_cell_type_and_time() {
        let fleet = Fleet::drawn(1, SIZE);
        let burst = Trouble::Burst { times: 6.0 };
        let troubles = [
            trouble(0, burst, 5 * DAY, HOUR),
            trouble(1, burst, 5 * DAY, HOUR),
            trouble(2, burst, 5 * DAY, HOUR),
            trouble(3, Trouble::Escalation, 5 * DAY, 36 * HOUR),
        ];
        let openings = vec![
            opening(CandidateType::Burst, 2 * DAY, &[9], &[]),
            opening(CandidateType::Burst, 4 * DAY, &[0], &[]),
            opening(CandidateType::Burst, 5 * DAY + 10 * MINUTE, &[0], &[]),
            opening(CandidateType::Silence, 5 * DAY + 10 * MINUTE, &[1], &[]),
            opening(CandidateType::Anomaly, 5 * DAY + 2 * HOUR, &[1], &[]),
            opening(CandidateType::Burst, 5 * DAY + HOUR, &[8], &[2]),
            opening(CandidateType::Silence, 6 * DAY, &[3], &[]),
            opening(CandidateType::Spread, 7 * DAY, &[7, 6], &[5]),
        ];
        let watched = Watched { openings, born: 60, answers: vec![false, false, true, false] };
        let figures = judge(&fleet, &troubles, &watched);
        let bursts = &figures.bursts;
        assert_eq!((bursts.injected, bursts.found, bursts.elsewhere), (3, 1, 1));
        assert_eq!(bursts.recall(), 1.0 / 3.0);
        assert_eq!(bursts.missed.values().sum::<usize>(), 1);
        assert_eq!(bursts.delays, [10.0]);
        assert_eq!((figures.escalations.found, figures.escalations.delays[0]), (1, 1440.0));
        let types: Vec<&str> = figures.wrong.keys().copied().collect();
        assert_eq!(types, ["burst", "spread"]);
        assert_eq!(figures.late, BTreeMap::from([("anomaly", 1)]));
        assert_eq!(figures.wrong_a_day(Some(CandidateType::Burst)), 0.2);
        assert_eq!(figures.wrong_a_day(None), 0.4);
    }

    #[test]
    fn delays_are_read_by_share() {
        let found = Found { delays: vec![1.0, 2.0, 3.0, 4.0], ..Found::default() };
        assert_eq!((found.delay(0.5), found.delay(0.9)), (Some(2.0), Some(4.0)));
        assert_eq!(Found::default().delay(0.5), None);
    }

    #[test]
    fn streams_are_a_function_of_the_seed() {
        let wanted = Wanted { bursts: 2, escalations: 1, from_day: 5 };
        let fleet = Fleet::drawn(1, SIZE);
        let troubles = injections(1, &fleet, wanted);
        let events = stream(1, &fleet, &troubles);
        assert!(events.is_sorted() && events == stream(1, &Fleet::drawn(1, SIZE), &troubles));
        assert_ne!(events, stream(2, &Fleet::drawn(2, SIZE), &troubles));
        assert_eq!(study(1, SIZE, wanted), study(1, SIZE, wanted));
    }
}
