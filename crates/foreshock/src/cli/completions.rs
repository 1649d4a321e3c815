//! `foreshock completions`: a shell's name → the script that completes our command line in it.

use super::{Cli, Exit};
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  foreshock completions bash > ~/.local/share/bash-completion/completions/foreshock
  foreshock completions zsh > ~/.zfunc/_foreshock
  foreshock completions fish > ~/.config/fish/completions/foreshock.fish";

/// Write the script that completes foreshock's command line in a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    // Into memory first: a closed pipe is an error here and would be a panic there.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "foreshock", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Exit::Ok)
}
