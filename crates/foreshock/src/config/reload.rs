//! Which settings a running service takes up at once, and which with its next start.

use super::Settings;
use super::service::ROWS;
use super::settings::SETTINGS;

/// Taken up at once. So are the file of tokens itself, the certificates' files, `[networks]` and `[[client]]`.
const LIVE: &[&str] = &[
    "service.digest_at",
    "listen.tokens",
    "listen.client_field",
    "listen.clients_max",
    "listen.files",
    "retention.raw_age",
    "retention.raw_bytes",
    "retention.events_age",
    "retention.raised_age",
    "retention.events_bytes",
    "retention.raised_bytes",
];

/// What differs between two settings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Taken up at once.
    pub(crate) live: Vec<String>,
    /// Each with its place, as the next start takes it up.
    pub(crate) at_start: Vec<String>,
}

/// Compares the settings that a service runs with with those that are written now.
pub(crate) fn changed(old: &Settings, new: &Settings) -> Changed {
    let mut changed = Changed::default();
    let mut note = |table: &str, key: &str, is_live: bool| {
        let name = format!("{table}.{key}");
        if is_live {
            return changed.live.push(name);
        }
        let place = new.origins.get(&name).or_else(|| old.origins.get(&name));
        changed.at_start.push(match place {
            Some(place) => format!("{name} ({place})"),
            None => name,
        });
    };
    for row in ROWS.iter().filter(|row| (row.get)(&old.service) != (row.get)(&new.service)) {
        let name = format!("{}.{}", row.table, row.key);
        // There is nothing to stop or to begin with where no file is, or was, followed.
        let begins = name == "listen.files"
            && (old.service.files.is_empty() || new.service.files.is_empty());
        note(row.table, row.key, LIVE.contains(&name.as_str()) && !begins);
    }
    let (mut before, mut after) = (old.engine.clone(), new.engine.clone());
    for setting in SETTINGS {
        if (setting.slot)(&mut before).get() != (setting.slot)(&mut after).get() {
            note(setting.section, setting.key, false);
        }
    }
    if old.service.networks != new.service.networks {
        changed.live.push("networks".to_owned());
    }
    if old.service.clients != new.service.clients {
        changed.live.push("client".to_owned());
    }
    for (name, is_same) in [
        ("criticality", old.engine.criticality == new.engine.criticality),
        ("sites", old.engine.sites == new.engine.sites),
        ("checks", old.engine.checks == new.engine.checks),
    ] {
        if !is_same {
            changed.at_start.push(name.to_owned());
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Span;

    #[test]
    fn every_name_is_one_of_a_setting() {
        for name in LIVE {
            assert!(ROWS.iter().any(|row| format!("{}.{}", row.table, row.key) == *name), "{name}");
        }
    }

    #[test]
    fn what_changed_is_told_apart() {
        let old = Settings::default();
        assert_eq!(changed(&old, &old), Changed::default());
        let mut new = Settings::default();
        new.service.retention.raw_bytes += 1;
        new.service.http = None;
        new.service.files = vec!["/x".into()];
        new.engine.attention.calm_after = Span::DAY.times(9);
        new.origins.insert("listen.http".into(), "f.toml:3".into());
        let told = changed(&old, &new);
        assert_eq!(told.live, ["retention.raw_bytes"]);
        assert_eq!(
            told.at_start,
            ["listen.http (f.toml:3)", "listen.files", "attention.calm_after"]
        );
        let mut newer = new.clone();
        newer.service.files = vec!["/y".into()];
        assert_eq!(changed(&new, &newer).live, ["listen.files"]);
    }
}
