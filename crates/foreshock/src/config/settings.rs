//! Every setting of the engine: its name, where it stands, and between which values it makes sense.
//! The defaults and their reasons stand in the engine's `config.rs`; a test asks that none is
//! missing here.

use engine::Config;
use model::Span;

/// What a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole number.
    Count,
    /// Any number.
    Number,
    /// A length of time.
    Length,
}

/// A value that can be set; as a number, lengths in seconds.
pub(super) trait Slot {
    fn kind(&self) -> Kind;
    fn get(&self) -> f64;
    fn set(&mut self, value: f64);
}

macro_rules! counts {
    ($($count:ty),*) => {
        $(impl Slot for $count {
            fn kind(&self) -> Kind {
                Kind::Count
            }
            fn get(&self) -> f64 {
                *self as f64
            }
            fn set(&mut self, value: f64) {
                *self = value as $count;
            }
        })*
    };
}

counts!(u32, usize);

impl Slot for f64 {
    fn kind(&self) -> Kind {
        Kind::Number
    }
    fn get(&self) -> f64 {
        *self
    }
    fn set(&mut self, value: f64) {
        *self = value;
    }
}

impl Slot for Span {
    fn kind(&self) -> Kind {
        Kind::Length
    }
    fn get(&self) -> f64 {
        self.as_secs_f64()
    }
    fn set(&mut self, value: f64) {
        *self = Span::from_secs(value as i64);
    }
}

/// One setting.
pub(super) struct Setting {
    /// Its table.
    pub(super) section: &'static str,
    /// Its name there.
    pub(super) key: &'static str,
    /// The least that makes sense.
    pub(super) low: f64,
    /// The most.
    pub(super) high: f64,
    /// Where it stands.
    pub(super) slot: fn(&mut Config) -> &mut dyn Slot,
}

macro_rules! settings {
    ($($section:ident.$key:ident: $low:expr, $high:expr;)*) => {
        /// All settings, in the order in which they are shown.
        pub(super) const SETTINGS: &[Setting] = &[$(Setting {
            section: stringify!($section),
            key: stringify!($key),
            low: $low,
            high: $high,
            slot: |config| &mut config.$section.$key,
        },)*];
    };
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;
/// Surprises end there.
const DECADES: f64 = 30.0;

settings! {
    limits.signatures_max: 100.0, 10e6;
    limits.hosts_max: 1.0, 1e6;
    limits.services_max: 1.0, 1e6;
    limits.cells_max: 100.0, 10e6;
    limits.candidates_max: 10.0, 1e6;
    limits.contexts_max: 1.0, 1e6;
    limits.series_max: 0.0, 1e6;
    limits.programs_max: 0.0, 1e6;
    limits.start_pairs_max: 0.0, 10e6;
    attention.occasion_gap: MINUTE, 6.0 * HOUR;
    attention.learning_span: 0.0, 60.0 * DAY;
    attention.ignore_after: HOUR, 365.0 * DAY;
    attention.rare_per_day_max: 0.1, 96.0;
    attention.watch_surprise_min: 0.5, DECADES;
    attention.promote_score_min: 0.05, 1.0;
    attention.calm_after: HOUR, 60.0 * DAY;
    attention.context_before: 1.0, DAY;
    attention.context_after: 1.0, DAY;
    attention.context_kept_for: HOUR, 365.0 * DAY;
    discover.recurrence_occasions_min: 3.0, 20.0;
    discover.recurrence_span_min: 0.0, 30.0 * DAY;
    discover.recurrence_surprise_min: 0.5, DECADES;
    discover.burst_events_min: 2.0, 60_000.0;
    discover.burst_surprise_min: 0.5, DECADES;
    discover.burst_over_max: 0.0, 1_000.0;
    discover.heal_pairs_min: 3.0, 16.0;
    discover.pair_surprise_min: 0.5, DECADES;
    discover.pair_surprise_step: 0.0, 10.0;
    discover.pair_within: 5.0, 12.0 * HOUR;
    discover.spread_hosts_min: 2.0, 30.0;
    discover.spread_within: MINUTE, 7.0 * DAY;
    discover.spread_surprise_min: 0.5, DECADES;
    discover.spread_usual_max: 0.0, 1_000.0;
    discover.spread_unshared_more: 0.0, DECADES;
    discover.spread_sites_min: 2.0, 100.0;
    discover.clients_min: 1.0, 1_000.0;
    discover.clients_within: HOUR, 14.0 * DAY;
    discover.clients_surprise_min: 0.5, DECADES;
    discover.precursor_order_min: 0.0, 6.0;
    discover.precursor_share_min: 0.1, 1.0;
    discover.shift_surprise_min: 0.5, DECADES;
    discover.shift_over_max: 0.0, 1_000.0;
    discover.shift_events_min: 2.0, 60_000.0;
    discover.drift_days_min: 2.0, 7.0;
    discover.drift_factor_min: 1.0, 1_000.0;
    discover.drift_surprise_min: 0.5, DECADES;
    discover.novelty_kinds_min: 2.0, 16.0;
    discover.novelty_within: MINUTE, DAY;
    discover.novelty_surprise_min: 0.5, DECADES;
    discover.silence_gaps_min: 3.0, 10_000.0;
    discover.silence_spread_max: 0.01, 0.7;
    discover.silence_beats_missed: 2.0, 1_000.0;
    discover.breakthrough_failures_min: 2.0, 1_000_000.0;
    discover.breakthrough_pause_max: MINUTE, 7.0 * DAY;
    discover.breakthrough_surprise_min: 0.0, DECADES;
    discover.host_silence_pauses: 1.0, 100.0;
    discover.host_silence_min: MINUTE, 7.0 * DAY;
    discover.host_silence_known: HOUR, 60.0 * DAY;
    discover.host_silence_others: 0.0, 1.0;
    discover.host_silence_together: 1.0, DAY;
    discover.pain_chance_max: 0.0, 1.0;
    discover.pain_follows_max: 0.0, 1.0;
    discover.recall_occasions_min: 1.0, 16.0;
    discover.recall_within: MINUTE, 60.0 * DAY;
    discover.recall_surprise_min: 0.0, DECADES;
    discover.change_births_min: 2.0, 16.0;
    discover.change_within: MINUTE, 7.0 * DAY;
    discover.change_company_min: 2.0, 32.0;
    discover.company_within: 1.0, DAY;
    discover.compare_occasions_min: 2.0, 8.0;
    discover.compare_share_min: 0.1, 1.0;
    discover.compare_surprise_min: 0.5, DECADES;
    discover.close_after: HOUR, 365.0 * DAY;
    discover.close_after_calm: HOUR, 365.0 * DAY;
    discover.close_after_max: HOUR, 365.0 * DAY;
    discover.close_after_pain: HOUR, 365.0 * DAY;
    discover.close_after_crash: HOUR, 365.0 * DAY;
    digest.items_max: 1.0, 10.0;
    digest.false_alarms_per_day: 0.001, 1_000.0;
    digest.new_per_day_max: 1.0, 1_000.0;
    digest.notes_max: 0.0, 100.0;
}

/// The settings of a table; none where there is no such table.
pub(super) fn of(section: &str) -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(move |setting| setting.section == section)
}

/// The tables, in the order in which they are shown.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&str> = SETTINGS.iter().map(|setting| setting.section).collect();
    sections.dedup();
    sections
}

/// A value as it is written in a file.
pub(super) fn written(kind: Kind, value: f64) -> String {
    match kind {
        Kind::Count => format!("{value:.0}"),
        Kind::Number => format!("{value:?}"),
        Kind::Length => {
            let secs = value as i64;
            let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
            let whole = units.into_iter().find(|(unit, _)| secs > 0 && secs % unit == 0);
            let (unit, letter) = whole.unwrap_or((1, "s"));
            format!("\"{}{letter}\"", secs / unit)
        }
    }
}

/// What would be a sensible value, in words.
pub(super) fn bounds(setting: &Setting, kind: Kind) -> String {
    let end = |value| match kind {
        Kind::Number if value >= 1_000.0 => format!("{value:.0}"),
        kind => written(kind, value),
    };
    format!("from {} to {}", end(setting.low), end(setting.high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_makes_sense() {
        let mut config = Config::default();
        for setting in SETTINGS {
            let value = (setting.slot)(&mut config).get();
            let name = format!("{}.{}", setting.section, setting.key);
            assert!((setting.low..=setting.high).contains(&value), "{name} = {value}");
        }
    }

    #[test]
    fn no_setting_of_the_engine_is_missing() {
        for (section, key) in crate::config::show::fields() {
            let is_listed = of(&section).any(|setting| setting.key == key);
            assert!(is_listed, "add {section}.{key} to SETTINGS, with its bounds");
        }
    }
}
