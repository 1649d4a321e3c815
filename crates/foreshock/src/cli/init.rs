//! `foreshock init`: writes a settings file to begin with, as this machine is.

use super::{Exit, Mistake};
use crate::config::{self, Settings};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock init foreshock.toml
      every setting with its reason; the state in ./state, this machine's journal or /var/log
  foreshock init --state /var/lib/foreshock /etc/foreshock/foreshock.toml
      for a service; then `foreshock doctor --config …` and `foreshock serve --config …`";

/// Write a settings file to begin with
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file; never one that is there already
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// State folder
    #[arg(long, value_name = "DIR", default_value = "state")]
    state: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut settings = Settings::default();
    let state = std::path::absolute(&args.state)?;
    settings.service.state = Some(state);
    super::serve::by_itself(&mut settings.service);
    let file = OpenOptions::new().write(true).create_new(true).open(&args.file);
    let mut file = file.map_err(|error| {
        let remedy = match error.kind() {
            io::ErrorKind::AlreadyExists => "; name another file, or remove this one first",
            _ => "",
        };
        Mistake::Usage(format!("cannot write {}: {error}{remedy}", args.file.display()))
    })?;
    file.write_all(config::show(&settings, false).as_bytes())?;
    let shown = args.file.display();
    writeln!(
        io::stderr(),
        "foreshock: wrote {shown}\nforeshock: next: foreshock doctor --config {shown}; foreshock serve --config {shown}"
    )?;
    Ok(Exit::Ok)
}
