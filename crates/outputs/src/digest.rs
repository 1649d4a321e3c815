//! One tenant's digest → the page a technician reads, the mail, the Markdown and the JSON.

use crate::blocks::{self, Block, Show};
use crate::figure::counted;
use crate::text::{Ink, Page};
use crate::{Style, figure, markdown as md, safe};
use model::{Counts, Digest, Item};

/// The name and version of the JSON form; a field that changes its meaning raises the number.
pub const SCHEMA: &str = "foreshock.digest/1";

/// Lines of evidence shown from each end of an item.
const ENDS: Show = Show::Ends(2);

/// The whole digest for a terminal: open items in full, what is over in short, then why the rest is
/// quiet. Times are UTC.
pub fn text(digest: &Digest, counts: Option<&Counts>, style: &Style) -> String {
    let mut page = Page::new(style);
    head(&mut page, digest);
    for (at, item) in digest.items.iter().enumerate() {
        page.blank();
        title(&mut page, &rank(at), item, usize::MAX);
        for block in &told(item) {
            page.block(3, block);
        }
    }
    page.blank();
    page.heading(&quiet_heading(digest).to_uppercase());
    for line in &blocks::quiet(digest, counts) {
        page.line("  ", line);
    }
    page.finish()
}

/// The blocks of an item in a digest: all of it while it is open, the outcome once it is over.
fn told(item: &Item) -> Vec<Block> {
    let mut blocks = match blocks::is_closed(item) {
        true => blocks::over(item),
        false => blocks::item(item),
    };
    if !blocks::is_closed(item) {
        blocks.push(blocks::score(item));
        blocks.push(blocks::evidence(item, ENDS));
    }
    blocks.push(blocks::id(item));
    blocks
}

/// The digest for a mail: at most five lines an item (title, why, next step or outcome). With ten items it
/// stays within 60 lines at 72 columns.
pub fn brief(digest: &Digest, counts: Option<&Counts>, style: &Style) -> String {
    let mut page = Page::new(style);
    head(&mut page, digest);
    page.blank();
    for (at, item) in digest.items.iter().enumerate() {
        title(&mut page, &rank(at), item, 2);
        page.wrapped("   ", &item.why_it_matters, Ink::Plain, 2);
        // What is over asks for no next step.
        if let Some(outcome) = &item.outcome {
            page.led(&[("   outcome: ", Ink::Faint)], outcome, Ink::Plain, 1);
        } else if let Some(check) = item.check_next.first() {
            page.led(&[("   next: ", Ink::Faint)], &check.text, Ink::Plain, 1);
        }
    }
    if !digest.items.is_empty() {
        page.blank();
    }
    let quiet = &digest.quiet;
    let checked = format!(
        "{} of {} checked.",
        counted(quiet.events, "event", "events"),
        counted(quiet.hosts, "host", "hosts")
    );
    let intake =
        counts.map_or(String::new(), |c| format!(" All input: {}.", figure::counts_line(c)));
    let held = match quiet.held_back {
        0 => String::new(),
        n => format!(" {} held back.", counted(n, "candidate", "candidates")),
    };
    let coverage = quiet.coverage.as_ref();
    let heard = coverage.and_then(|coverage| coverage.percent).map_or(String::new(), |percent| {
        let of = match coverage.map_or((0, 0), |heard| (heard.sources, heard.learning)) {
            (_, 0) => String::new(),
            (all, learning) => format!(" of {}", crate::coverage::of_those_known(all, learning)),
        };
        format!(" Coverage {}{of}.", crate::coverage::percent(percent))
    });
    let not_heard = coverage.and_then(|heard| crate::coverage::amiss(heard, digest.as_of));
    // Five lines, both together.
    let lines_max = if not_heard.is_some() { 3 } else { 5 };
    page.wrapped("", &format!("{checked}{held}{heard}{intake}"), Ink::Plain, lines_max);
    if let Some(missed) = not_heard {
        // Behind a margin: a wrapped line begins there, and no text of others may stand where ours does.
        page.led(&[("   not heard: ", Ink::Faint)], &missed, Ink::Plain, 2);
    }
    page.finish()
}

fn head(page: &mut Page, digest: &Digest) {
    let of = format!(
        "{}, {} to {} UTC",
        safe::clip(digest.tenant_id.as_str(), 60),
        digest.since.to_minute_text(),
        digest.as_of.to_minute_text()
    );
    page.led(&[("FORESHOCK  ", Ink::Strong)], &of, Ink::Plain, 2);
    page.heading(&blocks::headline(digest));
}

/// ` 1 `: the rank of the item at this index.
fn rank(at: usize) -> String {
    format!("{:>2} ", at + 1)
}

/// `▲ investigate .64, new  title`, behind what is given; `■ closed .64  title` once it is over.
pub(crate) fn title(page: &mut Page, before: &str, item: &Item, lines_max: usize) {
    let (mark, word) = blocks::standing(item);
    let standing = format!("{mark} {word} ");
    let ink = match blocks::is_closed(item) {
        true => Ink::Faint,
        false => Ink::Of(item.band),
    };
    let score = format!("{}{}  ", figure::score(item.score_total), blocks::life_word(item));
    let lead = [(before, Ink::Plain), (standing.as_str(), ink), (score.as_str(), Ink::Plain)];
    page.led(&lead, &item.title, Ink::Strong, lines_max);
}

/// `▲ investigate .64, new: title`.
pub(crate) fn title_markdown(item: &Item) -> String {
    let (mark, word) = blocks::standing(item);
    format!(
        "{mark} {} {}{}: {}",
        safe::markdown(word),
        figure::score(item.score_total),
        blocks::life_word(item),
        safe::markdown(&item.title)
    )
}

fn quiet_heading(digest: &Digest) -> &'static str {
    match (digest.quiet.events, digest.items.is_empty()) {
        (0, _) => "What was checked",
        (_, true) => "Quiet because",
        (_, false) => "The rest is quiet because",
    }
}

/// The whole digest as Markdown (CommonMark).
pub fn markdown(digest: &Digest, counts: Option<&Counts>) -> String {
    let mut page = format!(
        "# Digest of {}\n\n{} to {} UTC. {}\n",
        safe::code_span(digest.tenant_id.as_str()),
        digest.since.to_minute_text(),
        digest.as_of.to_minute_text(),
        blocks::headline(digest)
    );
    for (at, item) in digest.items.iter().enumerate() {
        page += &format!("\n## {}. {}\n", at + 1, title_markdown(item));
        for block in &told(item) {
            page += "\n";
            page += &md::block(block);
        }
    }
    page += &format!("\n## {}", quiet_heading(digest));
    page += &md::lines(&blocks::quiet(digest, counts));
    page
}

/// The digest with its schema and the counts of all input, in the names of the wire.
#[derive(serde::Serialize)]
struct Wire<'a> {
    schema: &'static str,
    #[serde(flatten)]
    digest: &'a Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<&'a Counts>,
}

/// The digest as indented JSON, with a line end.
pub fn json(digest: &Digest, counts: Option<&Counts>) -> String {
    crate::json::pretty(&wire(digest, counts))
}

/// The digest as one line of JSON, with a line end.
pub fn ndjson(digest: &Digest, counts: Option<&Counts>) -> String {
    crate::json::line(&wire(digest, counts))
}

fn wire<'a>(digest: &'a Digest, counts: Option<&'a Counts>) -> Wire<'a> {
    Wire { schema: SCHEMA, digest, counts }
}
