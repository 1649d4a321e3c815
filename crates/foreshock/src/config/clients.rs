//! `[[client]]`: what is special about single clients; and what must fit together with the listeners.

use super::apply::Problem;
use super::place::did_you_mean;
use super::service::Service;
use super::show::quoted;
use crate::hour::Hour;
use model::TenantId;
use std::fmt::Write;
use std::net::SocketAddr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The list of tables.
pub(super) const CLIENT: &str = "client";
const KEYS: [&str; 4] = ["name", "digest_at", "listeners", "field_values"];

/// One client.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Client {
    pub(crate) name: TenantId,
    /// `None` for that of all.
    pub(crate) digest_at: Option<Hour>,
    /// Listeners that are this client's alone.
    pub(crate) listeners: Vec<SocketAddr>,
    /// Values of `listen.client_field` that mean this client, beside its name.
    pub(crate) field_values: Vec<String>,
}

/// Reads the list; its place and what is wrong go to `problems`.
pub(super) fn read(
    value: &Spanned<DeValue<'_>>,
    service: &mut Service,
    problems: &mut Vec<Problem>,
) {
    let Some(list) = value.get_ref().as_array() else {
        let what = format!("`{CLIENT}` is a list: write [[{CLIENT}]] above each client");
        return problems.push(Problem { at: value.span().start, what });
    };
    for one in list.iter() {
        let at = one.span().start;
        match one.get_ref().as_table().map(|table| client(at, table)) {
            Some(Ok(client)) if service.clients.iter().any(|other| other.name == client.name) => {
                let what =
                    format!("the client `{}` is there twice: put both together", client.name);
                problems.push(Problem { at, what });
            }
            Some(Ok(client)) => service.clients.push(client),
            Some(Err(problem)) => problems.push(problem),
            None => {
                let what = format!("write each client as [[{CLIENT}]]");
                problems.push(Problem { at, what });
            }
        }
    }
}

fn client(at: usize, table: &DeTable<'_>) -> Result<Client, Problem> {
    let (mut name, mut digest_at) = (None, None);
    let (mut listeners, mut field_values) = (Vec::new(), Vec::new());
    for (key, value) in table {
        let (word, at) = (key.get_ref().as_ref(), value.span().start);
        let wrong = |what: &str| Problem { at, what: format!("`{word}` {what}") };
        let text = value.get_ref().as_str().filter(|text| !text.is_empty());
        match word {
            "name" => {
                let text = text.ok_or_else(|| wrong("wants a name in quotes"))?;
                name = Some(TenantId::new(text));
            }
            "digest_at" => {
                let hour = Hour::parse(text.unwrap_or_default());
                digest_at = Some(hour.map_err(|told| wrong(&told))?);
            }
            "listeners" => {
                let told = || wrong("wants addresses of listeners, such as [\"0.0.0.0:6514\"]");
                let texts = texts(value).ok_or_else(told)?;
                let all: Result<_, _> = texts.iter().map(|one| one.parse()).collect();
                listeners = all.map_err(|_| told())?;
            }
            "field_values" => {
                field_values = texts(value)
                    .ok_or_else(|| wrong("wants values of the field, such as [\"acme-gmbh\"]"))?;
            }
            _ => {
                let what = format!(
                    "[[{CLIENT}]] has no setting `{word}`{}",
                    did_you_mean(word, KEYS.into_iter())
                );
                return Err(Problem { at: key.span().start, what });
            }
        }
    }
    let told = "a client without a name says nothing: add name = \"acme\"".to_owned();
    let name = name.ok_or(Problem { at, what: told })?;
    Ok(Client { name, digest_at, listeners, field_values })
}

fn texts(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    let list = value.get_ref().as_array()?;
    list.iter()
        .map(|one| one.get_ref().as_str().filter(|text| !text.is_empty()).map(str::to_owned))
        .collect()
}

impl Service {
    /// What does not fit together over all layers, each with a remedy.
    pub(super) fn disagreements(&self) -> Vec<String> {
        let mut told = Vec::new();
        let all = [&self.syslog_tcp, &self.syslog_udp, &self.syslog_tls];
        let listens = |address: &SocketAddr| all.iter().any(|list| list.contains(address));
        for client in &self.clients {
            for address in client.listeners.iter().filter(|address| !listens(address)) {
                told.push(format!(
                    "nothing listens on {address}, which [[{CLIENT}]] {} names: add it to listen.syslog_tcp, syslog_udp or syslog_tls",
                    client.name
                ));
            }
            let others = self.clients.iter().filter(|other| other.name != client.name);
            for address in &client.listeners {
                if others
                    .clone()
                    .any(|other| other.name < client.name && other.listeners.contains(address))
                {
                    told.push(format!(
                        "the listener {address} is given to two clients: name it for one of them"
                    ));
                }
            }
        }
        if !self.syslog_tls.is_empty() && (self.tls.certificate.is_none() || self.tls.key.is_none())
        {
            told.push("listen.syslog_tls wants a certificate: name listen.tls_certificate and listen.tls_key".to_owned());
        }
        if self.tls.client_required && self.tls.client_authority.is_none() {
            told.push("listen.tls_client_required wants the authorities of senders: name listen.tls_client_authority".to_owned());
        }
        told
    }
}

/// As a part of a settings file.
pub(super) fn show(clients: &[Client]) -> String {
    let mut page = String::from(
        "\n# What is special about single clients: the time of the daily digest, listeners of their own, values of\n\
         # listen.client_field beside the name.\n",
    );
    if clients.is_empty() {
        page += "# [[client]]\n# name = \"acme\"\n# digest_at = \"06:30 Europe/Berlin\"\n# listeners = [\"0.0.0.0:6515\"]\n";
    }
    for client in clients {
        let _ = writeln!(page, "[[{CLIENT}]]\nname = {}", quoted(client.name.as_str()));
        if let Some(at) = &client.digest_at {
            let _ = writeln!(page, "digest_at = {}", quoted(&at.to_string()));
        }
        let list =
            |texts: Vec<String>| texts.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", ");
        if !client.listeners.is_empty() {
            let texts = client.listeners.iter().map(ToString::to_string).collect();
            let _ = writeln!(page, "listeners = [{}]", list(texts));
        }
        if !client.field_values.is_empty() {
            let _ = writeln!(page, "field_values = [{}]", list(client.field_values.clone()));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use crate::config::apply::apply_all;
    use crate::config::service::Service;

    fn problems(text: &str) -> (Vec<String>, Service) {
        let mut service = Service::default();
        let (found, _) = apply_all(text, &mut engine::Config::default(), &mut service);
        (found.into_iter().map(|problem| problem.what).collect(), service)
    }

    #[test]
    fn clients_are_read_and_written_alike() {
        let text = "[[client]]\nname = \"acme\"\ndigest_at = \"06:30+01:00\"\nlisteners = [\"127.0.0.1:5514\"]\n\
            field_values = [\"a\", \"b \\\"c\"]\n[[client]]\nname = \"beta\"\n";
        let (found, service) = problems(text);
        assert_eq!((found, service.clients.len()), (vec![], 2));
        assert!(service.disagreements().is_empty());
        let (found, again) = problems(&super::show(&service.clients));
        assert_eq!((found, again.clients), (vec![], service.clients));
    }

    #[test]
    fn each_mistake_has_its_remedy() {
        for (text, told) in [
            ("client = 3", "`client` is a list: write [[client]] above each client"),
            (
                "[[client]]\ndigest_at = \"06:00\"",
                "a client without a name says nothing: add name = \"acme\"",
            ),
            (
                "[[client]]\nname = \"a\"\n[[client]]\nname = \"a\"",
                "the client `a` is there twice: put both together",
            ),
            ("[[client]]\nnam = \"a\"", "[[client]] has no setting `nam`; did you mean `name`?"),
            (
                "[[client]]\nname = \"a\"\ndigest_at = \"25:00\"",
                "`digest_at` wants a time of day, such as \"06:00\" (UTC), \"06:00+02:00\" or \"06:00 Europe/Berlin\"",
            ),
        ] {
            assert_eq!(problems(text).0, [told], "{text}");
        }
        let (_, service) = problems(
            "[[client]]\nname = \"a\"\nlisteners = [\"127.0.0.1:1\"]\n[listen]\nsyslog_tls = [\"127.0.0.1:2\"]\n",
        );
        let told = service.disagreements();
        assert!(
            told.len() == 2 && told[0].contains("127.0.0.1:1") && told[1].contains("tls_key"),
            "{told:?}"
        );
    }
}
