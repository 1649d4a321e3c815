//! `foreshock series`: files of measured values → how surprising each value is, when a limit will be
//! met, what is usual, what would come of acting. Batch doors to `engine::host`; nothing is remembered between runs.

mod baseline;
mod forecast;
pub(super) mod place;
mod plot;
mod score;
mod simulate;
pub(super) mod table;

use super::{Exit, Talk};

const EXAMPLES: &str = "\
Examples:
  foreshock series score cpu.csv --out scores --plot
      scores/cpu.csv (timestamp,score,alert) and scores/cpu.svg
  foreshock series forecast memory.csv --limit 0.9 --out claims.csv
      when memory will reach 90 %, wherever that can be said
  foreshock series baseline metrics/
      p50, p75, p95, p99, volatility and trend of every file in the folder
  foreshock series simulate memory.csv --threshold 0.9 --step -0.3
      what comes in the next hour if nobody acts, and if somebody frees three tenths

A file is a CSV with a header: a column of times (timestamp, time, t or date; a date and time in UTC,
or seconds) and one of values (value, or --column). Rows are taken in the order of the file; the
judgement of a row never depends on rows after it.";

/// Judge measured values: surprise, forecasts, baselines, futures
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Score(score::Args),
    Forecast(forecast::Args),
    Baseline(baseline::Args),
    Simulate(simulate::Args),
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    match args.command {
        Command::Score(args) => score::run(args, talk),
        Command::Forecast(args) => forecast::run(args, talk),
        Command::Baseline(args) => baseline::run(args, talk),
        Command::Simulate(args) => simulate::run(args, talk),
    }
}
