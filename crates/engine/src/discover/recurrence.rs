//! Recurrence: it keeps coming back, more often than is usual for it on this host.
//!
//! For each run of the latest occasions the chance of so many in so short a time is asked of what
//! was before the run: this host's own past, or the same message on the tenant's other hosts,
//! whichever is higher. The smallest chance, paid for by the number of runs tried, is the surprise.

use super::gate::{Asked, Gate, PassedOver};
use super::passed::{Judged, Passed, Reason};
use super::usual::Usual;
use super::{Detector, Facts, Finding, LearntFrom, Moment, View};
use crate::attention::cell::{Cell, CellIndex};
use crate::config::Config;
use crate::stats::{combined_surprise, laplace_trend, normal_surprise};
use model::{CandidateType, Severity, Span, Timestamp};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Recurrence,
    summary: "a message that keeps coming back on one host, more often than is usual for it",
    on_sighting: Some(judge),
    on_tick: None,
};

/// History of the host that a run must have before it: half a day, or nights would be unusual.
const HISTORY_MIN: Span = Span::HOUR.times(12);

/// Below this, in decades, there is no run that could be rising.
const RISING_FROM: f64 = 0.5;
/// What a day without the message on another host weighs against a day on this one.
const PEER_WEIGHT: f64 = 0.25;
/// Occasions on its first day from which a program that has just come counts as chatting: trouble
/// that is worth catching early begins more slowly.
const CHATTER_FIRST_DAY: u16 = 3;
/// Occasions from which it can be said whether a new program's talk grows.
const CHATTER_FROM: usize = 6;
/// Evidence, in decades, that the talk of a new program comes closer and closer together and is no
/// mere chatter.
const GROWS_FROM: f64 = 1.5;

/// A run of occasions against the usual.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Occasions in the run.
    pub occasions: u32,
    /// Start of the first one.
    pub since: Timestamp,
    /// Start of the last one.
    pub until: Timestamp,
    /// Usual occasions a day.
    pub usual_per_day: f64,
    /// What the usual was learnt from.
    pub learnt_from: LearntFrom,
    /// How unlikely the run is, in decades.
    pub surprise: f64,
}

impl Run {
    /// From the first to the last occasion.
    pub fn within(&self) -> Span {
        self.until - self.since
    }
}

/// What is asked of a run.
pub fn asked(config: &Config) -> Asked {
    let asked = &config.discover;
    Asked {
        occasions: asked.recurrence_occasions_min,
        span: asked.recurrence_span_min,
        surprise: asked.recurrence_surprise_min,
    }
}

fn judge(view: View<'_>, moment: &Moment) -> Option<Judged> {
    let cell = moment.started()?;
    let Some(run) = moment.run else {
        return chatter(view, cell).map(Judged::Passed);
    };
    let finding = asked(view.config).lets_through(&run).then(|| Finding {
        kind: CandidateType::Recurrence,
        cells: vec![cell],
        events: u64::from(run.occasions),
        onset: run.since,
        marks: view.ledger[cell].marks_since(run.since),
        surprise: run.surprise,
        facts: Facts::Recurrence {
            occasions: run.occasions,
            within: run.within(),
            usual_per_day: run.usual_per_day,
            learnt_from: run.learnt_from,
        },
    });
    finding.map(Judged::Found)
}

/// The talk of a program that is itself new here, often enough for a run.
fn chatter(view: View<'_>, cell: CellIndex) -> Option<Passed> {
    let is_often = view.ledger[cell].occasions >= view.config.discover.recurrence_occasions_min;
    (is_often && passed_over(view, cell) == Some(PassedOver::NewProgram)).then(|| Passed {
        reason: Reason::NewProgram,
        cells: vec![cell],
        since: view.ledger.service_since(cell),
    })
}

/// The least likely run of the cell's latest occasions that ends now, or `None` where single
/// occasions say nothing (a stream, debug output, a program that is itself new).
pub fn unusual_run(view: View<'_>, index: CellIndex) -> Option<Run> {
    least_likely(view, index, 0).ok()
}

/// The same without the `dropped` latest occasions; or what keeps runs from being looked at.
pub fn least_likely(view: View<'_>, index: CellIndex, dropped: u32) -> Result<Run, Gate> {
    if let Some(reason) = passed_over(view, index) {
        return Err(Gate::PassedOver(reason));
    }
    let cell = &view.ledger[index];
    let told = cell.told_until.at();
    let mut starts: Vec<Timestamp> = cell.starts().filter(|at| *at > told).collect();
    starts.truncate(starts.len().saturating_sub(dropped as usize));
    let longest = starts.len();
    let few = Gate::Few(longest as u32, view.config.discover.recurrence_occasions_min);
    let last = *starts.last().ok_or(few)?;
    let (mut best, mut shut): (Option<Run>, Gate) = (None, few);
    let of_peers = peers(view, cell);
    for length in 3..=longest {
        let since = starts[longest - length];
        let known = since - view.ledger.host_of(index).first;
        if known < HISTORY_MIN {
            shut = Gate::YoungHost(known, HISTORY_MIN);
            continue;
        }
        let days = (last - since).as_days_f64().max(1e-3);
        let own = own_past(view, cell, length as u32 + dropped, since);
        let Past { usual, learnt_from } = match of_peers {
            Some(peers) if peers.usual.per_day() > own.usual.per_day() => peers,
            _ => own,
        };
        if usual.per_day() > view.config.attention.rare_per_day_max {
            shut = Gate::Usual(usual.per_day(), view.config.attention.rare_per_day_max);
            continue;
        }
        // The first occasion opened the window, so only the others are evidence.
        let many = usual.surprise(length as u64 - 1, days);
        // Given how many came, when they came is independent evidence: a rate that rises.
        let surprise = match many >= RISING_FROM {
            true => many.max(
                combined_surprise(many, rising(&starts[longest - length..])) - 2.0_f64.log10(),
            ),
            false => many,
        };
        if best.is_none_or(|b| surprise > b.surprise) {
            best = Some(Run {
                occasions: length as u32,
                since,
                until: last,
                usual_per_day: usual.per_day(),
                learnt_from,
                surprise,
            });
        }
    }
    // The runs tried lie one in the other, so most say the same: about one more is independent with each
    // doubling of the length. The calibration measures what this comes to.
    let tried = 1.0 + (longest.saturating_sub(2).max(1) as f64).ln();
    best.map(|run| Run { surprise: (run.surprise - tried.log10()).max(0.0), ..run }).ok_or(shut)
}

/// How unlikely it is that times of a constant rate crowd so much towards their end, in decades.
fn rising(starts: &[Timestamp]) -> f64 {
    let first = starts.first().copied().unwrap_or_default();
    let times: Vec<f64> = starts.iter().map(|t| (*t - first).as_secs_f64()).collect();
    normal_surprise(laplace_trend(&times))
}

/// Why single occasions of a cell say nothing, if they do not.
pub fn passed_over(view: View<'_>, index: CellIndex) -> Option<PassedOver> {
    let cell = &view.ledger[index];
    let is_mild =
        cell.worst.is_none_or(|s| s == Severity::Info) && !view.ledger.kind_of(index).fails;
    if cell.worst == Some(Severity::Debug) {
        return Some(PassedOver::Debug);
    }
    if !view.library.signature(cell.signature).template.contains(char::is_alphabetic) {
        return Some(PassedOver::NoWords);
    }
    if cell.is_stream() {
        return Some(PassedOver::Stream);
    }
    if is_mild && cell.is_regular(view.config.discover.silence_spread_max) {
        return Some(PassedOver::Clockwork);
    }
    is_new_program(view, index).then_some(PassedOver::NewProgram)
}

/// A past, and whose.
#[derive(Clone, Copy)]
struct Past {
    usual: Usual,
    learnt_from: LearntFrom,
}

/// This host's own past before `since`. Where no other host ever had the message, their silence
/// counts too, at a discount: they may do other work.
fn own_past(view: View<'_>, cell: &Cell, length: u32, since: Timestamp) -> Past {
    let days_from = |from: Timestamp| (since - from).as_days_f64().max(0.02);
    let host = &view.ledger.hosts[cell.host.0 as usize];
    let kind = view.ledger.kind(cell.signature);
    let occasions = f64::from(cell.occasions.saturating_sub(length));
    // What this host did say says more about it than what the others did not.
    let silent_peers = match (kind.hosts, occasions) {
        (1, 0.0) => view.ledger.hosts.len() as f64 - 1.0,
        _ => 0.0,
    };
    let days = days_from(host.first) + PEER_WEIGHT * silent_peers * days_from(view.ledger.first);
    Past { usual: Usual { occasions, days }, learnt_from: LearntFrom::OwnPast }
}

/// The same message on the other hosts that have it.
fn peers(view: View<'_>, cell: &Cell) -> Option<Past> {
    let kind = view.ledger.kind(cell.signature);
    let peers = f64::from(kind.hosts.saturating_sub(1));
    let known_days = (view.now - kind.first.at()).as_days_f64().max(0.5);
    let occasions = f64::from(kind.occasions.saturating_sub(cell.occasions));
    (peers > 0.0).then_some(Past {
        usual: Usual { occasions, days: peers * known_days },
        learnt_from: LearntFrom::Peers,
    })
}

/// Whether the program itself came to the host together with this message: a new agent's chatter
/// is a change, not a recurrence.
fn is_new_program(view: View<'_>, index: CellIndex) -> bool {
    let cell = &view.ledger[index];
    let service_since = view.ledger.service_since(index);
    let host_since = view.ledger.host_of(index).first;
    let came_later = service_since - host_since > Span::HOUR;
    let came_together = cell.since() - service_since < Span::DAY;
    let is_named =
        !view.ledger.services[view.ledger.kind_of(index).service.0 as usize].name.is_empty();
    if !(is_named && came_later && came_together) {
        return false;
    }
    // What only chats goes on as it began; what grows does not.
    let starts: Vec<Timestamp> = cell.starts().collect();
    let is_told_whole = starts.len() == cell.occasions as usize;
    let grows = starts.len() >= CHATTER_FROM && rising(&starts) >= GROWS_FROM && is_told_whole;
    // A program that speaks only when something fails is silent until then: more is asked of it.
    let fails = u16::from(view.ledger.kind_of(index).fails);
    cell.first_day >= CHATTER_FIRST_DAY + fails && !grows
}
