//! One subject's explanation → a page that shows every number behind its rank, in text or Markdown,
//! or JSON.

use crate::blocks::{self, Block, Line, Show};
use crate::text::{Ink, Page};
use crate::{Style, digest, figure, json as wire, markdown as md, safe};
use model::{Band, BandChange, Explanation, Item};

/// The name and version of the JSON form.
pub const SCHEMA: &str = "foreshock.explanation/1";

/// Columns of the longest bar.
const BAR_COLUMNS: usize = 20;

/// What is said of a subject without a candidate.
const NO_CANDIDATE: &str = "no candidate is open for it";
/// What is said where the history is empty.
const NO_CHANGE: &str = "no change of band is recorded.";

/// The page for a terminal: the item, its score as bars that add up, its history, all its lines.
/// Times are UTC.
pub fn text(explanation: &Explanation, style: &Style) -> String {
    let mut page = Page::new(style);
    match &explanation.item {
        Some(item) => candidate(&mut page, item),
        None => {
            let mark = format!("{} {}  ", blocks::mark(explanation.band), explanation.band);
            let lead = [(mark.as_str(), Ink::Of(explanation.band))];
            page.led(&lead, NO_CANDIDATE, Ink::Strong, usize::MAX);
        }
    }
    page.block(3, &about(explanation));
    if let Some(item) = &explanation.item {
        bars(&mut page, item);
    }
    history(&mut page, &explanation.history);
    if let Some(item) = &explanation.item {
        let lines = blocks::evidence(item, Show::All).lines;
        section(&mut page, "EVIDENCE", &lines);
        section(&mut page, "AROUND IT", &blocks::around(item));
    }
    section(&mut page, "NOTES", &notes(explanation));
    page.finish()
}

fn candidate(page: &mut Page, item: &Item) {
    digest::title(page, "", item, usize::MAX);
    for block in &blocks::item(item) {
        page.block(3, block);
    }
}

/// What it is about, in ids and in the form of the message.
fn about(explanation: &Explanation) -> Block {
    let mut lines = Vec::new();
    if let Some(item) = &explanation.item {
        let (id, kind) = (item.candidate_id, item.candidate_type);
        lines.push(Line::Text(format!("{id}, {kind}, {}", item.scorer_version)));
    }
    if let Some(signature) = &explanation.signature {
        let service = match signature.service.as_str() {
            "" => "no service".to_owned(),
            service => format!("service {service}"),
        };
        lines.push(Line::Text(format!("{}, {service}", signature.id)));
        lines.push(Line::Text(signature.template.clone()));
    }
    let keeps = format!("band {}: {}", explanation.band, treatment(explanation.band));
    lines.push(Line::Text(keeps));
    Block { label: "About", lines }
}

/// What a band means for those who read: docs/attention.md has the rules.
fn treatment(band: Band) -> &'static str {
    match band {
        Band::IgnoreFast => "counted only; its rhythm is known and nothing speaks for it.",
        Band::Background => "kept at low cost; may matter if it comes back.",
        Band::Watch => "weak but plausible; its context is kept.",
        Band::Investigate => "compared and explained; shown for review.",
        Band::Promote => "a person should see it now.",
    }
}

fn notes(explanation: &Explanation) -> Vec<Line> {
    explanation.notes.iter().cloned().map(Line::Point).collect()
}

/// The terms of a score in hundredths, and whether they add up to its total.
fn terms(item: &Item) -> (Vec<i64>, bool) {
    let terms = &item.contributions;
    match figure::terms_in_hundredths(terms, item.score_total) {
        Some(shown) => (shown, true),
        None => {
            let rounded = terms.iter().map(|t| figure::to_hundredths(t.value));
            (rounded.collect(), false)
        }
    }
}

/// `+.21`, `-.04`.
fn signed(value: i64) -> String {
    let sign = if value < 0 { "" } else { "+" };
    format!("{sign}{}", figure::hundredths(value))
}

/// One line a term: name, value, bar, reason; then the total, which is their sum.
fn bars(page: &mut Page, item: &Item) {
    page.blank();
    page.heading("WHY IT RANKS HERE");
    let (shown, is_sum) = terms(item);
    let most = shown.iter().map(|v| v.unsigned_abs()).max().unwrap_or(0);
    let names = item.contributions.iter().map(|t| t.name.chars().count());
    let names = names.max().unwrap_or(0).clamp(5, 24);
    for (term, value) in item.contributions.iter().zip(&shown) {
        let filled = value.unsigned_abs() * BAR_COLUMNS as u64;
        let bar = if *value < 0 { "-" } else { "#" };
        let bar = bar.repeat(filled.div_ceil(most.max(1)) as usize);
        let value = signed(*value);
        let lead = format!("  {:<names$} {value:>5} {bar:<BAR_COLUMNS$}  ", term.name);
        page.wrapped(&lead, &term.reason, Ink::Plain, usize::MAX);
    }
    let total = figure::score(item.score_total);
    let total = format!("  {:<names$} {total:>5}", "total");
    page.wrapped(&total, "", Ink::Plain, 1);
    if !is_sum {
        page.line("  ", &Line::Text(blocks::unequal(item)));
    }
}

fn history(page: &mut Page, changes: &[BandChange]) {
    page.blank();
    page.heading("HISTORY OF ITS BAND");
    if changes.is_empty() {
        page.wrapped("  ", NO_CHANGE, Ink::Plain, usize::MAX);
    }
    for change in changes {
        let at = format!("  {}  ", change.at.to_minute_text());
        let lead = [(at.as_str(), Ink::Faint)];
        page.led(&lead, &told(change), Ink::Plain, usize::MAX);
    }
}

fn told(change: &BandChange) -> String {
    format!("{} → {}: {}", change.from, change.to, change.reason)
}

fn section(page: &mut Page, heading: &str, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    page.blank();
    page.heading(heading);
    for line in lines {
        page.line("  ", line);
    }
}

/// The same page as Markdown (CommonMark, with a table).
pub fn markdown(explanation: &Explanation) -> String {
    let mut page = match &explanation.item {
        Some(item) => format!("# {}\n", digest::title_markdown(item)),
        None => {
            let band = explanation.band;
            let (mark, word) = (blocks::mark(band), safe::markdown(band.word()));
            format!("# {mark} {word}: {NO_CANDIDATE}\n")
        }
    };
    let mut said = explanation.item.as_ref().map_or(vec![], blocks::item);
    said.push(about(explanation));
    for block in &said {
        page += &format!("\n{}", md::block(block));
    }
    if let Some(item) = &explanation.item {
        page += &format!("\n## Why it ranks here\n\n{}", table(item));
    }
    let changes: Vec<Line> = match explanation.history.as_slice() {
        [] => vec![Line::Point(NO_CHANGE.to_owned())],
        changes => changes.iter().map(dated).collect(),
    };
    page += &format!("\n## History of its band{}", md::lines(&changes));
    if let Some(item) = &explanation.item {
        let lines = blocks::evidence(item, Show::All).lines;
        page += &format!("\n## Evidence\n\n{}", md::lines(&lines).trim_start());
        let around = blocks::around(item);
        if !around.is_empty() {
            page += &format!("\n## Around it\n\n{}", md::lines(&around).trim_start());
        }
    }
    if !explanation.notes.is_empty() {
        page += &format!("\n## Notes{}", md::lines(&notes(explanation)));
    }
    page
}

fn dated(change: &BandChange) -> Line {
    Line::Point(format!("{}: {}", change.at.to_minute_text(), told(change)))
}

fn table(item: &Item) -> String {
    let (shown, is_sum) = terms(item);
    let mut table = "| term | value | why |\n|---|---:|---|\n".to_owned();
    for (term, value) in item.contributions.iter().zip(shown) {
        let (name, why) = (safe::markdown(term.name), safe::markdown(&term.reason));
        table += &format!("| {name} | {} | {why} |\n", signed(value));
    }
    table += &format!("| **total** | {} | |\n", figure::score(item.score_total));
    if !is_sum {
        table += &format!("\n{}\n", safe::markdown(&blocks::unequal(item)));
    }
    table
}

/// The explanation with its schema, in the names of the wire.
#[derive(serde::Serialize)]
struct Wire<'a> {
    schema: &'static str,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

/// The explanation as indented JSON, with a line end.
pub fn json(explanation: &Explanation) -> String {
    wire::pretty(&Wire { schema: SCHEMA, explanation })
}
