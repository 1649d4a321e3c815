//! Patterns of the grammar: short regular expressions with named parts, compiled when first needed.
//!
//! They only ever run on lines that the detector picked, and the `regex` crate matches in linear
//! time, so a hostile line costs no more than an honest one.

use regex::Regex;
use std::sync::OnceLock;

/// What the named parts stand for.
const PARTS: [(&str, &str); 4] = [
    // `[<ffffffff81d91389>]`, `[c0000000001d7f20]`, `[<0x0000000080001234>]`
    ("{PC}", r"\[<?(?:0x)?[0-9a-f]+>?\]"),
    // `name+0x…` or `name.isra.3+0x…`; captures the name
    ("{FUNC}", r"([a-zA-Z0-9_]+)[.+]"),
    // `net/core/dev.c:1234`; captured
    ("{SRC}", r"([a-zA-Z0-9_/.-]+\.[a-z]+:[0-9]+)"),
    // A task's name may hold anything.
    ("{TASK}", r"(?s:.{0,100}?)"),
];

/// A pattern and its compiled form.
#[derive(Debug)]
pub(super) struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) const fn new(source: &'static str) -> Pattern {
        Pattern { source, compiled: OnceLock::new() }
    }

    /// The compiled form; `None` for a pattern that is wrong, which a test excludes.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(self.source).ok()).as_ref()
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|r| r.is_match(text))
    }

    /// Where the first match begins.
    pub(super) fn find(&self, text: &str) -> Option<usize> {
        Some(self.regex()?.find(text)?.start())
    }

    /// The first match: where it begins and what it captured.
    pub(super) fn captures<'t>(&self, text: &'t str) -> Option<(usize, Vec<&'t str>)> {
        let found = self.regex()?.captures(text)?;
        let begin = found.get(0)?.start();
        let parts = found.iter().skip(1).map(|c| c.map_or("", |c| c.as_str())).collect();
        Some((begin, parts))
    }

    /// Only the groups that took part in the match.
    pub(super) fn groups<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let found = self.regex()?.captures(text)?;
        Some(found.iter().skip(1).flatten().map(|c| c.as_str()).collect())
    }
}

/// A pattern's source with its named parts written out, compiled.
pub(super) fn compile(source: &str) -> Result<Regex, regex::Error> {
    let mut text = source.to_owned();
    for (name, part) in PARTS {
        text = text.replace(name, part);
    }
    Regex::new(&text)
}
