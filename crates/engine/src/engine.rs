//! The engine: sightings in, changes and digests out. It holds one [`Tenant`] per client, keeps
//! them apart, and reads no clock: time is what the sightings and ticks say it is.

use crate::config::Config;
use crate::sighting::Sighting;
use crate::snapshot::{self, SnapshotError};
use crate::tenant::Tenant;
use model::{CandidateId, Change, Digest, Span, TenantId, Timestamp};
use std::collections::BTreeMap;

/// All tenants, each with a state that is a fold over its own sightings.
pub struct Engine {
    config: Config,
    tenants: BTreeMap<TenantId, Tenant>,
}

impl Engine {
    /// An engine that has seen nothing.
    pub fn new(config: Config) -> Engine {
        Engine { config, tenants: BTreeMap::new() }
    }

    /// Takes in one sighting of a tenant; what follows from it is appended to `changes`.
    pub fn observe(
        &mut self,
        tenant: &TenantId,
        sighting: &Sighting<'_>,
        changes: &mut Vec<Change>,
    ) {
        if !self.tenants.contains_key(tenant) {
            let state = Tenant::new(tenant.clone(), &self.config);
            self.tenants.insert(tenant.clone(), state);
        }
        if let Some(state) = self.tenants.get_mut(tenant) {
            state.observe(sighting, &self.config, changes);
        }
    }

    /// Says that it is `now`, for what only time can show.
    pub fn tick(&mut self, now: Timestamp, changes: &mut Vec<Change>) {
        for tenant in self.tenants.values_mut() {
            tenant.tick(now, &self.config, changes);
        }
    }

    /// The tenants, in order of their names.
    pub fn tenants(&self) -> impl Iterator<Item = (&TenantId, &Tenant)> {
        self.tenants.iter()
    }

    /// One tenant.
    pub fn tenant(&self, id: &TenantId) -> Option<&Tenant> {
        self.tenants.get(id)
    }

    /// The digest of one tenant as of `as_of`.
    pub fn digest(&self, tenant: &TenantId, as_of: Timestamp, since: Timestamp) -> Option<Digest> {
        let state = self.tenants.get(tenant)?;
        let mut digest = state.digest(as_of, since, &self.config);
        for item in &mut digest.items {
            let others = self.others(state, item.candidate_id, as_of);
            if others > 0 {
                let clients = if others == 1 { "client" } else { "clients" };
                item.why.push(format!(
                    "the same kind of message is told of at {others} other {clients} in these two weeks"
                ));
            }
        }
        Some(digest)
    }

    /// Notes what a digest told, so that the next one can say what became of it. Changes what is said, never
    /// what is found or shown.
    pub fn told(&mut self, digest: &Digest) {
        if let Some(state) = self.tenants.get_mut(&digest.tenant_id) {
            state.told(digest, &self.config);
        }
    }

    /// At how many other tenants the message that leads a candidate is told of too. A number only: no
    /// client's name or text reaches another.
    fn others(&self, state: &Tenant, candidate: CandidateId, as_of: Timestamp) -> usize {
        let Some(lead) = state.lead_of(candidate) else {
            return 0;
        };
        let since = as_of - Span::DAY.times(14);
        let others = self.tenants.values().filter(|other| other.id() != state.id());
        others.filter(|other| other.tells_of(lead, since)).count()
    }

    /// All that is known, in bytes: equal states give equal bytes. What a lane still holds back is no
    /// part of it: flush the lanes first, or read their sources again from there.
    pub fn snapshot(&self) -> Vec<u8> {
        snapshot::write(&self.tenants)
    }

    /// The engine that [`Engine::snapshot`] wrote down, under a configuration that may be another.
    ///
    /// # Errors
    /// If the bytes are no snapshot, are damaged, or are of another format: then the records are to
    /// be read again.
    pub fn restore(bytes: &[u8], config: Config) -> Result<Engine, SnapshotError> {
        let mut tenants = snapshot::read(bytes)?;
        tenants.values_mut().for_each(|tenant| tenant.restored(&config));
        Ok(Engine { config, tenants })
    }

    /// What was asked for.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
