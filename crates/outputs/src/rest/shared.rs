//! What all requests share: the backing, the budgets and the counters.

use super::access::{Access, Peer, Rates, Scope};
use super::backing::{Api, Settings};
use super::body::{self, Budget, Coding, Held};
use super::clients::Clients;
use super::count::Count;
use super::problem::{Kind, Problem};
use super::{Grant, Tokens};
use axum::body::{Body, Bytes};
use axum::http::{Extensions, HeaderMap, Request};
use model::{TenantId, Timestamp};
use serde::de::DeserializeOwned;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// The state of the router.
pub(crate) struct Shared {
    pub(crate) api: Api,
    pub(crate) access: Access,
    pub(crate) requests: Rates,
    pub(crate) events: Rates,
    pub(crate) budget: Arc<Budget>,
    pub(crate) questions: Arc<Semaphore>,
    pub(crate) count: Count,
    pub(crate) clients: Clients,
}

impl Shared {
    pub(crate) fn new(api: Api) -> Shared {
        let Settings { anonymous, limits, .. } = &api.settings;
        let tokens: Arc<dyn Tokens> = Arc::clone(&api.tokens);
        Shared {
            access: Access::new(tokens, *anonymous),
            requests: Rates::new(limits.requests, "requests"),
            events: Rates::new(limits.events, "events"),
            budget: Arc::default(),
            questions: Arc::new(Semaphore::new(limits.questions_max)),
            count: Count::default(),
            clients: Clients::new(Arc::clone(&api.settings.tenants_max), &api.settings.tenants),
            api,
        }
    }

    /// Whether what comes with a token is taken for a tenant; if not, why.
    pub(crate) fn admits<'a>(
        &'a self,
        grant: &'a Grant,
    ) -> impl Fn(&TenantId) -> Result<(), String> + Sync + 'a {
        |tenant| self.clients.admit(tenant, grant, &*self.api.views)
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.api.clock)()
    }

    /// Who asks, if they may do this now.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
        scope: Scope,
    ) -> Result<Arc<Grant>, Problem> {
        let grant = self.access.check(headers, peer(extensions), scope)?;
        self.requests.take(&grant.name, 1, Instant::now())?;
        Ok(grant)
    }

    /// The body that was sent, decompressed. `undecoded` is told of one that cannot be.
    pub(crate) async fn body(
        &self,
        headers: &HeaderMap,
        body: Body,
        undecoded: impl FnOnce(&Problem, Coding, &[u8]),
    ) -> Result<(Bytes, Held), Problem> {
        let limits = &self.api.settings.limits;
        let coding = body::coding(headers)?;
        let (bytes, mut held) =
            body::read(headers, body, limits, limits.body_bytes_max, &self.budget).await?;
        let most = limits.decompressed_bytes_max;
        let plain = body::plain(bytes.clone(), coding, most, &mut held);
        let plain = plain.inspect_err(|problem| undecoded(problem, coding, &bytes))?;
        Ok((plain, held))
    }

    /// Who asks, and what they ask, as JSON.
    pub(crate) async fn question<T: DeserializeOwned>(
        &self,
        request: Request<Body>,
        scope: Scope,
    ) -> Result<(Arc<Grant>, T), Problem> {
        let (head, body) = request.into_parts();
        let grant = self.check(&head.headers, &head.extensions, scope)?;
        body::must_be_json(&head.headers)?;
        let limits = &self.api.settings.limits;
        let coding = body::coding(&head.headers)?;
        let most = QUESTION_BYTES_MAX;
        let (bytes, mut held) = body::read(&head.headers, body, limits, most, &self.budget).await?;
        let bytes = body::plain(bytes, coding, most, &mut held)?;
        // Without this an array would do as well, its values taken for the fields in order.
        if bytes.trim_ascii_start().first().is_some_and(|first| *first != b'{')
            && serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok()
        {
            return Err(Problem::new(Kind::Invalid, "the body is not a JSON object"));
        }
        let question = serde_json::from_slice(&bytes).map_err(|error| {
            let kind = if error.is_data() { Kind::Invalid } else { Kind::BadBody };
            Problem::new(kind, crate::safe::clip(&error.to_string(), 300))
        })?;
        Ok((grant, question))
    }

    /// Who asks, and what they ask, as parameters of the address.
    pub(crate) fn parameters<T: DeserializeOwned>(
        &self,
        request: &Request<Body>,
        scope: Scope,
    ) -> Result<(Arc<Grant>, T), Problem> {
        let grant = self.check(request.headers(), request.extensions(), scope)?;
        Ok((grant, super::query::read(request.uri().query())?))
    }

    /// Asks something that may block, on a thread of its own; a few at a time.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Api) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let late = || {
            Problem::new(Kind::Unavailable, "there was no answer in time: ask for less, or later")
                .retry_after(5)
        };
        let asked = async {
            let permit = Arc::clone(&self.questions).acquire_owned().await.map_err(|_| late())?;
            let shared = Arc::clone(self);
            let answer = tokio::task::spawn_blocking(move || {
                let _permit = permit; // until it has ended, also where nobody waits any more
                question(&shared.api)
            });
            answer.await.map_err(|_| {
                Problem::new(Kind::Unavailable, "the question could not be answered: ask again")
                    .retry_after(5)
            })?
        };
        let limit = self.api.settings.limits.answer_wait;
        tokio::time::timeout(limit, asked).await.map_err(|_| late())?
    }
}

/// No question needs more.
const QUESTION_BYTES_MAX: usize = 64 << 10;

/// The other end of the connection. Where nobody set it, it is nobody's: an address that is not local.
pub(crate) fn peer(extensions: &Extensions) -> Peer {
    let nobody = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    extensions.get().copied().unwrap_or(Peer(nobody))
}
