//! What a reload of the settings changes while the service runs. All else is read at the start only.

use super::fold::DigestTimes;
use super::house::Retention;
use crate::config::Service;
use anyhow::ensure;
use model::TenantId;
use outputs::rest::{Grant, TENANTS_MAX, Tenants, TokenHash, TokenList, Tokens};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Tokens that can be replaced.
#[derive(Debug, Default)]
pub(super) struct LiveTokens(RwLock<Arc<TokenList>>);

impl Tokens for LiveTokens {
    fn grant(&self, token: &TokenHash) -> Option<Arc<Grant>> {
        let list = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        list.grant(token)
    }
}

impl LiveTokens {
    /// Whose is what comes with the token of this name, if it is for one client only.
    pub(super) fn owner(&self, name: &str) -> Option<TenantId> {
        let list = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        let mut of_name = list.0.iter().filter(|(_, grant)| grant.name == name);
        match (&of_name.next()?.1.tenants, of_name.next()) {
            (Tenants::Only(some), None) if some.len() == 1 => some.first().cloned(),
            _ => None,
        }
    }
}

/// Shared by those who use them and who reads the settings again.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) tokens: Arc<LiveTokens>,
    pub(super) tenants_max: Arc<AtomicUsize>,
    pub(super) retention: Arc<Mutex<Retention>>,
}

impl Live {
    pub(super) fn new(settings: &Service) -> Live {
        Live {
            tokens: Arc::default(),
            tenants_max: Arc::new(AtomicUsize::new(TENANTS_MAX)),
            retention: Arc::new(Mutex::new(settings.retention)),
        }
    }

    /// Takes the settings up.
    pub(super) fn set(&self, settings: &Service, tokens: TokenList) {
        *self.tokens.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tokens);
        self.tenants_max.store(settings.clients_max, Ordering::Relaxed);
        *self.retention.lock().unwrap_or_else(PoisonError::into_inner) = settings.retention;
    }
}

/// The tokens that the settings name; `http` is where the API listens, if it does.
///
/// # Errors
/// If their file is wrong, or other machines could reach the API without one.
pub(super) fn tokens(settings: &Service, http: Option<SocketAddr>) -> anyhow::Result<TokenList> {
    let tokens = settings.tokens.as_deref().map(super::tokens).transpose()?.unwrap_or_default();
    if let Some(address) = http {
        ensure!(
            address.ip().is_loopback() || !tokens.0.is_empty(),
            "http listens on {address}, which other machines reach, and there are no tokens: name a file as `listen.tokens`, make one with `{}`, or listen on 127.0.0.1",
            super::TOKEN_NEW
        );
    }
    Ok(tokens)
}

impl DigestTimes {
    /// As the settings have them.
    pub(crate) fn of_settings(settings: &Service) -> DigestTimes {
        let own = settings.clients.iter();
        let of = own.filter_map(|client| Some((client.name.clone(), client.digest_at.clone()?)));
        DigestTimes { at: settings.digest_at.clone(), of: of.collect() }
    }
}
