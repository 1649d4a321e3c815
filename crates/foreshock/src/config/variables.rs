//! A variable of the environment → a text of TOML that sets the same. `FORESHOCK__LISTEN__JOURNAL=true` is `journal = true`
//! below `[listen]`.

use super::service;
use super::settings::{self, Kind};
use super::show::quoted;
use engine::Config;

/// What names of variables begin with.
const PREFIX: &str = "FORESHOCK__";

/// The variable as a file would say it; nothing, if it is none of ours.
///
/// # Errors
/// How to write it, where its name is none.
pub(super) fn read(name: &str, value: &str) -> Result<Option<String>, String> {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return slip(name).map_or(Ok(None), Err);
    };
    let is_name = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let named = rest.split_once("__").filter(|(table, key)| is_name(table) && is_name(key));
    let (table, key) = named.ok_or("write FORESHOCK__TABLE__KEY")?;
    let (table, key) = (table.to_lowercase(), key.to_lowercase());
    let raw = format!("[{table}]\n{key} = {value}\n");
    // What is no value of TOML is a text; and so is what looks like another value where a text is wanted, such as a time.
    let is_toml = !value.contains('\n') && raw.parse::<toml::Table>().is_ok();
    let is_quoted = value.trim_start().starts_with(['"', '\'']);
    Ok(Some(match is_toml && (is_quoted || !wants_text(&table, &key)) {
        true => raw,
        false => format!("[{table}]\n{key} = {}\n", quoted(value)),
    }))
}

/// Whether the setting is written as a text.
fn wants_text(table: &str, key: &str) -> bool {
    if let Some(row) = service::of(table).find(|row| row.key == key) {
        let default = (row.get)(&service::Service::default());
        return matches!(default, None | Some(service::Value::Text(_)));
    }
    let setting = settings::of(table).find(|setting| setting.key == key);
    setting.is_some_and(|one| matches!((one.slot)(&mut Config::default()).kind(), Kind::Length))
}

/// `FORESHOCK_LISTEN_HTTP`, where it should be `FORESHOCK__LISTEN__HTTP`: it would be passed over in silence.
fn slip(name: &str) -> Option<String> {
    let rest = name.strip_prefix("FORESHOCK_")?.to_lowercase();
    let tables = service::tables().into_iter().chain(settings::sections());
    for table in tables {
        let key =
            rest.trim_start_matches('_').strip_prefix(table).map(|key| key.trim_start_matches('_'));
        let is_ours = |key: &str| {
            service::of(table).any(|row| row.key == key)
                || settings::of(table).any(|setting| setting.key == key)
        };
        if let Some(key) = key.filter(|key| is_ours(key)) {
            let (table, key) = (table.to_uppercase(), key.to_uppercase());
            return Some(format!("two underscores part the words: write {PREFIX}{table}__{key}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_needs_no_quotes_whatever_it_looks_like() {
        for (name, value, wanted) in [
            ("SERVICE__DIGEST_AT", "07:00", "[service]\ndigest_at = \"07:00\"\n"),
            ("SERVICE__DIGEST_AT", "\"07:00\"", "[service]\ndigest_at = \"07:00\"\n"),
            ("SERVICE__TENANT", "123", "[service]\ntenant = \"123\"\n"),
            ("LISTEN__TOKENS", "true", "[listen]\ntokens = \"true\"\n"),
            ("LISTEN__JOURNAL", "true", "[listen]\njournal = true\n"),
            ("LISTEN__FILES", "[\"/a\"]", "[listen]\nfiles = [\"/a\"]\n"),
            ("ATTENTION__CALM_AFTER", "2d", "[attention]\ncalm_after = \"2d\"\n"),
        ] {
            let read = read(&format!("{PREFIX}{name}"), value);
            assert_eq!(read, Ok(Some(wanted.to_owned())), "{name}={value}");
        }
    }

    #[test]
    fn a_slip_in_a_name_is_told_and_other_variables_are_not_ours() {
        for name in ["FORESHOCK_LISTEN_HTTP", "FORESHOCK_LISTEN__HTTP"] {
            let told = read(name, "x").unwrap_err();
            assert!(told.ends_with("write FORESHOCK__LISTEN__HTTP"), "{told}");
        }
        assert_eq!(
            read("FORESHOCK__LISTEN_HTTP", "x"),
            Err("write FORESHOCK__TABLE__KEY".to_owned())
        );
        for name in ["PATH", "FORESHOCK_TEST_KILLS", "FORESHOCK_LISTEN_NONSENSE"] {
            assert_eq!(read(name, "x"), Ok(None), "{name}");
        }
    }
}
