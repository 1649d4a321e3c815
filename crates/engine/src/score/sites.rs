//! Where a story is, seen from the sites of its tenant and from other clients: the sentences about it.
//! Of other clients they hold numbers only.

use super::phrase::number;
use crate::attention::cell::HostIndex;
use crate::discover::candidate::Candidate;
use crate::discover::sites::AtSites;
use crate::discover::{Facts, View};
use crate::elsewhere::AtClients;
use crate::sites::SiteIndex;
use model::Span;
use std::collections::BTreeSet;

/// Hosts from which lying at one site is worth a sentence.
const HOSTS_FROM: usize = 3;
/// The chance up to which it is no accident that they all do.
const CHANCE_MAX: f64 = 0.05;

fn count(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `2 further sites`.
pub(super) fn further(sites: &AtSites) -> String {
    count(sites.now.saturating_sub(sites.before), "further site", "further sites")
}

/// What is happening, where sites are the evidence.
pub(super) fn what(lead: &str, sites: &AtSites, hosts: u32, within: Span) -> String {
    let hosts = count(hosts, "host", "hosts");
    format!(
        "{lead} reached {} within {within}, {hosts} there; for {} it had been at {} of {} only.",
        further(sites),
        sites.known_for,
        sites.before,
        count(sites.of, "site", "sites"),
    )
}

pub(super) fn why_it_matters(sites: &AtSites) -> String {
    let usual = match sites.expected {
        expected if expected < 1.0 => "less than one further site is".to_owned(),
        expected => format!("{} further sites are", number(expected)),
    };
    format!("At no site do a few of these stand out; in that time {usual} usual.")
}

pub(super) fn baseline(sites: &AtSites, within: Span) -> (String, String) {
    let usual = match sites.expected {
        expected if expected < 1.0 => "less than one further site in that time".to_owned(),
        expected => format!("{} further sites in that time", number(expected)),
    };
    (usual, format!("{} in {within}", further(sites)))
}

/// `also new at 3 of 11 other clients within 2d`.
pub(super) fn at_clients(found: &AtClients) -> String {
    let state = if found.is_new { "new" } else { "new or rising" };
    let others = count(found.of, "other client", "other clients");
    format!("also {state} at {} of {others} within {}", found.others, within(found))
}

/// Clocks of clients differ, so less than a minute is none.
fn within(found: &AtClients) -> Span {
    found.within().max(Span::MINUTE)
}

/// `says what is new here and at 3 other clients`.
pub(super) fn behaviour_at_clients(found: &AtClients) -> String {
    let others = count(found.others, "other client", "other clients");
    match found.is_new {
        true => format!("says what is new here and at {others}"),
        false => format!("says more of what rises at {others}, too"),
    }
}

pub(super) fn what_at_clients(lead: &str, hosts: &str, found: &AtClients) -> String {
    let state = if found.is_new { "is new here" } else { "rises here" };
    format!("{lead} {state}, on {hosts}; it is {}.", at_clients(found))
}

pub(super) fn baseline_at_clients(found: &AtClients) -> (String, String) {
    let usual = format!("{} other clients in that time", number(found.expected));
    (usual, format!("{} in {}", found.others, within(found)))
}

/// The sentences about sites and clients.
pub(super) fn reasons(candidate: &Candidate, view: View<'_>) -> Vec<String> {
    let found = candidate.clients.map(|found| {
        let usual = number(found.expected);
        let change = match found.is_change(view.config) {
            true => format!(
                ", with {} kinds of message at once, as a change brings them",
                found.company
            ),
            false => String::new(),
        };
        format!("{} (usual in that time: {usual}){change}", at_clients(&found))
    });
    let keeps_to = one_site(candidate, view).map(|one| one.sentence);
    let reach = keeps_to.or_else(|| reach(candidate));
    found.into_iter().chain(reach).collect()
}

/// `it is at 3 of 4 sites (it was at 1 for 20d)`.
fn reach(candidate: &Candidate) -> Option<String> {
    let Facts::Spread { sites: Some(sites), .. } = &candidate.facts else { return None };
    if sites.of < 2 {
        return None;
    }
    let before = match sites.before {
        0 => String::new(),
        n if n == sites.now => " and was before".to_owned(),
        n => format!(" (it was at {n} for {})", sites.known_for),
    };
    Some(format!("it is at {} of {} sites{before}", sites.now, sites.of))
}

/// What a person may ask about the hosts of a spread.
pub(super) fn what_they_share(candidate: &Candidate, view: View<'_>) -> String {
    match one_site(candidate, view) {
        Some(OneSite { name, .. }) => format!(
            "what do the hosts of site {name} share that others do not: a line, a switch, a power feed, a change of the same day?"
        ),
        None => {
            "what do these hosts share: an account, a network, a change of the same day?".into()
        }
    }
}

/// A story that keeps to one site, by no chance.
struct OneSite<'a> {
    name: &'a str,
    sentence: String,
}

/// The one site at which a story's hosts are, where others that might have it stand elsewhere. The
/// chance is that of drawing all but the first of them from its own site (hypergeometric).
fn one_site<'a>(candidate: &Candidate, view: View<'a>) -> Option<OneSite<'a>> {
    let is_silence = matches!(candidate.facts, Facts::HostSilence { .. });
    if !is_silence && !matches!(candidate.facts, Facts::Spread { .. }) {
        return None;
    }
    let ledger = view.ledger;
    let lead = candidate.lead();
    let mut hit: BTreeSet<HostIndex> = candidate.cells.iter().map(|c| ledger[*c].host).collect();
    if !is_silence {
        // A story holds a few dozen cells at most; all that have it count.
        let of_it = ledger.cells_of(ledger[lead].signature);
        hit.extend(of_it.filter(|c| ledger[*c].last >= candidate.onset).map(|c| ledger[c].host));
    }
    let site_of = |host: &HostIndex| ledger.hosts[host.0 as usize].site;
    let site: SiteIndex = site_of(hit.first()?)?;
    if hit.len() < HOSTS_FROM || hit.iter().any(|host| site_of(host) != Some(site)) {
        return None;
    }
    // Of hosts that were there to have it: those that run the program, if any elsewhere do.
    let all = (0..ledger.hosts.len() as u32).map(HostIndex).filter(|index| {
        let host = &ledger.hosts[index.0 as usize];
        let is_there = host.first < candidate.onset && host.last + Span::DAY >= candidate.onset;
        is_there && host.voice.silent.is_none_or(|_| hit.contains(index))
    });
    let all: Vec<HostIndex> = all.collect();
    let service = ledger.kind_of(lead).service;
    let runs = |host: &HostIndex| ledger.service_on_host(service, *host).is_some();
    let elsewhere = |host: &&HostIndex| site_of(host) != Some(site);
    let name = ledger.services[service.0 as usize].name.as_str();
    let by_service = !is_silence && !name.is_empty() && all.iter().filter(elsewhere).any(runs);
    let like: Vec<HostIndex> = all.into_iter().filter(|host| !by_service || runs(host)).collect();
    let free = like.iter().filter(elsewhere).count();
    let here = like.len() - free;
    let chance = (1..hit.len()).map(|n| {
        let left = |of: usize| of.saturating_sub(n) as f64;
        (left(here) / left(like.len()).max(1.0)).min(1.0)
    });
    let chance: f64 = chance.product();
    if free == 0 || chance > CHANCE_MAX {
        return None;
    }
    let (n, site) = (hit.len(), ledger.as_it_is().sites.get(site.at())?.name.as_str());
    let others = count(free as u32, "host", "hosts");
    let kind = if by_service { format!(" that run {name}") } else { String::new() };
    let rest = match is_silence {
        true => format!("the {others} at other sites go on speaking"),
        false => format!("none of the {others} at other sites{kind}"),
    };
    let odds = number((1.0 / chance.max(1e-9)).round());
    let sentence =
        format!("all {n} hosts are in site {site}; {rest} (by chance one case in {odds})");
    Some(OneSite { name: site, sentence })
}
