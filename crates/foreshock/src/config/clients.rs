//! `[[client]]`: what is special about single clients.

use super::apply::Problem;
use super::place::did_you_mean;
use super::service::Service;
use super::show::quoted;
use crate::hour::Hour;
use model::TenantId;
use outputs::rest::{TENANT_RULE, is_tenant};
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
    /// Listeners that are this client's alone; they stand below `[listen]` as well.
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
        let Some(table) = one.get_ref().as_table() else {
            let what = format!("write each client as [[{CLIENT}]]");
            problems.push(Problem { at, what });
            continue;
        };
        let Some(client) = client(at, table, problems) else { continue };
        match service.clients.iter().any(|other| other.name == client.name) {
            true => {
                let what =
                    format!("the client `{}` is there twice: put both together", client.name);
                problems.push(Problem { at, what });
            }
            false => service.clients.push(client),
        }
    }
}

/// The name of a client, where it is one that every way in takes.
///
/// # Errors
/// What a name must be.
pub(super) fn name(text: &str) -> Result<TenantId, String> {
    match is_tenant(text) {
        true => Ok(TenantId::new(text)),
        false => Err(format!("is no name that every sender could use: {TENANT_RULE}")),
    }
}

/// One client, or all that is wrong with it.
fn client(at: usize, table: &DeTable<'_>, problems: &mut Vec<Problem>) -> Option<Client> {
    let before = problems.len();
    let (mut named, mut is_named, mut digest_at) = (None, false, None);
    let (mut listeners, mut field_values) = (Vec::new(), Vec::new());
    for (key, value) in table {
        let (word, place) = (key.get_ref().as_ref(), value.span().start);
        let text = value.get_ref().as_str().filter(|text| !text.is_empty());
        let told = match word {
            "name" => {
                is_named = true;
                let text = text.ok_or_else(|| "wants a name in quotes".to_owned());
                text.and_then(name).map(|name| named = Some(name))
            }
            "digest_at" => Hour::parse(text.unwrap_or_default()).map(|hour| digest_at = Some(hour)),
            "listeners" => addresses(value).map(|all| listeners = all),
            "field_values" => texts(value)
                .ok_or_else(|| "wants values of the field, such as [\"acme-gmbh\"]".to_owned())
                .map(|all| field_values = all),
            _ => {
                let hint = did_you_mean(word, KEYS.into_iter());
                let what = format!("[[{CLIENT}]] has no setting `{word}`{hint}");
                problems.push(Problem { at: key.span().start, what });
                continue;
            }
        };
        if let Err(told) = told {
            problems.push(Problem { at: place, what: format!("`{word}` {told}") });
        }
    }
    // Under a slip in a word the name may stand.
    if !is_named && problems.len() == before {
        let what = "a client without a name says nothing: add name = \"acme\"".to_owned();
        problems.push(Problem { at, what });
    }
    let name = named.filter(|_| problems.len() == before)?;
    Some(Client { name, digest_at, listeners, field_values })
}

fn addresses(value: &Spanned<DeValue<'_>>) -> Result<Vec<SocketAddr>, String> {
    let all = texts(value).and_then(|texts| texts.iter().map(|one| one.parse().ok()).collect());
    all.ok_or_else(|| "wants addresses of listeners, such as [\"0.0.0.0:6514\"]".to_owned())
}

fn texts(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    let list = value.get_ref().as_array()?;
    list.iter()
        .map(|one| one.get_ref().as_str().filter(|text| !text.is_empty()).map(str::to_owned))
        .collect()
}

/// As a part of a settings file.
pub(super) fn show(clients: &[Client]) -> String {
    let mut page = String::from(
        "\n# What is special about single clients: the time of the daily digest, listeners of their own (addresses that\n\
         # stand below [listen] as well: here it is said whose they are), values of listen.client_field beside the name.\n",
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
        let (found, _) =
            problems("[[client]]\nname = \"a\"\nnam = 1\ndigest_at = 2\nlisteners = 3\n");
        assert_eq!(found.len(), 3, "all of a client: {found:?}");
    }

    #[test]
    fn a_name_is_one_that_every_way_in_takes() {
        for name in ["Beta Ltd.", "../x", "a b", "", "-a", &"a".repeat(129)] {
            for text in [
                format!("[[client]]\nname = \"{name}\""),
                format!("[service]\ntenant = \"{name}\""),
                format!("[networks]\n\"192.0.2.0/24\" = \"{name}\""),
            ] {
                let (found, _) = problems(&text);
                assert!(found.len() == 1 && found[0].contains("name"), "{text}: {found:?}");
            }
        }
        assert_eq!(problems("[[client]]\nname = \"Beta-Ltd.2\"").0, [""; 0]);
    }
}
