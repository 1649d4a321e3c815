//! Which hosts have what a story tells, and which that run the same program do not.
//!
//! The null model: an occasion falls on each host of the program alike, or by how much the host says,
//! whichever gives those that have it more. That all fell on these few then has a chance, and every
//! choice of as many hosts was free to be found and is paid for.

use crate::attention::cell::HostIndex;
use crate::discover::candidate::Candidate;
use crate::discover::{Facts, View};
use crate::stats::ln_gamma;
use model::CandidateType;

/// Hosts of a program from which it says something that some have it and others not.
const HOSTS_MIN: usize = 3;
/// Hosts that are looked at: of more, a sample says as much.
const HOSTS_MAX: usize = 4_000;

/// Hosts that have it, and others of the same program.
#[derive(Debug, Clone, PartialEq)]
pub struct Divide {
    /// Those that have it since the story began, as the story names them.
    pub with: Vec<HostIndex>,
    /// Those of the same program that do not, and spoke in the meantime.
    pub without: Vec<HostIndex>,
    /// How many of the latter had it some time before.
    pub had_it: usize,
    /// Occasions since the story began that are still known.
    pub occasions: u32,
    /// How many of them chance would put on those that have it; `None` where no such question is
    /// asked.
    pub expected: Option<f64>,
}

/// How a story divides the hosts of its program, if that is no chance. Of a silence: who still speaks.
pub fn divide(candidate: &Candidate, view: View<'_>) -> Option<Divide> {
    if matches!(candidate.facts, Facts::HostSilence { .. } | Facts::Novelty { .. }) {
        return None;
    }
    let ledger = view.ledger;
    let kind = ledger.kind_of(candidate.lead());
    let signature = ledger[candidate.lead()].signature;
    let own: Vec<HostIndex> = candidate.cells.iter().map(|cell| ledger[*cell].host).collect();
    let is_silence = candidate.kind == CandidateType::Silence;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let (mut had_it, mut occasions) = (0, 0);
    for host in ledger.hosts_with(kind.service).take(HOSTS_MAX) {
        let cell = ledger.cell_on(signature, host).map(|cell| &ledger[cell]);
        let has_it = cell.is_some_and(|cell| cell.last >= candidate.onset);
        if is_silence {
            if own.contains(&host) {
                with.push(host);
            } else if has_it {
                without.push(host);
            }
            continue;
        }
        if has_it {
            let began = cell.map_or(0, |c| c.starts().filter(|at| *at >= candidate.onset).count());
            occasions += began as u32;
            with.push(host);
        } else if ledger.hosts[host.0 as usize].last >= candidate.onset {
            had_it += usize::from(cell.is_some());
            without.push(host);
        }
    }
    if with.is_empty() || without.is_empty() || with.len() + without.len() < HOSTS_MIN {
        return None;
    }
    with.sort_by_key(|host| own.iter().position(|known| known == host).unwrap_or(own.len()));
    let mut divide = Divide { with, without, had_it, occasions, expected: None };
    if is_silence {
        return Some(divide);
    }
    let share = share(&divide, view);
    let surprise = -f64::from(occasions) * share.log10() - choices(&divide);
    divide.expected = Some(share * f64::from(occasions));
    let asked = &view.config.discover;
    let enough = occasions >= asked.compare_occasions_min;
    (enough && surprise >= asked.compare_surprise_min).then_some(divide)
}

/// The share of the hosts that have it, among all of the program: by their number or by what they say.
fn share(divide: &Divide, view: View<'_>) -> f64 {
    let said = |hosts: &[HostIndex]| {
        hosts.iter().map(|h| view.ledger.hosts[h.0 as usize].events as f64).sum::<f64>()
    };
    let (with, without) = (divide.with.len() as f64, divide.without.len() as f64);
    let (loud, others) = (said(&divide.with), said(&divide.without));
    (with / (with + without)).max(loud / (loud + others).max(1.0))
}

/// How many choices of as many hosts there are, in decades.
fn choices(divide: &Divide) -> f64 {
    let (k, rest) = (divide.with.len() as f64, divide.without.len() as f64);
    let ln = ln_gamma(k + rest + 1.0) - ln_gamma(k + 1.0) - ln_gamma(rest + 1.0);
    ln / std::f64::consts::LN_10
}
