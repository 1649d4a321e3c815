//! Candidate → item: the contract that people and tools read, filled with exact sentences. Every
//! number comes from the ledger or the finding; no cause is named as fact.

use super::around::{self, Around};
use super::crash;
use super::rhythm;
use super::sites;
use super::words::Words;
use super::{SCORER_VERSION, contributions, total};
use crate::attention::known::Kind;
use crate::counterfactual::Counterfactual;
use crate::discover::candidate::Candidate;
use crate::discover::{Facts, View};
use crate::lifecycle::lifecycle;
use model::{
    Band, Baseline, Check, Evidence, Frequency, Item, SeenBefore, Seq, TenantId, Timestamp, Timing,
    Where,
};

/// Hosts named in an item; the rest is counted.
const HOSTS_NAMED: usize = 10;
/// Letters of a title.
const TITLE_MAX: usize = 90;

/// One candidate as a person reads it. `first_seq` and the source of each evidence are filled by
/// whoever holds the raw bytes. `moves` is what would change its band.
pub fn item(
    candidate: &Candidate,
    tenant: &TenantId,
    band: Band,
    moves: &[Counterfactual],
    view: View<'_>,
) -> Item {
    let words = Words::of(candidate, view);
    let terms = contributions(candidate, view);
    let hosts = hosts_of(candidate, view);
    let around = Around::of(candidate, view);
    Item {
        candidate_id: candidate.id,
        candidate_type: candidate.kind,
        title: words.title(TITLE_MAX),
        decision_band: band.decision_word(),
        band,
        status: if candidate.is_open() { "open" } else { "closed" },
        lifecycle: lifecycle(candidate, view),
        outcome: candidate.ending.as_ref().map(|e| e.outcome.replace("<*>", "…")),
        score_total: rounded(total(&terms)),
        why_it_matters: words.why_it_matters(),
        why: words.why().into_iter().chain(around.why()).collect(),
        what: words.what(),
        frequency: frequency(candidate, view),
        timing: Timing {
            first: candidate.onset,
            last: candidate.last,
            usual_hours: usual_hours(candidate),
        },
        baseline: words.baseline(),
        seen_before: seen_before(candidate),
        check_next: check_next(candidate, around.comes_first(), view),
        unknowns: words.unknowns().into_iter().chain(around.unknown()).collect(),
        would_change: would_change(candidate, band, total(&terms), moves, view),
        contributions: terms,
        evidence: evidence(candidate),
        evidence_total: candidate.events,
        context: around::context(candidate, view),
        scorer_version: SCORER_VERSION,
        place: Where {
            tenant_id: tenant.as_str().to_owned(),
            hosts_total: hosts.len() as u64,
            hosts: hosts.into_iter().take(HOSTS_NAMED).collect(),
            services: services_of(candidate, view),
        },
    }
}

/// What stands first in an item: its title, and the usual and the present.
pub fn headline(candidate: &Candidate, view: View<'_>) -> (String, Baseline) {
    let words = Words::of(candidate, view);
    (words.title(TITLE_MAX), words.baseline())
}

/// A score as it is shown, to three digits.
pub fn rounded(score: f64) -> f64 {
    (score * 1_000.0).round() / 1_000.0
}

fn hosts_of(candidate: &Candidate, view: View<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for cell in &candidate.cells {
        let name = &view.ledger.host_of(*cell).name;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn services_of(candidate: &Candidate, view: View<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for cell in &candidate.cells {
        let kind: &Kind = view.ledger.kind_of(*cell);
        let name = &view.ledger.services[kind.service.0 as usize].name;
        if !name.is_empty() && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn frequency(candidate: &Candidate, view: View<'_>) -> Frequency {
    // The days of the story: of a closed one they end with it.
    let last_day = if candidate.is_open() { view.now } else { candidate.last };
    let mut per_day = [0_u32; crate::attention::days::DAYS];
    for cell in &candidate.cells {
        let back = view.ledger[*cell].days.back_from(last_day);
        per_day.iter_mut().rev().zip(back).for_each(|(sum, n)| *sum += n);
    }
    let starts = occasion_starts(candidate, view);
    let mut gaps: Vec<f64> = starts.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).collect();
    let until = candidate.ending.as_ref().map_or(view.now, |e| e.at);
    let trend = rhythm::trend(&starts, until);
    let median_gap_secs = (gaps.len() >= 2).then(|| crate::stats::median(&mut gaps)).flatten();
    Frequency { count: candidate.events, per_day: per_day.to_vec(), median_gap_secs, trend }
}

/// The lead's occasions while the story lasted (at most the latest twenty that are remembered).
fn occasion_starts(candidate: &Candidate, view: View<'_>) -> Vec<Timestamp> {
    let lead = &view.ledger[candidate.lead()];
    lead.starts().filter(|at| (candidate.onset..=candidate.last).contains(at)).collect()
}

/// The three hours of the day that hold at least seven tenths of six or more records.
fn usual_hours(candidate: &Candidate) -> Option<String> {
    let mut hours = [0_u32; 24];
    let marks = candidate.first_marks.iter().copied().chain(candidate.latest_marks.iter());
    marks.for_each(|m| hours[m.at.hour() as usize] += 1);
    let all: u32 = hours.iter().sum();
    let held = |from: usize| (0..3).map(|i| hours[(from + i) % 24]).sum::<u32>();
    let best = (0..24).max_by_key(|from| (held(*from), std::cmp::Reverse(*from)))?;
    let days = candidate.last - candidate.onset >= model::Span::DAY.times(2);
    (all >= 6 && days && held(best) * 10 >= all * 7)
        .then(|| format!("{best:02}:00–{:02}:00 UTC ({} of {all})", (best + 3) % 24, held(best)))
}

fn seen_before(candidate: &Candidate) -> Vec<SeenBefore> {
    let told = candidate.recalls.iter().map(|recall| SeenBefore {
        candidate_id: recall.candidate,
        reason: recall.reason.clone(),
        outcome: recall.outcome.replace("<*>", "…"),
    });
    told.collect()
}

/// Read-only checks that fit any program; exact ones by program family come from a catalogue. Where it is
/// known what comes first every time, the first check tells it instead of asking.
fn check_next(candidate: &Candidate, comes_first: Option<String>, view: View<'_>) -> Vec<Check> {
    let around = model::Span::from_secs(300);
    // Of many hosts, the one that spoke last: the window around the latest occasion is its own.
    let lasts = candidate.cells.iter();
    let host = lasts
        .max_by_key(|cell| view.ledger[**cell].last.min(candidate.last))
        .map(|cell| view.ledger.host_of(*cell).name.clone());
    // Only our own times stand in the command: nothing from a log may reach a shell.
    let window = |at: Timestamp| {
        let (from, to) = (at - around, at + around);
        format!(
            "journalctl --utc --no-pager --since '{} UTC' --until '{} UTC'",
            from.to_minute_text(),
            (to + model::Span::MINUTE).to_minute_text()
        )
    };
    let check = |text: String, command: Option<String>| Check {
        text,
        command,
        host: host.clone(),
        read_only: true,
        shows: None,
    };
    // A check that shows the lines around a moment.
    let look = |text: String, at: Timestamp| {
        let command = Some(window(at));
        Check { shows: Some((at - around, at + around)), ..check(text, command) }
    };
    let mut checks = vec![look(
        comes_first.unwrap_or_else(|| "read what the host said around the latest occasion: is there a line that comes first every time?".into()),
        candidate.last,
    )];
    match &candidate.facts {
        Facts::Silence { .. } => {
            checks[0] = look(
                "read what the host said when the message stopped: was something stopped, removed or reconfigured?".into(),
                candidate.onset,
            );
            checks.push(check(
                "is the service still installed and enabled, and is it among the failed ones?"
                    .into(),
                Some("systemctl list-units --state=failed --no-pager".into()),
            ));
        }
        Facts::HostSilence { .. } => {
            checks[0] = look(
                "is the host up, does it reach its log server, and does whatever sends its logs run?"
                    .into(),
                candidate.onset,
            );
            checks.push(Check {
                host: None,
                ..check(
                    "does anything else hear of it: monitoring, its neighbours, its site?".into(),
                    None,
                )
            });
        }
        Facts::Drift { .. } => checks.push(check(
            "what is short on this host or on the one that it asks: time, memory, disk, network?"
                .into(),
            Some("vmstat -w 1 3; df -h".into()),
        )),
        Facts::Breakthrough { .. } => checks.insert(
            0,
            check(
                "who came in, from where, and are they still there? Ask the owner of the account."
                    .into(),
                Some("last -F -w | head -n 20; who".into()),
            ),
        ),
        Facts::Crash(_) => {
            let known = crash::checks(candidate, view).into_iter();
            let known = known.map(|known| check(format!("{}?", known.why), Some(known.command.to_owned())));
            checks.splice(1..1, known);
        }
        Facts::Spread { .. } => checks.push(Check {
            host: None,
            ..check(sites::what_they_share(candidate, view), None)
        }),
        Facts::Clients(_) => checks.push(Check {
            host: None,
            ..check(
                "what does this client share with others: an update of these days, a provider, a service, a certificate?"
                    .into(),
                None,
            )
        }),
        Facts::SelfHeal { .. } => checks
            .push(check("does the other side tell of failures at the same times?".into(), None)),
        _ => {}
    }
    // A story of one moment began at its latest occasion.
    if candidate.last - candidate.onset > around {
        // Of many hosts, the one that it reached first leads.
        let first = view.ledger.host_of(candidate.lead()).name.clone();
        checks.push(Check {
            host: Some(first),
            ..look("what changed on this host shortly before it began?".into(), candidate.onset)
        });
    }
    checks
}

/// What would move it, in sentences; a score that cannot reach its mark is told as it is.
fn would_change(
    candidate: &Candidate,
    band: Band,
    score: f64,
    moves: &[Counterfactual],
    view: View<'_>,
) -> Vec<String> {
    if !candidate.is_open() {
        return vec!["nothing, as it is closed; if it comes back, that is told anew".to_owned()];
    }
    let asked = view.config.attention.promote_score_min;
    let mut lines = Vec::new();
    if band == Band::Investigate {
        lines.push(format!("rises to promote at a score of {asked:.2} (now {score:.2})"));
    }
    lines.extend(moves.iter().map(|change| change.words(band)));
    let ends = match candidate.facts {
        Facts::Drift { .. } => {
            "closes when the values are back in their range, or have been the usual for a week"
        }
        Facts::HostSilence { .. } => "closes when all of its hosts speak again",
        _ => return lines,
    };
    lines.push(ends.to_owned());
    lines
}

/// The first records and the latest ones, without repeats, oldest first.
fn evidence(candidate: &Candidate) -> Vec<Evidence> {
    // A return rests on what came before as much as on what came back.
    let recalled = match candidate.facts {
        Facts::Return { .. } => candidate.recalls.iter().find(|r| r.painful),
        _ => None,
    };
    let recalled = recalled.into_iter().flat_map(|recall| recall.marks.iter());
    let mut shown: Vec<(Timestamp, Seq)> = recalled
        .chain(&candidate.first_marks)
        .copied()
        .chain(candidate.latest_marks.iter())
        .map(|m| (m.at, m.seq))
        .collect();
    shown.sort();
    shown.dedup();
    shown.into_iter().map(|(at, seq)| Evidence::unread(seq, at)).collect()
}
