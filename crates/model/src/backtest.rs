//! The backtest: what a replay would have told before incidents that are known from elsewhere. Plain
//! data; the names are the wire's.

use crate::{Band, CandidateId, CandidateType, TenantId, Timestamp};

/// Known incidents beside what the digests of a recording showed.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Backtest {
    /// The records begin here.
    pub from: Option<Timestamp>,
    /// The records end here.
    pub to: Option<Timestamp>,
    /// A digest was made each so many seconds: no lead is more exact.
    pub digest_every_secs: f64,
    /// How long before an incident an item may have been shown first, in seconds.
    pub window_secs: f64,
    /// How long before an incident an item may have been over, in seconds.
    pub grace_secs: f64,
    /// Incidents that could be judged.
    pub judged: u64,
    /// Of these: something related was shown before.
    pub announced: u64,
    /// Of the announced: they name neither host nor service, so any item of the client counts.
    pub announced_by_client_only: u64,
    /// Of the announced: only while the usual was still being learnt.
    pub announced_while_learning: u64,
    /// How many of the judged would be announced had they come at random moments of the records.
    pub expected_by_chance: f64,
    /// The middle one of the leads of the announced.
    pub median_lead_secs: Option<f64>,
    /// Incidents that the records say nothing about.
    pub not_judged: u64,
    /// Rows of the file that could not be read.
    pub bad_rows: u64,
    /// What was shown, with and without an incident after it.
    pub items: ItemTotals,
    /// The same of each client.
    pub tenants: Vec<TenantTotals>,
    /// Each incident, in the order of time.
    pub incidents: Vec<JudgedIncident>,
}

/// Items by whether an incident came after them.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct ItemTotals {
    /// Items that were shown open.
    pub shown: u64,
    /// Of these: they announced an incident.
    pub preceded: u64,
    /// Of these: they announced none that is known.
    pub others: u64,
    /// `others` for each day of the client's records; absent where these are shorter than a day.
    pub others_per_day: Option<f64>,
    /// Items that were shown, but not remembered: there is a limit on their number.
    pub not_remembered: u64,
}

/// The items of one client.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TenantTotals {
    /// The client.
    pub tenant_id: TenantId,
    /// How long its records are.
    pub days: f64,
    /// Its items.
    #[serde(flatten)]
    pub items: ItemTotals,
}

/// One incident as the person's file has it. What the file leaves out is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Incident {
    /// Its line in the file, from 1.
    pub line: u64,
    /// When it began, or was noticed.
    pub at: Timestamp,
    /// Its name in the system that it comes from.
    pub id: Option<String>,
    /// What it was.
    pub title: Option<String>,
    /// The client that it hit.
    pub tenant_id: Option<TenantId>,
    /// The host that it hit.
    pub host: Option<String>,
    /// The service that it hit.
    pub service: Option<String>,
}

/// One incident and what had been shown before it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct JudgedIncident {
    /// The incident.
    #[serde(flatten)]
    pub incident: Incident,
    /// Whether it was announced.
    pub verdict: Verdict,
    /// Why it is not judged, or what excuses silence.
    pub reason: Option<Reason>,
    /// What had to agree.
    pub matched_by: MatchedBy,
    /// From the first of `shown` to the incident.
    pub lead_secs: Option<f64>,
    /// The share of the records' time at which such an incident would have been announced.
    pub by_chance: Option<f64>,
    /// What had been shown, best first; at most three.
    pub shown: Vec<ShownBefore>,
    /// How many there were in all.
    pub shown_total: u64,
    /// Of an incident that was not announced: items that named its host, but not its service.
    pub other_services: u64,
}

/// One item that had been shown before an incident, as it stood when it was shown first.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ShownBefore {
    /// The candidate.
    pub candidate_id: CandidateId,
    /// The client whose digest had it.
    pub tenant_id: TenantId,
    /// What it claimed.
    #[serde(rename = "type")]
    pub candidate_type: CandidateType,
    /// Its title.
    pub title: String,
    /// Its band.
    pub band: Band,
    /// The first digest that had it.
    pub first_shown: Timestamp,
    /// The first digest in which it named what the incident names; the lead counts from here.
    pub related_since: Timestamp,
    /// From `related_since` to the incident.
    pub lead_secs: f64,
    /// It was still open when the incident came.
    pub was_open: bool,
    /// Until the incident it was shown only while the usual was still being learnt.
    pub while_learning: bool,
}

/// Whether an incident was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Something related had been shown.
    Announced,
    /// Nothing related had been shown.
    NotAnnounced,
    /// The records cannot tell.
    NotJudged,
}

/// Why the records cannot tell, or what excuses silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The usual was still being learnt.
    StillLearning,
    /// It came before the records begin.
    BeforeRecords,
    /// It came after the records end.
    AfterRecords,
    /// There are no records of its client.
    NoRecords,
}

/// What an item and an incident have to agree in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// The host and the service.
    HostAndService,
    /// The host.
    Host,
    /// The service.
    Service,
    /// Nothing but the client.
    ClientOnly,
    /// Nothing but the time: not even the client is named.
    TimeOnly,
}

impl MatchedBy {
    /// What an incident asks for by what it names.
    pub fn of(incident: &Incident) -> MatchedBy {
        match (&incident.host, &incident.service, &incident.tenant_id) {
            (Some(_), Some(_), _) => MatchedBy::HostAndService,
            (Some(_), None, _) => MatchedBy::Host,
            (None, Some(_), _) => MatchedBy::Service,
            (None, None, Some(_)) => MatchedBy::ClientOnly,
            (None, None, None) => MatchedBy::TimeOnly,
        }
    }

    /// Whether any item of the client would do: that says little.
    pub fn is_weak(self) -> bool {
        matches!(self, MatchedBy::ClientOnly | MatchedBy::TimeOnly)
    }
}
