//! Text from logs → text that cannot do anything. Whoever can write a log line can try to recolour
//! a terminal, reverse the reading direction, forge a heading or smuggle in a link; here that
//! becomes visible and inert.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character can move, hide or reverse what stands around it.
pub fn is_unsafe(c: char) -> bool {
    c.is_control() // C0, DEL and C1, line ends included
        || matches!(c,
            // soft hyphen, letter mark of Arabic, Hangul and Khmer fillers, Mongolian separators
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            // zero-width, marks of direction; separators of lines and paragraphs; embeddings and overrides
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            // word joiner, invisible operators, isolates, deprecated formatting
            | '\u{2060}'..='\u{206f}'
            // Hangul fillers, byte order mark, interlinear annotation, noncharacters
            | '\u{3164}' | '\u{ffa0}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            // tags and variation selectors: text that nobody sees
            | '\u{e0000}'..='\u{e0fff}')
}

/// For terminals and plain mail: unsafe characters in visible form (`\x1b`, `\u{202e}`, `\n`).
pub fn text(raw: &str) -> Cow<'_, str> {
    if !raw.chars().any(is_unsafe) {
        return Cow::Borrowed(raw);
    }
    let mut safe = String::with_capacity(raw.len() + 16);
    for c in raw.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if is_unsafe(c) && c.is_ascii() => {
                let _ = write!(safe, "\\x{:02x}", u32::from(c));
            }
            c if is_unsafe(c) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// For running text in Markdown: no mark-up, no HTML, no link, whatever it holds.
pub fn markdown(raw: &str) -> String {
    let safe = text(raw);
    let mut escaped = String::with_capacity(safe.len() + 16);
    let mut before = "";
    for (at, c) in safe.char_indices() {
        let rest = &safe[at + c.len_utf8()..];
        let escape = match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&'
            | '@' | '$' | '!' | '^' => true,
            '.' => ends_with_www(before),
            ':' => rest.starts_with("//") || before.trim_end().is_empty(),
            // What would begin a list, a definition or an underline, or "1." and "1)".
            '-' | '+' | '=' => before.trim_end().is_empty(),
            ')' => before.bytes().all(|b| b.is_ascii_digit()),
            _ => false,
        } || c == '.' && before.bytes().all(|b| b.is_ascii_digit());
        if escape {
            escaped.push('\\');
        }
        escaped.push(c);
        before = &safe[..at + c.len_utf8()];
    }
    // Blanks at the start would make a block of code.
    escaped.trim().to_owned()
}

/// For Markdown: the text as a code span, fenced with more backticks than it holds.
pub fn code_span(raw: &str) -> String {
    let safe = text(raw);
    if safe.trim().is_empty() {
        return "(blank)".to_owned();
    }
    let fence = "`".repeat(longest_run(&safe, '`') + 1);
    let pad = if safe.starts_with(['`', ' ']) || safe.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{safe}{pad}{fence}")
}

/// For Markdown: lines as a fenced block. Only the line ends between `lines` are line ends.
pub fn code_block<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let body: Vec<Cow<'_, str>> = lines.into_iter().map(text).collect();
    let ticks = body.iter().map(|l| longest_run(l, '`')).max().unwrap_or(0);
    let fence = "`".repeat((ticks + 1).max(3));
    format!("{fence}text\n{}\n{fence}\n", body.join("\n"))
}

/// For JSON that was already serialised: unsafe characters as `\uXXXX`. Outside of strings JSON
/// is ASCII, so this changes no value.
pub fn json(serialised: &str) -> Cow<'_, str> {
    let leave = |c: char| c == '\n' || !is_unsafe(c);
    if serialised.chars().all(leave) {
        return Cow::Borrowed(serialised);
    }
    let mut safe = String::with_capacity(serialised.len() + 16);
    for c in serialised.chars() {
        if leave(c) {
            safe.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    Cow::Owned(safe)
}

/// At most `chars_max` characters, the last one `…` where something was cut off.
pub fn clip(text: &str, chars_max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars_max) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept = text.chars().take(chars_max.saturating_sub(1));
            Cow::Owned(kept.chain(['…']).collect())
        }
    }
}

fn ends_with_www(text: &str) -> bool {
    let last = text.len().saturating_sub(3);
    text.get(last..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_acts_is_shown_instead() {
        for (raw, shown) in [
            ("plain übung ✓", "plain übung ✓"),
            ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("txt.\u{202e}exe", "txt.\\u{202e}exe"),
            ("a\u{200b}b\u{e0041}", "a\\u{200b}b\\u{e0041}"),
        ] {
            assert_eq!(text(raw), shown);
        }
    }

    #[test]
    fn markdown_stays_text() {
        for (raw, shown) in [
            ("sda: 12 of 14", "sda: 12 of 14"),
            ("# no heading", "\\# no heading"),
            ("- no list", "\\- no list"),
            ("12. no list", "12\\. no list"),
            ("up-to-date 1.2", "up-to-date 1.2"),
            ("<b>&amp;</b>", "\\<b\\>\\&amp;\\</b\\>"),
            ("[x](javascript:a)", "\\[x\\](javascript:a)"),
            ("http://x www.y", "http\\://x www\\.y"),
            ("    code", "code"),
        ] {
            assert_eq!(markdown(raw), shown);
        }
        assert_eq!(code_span("a``b`"), "``` a``b` ```");
        assert_eq!(code_block(["```", "x"]), "````text\n```\nx\n````\n");
    }

    #[test]
    fn clipping_counts_characters() {
        assert_eq!(clip("größer", 6), "größer");
        assert_eq!(clip("größere", 6), "größe…");
        assert_eq!(clip("a", 0), "…");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(raw: String) {
            prop_assert!(!text(&raw).chars().any(is_unsafe));
            prop_assert!(!markdown(&raw).chars().any(is_unsafe));
            prop_assert!(!code_span(&raw).chars().any(is_unsafe));
        }

        #[test]
        fn json_keeps_its_value(raw: String) {
            let serialised = serde_json::to_string(&raw).unwrap();
            let safe = json(&serialised);
            prop_assert!(!safe.chars().any(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), raw);
        }
    }
}
