//! Headers and the peer's address → who asks, and what they may do.
//!
//! A token comes as `X-API-Token: T` or `Authorization: Bearer T`. Without one, only programs on this machine are
//! served, and only where the settings say so. A proxy on this machine, or a page in a browser on it, speaks for somebody
//! else: what they pass on is not taken for local.

mod rate;
mod token;

pub use rate::Rate;
pub(crate) use rate::Rates;
pub use token::{
    Grant, Scope, TOKEN_BYTES_MAX, TOKEN_BYTES_MIN, Tenants, TokenError, TokenHash, TokenList,
    Tokens,
};

use super::problem::{Kind, Problem};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, FORWARDED, HOST, ORIGIN};
use model::TenantId;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Whom to serve without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anonymous {
    /// Nobody.
    Never,
    /// Programs on this machine.
    #[default]
    Loopback,
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Decides who may do what.
pub(crate) struct Access {
    pub(crate) tokens: Arc<dyn Tokens>,
    pub(crate) anonymous: Anonymous,
    /// What programs on this machine may do without a token.
    pub(crate) local: Arc<Grant>,
}

impl Access {
    pub(crate) fn new(tokens: Arc<dyn Tokens>, anonymous: Anonymous) -> Access {
        let local = Grant {
            name: "local".into(),
            scopes: vec![Scope::Ingest, Scope::Read, Scope::Review],
            tenants: Tenants::All,
        };
        Access { tokens, anonymous, local: Arc::new(local) }
    }

    /// Who asks, if they may do this.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        peer: Peer,
        scope: Scope,
    ) -> Result<Arc<Grant>, Problem> {
        let grant = match token(headers)? {
            Some(token) => {
                TokenHash::of(token).ok().and_then(|hash| self.tokens.grant(&hash)).ok_or_else(
                    || unauthorized("the token is not known: check it, or ask for a new one"),
                )?
            }
            None => self.without_token(headers, peer)?,
        };
        if !grant.allows(scope) {
            let detail = format!(
                "the token `{}` lacks the scope `{}`: use another one, or add the scope in the settings",
                grant.name,
                scope.word()
            );
            return Err(Problem::new(Kind::Forbidden, detail));
        }
        Ok(grant)
    }

    fn without_token(&self, headers: &HeaderMap, peer: Peer) -> Result<Arc<Grant>, Problem> {
        const NEEDED: &str = "send a token as `X-API-Token: …` or `Authorization: Bearer …`";
        if self.anonymous == Anonymous::Never || !peer.0.ip().to_canonical().is_loopback() {
            return Err(unauthorized(NEEDED));
        }
        let passed_on = [FORWARDED.as_str(), "x-forwarded-for", "x-real-ip", "via"];
        if passed_on.iter().any(|name| headers.contains_key(*name)) {
            return Err(unauthorized(&format!(
                "a proxy passed this on, so it is not local: {NEEDED}"
            )));
        }
        // A page in a browser on this machine: it names its own site, or reached us by a name of its own.
        if headers.contains_key(ORIGIN) || !names_this_machine(headers) {
            return Err(unauthorized(&format!("a web page asks, so it is not local: {NEEDED}")));
        }
        Ok(Arc::clone(&self.local))
    }
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(Kind::Unauthorized, detail)
}

/// The token that came, by whichever header.
fn token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let unreadable = |_| unauthorized("the token holds characters that no token has");
    if let Some(value) = headers.get("x-api-token") {
        return value.to_str().map(|token| Some(token.trim())).map_err(unreadable);
    }
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let value = value.to_str().map_err(unreadable)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    match scheme.eq_ignore_ascii_case("bearer") {
        true => Ok(Some(token.trim())),
        false => Err(unauthorized("only `Authorization: Bearer …` is understood")),
    }
}

/// Whether the request was sent to this machine by an address, or by its own name for itself.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST) else {
        return true; // HTTP/1.0; no browser leaves it out
    };
    let Ok(host) = host.to_str() else {
        return false;
    };
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

impl Grant {
    /// The tenant that a request of this caller is about: the one that it names, or the only one there is.
    /// `None` means all of them.
    pub(crate) fn tenant(&self, named: Option<&str>) -> Result<Option<TenantId>, Problem> {
        let most = super::few::VALUE_CHARS_MAX;
        match (named, &self.tenants) {
            (Some(name), _) if !super::few::is_value(name) => {
                Err(Problem::new(Kind::Invalid, format!("`tenant_id` has 1 to {most} characters")))
            }
            (Some(name), _) if self.covers(name) => Ok(Some(TenantId::new(name))),
            (Some(name), _) => Err(self.not_of(name)),
            (None, Tenants::All) => Ok(None),
            (None, Tenants::Only(some)) => match some.as_slice() {
                [one] => Ok(Some(one.clone())),
                _ => {
                    let detail =
                        "`tenant_id` is missing, and the token is for several tenants: name one";
                    Err(Problem::new(Kind::Invalid, detail))
                }
            },
        }
    }

    pub(crate) fn not_of(&self, tenant: &str) -> Problem {
        let detail = format!("the token `{}` is not for the tenant `{tenant}`", self.name);
        Problem::new(Kind::Forbidden, detail).foreign()
    }
}
