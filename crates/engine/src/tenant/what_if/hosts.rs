//! A spread → how many further hosts would lift it. The hosts are known ones that never had the
//! message, the latest to speak first.

use super::Subject;
use crate::attention::cell::HostIndex;
use crate::counterfactual::{Counterfactual, Happens};
use crate::discover::candidate::Candidate;
use crate::tenant::Tenant;
use model::{Band, Span, Timestamp};

/// Further hosts that are tried: the sixth adds nothing to a score.
const HOSTS_MAX: usize = 6;
/// How soon one further host follows another.
const HOST_EVERY: Span = Span::from_secs(10 * 60);
impl Subject<'_> {
    /// The smallest number of further hosts that lifts a spread, or that none of those would.
    pub(super) fn hosts(&self, candidate: &Candidate) -> Option<Counterfactual> {
        let ledger = &self.tenant.ledger;
        let has: Vec<HostIndex> =
            ledger.cells_of(self.signature).map(|cell| ledger[cell].host).collect();
        let all = (0..ledger.hosts.len() as u32).map(HostIndex);
        let mut free: Vec<HostIndex> = all.filter(|host| !has.contains(host)).collect();
        free.sort_by_key(|host| std::cmp::Reverse(ledger.hosts[host.0 as usize].last));
        free.truncate(HOSTS_MAX);
        // Later hosts would not join it.
        if self.now - candidate.onset > self.config.discover.spread_within.times(3) {
            return None;
        }
        for n in 1..=free.len() {
            let (band, until) = self.after_hosts(&free[..n])?;
            // What time alone brings is no matter of hosts.
            let mut idle = self.world();
            idle.advance(until);
            if idle.band() != self.band {
                return None;
            }
            let is_enough = band > self.band;
            if is_enough || (n == free.len() && band == self.band) {
                return Some(self.reached(&free[..n], until, band, is_enough));
            }
        }
        None
    }

    fn after_hosts(&self, hosts: &[HostIndex]) -> Option<(Band, Timestamp)> {
        let mut world = self.world();
        let mut last = self.now;
        for host in hosts {
            last = last + HOST_EVERY;
            let cell = world.new_cell(*host, last);
            world.see(cell, last, self.entities(self.signature));
        }
        let until = last.floor(Span::HOUR) + Span::HOUR;
        world.advance(until);
        (!world.unsure).then(|| (world.band(), until))
    }

    fn reached(
        &self,
        hosts: &[HostIndex],
        until: Timestamp,
        band: Band,
        is_enough: bool,
    ) -> Counterfactual {
        let Tenant { ledger, library, .. } = self.tenant;
        let name = |host: &HostIndex| ledger.hosts[host.0 as usize].name.clone();
        let happens = Happens::Hosts {
            hosts: hosts.iter().map(name).collect(),
            every: HOST_EVERY,
            signature: library.signature(self.signature).id,
            until,
            is_enough,
        };
        Counterfactual { happens, band }
    }
}
