//! `foreshock config`: shows the settings that hold, and checks a settings file.

use super::settings::{self, Settings};
use super::{Exit, Mistake};
use crate::config;
use crate::runtime::serve;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  foreshock config show > foreshock.toml
      every setting with its default and the reason for it, as a file to begin with
  foreshock config check foreshock.toml && foreshock scan --config foreshock.toml /var/log
      what is wrong is told with its line and column, and what `serve` would refuse (certificates, tokens); exit code 3
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
    /// Say what is wrong with a settings file, what lies over it, and the files that it names
    Check {
        /// The file; else that of this machine's service
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let page = match args.command {
        Command::Show { settings, origin } => config::show(&settings.of_service()?, origin),
        Command::Schema => config::schema(),
        Command::Check { file } => {
            let file = settings::file_of_service(file.as_deref()).ok_or_else(|| {
                let place = settings::place_of_service();
                Mistake::Usage(format!("there is no {}: name a file", place.display()))
            })?;
            check(&file).map_err(|told| Mistake::Config(told.join("\n")))?;
            format!("{}: nothing is wrong\n", outputs::safe::text(&file.display().to_string()))
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(page.as_bytes())?;
    out.flush()?;
    Ok(Exit::Ok)
}

/// All that is wrong with a file and what lies over it; and where nothing is, what `serve` would refuse under it.
fn check(file: &Path) -> Result<(), Vec<String>> {
    let settings = config::read(Some(file), settings::environment()).map_err(|told| vec![told])?;
    let refused = serve::refused(&settings.service);
    match refused.is_empty() {
        true => Ok(()),
        false => Err(refused.iter().map(|(key, told)| settings.placed(key, told)).collect()),
    }
}
