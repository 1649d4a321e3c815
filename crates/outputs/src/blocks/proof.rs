//! What a claim rests on: the terms of its score, and its lines.

use super::{Block, Line, is_closed};
use crate::figure::{self, counted};
use crate::safe::clip;
use model::{Contribution, Evidence, Item};

/// How many lines of evidence are shown from each end.
#[derive(Clone, Copy)]
pub(crate) enum Show {
    /// The first ones and the last ones.
    Ends(usize),
    /// All that the item carries.
    All,
}

impl Show {
    /// Characters of one log line that are shown; a longer one is cut, visibly. A digest shows
    /// three lines of a terminal, the explanation as much as still can be read.
    fn quote_chars_max(self) -> usize {
        match self {
            Show::Ends(_) => 240,
            Show::All => 2_000,
        }
    }
}

/// What to ask `foreshock explain` about.
pub(crate) fn id(item: &Item) -> Block {
    let (id, kind) = (item.candidate_id, item.candidate_type);
    let more = match is_closed(item) {
        true => "; explain shows its lines",
        false => "",
    };
    Block::new("Id", vec![Line::Text(format!("{id}, {kind}{more}"))])
}

/// The terms of a score on one line: `recurrence .21 + spread .17 - damping .04 = .34`.
pub(crate) fn score(item: &Item) -> Block {
    let text = match figure::terms_in_hundredths(&item.contributions, item.score_total) {
        Some(shown) => sum(&item.contributions, &shown, item.score_total),
        None => unequal(item),
    };
    Block::new("Score", vec![Line::Text(text)])
}

fn sum(terms: &[Contribution], shown: &[i64], total: f64) -> String {
    let mut text = String::new();
    for (term, value) in terms.iter().zip(shown).filter(|(_, value)| **value != 0) {
        text += match (text.is_empty(), *value < 0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        text += &format!("{} {}", term.name, figure::hundredths(value.abs()));
    }
    if text.is_empty() {
        text = "no terms".to_owned();
    }
    format!("{text} = {}", figure::score(total))
}

/// What is said when the parts of a score are not its sum: never silently one of the two.
pub(crate) fn unequal(item: &Item) -> String {
    let sum: f64 = item.contributions.iter().map(|t| t.value).sum();
    format!(
        "the terms add up to {}, the total says {}: a defect of {}, please report it.",
        figure::score(sum),
        figure::score(item.score_total),
        item.scorer_version
    )
}

/// The lines that an item rests on.
pub(crate) fn evidence(item: &Item, show: Show) -> Block {
    let lines = &item.evidence;
    let chosen = match show {
        Show::Ends(n) if lines.len() > 2 * n => chosen(lines, 2 * n),
        _ => lines.iter().collect(),
    };
    let shown = chosen.len();
    let total = item.evidence_total.max(lines.len() as u64);
    let told = match (shown as u64, total) {
        (_, 0) => "none".to_owned(),
        (shown, total) if shown == total => format!("{}.", counted(total, "event", "events")),
        (shown, total) => format!(
            "{}; {} shown, of the earliest and the latest that are kept.",
            counted(total, "event", "events"),
            counted(shown, "line", "lines")
        ),
    };
    let quotes = chosen.into_iter().map(|line| quote(line, show));
    let lines = std::iter::once(Line::Text(told)).chain(quotes).collect();
    Block::new("Evidence", lines)
}

/// So many lines from both ends, in their order: those that the item is named for, and one of what came with them.
fn chosen(lines: &[Evidence], room: usize) -> Vec<&Evidence> {
    let (leads, others): (Vec<usize>, Vec<usize>) =
        (0..lines.len()).partition(|at| lines[*at].of_lead);
    let of_others = room.saturating_sub(leads.len()).max(1).min(others.len());
    let mut chosen = ends(&leads, room - of_others);
    chosen.extend(ends(&others, of_others));
    chosen.sort_unstable();
    chosen.into_iter().map(|at| &lines[at]).collect()
}

/// At most so many from both ends; of an odd number one more from the end.
fn ends(places: &[usize], n: usize) -> Vec<usize> {
    if places.len() <= n {
        return places.to_vec();
    }
    let head = n / 2;
    [&places[..head], &places[places.len() - (n - head)..]].concat()
}

fn quote(line: &Evidence, show: Show) -> Line {
    let text = line.text.clone();
    let text = text.unwrap_or_else(|| "(the raw bytes could not be read again)".to_owned());
    let text = clip(&text, show.quote_chars_max()).into_owned();
    let source = match line.source.as_str() {
        "" => "(source not known)",
        source => source,
    };
    let place = format!("{source}:{}", line.line);
    let place = match show {
        Show::Ends(_) => format!("{place}, {}", line.at.to_minute_text()),
        Show::All => {
            let id = line.event_id.map_or(String::new(), |id| format!(", {id}"));
            let hash = line.hash.as_ref().map_or(String::new(), |h| format!(", blake3 {h}"));
            format!("{place}, byte {}, {}{id}{hash}", line.offset, line.at)
        }
    };
    Line::Quote(place, text)
}
