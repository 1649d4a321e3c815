//! Sources → rows for readers, each with its state and the reason in words.

use super::clock::Reading;
use super::source::Source;
use super::{Health, Name};
use model::{SourceId, Span, TenantId, Timestamp};

/// Rows of one client, the worst first: what is well is told as far as there is room.
const ROWS_MAX: usize = 256;

/// How a source seems, as far as its records tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seen {
    /// It says nothing, and usually would.
    Silent,
    /// Its clock is off.
    Skewed,
    /// It speaks.
    Ok,
}

/// One source, as of the latest tick.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SourceView {
    pub(crate) tenant: TenantId,
    pub(crate) source: SourceId,
    /// A host of a listener; empty for the source itself.
    pub(crate) host: String,
    pub(crate) label: String,
    pub(crate) source_type: String,
    pub(crate) transport: String,
    pub(crate) seen: Seen,
    /// Why it is not well, and what to look at.
    pub(crate) reason: Option<String>,
    pub(crate) last: Timestamp,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) broken: u64,
    pub(crate) gaps: u64,
    pub(crate) lost: u64,
    pub(crate) rate: f64,
    pub(crate) usual_rate: Option<f64>,
    pub(crate) lag_secs: Option<f64>,
    pub(crate) skew_secs: Option<f64>,
}

impl Health {
    /// The sources of a client, the worst first, and how many more there are.
    pub(in super::super) fn rows(&self, tenant: &TenantId) -> (Vec<SourceView>, u64) {
        let mut all: Vec<(&Name, &Source)> = self.of(tenant).collect();
        let rank = |(name, source): &(&Name, &Source)| {
            // Listeners, files and tokens are few; hosts may be many.
            let seen = Seen::of(source.silent_since().is_some(), source.clock().skew.is_some());
            (!name.host.is_empty(), seen, std::cmp::Reverse(source.records))
        };
        all.sort_by_cached_key(rank);
        let more = all.len().saturating_sub(ROWS_MAX) as u64;
        let now = self.now.unwrap_or_default();
        let shown = all.into_iter().take(ROWS_MAX);
        (shown.map(|(name, source)| row(name, source, now)).collect(), more)
    }

    /// Records of hosts that have no row of their own.
    pub(in super::super) fn beyond(&self, tenant: &TenantId) -> u64 {
        self.beyond.get(tenant).copied().unwrap_or(0)
    }
}

impl Seen {
    fn of(is_silent: bool, is_skewed: bool) -> Seen {
        match (is_silent, is_skewed) {
            (true, _) => Seen::Silent,
            (false, true) => Seen::Skewed,
            (false, false) => Seen::Ok,
        }
    }
}

fn row(name: &Name, source: &Source, now: Timestamp) -> SourceView {
    let Reading { lag, skew } = source.clock();
    // Of a listener that hears several hosts, each has a clock of its own.
    let is_one = Health::counts(name, source);
    let (lag, skew) = (lag.filter(|_| is_one), skew.filter(|_| is_one));
    let usual_rate = source.usual_rate(now);
    let silent = source.silent_since().map(|since| silence(since, usual_rate));
    SourceView {
        tenant: name.tenant.clone(),
        source: name.source.clone(),
        host: name.host.clone(),
        label: source.label.clone(),
        source_type: source.source_type.clone(),
        transport: source.transport.clone(),
        seen: Seen::of(silent.is_some(), skew.is_some()),
        reason: silent.or(skew.map(clock_words)),
        last: source.last,
        records: source.records,
        bytes: source.bytes,
        broken: source.broken,
        gaps: source.gaps,
        lost: source.lost,
        rate: source.rate(),
        usual_rate,
        lag_secs: lag.map(Span::as_secs_f64),
        skew_secs: skew.map(Span::as_secs_f64),
    }
}

fn silence(since: Timestamp, usual: Option<f64>) -> String {
    let usual = match usual.map(|rate| rate * 60.0) {
        Some(minute) if minute >= 1.0 => {
            format!("about {minute:.0} a minute are usual at this hour")
        }
        _ => "it usually speaks more often".to_owned(),
    };
    format!(
        "silent since {}: {usual}; look whether it runs and can reach us",
        since.to_minute_text()
    )
}

fn clock_words(skew: Span) -> String {
    let (off, way) = match skew < Span::ZERO {
        true => (Span::ZERO - skew, "behind"),
        false => (skew, "ahead"),
    };
    // Zones differ by quarters of an hour; a clock that runs wrong does so by anything.
    const QUARTER_SECS: i64 = 900;
    let secs = off.as_micros() / 1_000_000;
    let rest = (secs + QUARTER_SECS / 2).rem_euclid(QUARTER_SECS) - QUARTER_SECS / 2;
    let quarters = (secs + QUARTER_SECS / 2) / QUARTER_SECS;
    match rest.abs() <= 5 && (1..=56).contains(&quarters) {
        true => format!(
            "its clock is {} {way}: probably local time without a zone; let it send UTC or its zone",
            Span::from_secs(quarters * QUARTER_SECS)
        ),
        false => format!("its clock is {off} {way}; look at its time service (NTP)"),
    }
}
