//! What a host said around a story's occasions, for who asks more: each line with its distance to the
//! occasion, so that an order can be seen at once.

use super::Line;
use crate::safe::clip;
use model::{ContextLine, Item, Relation};

/// Characters of one log line that are shown; a longer one is cut, visibly.
const QUOTE_CHARS_MAX: usize = 240;

/// The lines around the latest occasion and around the first one, in order of time; none where nothing
/// is kept.
pub(crate) fn around(item: &Item) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut told = None;
    let latest = item.context.last().map(|line| line.occasion);
    for line in &item.context {
        if told.replace(line.occasion) != Some(line.occasion) {
            let which = match latest == Some(line.occasion) {
                true => "the latest occasion",
                false => "the first occasion that is kept",
            };
            lines.push(Line::Text(format!("{which}, {}", line.occasion)));
        }
        lines.push(quote(line));
    }
    lines
}

fn quote(told: &ContextLine) -> Line {
    let line = &told.line;
    let far = (line.at - told.occasion).max(told.occasion - line.at);
    let stands = match told.relation {
        Relation::Itself => "itself".to_owned(),
        side => format!("{far} {}", side.word()),
    };
    let source = match line.source.as_str() {
        "" => "source not known".to_owned(),
        source => format!("{source}:{}", line.line),
    };
    let text = line.text.as_deref().unwrap_or("(the raw bytes could not be read again)");
    Line::Quote(format!("{stands}, {source}"), clip(text, QUOTE_CHARS_MAX).into_owned())
}
