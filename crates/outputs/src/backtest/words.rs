//! The numbers of a backtest → sentences, each of which says what it counts.

use crate::blocks::mark;
use crate::figure::{counted, grouped};
use crate::safe::clip;
use model::{Backtest, Incident, ItemTotals, JudgedIncident, MatchedBy, Reason, ShownBefore, Span};
use model::{TenantTotals, Verdict};

/// `3 of 5 incidents were announced, median lead 2d 4h`.
pub(super) fn headline(backtest: &Backtest) -> String {
    let of = counted(backtest.judged, "incident was", "incidents were");
    let lead = match (backtest.median_lead_secs, backtest.announced) {
        (None, _) => String::new(),
        (Some(lead), 1) => format!(", lead {}", span(lead)),
        (Some(lead), _) => format!(", median lead {}", span(lead)),
    };
    match backtest.judged {
        0 => "no incident could be judged".to_owned(),
        _ => format!("{} of {of} announced{lead}", grouped(backtest.announced)),
    }
}

/// What the word "announced" means here, and in which time.
pub(super) fn measure(backtest: &Backtest) -> String {
    let records = match (backtest.from, backtest.to) {
        (Some(from), Some(to)) => {
            format!(
                "Records of {} to {} UTC, a digest each {}. ",
                from.to_minute_text(),
                to.to_minute_text(),
                span(backtest.digest_every_secs)
            )
        }
        _ => String::new(),
    };
    format!(
        "{records}Announced means: an item that names the incident's client, host and service, as far \
         as the incident names them, was first shown at most {} before, and was still open then or \
         over for at most {}.",
        span(backtest.window_secs),
        span(backtest.grace_secs)
    )
}

/// What keeps the headline from being read for more than it is.
pub(super) fn caveats(backtest: &Backtest) -> Vec<String> {
    let mut said = Vec::new();
    let announced = grouped(backtest.announced);
    if backtest.judged > 0 {
        said.push(format!(
            "Chance: had these incidents come at random moments of the records, {:.1} of {} would \
             count as announced.",
            backtest.expected_by_chance,
            grouped(backtest.judged)
        ));
    }
    if backtest.announced_by_client_only > 0 {
        said.push(format!(
            "{} of the {announced} announced matched by client only: the incident names neither host \
             nor service, so any item of its client counts, which says little.",
            grouped(backtest.announced_by_client_only)
        ));
    }
    if backtest.announced_while_learning > 0 {
        said.push(format!(
            "{} of the {announced} announced rest on items shown while learning: before the usual is \
             known, whatever is on watch is shown.",
            grouped(backtest.announced_while_learning)
        ));
    }
    if backtest.not_judged > 0 {
        let many = counted(backtest.not_judged, "incident is", "incidents are");
        said.push(format!("{many} not judged, and not counted above: the records cannot tell."));
    }
    if backtest.bad_rows > 0 {
        let many = counted(backtest.bad_rows, "row of the file is", "rows of the file are");
        said.push(format!("{many} left out: see the messages of this run."));
    }
    said
}

/// `announced 2d 4h before`, `not announced`, `not judged`.
pub(super) fn verdict(judged: &JudgedIncident) -> String {
    match (judged.verdict, judged.lead_secs) {
        (Verdict::Announced, Some(lead)) => format!("announced {} before", span(lead)),
        (Verdict::Announced, None) => "announced".to_owned(),
        (Verdict::NotAnnounced, _) => "not announced".to_owned(),
        (Verdict::NotJudged, _) => "not judged".to_owned(),
    }
}

/// `2026-03-17 12:00 UTC; client acme, host gw2; INC-7, line 3 of the file`.
pub(super) fn named(incident: &Incident, chars_max: usize) -> String {
    let name = |what: &str, name: Option<&str>| {
        name.map(|name| format!("{what} {}", clip(name, chars_max)))
    };
    let tenant = incident.tenant_id.as_ref().map(|tenant| tenant.as_str());
    let names: Vec<String> = [
        name("client", tenant),
        name("host", incident.host.as_deref()),
        name("service", incident.service.as_deref()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let names = match names.is_empty() {
        true => "names no client, host or service".to_owned(),
        false => names.join(", "),
    };
    let line = format!("line {} of the file", grouped(incident.line));
    let id = incident
        .id
        .as_deref()
        .map_or(line.clone(), |id| format!("{}, {line}", clip(id, chars_max)));
    format!("{} UTC; {names}; {id}", incident.at.to_minute_text())
}

/// `2026-03-16 10:00, 1d 2h before: ▲ investigate, self_heal; open then; cand_31…`.
pub(super) fn shown(judged: &JudgedIncident, item: &ShownBefore) -> String {
    let mut said = format!(
        "{}, {} before: {} {}, {}",
        item.first_shown.to_minute_text(),
        span(item.lead_secs),
        mark(item.band),
        item.band,
        item.candidate_type
    );
    if item.related_since != item.first_shown {
        let since = item.related_since.to_minute_text();
        said += &format!("; counted from {since}, when it first named this with the usual known");
    }
    if item.while_learning {
        said += "; shown while learning";
    }
    said += if item.was_open { "; open then" } else { "; over then" };
    if judged.incident.tenant_id.is_none() {
        said += &format!("; client {}", clip(item.tenant_id.as_str(), 63));
    }
    format!("{said}; {}", item.candidate_id)
}

/// What is said below the items: how many more there were, and how little they may have in common.
pub(super) fn more(judged: &JudgedIncident) -> Option<String> {
    let unsaid = judged.shown_total.saturating_sub(judged.shown.len() as u64);
    let more = (unsaid > 0).then(|| format!("And {}.", counted(unsaid, "more item", "more items")));
    let weak = match judged.matched_by {
        MatchedBy::ClientOnly => Some("Matched by client only."),
        MatchedBy::TimeOnly => Some("Matched by time only: not even the client is named."),
        MatchedBy::HostAndService | MatchedBy::Host | MatchedBy::Service => None,
    };
    let said: Vec<String> = more.into_iter().chain(weak.map(str::to_owned)).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// Why nothing stands where the items would.
pub(super) fn silence(judged: &JudgedIncident) -> String {
    let what = match judged.matched_by {
        MatchedBy::HostAndService => "nothing that names its host and service",
        MatchedBy::Host => "nothing that names its host",
        MatchedBy::Service => "nothing that names its service",
        MatchedBy::ClientOnly => "nothing of its client",
        MatchedBy::TimeOnly => "nothing at all",
    };
    match judged.reason {
        None if judged.other_services > 0 => format!(
            "{what}; but {} its host. Does the log call the service otherwise? Without a service in \
             the row, the host decides.",
            counted(judged.other_services, "item named", "items named")
        ),
        None => format!("{what}."),
        Some(Reason::StillLearning) => {
            format!("{what}; the usual was still being learnt, so there was little to say.")
        }
        Some(Reason::BeforeRecords) => "not known: it came before the records begin.".to_owned(),
        Some(Reason::AfterRecords) => "not known: it came after the records end.".to_owned(),
        Some(Reason::NoRecords) => match judged.incident.tenant_id {
            Some(_) => {
                "not known: there are no records of its client; is the name spelt as in them?"
            }
            None => "not known: there are no records.",
        }
        .to_owned(),
    }
}

/// What was shown with and without an incident after it, and what that does not mean.
pub(super) fn items(backtest: &Backtest, tenants_max: usize) -> Vec<String> {
    let mut said = vec![format!("{}.", totals(&backtest.items, "per client and day"))];
    let tenants = &backtest.tenants;
    if tenants.len() > 1 {
        said.extend(tenants.iter().take(tenants_max).map(of_tenant));
        if let Some(more) = tenants.len().checked_sub(tenants_max).filter(|more| *more > 0) {
            let clients = counted(more as u64, "more client", "more clients");
            said.push(format!("And {clients}; --format ndjson has them all."));
        }
    }
    if backtest.items.not_remembered > 0 {
        said.push(format!(
            "{} not remembered, or not with all of their names: there is a limit. Replay a shorter \
             time or one client.",
            counted(backtest.items.not_remembered, "further item was", "further items were")
        ));
    }
    said.push(
        "An item without an incident may be right all the same, and a list of incidents is never \
         complete: nothing is claimed here of how many items were worth reading."
            .to_owned(),
    );
    said
}

fn of_tenant(tenant: &TenantTotals) -> String {
    let totals = totals(&tenant.items, "a day");
    format!("{}, {:.1} days: {totals}.", clip(tenant.tenant_id.as_str(), 60), tenant.days)
}

fn totals(items: &ItemTotals, per: &str) -> String {
    if items.shown == 0 {
        return "no item was shown".to_owned();
    }
    let rate = items.others_per_day.map_or(String::new(), |rate| format!(" ({rate:.2} {per})"));
    format!(
        "{} shown; {} came before an incident of the list, {} did not{rate}",
        counted(items.shown, "item was", "items were"),
        grouped(items.preceded),
        grouped(items.others)
    )
}

fn span(secs: f64) -> Span {
    Span::from_micros((secs * 1e6) as i64)
}
