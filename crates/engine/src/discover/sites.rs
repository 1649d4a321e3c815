//! Spread seen from the sites: a message that was at one site, or some, and comes to further ones in
//! a short time. A few hosts are enough where the sites themselves are the evidence: that it goes from site
//! to site at all is rarer than that it reaches a further host.

use super::passed::{Judged, Passed};
use super::spread::{self, HISTORY_MIN, Wave};
use super::usual::Usual;
use super::{Moment, View, change};
use crate::attention::cell::CellIndex;
use crate::attention::known::Host;
use crate::signature::SignatureIndex;
use crate::sites::SiteIndex;
use model::{Severity, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Hosts up to which it is worth asking at which site a message is new; what more have is everywhere.
const HOSTS_MAX: u32 = 256;

/// A spread as the sites see it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtSites {
    /// Sites that have it now.
    pub now: u32,
    /// Those of them that had it before it spread.
    pub before: u32,
    /// Sites at which the tenant has hosts.
    pub of: u32,
    /// How long it had been known before it spread.
    pub known_for: Span,
    /// Further sites expected in the time of the spread.
    pub expected: f64,
    /// That it came to further sites is the evidence; else its hosts are.
    pub is_evidence: bool,
}

/// Judges a message that comes to a host for the first time.
pub(super) fn judge(view: View<'_>, moment: &Moment) -> Option<Judged> {
    let cell = moment.started()?;
    let (row, kind) = (&view.ledger[cell], view.ledger.kind(moment.signature));
    // Only a host that never said it can bring it to a further site.
    let is_new_here = row.occasions == 1 && kind.hosts > 1 && kind.hosts <= HOSTS_MAX;
    let is_young = view.now - view.ledger.first < HISTORY_MIN;
    let is_debug = row.worst == Some(Severity::Debug);
    if view.ledger.sites.is_empty() || !is_new_here || is_young || is_debug {
        return None;
    }
    let asked = &view.config.discover;
    let from = view.now - asked.spread_within;
    let arrivals = arrivals(view, moment.signature, Some(cell));
    let site = view.ledger.host_of(cell).site?;
    let since = arrivals.values().map(|(at, _)| *at).filter(|at| *at >= from).min()?;
    let (new, known): (Vec<_>, Vec<_>) =
        arrivals.iter().partition(|(_, (first, _))| *first >= since);
    let is_further = new.iter().any(|(at, (_, by))| **at == site && *by == cell);
    if known.is_empty() || new.len() < asked.spread_sites_min as usize || !is_further {
        return None;
    }
    // What comes every day is no weak sign, wherever it goes.
    let known_days = (since - kind.first.at()).as_days_f64().max(0.02);
    let hosts = view.ledger.hosts.len() as f64;
    if f64::from(kind.occasions) / known_days > hosts * asked.spread_usual_max {
        return None;
    }
    // The first site is where it was born, and the first of the further ones opened the window.
    let usual = Usual { occasions: known.len() as f64 - 1.0, days: known_days };
    let within = (view.now - since).as_days_f64().max(0.01);
    let surprise = usual.surprise_of_distinct(new.len() as u64 - 1, within);
    if surprise < asked.spread_surprise_min {
        return None;
    }
    let reached = reached(view, moment.signature, cell, since);
    if let Some(reason) = change::change(view, moment.signature, &reached) {
        let cells = reached.keys().copied().collect();
        return Some(Judged::Passed(Passed { reason, cells, since }));
    }
    let sites = AtSites {
        now: arrivals.len() as u32,
        before: known.len() as u32,
        of: sites_with_hosts(view),
        known_for: since - kind.first.at(),
        expected: usual.per_day() * within,
        is_evidence: true,
    };
    let before = kind.hosts - (reached.len() as u32).min(kind.hosts);
    let wave = Wave { reached, since, expected: sites.expected, surprise, shared: false };
    Some(Judged::Found(spread::finding(view, wave, before, Some(sites))))
}

/// What the sites add to a spread over hosts that began then.
pub(super) fn of_spread(
    view: View<'_>,
    signature: SignatureIndex,
    since: Timestamp,
) -> Option<AtSites> {
    if view.ledger.sites.is_empty() {
        return None;
    }
    let arrivals = arrivals(view, signature, None);
    let before = arrivals.values().filter(|(first, _)| *first < since).count() as u32;
    Some(AtSites {
        now: arrivals.len() as u32,
        before,
        of: sites_with_hosts(view),
        known_for: since - view.ledger.kind(signature).first.at(),
        expected: 0.0,
        is_evidence: false,
    })
}

/// When a message first came to each site, and to which cell. A host that is itself new brings its
/// whole talk with it, so it brings nothing to a site; the host that is heard first of all does.
fn arrivals(
    view: View<'_>,
    signature: SignatureIndex,
    latest: Option<CellIndex>,
) -> BTreeMap<SiteIndex, (Timestamp, CellIndex)> {
    let learning = view.config.attention.learning_span;
    let mut arrivals = BTreeMap::new();
    for cell in cells(view, signature, latest) {
        let (since, host) = (view.ledger[cell].since(), view.ledger.host_of(cell));
        let is_known = |host: &Host| {
            since - host.first >= learning || host.first - view.ledger.first < learning
        };
        if let Some(site) = host.site.filter(|_| is_known(host)) {
            let first = arrivals.entry(site).or_insert((since, cell));
            *first = (*first).min((since, cell));
        }
    }
    arrivals
}

/// The cells of a message, those that are only supposed too.
fn cells(
    view: View<'_>,
    signature: SignatureIndex,
    latest: Option<CellIndex>,
) -> BTreeSet<CellIndex> {
    let wide = view.ledger.kind(signature).wide.as_ref();
    let recent = wide.into_iter().flat_map(|wide| wide.reach.iter().map(|reach| reach.cell));
    view.ledger.cells_of(signature).chain(recent).chain(latest).collect()
}

/// The cells that first had it since then.
fn reached(
    view: View<'_>,
    signature: SignatureIndex,
    latest: CellIndex,
    since: Timestamp,
) -> BTreeMap<CellIndex, Timestamp> {
    let all = cells(view, signature, Some(latest)).into_iter();
    all.map(|c| (c, view.ledger[c].since())).filter(|(_, at)| *at >= since).collect()
}

/// Sites at which the tenant has hosts.
fn sites_with_hosts(view: View<'_>) -> u32 {
    let sites: BTreeSet<SiteIndex> = view.ledger.hosts.iter().filter_map(|h| h.site).collect();
    sites.len() as u32
}
