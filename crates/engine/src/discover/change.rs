//! Change: a rollout, a reboot, a new agent brings several new messages at once. They are
//! recognised by company: kinds of message that were born together on the same hosts.

use super::passed::Reason;
use super::{View, speaks_ill};
use crate::attention::cell::CellIndex;
use crate::attention::known::{Rare, ServiceIndex};
use crate::signature::SignatureIndex;
use crate::stats::poisson_surprise;
use model::{Span, Timestamp};
use std::collections::BTreeMap;

/// Evidence, in decades, that so many rare kinds are not what the host says in any minutes.
const RESTART_ODDS_MIN: f64 = 3.0;
/// Rare kinds of message that a host says within minutes when it restarts; a boot says a hundred, the
/// start of one service a few.
const RESTART_KINDS_MIN: usize = 10;
/// As many let one expect more.
const RESTART_KINDS_HINT: usize = 6;
/// Programs that say them.
const RESTART_PROGRAMS_MIN: usize = 4;
/// As many let one expect more.
const RESTART_PROGRAMS_HINT: usize = 3;

/// The change that the arrival of a signature on these cells is part of, if any: the program itself is
/// new to the tenant; or most of the hosts share another signature that was born at the same time;
/// or they share several others that are rare and came in the same minutes (a reboot).
pub fn change(
    view: View<'_>,
    signature: SignatureIndex,
    reached: &BTreeMap<CellIndex, Timestamp>,
) -> Option<Reason> {
    let kind = view.ledger.kind(signature);
    let service = &view.ledger.services[kind.service.0 as usize];
    let tenant_since = view.ledger.first;
    // A program that speaks only in trouble is new with its first trouble: one kind is no rollout.
    let is_new_service = service.kinds > 1
        && service.first - tenant_since > Span::HOUR.times(6)
        && kind.first.at() - service.first < Span::DAY
        && view.now - service.first < Span::DAY;
    if is_new_service {
        return Some(Reason::NewProgram);
    }
    let asked = &view.config.discover;
    let (mut born, mut seen) = (BTreeMap::new(), BTreeMap::new());
    for (cell, at) in reached {
        let host = view.ledger.host_of(*cell);
        count_near(&mut born, signature, *at, asked.change_within, host.births.iter());
        let rare = host.rare.iter().map(|r| (r.mark.at, view.ledger[r.cell].signature));
        count_near(&mut seen, signature, *at, asked.company_within, rare);
    }
    let most = reached.len().div_ceil(2).max(2);
    let shared = |company: &BTreeMap<SignatureIndex, usize>| {
        1 + company.values().filter(|hosts| **hosts >= most).count()
    };
    if shared(&born) >= asked.change_births_min as usize {
        return Some(Reason::Rollout);
    }
    (shared(&seen) >= asked.change_company_min as usize).then_some(Reason::Window)
}

/// How far what a cell says at a moment looks like the restart of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Restart {
    /// Little else is said.
    No,
    /// Several rare kinds come with it, and more may follow.
    Perhaps,
    /// Many rare kinds of message of several programs come in the same minutes, and hardly one of them
    /// is bad. A failure that takes many programs with it says bad things.
    Yes,
}

/// Whether what a cell says at `at` is part of a restart of its host.
pub fn restart(view: View<'_>, cell: CellIndex, at: Timestamp) -> Restart {
    if speaks_ill(view, cell) {
        return Restart::No;
    }
    let asked = &view.config.discover;
    let near = |rare: &Rare| rare.mark.at.apart(at) <= asked.company_within;
    let rare = view.ledger.host_of(cell).rare.iter().filter(|rare| near(rare));
    let mut company: Vec<CellIndex> = rare.map(|rare| rare.cell).collect();
    company.sort_unstable();
    company.dedup();
    if company.len() < RESTART_KINDS_HINT {
        return Restart::No;
    }
    let bad = company.iter().filter(|cell| speaks_ill(view, **cell)).count();
    let mut programs: Vec<ServiceIndex> =
        company.iter().map(|cell| view.ledger.kind_of(*cell).service).collect();
    programs.sort_unstable();
    programs.dedup();
    let (kinds, programs) = (company.len(), programs.len());
    // A host of many rare messages says some of them in any minutes.
    let more_than_usual = poisson_surprise(kinds as u64, usual_company(view, cell, at));
    match (kinds, programs) {
        _ if bad * 4 > kinds || more_than_usual < RESTART_ODDS_MIN => Restart::No,
        (RESTART_KINDS_MIN.., RESTART_PROGRAMS_MIN..) => Restart::Yes,
        (RESTART_KINDS_HINT.., RESTART_PROGRAMS_HINT..) => Restart::Perhaps,
        _ => Restart::No,
    }
}

/// How many rare messages the host of a cell begins in the minutes around any moment, by those that it began
/// before these; as far as they are remembered.
fn usual_company(view: View<'_>, cell: CellIndex, at: Timestamp) -> f64 {
    let within = view.config.discover.company_within;
    let begins = at - within;
    let rare = view.ledger.host_of(cell).rare.iter().map(|rare| rare.mark.at);
    let before: Vec<Timestamp> = rare.filter(|at| *at < begins).collect();
    let Some(first) = before.iter().copied().min() else {
        return 0.0;
    };
    let share = 2.0 * within.as_secs_f64() / (begins - first).as_secs_f64().max(1.0);
    before.len() as f64 * share
}

/// Counts, for each other signature, this host if it came near `at` there.
fn count_near(
    company: &mut BTreeMap<SignatureIndex, usize>,
    signature: SignatureIndex,
    at: Timestamp,
    within: Span,
    came: impl Iterator<Item = (Timestamp, SignatureIndex)>,
) {
    let mut here: Vec<SignatureIndex> = came
        .filter(|(when, other)| at.apart(*when) <= within && *other != signature)
        .map(|(_, other)| other)
        .collect();
    here.sort();
    here.dedup();
    here.into_iter().for_each(|other| *company.entry(other).or_default() += 1);
}
