//! Spread: one kind of message reaches, in a short time, more hosts than is usual for it.
//!
//! The number of hosts expected is at most the number of occasions expected in that time over the
//! whole tenant. A change that brings several new messages to several hosts is not a spread.

use super::candidate::Candidate;
use super::passed::{Judged, Passed};
use super::sites::{self, AtSites};
use super::usual::Usual;
use super::{Detector, Facts, Finding, Moment, View, change, marks_since};
use crate::attention::cell::CellIndex;
use crate::attention::known::{Kind, Reach};
use model::{CandidateType, Severity, Span, Timestamp};
use std::collections::BTreeMap;

/// In the list of detectors.
pub const DETECTOR: Detector = Detector {
    kind: CandidateType::Spread,
    summary: "a message that reaches more hosts in a short time than is usual for it",
    on_sighting: Some(judge),
    on_tick: None,
};

/// History that the usual must at least rest on: in a stream's first hours every host is new.
pub(super) const HISTORY_MIN: Span = Span::HOUR.times(6);

fn judge(view: View<'_>, moment: &Moment) -> Option<Judged> {
    by_hosts(view, moment).or_else(|| sites::judge(view, moment))
}

fn by_hosts(view: View<'_>, moment: &Moment) -> Option<Judged> {
    let cell = moment.started()?;
    let asked = &view.config.discover;
    let kind = view.ledger.kind(moment.signature);
    let is_young = view.now - view.ledger.first < HISTORY_MIN;
    let is_narrow = kind.hosts < asked.spread_hosts_min;
    if is_young || is_narrow || view.ledger[cell].worst == Some(Severity::Debug) {
        return None;
    }
    let wide = kind.wide.as_ref()?;
    let from = view.now - asked.spread_within;
    let is_timer = |r: &Reach| view.ledger[r.cell].is_regular(asked.silence_spread_max);
    let recent: Vec<Reach> =
        wide.reach.iter().filter(|r| r.at.at() >= from && !is_timer(r)).collect();
    let latest = recent.last()?;
    // Of one entity (the same user on many hosts) less is usual than of the message as a whole,
    // so fewer hosts are enough; without one, more is asked for.
    let shared = latest.entities.iter().filter_map(|entity| {
        let of_it: Vec<Reach> = recent.iter().copied().filter(|r| r.entities.has(entity)).collect();
        // What nearly every such message names binds nothing together.
        let named = f64::from(wide.entities.count(entity));
        let earlier = named - of_it.len() as f64;
        let all_earlier = f64::from(kind.occasions) - recent.len() as f64;
        if earlier > 0.0 && 2.0 * earlier >= all_earlier {
            return None;
        }
        Some(Wave { shared: true, ..wave(view, kind, &of_it, named)? })
    });
    let any = || {
        let names_some = !latest.entities.is_empty();
        let asks_more = asked.spread_unshared_more * if names_some { 1.0 } else { 0.5 };
        let wave = wave(view, kind, &recent, f64::from(kind.occasions))?;
        (wave.surprise >= asked.spread_surprise_min + asks_more).then_some(wave)
    };
    let shared = shared
        .filter(|wave| wave.surprise >= asked.spread_surprise_min)
        .max_by(|a, b| a.surprise.total_cmp(&b.surprise));
    let wave = shared.or_else(any)?;
    Some(match change::change(view, moment.signature, &wave.reached) {
        Some(reason) => {
            let cells = wave.reached.keys().copied().collect();
            Judged::Passed(Passed { reason, cells, since: wave.since })
        }
        None => {
            let had_it = |cell: &CellIndex| view.ledger[*cell].since() < wave.since;
            let before = view.ledger.cells_of(moment.signature).filter(had_it).count() as u32;
            let sites = sites::of_spread(view, moment.signature, wave.since);
            Judged::Found(finding(view, wave, before, sites))
        }
    })
}

/// Days without a message that a new one is believed to have been unseen for, at most: older records
/// say little about the programs of today.
const UNSEEN_DAYS_MAX: f64 = 7.0;

/// Hosts, or sites, reached in a short time, against the number expected.
pub(super) struct Wave {
    /// Where it came, and when first.
    pub(super) reached: BTreeMap<CellIndex, Timestamp>,
    /// When the first of these came.
    pub(super) since: Timestamp,
    /// How many are usual in that time.
    pub(super) expected: f64,
    /// How unlikely so many are, in decades.
    pub(super) surprise: f64,
    /// All of them name the same thing.
    pub(super) shared: bool,
}

/// The wave of these occasions, if it is wide enough; `occasions` is how many there ever were.
fn wave(view: View<'_>, kind: &Kind, recent: &[Reach], occasions: f64) -> Option<Wave> {
    let mut reached = BTreeMap::new();
    for reach in recent {
        reached.entry(reach.cell).or_insert(reach.at.at());
    }
    if reached.len() < view.config.discover.spread_hosts_min as usize {
        return None;
    }
    let since = reached.values().copied().min()?;
    // Where everything is new, being new says nothing; later, not having been seen for days does.
    let tenant_days = (since - view.ledger.first).as_days_f64().clamp(0.02, UNSEEN_DAYS_MAX);
    let own_days = (since - kind.first.at()).as_days_f64();
    // What was born before the wave is judged by its own short life: it may be common from now on.
    let is_newborn = is_newborn(kind, since, view);
    let usual = Usual {
        occasions: (occasions - recent.len() as f64).max(0.0),
        days: if is_newborn { own_days.max(tenant_days) } else { own_days },
    };
    // What every host has every day spreads nowhere.
    let hosts = view.ledger.hosts.len() as f64;
    if usual.per_day() > hosts * view.config.discover.spread_usual_max {
        return None;
    }
    let within = (view.now - since).as_days_f64().max(0.01);
    // The first host opened the window, so only the others are evidence.
    let surprise = usual.surprise_of_distinct(reached.len() as u64 - 1, within);
    Some(Wave { reached, since, expected: usual.per_day() * within, surprise, shared: false })
}

/// Whether the message itself came with the wave that began then.
fn is_newborn(kind: &Kind, since: Timestamp, view: View<'_>) -> bool {
    since - kind.first.at() <= view.config.discover.change_within
}

/// Whether a spread may be told: a message that came with it may be the first of a rollout, whose other
/// messages are only seen later; so it waits until a change would have shown itself.
pub fn has_settled(candidate: &Candidate, view: View<'_>) -> bool {
    let signature = view.ledger[candidate.lead()].signature;
    let is_newborn = is_newborn(view.ledger.kind(signature), candidate.onset, view);
    // What comes to further sites may be what was tried at the first.
    let by_sites = matches!(candidate.facts, Facts::Spread { sites: Some(s), .. } if s.is_evidence);
    if !is_newborn && !by_sites {
        return true;
    }
    let of_it = candidate.cells.iter().filter(|c| view.ledger[**c].signature == signature);
    let reached = of_it.map(|cell| (*cell, view.ledger[*cell].since())).collect();
    view.now - candidate.onset >= view.config.discover.change_within
        && change::change(view, signature, &reached).is_none()
}

/// The finding of a wave; `before` is how many hosts had it before.
pub(super) fn finding(view: View<'_>, wave: Wave, before: u32, sites: Option<AtSites>) -> Finding {
    let Wave { reached, since, expected, surprise, shared } = wave;
    let mut cells: Vec<(Timestamp, CellIndex)> = reached.iter().map(|(c, at)| (*at, *c)).collect();
    cells.sort();
    let cells: Vec<CellIndex> = cells.into_iter().map(|(_, cell)| cell).collect();
    Finding {
        kind: CandidateType::Spread,
        events: 0,
        onset: since,
        surprise,
        facts: Facts::Spread {
            hosts: cells.len() as u32,
            within: view.now - since,
            expected,
            before,
            shared,
            sites,
        },
        marks: marks_since(view, &cells, since),
        cells,
    }
}
