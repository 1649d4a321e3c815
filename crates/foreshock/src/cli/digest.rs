//! `foreshock digest`: the daily digests that a service has made.

use super::{Exit, Mistake};
use crate::runtime::serve::folder_of;
use anyhow::Context;
use model::{TenantId, Timestamp};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  foreshock digest --state /var/lib/foreshock
      this morning's digest of each client
  foreshock digest --state ./state --tenant acme --day 2026-11-20 --format md
      an earlier one, for a ticket
  foreshock digest --state ./state --list
      which there are";

/// Show the daily digests that the service has made
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// State folder of the service
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    state: PathBuf,
    /// Only this client's
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Of this day (YYYY-MM-DD) instead of the latest
    #[arg(long, value_name = "DAY", value_parser = day)]
    day: Option<String>,
    /// Form of the digest
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// List the digests that there are
    #[arg(long)]
    list: bool,
}

/// Form of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// For reading in a terminal.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// Markdown, for tickets and chats.
    Md,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Format::Text => "txt",
            Format::Json => "json",
            Format::Md => "md",
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let digests = args.state.join("digests");
    if !args.state.is_dir() {
        let what = format!("there is no state folder {}", args.state.display());
        return Err(Mistake::Usage(what).into());
    }
    let folders = match &args.tenant {
        Some(tenant) => vec![folder_of(&digests, &TenantId::new(tenant.as_str()))],
        None => folders(&digests)?,
    };
    let mut out = io::stdout().lock();
    let mut shown = 0;
    for folder in folders {
        let mut files = files(&folder, args.format.ending());
        files.retain(|file| {
            args.day.as_ref().is_none_or(|day| file.file_stem() == Some(day.as_ref()))
        });
        if args.list {
            for file in &files {
                writeln!(out, "{}", outputs::safe::text(&file.display().to_string()))?;
            }
            shown += files.len();
        } else if let Some(file) = files.last() {
            let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            out.write_all(&text)?;
            shown += 1;
        }
    }
    out.flush()?;
    if shown == 0 {
        let remedy = match args.day {
            Some(_) => "--list tells which there are",
            None => "the service makes the first one on the morning after a client was first heard",
        };
        let what = format!("there is no such digest in {}: {remedy}", digests.display());
        return Err(Mistake::Usage(what).into());
    }
    Ok(Exit::Ok)
}

fn day(text: &str) -> Result<String, String> {
    match Timestamp::parse_absolute(&format!("{text}T00:00:00Z"), 0) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("write a day as 2026-11-20".to_owned()),
    }
}

fn folders(digests: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(digests) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot read {}", digests.display()))?,
    };
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    Ok(folders)
}

/// The digests of a client in one form, oldest first.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|form| form == ending)).collect();
    files.sort();
    files
}
