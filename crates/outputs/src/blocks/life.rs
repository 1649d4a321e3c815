//! What became of an item since it was last told, and how old it is.

use super::{Block, Line, is_closed};
use model::{Item, Span};

/// `growing: 12 occasions since the digest of …, 4 before. Open for 3d, since ….`
pub(crate) fn life(item: &Item) -> Block {
    let life = &item.lifecycle;
    let reason = match life.reason.as_str() {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    let open = if is_closed(item) { "Was open" } else { "Open" };
    let age = Span::from_secs(life.age_secs);
    let since = life.since.to_minute_text();
    let text = format!("{}{reason}. {open} for {age}, since {since}.", life.stage);
    Block::new("Lifecycle", vec![Line::Text(text)])
}

/// `, growing`: what stands behind a score; nothing of what is over, which says so already.
pub(crate) fn life_word(item: &Item) -> String {
    match is_closed(item) {
        true => String::new(),
        false => format!(", {}", item.lifecycle.stage),
    }
}
