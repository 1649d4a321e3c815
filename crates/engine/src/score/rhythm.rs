//! How a story repeats: on how many of its days, how evenly, whether faster, and whether what heals takes longer. Numbers
//! for the sentences of an item.

use super::phrase::{joined, number};
use super::trend::{self, Trend};
use crate::attention::days::{DAYS, day_of};
use crate::discover::candidate::Candidate;
use crate::discover::{Facts, View};
use crate::stats::{local_variation, median};
use model::{Span, Timestamp};

/// Occasions from which evenness can be told.
const EVEN_FROM: usize = 6;
/// Local variation below which gaps are even; 1 is chance (Shinomoto, Shima and Tanji 2003).
const EVEN_MAX: f64 = 0.2;
/// No even gap is so many times longer or shorter than the middle one: local variation compares neighbours only, and does
/// not see a slow change.
const EVEN_RATIO_MAX: f64 = 2.0;
/// Local variation above which occasions come in clusters.
const CLUSTERED_MIN: f64 = 1.5;
/// Days whose counts are told one by one.
const DAYS_COUNTED: usize = 10;
/// Heal times from which earlier and later ones can be compared.
const HEALS_FROM: usize = 6;
/// How many times longer, or shorter, the later ones must be to be worth a sentence.
const HEALS_RATIO: f64 = 1.5;

/// The sentences about a candidate's rhythm.
pub(super) fn reasons(candidate: &Candidate, view: View<'_>) -> Vec<String> {
    let recurs = matches!(
        candidate.facts,
        Facts::Recurrence { .. } | Facts::SelfHeal { .. } | Facts::Precursor { .. }
    );
    if !recurs {
        return Vec::new();
    }
    let lead = &view.ledger[candidate.lead()];
    let starts: Vec<Timestamp> = lead.starts().filter(|at| *at >= candidate.onset).collect();
    let until = candidate.ending.as_ref().map_or(view.now, |ending| ending.at);
    let active = days_active(&starts, candidate);
    let are_counted = active.as_ref().is_some_and(|told| told.contains(':'));
    let faster = acceleration(&starts, until, candidate);
    let grows = if faster.is_none() { growth(candidate, view) } else { None };
    // What speeds up keeps no schedule, however like its neighbour each gap is.
    let even = evenness(&starts).filter(|_| faster.is_none() && grows.is_none());
    let told = [
        active,
        faster.or_else(|| grows.filter(|_| !are_counted)),
        even,
        heal_trend(candidate, view),
    ];
    told.into_iter().flatten().collect()
}

/// `it grows from day to day: 1, 2, 5, 8 and 24`, where the lead's counts do and no chance makes them.
fn growth(candidate: &Candidate, view: View<'_>) -> Option<String> {
    let last_day = trend::last_day(candidate, view);
    let mut per_day: [u32; DAYS] = view.ledger[candidate.lead()].days.back_from(last_day);
    per_day.reverse();
    let days = trend::days(candidate, &per_day, last_day);
    let how = match trend::of_counts(&days) {
        Trend::Rising => "it grows from day to day",
        Trend::Falling => "it fades from day to day",
        Trend::Steady | Trend::Unknown => return None,
    };
    let counts: Vec<String> = days.iter().map(|(_, n)| n.to_string()).collect();
    let so_far = if days.last()?.0 < 1.0 { " so far on the last" } else { "" };
    Some(format!("{how}: {}{so_far}", joined(&counts)))
}

/// `it speeds up: 4 occasions in the first half of its 6d, 11 in the second`, where that is no chance.
fn acceleration(starts: &[Timestamp], until: Timestamp, candidate: &Candidate) -> Option<String> {
    let how = match trend::of_occasions(starts, until) {
        Trend::Rising => "it speeds up",
        Trend::Falling => "it slows down",
        Trend::Steady | Trend::Unknown => return None,
    };
    let first = *starts.first()?;
    let half = (until - first).scaled(0.5);
    let earlier = starts.iter().filter(|at| **at < first + half).count();
    let later = starts.len() - earlier;
    // A long story forgets its first occasions.
    let of = match starts.len() < candidate.occasions as usize {
        true => format!("the time of its latest {}", starts.len()),
        false => format!("its {}", until - first),
    };
    let rates = rates(earlier, later, half).unwrap_or_default();
    Some(format!(
        "{how}: {} in the first half of {of}, {later} in the second{rates}",
        if earlier == 1 { "one occasion".to_owned() } else { format!("{earlier} occasions") }
    ))
}

/// ` (4 and 11 a week)`, of halves that are long enough to have such a rate.
fn rates(earlier: usize, later: usize, half: Span) -> Option<String> {
    let (name, unit) = match half {
        half if half >= Span::DAY.times(7) => ("week", Span::DAY.times(7)),
        half if half >= Span::DAY => ("day", Span::DAY),
        _ => return None,
    };
    let units = half.as_secs_f64() / unit.as_secs_f64();
    let rate = |n: usize| number(n as f64 / units);
    Some(format!(" ({} and {} a {name})", rate(earlier), rate(later)))
}

/// `it came on 5 of its 7 days: 1, 1, 2, 3 and 5 times`; only while all its occasions are remembered.
fn days_active(starts: &[Timestamp], candidate: &Candidate) -> Option<String> {
    if starts.len() < candidate.occasions as usize {
        return None;
    }
    let mut active: Vec<(i32, usize)> = Vec::new();
    for at in starts {
        match active.last_mut() {
            Some((last, times)) if *last == day_of(*at) => *times += 1,
            _ => active.push((day_of(*at), 1)),
        }
    }
    let all = day_of(*starts.last()?) - day_of(*starts.first()?) + 1;
    let times: Vec<String> = active.iter().map(|(_, times)| times.to_string()).collect();
    let are_told = (2..=DAYS_COUNTED).contains(&times.len()) && starts.len() > times.len();
    let counts = if are_told { format!(": {} times", joined(&times)) } else { String::new() };
    (all >= 3).then(|| format!("it came on {} of its {all} days{counts}", active.len()))
}

/// `its gaps are even: …` or `it comes in clusters`.
fn evenness(starts: &[Timestamp]) -> Option<String> {
    let mut gaps: Vec<f64> = starts.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).collect();
    let variation = local_variation(&gaps).filter(|_| starts.len() >= EVEN_FROM)?;
    let middle = median(&mut gaps)?;
    let usual = Span::from_secs(middle as i64);
    let is_regular =
        gaps.iter().all(|gap| (middle / EVEN_RATIO_MAX..=middle * EVEN_RATIO_MAX).contains(gap));
    match variation {
        v if v <= EVEN_MAX && is_regular => Some(format!(
            "its gaps are even, about {usual}, as a timer's or a schedule's (local variation {v:.2}; chance is 1)"
        )),
        v if v >= CLUSTERED_MIN => {
            Some(format!("it comes in clusters (local variation {v:.2}; chance is 1)"))
        }
        _ => None,
    }
}

/// The earlier and the later heal times that are remembered, and the middle of each in seconds.
fn halves(candidate: &Candidate, view: View<'_>) -> Option<[(usize, f64); 2]> {
    let heals = heal_times(candidate, view);
    if heals.len() < HEALS_FROM || !matches!(candidate.facts, Facts::SelfHeal { .. }) {
        return None;
    }
    let (earlier, later) = heals.split_at(heals.len() / 2);
    let middle = |part: &[f64]| median(&mut part.to_vec()).unwrap_or(0.0).max(1.0);
    Some([(earlier.len(), middle(earlier)), (later.len(), middle(later))])
}

/// The heal times of the story: from the occasions that are remembered, which reach back to before it was
/// one, or the latest that were counted, whichever are more.
fn heal_times(candidate: &Candidate, view: View<'_>) -> Vec<f64> {
    let counted: Vec<f64> = candidate.heals.iter().map(f64::from).collect();
    let [failure, recovery, ..] = candidate.cells[..] else { return counted };
    let since = |at: &Timestamp| (candidate.onset..=candidate.last).contains(at);
    let failures: Vec<Timestamp> = view.ledger[failure].starts().filter(since).collect();
    let recoveries: Vec<Timestamp> = view.ledger[recovery].starts().filter(since).collect();
    let seen: Vec<f64> = (0..failures.len())
        .filter_map(|place| {
            let (failed, next) = (failures[place], failures.get(place + 1));
            let healed = recoveries.iter().find(|at| **at >= failed)?;
            next.is_none_or(|next| healed <= next).then(|| (*healed - failed).as_secs_f64())
        })
        .collect();
    if seen.len() > counted.len() { seen } else { counted }
}

/// Whether healing takes longer than it did.
pub(super) fn heals_slower(candidate: &Candidate, view: View<'_>) -> bool {
    halves(candidate, view).is_some_and(|[(_, before), (_, after)]| after / before >= HEALS_RATIO)
}

/// `healing takes longer: …`, from the latest heal times.
fn heal_trend(candidate: &Candidate, view: View<'_>) -> Option<String> {
    let [(n, before), (m, after)] = halves(candidate, view)?;
    let span = |secs: f64| Span::from_secs(secs as i64);
    let told = |how: &str| {
        format!(
            "healing takes {how}: {} in the middle of the earlier {n}, {} of the latest {m}",
            span(before),
            span(after)
        )
    };
    match after / before {
        ratio if ratio >= HEALS_RATIO => Some(told("longer")),
        ratio if ratio <= 1.0 / HEALS_RATIO => Some(told("less long")),
        _ => None,
    }
}
