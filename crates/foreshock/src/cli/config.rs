//! `foreshock config`: shows the settings that hold, and checks a settings file.

use super::settings::Settings;
use super::{Exit, Mistake};
use crate::config;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock config show > foreshock.toml
      every setting with its default and the reason for it, as a file to begin with
  foreshock config check foreshock.toml && foreshock scan --config foreshock.toml /var/log
      what is wrong is told with its line and column; exit code 3
  foreshock config show --origin --config foreshock.toml
      all that holds under a file, its conf.d and the environment, and where each setting comes from";

/// Show the settings, or check a settings file
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print every setting as TOML, with the reason for its default
    Show {
        #[command(flatten)]
        settings: Settings,
        /// Say behind each setting where it comes from
        #[arg(long)]
        origin: bool,
    },
    /// Print what can be set, as a JSON Schema
    Schema,
    /// Say what is wrong with a settings file
    Check {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let page = match args.command {
        Command::Show { settings, origin } => config::show(&settings.all()?, origin),
        Command::Schema => config::schema(),
        Command::Check { file } => {
            config::read(Some(&file), std::iter::empty()).map_err(Mistake::Config)?;
            format!("{}: nothing is wrong\n", outputs::safe::text(&file.display().to_string()))
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(page.as_bytes())?;
    out.flush()?;
    Ok(Exit::Ok)
}
