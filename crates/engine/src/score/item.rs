//! Candidate → item: the contract that people and tools read, filled with exact sentences. Every
//! number comes from the ledger or the finding; no cause is named as fact.

use super::around::{self, Around};
use super::next::{self, Next};
use super::trend;
use super::words::Words;
use super::{SCORER_VERSION, contributions, total};
use crate::attention::known::Kind;
use crate::counterfactual::{Counterfactual, Happens};
use crate::discover::candidate::Candidate;
use crate::discover::{Facts, View};
use crate::lifecycle::lifecycle;
use model::{
    Band, Baseline, Evidence, Frequency, Item, SeenBefore, Seq, TenantId, Timestamp, Timing, Where,
};
use std::collections::{BTreeMap, BTreeSet};

/// Hosts named in an item; the rest is counted.
const HOSTS_NAMED: usize = 10;
/// Letters of a title.
pub(super) const TITLE_MAX: usize = 90;

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
    let Next { check_next, knowledge, quiet, unknown } =
        next::of(candidate, around.comes_first(), view);
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
        check_next,
        knowledge,
        unknowns: words.unknowns().into_iter().chain(around.unknown()).chain(unknown).collect(),
        would_change: would_change(candidate, band, total(&terms), moves, quiet.as_deref(), view),
        contributions: terms,
        evidence: evidence(candidate, view),
        evidence_total: events(candidate),
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

/// Its events: each occasion that was counted has one, also those that began before it was a story.
fn events(candidate: &Candidate) -> u64 {
    candidate.events.max(u64::from(candidate.occasions))
}

fn frequency(candidate: &Candidate, view: View<'_>) -> Frequency {
    let last_day = trend::last_day(candidate, view);
    let mut per_day = [0_u32; crate::attention::days::DAYS];
    for cell in &candidate.cells {
        let back = view.ledger[*cell].days.back_from(last_day);
        per_day.iter_mut().rev().zip(back).for_each(|(sum, n)| *sum += n);
    }
    let starts = occasion_starts(candidate, view);
    let mut gaps: Vec<f64> = starts.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).collect();
    let median_gap_secs = (gaps.len() >= 2).then(|| crate::stats::median(&mut gaps)).flatten();
    let trend = trend::of(candidate, &starts, &per_day, last_day, view).word();
    Frequency { count: events(candidate), per_day: per_day.to_vec(), median_gap_secs, trend }
}

/// The lead's occasions while the story lasted (at most the latest twenty that are remembered).
fn occasion_starts(candidate: &Candidate, view: View<'_>) -> Vec<Timestamp> {
    let lead = &view.ledger[candidate.lead()];
    lead.starts().filter(|at| (candidate.onset..=candidate.last).contains(at)).collect()
}

/// The one to three hours of the day that hold at least seven tenths of six or more records, the fewest that
/// hold as many, and how many chance would put there.
fn usual_hours(candidate: &Candidate) -> Option<String> {
    let mut hours = [0_u32; 24];
    let marks = candidate.first_marks.iter().copied().chain(candidate.latest_marks.iter());
    marks.for_each(|m| hours[m.at.hour() as usize] += 1);
    let all: u32 = hours.iter().sum();
    let held = |from: usize, len: usize| (0..len).map(|i| hours[(from + i) % 24]).sum::<u32>();
    let windows = (0..24).flat_map(|from| (1..=3).map(move |len| (from, len)));
    let (from, len) = windows.max_by_key(|(from, len)| {
        (held(*from, *len), std::cmp::Reverse(*len), std::cmp::Reverse(*from))
    })?;
    let held = held(from, len);
    let days = candidate.last - candidate.onset >= model::Span::DAY.times(2);
    (all >= 6 && days && held * 10 >= all * 7).then(|| {
        let chance = super::number(f64::from(all) * len as f64 / 24.0);
        format!(
            "{from:02}:00–{:02}:00 UTC ({held} of {all}; chance would put {chance} there)",
            (from + len) % 24
        )
    })
}

fn seen_before(candidate: &Candidate) -> Vec<SeenBefore> {
    let told = candidate.recalls.iter().map(|recall| SeenBefore {
        candidate_id: recall.candidate,
        reason: recall.reason.clone(),
        outcome: recall.outcome.replace("<*>", "…"),
    });
    told.collect()
}

/// What would move it, in sentences; a score that cannot reach its mark is told as it is.
fn would_change(
    candidate: &Candidate,
    band: Band,
    score: f64,
    moves: &[Counterfactual],
    quiet: Option<&str>,
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
    let is_silence = matches!(candidate.facts, Facts::Silence { .. });
    // What is silent closes when it speaks, and not when it does not.
    let moves = moves.iter().filter(|change| !(is_silence && change.is_quiet()));
    let closes =
        |change: &Counterfactual| matches!(change.happens, Happens::Quiet { closes: true, .. });
    lines.extend(moves.map(|change| match quiet.filter(|_| closes(change)) {
        Some(quiet) => format!("{}, which is no sign of mending: {quiet}", change.words(band)),
        None => change.words(band),
    }));
    let ends = match candidate.facts {
        Facts::Silence { .. } => {
            let until = candidate.last + view.config.discover.close_after_max;
            lines.push(format!(
                "closes when the message is back; is given up at {} if it is not",
                until.to_minute_text()
            ));
            return lines;
        }
        Facts::Drift { .. } => {
            "closes when the values are back in their range, or have been the usual for a week"
        }
        Facts::HostSilence { .. } => "closes when all of its hosts speak again",
        _ => return lines,
    };
    lines.push(ends.to_owned());
    lines
}

/// Records of the lead's kind that are shown at least, where so many are remembered: companions of many lines
/// must not crowd out what the item is named for.
const OF_LEAD_MIN: usize = 4;

/// The first records and the latest ones, without repeats, oldest first.
fn evidence(candidate: &Candidate, view: View<'_>) -> Vec<Evidence> {
    // A return rests on what came before as much as on what came back.
    let recalled = match candidate.facts {
        Facts::Return { .. } => candidate.recalls.iter().find(|r| r.painful),
        _ => None,
    };
    let recalled = recalled.into_iter().flat_map(|recall| recall.marks.iter());
    // By record: the ledger remembers times to the second, so one record may have two.
    let mut shown: BTreeMap<Seq, Timestamp> = recalled
        .chain(&candidate.first_marks)
        .copied()
        .chain(candidate.latest_marks.iter())
        .map(|m| (m.seq, m.at))
        .collect();
    let of_lead = of_lead(candidate, view);
    let known: BTreeSet<Seq> = of_lead.iter().map(|(_, seq)| *seq).collect();
    let there = shown.keys().filter(|seq| known.contains(seq)).count();
    // How it began, and how it stands.
    let missing = of_lead.iter().take(1).chain(of_lead.iter().rev());
    let missing = missing.filter(|(_, seq)| !shown.contains_key(seq));
    let missing: Vec<_> = missing.take(OF_LEAD_MIN.saturating_sub(there)).copied().collect();
    // What it led to says more than any other line.
    let pain = candidate.pain.map(|pain| (pain.mark.at, pain.mark.seq));
    for (at, seq) in missing.into_iter().chain(pain) {
        shown.entry(seq).or_insert(at);
    }
    let mut shown: Vec<_> = shown.into_iter().map(|(seq, at)| (at, seq)).collect();
    shown.sort();
    let evidence = |(at, seq)| Evidence {
        of_lead: known.contains(&seq) || pain.is_some_and(|(_, of_pain)| of_pain == seq),
        ..Evidence::unread(seq, at)
    };
    shown.into_iter().map(evidence).collect()
}

/// What is remembered of the lead's kind of message while the story lasted, oldest first.
fn of_lead(candidate: &Candidate, view: View<'_>) -> BTreeSet<(Timestamp, Seq)> {
    let kind = view.ledger[candidate.lead()].signature;
    let cells = candidate.cells.iter().map(|cell| &view.ledger[*cell]);
    let marks = cells
        .filter(|cell| cell.signature == kind)
        .flat_map(|cell| cell.marks_since(candidate.onset));
    marks.filter(|mark| mark.at <= candidate.last).map(|mark| (mark.at, mark.seq)).collect()
}
