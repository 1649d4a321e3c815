//! What an incident names → the items that name the same, and the times at which they stood on a
//! page for a reader. Whether one incident was announced and how likely that was by chance are then
//! two questions to the same times.

use super::names::{folded, is_same_host};
use super::shown::{Showing, Told};
use model::{CandidateId, Incident, Span, TenantId, Timestamp};

/// How long an item may have been over when an incident comes: who read it yesterday still knows.
pub(super) const GRACE: Span = Span::DAY;

/// What an incident names, folded.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject {
    tenant: Option<TenantId>,
    host: Option<String>,
    service: Option<String>,
}

/// An item that names what an incident names.
pub(super) struct Related<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) id: CandidateId,
    pub(super) showing: &'a Showing,
    /// From which digest on it named that, the usual being known or not.
    since_any: Timestamp,
    /// The same, the usual being known.
    since_learnt: Option<Timestamp>,
    /// Its host is spelt otherwise, or is one of several.
    is_loose: bool,
}

/// How an item stood before one incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    /// It was shown only while the usual was being learnt.
    pub(super) while_learning: bool,
    is_loose: bool,
    /// The first digest that named what the incident names.
    pub(super) since: Timestamp,
}

impl Subject {
    /// What this incident names.
    pub(super) fn of(incident: &Incident) -> Subject {
        Subject {
            tenant: incident.tenant_id.clone(),
            host: incident.host.as_deref().map(folded),
            service: incident.service.as_deref().map(folded),
        }
    }

    /// The same without its service, if that leaves a host.
    pub(super) fn without_service(&self) -> Option<Subject> {
        let (Some(host), Some(_)) = (&self.host, &self.service) else {
            return None;
        };
        Some(Subject { tenant: self.tenant.clone(), host: Some(host.clone()), service: None })
    }

    /// Whether this client's items can belong to it.
    pub(super) fn is_of(&self, tenant: &TenantId) -> bool {
        self.tenant.as_ref().is_none_or(|own| own == tenant)
    }

    /// The items of this client that name the same.
    pub(super) fn related<'a>(&self, tenant: &'a TenantId, told: &'a Told) -> Vec<Related<'a>> {
        let items = told.items.iter();
        items.filter_map(|(id, showing)| self.relate(tenant, *id, showing)).collect()
    }

    fn relate<'a>(
        &self,
        tenant: &'a TenantId,
        id: CandidateId,
        showing: &'a Showing,
    ) -> Option<Related<'a>> {
        let mut since_any = showing.first;
        let mut is_loose = false;
        if let Some(host) = &self.host {
            let exact = showing.hosts.get(host);
            let same = || showing.hosts.iter().find(|(name, _)| is_same_host(name, host));
            let named = exact.or_else(|| same().map(|(_, since)| since))?;
            is_loose = exact.is_none() || showing.hosts_total > 1;
            since_any = since_any.max(*named);
        }
        if let Some(service) = &self.service {
            since_any = since_any.max(*showing.services.get(service)?);
        }
        let since_learnt = showing.first_learnt.map(|learnt| learnt.max(since_any));
        Some(Related { tenant, id, showing, since_any, since_learnt, is_loose })
    }
}

impl Related<'_> {
    /// The times after which, and up to which, an incident counts as announced by it.
    pub(super) fn times(&self, window: Span) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let over = self.showing.ended.map(|ended| ended + GRACE);
        let until = move |since: Timestamp| (since + window).min(over.unwrap_or(since + window));
        let learning = match self.since_learnt {
            None => Some((self.since_any, until(self.since_any))),
            Some(learnt) => Some((self.since_any, until(self.since_any).min(learnt))),
        };
        let learnt = self.since_learnt.map(|since| (since, until(since)));
        learning.into_iter().chain(learnt).filter(|(after, until)| after < until)
    }

    /// How it stood before an incident, if it announced it.
    pub(super) fn before(&self, at: Timestamp, window: Span) -> Option<Standing> {
        let (since, _) = self.times(window).find(|(after, until)| *after < at && at <= *until)?;
        let while_learning = self.since_learnt != Some(since);
        Some(Standing { while_learning, is_loose: self.is_loose, since })
    }

    /// Whether it was still shown as open.
    pub(super) fn is_open(&self, at: Timestamp) -> bool {
        self.showing.ended.is_none_or(|ended| at < ended)
    }
}

/// The share of the time between `from` and `to` that these spans cover.
pub(super) fn share(mut spans: Vec<(Timestamp, Timestamp)>, from: Timestamp, to: Timestamp) -> f64 {
    spans.sort_unstable();
    let mut covered = Span::ZERO;
    let mut reached = from;
    for (after, until) in spans {
        let (after, until) = (after.max(reached), until.min(to));
        if after < until {
            covered = covered + (until - after);
            reached = until;
        }
    }
    match to - from {
        all if all > Span::ZERO => covered.as_secs_f64() / all.as_secs_f64(),
        _ => 0.0,
    }
}
