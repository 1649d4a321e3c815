//! The engine: sightings in, changes and digests out. It holds one [`Tenant`] per client, keeps
//! them apart but for numbers, and reads no clock: time is what the sightings and ticks say it is.

use crate::config::Config;
use crate::elsewhere::{self, Clients, Elsewhere, Stir};
use crate::sighting::Sighting;
use crate::signature::SignatureIndex;
use crate::snapshot::{self, SnapshotError};
use crate::tenant::Tenant;
use model::{CandidateId, Change, Digest, Span, TenantId, Timestamp};
use std::collections::BTreeMap;

/// All tenants, each with a state that is a fold over its own sightings.
pub struct Engine {
    config: Config,
    tenants: BTreeMap<TenantId, Tenant>,
    elsewhere: Elsewhere,
}

impl Engine {
    /// An engine that has seen nothing.
    pub fn new(config: Config) -> Engine {
        Engine { config, tenants: BTreeMap::new(), elsewhere: Elsewhere::default() }
    }

    /// Takes in one sighting of a tenant; what follows from it is appended to `changes`. Tells which kind of
    /// message of this tenant it is.
    pub fn observe(
        &mut self,
        tenant: &TenantId,
        sighting: &Sighting<'_>,
        changes: &mut Vec<Change>,
    ) -> SignatureIndex {
        if !self.tenants.contains_key(tenant) {
            let state = Tenant::new(tenant.clone(), &self.config);
            self.tenants.insert(tenant.clone(), state);
        }
        let known = changes.len();
        let state = self.tenants.get_mut(tenant);
        let index = state.map(|state| state.observe(sighting, &self.config, changes));
        self.pass_on(known, changes);
        // It was put there above.
        index.unwrap_or_default()
    }

    /// Says that it is `now`, for what only time can show.
    pub fn tick(&mut self, now: Timestamp, changes: &mut Vec<Change>) {
        let known = changes.len();
        for tenant in self.tenants.values_mut() {
            tenant.tick(now, &self.config, changes);
        }
        self.pass_on(known, changes);
    }

    /// Says to one tenant alone that it is `now`: its own records may be all that tells the time.
    pub fn tick_one(&mut self, tenant: &TenantId, now: Timestamp, changes: &mut Vec<Change>) {
        let known = changes.len();
        if let Some(tenant) = self.tenants.get_mut(tenant) {
            tenant.tick(now, &self.config, changes);
        }
        self.pass_on(known, changes);
    }

    /// Lets the others learn, in numbers, of what is new or rises at one client: the changes from `known`
    /// on. What follows is appended, and passed on no further.
    fn pass_on(&mut self, known: usize, changes: &mut Vec<Change>) {
        if self.tenants.len() < 2 || changes.len() == known {
            return;
        }
        let stirs: Vec<Stir> = changes[known..].iter().filter_map(Stir::of).collect();
        for stir in stirs {
            let Some(tenant) = self.tenants.get_mut(&stir.tenant) else { continue };
            if !stir.is_new && !tenant.rises(stir.signature) {
                continue;
            }
            let takes_part = elsewhere::takes_part(tenant.known_since(), stir.at, &self.config);
            if takes_part {
                tenant.asked_of_others();
            }
            let clients = self.clients(stir.at);
            let at = stir.at;
            for told in self.elsewhere.hear(stir, &clients, &self.config) {
                for id in &told.tenants {
                    let Some(tenant) = self.tenants.get_mut(id) else { continue };
                    tenant.asked_of_others();
                    tenant.tick(at, &self.config, changes);
                    tenant.hear_of_others(told.signature, told.found, &self.config, changes);
                }
            }
        }
    }

    /// The clients that are known for long enough, and since when.
    fn clients(&self, now: Timestamp) -> Clients {
        let known = self.tenants.iter().filter_map(|(id, state)| {
            let since = state.known_since();
            elsewhere::takes_part(since, now, &self.config).then(|| (id.clone(), since))
        });
        known.collect()
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
            // Where its own evidence says at how many, that is said once.
            let is_told =
                state.stories.find(item.candidate_id).is_some_and(|c| c.clients.is_some());
            if others > 0 && !is_told {
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
        snapshot::write(&self.tenants, &self.elsewhere)
    }

    /// The engine that [`Engine::snapshot`] wrote down, under a configuration that may be another.
    ///
    /// # Errors
    /// If the bytes are no snapshot, are damaged, or are of another format: then the records are to
    /// be read again.
    pub fn restore(bytes: &[u8], config: Config) -> Result<Engine, SnapshotError> {
        let (mut tenants, elsewhere) = snapshot::read(bytes)?;
        tenants.values_mut().for_each(|tenant| tenant.restored(&config));
        Ok(Engine { config, tenants, elsewhere })
    }

    /// What was asked for.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
