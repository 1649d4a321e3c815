//! What a walk left out → lines for the person: what is missing one by one, what is no log in one
//! sentence.

use super::Talk;
use sources::{Skipped, Walk};
use std::io::{self, Write};

/// Missing files that are named before the rest is only counted.
const NAMED_MAX: usize = 5;

/// Writes what `walk` left out.
pub(crate) fn tell(walk: &Walk, talk: Talk, to: &mut dyn Write) -> io::Result<()> {
    let (missing, others): (Vec<&Skipped>, Vec<_>) =
        walk.skipped.iter().partition(|s| s.reason.is_failure());
    let named = if talk.verbose { usize::MAX } else { NAMED_MAX };
    for skipped in missing.iter().take(named) {
        writeln!(to, "foreshock: {skipped}")?;
    }
    if missing.len() > named {
        let more = missing.len() - named;
        writeln!(to, "foreshock: cannot read {more} more files (-v names them)")?;
    }
    if talk.verbose {
        return others.iter().try_for_each(|skipped| writeln!(to, "foreshock: {skipped}"));
    }
    if !talk.quiet && !others.is_empty() {
        writeln!(to, "foreshock: {}", summary(walk))?;
    }
    Ok(())
}

/// `left out 12 files: 9 not text, 3 hidden (-v names them)`.
fn summary(walk: &Walk) -> String {
    let is_missing = |word: &str| {
        let mut of_word = walk.skipped.iter().filter(|s| s.reason.word() == word);
        of_word.any(|s| s.reason.is_failure())
    };
    let counts = || walk.skipped_counts.iter().filter(|(word, _)| !is_missing(word));
    let total: u64 = counts().map(|(_, count)| count).sum();
    let reasons: Vec<String> = counts().map(|(word, count)| format!("{count} {word}")).collect();
    let files = if total == 1 { "file" } else { "files" };
    format!("left out {total} {files}: {} (-v names them)", reasons.join(", "))
}
