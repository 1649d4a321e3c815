//! The kept contexts of a candidate's occasions, held against each other: which rare messages of the same
//! host came before most of them, and which after. Order in time only, never a cause.
//!
//! `hosts` compares the hosts that have it with those that do not, `values` what it names now and before.
//!
//! The null model: a message keeps coming at its own rate and knows nothing of these occasions. So
//! a stretch of time meets it with a chance that follows from its rate, and the number of occasions it
//! met is binomial. Every message of the host was free to be found, on either side, and is paid for.

pub mod hosts;
pub mod values;

use super::View;
use super::candidate::Candidate;
use crate::attention::cell::{CellIndex, HostIndex};
use crate::attention::context::Context;
use crate::attention::known::Line;
use crate::signature::SignatureIndex;
use crate::stats::binomial_surprise;
use model::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// On which side of the occasions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Before they began.
    Before,
    /// After they began.
    After,
}

/// A message that keeps coming on one side of the occasions.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// The message.
    pub signature: SignatureIndex,
    /// On which side.
    pub side: Side,
    /// Occasions that it came before, or after.
    pub hits: u32,
    /// Occasions with a known context.
    pub of: u32,
    /// Occasions that chance would give.
    pub expected: f64,
    /// Mean time between it and the beginning of the occasion.
    pub lag: Span,
    /// How unlikely it is by chance, in decades, after paying for the search.
    pub surprise: f64,
}

/// The neighbours of a candidate's occasions, the least likely ones first. Asked of what is worth review
/// only.
pub fn neighbours(candidate: &Candidate, view: View<'_>) -> Vec<Neighbour> {
    let told = contexts(candidate, view);
    let asked = &view.config.discover;
    if (told.len() as u32) < asked.compare_occasions_min {
        return Vec::new();
    }
    let own: BTreeSet<SignatureIndex> =
        candidate.cells.iter().map(|cell| view.ledger[*cell].signature).collect();
    let mut found: Vec<Neighbour> = [Side::Before, Side::After]
        .into_iter()
        .flat_map(|side| on_side(side, &told, candidate, view))
        .filter(|neighbour| !own.contains(&neighbour.signature))
        .filter(|neighbour| neighbour.surprise >= asked.compare_surprise_min)
        .collect();
    found.sort_by(|a, b| {
        let by_surprise = b.surprise.total_cmp(&a.surprise);
        by_surprise.then(a.side.cmp(&b.side)).then(a.signature.cmp(&b.signature))
    });
    found
}

/// The contexts of the lead's message while the story lasted, on all hosts of the story.
pub fn contexts<'a>(candidate: &Candidate, view: View<'a>) -> Vec<(CellIndex, &'a Context)> {
    let lead = view.ledger[candidate.lead()].signature;
    let cells = candidate.cells.iter().copied().filter(|c| view.ledger[*c].signature == lead);
    // Occasions are known to the second, records better.
    let since = candidate.onset.floor(Span::from_secs(1));
    let ledger = view.ledger.as_it_is();
    let told = cells.flat_map(|c| ledger.contexts.of(c).map(move |context| (c, context)));
    told.filter(|(_, context)| (since..=candidate.last).contains(&context.mark.at)).collect()
}

fn on_side(
    side: Side,
    told: &[(CellIndex, &Context)],
    candidate: &Candidate,
    view: View<'_>,
) -> Vec<Neighbour> {
    let asked = &view.config.discover;
    let within = side.within(view);
    let full: Vec<(HostIndex, &Context)> = told
        .iter()
        .filter(|(_, c)| side == Side::Before || view.now - c.mark.at >= within)
        .map(|(cell, context)| (view.ledger[*cell].host, *context))
        .collect();
    let mut met: BTreeMap<SignatureIndex, Vec<Span>> = BTreeMap::new();
    for (_, context) in &full {
        for (signature, lag) in side.nearest(context) {
            met.entry(signature).or_default().push(lag);
        }
    }
    let of = full.len() as u32;
    let enough = |hits: usize| {
        hits as u32 >= asked.compare_occasions_min
            && hits as f64 >= asked.compare_share_min * f64::from(of)
    };
    let kinds = full.iter().map(|(host, _)| view.ledger.hosts[host.0 as usize].kinds).max();
    // Bonferroni: every message of the host, on both sides.
    let tried = 2.0 * f64::from(kinds.unwrap_or(0).max(1));
    let mut found = Vec::new();
    for (signature, lags) in met.into_iter().filter(|(_, lags)| enough(lags.len())) {
        let chances: Option<Vec<f64>> = full
            .iter()
            .map(|(host, _)| chance(signature, *host, within, candidate.onset, view))
            .collect();
        let Some(expected) = chances.map(|all| all.iter().sum::<f64>()) else {
            continue;
        };
        let hits = lags.len() as u32;
        let by_chance = binomial_surprise(hits.into(), of.into(), expected / f64::from(of));
        let lag = lags.iter().fold(Span::ZERO, |sum, lag| sum + *lag).scaled(1.0 / f64::from(hits));
        let surprise = (by_chance - tried.log10()).max(0.0);
        found.push(Neighbour { signature, side, hits, of, expected, lag, surprise });
    }
    found
}

impl Side {
    /// How far it reaches.
    pub fn within(self, view: View<'_>) -> Span {
        match self {
            Side::Before => view.config.attention.context_before,
            Side::After => view.config.attention.context_after,
        }
    }

    /// Each message on this side and its smallest distance. Of the same moment no order is known,
    /// for clocks often count seconds only.
    fn nearest(self, context: &Context) -> BTreeMap<SignatureIndex, Span> {
        let lines: &[Line] = match self {
            Side::Before => &context.before,
            Side::After => &context.after,
        };
        let mut nearest: BTreeMap<SignatureIndex, Span> = BTreeMap::new();
        for line in lines {
            let lag = match self {
                Side::Before => context.mark.at - line.mark.at,
                Side::After => line.mark.at - context.mark.at,
            };
            if lag > Span::ZERO {
                let known = nearest.entry(line.signature).or_insert(lag);
                *known = lag.min(*known);
            }
        }
        nearest
    }
}

/// The chance that a stretch of time meets a message on a host, by its own rate there; none of a message
/// that comes too often to say anything.
fn chance(
    signature: SignatureIndex,
    host: HostIndex,
    within: Span,
    onset: Timestamp,
    view: View<'_>,
) -> Option<f64> {
    let Some(index) = view.ledger.cell_on(signature, host) else {
        return Some(0.0);
    };
    let cell = &view.ledger[index];
    let days = |span: Span| span.as_days_f64().max(1.0);
    let life = days(view.now - cell.since());
    // Since the story began it may come more often: the higher rate is the fair one. Only the latest
    // occasions are remembered, so the time that they cover counts.
    let recent: Vec<Timestamp> = cell.starts().filter(|at| *at >= onset).collect();
    let covered = recent.first().map_or(Span::ZERO, |first| view.now - *first);
    let whole = f64::from(cell.occasions) / life;
    let per_day = whole.max(recent.len() as f64 / days(covered));
    if per_day > view.config.attention.rare_per_day_max {
        return None;
    }
    let busy = cell.busy().as_days_f64() / life;
    let met = per_day * within.as_secs_f64() / 86_400.0 + busy;
    Some(-(-met).exp_m1())
}
