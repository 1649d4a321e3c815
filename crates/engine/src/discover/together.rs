//! Whether a finding belongs to a story that is already open on its host: its moments lie near those
//! of the story, and more of them than chance would put there.

use super::candidate::Candidate;
use super::{Finding, View};
use crate::attention::cell::CellIndex;
use crate::attention::known::Kind;
use crate::attention::supposed::Known;
use crate::stats::binomial_surprise;
use model::{CandidateType, Span, Timestamp};

/// How near to each other the records of one story are, where they are of different messages: a
/// boot, or a failure with its consequences, is over in two minutes.
const WITHIN: Span = Span::from_secs(120);
/// How near to each other rises of one story begin; a rate is counted in slots of five minutes.
const RISE_WITHIN: Span = Span::from_secs(300);
/// Evidence, in decades, that records stand near those of a story by no chance.
const ODDS_MIN: f64 = 3.0;
/// Fewest occasions that a finding is placed by; below, its records are what there is.
const OCCASIONS_MIN: usize = 3;

/// The same of what says too little to be a story of its own.
const ODDS_OF_PART_MIN: f64 = 1.0;
/// Words that messages must share, beside the one in which they differ, to be the same message about
/// another thing.
const SHARED_WORDS_MIN: usize = 3;

/// A stretch of time.
type Stretch = (Timestamp, Timestamp);

/// The moments of a finding: the beginnings of its lead's occasions, as far as they are known, or its
/// records.
pub(super) fn moments(finding: &Finding, ledger: Known<'_>) -> Vec<Timestamp> {
    let records = || finding.marks.iter().map(|mark| mark.at).collect();
    let Some(lead) = finding.cells.first().filter(|_| !is_rate(finding.kind)) else {
        return records();
    };
    let starts = ledger[*lead].starts().filter(|at| *at >= finding.onset);
    let starts: Vec<Timestamp> = starts.collect();
    if starts.len() < OCCASIONS_MIN { records() } else { starts }
}

/// Whether a finding with these moments is part of this story.
pub(super) fn is_part(
    candidate: &Candidate,
    finding: &Finding,
    moments: &[Timestamp],
    view: View<'_>,
) -> bool {
    let lead = finding.cells.first();
    let is_alike = |cell: &CellIndex| lead.is_some_and(|lead| are_alike(view, *cell, *lead));
    let odds_min = match lead.is_some_and(|lead| has_words(view, *lead)) {
        true => ODDS_MIN,
        false => ODDS_OF_PART_MIN,
    };
    // A rise of its own stands out by its rate, whatever else the program says.
    !is_rate(finding.kind) && candidate.cells.iter().any(is_alike)
        || rise_together(candidate, finding, view)
        || tells_of(candidate, moments, view.ledger)
        || goes_on_at(candidate, moments, odds_min, view.ledger)
}

/// Whether both are sudden rises of one program that began in the same minutes.
fn rise_together(candidate: &Candidate, finding: &Finding, view: View<'_>) -> bool {
    let apart = candidate.onset.apart(finding.onset);
    let program = |cell: CellIndex| view.ledger.kind_of(cell).service;
    let of_one = |lead: &CellIndex| program(*lead) == program(candidate.lead());
    is_rate(finding.kind)
        && is_rate(candidate.kind)
        && apart <= RISE_WITHIN
        && finding.cells.first().is_some_and(of_one)
}

/// Whether two messages of one program are the same but for one word: killed was now this process, now
/// that one. A word of state makes another message of it.
fn are_alike(view: View<'_>, one: CellIndex, other: CellIndex) -> bool {
    let (first, second) = (view.ledger.kind_of(one), view.ledger.kind_of(other));
    let speaks = |kind: &Kind| (kind.service, kind.fails, kind.recovers, kind.grants);
    if speaks(first) != speaks(second) {
        return false;
    }
    let words = |cell: CellIndex| {
        view.library.signature(view.ledger[cell].signature).template.split_whitespace()
    };
    let (mut same, mut differ) = (0, 0);
    let (mut ones, mut others) = (words(one), words(other));
    loop {
        match (ones.next(), others.next()) {
            (None, None) => return differ == 1 && same >= SHARED_WORDS_MIN,
            (Some(a), Some(b)) if a == b => same += usize::from(a.starts_with(char::is_alphabetic)),
            (Some(_), Some(_)) if differ == 0 => differ = 1,
            _ => return false,
        }
    }
}

/// Whether a message says anything that a story could be named after.
pub(super) fn has_words(view: View<'_>, cell: CellIndex) -> bool {
    let template = &view.library.signature(view.ledger[cell].signature).template;
    // A script without spaces has its words too.
    let has_letters = |word: &str| word.chars().any(|c| !c.is_ascii() && c.is_alphabetic());
    let is_word = |word: &&str| {
        let bare = word.trim_start_matches(|c: char| !c.is_alphanumeric());
        bare.starts_with(char::is_alphabetic)
    };
    let words = template.split_whitespace().filter(is_word);
    words.count() >= 2 || has_letters(template)
}

/// Whether the records of a story lie within minutes of most of these moments.
fn tells_of(candidate: &Candidate, moments: &[Timestamp], ledger: Known<'_>) -> bool {
    let is_near = |at: Timestamp| {
        let mut marks = candidate.first_marks.iter().copied().chain(candidate.latest_marks.iter());
        marks.any(|mark| mark.at.apart(at) <= WITHIN)
    };
    let all = moments.len() as u64;
    let near = moments.iter().filter(|at| is_near(**at)).count() as u64;
    // Standing near the records of something frequent says nothing.
    let odds = binomial_surprise(near, all, share_near_records(candidate, ledger));
    let begins_there = || all <= 2 && moments.first().is_some_and(|at| is_near(*at));
    near * 5 >= all.max(1) * 4 && (odds >= ODDS_MIN || begins_there())
}

/// The share of a story's life that lies near one of its records. What comes in storms is near one for
/// as long as the storms last.
fn share_near_records(candidate: &Candidate, ledger: Known<'_>) -> f64 {
    let lived = (candidate.last - candidate.onset).as_secs_f64().max(1.0);
    let lead = &ledger[candidate.lead()];
    let count = match is_rate(candidate.kind) || lead.is_stream() {
        true => candidate.events as f64,
        false => candidate.cells.len() as f64 * f64::from(candidate.occasions.max(1)),
    };
    (count * 2.0 * WITHIN.as_secs_f64() / lived).clamp(0.001, 0.999)
}

/// Whether most of these moments lie in the occasions of a story, as far back as those are known.
fn goes_on_at(
    candidate: &Candidate,
    moments: &[Timestamp],
    odds_min: f64,
    ledger: Known<'_>,
) -> bool {
    let stretches = occasions(candidate, ledger);
    let (Some(first), Some(last)) = (stretches.first(), stretches.last()) else {
        return false;
    };
    let (from, to) = (first.0, last.1);
    let known: Vec<Timestamp> =
        moments.iter().copied().filter(|at| (from..=to).contains(at)).collect();
    let near = known.iter().filter(|at| holds(&stretches, **at)).count();
    let busy: f64 = stretches.iter().map(|(from, to)| (*to - *from).as_secs_f64()).sum();
    let share = (busy / (to - from).as_secs_f64().max(1.0)).clamp(0.001, 0.999);
    let is_most = near * 5 >= known.len() * 4 && known.len() * 5 >= moments.len() * 4;
    is_most && binomial_surprise(near as u64, known.len() as u64, share) >= odds_min
}

fn holds(stretches: &[Stretch], at: Timestamp) -> bool {
    let after = stretches.partition_point(|(from, _)| *from <= at);
    after > 0 && stretches[after - 1].1 >= at
}

/// When the cells of a story were on an occasion, or near one, since it began: disjoint, in order. Of
/// an occasion only the beginning is remembered; each counts as long as the cell's mean.
fn occasions(candidate: &Candidate, ledger: Known<'_>) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for cell in candidate.cells.iter().map(|cell| &ledger[*cell]) {
        let mean = cell.busy().as_secs_f64() / f64::from(cell.occasions.max(1));
        let lasts = Span::from_secs(mean as i64) + WITHIN;
        let starts = cell.starts().filter(|at| *at >= candidate.onset - WITHIN);
        all.extend(starts.map(|at| (at - WITHIN, at + lasts)));
    }
    all.sort();
    let mut disjoint: Vec<Stretch> = Vec::new();
    for (from, to) in all {
        match disjoint.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => disjoint.push((from, to)),
        }
    }
    disjoint
}

/// Whether a story of this type is about a rate, which has no single occasions.
fn is_rate(kind: CandidateType) -> bool {
    matches!(kind, CandidateType::Burst | CandidateType::Anomaly)
}
