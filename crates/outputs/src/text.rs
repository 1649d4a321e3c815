//! Blocks → lines for a terminal or a plain mail: wrapped, labels in a column of their own, colour
//! only where the style allows it. Every string passes [`safe::text`] here.
//!
//! Text that came from logs never begins a line: it stands behind a label or an indent, so a log
//! line cannot forge a heading or an item.

use crate::blocks::{Block, Line};
use crate::{Style, safe};
use model::Band;

/// Columns before the text of a labelled block.
const LABEL_COLUMNS: usize = 16;

/// Columns that text needs beside a lead; with fewer it stands under the lead.
const ROOM_COLUMNS_MIN: usize = 24;
/// Columns before text that stands under its lead.
const UNDER_COLUMNS: usize = 6;

/// What a piece of text is, for the eye.
#[derive(Clone, Copy)]
pub(crate) enum Ink {
    Plain,
    Strong,
    Faint,
    Of(Band),
}

impl Ink {
    /// The SGR code that switches it on.
    fn code(self) -> &'static str {
        match self {
            Ink::Plain | Ink::Of(Band::Background) => "",
            Ink::Strong => "\x1b[1m",
            Ink::Faint | Ink::Of(Band::IgnoreFast) => "\x1b[2m",
            Ink::Of(Band::Promote) => "\x1b[1;31m",
            Ink::Of(Band::Investigate) => "\x1b[1;33m",
            Ink::Of(Band::Watch) => "\x1b[36m",
        }
    }
}

/// A page that grows line by line.
pub(crate) struct Page {
    text: String,
    color: bool,
    width: usize,
}

impl Page {
    pub(crate) fn new(style: &Style) -> Page {
        Page { text: String::new(), color: style.color, width: style.width.clamp(48, 100) }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// One heading of our own.
    pub(crate) fn heading(&mut self, text: &str) {
        self.wrapped("", text, Ink::Strong, usize::MAX);
    }

    /// `lead` in its ink, then `text`, wrapped under itself into at most `lines_max` lines.
    pub(crate) fn led(&mut self, lead: &[(&str, Ink)], text: &str, ink: Ink, lines_max: usize) {
        let painted: String = lead.iter().map(|(t, ink)| self.paint(t, *ink)).collect();
        let columns = lead.iter().map(|(t, _)| t.chars().count()).sum();
        self.hang(&painted, columns, text, ink, lines_max);
    }

    /// `lead` as it is, then `text`, wrapped under itself into at most `lines_max` lines.
    pub(crate) fn wrapped(&mut self, lead: &str, text: &str, ink: Ink, lines_max: usize) {
        self.hang(lead, lead.chars().count(), text, ink, lines_max);
    }

    /// A block with its label at `indent`.
    pub(crate) fn block(&mut self, indent: usize, block: &Block) {
        let label = format!("{:indent$}{:<LABEL_COLUMNS$}", "", block.label);
        let margin = " ".repeat(label.chars().count());
        for (at, line) in block.lines.iter().enumerate() {
            if at == 0 {
                self.line(&label, line);
            } else {
                self.line(&margin, line);
            }
        }
    }

    /// One line of a block behind its margin.
    pub(crate) fn line(&mut self, margin: &str, line: &Line) {
        let lead = |mark: &str| [(margin.to_owned(), Ink::Faint), (mark.to_owned(), Ink::Plain)];
        let (lead, text, ink) = match line {
            Line::Text(text) => (lead(""), text.as_str(), Ink::Plain),
            Line::Point(text) => (lead("- "), text.as_str(), Ink::Plain),
            Line::Step(number, text) => (lead(&format!("{number}. ")), text.as_str(), Ink::Plain),
            Line::Command(command, said) => return self.command(margin, command, said),
            Line::Quote(place, text) => {
                let margin = [(margin, Ink::Faint)];
                self.led(&margin, place, Ink::Faint, usize::MAX);
                let blank = " ".repeat(margin[0].0.chars().count() + 2);
                return self.wrapped(&blank, text, Ink::Plain, usize::MAX);
            }
        };
        let lead: Vec<(&str, Ink)> = lead.iter().map(|(t, i)| (t.as_str(), *i)).collect();
        self.led(&lead, text, ink, usize::MAX);
    }

    /// A command stays on one line, however long, so that it can be copied.
    fn command(&mut self, margin: &str, command: &str, said: &str) {
        let shown = safe::text(command);
        // What is shown is not what was meant: nobody should paste it into a shell.
        let spoilt =
            if shown == command { "" } else { "DO NOT RUN: it holds control characters. " };
        let said = match format!("{spoilt}{}", safe::text(said)) {
            said if said.is_empty() => said,
            said => self.paint(&format!("   # {said}"), Ink::Faint),
        };
        let command = self.paint(&shown, Ink::Strong);
        let blank = " ".repeat(margin.chars().count());
        self.text.push_str(&format!("{blank}   {command}{said}\n"));
    }

    fn hang(&mut self, lead: &str, columns: usize, text: &str, ink: Ink, lines_max: usize) {
        // Where the lead takes most of the line, the text stands under it.
        let under = columns + ROOM_COLUMNS_MIN > self.width && !text.is_empty();
        let margin = if under { UNDER_COLUMNS } else { columns };
        let room = self.width.saturating_sub(margin);
        let safe = safe::text(text);
        let mut lines = wrap(&safe, room);
        if lines.len() > lines_max {
            lines.truncate(lines_max);
            if let Some(last) = lines.last_mut() {
                let kept: String = last.chars().take(room - 1).collect();
                *last = format!("{}…", kept.trim_end());
            }
        }
        let blank = " ".repeat(margin);
        if under {
            self.text.push_str(&format!("{lead}\n"));
        }
        for (at, line) in lines.iter().enumerate() {
            let lead = if at == 0 && !under { lead } else { &blank };
            let painted = self.paint(line, ink);
            self.text.push_str(&format!("{lead}{painted}\n"));
        }
    }

    fn paint(&self, text: &str, ink: Ink) -> String {
        match ink.code() {
            code if self.color && !code.is_empty() && !text.trim().is_empty() => {
                format!("{code}{text}\x1b[0m")
            }
            _ => text.to_owned(),
        }
    }
}

/// Breaks at blanks, and inside a word only where the word alone is longer than a line. Always
/// gives at least one line.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        while word.len() > columns {
            let rest = word.split_off(columns);
            lines.push(word.into_iter().collect());
            word = rest;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        used += word.len();
        line.extend(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_wrap_and_long_words_break() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("a abcdefghij b", 4), ["a", "abcd", "efgh", "ij b"]);
        assert_eq!(wrap("", 4), [""]);
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_but_blanks(text in "[a-z ]{0,200}", columns in 1_usize..40) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|l| l.chars().count() <= columns));
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
