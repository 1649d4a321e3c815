//! Who delivered a record, and what it says → the client it belongs to: by listener, by the sender's network, or by
//! a field of the message where that is asked for. A field can only choose among clients that were named for it, so
//! no sender reaches one that it was not given.

use ipnet::IpNet;
use memchr::memmem::Finder;
use model::{Origin, SourceId, TenantId, Transport};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// A field is looked for in so many bytes of a message.
const FIELD_WITHIN_BYTES: usize = 4 << 10;
/// Longer values are no client's name.
const VALUE_BYTES_MAX: usize = 128;

/// A field that names the client: `name="value"`, `name=value` or `"name":"value"`.
#[derive(Debug, Clone)]
pub struct TenantField {
    name: String,
    finder: Finder<'static>,
    tenants: HashMap<String, TenantId>,
}

impl TenantField {
    /// A field, and which client each of its values means. Other values mean nothing.
    pub fn new(name: &str, tenants: impl IntoIterator<Item = (String, TenantId)>) -> TenantField {
        TenantField {
            name: name.to_owned(),
            finder: Finder::new(name.as_bytes()).into_owned(),
            tenants: tenants.into_iter().collect(),
        }
    }

    fn tenant(&self, message: &[u8]) -> Option<&TenantId> {
        let head = &message[..message.len().min(FIELD_WITHIN_BYTES)];
        let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        self.finder.find_iter(head).find_map(|at| {
            if at > 0 && is_word(head[at - 1]) {
                return None;
            }
            self.tenants.get(value(&head[at + self.name.len()..])?)
        })
    }
}

/// The value behind a field's name.
fn value(behind: &[u8]) -> Option<&str> {
    let behind = behind.strip_prefix(b"\"").unwrap_or(behind).trim_ascii_start();
    let behind = behind.strip_prefix(b"=").or_else(|| behind.strip_prefix(b":"))?;
    let behind = behind.trim_ascii_start();
    let (quoted, behind) = match behind.strip_prefix(b"\"") {
        Some(inside) => (true, inside),
        None => (false, behind),
    };
    let window = &behind[..behind.len().min(VALUE_BYTES_MAX + 1)];
    let is_end = |b: &u8| match quoted {
        true => *b == b'"',
        false => b.is_ascii_whitespace() || matches!(b, b',' | b';' | b']' | b'}'),
    };
    let end = match window.iter().position(is_end) {
        Some(end) => end,
        None if !quoted && window.len() <= VALUE_BYTES_MAX => window.len(),
        None => return None,
    };
    std::str::from_utf8(&window[..end]).ok()
}

/// How a source's records find their client.
#[derive(Debug, Clone)]
pub struct Tenancy {
    /// The listener's client: of whoever the other rules do not name.
    pub default: TenantId,
    /// Clients by the network of the sender; of several that hold an address the narrowest counts.
    pub networks: Vec<(IpNet, TenantId)>,
    /// Client by a field of the message; before all else.
    pub field: Option<TenantField>,
}

impl Tenancy {
    /// All records belong to one client.
    pub fn of(tenant: TenantId) -> Tenancy {
        Tenancy { default: tenant, networks: Vec::new(), field: None }
    }

    /// The client of a sender.
    pub fn of_peer(&self, peer: Option<IpAddr>) -> &TenantId {
        let Some(peer) = peer.map(|ip| ip.to_canonical()) else { return &self.default };
        let holding = self.networks.iter().filter(|(network, _)| network.contains(&peer));
        let narrowest = holding.max_by_key(|(network, _)| network.prefix_len());
        narrowest.map_or(&self.default, |(_, tenant)| tenant)
    }
}

/// A [`Tenancy`] that can be replaced while receivers run. Connections that are open keep the client that they had.
#[derive(Debug, Clone)]
pub struct Whose(Arc<Replaceable>);

#[derive(Debug)]
struct Replaceable {
    /// Rises with each replacement.
    generation: AtomicU64,
    current: RwLock<Arc<Tenancy>>,
}

impl From<Tenancy> for Whose {
    fn from(tenancy: Tenancy) -> Whose {
        let current = RwLock::new(Arc::new(tenancy));
        Whose(Arc::new(Replaceable { generation: AtomicU64::new(0), current }))
    }
}

impl Whose {
    /// Holds from now on.
    pub fn replace(&self, tenancy: Tenancy) {
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tenancy);
        self.0.generation.fetch_add(1, Ordering::Release);
    }

    fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    fn current(&self) -> Arc<Tenancy> {
        Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The origins of one source, one for each client.
#[derive(Debug)]
pub(crate) struct Origins {
    name: String,
    source_type: &'static str,
    transport: Transport,
    whose: Whose,
    /// As it was in this generation.
    tenancy: Arc<Tenancy>,
    generation: u64,
    of_tenants: HashMap<TenantId, Arc<Origin>>,
}

impl Origins {
    pub(crate) fn new(
        name: &str,
        source_type: &'static str,
        transport: Transport,
        whose: impl Into<Whose>,
    ) -> Origins {
        let (name, whose) = (name.to_owned(), whose.into());
        let (generation, tenancy) = (whose.generation(), whose.current());
        let of_tenants = HashMap::new();
        Origins { name, source_type, transport, whose, tenancy, generation, of_tenants }
    }

    /// Takes up a tenancy that has replaced the one before; whether there was one.
    pub(crate) fn look(&mut self) -> bool {
        let generation = self.whose.generation();
        let is_new = generation != self.generation;
        if is_new {
            (self.generation, self.tenancy) = (generation, self.whose.current());
        }
        is_new
    }

    /// The origin of what a sender delivers, as long as no field says otherwise.
    pub(crate) fn of_peer(&mut self, peer: Option<IpAddr>) -> Arc<Origin> {
        self.look();
        let tenant = self.tenancy.of_peer(peer).clone();
        self.of_tenant(tenant)
    }

    /// Whether messages have to be looked into.
    pub(crate) fn looks_into_messages(&mut self) -> bool {
        self.look();
        self.tenancy.field.is_some()
    }

    /// The origin that a message's field names, if it does.
    pub(crate) fn of_message(&mut self, message: &[u8]) -> Option<Arc<Origin>> {
        let tenant = self.tenancy.field.as_ref()?.tenant(message)?.clone();
        Some(self.of_tenant(tenant))
    }

    fn of_tenant(&mut self, tenant: TenantId) -> Arc<Origin> {
        let (name, source_type, transport) = (&self.name, self.source_type, self.transport);
        let origin = self.of_tenants.entry(tenant).or_insert_with_key(|tenant| {
            Arc::new(Origin {
                source_id: SourceId::new(name.as_str()),
                tenant_id: tenant.clone(),
                source_type: source_type.to_owned(),
                source_name: name.clone(),
                transport,
            })
        });
        Arc::clone(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name)
    }

    #[test]
    fn the_narrowest_network_counts() {
        let networks = [("10.0.0.0/8", "a"), ("10.1.0.0/16", "b"), ("2001:db8::/32", "c")];
        let networks =
            networks.map(|(net, name)| (net.parse::<IpNet>().expect("a network"), tenant(name)));
        let tenancy = Tenancy { networks: networks.to_vec(), ..Tenancy::of(tenant("rest")) };
        for (peer, name) in [
            ("10.2.3.4", "a"),
            ("10.1.3.4", "b"),
            ("::ffff:10.1.3.4", "b"),
            ("2001:db8::1", "c"),
            ("192.0.2.1", "rest"),
        ] {
            let peer = peer.parse().expect("an address");
            assert_eq!(tenancy.of_peer(Some(peer)), &tenant(name), "{peer}");
        }
        assert_eq!(tenancy.of_peer(None), &tenant("rest"));
    }

    #[test]
    fn what_replaces_it_holds_for_the_next_record() {
        let whose = Whose::from(Tenancy::of(tenant("a")));
        let mut origins = Origins::new("s", "syslog", Transport::Udp, whose.clone());
        assert_eq!(origins.of_peer(None).tenant_id, tenant("a"));
        whose.replace(Tenancy::of(tenant("b")));
        assert_eq!(origins.of_peer(None).tenant_id, tenant("b"));
        assert!(!origins.looks_into_messages());
        let field = Some(TenantField::new("tenant", []));
        whose.replace(Tenancy { field, ..Tenancy::of(tenant("b")) });
        assert!(origins.looks_into_messages());
    }

    #[test]
    fn a_field_names_only_clients_that_it_may() {
        let pairs = [("acme".to_owned(), tenant("acme")), ("a b".to_owned(), tenant("ab"))];
        let field = TenantField::new("tenant", pairs);
        for (message, expected) in [
            (&b"<13>1 - h a - - [x tenant=\"acme\"] t"[..], Some("acme")),
            (b"{\"tenant\": \"acme\", \"m\":1}", Some("acme")),
            (b"k=v tenant=acme", Some("acme")),
            (b"tenant=acme, x", Some("acme")),
            (b"tenant=\"a b\"", Some("ab")),
            (b"subtenant=acme", None),
            (b"subtenant=x tenant=acme", Some("acme")),
            (b"tenant=other", None),
            (b"tenant=\"acme", None),
            (b"tenant", None),
            (b"", None),
        ] {
            let found = field.tenant(message).cloned();
            assert_eq!(found, expected.map(tenant), "{}", String::from_utf8_lossy(message));
        }
        let far = [b"x".repeat(FIELD_WITHIN_BYTES), b" tenant=acme".to_vec()].concat();
        assert_eq!(field.tenant(&far), None);
    }
}
