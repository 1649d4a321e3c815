//! Receivers, tokens and what was heard of both → one row for each source, as a technician knows it.
//!
//! What receivers and tokens count is of this moment and since the start; what is known of hosts, and what is usual, is of
//! the latest tick and outlives restarts.

use super::health::{Seen, SourceView};
use super::views::Views;
use model::{Span, TenantId, Timestamp};
use outputs::rest::Tally;
use outputs::rest::status as api;
use serde::{Deserialize, Serialize};
use sources::inlet::{Health, State};
use std::collections::BTreeMap;

/// So long what went wrong with a source is told as the reason of its row.
const RECENT: Span = Span::HOUR;

/// One source.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SourceNow {
    /// A listener, file or token by its name.
    pub(crate) name: String,
    /// The host, of a listener that hears several.
    pub(crate) host: Option<String>,
    /// Whose it is, if it is one client's only.
    pub(crate) tenant: Option<String>,
    pub(crate) kind: String,
    pub(crate) transport: String,
    /// `ok`, `silent`, `skewed`, `failing`; `waiting`, `starting` and `stopped` of a receiver that is so.
    pub(crate) state: String,
    /// Why it is not ok, and what to look at; of one that is, what went wrong lately or still does.
    pub(crate) reason: Option<String>,
    pub(crate) last_record_at: Option<String>,
    pub(crate) received: u64,
    pub(crate) bytes: u64,
    /// Open connections, or followed files.
    pub(crate) connections: u64,
    /// Connections that were not let in, or files that are not followed.
    pub(crate) refused: u64,
    /// Connections that did not end in order, by reason.
    pub(crate) closed: BTreeMap<String, u64>,
    /// Messages of nothing but line ends.
    pub(crate) empty: u64,
    /// What broke the rules of framing, or was no event.
    pub(crate) malformed: u64,
    /// Events that break the form that they claim to have; they are kept all the same.
    pub(crate) parse_failures: u64,
    /// What could not be taken, and is kept with its reason.
    pub(crate) dead_letters: u64,
    pub(crate) truncated: u64,
    pub(crate) gaps: u64,
    pub(crate) lost: u64,
    pub(crate) shed: u64,
    /// What was lost or shed, by reason.
    pub(crate) dropped: BTreeMap<String, u64>,
    pub(crate) rate_per_sec: f64,
    pub(crate) usual_rate_per_sec: Option<f64>,
    pub(crate) lag_secs: Option<f64>,
    pub(crate) clock_skew_secs: Option<f64>,
    pub(crate) last_error: Option<String>,
    pub(crate) waits_for: Option<String>,
}

/// What rows are made of.
pub(super) struct Heard<'a> {
    pub(super) receivers: &'a [Health],
    pub(super) callers: &'a [(String, Tally)],
    /// Whose is what comes with a token, by its name; nobody's where it is for several.
    pub(super) owner: &'a dyn Fn(&str) -> Option<TenantId>,
    pub(super) dead_letters: &'a BTreeMap<String, u64>,
    pub(super) views: &'a Views,
}

/// All rows: receivers, tokens, then what else was heard.
pub(super) fn rows(of: &Heard<'_>, now: Timestamp) -> Vec<SourceNow> {
    let Heard { receivers, callers, owner, dead_letters, views } = *of;
    let mut rows: Vec<SourceNow> = receivers.iter().map(|health| receiver(health, now)).collect();
    rows.extend(callers.iter().map(caller));
    let live = rows.len();
    for heard in &views.sources {
        let known = rows[..live].iter_mut().find(|row| row.name == heard.source.as_str());
        match known.filter(|_| heard.host.is_empty()) {
            Some(row) => row.is_heard(heard),
            None => rows.push(other(heard)),
        }
    }
    for row in rows.iter_mut().filter(|row| row.host.is_none()) {
        // What was heard with a token so far does not make it that client's.
        if let Some(token) = row.name.strip_prefix("http:") {
            row.tenant = owner(token).map(|tenant| tenant.to_string());
        }
        row.dead_letters = dead_letters.get(&row.name).copied().unwrap_or(0);
    }
    rows
}

impl SourceNow {
    /// Adds what was heard of it, of one client after the other.
    fn is_heard(&mut self, heard: &SourceView) {
        self.tenant = match self.transport.is_empty() {
            true => Some(heard.tenant.to_string()),
            false => None,
        };
        self.transport.clone_from(&heard.transport);
        self.parse_failures += heard.broken;
        self.gaps += heard.gaps;
        self.rate_per_sec += heard.rate;
        self.usual_rate_per_sec = sum(self.usual_rate_per_sec, heard.usual_rate);
        self.lag_secs = self.lag_secs.or(heard.lag_secs);
        self.clock_skew_secs = self.clock_skew_secs.or(heard.skew_secs);
        self.last_record_at.get_or_insert_with(|| heard.last.to_string());
        if self.state == "ok" {
            word(heard.seen).clone_into(&mut self.state);
            self.reason = heard.reason.clone().or(self.reason.take());
        }
    }
}

fn sum(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

fn word(seen: Seen) -> &'static str {
    match seen {
        Seen::Silent => "silent",
        Seen::Skewed => "skewed",
        Seen::Ok => "ok",
    }
}

fn other(heard: &SourceView) -> SourceNow {
    let host = (!heard.host.is_empty()).then(|| heard.host.clone());
    SourceNow {
        name: if host.is_some() { heard.source.to_string() } else { heard.label.clone() },
        host,
        tenant: Some(heard.tenant.to_string()),
        kind: heard.source_type.clone(),
        transport: heard.transport.clone(),
        state: word(heard.seen).to_owned(),
        reason: heard.reason.clone(),
        last_record_at: Some(heard.last.to_string()),
        received: heard.records,
        bytes: heard.bytes,
        parse_failures: heard.broken,
        gaps: heard.gaps,
        lost: heard.lost,
        rate_per_sec: heard.rate,
        usual_rate_per_sec: heard.usual_rate,
        lag_secs: heard.lag_secs,
        clock_skew_secs: heard.skew_secs,
        ..SourceNow::default()
    }
}

fn receiver(health: &Health, now: Timestamp) -> SourceNow {
    let last_error = health.last_error.as_ref().map(|(at, what)| format!("{at}: {what}"));
    let (state, reason) = match health.state {
        State::Receiving => {
            let is_recent = |(at, _): &&(Timestamp, String)| now - *at < RECENT;
            let recent = health.last_error.as_ref().filter(is_recent).and(last_error.clone());
            // What still holds may be older; what happened since is told beside it.
            let holds = health.holds.clone();
            let both = match (holds, recent) {
                (Some(holds), Some(recent)) if !recent.contains(&holds) => {
                    Some(format!("{holds}; {recent}"))
                }
                (holds, recent) => holds.or(recent),
            };
            ("ok", both)
        }
        State::Failing => ("failing", last_error.clone()),
        State::Waiting => ("waiting", health.waits_for.clone()),
        State::Starting => ("starting", None),
        State::Stopped => ("stopped", None),
    };
    let dropped = health.lost.iter().chain(&health.shed).filter(|(_, n)| **n > 0);
    SourceNow {
        name: health.name.clone(),
        kind: health.kind.to_owned(),
        state: state.to_owned(),
        reason,
        last_record_at: health.last_record_at.map(|at| at.to_string()),
        received: health.received,
        bytes: health.bytes,
        connections: health.connections,
        refused: health.refused,
        closed: health.closed.iter().map(|(reason, n)| ((*reason).to_owned(), *n)).collect(),
        empty: health.empty,
        malformed: health.malformed.values().sum(),
        truncated: health.truncated,
        lost: health.lost.values().sum(),
        shed: health.shed.values().sum(),
        dropped: dropped.map(|(reason, n)| ((*reason).to_owned(), *n)).collect(),
        last_error,
        waits_for: health.waits_for.clone(),
        ..SourceNow::default()
    }
}

/// What comes by HTTP, under the name of its token.
fn caller((name, tally): &(String, Tally)) -> SourceNow {
    SourceNow {
        name: name.clone(),
        kind: "http".to_owned(),
        state: "ok".to_owned(),
        last_record_at: tally.last_at.map(|at| at.to_string()),
        received: tally.received,
        bytes: tally.bytes,
        malformed: tally.refused,
        shed: tally.returned,
        dropped: [("returned_to_sender".to_owned(), tally.returned)]
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .collect(),
        ..SourceNow::default()
    }
}

/// The same as the API tells it.
pub(super) fn told(source: &SourceNow) -> api::SourceStatus {
    let last = source.last_record_at.as_deref();
    let state = match source.state.as_str() {
        "failing" => api::SourceState::Failing,
        "silent" => api::SourceState::Silent,
        "skewed" => api::SourceState::Skewed,
        _ => api::SourceState::Ok,
    };
    let transport = match source.transport.as_str() {
        "" => source.kind.trim_start_matches("syslog_"),
        transport => transport,
    };
    api::SourceStatus {
        source_id: match &source.host {
            Some(host) => format!("{}/{host}", source.name),
            None => source.name.clone(),
        },
        source_type: source.kind.clone(),
        source_name: source.host.as_ref().unwrap_or(&source.name).clone(),
        host: source.host.clone(),
        tenant_id: source.tenant.clone(),
        transport: transport.to_owned(),
        state,
        reason: source.reason.clone(),
        last_event_at: last.and_then(|at| model::Timestamp::parse_absolute(at, 0).ok()),
        received: source.received,
        bytes: source.bytes,
        dropped: source.dropped.clone(),
        malformed: source.malformed,
        parse_failures: source.parse_failures,
        dead_letters: source.dead_letters,
        gaps: source.gaps,
        empty: source.empty,
        truncated: source.truncated,
        connections: source.connections,
        refused: source.refused,
        closed: source.closed.clone(),
        rate_per_sec: source.rate_per_sec,
        usual_rate_per_sec: source.usual_rate_per_sec,
        lag_secs: source.lag_secs,
        clock_skew_secs: source.clock_skew_secs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::SourceId;
    use sources::inlet::Counters;

    const NOW: Timestamp = Timestamp::from_secs(1_795_255_200);

    fn rows_of(receivers: &[Health], callers: &[(String, Tally)], views: &Views) -> Vec<SourceNow> {
        let owner = |token: &str| (token == "shipper").then(|| TenantId::new("acme"));
        let dead_letters = BTreeMap::new();
        let heard = Heard { receivers, callers, owner: &owner, dead_letters: &dead_letters, views };
        rows(&heard, NOW)
    }

    #[test]
    fn what_went_wrong_lately_or_still_does_is_the_reason() {
        let row = |ago: Span, holds: Option<&str>| {
            let mut health = Counters::new("files", "file").health();
            health.state = State::Receiving;
            health.last_error = Some((NOW - ago, "b.log is not followed: program".to_owned()));
            health.holds = holds.map(str::to_owned);
            (health.refused, health.empty) = (1, 2);
            health.closed = [("tls", 3)].into();
            rows_of(&[health], &[], &Views::default()).remove(0)
        };
        let told = |ago, holds| (row(ago, holds).state, row(ago, holds).reason);
        let ok = "ok".to_owned();
        let (state, reason) = told(Span::MINUTE, None);
        assert!(state == ok && reason.unwrap().ends_with("b.log is not followed: program"));
        assert_eq!(told(Span::HOUR, None), (ok.clone(), None));
        let holds = "a.log is not followed: binary file";
        assert_eq!(told(Span::DAY, Some(holds)), (ok, Some(holds.to_owned())));
        let both = told(Span::MINUTE, Some(holds)).1.unwrap();
        assert!(both.starts_with(holds) && both.ends_with("b.log is not followed: program"));
        let api = super::told(&row(Span::MINUTE, None));
        assert_eq!((api.refused, api.empty, api.closed.get("tls")), (1, 2, Some(&3)));
    }

    #[test]
    fn what_comes_with_a_token_for_all_is_no_clients() {
        let heard = |source: &str| SourceView {
            tenant: TenantId::new("acme"),
            source: SourceId::new(source),
            host: String::new(),
            label: source.to_owned(),
            source_type: "http".to_owned(),
            transport: "http".to_owned(),
            seen: Seen::Ok,
            reason: None,
            last: NOW,
            records: 1,
            bytes: 1,
            broken: 0,
            gaps: 0,
            lost: 0,
            rate: 0.0,
            usual_rate: None,
            lag_secs: None,
            skew_secs: None,
        };
        let sources = vec![heard("http:all"), heard("http:shipper")];
        let views = Views { sources, ..Views::default() };
        let callers = ["http:all", "http:shipper"].map(|name| (name.to_owned(), Tally::default()));
        let of = |callers: &[(String, Tally)]| {
            let rows = rows_of(&[], callers, &views).into_iter();
            rows.map(|row| row.tenant).collect::<Vec<_>>()
        };
        assert_eq!(of(&callers), [None, Some("acme".to_owned())]);
        // The same before it sends again after a start.
        assert_eq!(of(&[]), [None, Some("acme".to_owned())]);
    }
}
