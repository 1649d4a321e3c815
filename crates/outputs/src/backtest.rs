//! A backtest → the page that closes a replay, and the JSON. It says what was told before which
//! incident; what it does not say is how good the digests are, for no list of incidents is complete.

mod words;

use crate::blocks::{Block, Line};
use crate::text::{Ink, Page};
use crate::{Style, safe};
use model::{Backtest, Incident, JudgedIncident, ShownBefore, Verdict};

/// The name and version of the JSON form; a field that changes its meaning raises the number.
pub const SCHEMA: &str = "foreshock.backtest/1";

/// Characters of an incident's title, host and service that are shown. A ticket can hold a novel.
const TITLE_CHARS_MAX: usize = 200;
const NAME_CHARS_MAX: usize = 63;
/// Clients whose items are counted one by one.
const TENANTS_MAX: usize = 10;

/// The page for a terminal: how many were announced, each incident with what had been shown, and the
/// items without one. Times are UTC.
pub fn text(backtest: &Backtest, style: &Style) -> String {
    let mut page = Page::new(style);
    let headline = words::headline(backtest);
    page.led(&[("BACKTEST  ", Ink::Strong)], &headline, Ink::Strong, usize::MAX);
    page.wrapped("", &words::measure(backtest), Ink::Plain, usize::MAX);
    for said in words::caveats(backtest) {
        page.line("  ", &Line::Point(said));
    }
    for (at, judged) in backtest.incidents.iter().enumerate() {
        page.blank();
        incident(&mut page, at + 1, judged);
    }
    page.blank();
    page.heading("ITEMS THAT WERE SHOWN");
    for said in words::items(backtest, TENANTS_MAX) {
        page.line("  ", &Line::Point(said));
    }
    page.finish()
}

fn incident(page: &mut Page, number: usize, judged: &JudgedIncident) {
    let standing = format!("{number:>2} {}  ", words::verdict(judged));
    let ink = match judged.verdict {
        Verdict::Announced | Verdict::NotAnnounced => Ink::Plain,
        Verdict::NotJudged => Ink::Faint,
    };
    page.led(&[(&standing, ink)], &title(&judged.incident), Ink::Strong, usize::MAX);
    let named = Line::Text(words::named(&judged.incident, NAME_CHARS_MAX));
    page.block(3, &Block { label: "Incident", lines: vec![named] });
    page.block(3, &Block { label: "Shown before", lines: shown(judged) });
}

fn title(incident: &Incident) -> String {
    let title = incident.title.as_deref().or(incident.id.as_deref()).unwrap_or("(no title)");
    safe::clip(title, TITLE_CHARS_MAX).into_owned()
}

fn shown(judged: &JudgedIncident) -> Vec<Line> {
    if judged.shown.is_empty() {
        return vec![Line::Text(words::silence(judged))];
    }
    let quote = |item: &ShownBefore| Line::Quote(words::shown(judged, item), item.title.clone());
    let mut lines: Vec<Line> = judged.shown.iter().map(quote).collect();
    lines.extend(words::more(judged).map(Line::Text));
    lines
}

/// The backtest with its schema, in the names of the wire.
#[derive(serde::Serialize)]
struct Wire<'a> {
    schema: &'static str,
    #[serde(flatten)]
    backtest: &'a Backtest,
}

/// The backtest as one line of JSON, with a line end.
pub fn ndjson(backtest: &Backtest) -> String {
    crate::json::line(&Wire { schema: SCHEMA, backtest })
}
