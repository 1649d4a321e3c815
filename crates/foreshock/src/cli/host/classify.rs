//! `foreshock host classify`: a table of metrics, a row an instant → the conditions of the host, judged against
//! the rows before and against limits that hold for any host.

use crate::cli::series::{place, table};
use crate::cli::{Exit, Mistake, Talk};
use crate::interrupt::Interrupt;
use anyhow::Context as _;
use engine::host::classify::{
    CLASSIFIERS, Metric, QUIET_MIN, Reading, Readings, STANDS_FROM, classify,
};
use engine::host::signal::{Severity, Signal};
use engine::host::usual::{NewUsual, Own};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock host classify web-1.csv
      time, host, condition, severity, pressure and a sentence, whenever a condition appears, gets worse or
      is over (five rows in a row that do not show it)
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
    own: BTreeMap<&'static str, Own>,
    /// The worst that was said of each condition that holds, and the rows in a row that do not show it.
    said: BTreeMap<&'static str, (Severity, u8)>,
    /// Rows in a row that show each condition.
    shown: BTreeMap<&'static str, u8>,
    /// Metrics with values that cannot be theirs, and the first of these.
    odd: BTreeMap<&'static str, f64>,
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
        let (lines, notes) = judge(&table, &name, &args);
        for note in notes {
            let _ = writeln!(io::stderr(), "foreshock: {note}");
        }
        for line in lines {
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

/// The lines of one table, and what is to be said of it beside.
fn judge(table: &table::Wide, name: &str, args: &Args) -> (Vec<String>, Vec<String>) {
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
            if !Metric::is_of_unit(metric, value) {
                host.odd.entry(metric).or_insert(value);
                continue;
            }
            let own = host.own.entry(metric).or_default();
            let usual = own.usual_at(row.secs);
            readings.insert(metric, Reading { value, usual, slope: None });
            let change = own.learn(metric, (row.secs, value), usual).filter(|_| !args.last);
            let told = change
                .map(|change| new_usual(&row.text, row.secs, called, metric, &change, args.format));
            lines.extend(told);
        }
        let signals = classify(called, row.secs, &readings);
        if args.last {
            host.last = Some((row.text.clone(), signals));
            continue;
        }
        for signal in host.news(signals, &readings) {
            lines.push(signal.map_or_else(
                |over| end(&row.text, called, over, args.format),
                |signal| line(&row.text, &signal, args.format),
            ));
        }
    }
    let odd = hosts.iter().flat_map(|(host, of)| of.odd.iter().map(move |odd| (host, odd)));
    let notes = odd.map(|(host, (metric, value))| {
        let unit = Metric::named(metric).map_or("", |metric| metric.unit);
        let host = outputs::safe::text(host);
        format!("{host}: {metric} is {value}, which is no {unit}: such values are not judged")
    });
    let notes = notes.collect();
    for (time, signals) in hosts.into_values().filter_map(|host| host.last) {
        lines.extend(signals.iter().map(|signal| line(&time, signal, args.format)));
    }
    (lines, notes)
}

impl Host {
    /// What is new of the conditions of a row: those that appear or get worse, and the names of those
    /// that are over.
    fn news(
        &mut self,
        signals: Vec<Signal>,
        readings: &Readings,
    ) -> Vec<Result<Signal, &'static str>> {
        let mut over: Vec<&'static str> = Vec::new();
        for (name, (_, quiet)) in &mut self.said {
            let is_shown = signals.iter().any(|signal| signal.name == *name);
            let mut of_name = CLASSIFIERS.iter().filter(|classifier| classifier.name == *name);
            let goes_on = is_shown || of_name.any(|classifier| classifier.lingers(readings));
            *quiet = if goes_on { 0 } else { *quiet + 1 };
            if *quiet >= QUIET_MIN {
                over.push(*name);
            }
        }
        self.said.retain(|name, _| !over.contains(name));
        let mut news: Vec<Result<Signal, &'static str>> = over.into_iter().map(Err).collect();
        self.shown.retain(|name, _| signals.iter().any(|signal| signal.name == *name));
        for signal in signals {
            let shown = self.shown.entry(signal.name).or_default();
            *shown = shown.saturating_add(1);
            // At a limit that holds for any host one row is enough.
            if !is_at_limit(&signal) && *shown < STANDS_FROM {
                continue;
            }
            if self.said.get(signal.name).is_none_or(|(said, _)| *said < signal.severity) {
                self.said.insert(signal.name, (signal.severity, 0));
                news.push(Ok(signal));
            }
        }
        news
    }
}

/// Whether a limit that holds for any host gives it, not what is usual alone.
fn is_at_limit(signal: &Signal) -> bool {
    let mut evidence = signal.evidence.iter();
    evidence.any(|of| of.limit.is_some_and(|limit| of.value >= limit))
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

fn new_usual(
    time: &str,
    secs: f64,
    host: &str,
    metric: &str,
    change: &NewUsual,
    format: Format,
) -> String {
    let summary = change.sentence(metric, secs, |value| Metric::show(metric, value));
    match format {
        Format::Json => json!({
            "timestamp": time, "host": host, "signal_type": "new_normal", "category": "baseline",
            "semantic_label": "usual_has_changed", "severity": "low", "summary": summary,
            "evidence": [{"series": metric, "p95_before": change.before, "p95_after": change.after}],
            "from_secs": change.since, "to_secs": secs,
        })
        .to_string(),
        Format::Text => format!("{time} {} new_normal low {summary}", outputs::safe::text(host)),
    }
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
