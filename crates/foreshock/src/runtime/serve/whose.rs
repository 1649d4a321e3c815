//! Settings → whose the records of a listener are: by listener, by the sender's network, by a field of the message.

use crate::config::Service;
use sources::inlet::{Tenancy, TenantField};
use std::net::SocketAddr;

/// Whose what comes in at an address is.
pub(super) fn tenancy(settings: &Service, address: Option<&SocketAddr>) -> Tenancy {
    let owner = address.and_then(|address| {
        settings.clients.iter().find(|client| client.listeners.contains(address))
    });
    // Who sends to a client's own listener is that client, whatever else is said.
    if let Some(owner) = owner {
        return Tenancy::of(owner.name.clone());
    }
    let field = settings.client_field.as_ref().map(|name| {
        let values = settings.clients.iter().flat_map(|client| {
            let named = std::iter::once(client.name.as_str().to_owned());
            let values = named.chain(client.field_values.iter().cloned());
            values.map(|value| (value, client.name.clone()))
        });
        TenantField::new(name, values)
    });
    Tenancy { networks: settings.networks.clone(), field, ..Tenancy::of(settings.tenant.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Client;
    use model::TenantId;

    #[test]
    fn a_listener_a_network_or_the_rest() {
        let (own, shared) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        let acme = TenantId::new("acme");
        let client = Client {
            name: acme.clone(),
            digest_at: None,
            listeners: vec![own],
            field_values: vec!["acme-gmbh".into()],
        };
        let network = ("192.0.2.0/24".parse().unwrap(), TenantId::new("beta"));
        let settings = Service {
            clients: vec![client],
            networks: vec![network],
            client_field: Some("tenant".into()),
            ..Service::default()
        };
        let peer = Some("192.0.2.7".parse().unwrap());
        let of_own = tenancy(&settings, Some(&own));
        assert!(of_own.of_peer(peer) == &acme && of_own.field.is_none());
        let of_shared = tenancy(&settings, Some(&shared));
        assert_eq!(of_shared.of_peer(peer).as_str(), "beta");
        assert_eq!(of_shared.of_peer(None), &settings.tenant);
        assert!(of_shared.field.is_some());
    }
}
