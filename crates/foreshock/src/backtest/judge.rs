//! Incidents and what had been shown → the backtest: which were announced, by what, and how long
//! before. A pure function; it only counts, and leaves it to the reader what follows.

use super::incidents::Incidents;
use super::related::{GRACE, Related, Standing, Subject, share};
use super::shown::{Showings, Told};
use super::tally::{counted, rounded, sum, totals};
use model::{
    Backtest, CandidateId, Incident, JudgedIncident, MatchedBy, Reason, ShownBefore, Span,
};
use model::{TenantId, TenantTotals, Timestamp, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Items that are told of one incident.
const SHOWN_MAX: usize = 3;

/// Items that announced something.
pub(super) type Preceded<'a> = BTreeSet<(&'a TenantId, CandidateId)>;

/// All that an incident can be about: the clients whose items count, and these items.
struct Scope<'a> {
    told: Vec<&'a Told>,
    related: Vec<Related<'a>>,
    from: Timestamp,
    to: Timestamp,
    by_chance: f64,
}

/// How a backtest is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// An item counts if it was first shown at most so long before an incident.
    pub(crate) window: Span,
    /// How often a digest was made.
    pub(crate) digest_every: Span,
}

/// Judges each incident by what was shown before it.
pub(crate) fn judge(incidents: &Incidents, showings: &Showings, rules: Rules) -> Backtest {
    let mut bench = Bench { showings, window: rules.window, scopes: BTreeMap::new() };
    let mut preceded = Preceded::new();
    let mut judged: Vec<JudgedIncident> =
        incidents.list.iter().map(|incident| bench.judge(incident, &mut preceded)).collect();
    judged.sort_by_key(|judged| (judged.incident.at, judged.incident.line));
    let tenants: Vec<TenantTotals> =
        showings.tenants.iter().map(|t| totals(t, &preceded)).collect();
    let told = || showings.tenants.values();
    Backtest {
        from: told().map(|told| told.from).min(),
        to: told().map(|told| told.to).max(),
        digest_every_secs: rules.digest_every.as_secs_f64(),
        window_secs: rules.window.as_secs_f64(),
        grace_secs: GRACE.as_secs_f64(),
        bad_rows: incidents.bad_total + incidents.left_out,
        items: sum(&tenants),
        tenants,
        ..counted(judged)
    }
}

/// What incidents are judged by; many incidents name the same, and it is looked up once.
struct Bench<'a> {
    showings: &'a Showings,
    window: Span,
    scopes: BTreeMap<Subject, Option<Scope<'a>>>,
}

impl<'a> Bench<'a> {
    fn scope(&mut self, subject: Subject) -> Option<&Scope<'a>> {
        let (showings, window) = (self.showings, self.window);
        let scope = self.scopes.entry(subject);
        scope.or_insert_with_key(|subject| Scope::of(subject, showings, window)).as_ref()
    }

    fn judge(&mut self, incident: &Incident, preceded: &mut Preceded<'a>) -> JudgedIncident {
        let (window, at) = (self.window, incident.at);
        let subject = Subject::of(incident);
        let of_host = subject.without_service();
        let mut judged = match self.scope(subject) {
            Some(scope) => scope.judge(incident, window, preceded),
            None => not_judged(incident, Reason::NoRecords),
        };
        // Tickets seldom call a service what its log does: then the host alone would have matched.
        if let (Some(of_host), Verdict::NotAnnounced) = (of_host, judged.verdict) {
            let scope = self.scope(of_host);
            judged.other_services =
                scope.map_or(0, |scope| scope.announced(at, window).len() as u64);
        }
        judged
    }
}

impl<'a> Scope<'a> {
    /// `None` where there are no records to judge by.
    fn of(subject: &Subject, showings: &'a Showings, window: Span) -> Option<Scope<'a>> {
        let own = || showings.tenants.iter().filter(|(tenant, _)| subject.is_of(tenant));
        let told: Vec<&Told> = own().map(|(_, told)| told).collect();
        let from = told.iter().map(|told| told.from).min()?;
        let to = told.iter().map(|told| told.to).max()?;
        let related: Vec<Related<'_>> =
            own().flat_map(|(tenant, told)| subject.related(tenant, told)).collect();
        let spans = related.iter().flat_map(|related| related.times(window)).collect();
        Some(Scope { told, related, from, to, by_chance: share(spans, from, to) })
    }

    /// What the records cannot tell of an incident then.
    fn outside(&self, at: Timestamp) -> Option<Reason> {
        match at {
            at if at <= self.from => Some(Reason::BeforeRecords),
            at if at > self.to + GRACE => Some(Reason::AfterRecords),
            _ => None,
        }
    }

    /// Whether the usual of nobody was known then.
    fn is_learning(&self, at: Timestamp) -> bool {
        self.told.iter().all(|told| told.learning_until.is_some_and(|until| at < until))
    }

    /// What announced an incident then, best first.
    fn announced(&self, at: Timestamp, window: Span) -> Vec<(Standing, &Related<'a>)> {
        let standing = |related: &'_ _| Related::before(related, at, window);
        let mut announced: Vec<(Standing, &Related<'a>)> =
            self.related.iter().filter_map(|r| Some((standing(r)?, r))).collect();
        announced.sort_by_key(|(standing, related)| (*standing, related.tenant, related.id));
        announced
    }

    fn judge(
        &self,
        incident: &Incident,
        window: Span,
        preceded: &mut Preceded<'a>,
    ) -> JudgedIncident {
        let at = incident.at;
        if let Some(reason) = self.outside(at) {
            return not_judged(incident, reason);
        }
        let announced = self.announced(at, window);
        preceded.extend(announced.iter().map(|(_, related)| (related.tenant, related.id)));
        let shown: Vec<ShownBefore> =
            announced.iter().take(SHOWN_MAX).map(|best| shown(best, at)).collect();
        let is_silent = shown.is_empty();
        JudgedIncident {
            verdict: if is_silent { Verdict::NotAnnounced } else { Verdict::Announced },
            reason: (is_silent && self.is_learning(at)).then_some(Reason::StillLearning),
            lead_secs: shown.first().map(|best| best.lead_secs),
            by_chance: Some(rounded(self.by_chance)),
            shown,
            shown_total: announced.len() as u64,
            ..not_judged(incident, Reason::NoRecords)
        }
    }
}

fn not_judged(incident: &Incident, reason: Reason) -> JudgedIncident {
    JudgedIncident {
        incident: incident.clone(),
        verdict: Verdict::NotJudged,
        reason: Some(reason),
        matched_by: MatchedBy::of(incident),
        lead_secs: None,
        by_chance: None,
        shown: Vec::new(),
        shown_total: 0,
        other_services: 0,
    }
}

fn shown((standing, related): &(Standing, &Related<'_>), at: Timestamp) -> ShownBefore {
    let showing = related.showing;
    ShownBefore {
        candidate_id: related.id,
        tenant_id: related.tenant.clone(),
        candidate_type: showing.candidate_type,
        title: showing.title.clone(),
        band: showing.band,
        first_shown: showing.first,
        related_since: standing.since,
        lead_secs: (at - standing.since).as_secs_f64(),
        was_open: related.is_open(at),
        while_learning: standing.while_learning,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
