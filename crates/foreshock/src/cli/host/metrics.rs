//! `foreshock host metrics`: the metrics that conditions are read from.

use crate::cli::Exit;
use anyhow::Context as _;
use engine::host::classify::{CLASSIFIERS, METRICS};
use std::io::{self, Write as _};

const EXAMPLES: &str = "\
Examples:
  foreshock host metrics
      name, unit, source and the conditions that each takes part in
  foreshock host metrics | grep memory_pressure
      what memory_pressure is read from";

/// List the metrics that conditions are read from
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// Runs the command.
pub(crate) fn run(_: &Args) -> anyhow::Result<Exit> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for metric in METRICS {
        let conditions: Vec<&str> = CLASSIFIERS
            .iter()
            .filter(|classifier| classifier.terms.iter().any(|term| term.metric == metric.name))
            .map(|classifier| classifier.name)
            .collect();
        let (name, unit, from) = (metric.name, metric.unit, metric.from);
        writeln!(out, "{name:28} {unit:8} {:28} {from}", conditions.join(","))
            .context("cannot write the result")?;
    }
    out.flush().context("cannot write the result")?;
    Ok(Exit::Ok)
}
