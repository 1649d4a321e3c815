//! `foreshock checks`: the catalogue of what to check next, as it holds here: listed, linted, and tried on
//! a log file.

mod list;
mod test;

use super::{Exit, Mistake, Settings, Talk};
use crate::checks::{line_of, places, read_dir};
use anyhow::Context as _;
use clap::Subcommand;
use engine::checks::{Catalogue, lint};
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock checks list
      the families of programs that are known, and how many checks each has
  foreshock checks list sshd
      all that is known of one family
  foreshock checks lint ./checks
      is a folder of one's own families sound? Ends with 3 if not
  foreshock checks test --unknown /var/log/syslog
      which lines get a family, and which programs have none yet

Files of one's own: one TOML file a family, in a folder named by --checks or `[checks] folder`. A family
with the name of a built-in one takes its place. The keys are in docs/checks.md.";

/// What to check next: the catalogue of exact checks by family of programs
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the families, or all that is known of one
    List {
        /// A family; without it, all of them
        family: Option<String>,
        /// Form of the output
        #[arg(short, long, value_enum, default_value_t)]
        format: list::Format,
    },
    /// Say what is wrong with the catalogue, or with the files of a folder
    Lint {
        /// A folder of *.toml files; without it, the catalogue that holds
        folder: Option<PathBuf>,
    },
    /// Say which family each line of a log gets
    Test(test::Args),
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    match args.command {
        Command::List { family, format } => {
            let config = args.settings.read()?;
            let catalogue = config.checks.catalogue();
            list::run(catalogue, family.as_deref(), format)
        }
        Command::Lint { folder } => {
            let catalogue = match &folder {
                Some(folder) => {
                    let own = read_dir(folder).map_err(Mistake::Config)?;
                    Catalogue::default().with(own)
                }
                None => args.settings.read()?.checks.catalogue().clone(),
            };
            let places = folder.map_or_else(Vec::new, |folder| places(&folder));
            lint_all(&catalogue, &places).context("cannot write the result")
        }
        Command::Test(test) => {
            let config = args.settings.read()?;
            test::run(&test, config.checks.catalogue(), talk)
        }
    }
}

/// Each problem, with its file and line where the families came from a folder.
fn lint_all(catalogue: &Catalogue, places: &[(String, PathBuf, String)]) -> io::Result<Exit> {
    let mut out = io::stdout().lock();
    let problems: Vec<_> = catalogue.families().iter().flat_map(lint).collect();
    for problem in &problems {
        if let Some((_, file, text)) = places.iter().find(|(name, ..)| *name == problem.family) {
            write!(out, "{}:{}: ", file.display(), line_of(text, problem.check))?;
        }
        writeln!(out, "{problem}")?;
    }
    let checks: usize = catalogue.families().iter().map(|family| family.check.len()).sum();
    let families = catalogue.families().len();
    writeln!(out, "{families} families, {checks} checks, {} problems", problems.len())?;
    Ok(if problems.is_empty() { Exit::Ok } else { Exit::Config })
}
