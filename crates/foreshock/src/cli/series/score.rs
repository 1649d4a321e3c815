//! `foreshock series score`: each file of values → a file of scores and alerts at the same relative
//! path, and a drawing of both.

use super::place::{self, Input};
use super::plot;
use super::table::{self, Table};
use crate::cli::{Exit, Talk, overwrite};
use crate::interrupt::Interrupt;
use anyhow::Context as _;
use engine::host::series::{Judgement, Series};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock series score cpu.csv --out scores --plot
      scores/cpu.csv and a drawing scores/cpu.svg: values, what was expected, alerts
  foreshock series score metrics/ --out scores --events
      every CSV of the folder; what was found as JSON lines on standard output

`score` puts values in order, those of several series too: the decades of surprise of all that was
asked (3 is one in a thousand) by how loud the series usually is, lifted by 3 where it is news, so that
of one story the beginning stands first. `alert` is 1 while a value is rarer than this series' own history
allows. The first 60 rows are learnt from and never alerts; what the series usually does at this hour
takes days to be known.";

/// Tell how surprising each value is
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// CSV files, or folders of them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Folder for the results: one file per input, at its relative path
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The column of values, where it is not called `value`
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// Draw each series as SVG beside its scores
    #[arg(long)]
    plot: bool,
    /// Print what was found (alerts, new levels) as JSON lines
    #[arg(long)]
    events: bool,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let inputs = place::inputs(&args.files, &["csv"])?;
    let targets = inputs.iter().map(|input| args.out.join(&input.place));
    overwrite::check(inputs.iter().map(|input| &input.path), targets)?;
    let interrupt = Interrupt::listen().context("cannot listen for interrupts")?;
    let (mut failures, mut alerts, mut rows, mut unread) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut first_unread = None;
    for input in &inputs {
        if interrupt.is_set() {
            break;
        }
        match score(input, &args) {
            Ok(told) => {
                alerts += told.alerts;
                rows += told.rows;
                unread += told.unread;
                first_unread = first_unread.or(told.first_unread);
            }
            Err(error) => {
                failures += 1;
                let _ = writeln!(io::stderr(), "foreshock: {error:#}");
            }
        }
    }
    if !talk.quiet {
        let unread = Table::told_unread(unread, first_unread.as_deref());
        let _ = writeln!(
            io::stderr(),
            "{} series, {rows} rows, {alerts} alerts{unread}; results in {}",
            inputs.len() as u64 - failures,
            args.out.display()
        );
    }
    Ok(Exit::of_reading(interrupt.is_set(), failures > 0))
}

#[derive(Debug, Default)]
struct Told {
    alerts: u64,
    rows: u64,
    unread: u64,
    first_unread: Option<String>,
}

fn score(input: &Input, args: &Args) -> anyhow::Result<Told> {
    let table = table::series(&input.path, args.column.as_deref())?;
    let mut series = Series::new();
    let judged: Vec<Judgement> =
        table.rows.iter().map(|row| series.observe(row.secs, row.value)).collect();
    let mut csv = String::from("timestamp,score,alert\n");
    for (row, judged) in table.rows.iter().zip(&judged) {
        let _ = writeln!(csv, "{},{:.4},{}", row.text, judged.score, u8::from(judged.is_alert));
    }
    let target = args.out.join(&input.place);
    place::write(&target, csv.as_bytes())?;
    if args.plot {
        let drawn = plot::scores(&input.place.display().to_string(), &table.rows, &judged);
        place::write(&target.with_extension("svg"), drawn.as_bytes())?;
    }
    if args.events {
        tell(input, &table, &judged)?;
    }
    let alerts = judged.iter().filter(|judged| judged.is_onset).count() as u64;
    let Table { rows, unread, first_unread } = table;
    Ok(Told { alerts, rows: rows.len() as u64, unread, first_unread })
}

/// The beginnings of alerts and the new levels, as JSON lines.
fn tell(input: &Input, table: &Table, judged: &[Judgement]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let name = input.place.display().to_string();
    for (row, judged) in table.rows.iter().zip(judged) {
        if judged.is_onset {
            let event = serde_json::json!({
                "event": "alert", "series": name, "timestamp": row.text, "value": row.value,
                "expected": judged.expected, "surprise": judged.surprise, "needed": judged.needed,
                "lane": judged.lane, "times_usual": judged.times_usual, "reason": judged.lane.phrase(),
            });
            writeln!(out, "{event}")?;
        }
        if let Some(change) = &judged.new_normal {
            let event = serde_json::json!({
                "event": "new_normal", "series": name, "timestamp": row.text,
                "since": change.since, "before": change.before, "after": change.after,
            });
            writeln!(out, "{event}")?;
        }
    }
    Ok(())
}
