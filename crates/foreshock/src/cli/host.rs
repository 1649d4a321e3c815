//! `foreshock host`: tables of a host's metrics → the ten conditions that they show; and the metrics that are
//! understood.

mod classify;
mod metrics;

use super::{Exit, Talk};

const EXAMPLES: &str = "\
Examples:
  foreshock host classify web-1.csv
      memory_pressure, io_congestion and eight more: when each appeared, got worse and was over
  foreshock host classify web-1.csv --last --format json
      what holds in the last row, with evidence and what to look at next
  foreshock host metrics
      the columns that are understood, their units, and where Linux tells them";

/// Judge the condition of hosts from tables of metrics
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Classify(classify::Args),
    Metrics(metrics::Args),
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    match args.command {
        Command::Classify(args) => classify::run(args, talk),
        Command::Metrics(args) => metrics::run(&args),
    }
}
