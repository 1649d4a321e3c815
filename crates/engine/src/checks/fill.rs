//! A command with blanks and values for them → the command as it can be pasted. The command's own text is
//! never touched; a value becomes part of exactly one word of it, or its place shows what belongs there.

use super::holes;
use super::quote::{placeholder, word};
use model::{Blanks, Check, Shell};

/// A blank of this ending takes every value that the lines name, for a search by pattern: `svc-print|svc-scan`.
pub(super) const EVERY: &str = "_or";

/// A part of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it is.
    Text(&'a str),
    /// A blank, and whether it stands between quotes of the command.
    Blank {
        /// Its name.
        name: &'a str,
        /// Between quotes.
        inside: bool,
    },
}

/// The parts of a command: `{name}` is a blank where `name` is made of small letters and `_`; other braces
/// are text.
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut from, mut at, mut quote) = (0, 0, None);
    while let Some(c) = template[at..].chars().next() {
        match c {
            '\'' | '"' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            '{' => {
                // `%{http_code}` and `${name}` belong to the command.
                let is_own = template[..at].ends_with(['%', '$', '{']);
                if let Some(name) = blank(&template[at..]).filter(|_| !is_own) {
                    found.extend((from < at).then(|| Piece::Text(&template[from..at])));
                    found.push(Piece::Blank { name, inside: quote.is_some() });
                    at += name.len() + 2;
                    from = at;
                    continue;
                }
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    found.extend((from < at).then(|| Piece::Text(&template[from..])));
    found
}

/// The name of the blank that a text begins with.
fn blank(text: &str) -> Option<&str> {
    let name = &text[1..text.find('}')?];
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_name.then_some(name)
}

/// The command with these values; what has none, or none that can be written down safely, is shown as
/// `<name>`.
pub fn command(template: &str, shell: Shell, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut command = String::with_capacity(template.len());
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => command += text,
            Piece::Blank { name, inside } => {
                let filled = value(name).and_then(|value| word(shell, &value, inside));
                command += &filled.unwrap_or_else(|| placeholder(shell, name, inside));
            }
        }
    }
    command
}

/// Fills the blanks of a check with what these lines name, the latest line last. Values that were known
/// before stay. Whether every blank has a value; a check without blanks is whole.
pub fn refill(check: &mut Check, lines: &[&str]) -> bool {
    let Some(blanks) = &check.blanks else {
        return true;
    };
    let Blanks { template, shell, holes, known } = &**blanks;
    let value = |name: &str| {
        if let Some(name) = name.strip_suffix(EVERY) {
            return holes::every(holes.iter().find(|hole| hole.name == name)?, lines);
        }
        let set = known.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        set.or_else(|| {
            let hole = holes.iter().find(|hole| hole.name == name)?;
            holes::most_named(hole, lines).map(str::to_owned)
        })
    };
    check.command = Some(command(template, *shell, &value));
    let is_filled = |piece: &Piece<'_>| match piece {
        Piece::Text(_) => true,
        Piece::Blank { name, inside } => {
            value(name).is_some_and(|value| word(*shell, &value, *inside).is_some())
        }
    };
    pieces(template).iter().all(is_filled)
}
