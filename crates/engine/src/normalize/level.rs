//! Level words in the places where headers have them: `ERROR foo`, `[warn] foo`, `info: foo`,
//! `<error> foo`. A word in the middle of a sentence is no level.

use model::Severity;

/// The longest word that any scale uses (`informational`).
const LEVEL_BYTES_MAX: usize = 13;

/// The severity that a single token names, without the brackets or colon around it.
/// Sub-levels count as their level: `debug1`, `trace8`, `core:notice`.
pub(crate) fn word(token: &str) -> Option<Severity> {
    let token = token.trim_end_matches(|c: char| c.is_ascii_digit());
    if !could_be(token.as_bytes()) {
        return None;
    }
    match token {
        // PostgreSQL's own: LOG is ordinary, PANIC is covered by the common words.
        "LOG" | "Note" | "NOTE" | "System" => Some(Severity::Info),
        _ => Severity::from_word(token.as_bytes()),
    }
}

/// Whether some scale has a word with this first letter and length: refuses nearly every other word
/// without a comparison. A new word in [`Severity::from_word`] needs its place here (tested).
fn could_be(token: &[u8]) -> bool {
    let Some(first) = token.first() else {
        return false;
    };
    match first | 32 {
        _ if token.len() == 1 => true,
        b'a' | b'p' | b't' => token.len() == 5,
        b'c' => matches!(token.len(), 4 | 8),
        b'd' => matches!(token.len(), 3 | 5),
        b'e' => matches!(token.len(), 3 | 5 | 9),
        b'f' => matches!(token.len(), 4..=7),
        b'i' => matches!(token.len(), 3 | 4 | 11 | 13),
        b'l' => token.len() == 3,
        b'n' => matches!(token.len(), 4 | 6),
        b's' => token.len() == 6,
        b'v' => token.len() == 7,
        b'w' => matches!(token.len(), 3 | 4 | 7),
        _ => false,
    }
}

/// A level token at the start of a text and the text behind it, separators passed over.
pub(super) fn leading(text: &str) -> Option<(Severity, &str)> {
    let b = text.as_bytes();
    let close = match b.first()? {
        b'[' => b']',
        b'(' => b')',
        b'<' => b'>',
        b'A'..=b'Z' | b'a'..=b'z' => return bare(text),
        _ => return None,
    };
    let window = &b[..b.len().min(LEVEL_BYTES_MAX + 4)];
    let end = window.iter().position(|c| *c == close)?;
    let severity = word(text[1..end].trim())?;
    let rest = text[end + 1..].strip_prefix(':').unwrap_or(&text[end + 1..]);
    Some((severity, rest.trim_start_matches(' ')))
}

/// A level word without brackets. In capitals a blank behind it is enough; in small letters, where
/// it may begin a sentence, it needs a colon. One letter alone is too little.
fn bare(text: &str) -> Option<(Severity, &str)> {
    let b = text.as_bytes();
    let window = &b[..b.len().min(LEVEL_BYTES_MAX + 2)];
    let end = window
        .iter()
        .position(|c| !c.is_ascii_alphanumeric())
        .or_else(|| (b.len() == window.len()).then_some(b.len()))?;
    if end < 2 {
        return None;
    }
    // Most messages begin with an ordinary word: its second letter is small.
    let capitals = || text[..end].bytes().all(|c| !c.is_ascii_lowercase());
    let delimited = match b.get(end) {
        None => capitals(),
        Some(b':' | b'|') => !matches!(b.get(end + 1), Some(c) if c.is_ascii_alphanumeric()),
        Some(b' ' | b'\t') if b[1].is_ascii_lowercase() => {
            let rest = text[end..].trim_start();
            rest.starts_with(": ") || rest.starts_with("| ")
        }
        Some(b' ' | b'\t') => capitals(),
        _ => false,
    };
    if !delimited {
        return None;
    }
    let severity = word(&text[..end])?;
    let rest = text[end..].trim_start();
    let rest = rest.strip_prefix([':', '|']).unwrap_or(rest);
    Some((severity, rest.trim_start_matches(' ')))
}

/// The severity of a level token at the very start of a message.
pub(super) fn in_front(text: &str) -> Option<Severity> {
    leading(text).map(|(severity, _)| severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_look_refuses_no_level() {
        let words = "info warn warning error debug notice err crit critical fatal information \
            informational trace verbose fine finer finest severe failure alert emerg emergency \
            panic dbg inf wrn i w e d f v t LOG Note System";
        for severity in Severity::ALL {
            assert_eq!(word(severity.word()), Some(severity));
        }
        for level in words.split_whitespace() {
            assert!(word(level).is_some(), "{level}");
        }
    }

    #[test]
    fn levels_stand_in_their_places() {
        use Severity::{Debug, Error, Warning};
        for (text, level, rest) in [
            ("ERROR foo", Some(Error), "foo"),
            ("error: foo", Some(Error), "foo"),
            ("[warn] foo", Some(Warning), "foo"),
            ("<error>: foo", Some(Error), "foo"),
            ("debug1: foo", Some(Debug), "foo"),
            ("WARN | foo", Some(Warning), "foo"),
            ("ERROR", Some(Error), ""),
            ("error foo", None, ""),
            ("errors: foo", None, ""),
            ("error:foo", None, ""),
            ("E foo", None, ""),
            ("[error foo", None, ""),
        ] {
            assert_eq!(leading(text), level.map(|level| (level, rest)), "{text}");
        }
    }
}
