//! Lines of evidence → the values that the blanks of a command ask for. Each kind of value has a form, and
//! what does not have it is no value: a word of a log never stands in a command because it came after "user".

use super::quote;
use model::{Blank, BlankKind};
use std::net::IpAddr;

/// Bytes of a line that are searched.
const LINE_MAX: usize = 4_096;

/// Whether a value needs no quotes in any shell.
pub fn is_plain(value: &str) -> bool {
    quote::is_plain(value)
}

/// The value that most of the lines name, at least half of those that name any; of equals the one of the latest
/// line. Where they differ more, none stands for all, and a command with one of them would find nothing on most hosts.
/// Of what points to something if there are several, it takes three quarters.
pub(super) fn most_named<'a>(hole: &Blank, lines: &[&'a str]) -> Option<&'a str> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for value in lines.iter().rev().filter_map(|line| find(hole, line)) {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, n)) => *n += 1,
            None => counts.push((value, 1)),
        }
    }
    let most = counts.iter().map(|(_, n)| *n).max()?;
    let all: usize = counts.iter().map(|(_, n)| n).sum();
    let (least, of) = if hole.several.is_some() { (3, 4) } else { (1, 2) };
    counts.into_iter().find(|(_, n)| *n == most && n * of >= all * least).map(|(value, _)| value)
}

/// Values of a pattern at most: more are no longer about these.
const EVERY_MAX: usize = 6;

/// All values that the lines name, in the order in which they come, as a pattern that matches any of them. None if there
/// are too many, or if one of them is more than letters, digits, `-` and `_`: such a value might be a pattern itself.
pub(super) fn every(hole: &Blank, lines: &[&str]) -> Option<String> {
    let mut values: Vec<&str> = Vec::new();
    for value in lines.iter().filter_map(|line| find(hole, line)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let is_word =
        |value: &&str| value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let are_usable = (1..=EVERY_MAX).contains(&values.len()) && values.iter().all(is_word);
    are_usable.then(|| values.join("|"))
}

/// The value of a blank in one line.
pub fn find<'a>(hole: &Blank, line: &'a str) -> Option<&'a str> {
    let mut end = LINE_MAX.min(line.len());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let line = &line[..end];
    if hole.after.is_empty() {
        let mut words = line.split(|c: char| is_border(hole.kind, c)).map(trimmed);
        return words.find(|word| !word.is_empty() && has_form(hole.kind, word));
    }
    hole.after.iter().find_map(|cue| after(hole.kind, cue, line))
}

/// The value right after a cue, which begins where a word begins.
fn after<'a>(kind: BlankKind, cue: &str, line: &'a str) -> Option<&'a str> {
    let begins_word = cue.starts_with(|c: char| c.is_ascii_alphanumeric());
    let mut from = 0;
    while let Some(at) = position(&line[from..], cue).map(|at| at + from) {
        let is_free = !begins_word || !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let rest = &line[at + cue.len()..];
        // Nothing but marks around the value: behind an empty `user=` stands another name, not a user.
        let start = rest.trim_start_matches(['"', '\'', '[', '(', '<', '`']);
        let end = start.find(|c: char| is_border(kind, c)).unwrap_or(start.len());
        let word = trimmed(&start[..end]);
        if is_free && !word.is_empty() && has_form(kind, word) {
            return Some(word);
        }
        from = at + cue.len();
    }
    None
}

/// Where a cue stands; small letters and capitals are the same.
fn position(line: &str, cue: &str) -> Option<usize> {
    let (line, cue) = (line.as_bytes(), cue.as_bytes());
    if cue.is_empty() {
        return None;
    }
    line.windows(cue.len()).position(|part| part.eq_ignore_ascii_case(cue))
}

fn is_border(kind: BlankKind, c: char) -> bool {
    // Interfaces and addresses may have such marks inside: `ge-0/0/1.0`, `fe80::1%eth0`.
    c.is_whitespace()
        || "\"'`<>()[]{},;|=".contains(c)
        || match kind {
            BlankKind::Device => c == '/',
            // `ata3.00:` is a drive at that port.
            BlankKind::AtaPort => matches!(c, '.' | ':'),
            _ => false,
        }
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| ".:!?".contains(c))
}

/// Whether a word has the form of a kind.
fn has_form(kind: BlankKind, word: &str) -> bool {
    let all = |marks: &str| {
        word.len() <= 64 && word.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
    };
    let begins = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    match kind {
        BlankKind::Address => word.parse::<IpAddr>().is_ok(),
        BlankKind::Device => is_device(word),
        BlankKind::AtaPort => word.strip_prefix("ata").is_some_and(is_number),
        BlankKind::Number => is_number(word),
        BlankKind::Unit => {
            const KINDS: [&str; 6] =
                [".service", ".timer", ".mount", ".socket", ".scope", ".slice"];
            begins && all(":_.@-") && KINDS.iter().any(|kind| word.ends_with(kind))
        }
        BlankKind::Interface => {
            begins && all("/._:-") && word.contains(|c: char| c.is_ascii_alphabetic())
        }
        BlankKind::Name => begins && all("._-"),
        BlankKind::Path => word.starts_with('/') && all("/._:+-") && !word.contains(".."),
        BlankKind::Word => word.chars().count() <= 64,
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.len() <= 12 && word.bytes().all(|b| b.is_ascii_digit())
}

/// Names that kernels give to block devices.
fn is_device(word: &str) -> bool {
    let rest = |start: &str| word.strip_prefix(start);
    let letters = |rest: &str| {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let letters = rest.len() - digits.len();
        (1..=3).contains(&letters) && (digits.is_empty() || is_number(digits))
    };
    let nvme = |rest: &str| {
        let (drive, part) = rest.split_once('n').unwrap_or((rest, "1"));
        let (space, part) = part.split_once('p').unwrap_or((part, "1"));
        [drive, space, part].into_iter().all(is_number)
    };
    ["sd", "hd", "vd", "xvd"].iter().any(|start| rest(start).is_some_and(letters))
        || ["md", "dm-"].iter().any(|start| rest(start).is_some_and(is_number))
        || rest("nvme").is_some_and(nvme)
        || rest("mmcblk").is_some_and(is_number)
}
