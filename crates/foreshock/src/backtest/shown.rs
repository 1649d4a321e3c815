//! A long row of digests → what each tenant was shown first when, in bounded memory. Only what stood
//! in a digest counts, from the moment of that digest: what the engine knew but did not show, or
//! named only later, announced nothing.

use super::names::folded;
use model::{Band, CandidateId, CandidateType, Digest, Item, TenantId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Items that are remembered, of all tenants together.
const ITEMS_MAX: usize = 100_000;
/// Hosts, and services, that are remembered of one item.
const NAMES_MAX: usize = 64;

/// What was shown, of each tenant.
#[derive(Debug)]
pub(crate) struct Showings {
    pub(super) tenants: BTreeMap<TenantId, Told>,
    remembered: usize,
    items_max: usize,
}

/// What one tenant was shown.
#[derive(Debug)]
pub(super) struct Told {
    /// Its records begin here.
    pub(super) from: Timestamp,
    /// Its latest digest.
    pub(super) to: Timestamp,
    /// Until when its usual was being learnt, as far as digests said so.
    pub(super) learning_until: Option<Timestamp>,
    /// The items, by their candidates.
    pub(super) items: BTreeMap<CandidateId, Showing>,
    /// Items that were shown when the limit had been reached.
    not_remembered: u64,
    /// The open items of the latest digest.
    open: BTreeSet<CandidateId>,
}

/// One item from its first digest to its last.
#[derive(Debug)]
pub(super) struct Showing {
    pub(super) candidate_type: CandidateType,
    /// Title and band are those of the first digest: what the reader saw then.
    pub(super) title: String,
    pub(super) band: Band,
    /// How many hosts it had in the first digest.
    pub(super) hosts_total: u64,
    /// The first digest that had it open.
    pub(super) first: Timestamp,
    /// The first one that had it open when the usual was known.
    pub(super) first_learnt: Option<Timestamp>,
    /// The hosts, folded, with the first digest that named each as one of its hosts.
    pub(super) hosts: BTreeMap<String, Timestamp>,
    /// The same of services.
    pub(super) services: BTreeMap<String, Timestamp>,
    /// Some of its names were not remembered.
    is_cut: bool,
    /// The first digest that no longer had it open.
    pub(super) ended: Option<Timestamp>,
}

impl Default for Showings {
    fn default() -> Self {
        Showings { tenants: BTreeMap::new(), remembered: 0, items_max: ITEMS_MAX }
    }
}

impl Showings {
    /// Takes note of the next digest. Digests of a tenant come in the order of time.
    pub(crate) fn note(&mut self, digest: &Digest) {
        let told = self.tenants.entry(digest.tenant_id.clone()).or_insert_with(|| Told {
            from: digest.since,
            to: digest.as_of,
            learning_until: None,
            items: BTreeMap::new(),
            not_remembered: 0,
            open: BTreeSet::new(),
        });
        told.to = digest.as_of;
        let learning_until = digest.quiet.learning_until;
        told.learning_until = learning_until.or(told.learning_until);
        let before = std::mem::take(&mut told.open);
        for item in digest.items.iter().filter(|item| item.status == "open") {
            let id = item.candidate_id;
            told.open.insert(id);
            if let Some(showing) = told.items.get_mut(&id) {
                showing.again(item, digest.as_of, learning_until.is_some());
            } else if self.remembered < self.items_max {
                let showing = Showing::first(item, digest.as_of, learning_until.is_some());
                told.items.insert(id, showing);
                self.remembered += 1;
            } else if !before.contains(&id) {
                told.not_remembered += 1;
            }
        }
        for id in before.difference(&told.open) {
            if let Some(showing) = told.items.get_mut(id) {
                showing.ended = Some(digest.as_of);
            }
        }
    }
}

impl Told {
    /// Items that are not remembered, or not with all of their names.
    pub(super) fn not_remembered(&self) -> u64 {
        self.not_remembered + self.items.values().filter(|showing| showing.is_cut).count() as u64
    }
}

impl Showing {
    fn first(item: &Item, at: Timestamp, is_learning: bool) -> Showing {
        let mut showing = Showing {
            candidate_type: item.candidate_type,
            title: item.title.clone(),
            band: item.band,
            hosts_total: item.place.hosts_total,
            first: at,
            first_learnt: None,
            hosts: BTreeMap::new(),
            services: BTreeMap::new(),
            is_cut: false,
            ended: None,
        };
        showing.again(item, at, is_learning);
        showing
    }

    fn again(&mut self, item: &Item, at: Timestamp, is_learning: bool) {
        self.ended = None;
        if !is_learning {
            self.first_learnt.get_or_insert(at);
        }
        self.is_cut |= !name(&mut self.hosts, &item.place.hosts, at);
        self.is_cut |= !name(&mut self.services, &item.place.services, at);
    }
}

/// Adds the names that are new; says whether there was room for them.
fn name(known: &mut BTreeMap<String, Timestamp>, names: &[String], at: Timestamp) -> bool {
    let mut is_room = true;
    for name in names {
        let name = folded(name);
        if known.contains_key(&name) {
            continue;
        }
        match known.len() < NAMES_MAX {
            true => drop(known.insert(name, at)),
            false => is_room = false,
        }
    }
    is_room
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invented::{candidate, digest, hour, item};

    fn open(name: &str) -> Item {
        item(name, Band::Watch, "open")
    }

    #[test]
    fn an_item_is_remembered_from_its_first_open_digest_to_the_first_without_it() {
        let mut showings = Showings::default();
        let closed = || item("b", Band::Watch, "closed");
        let row = [vec![], vec![open("a")], vec![open("a"), closed()], vec![], vec![open("a")]];
        for (at, items) in (1..).zip(row) {
            showings.note(&digest("acme", at, items));
            let told = &showings.tenants[&TenantId::new("acme")];
            let ended = told.items.get(&candidate("a")).and_then(|showing| showing.ended);
            assert_eq!(ended, (at == 4).then(|| hour(4)), "{at}");
        }
        let told = &showings.tenants[&TenantId::new("acme")];
        assert_eq!((told.from, told.to, told.items.len()), (hour(0), hour(5), 1));
        assert_eq!(told.items[&candidate("a")].first, hour(2));
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_once() {
        let mut showings = Showings { items_max: 1, ..Showings::default() };
        for at in 1..9 {
            showings.note(&digest("acme", at, vec![open("a"), open("b")]));
            showings.note(&digest("bolt", at, vec![open("c")]));
        }
        let not_remembered =
            |tenant: &str| showings.tenants[&TenantId::new(tenant)].not_remembered();
        assert_eq!((not_remembered("acme"), not_remembered("bolt")), (1, 1));
        let mut wide = open("wide");
        wide.place.hosts = (0..=NAMES_MAX).map(|n| format!("host{n}")).collect();
        let mut showings = Showings::default();
        showings.note(&digest("acme", 1, vec![wide]));
        assert_eq!(showings.tenants[&TenantId::new("acme")].not_remembered(), 1);
    }
}
