//! The score: named terms that add up, each with the numbers behind it. It orders the queue and
//! says how much of a person's time a candidate earns; whether there is a candidate at all was
//! decided by the detectors.

mod around;
mod crash;
mod item;
mod next;
mod phrase;
mod rhythm;
mod shared;
mod sites;
mod start;
mod title;
mod trend;
mod what;
mod why;
mod words;

pub use item::{headline, item, rounded};
pub(crate) use phrase::{joined, number, shorten};
pub use shared::tell_of_lines;

use crate::criticality;
use crate::discover::candidate::Candidate;
use crate::discover::{Facts, View};
use model::{Contribution, Severity, Span};

/// Changes whenever a weight or a term does.
pub const SCORER_VERSION: &str = "foreshock-score/6";

/// The weight of a term: what it can add at most, and why so much.
struct Weights {
    /// Coming back is the oldest sign that something will not go away.
    recurrence: f64,
    /// Healing by itself hides trouble from every threshold.
    recovery: f64,
    /// More hosts, more people.
    spread: f64,
    /// How far it is from the usual.
    novelty: f64,
    /// Companions on the same occasions.
    temporal_correlation: f64,
    /// What the source says of its severity, and a severe event that followed.
    human_impact: f64,
    /// Something worse follows it.
    precursor: f64,
    /// It ended badly before.
    memory: f64,
    /// Other clients have it at the same time: it has a cause that is theirs too.
    clients: f64,
    /// A kernel says of itself that it crashed, hangs, kills or loses data: no guess, and work is lost.
    kernel: f64,
    /// A host is at a hard limit, or comes to one within the hour.
    pressure: f64,
    /// A process was started as systems start none: a fact on the host, and no usual excuses it.
    start: f64,
}

const WEIGHTS: Weights = Weights {
    recurrence: 0.25,
    recovery: 0.15,
    spread: 0.25,
    novelty: 0.25,
    temporal_correlation: 0.08,
    human_impact: 0.15,
    precursor: 0.12,
    memory: 0.25,
    clients: 0.25,
    kernel: 0.35,
    pressure: 0.35,
    start: 0.35,
};

/// The terms of a candidate's score; their values sum to [`total`].
pub fn contributions(candidate: &Candidate, view: View<'_>) -> Vec<Contribution> {
    let mut terms = vec![
        recurrence(candidate),
        recovery(candidate),
        spread(candidate, view),
        novelty(candidate),
        temporal(candidate, view),
        impact(candidate, view),
        precursor(candidate),
        memory(candidate),
        clients(candidate, view),
        crash::term(candidate, view),
        pressure(candidate),
        start::term(candidate),
    ];
    terms.retain(|term| term.value > 0.0);
    let found: f64 = terms.iter().map(|t| t.value).sum();
    terms.extend(criticality(candidate, view, found));
    let raised: f64 = terms.iter().map(|t| t.value).sum();
    let damping = damping(candidate, view, raised);
    terms.extend((damping.value < 0.0).then_some(damping));
    terms
}

/// The sum of the terms, 0–1.
pub fn total(terms: &[Contribution]) -> f64 {
    terms.iter().map(|t| t.value).sum::<f64>().clamp(0.0, 1.0)
}

/// Values are kept to three digits so that what is printed adds up to what is printed.
fn term(name: &'static str, value: f64, reason: String) -> Contribution {
    Contribution { name, value: (value * 1_000.0).round() / 1_000.0, reason }
}

fn pressure(candidate: &Candidate) -> Contribution {
    let share = match &candidate.facts {
        Facts::Pressure(pressed) => pressed.pressure,
        _ => 0.0,
    };
    term("pressure", WEIGHTS.pressure * share, format!("{share:.2} of what the host can bear"))
}

fn recurrence(candidate: &Candidate) -> Contribution {
    let occasions = candidate.occasions;
    // Sixteen occasions earn the whole weight, four a half.
    let share = f64::from(occasions).ln_1p() / 17.0_f64.ln();
    let value = if occasions < 2 { 0.0 } else { WEIGHTS.recurrence * share.min(1.0) };
    if let Facts::Burst { hour, .. } = candidate.facts {
        // Three hundred in an hour earn the whole weight, twenty a half.
        let share = (f64::from(hour).ln_1p() / 301.0_f64.ln()).min(1.0);
        return term("recurrence", WEIGHTS.recurrence * share, format!("{hour} in an hour"));
    }
    if let Facts::Anomaly { today, .. } = candidate.facts {
        // A thousand on its fullest day earn the whole weight, thirty a half.
        let share = (f64::from(today).ln_1p() / 1_001.0_f64.ln()).min(1.0);
        return term("recurrence", WEIGHTS.recurrence * share, format!("{today} on a day"));
    }
    if let Facts::Breakthrough { failures, .. } = candidate.facts {
        let share = (f64::from(failures).ln_1p() / 301.0_f64.ln()).min(1.0);
        return term("recurrence", WEIGHTS.recurrence * share, format!("{failures} failures"));
    }
    term(
        "recurrence",
        value,
        format!("{occasions} occasions since {}", candidate.onset.to_minute_text()),
    )
}

fn recovery(candidate: &Candidate) -> Contribution {
    let (value, reason) = match candidate.facts {
        Facts::SelfHeal { pairs, failures, .. } => {
            let share = f64::from(pairs) / f64::from(failures.max(1));
            (
                WEIGHTS.recovery * share,
                format!("{pairs} of {failures} failures healed by themselves"),
            )
        }
        _ => (0.0, String::new()),
    };
    term("recovery", value, reason)
}

fn spread(candidate: &Candidate, view: View<'_>) -> Contribution {
    let mut hosts: Vec<_> = candidate.cells.iter().map(|c| view.ledger[*c].host).collect();
    hosts.sort();
    hosts.dedup();
    let value = WEIGHTS.spread * ((hosts.len() as f64 - 1.0) / 5.0).clamp(0.0, 1.0);
    term("spread", value, format!("{} hosts", hosts.len()))
}

fn novelty(candidate: &Candidate) -> Contribution {
    // Ten decades beyond the usual earn the whole weight.
    let value = WEIGHTS.novelty * (candidate.surprise / 10.0).min(1.0);
    term(
        "novelty",
        value,
        format!("under the usual it has a chance of 10^-{:.0}", candidate.surprise),
    )
}

fn temporal(candidate: &Candidate, view: View<'_>) -> Contribution {
    let lead = &view.ledger[candidate.lead()];
    let best = lead.partners().iter().map(|p| p.shared()).max().unwrap_or(0);
    let share = f64::from(best) / f64::from(lead.occasions.max(1));
    let value = if best < 3 { 0.0 } else { WEIGHTS.temporal_correlation * share.min(1.0) };
    term(
        "temporal_correlation",
        value,
        format!("a companion on {best} of {} occasions", lead.occasions),
    )
}

fn impact(candidate: &Candidate, view: View<'_>) -> Contribution {
    let worst = candidate.cells.iter().filter_map(|c| view.ledger[*c].worst).min();
    let share = match worst.unwrap_or(Severity::Info) {
        Severity::Emergency | Severity::Alert | Severity::Critical => 1.0,
        Severity::Error => 0.7,
        Severity::Warning => 0.5,
        Severity::Notice => 0.3,
        Severity::Info => 0.15,
        Severity::Debug => 0.0,
    };
    let (share, why) = match candidate.pain {
        Some(_) => (1.0, ", and a severe event followed"),
        // Whoever comes in so may do anything; the source calls it ordinary.
        None if matches!(candidate.facts, Facts::Breakthrough { .. }) => {
            (1.0, ", but whoever came in may do anything")
        }
        // Where the source says nothing, words of failing stand for a warning.
        None if worst.is_none() && speaks_of_failing(candidate, view) => {
            (0.5, ", but speak of failing")
        }
        None => (share, ""),
    };

    term(
        "human_impact",
        WEIGHTS.human_impact * share,
        match worst {
            Some(severity) => format!("its source says {severity}{why}"),
            None => format!("the lines carry no severity{why}"),
        },
    )
}

fn speaks_of_failing(candidate: &Candidate, view: View<'_>) -> bool {
    candidate.cells.iter().any(|cell| view.ledger.kind_of(*cell).fails)
}

fn precursor(candidate: &Candidate) -> Contribution {
    let (value, reason) = match candidate.facts {
        Facts::Precursor { share_low, followed, occasions, .. } => (
            WEIGHTS.precursor * share_low.max(0.3),
            format!(
                "followed {followed} of {occasions} times, at least {:.0} % (95 %)",
                share_low * 100.0
            ),
        ),
        _ => (0.0, String::new()),
    };
    term("precursor", value, reason)
}

fn memory(candidate: &Candidate) -> Contribution {
    let painful = candidate.recalls.iter().find(|r| r.painful);
    let (share, reason) = match (painful, candidate.recalls.first()) {
        (Some(recall), _) => (1.0, format!("{}: {}", recall.candidate, recall.outcome)),
        (None, Some(recall)) => (0.3, format!("{}: {}", recall.candidate, recall.outcome)),
        (None, None) => (0.0, String::new()),
    };
    term("memory", WEIGHTS.memory * share, reason)
}

fn clients(candidate: &Candidate, view: View<'_>) -> Contribution {
    match candidate.clients.filter(|found| !found.is_change(view.config)) {
        // Ten decades earn the whole weight, as for what is unusual by itself.
        Some(found) => {
            let value = WEIGHTS.clients * (found.surprise / 10.0).min(1.0);
            term("clients", value, sites::at_clients(&found))
        }
        None => term("clients", 0.0, String::new()),
    }
}

/// How much its place matters to those who run it, where they said so; it takes away no more than
/// is there.
fn criticality(candidate: &Candidate, view: View<'_>, found: f64) -> Option<Contribution> {
    let (level, place) = criticality::of_candidate(candidate, view)?;
    let term =
        term("criticality", level.value().max(-found), format!("{place} is {}", level.word()));
    (term.value != 0.0).then_some(term)
}

/// What takes away: being quiet for long, and whatever lies above 1.
fn damping(candidate: &Candidate, view: View<'_>, raised: f64) -> Contribution {
    let quiet = view.now - candidate.last;
    let is_silence = matches!(candidate.facts, Facts::Silence { .. } | Facts::HostSilence { .. });
    let lasts = is_silence || !candidate.is_open();
    let days = if lasts { 0.0 } else { (quiet - Span::DAY).as_days_f64().max(0.0) };
    let fading = 0.1 * days.min(3.0);
    let above = (raised - fading - 1.0).max(0.0);
    let value = -(fading.min(raised) + above);
    let reason = match above > 0.0 {
        true => "the sum is capped at 1".to_owned(),
        false => format!("quiet for {quiet}"),
    };
    term("damping", value, reason)
}
