//! Blocks → Markdown (CommonMark). Every string passes [`safe::markdown`] or stands in a code
//! span or block, so log text is shown and never interpreted.

use crate::blocks::{Block, Line};
use crate::safe;

/// One block: its label in bold, then its lines.
pub(crate) fn block(block: &Block) -> String {
    let mut text = format!("**{}.**", block.label);
    text += &lines(&block.lines);
    text
}

/// Lines that follow a label or a heading.
pub(crate) fn lines(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut quotes = Vec::new();
    let mut listed = false;
    for (at, line) in lines.iter().enumerate() {
        match line {
            Line::Text(said) => {
                let gap = if at == 0 { " " } else { "\n" };
                text += &format!("{gap}{}", safe::markdown(said));
            }
            Line::Point(said) => {
                text += if listed { "\n" } else { "\n\n" };
                text += &format!("- {}", safe::markdown(said));
                listed = true;
            }
            Line::Step(number, said) => {
                text += if listed { "\n" } else { "\n\n" };
                text += &format!("{number}. {}", safe::markdown(said));
                listed = true;
            }
            Line::Command(command, said) => {
                text += &format!("\n   {}", safe::code_span(command));
                if !said.is_empty() {
                    text += &format!(" ({})", safe::markdown(said));
                }
            }
            Line::Quote(place, said) => {
                quotes.push(place.clone());
                quotes.push(format!("  {said}"));
            }
        }
    }
    text += "\n";
    if !quotes.is_empty() {
        text += "\n";
        text += &safe::code_block(quotes.iter().map(String::as_str));
    }
    text
}
