//! The budget of false alarms: how much evidence a finding must have before a person sees it, so that
//! of all that is tested in a day at most so many false ones are expected.
//!
//! Each detector's tests share a part of the day's budget evenly: with `n` tests a day, each gets
//! `budget × share / n`. The expected number of false ones is then at most the budget however the tests
//! depend on each other, for expectations add up under any dependence (the per-family error rate;
//! Gordon, Glazko, Qiu and Yakovlev 2007). Tests over time that share their data (the lanes of a rate) are
//! e-processes, whose bound holds at every moment. A large client asks for more than a small one.

use super::candidate::Candidate;
use super::{Facts, View};
use crate::attention::ledger::Ledger;
use crate::config::Config;
use model::{CandidateType, Timestamp};
use serde::{Deserialize, Serialize};

/// What is counted as tests together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Runs of occasions of rare messages.
    Runs,
    /// Messages that reach several hosts.
    Waves,
    /// Messages that are new here, or rise, and may be so at other clients.
    Clients,
    /// Five-minute slots of every rate.
    Slots,
    /// Hours of every rate.
    Hours,
}

/// Parts of the budget, in the order of the lanes. Waves take most: four hosts are told from chance by little, and a spread that is
/// told late has spread. Clients take least: one coincidence is a false alarm at each of them, and what they really
/// share is far from chance.
const SHARES: [f64; LANES] = [0.25, 0.45, 0.005, 0.2, 0.095];
const LANES: usize = 5;
/// Evidence, in decades, that the order of pairs can add: five of five. More of it does not make their
/// coming unusual.
const ORDER_MAX: f64 = 1.5;
/// How fast the usual number of tests follows: about the last week counts.
const DAY_WEIGHT: f64 = 1.0 / 7.0;

/// Tests of the day and of a usual day, by lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Tests {
    day: i64,
    today: [u32; LANES],
    usual: [f64; LANES],
}

impl Tests {
    /// One test more.
    pub fn count(&mut self, lane: Lane) {
        self.today[lane as usize] = self.today[lane as usize].saturating_add(1);
    }

    /// A new day may have begun: what was tested becomes the usual. Rates are tested in every slot.
    pub fn turn(&mut self, now: Timestamp, ledger: &Ledger) {
        let day = now.as_secs().div_euclid(86_400);
        if day == self.day {
            return;
        }
        let rates = ledger.cells.iter().filter(|cell| cell.rate.is_some()).count() as f64;
        for (usual, today) in self.usual.iter_mut().zip(self.today).take(Lane::Slots as usize) {
            let today = f64::from(today);
            let weight = if *usual == 0.0 { 1.0 } else { DAY_WEIGHT };
            *usual += weight * (today - *usual);
        }
        self.usual[Lane::Slots as usize] = rates * 288.0;
        self.usual[Lane::Hours as usize] = rates * 24.0;
        (self.day, self.today) = (day, [0; LANES]);
    }

    /// Tests of a lane in a day.
    pub fn per_day(&self, lane: Lane) -> f64 {
        self.usual[lane as usize].max(f64::from(self.today[lane as usize])).max(1.0)
    }

    /// Evidence that is asked of a test of this lane, in decades.
    pub fn asked(&self, lane: Lane, config: &Config) -> f64 {
        let share = config.digest.false_alarms_per_day * SHARES[lane as usize];
        (self.per_day(lane) / share).log10().max(0.0)
    }
}

/// The lane that a finding was tested in; none where its own threshold was calibrated for a whole client.
pub fn lane_of(kind: CandidateType) -> Option<Lane> {
    match kind {
        CandidateType::Recurrence | CandidateType::SelfHeal | CandidateType::Precursor => {
            Some(Lane::Runs)
        }
        CandidateType::Spread => Some(Lane::Waves),
        CandidateType::Burst => Some(Lane::Slots),
        CandidateType::Anomaly => Some(Lane::Hours),
        CandidateType::Silence | CandidateType::Crash | CandidateType::Pressure => None,
    }
}

/// What a candidate has and what is asked of it, in decades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// What it has.
    pub has: f64,
    /// What is asked.
    pub asked: f64,
    /// Tests like it in a day.
    pub tests: f64,
}

impl Price {
    /// What it has against what is asked, in a sentence's part.
    pub fn words(&self, config: &Config) -> String {
        format!(
            "its odds are 10^-{:.1}, asked for are 10^-{:.1}: some {} tests like it are made a day, and {} false alarms a day are budgeted",
            self.has,
            self.asked,
            crate::score::number(self.tests.round()),
            crate::score::number(config.digest.false_alarms_per_day),
        )
    }

    /// Whether it has what is asked.
    pub fn is_paid(&self) -> bool {
        self.has >= self.asked
    }
}

/// The price of a candidate; `None` where none is asked: what was followed by a severe event, and the
/// return of what once was, need no odds. Where other clients have the like, that is a test of its own
/// with a share of its own: of the two the one that is nearer to its price counts.
pub fn price(candidate: &Candidate, tests: &Tests, view: View<'_>) -> Option<Price> {
    let is_known = matches!(
        candidate.facts,
        Facts::Return { .. }
            | Facts::Drift { .. }
            | Facts::Novelty { .. }
            | Facts::Breakthrough { .. }
            | Facts::Crash(_)
            | Facts::Pressure(_)
            | Facts::Start(_)
    );
    if candidate.pain.is_some() || is_known {
        return None;
    }
    let by_others = candidate.clients.filter(|found| !found.is_change(view.config));
    let by_others = by_others.map(|found| Price {
        has: found.surprise,
        asked: tests.asked(Lane::Clients, view.config),
        tests: tests.per_day(Lane::Clients),
    });
    if let Facts::Clients(_) = candidate.facts {
        return by_others;
    }
    let lane = lane_of(candidate.kind)?;
    // Each pair in its order is a coin that fell right.
    let order = match candidate.facts {
        Facts::SelfHeal { pairs: n, .. } | Facts::Precursor { followed: n, .. } => {
            (f64::from(n) * std::f64::consts::LOG10_2).min(ORDER_MAX)
        }
        _ => 0.0,
    };
    let own = Price {
        has: candidate.surprise + order,
        asked: tests.asked(lane, view.config),
        tests: tests.per_day(lane),
    };
    let left = |price: &Price| price.asked - price.has;
    Some(by_others.filter(|others| left(others) < left(&own)).unwrap_or(own))
}
