//! Novelty: one host says several kinds of bad message within an hour that its tenant never had.
//!
//! How many new kinds are usual follows from how many events there are and how often an event is of a
//! new kind (Good and Turing's estimate). A rollout, which brings them to several hosts, and a new
//! program, which brings its own, are no trouble.

use super::{Detector, Facts, Finding, View, marks_since};
use crate::attention::cell::{CellIndex, HostIndex};
use crate::attention::known::Host;
use crate::signature::SignatureIndex;
use crate::stats::poisson_surprise;
use model::{CandidateType, Severity, Span, Timestamp};

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Anomaly,
    summary: "a host that says several kinds of bad message that nobody said before",
    on_sighting: None,
    on_tick: Some(judge_all),
};

/// A program is new for so long.
const NEW_PROGRAM: Span = Span::DAY;

fn judge_all(view: View<'_>) -> Vec<Finding> {
    let asked = &view.config.discover;
    let since = view.now - asked.novelty_within;
    let learnt = view.config.attention.learning_span;
    if since < view.ledger.first + learnt {
        return Vec::new();
    }
    let touched = view.ledger.touched.iter();
    let newborn = touched.filter(|index| {
        let cell = &view.ledger[**index];
        cell.candidate.is_none() && cell.since() >= since && view.ledger.kind_of(**index).is_bad()
    });
    let mut hosts: Vec<HostIndex> = newborn.map(|index| view.ledger[*index].host).collect();
    hosts.sort();
    hosts.dedup();
    let known = hosts.into_iter().map(|host| &view.ledger.hosts[host.0 as usize]);
    known
        .filter(|host| since >= host.first + learnt)
        .filter_map(|h| judge(view, h, since))
        .collect()
}

fn judge(view: View<'_>, host: &Host, since: Timestamp) -> Option<Finding> {
    let asked = &view.config.discover;
    let newborn = newborn(view, host, since);
    let kind = |signature: &SignatureIndex| &view.ledger.kinds[signature.0 as usize];
    let (own, shared): (Vec<SignatureIndex>, Vec<SignatureIndex>) =
        newborn.into_iter().partition(|signature| kind(signature).hosts == 1);
    let bad = own.iter().filter(|signature| kind(signature).is_bad()).count() as u32;
    // What comes to others too is a rollout; what is mostly not bad is a change of this host.
    let is_change = shared.len() > own.len() || u64::from(bad) * 2 < own.len() as u64;
    if bad < asked.novelty_kinds_min || is_change {
        return None;
    }
    let expected = view.ledger.novel.chance() * f64::from(host.pace.events());
    let surprise = poisson_surprise(u64::from(bad), expected);
    if surprise < asked.novelty_surprise_min {
        return None;
    }
    let mut cells: Vec<CellIndex> =
        own.iter().filter_map(|signature| view.ledger.cells_of(*signature).next()).collect();
    // The worst leads, and of equally bad ones the first.
    cells.sort_by_key(|cell| {
        let cell = &view.ledger[*cell];
        (cell.worst.unwrap_or(Severity::Info), cell.since())
    });
    let onset = cells.iter().map(|cell| view.ledger[*cell].since()).min()?;
    let marks = marks_since(view, &cells, onset);
    let within = cells.iter().map(|c| view.ledger[*c].since()).max()? - onset;
    Some(Finding {
        kind: CandidateType::Anomaly,
        events: cells.iter().map(|cell| view.ledger[*cell].events).sum(),
        cells,
        onset,
        marks,
        surprise,
        facts: Facts::Novelty { kinds: own.len() as u32, bad, within, expected },
    })
}

/// The kinds that came to the tenant on this host since then, but for those of programs that are new
/// themselves. Of very many the latest are known, which will do.
fn newborn(view: View<'_>, host: &Host, since: Timestamp) -> Vec<SignatureIndex> {
    let is_newborn = |(at, signature): &(Timestamp, SignatureIndex)| {
        let kind = &view.ledger.kinds[signature.0 as usize];
        let program = &view.ledger.services[kind.service.0 as usize];
        *at >= since && kind.first.at() >= since && view.now - program.first >= NEW_PROGRAM
    };
    host.births.iter().filter(is_newborn).map(|(_, signature)| signature).collect()
}
