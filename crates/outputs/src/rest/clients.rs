//! The tenants that callers may name. A caller whose token is for all of them could name a new one with every event, and
//! each costs memory for good: so there is a limit. Those that are known already are always served, and so are those
//! that a token names, for they stand in the settings.

use super::access::{Grant, Tenants};
use super::backing::Views;
use model::TenantId;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Those that were named so far.
#[derive(Debug)]
pub(crate) struct Clients {
    known: Mutex<BTreeSet<TenantId>>,
    most: Arc<AtomicUsize>,
}

impl Clients {
    /// At most so many, of which some are known.
    pub(crate) fn new(most: Arc<AtomicUsize>, known: &[TenantId]) -> Clients {
        Clients { known: Mutex::new(known.iter().cloned().collect()), most }
    }

    /// Whether events of this tenant are taken; if not, why.
    pub(crate) fn admit(
        &self,
        tenant: &TenantId,
        grant: &Grant,
        views: &dyn Views,
    ) -> Result<(), String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(tenant) {
            return Ok(());
        }
        // Of those that came by other ways the engine alone knows.
        known.extend(views.tenants());
        let most = self.most.load(Ordering::Relaxed);
        let is_named = matches!(grant.tenants, Tenants::Only(_));
        if is_named || known.contains(tenant) || known.len() < most {
            known.insert(tenant.clone());
            return Ok(());
        }
        Err(format!(
            "there are {} tenants, and no further one is taken in: name one of these, give the sender a token for its tenants, or raise `listen.clients_max`",
            known.len()
        ))
    }
}
