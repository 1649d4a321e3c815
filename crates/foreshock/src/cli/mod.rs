//! The command line: one file per command. Standard output is data, standard error is for people;
//! every command ends with one of the exit codes of [`Exit`].

mod checks;
mod completions;
mod config;
mod deadletters;
mod demo;
mod digest;
mod doctor;
mod explain;
mod export;
mod host;
mod init;
mod kernel;
mod outlier;
mod overwrite;
mod parse;
mod parsed;
mod process;
mod reading;
mod replay;
mod scan;
mod series;
mod serve;
mod settings;
mod signatures;
mod skipped;
mod status;
mod style;
mod token;

pub(crate) use reading::Reading;
pub(crate) use settings::Settings;
pub(crate) use style::Talk;

use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes:
  0    all was read and reported
  1    with --fail-on: something open reached that band
  2    the command line is wrong, or names an id that nothing has
  3    the settings file (--config) cannot be read or is wrong
  10   incomplete: something could not be read or written; the rest was reported, --fail-on or not
  130  interrupted; what was read so far was reported

Results go to standard output, everything else to standard error. Pages for people are as wide as
the terminal (48 to 100 columns); in pipes and files they have 100, or what COLUMNS says.";

const EXAMPLES: &str = "\
Examples:
  foreshock demo
      what it is about, with nothing to prepare
  foreshock scan /var/log
      a digest of this machine's logs
  journalctl -o json --since -14d | foreshock scan
      the same from the journal; three days are needed to learn what is usual
  foreshock scan --since 1d --format json /var/log | jq '.items[].title'
      for scripts: what is open, or ended in the last day";

/// An operational memory for weak signals.
///
/// Foreshock reads logs, remembers what they looked like before, and tells in at most ten items
/// what is quietly becoming important. Nothing is sent anywhere.
#[derive(Debug, Parser)]
#[command(name = "foreshock", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
#[command(disable_help_subcommand = true, infer_subcommands = false)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    talk: Talk,
}

#[derive(Debug, Subcommand)]
enum Command {
    Scan(scan::Args),
    Explain(explain::Args),
    Serve(serve::Args),
    Status(status::Args),
    Digest(digest::Args),
    Doctor(doctor::Args),
    Init(init::Args),
    Token(token::Args),
    Export(export::Args),
    Deadletters(deadletters::Args),
    Replay(replay::Args),
    Signatures(signatures::Args),
    Checks(checks::Args),
    Kernel(kernel::Args),
    Series(series::Args),
    Host(host::Args),
    Outlier(outlier::Args),
    Process(process::Args),
    Parse(parsed::Args),
    Demo(demo::Args),
    Config(config::Args),
    Completions(completions::Args),
}

/// How a run ended, as shells and scripts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was read and reported.
    Ok,
    /// Something reached the band of `--fail-on`.
    Findings,
    /// The command line is wrong.
    Usage,
    /// The configuration is wrong.
    Config,
    /// Something could not be read or written.
    Partial,
    /// Stopped by a signal; what was read so far was reported.
    Interrupted,
}

impl Exit {
    /// How a run over inputs ended: being stopped outweighs what could not be read.
    fn of_reading(is_interrupted: bool, is_partial: bool) -> Exit {
        match (is_interrupted, is_partial) {
            (true, _) => Exit::Interrupted,
            (false, true) => Exit::Partial,
            (false, false) => Exit::Ok,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Ok => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Config => 3,
            Exit::Partial => 10,
            Exit::Interrupted => crate::interrupt::INTERRUPTED as u8,
        })
    }
}

/// A mistake that the person at the command line can put right.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Mistake {
    /// In the arguments.
    #[error("{0}")]
    Usage(String),
    /// In the configuration.
    #[error("{0}")]
    Config(String),
}

/// Reads the arguments, runs the command, tells what went wrong.
pub(crate) fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output and is no mistake.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Ok };
        }
    };
    let talk = cli.talk;
    let result = match cli.command {
        Command::Scan(args) => scan::run(args, talk),
        Command::Serve(args) => serve::run(args, talk),
        Command::Status(args) => status::run(&args),
        Command::Digest(args) => digest::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Token(args) => token::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Deadletters(args) => deadletters::run(&args),
        Command::Explain(args) => explain::run(args, talk),
        Command::Replay(args) => replay::run(args, talk),
        Command::Signatures(args) => signatures::run(args, talk),
        Command::Checks(args) => checks::run(args, talk),
        Command::Kernel(args) => kernel::run(args, talk),
        Command::Series(args) => series::run(args, talk),
        Command::Host(args) => host::run(args, talk),
        Command::Outlier(args) => outlier::run(args, talk),
        Command::Process(args) => process::run(args, talk),
        Command::Parse(args) => parsed::run(args, talk),
        Command::Demo(args) => demo::run(args, talk),
        Command::Config(args) => config::run(args),
        Command::Completions(args) => completions::run(args),
    };
    result.unwrap_or_else(|error| fail(&error))
}

/// Tells an error and says how it ends the run.
fn fail(error: &anyhow::Error) -> Exit {
    // `foreshock … | head`: the reader has seen enough, and that is no error.
    let is_broken_pipe = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
    let mut io_errors = error.chain().filter_map(|e| e.downcast_ref::<io::Error>());
    if io_errors.any(is_broken_pipe) {
        return Exit::Ok;
    }
    let _ = writeln!(io::stderr(), "foreshock: {error:#}");
    match error.downcast_ref::<Mistake>() {
        Some(Mistake::Usage(_)) => Exit::Usage,
        Some(Mistake::Config(_)) => Exit::Config,
        None => Exit::Partial,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_examples() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string);
            assert!(help.is_some_and(|h| h.contains("Examples:")), "{}", command.get_name());
        }
    }
}
