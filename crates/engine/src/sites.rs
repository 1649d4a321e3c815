//! Which site a host belongs to, by rules of the configuration: a host name → the first site of which a
//! pattern fits it. A site is what shares a line, a power feed, a switch: trouble that keeps to one,
//! or goes from one to the next, says where to look.

use crate::criticality::Pattern;
use model::TenantId;

/// A site's place in its tenant's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteIndex(u16);

impl SiteIndex {
    /// The place in the list.
    pub fn at(self) -> usize {
        usize::from(self.0)
    }
}

/// Sites that can be told apart; a settings file with more is refused.
pub const SITES_MAX: usize = 1_000;

/// A site and the hosts that stand there.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// What people call it.
    pub name: String,
    /// Which hosts: `ber-*`; of one client only: `acme/ber-*`.
    pub hosts: Vec<Pattern>,
}

/// The sites as one tenant's hosts see them: patterns that name a tenant are its own or fall away.
pub fn of_tenant(sites: &[Site], tenant: &TenantId) -> Vec<Site> {
    let own = |pattern: &Pattern| match pattern.as_str().split_once('/') {
        Some((of, host)) => Pattern::new(of).fits(tenant.as_str()).then(|| Pattern::new(host)),
        None => Some(pattern.clone()),
    };
    let site = |site: &Site| Site {
        name: site.name.clone(),
        hosts: site.hosts.iter().filter_map(own).collect(),
    };
    sites.iter().take(SITES_MAX).map(site).filter(|site| !site.hosts.is_empty()).collect()
}

/// The site of a host: the first that fits, if one does.
pub fn of_host(sites: &[Site], host: &str) -> Option<SiteIndex> {
    let fits = |site: &Site| site.hosts.iter().any(|pattern| pattern.fits(host));
    sites.iter().position(fits).and_then(|at| u16::try_from(at).ok()).map(SiteIndex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str, hosts: &[&str]) -> Site {
        let hosts = hosts.iter().map(|text| Pattern::new(text)).collect();
        Site { name: name.to_owned(), hosts }
    }

    #[test]
    fn the_first_site_that_fits_has_the_host() {
        let sites = [site("berlin", &["ber-*", "gw1"]), site("rest", &["*1"])];
        let name = |host| of_host(&sites, host).map(|found| sites[found.at()].name.as_str());
        assert_eq!(name("BER-db1"), Some("berlin"));
        assert_eq!(name("gw1"), Some("berlin"));
        assert_eq!(name("db1"), Some("rest"));
        assert_eq!(name("db2"), None);
    }

    #[test]
    fn a_pattern_may_be_of_one_client_only() {
        let sites = [site("berlin", &["acme/dc*"]), site("oslo", &["dc1", "b*/dc2"])];
        let acme = of_tenant(&sites, &TenantId::new("acme"));
        let bolt = of_tenant(&sites, &TenantId::new("bolt"));
        assert_eq!(acme, [site("berlin", &["dc*"]), site("oslo", &["dc1"])]);
        assert_eq!(bolt, [site("oslo", &["dc1", "dc2"])]);
    }
}
