//! What must fit together over all layers: addresses, networks and fields that are one client's each. What is wrong, each
//! with its setting and a remedy.

use super::clients::{CLIENT, Client};
use super::service::Service;
use std::net::SocketAddr;

/// The setting, and what is wrong.
type Told = (&'static str, String);

impl Service {
    /// What does not fit together.
    pub(super) fn disagreements(&self) -> Vec<Told> {
        let mut told = Vec::new();
        self.same_addresses(&mut told);
        for (at, client) in self.clients.iter().enumerate() {
            self.listeners(client, &self.clients[..at], &mut told);
            values(client, &self.clients, &self.clients[..at], &mut told);
        }
        self.same_networks(&mut told);
        if !self.syslog_tls.is_empty() && (self.tls.certificate.is_none() || self.tls.key.is_none())
        {
            told.push(("listen.syslog_tls", "listen.syslog_tls wants a certificate: name listen.tls_certificate and listen.tls_key".to_owned()));
        }
        if self.tls.client_required && self.tls.client_authority.is_none() {
            told.push(("listen.tls_client_required", "listen.tls_client_required wants the authorities of senders: name listen.tls_client_authority".to_owned()));
        }
        told
    }

    /// Two listeners cannot have one address.
    fn same_addresses(&self, told: &mut Vec<Told>) {
        let of = |key, list: &[SocketAddr]| list.iter().map(|one| (key, *one)).collect::<Vec<_>>();
        let http: Vec<SocketAddr> = self.http.into_iter().collect();
        let tcp = [
            of("listen.syslog_tcp", &self.syslog_tcp),
            of("listen.syslog_tls", &self.syslog_tls),
            of("listen.http", &http),
        ];
        for all in [tcp.concat(), of("listen.syslog_udp", &self.syslog_udp)] {
            for (at, (key, address)) in all.iter().enumerate() {
                let other = all[..at].iter().find(|(_, other)| is_one_place(address, other));
                if let Some((other, its)) = other {
                    let with = match its == address {
                        true => format!("{other} has it already"),
                        false => format!("{other} listens on {its}, which holds it already"),
                    };
                    told.push((
                        key,
                        format!("{key} cannot listen on {address}, for {with}: name another port"),
                    ));
                }
            }
        }
    }

    fn listeners(&self, client: &Client, before: &[Client], told: &mut Vec<Told>) {
        let all = [&self.syslog_tcp, &self.syslog_udp, &self.syslog_tls];
        for address in &client.listeners {
            if !all.iter().any(|list| list.contains(address)) {
                told.push(("client", format!(
                    "nothing listens on {address}, which [[{CLIENT}]] {} names: add it to listen.syslog_tcp, syslog_udp or syslog_tls",
                    client.name
                )));
            }
            if let Some(other) = before.iter().find(|other| other.listeners.contains(address)) {
                told.push(("client", format!(
                    "the listener {address} is given to two clients, {} and {}: name it for one of them",
                    other.name, client.name
                )));
            }
        }
    }

    /// `10.0.0.1/8` is the network `10.0.0.0/8`, however it is written.
    fn same_networks(&self, told: &mut Vec<Told>) {
        for (at, (network, client)) in self.networks.iter().enumerate() {
            let same = |(other, its): &&(ipnet::IpNet, _)| {
                other.trunc() == network.trunc() && its != client
            };
            if let Some((_, other)) = self.networks[..at].iter().find(same) {
                told.push(("networks", format!(
                    "[networks]: {} is given to two clients, {other} and {client}: name it for one of them",
                    network.trunc()
                )));
            }
        }
    }
}

/// A value of the field means one client; each means itself by its name.
fn values(client: &Client, all: &[Client], before: &[Client], told: &mut Vec<Told>) {
    for value in &client.field_values {
        let of_others = all.iter().filter(|other| other.name != client.name);
        let named = of_others.into_iter().find(|other| other.name.as_str() == value);
        let valued = before.iter().find(|other| other.field_values.contains(value));
        if let Some(other) = named.or(valued) {
            told.push(("client", format!(
                "the value \"{value}\" of the field means two clients, {} and {}: name it for one of them",
                other.name, client.name
            )));
        }
    }
}

/// Whether no two sockets can be there. Port 0 is another one each time.
fn is_one_place(one: &SocketAddr, other: &SocketAddr) -> bool {
    let (a, b) = (one.ip(), other.ip());
    let holds =
        a == b || (a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified()));
    one.port() == other.port() && one.port() != 0 && holds
}

#[cfg(test)]
mod tests {
    use super::super::apply::apply_all;
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let mut service = Service::default();
        let (found, _) = apply_all(text, &mut engine::Config::default(), &mut service);
        assert_eq!(found, [], "{text}");
        service.disagreements().into_iter().map(|(_, told)| told).collect()
    }

    #[test]
    fn what_does_not_fit_is_told_and_what_fits_is_not() {
        let two = |a: &str, b: &str| {
            format!("[[client]]\nname = \"acme\"\n{a}\n[[client]]\nname = \"beta\"\n{b}\n")
        };
        for (text, words) in [
            ("[listen]\nsyslog_tls = [\"127.0.0.1:2\"]".to_owned(), "tls_key"),
            ("[listen]\ntls_client_required = true".to_owned(), "tls_client_authority"),
            ("[listen]\nhttp = \"127.0.0.1:5514\"".to_owned(), "listen.syslog_tcp has it already"),
            (
                "[listen]\nsyslog_udp = [\"[::1]:9\", \"[::]:9\"]".to_owned(),
                "[::1]:9, which holds it",
            ),
            (two("listeners = [\"127.0.0.1:1\"]", ""), "nothing listens on 127.0.0.1:1"),
            (
                two("listeners = [\"127.0.0.1:5514\"]", "listeners = [\"127.0.0.1:5514\"]"),
                "acme and beta",
            ),
            (
                two("field_values = [\"x\"]", "field_values = [\"x\"]"),
                "\"x\" of the field means two",
            ),
            (two("field_values = [\"beta\"]", ""), "\"beta\" of the field means two"),
            (
                "[networks]\n\"10.0.0.1/8\" = \"a\"\n\"10.0.0.0/8\" = \"b\"".to_owned(),
                "10.0.0.0/8 is given to two",
            ),
        ] {
            let told = told(&text);
            assert!(told.len() == 1 && told[0].contains(words), "{text}: {told:?}");
        }
        for text in [
            two("field_values = [\"x\", \"acme\"]", "field_values = [\"y\"]"),
            "[listen]\nsyslog_tcp = [\"127.0.0.1:0\", \"127.0.0.1:0\", \"127.0.0.2:1\"]\nhttp = \"127.0.0.1:1\"".to_owned(),
            "[networks]\n\"10.0.0.1/8\" = \"a\"\n\"10.0.0.0/8\" = \"a\"\n\"10.0.0.0/9\" = \"b\"".to_owned(),
        ] {
            assert_eq!(told(&text), [""; 0], "{text}");
        }
    }
}
