//! Items and numbers → blocks: what is said, in which order and under which label. How it looks
//! is the business of `text` and `markdown`; strings are still as the engine gave them.

mod around;
mod life;
mod proof;
mod quiet;

pub(crate) use around::around;
pub(crate) use life::{life, life_word};
pub(crate) use proof::{Show, evidence, id, score, unequal};
pub(crate) use quiet::{headline, quiet};

use crate::figure::{self, counted, grouped};
use crate::safe::clip;
use model::{Band, Item};

/// The word for an item that is over, as [`Item::status`] has it.
const CLOSED: &str = "closed";
/// Its shape: no band has it.
const CLOSED_MARK: &str = "■";

/// One labelled part of a page.
pub(crate) struct Block {
    /// The label.
    pub(crate) label: &'static str,
    /// What stands under it.
    pub(crate) lines: Vec<Line>,
}

/// One line of a block before wrapping.
pub(crate) enum Line {
    /// A sentence or several.
    Text(String),
    /// One of several things of equal standing.
    Point(String),
    /// One of several things to do in order, numbered from 1.
    Step(usize, String),
    /// A command to copy, with what is to be said about it.
    Command(String, String),
    /// Where a line of log stands, and the line.
    Quote(String, String),
}

impl Block {
    fn new(label: &'static str, lines: Vec<Line>) -> Block {
        Block { label, lines }
    }

    /// The block without lines that say nothing; `None` if no line is left.
    fn said(mut self) -> Option<Block> {
        self.lines.retain(|line| match line {
            Line::Text(text) | Line::Point(text) => !text.trim().is_empty(),
            Line::Step(..) | Line::Command(..) | Line::Quote(..) => true,
        });
        (!self.lines.is_empty()).then_some(self)
    }
}

/// The shape that tells a band beside its word.
pub(crate) fn mark(band: Band) -> &'static str {
    match band {
        Band::Promote => "◆",
        Band::Investigate => "▲",
        Band::Watch => "●",
        Band::Background => "○",
        Band::IgnoreFast => "·",
    }
}

/// The shape and the word for how an item stands: its band while it is open, that it is over once
/// it is closed. A closed item needs nobody, whatever its band was.
pub(crate) fn standing(item: &Item) -> (&'static str, &'static str) {
    match is_closed(item) {
        true => (CLOSED_MARK, CLOSED),
        false => (mark(item.band), item.band.word()),
    }
}

/// Whether an item is over.
pub(crate) fn is_closed(item: &Item) -> bool {
    item.status == CLOSED
}

/// The body of an item; blocks with nothing to say are left out.
pub(crate) fn item(item: &Item) -> Vec<Block> {
    let blocks = [
        outcome(item),
        life(item),
        Block::new("What", vec![Line::Text(item.what.clone())]),
        why(item),
        how_often(item),
        place(item),
        seen_before(item),
        check_next(item),
        knowledge(item),
        Block::new("Unknown", points(&item.unknowns)),
        Block::new("Would change", points(&item.would_change)),
    ];
    blocks.into_iter().filter_map(Block::said).collect()
}

/// What a digest says of an item that is over: enough to know whether to ask for more.
pub(crate) fn over(item: &Item) -> Vec<Block> {
    let when = Block::new("When", vec![Line::Text(occurrence(item))]);
    let blocks = [
        outcome(item),
        life(item),
        Block::new("What", vec![Line::Text(item.what.clone())]),
        when,
        place(item),
    ];
    blocks.into_iter().filter_map(Block::said).collect()
}

fn points(texts: &[String]) -> Vec<Line> {
    match texts {
        [one] => vec![Line::Text(one.clone())],
        many => many.iter().cloned().map(Line::Point).collect(),
    }
}

/// How it ended, once it did.
fn outcome(item: &Item) -> Block {
    let text = item.outcome.clone().unwrap_or_default();
    Block::new("Outcome", vec![Line::Text(text)])
}

fn why(item: &Item) -> Block {
    let mut lines = vec![Line::Text(item.why_it_matters.clone())];
    lines.extend(item.why.iter().cloned().map(Line::Point));
    Block::new("Why", lines)
}

/// How often it came, from when to when, and at which hours.
fn occurrence(item: &Item) -> String {
    let (frequency, timing) = (&item.frequency, &item.timing);
    let mut facts = vec![counted(frequency.count, "event", "events")];
    if let Some(gap) = frequency.median_gap_secs {
        // Saturates; a gap of a year is as far as anyone reads.
        let gap = model::Span::from_micros((gap * 1e6) as i64);
        facts.push(format!("median gap between occasions {gap}"));
    }
    if !matches!(frequency.trend, "" | "unknown") {
        facts.push(frequency.trend.to_owned());
    }
    let mut text = format!(
        "{}; first {}, last {}.",
        facts.join(", "),
        timing.first.to_minute_text(),
        timing.last.to_minute_text()
    );
    if let Some(hours) = &timing.usual_hours {
        text += &format!(" Mostly {hours}.");
    }
    text
}

fn how_often(item: &Item) -> Block {
    let mut lines = vec![Line::Text(occurrence(item))];
    lines.extend(days(&item.frequency.per_day).map(Line::Text));
    let baseline = &item.baseline;
    if !(baseline.usual.is_empty() && baseline.now.is_empty()) {
        let known = |text: &str| match text {
            "" => "not known".to_owned(),
            text => text.to_owned(),
        };
        let (usual, now) = (known(&baseline.usual), known(&baseline.now));
        lines.push(Line::Text(format!("Usual: {usual}. Now: {now}.")));
    }
    Block::new("How often", lines)
}

/// `··▁▂█ per day over 5 days, also before it began; most 12, latest 12.`; nothing to draw gives nothing.
fn days(per_day: &[u32]) -> Option<String> {
    let shown = &per_day[per_day.len().saturating_sub(figure::SPARK_DAYS)..];
    let most = shown.iter().max().filter(|most| **most > 0)?;
    let last = shown.last()?;
    Some(format!(
        "{} per day over {}, also before it began; most {}, latest {}.",
        figure::spark(shown),
        counted(shown.len() as u64, "day", "days"),
        grouped(u64::from(*most)),
        grouped(u64::from(*last))
    ))
}

fn place(item: &Item) -> Block {
    let place = &item.place;
    let mut parts = Vec::new();
    if !place.hosts.is_empty() {
        let unnamed = place.hosts_total.saturating_sub(place.hosts.len() as u64);
        let more = match unnamed {
            0 => String::new(),
            n => format!(" and {} more", grouped(n)),
        };
        let hosts = counted(place.hosts_total.max(place.hosts.len() as u64), "host", "hosts");
        parts.push(format!("{hosts}: {}{more}", names(&place.hosts)));
    }
    if !place.services.is_empty() {
        let services = counted(place.services.len() as u64, "service", "services");
        parts.push(format!("{services}: {}", names(&place.services)));
    }
    let text = match parts.is_empty() {
        true => "the lines name no host and no service.".to_owned(),
        false => format!("{}.", parts.join("; ")),
    };
    Block::new("Where", vec![Line::Text(text)])
}

/// Names that logs chose, none of them longer than a DNS label can be.
fn names(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| clip(name, 63)).collect();
    names.join(", ")
}

fn seen_before(item: &Item) -> Block {
    let told = |s: &model::SeenBefore| format!("{}: {}; {}", s.candidate_id, s.reason, s.outcome);
    let lines = match item.seen_before.as_slice() {
        [] => vec![Line::Text("nothing like it is remembered.".to_owned())],
        earlier => points(&earlier.iter().map(told).collect::<Vec<_>>()),
    };
    Block::new("Seen before", lines)
}

/// What is known of programs of this family, so that a reader can judge for or against.
fn knowledge(item: &Item) -> Block {
    let Some(known) = &item.knowledge else {
        return Block::new("Worth knowing", Vec::new());
    };
    let told = |head: &str, texts: &[String]| match texts {
        [] => None,
        texts => Some(Line::Point(format!("{head}: {}.", texts.join("; ")))),
    };
    let follows = told("often follows", &known.follows);
    let against = told("would speak against it", &known.counter_evidence);
    Block::new("Worth knowing", follows.into_iter().chain(against).collect())
}

fn check_next(item: &Item) -> Block {
    let mut lines = Vec::new();
    for (at, check) in item.check_next.iter().enumerate() {
        let bad = check.expected_if_bad.as_ref().map(|bad| format!(" Bad: {bad}."));
        lines.push(Line::Step(at + 1, check.text.clone() + &bad.unwrap_or_default()));
        if let Some(command) = &check.command {
            let on = check.host.as_ref().map(|host| format!("on {host}"));
            // What a command is for is said where it is not the usual.
            let platform = check.platform.clone().filter(|platform| platform != "Linux");
            let changes = (!check.read_only).then(|| "CHANGES THE SYSTEM".to_owned());
            let said: Vec<String> = on.into_iter().chain(platform).chain(changes).collect();
            lines.push(Line::Command(command.clone(), said.join(", ")));
        }
    }
    Block::new("Check next", lines)
}
