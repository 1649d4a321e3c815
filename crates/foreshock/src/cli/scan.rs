//! `foreshock scan`: logs → a digest.

use super::{Exit, Reading, Settings, Talk, parse, skipped};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::runtime::evidence::Evidences;
use crate::runtime::merge::Understanding;
use crate::runtime::scan::Scanned;
use crate::runtime::{self};
use engine::Config;
use model::{Band, Counts, Digest, Quiet, Timestamp};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

mod kept;

const EXAMPLES: &str = "\
Examples:
  foreshock scan /var/log
      read a folder, rotated and compressed files too
  journalctl -o json --since -14d | foreshock scan
      read what is piped in
  foreshock scan --since 2026-11-01 --until 2026-11-08 --zone +01:00 app.log app.log.*.gz
      one week of one application that writes local times
  foreshock scan --format ndjson --fail-on promote /var/log || notify-someone
      for scripts: the digest on one line; exit code 1 if a person should look now
  foreshock scan --state ./state /var/log
      every night: only what is new is read, and the runs before are remembered";

/// Read logs and tell what is quietly becoming important
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Form of the digest
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Show at most so many items
    #[arg(long, value_name = "N", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=10))]
    pub(crate) top: u8,
    /// Also list what was held back, and why
    ///
    /// Candidates that the false-alarm budget or the limit on items kept out of the digest, with their
    /// numbers; the JSON forms always have them.
    #[arg(long)]
    pub(crate) held_back: bool,
    /// Keep what was learnt in this folder, and go on from there
    ///
    /// Made where it is missing. A file that has grown is read on from where it was, a rotated one is recognised
    /// by its content and not read again. The folder is the same as that of `foreshock serve`; one program
    /// uses it at a time.
    #[arg(long, value_name = "DIR", conflicts_with = "until")]
    pub(crate) state: Option<PathBuf>,
    /// Exit with 1 if an open item reaches this band: watch, investigate, promote
    #[arg(long, value_name = "BAND", value_parser = parse::band)]
    pub(crate) fail_on: Option<Band>,
}

/// Form of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For reading in a terminal.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// One JSON object on one line.
    Ndjson,
    /// Markdown, for tickets and chats.
    Md,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let (mut digest, counts, exit) = match &args.state {
        Some(state) => kept::scan(&args, state, talk)?,
        None => {
            let mut scanned = read(&args.reading, args.settings.read()?, talk)?;
            let digest = digest(&mut scanned, &args.reading, args.reading.since);
            (digest, scanned.run.report.counts, scanned.exit)
        }
    };
    let top = usize::from(args.top);
    digest.quiet.held_back += digest.items.len().saturating_sub(top) as u64;
    digest.items.truncate(top);
    if !args.held_back && matches!(args.format, Format::Text | Format::Md) {
        digest.quiet.cut.clear();
    }
    write(&digest, &counts, args.format, talk)?;
    if args.format == Format::Text && args.state.is_none() {
        tell_more(&digest, &args.reading, talk)?;
    }
    // What is over reached no band that needs anyone now.
    let open = || digest.items.iter().filter(|item| item.outcome.is_none());
    let reached = |band: Band| open().any(|item| item.band >= band);
    Ok(match args.fail_on {
        Some(band) if reached(band) && exit == Exit::Ok => Exit::Findings,
        _ => exit,
    })
}

/// Says how to ask about an item: to a person at a terminal only.
fn tell_more(digest: &Digest, reading: &Reading, talk: Talk) -> io::Result<()> {
    let (Some(item), true) = (digest.items.first(), io::stdout().is_terminal()) else {
        return Ok(());
    };
    if talk.quiet {
        return Ok(());
    }
    let id: String = item.candidate_id.to_string().chars().take(9).collect();
    let paths = match reading.paths.as_slice() {
        [path] if path.as_os_str() != "-" => path.display().to_string(),
        _ => "PATH…".to_owned(),
    };
    writeln!(
        io::stderr(),
        "\nforeshock: more about the first one: foreshock explain {id} {}",
        outputs::safe::text(&paths)
    )
}

/// A scan and how it ended.
pub(super) struct Read {
    pub(super) run: Scanned,
    pub(super) exit: Exit,
}

/// Reads what was asked for; tells on standard error what could not be read.
pub(super) fn read(reading: &Reading, config: Config, talk: Talk) -> anyhow::Result<Read> {
    let walk = sources::walk(&reading.paths()?);
    skipped::tell(&walk, talk, &mut io::stderr())?;
    let interrupt = Interrupt::listen()?;
    let mut progress = Progress::new(walk.bytes(), talk.quiet);
    let how = Understanding { now: parse::now(), zone_offset_secs: reading.zone };
    let run = runtime::scan::scan(
        &walk.inputs,
        &reading.tenant,
        how,
        config,
        reading.until,
        &interrupt,
        &mut progress,
    );
    for error in &run.report.errors {
        writeln!(io::stderr(), "foreshock: {error}")?;
    }
    let is_partial = walk.failures() > 0 || !run.report.errors.is_empty();
    let exit = Exit::of_reading(run.is_interrupted, is_partial);
    if run.is_interrupted {
        writeln!(io::stderr(), "foreshock: interrupted; this is what was read so far")?;
    }
    Ok(Read { run, exit })
}

/// The digest of what was read, with its evidence.
fn digest(read: &mut Read, reading: &Reading, since: Option<Timestamp>) -> Digest {
    let run = &mut read.run;
    // Nothing read is also told: as of now, with nothing in it.
    let as_of = run.last.unwrap_or_else(parse::now);
    let known = run.engine.digest(&reading.tenant, as_of, since.unwrap_or_default());
    let mut digest = known.unwrap_or_else(|| nothing(reading, as_of));
    Evidences::default().fill(&mut run.report.readback, digest.items.iter_mut());
    digest
}

/// A digest of which nothing is known.
fn nothing(reading: &Reading, as_of: Timestamp) -> Digest {
    Digest {
        as_of,
        since: reading.since.unwrap_or(as_of),
        tenant_id: reading.tenant.clone(),
        items: Vec::new(),
        quiet: Quiet::default(),
    }
}

/// Writes a digest in the form that was asked for.
pub(super) fn write(
    digest: &Digest,
    counts: &Counts,
    format: Format,
    talk: Talk,
) -> io::Result<()> {
    let counts = Some(counts);
    let page = match format {
        Format::Text => outputs::digest::text(digest, counts, &talk.style()),
        Format::Json => outputs::digest::json(digest, counts),
        Format::Ndjson => outputs::digest::ndjson(digest, counts),
        Format::Md => outputs::digest::markdown(digest, counts),
    };
    let mut out = io::stdout().lock();
    out.write_all(page.as_bytes())?;
    out.flush()
}
