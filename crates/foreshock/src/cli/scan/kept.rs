//! `foreshock scan --state`: what is new in files → a digest that knows the runs before.

use super::{Args, nothing};
use crate::cli::{Exit, Talk, parse, skipped};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::runtime::serve::DigestTimes;
use crate::runtime::serve::once::{self, Ran, Run};
use model::{Counts, Digest};
use sources::follow::Was;
use std::io::{self, Write};
use std::path::Path;

/// Reads what is new into a state folder; tells on standard error what could not be read.
pub(super) fn scan(
    args: &Args,
    folder: &Path,
    talk: Talk,
) -> anyhow::Result<(Digest, Counts, Exit)> {
    let (reading, settings) = (&args.reading, args.settings.all()?);
    let walk = sources::walk(&reading.paths()?);
    skipped::tell(&walk, talk, &mut io::stderr())?;
    let interrupt = Interrupt::listen()?;
    let mut progress = Progress::new(walk.bytes(), talk.quiet);
    let run = Run {
        folder,
        inputs: &walk.inputs,
        tenant: &reading.tenant,
        since: reading.since,
        zone_offset_secs: Some(reading.zone).filter(|zone| *zone != 0),
        config: settings.engine,
        times: DigestTimes::of_settings(&settings.service),
        retention: settings.service.retention,
    };
    let ran = once::run(run, &interrupt, &mut progress)?;
    let mut err = io::stderr();
    for note in &ran.notes {
        writeln!(err, "foreshock: {note}")?;
    }
    for error in &ran.errors {
        writeln!(err, "foreshock: {error}")?;
    }
    if !talk.quiet {
        writeln!(err, "foreshock: {}", summary(&ran))?;
    }
    if interrupt.is_set() {
        writeln!(
            err,
            "foreshock: interrupted; this is what was read so far, and the next run goes on there"
        )?;
    }
    let is_partial = walk.failures() > 0 || !ran.errors.is_empty();
    let exit = Exit::of_reading(interrupt.is_set(), is_partial);
    let digest = ran.digest.unwrap_or_else(|| nothing(reading, parse::now()));
    Ok((digest, ran.counts, exit))
}

/// `1,200 new lines; of 4 files 1 is new, 2 were read before, 1 was rotated`.
fn summary(ran: &Ran) -> String {
    let files: u64 = ran.files.values().sum();
    let lines = ran.counts.lines;
    let mut told = format!("{lines} new line{}", if lines == 1 { "" } else { "s" });
    let words = [
        (Was::New, "new"),
        (Was::Known, "read before"),
        (Was::Rotated, "rotated since"),
        (Was::Rewritten, "rewritten"),
    ];
    let of = |was: &Was| ran.files.get(was).copied().unwrap_or_default();
    let parts: Vec<String> = words
        .iter()
        .filter(|(was, _)| of(was) > 0)
        .map(|(was, word)| format!("{} {word}", of(was)))
        .collect();
    if files > 0 {
        told += &format!("; {files} file{}: ", if files == 1 { "" } else { "s" });
        told += &parts.join(", ");
    }
    told
}
