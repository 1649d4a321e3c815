//! A configuration → a settings file that says all of it, each value below its reason. The reasons
//! are the comments of the engine's own `config.rs`, so that there is one place for them.

use super::Settings;
use super::apply::{CHECKS, CRITICALITY, NETWORKS, SITES};
use super::clients::CLIENT;
use super::service::{self, Service, Value};
use super::settings::{self, Kind, written};
use engine::Config;
use engine::criticality::CriticalityRule;
use engine::sites::Site;
use serde_json::json;
use std::fmt::Write;

/// Columns of a comment.
const COLUMNS: usize = 98;

/// All settings as a file; with their origins, where that is asked for.
pub(crate) fn show(settings: &Settings, with_origins: bool) -> String {
    let origin = |table: &str, key: &str| match with_origins {
        true => {
            let origin = settings.origins.get(&format!("{table}.{key}"));
            format!("  # {}", origin.map_or("default", String::as_str))
        }
        false => String::new(),
    };
    let mut page = String::new();
    for table in service::tables() {
        let gap = if page.is_empty() { "" } else { "\n" };
        let _ = writeln!(page, "{gap}[{table}]");
        for row in service::of(table) {
            page += &comment(row.reason);
            let (key, origin) = (row.key, origin(table, row.key));
            let _ = match (row.get)(&settings.service) {
                Some(value) => writeln!(page, "{key} = {}{origin}", shown(&value)),
                None => writeln!(page, "# {key} = \"\""),
            };
        }
    }
    page += "\n# Whose the records of a sender's network are; of several that hold an address the narrowest counts.\n";
    match settings.service.networks.is_empty() {
        true => page += "# [networks]\n# \"192.0.2.0/24\" = \"acme\"\n",
        false => page += &format!("[{NETWORKS}]\n"),
    }
    for (network, tenant) in &settings.service.networks {
        let _ = writeln!(page, "{} = {}", quoted(&network.to_string()), quoted(tenant.as_str()));
    }
    page += &super::clients::show(&settings.service.clients);
    page + "\n" + &engine(&settings.engine, &origin)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::List(list) => {
            format!("[{}]", list.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", "))
        }
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
    }
}

/// Every setting with its reason and default, as a schema (JSON Schema 2020-12).
pub(crate) fn schema() -> String {
    let mut config = Config::default();
    let mut tables = serde_json::Map::new();
    let mut put = |table: &str, key: &str, property: serde_json::Value| {
        let entry = tables.entry(table).or_insert_with(
            || json!({"type": "object", "additionalProperties": false, "properties": {}}),
        );
        entry["properties"][key] = property;
    };
    for row in service::ROWS {
        let default = (row.get)(&Service::default());
        let (kind, default) = match default {
            Some(Value::List(list)) => (json!("array"), json!(list)),
            Some(Value::Number(number)) => (json!("integer"), json!(number)),
            Some(Value::Flag(flag)) => (json!("boolean"), json!(flag)),
            Some(Value::Text(text)) => (json!("string"), json!(text)),
            None => (json!("string"), json!(null)),
        };
        put(
            row.table,
            row.key,
            json!({"type": kind, "default": default, "description": row.reason}),
        );
    }
    for setting in settings::SETTINGS {
        let slot = (setting.slot)(&mut config);
        let (kind, value) = (slot.kind(), slot.get());
        let written = written(kind, value);
        let property = match kind {
            Kind::Length => json!({"type": "string", "default": written.trim_matches('"')}),
            Kind::Count => {
                json!({"type": "integer", "default": value as i64, "minimum": setting.low, "maximum": setting.high})
            }
            Kind::Number => {
                json!({"type": "number", "default": value, "minimum": setting.low, "maximum": setting.high})
            }
        };
        let mut property = property;
        property["description"] = json!(reason(setting.section, setting.key).trim());
        put(setting.section, setting.key, property);
    }
    for (table, what) in [
        (
            SITES,
            json!({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}),
        ),
        (NETWORKS, json!({"type": "object", "additionalProperties": {"type": "string"}})),
        (CLIENT, json!({"type": "array", "items": {"type": "object", "required": ["name"]}})),
        (CHECKS, json!({"type": "object", "properties": {"folder": {"type": "string"}}})),
        (CRITICALITY, json!({"type": "array", "items": {"type": "object", "required": ["level"]}})),
    ] {
        tables.insert(table.to_owned(), what);
    }
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "settings of Foreshock",
        "type": "object",
        "additionalProperties": false,
        "properties": tables,
    });
    // Plain data of ours: it always has a text.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// The engine's configuration as a part of a settings file.
fn engine(config: &Config, origin: &dyn Fn(&str, &str) -> String) -> String {
    let mut config = config.clone();
    let mut page = String::new();
    for section in settings::sections() {
        let gap = if page.is_empty() { "" } else { "\n" };
        let _ = writeln!(page, "{gap}[{section}]");
        for setting in settings::of(section) {
            let slot = (setting.slot)(&mut config);
            let value = written(slot.kind(), slot.get());
            page += &comment(&reason(section, setting.key));
            let origin = origin(section, setting.key);
            let _ = writeln!(page, "{} = {value}{origin}", setting.key);
        }
    }
    page += "\n# What matters how much to those who run it: low, normal, high, critical. Each rule names a\n\
        # tenant, host, service or source, with * for anything; the one that names the most decides.\n";
    if config.criticality.is_empty() {
        page += "# [[criticality]]\n# host = \"db*\"\n# level = \"high\"\n";
    }
    config.criticality.iter().for_each(|r| page += &rule(r));
    page += "\n# A folder of your own checks, one TOML file a family of programs; see docs/checks.md.\n";
    match &config.checks.folder {
        None => page += "# [checks]\n# folder = \"/etc/foreshock/checks\"\n",
        Some(folder) => page += &format!("[{CHECKS}]\nfolder = {}\n", quoted(folder)),
    }
    page += "\n# Which hosts stand at which site, with * for anything; the first that fits has the host. A name\n\
        # such as \"acme/ber-*\" is of one tenant only.\n";
    match config.sites.is_empty() {
        true => page += "# [sites]\n# berlin = [\"ber-*\", \"gw1\"]\n",
        false => page += &format!("[{SITES}]\n"),
    }
    config.sites.iter().for_each(|s| page += &site(s));
    page
}

fn rule(rule: &CriticalityRule) -> String {
    let named = [
        ("tenant", &rule.tenant),
        ("host", &rule.host),
        ("service", &rule.service),
        ("source", &rule.source),
    ];
    let mut page = format!("[[{CRITICALITY}]]\n");
    for (name, pattern) in named {
        if let Some(pattern) = pattern {
            let _ = writeln!(page, "{name} = {}", quoted(pattern.as_str()));
        }
    }
    let _ = writeln!(page, "level = \"{}\"", rule.level.word());
    page
}

fn site(site: &Site) -> String {
    let hosts: Vec<String> = site.hosts.iter().map(|host| quoted(host.as_str())).collect();
    format!("{} = [{}]\n", quoted(&site.name), hosts.join(", "))
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", letter as u32);
            }
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

/// A text as lines of a comment.
fn comment(text: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line + word.chars().count() >= COLUMNS {
            lines.push(String::from("#"));
        }
        if let Some(line) = lines.last_mut() {
            *line += " ";
            *line += word;
        }
    }
    lines.join("\n") + "\n"
}

/// Why a setting has its default.
fn reason(section: &str, key: &str) -> String {
    let mut text = String::new();
    for (of, comment, field) in commented() {
        if of == section && field == key {
            text = comment;
        }
    }
    text
}

/// The fields of the engine's settings: table, comment, name.
fn commented() -> Vec<(String, String, String)> {
    let (mut found, mut section, mut comment) = (Vec::new(), String::new(), String::new());
    for line in engine::config::REASONS.lines().map(str::trim) {
        let field = line.strip_prefix("pub ").and_then(|line| line.split_once(": "));
        if let Some(text) = line.strip_prefix("///") {
            comment += text;
        } else if let Some(name) = line.strip_prefix("pub struct ") {
            section = name.trim_end_matches(" {").to_lowercase();
            comment.clear();
        } else if let Some((name, _)) = field.filter(|_| section != "config") {
            found.push((section.clone(), std::mem::take(&mut comment), name.to_owned()));
        } else if !line.starts_with('#') {
            comment.clear();
        }
    }
    found.retain(|(_, _, name)| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
    found
}

/// The fields of the engine's settings.
#[cfg(test)]
pub(super) fn fields() -> Vec<(String, String)> {
    commented().into_iter().map(|(section, _, name)| (section, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::apply::apply;
    use engine::criticality::{Criticality, Pattern};

    #[test]
    fn every_setting_has_its_reason() {
        for setting in settings::SETTINGS {
            let reason = reason(setting.section, setting.key);
            assert!(reason.len() > 10, "{}.{}: {reason}", setting.section, setting.key);
        }
    }

    /// What is shown says all: read again, it is the same configuration.
    #[test]
    fn what_is_shown_reads_back_as_it_was() {
        let mut config = Config::default();
        config.discover.close_after = model::Span::from_secs(100_001);
        config.attention.promote_score_min = 0.1 + 0.2;
        config.criticality.push(CriticalityRule {
            tenant: None,
            host: Some(Pattern::new("db\"\\\u{7}*")),
            service: None,
            source: Some(Pattern::new("/var/log/ü*")),
            level: Criticality::Critical,
        });
        let hosts = vec![Pattern::new("ber-*"), Pattern::new("acme/g\"w")];
        config.sites.push(Site { name: "Zürich \"1\"".to_owned(), hosts });
        config.sites.push(Site { name: "any".to_owned(), hosts: vec![Pattern::new("*")] });
        let mut again = Config::default();
        assert_eq!(apply(&engine(&config, &|_, _| String::new()), &mut again), []);
        assert_eq!(again, config);
    }
}
