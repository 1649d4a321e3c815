//! The other side of a digest: that nothing needs anyone, and why that can be believed.

use super::{Line, is_closed};
use crate::coverage;
use crate::figure::{self, counted, grouped};
use model::{Band, Counts, Cut, Digest, Item, Stage};

/// `3 items: 1 promote, 1 watch, 1 closed`, or that there is none. Silence is good news only where there was
/// something to hear and the usual is known.
pub(crate) fn headline(digest: &Digest) -> String {
    let items = digest.items.len() as u64;
    let quiet = &digest.quiet;
    match (items, quiet.events) {
        (0, _) if quiet.told_before > 0 => {
            let stand = stand_as_told(quiet.told_before);
            format!("Nothing new needs you; {stand}.")
        }
        (0, 0) => "There are no events to judge, so nothing can be said.".to_owned(),
        (0, _) => match (quiet.learning_until, quiet.held_back) {
            (Some(until), _) => format!(
                "Nothing to show yet: what is usual is still being learnt, until {}.",
                until.to_minute_text()
            ),
            (None, 0) => match heard_too_little(digest) {
                Some(percent) => format!(
                    "Nothing needs you, as far as was heard: {} of what is usual.",
                    coverage::percent(percent)
                ),
                None => "Nothing needs you.".to_owned(),
            },
            (None, held) => {
                let held = counted(held, "candidate", "candidates");
                format!("Nothing to show, but {held} held back.")
            }
        },
        _ => {
            let (closed, open): (Vec<&Item>, Vec<_>) =
                digest.items.iter().partition(|item| is_closed(item));
            let of = |band: &Band| open.iter().filter(|i| i.band == *band).count();
            let told = |band: &Band| (of(band) > 0).then(|| format!("{} {band}", of(band)));
            let mut parts: Vec<String> = Band::ALL.iter().rev().filter_map(told).collect();
            if parts.is_empty() {
                let over = counted(items, "item is over", "items are over");
                return match quiet.told_before {
                    0 => format!("Nothing needs you now; {over}."),
                    n => format!("Nothing new needs you; {over}, {}.", stand_as_told(n)),
                };
            }
            let words: Vec<String> = STAGES.iter().filter_map(|s| of_stage(s, &open)).collect();
            parts.extend((!closed.is_empty()).then(|| format!("{} closed", closed.len())));
            let words = match words.is_empty() {
                true => String::new(),
                false => format!("; {}", words.join(", ")),
            };
            format!("{}: {}{words}.", counted(items, "item", "items"), parts.join(", "))
        }
    }
}

/// With less than this, silence is no good news.
const HEARD_MIN_PERCENT: f64 = 95.0;

/// How much was heard, where it is too little.
fn heard_too_little(digest: &Digest) -> Option<f64> {
    let percent = digest.quiet.coverage.as_ref()?.percent?;
    (percent < HEARD_MIN_PERCENT).then_some(percent)
}

/// What is worth a word in the first line, where it is not the same of all: what is told anew comes first.
const STAGES: [Stage; 5] =
    [Stage::New, Stage::Back, Stage::Growing, Stage::Better, Stage::CarriedOver];

/// `2 growing`; nothing where all the open items are new, as in a first digest.
fn of_stage(stage: &Stage, open: &[&Item]) -> Option<String> {
    let of = |stage: Stage| open.iter().filter(|item| item.lifecycle.stage == stage).count();
    let n = of(*stage);
    (n > 0 && of(Stage::New) < open.len()).then(|| format!("{n} {stage}"))
}

/// `3 items stand as told before`.
fn stand_as_told(items: u64) -> String {
    counted(items, "item stands as told before", "items stand as told before")
}

/// Why the rest needs nobody: what was read, what it was sorted into, what was held back.
pub(crate) fn quiet(digest: &Digest, counts: Option<&Counts>) -> Vec<Line> {
    let quiet = &digest.quiet;
    let heard = quiet.coverage.as_ref().map(|heard| coverage::sentence(heard, digest.as_of));
    let mut lines: Vec<Line> = heard.into_iter().map(Line::Point).collect();
    lines.push(Line::Point(format!(
        "{} of {} checked: {} of message.",
        counted(quiet.events, "event", "events"),
        counted(quiet.hosts, "host", "hosts"),
        counted(quiet.signatures, "kind", "kinds"),
    )));
    if !quiet.bands.is_empty() {
        let in_band = |b: &Band| grouped(quiet.bands.get(b.word()).copied().unwrap_or(0));
        let bands = Band::ALL.iter().rev().map(|b| format!("{} {b}", in_band(b)));
        let ignored = counted(quiet.ignored_events, "event", "events");
        let bands = bands.collect::<Vec<_>>().join(", ");
        lines.push(Line::Point(format!("Kinds by band: {bands} (with {ignored}).")));
    }
    lines.extend(quiet.notes.iter().cloned().map(Line::Point));
    if quiet.held_back > 0 {
        let held = counted(quiet.held_back, "candidate", "candidates");
        lines.push(Line::Point(format!(
            "{held} held back by the limit on items or the false-alarm budget."
        )));
    }
    lines.extend(quiet.cut.iter().map(|cut| {
        let Cut { title, why, baseline, score_total, candidate_id, .. } = cut;
        Line::Point(format!(
            "Held back: {title} (score {score_total:.2}; usual: {}; now: {}): {why}. {candidate_id}",
            baseline.usual, baseline.now
        ))
    }));
    if let Some(until) = quiet.learning_until {
        let until = until.to_minute_text();
        lines.push(Line::Point(format!("Still learning what is usual, until {until}.")));
    }
    lines.extend(counts.into_iter().flat_map(intake));
    lines
}

/// What became of every line of input, all tenants together.
fn intake(counts: &Counts) -> Vec<Line> {
    let mut lines = vec![Line::Point(format!("All input: {}.", figure::counts_line(counts)))];
    if counts.repeated > 0 {
        let more = counted(counts.repeated, "further occurrence", "further occurrences");
        lines.push(Line::Point(format!("The repeats stand for {more}.")));
    }
    if !counts.defects.is_empty() {
        let said = |(word, count): (&&str, &u64)| {
            format!("{} {}", word.replace('_', " "), grouped(*count))
        };
        let defects: Vec<String> = counts.defects.iter().map(said).collect();
        lines.push(Line::Point(format!(
            "Missing, assumed or broken in events: {}.",
            defects.join(", ")
        )));
    }
    if !counts.balances() {
        let text = "These counts do not add up: lines are unaccounted for. Please report it.";
        lines.push(Line::Point(text.to_owned()));
    }
    lines
}
