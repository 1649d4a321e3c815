//! `foreshock host classify`: a table of metrics, a row an instant → the conditions of the host, judged against
//! the rows before and against limits that hold for any host.

use crate::cli::series::{place, table};
use crate::cli::{Exit, Mistake, Talk};
use crate::interrupt::Interrupt;
use anyhow::Context as _;
use engine::host::baseline::Baseline;
use engine::host::classify::{Metric, Reading, Readings, classify};
use engine::host::signal::{Severity, Signal};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock host classify web-1.csv
      time, host, condition, severity, pressure and a sentence, whenever a condition appears, gets worse or
      is over
  foreshock host classify metrics/ --format json | jq 'select(.severity == \"critical\")'
      the same with category, evidence and hints, one object a line
  foreshock host classify web-1.csv --last
      what holds in the last row of each host

A table is a CSV with a header: a column of times (timestamp, time, t or date), columns called as
`foreshock host metrics` lists them, and a column `host` if there are several hosts in it. An empty cell
is a metric that was not measured. A row is judged by the rows before it.";

/// Tell the ten conditions of hosts
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// CSV files, or folders of them
    #[arg(value_name = "TABLE", required = true)]
    tables: Vec<PathBuf>,
    /// Only what holds in the last row of each host
    #[arg(long)]
    last: bool,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// A line each.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is known of a host.
#[derive(Default)]
struct Host {
    baselines: BTreeMap<&'static str, Baseline>,
    /// The worst that was said of each condition that holds.
    said: BTreeMap<&'static str, Severity>,
    last: Option<(String, Vec<Signal>)>,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let inputs = place::inputs(&args.tables, &["csv"])?;
    let interrupt = Interrupt::listen().context("cannot listen for interrupts")?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (mut failures, mut rows, mut unread, mut told) = (0_u64, 0_u64, 0_u64, 0_u64);
    for input in &inputs {
        if interrupt.is_set() {
            break;
        }
        let table = match table::wide(&input.path, |name| Metric::named(name).is_some()) {
            Ok(table) => table,
            Err(error) if error.downcast_ref::<Mistake>().is_some() => return Err(error),
            Err(error) => {
                failures += 1;
                let _ = writeln!(io::stderr(), "foreshock: {error:#}");
                continue;
            }
        };
        (rows, unread) = (rows + table.rows.len() as u64, unread + table.unread);
        let name = input.place.with_extension("").display().to_string();
        for line in judge(&table, &name, &args) {
            told += 1;
            writeln!(out, "{line}").context("cannot write the result")?;
        }
    }
    out.flush().context("cannot write the result")?;
    if !talk.quiet {
        let tables = inputs.len() as u64 - failures;
        let unread = match unread {
            0 => String::new(),
            n => format!(", {n} cells or times could not be read"),
        };
        let _ = writeln!(io::stderr(), "{tables} tables, {rows} rows{unread}; {told} lines");
    }
    Ok(Exit::of_reading(interrupt.is_set(), failures > 0))
}

/// The lines of one table.
fn judge(table: &table::Wide, name: &str, args: &Args) -> Vec<String> {
    let metrics: Vec<Option<&'static str>> =
        table.names.iter().map(|name| Metric::named(name).map(|metric| metric.name)).collect();
    let mut hosts: BTreeMap<&str, Host> = BTreeMap::new();
    let mut lines = Vec::new();
    for row in table.rows.iter().filter(|row| row.secs.is_finite()) {
        let called = if row.host.is_empty() { name } else { row.host.as_str() };
        let host = hosts.entry(called).or_default();
        let cells = metrics.iter().zip(&row.values).filter(|(_, value)| value.is_finite());
        let mut readings = Readings::new();
        for (metric, value) in cells.filter_map(|(metric, value)| Some(((*metric)?, *value))) {
            let baseline = host.baselines.entry(metric).or_default();
            let usual = baseline.usual_at(row.secs);
            readings.insert(metric, Reading { value, usual, slope: None });
            baseline.add(row.secs, value);
        }
        let signals = classify(called, row.secs, &readings);
        if args.last {
            host.last = Some((row.text.clone(), signals));
            continue;
        }
        for signal in host.news(signals) {
            lines.push(signal.map_or_else(
                |over| end(&row.text, called, over, args.format),
                |signal| line(&row.text, &signal, args.format),
            ));
        }
    }
    for (time, signals) in hosts.into_values().filter_map(|host| host.last) {
        lines.extend(signals.iter().map(|signal| line(&time, signal, args.format)));
    }
    lines
}

impl Host {
    /// What is new of the conditions of a row: those that appear or get worse, and the names of those
    /// that are over.
    fn news(&mut self, signals: Vec<Signal>) -> Vec<Result<Signal, &'static str>> {
        let over: Vec<&'static str> = self
            .said
            .keys()
            .copied()
            .filter(|name| signals.iter().all(|signal| signal.name != *name))
            .collect();
        self.said.retain(|name, _| !over.contains(name));
        let mut news: Vec<Result<Signal, &'static str>> = over.into_iter().map(Err).collect();
        for signal in signals {
            if self.said.get(signal.name).is_none_or(|said| *said < signal.severity) {
                self.said.insert(signal.name, signal.severity);
                news.push(Ok(signal));
            }
        }
        news
    }
}

fn line(time: &str, signal: &Signal, format: Format) -> String {
    if format == Format::Json {
        let mut told = json!(signal);
        told["timestamp"] = Value::String(time.to_owned());
        return told.to_string();
    }
    let severity = json!(signal.severity);
    format!(
        "{time} {} {} {} {:.2} {}",
        outputs::safe::text(&signal.host),
        signal.name,
        severity.as_str().unwrap_or_default(),
        signal.pressure,
        signal.summary
    )
}

fn end(time: &str, host: &str, name: &str, format: Format) -> String {
    match format {
        Format::Json => {
            json!({"timestamp": time, "host": host, "signal_type": name, "severity": null})
                .to_string()
        }
        Format::Text => format!("{time} {} {name} over", outputs::safe::text(host)),
    }
}
