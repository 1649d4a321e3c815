//! `foreshock series baseline`: each file of values → what is usual in it, by class of hour, and where
//! it goes.

use super::place;
use super::table;
use crate::cli::{Exit, Talk};
use anyhow::Context as _;
use engine::host::baseline::{Baseline, CLASSES, class_name};
use engine::host::trend::{POINTS_MAX, trend};
use serde_json::{Map, Value, json};
use std::io::{self, Write as _};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock series baseline cpu.csv
      p50, p75, p95, p99, volatility and trend
  foreshock series baseline metrics/ --format json | jq 'select(.trend.direction == \"increasing\")'
      which of them rise; one object a line, with the classes of hours

`volatility` is how much values usually differ from p50, as a share of it. The trend is that of the
latest 64 samples: Theil and Sen's slope a minute with an 80 % interval.";

/// Tell what is usual
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// CSV files, or folders of them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The column of values, where it is not called `value`
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// A table.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Runs the command.
pub(crate) fn run(args: Args, _: Talk) -> anyhow::Result<Exit> {
    let inputs = place::inputs(&args.files, &["csv"])?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut failures = 0;
    if args.format == Format::Text {
        let columns = ["p50", "p75", "p95", "p99", "volatility", "slope/min"];
        let heads: String = columns.iter().map(|c| format!("{c:>12}")).collect();
        writeln!(out, "{:32}{heads}  direction", "series").context("cannot write the result")?;
    }
    for input in &inputs {
        let table = match table::series(&input.path, args.column.as_deref()) {
            Ok(table) => table,
            Err(error) => {
                failures += 1;
                let _ = writeln!(io::stderr(), "foreshock: {error:#}");
                continue;
            }
        };
        let name = input.place.display().to_string();
        let told = told(&name, &table);
        let line = if args.format == Format::Json { told.to_string() } else { row(&name, &told) };
        writeln!(out, "{line}").context("cannot write the result")?;
    }
    out.flush().context("cannot write the result")?;
    Ok(Exit::of_reading(false, failures > 0))
}

fn told(name: &str, table: &table::Table) -> Value {
    let mut baseline = Baseline::default();
    let mut points = Vec::new();
    for row in table.rows.iter().filter(|row| row.secs.is_finite() && row.value.is_finite()) {
        baseline.add(row.secs, row.value);
        points.push((row.secs, row.value));
    }
    let classes: Map<String, Value> = (0..CLASSES)
        .filter_map(|class| Some((class_name(class).to_owned(), json!(baseline.usual_in(class)?))))
        .collect();
    let latest = &points[points.len().saturating_sub(POINTS_MAX)..];
    json!({
        "series": name,
        "baseline": baseline.usual(),
        "classes": classes,
        "trend": trend(latest),
        "unread_rows": table.unread,
    })
}

fn row(name: &str, told: &Value) -> String {
    let cell = |value: &Value| match value.as_f64() {
        Some(number) => format!("{:>12}", short(number)),
        None => format!("{:>12}", "-"),
    };
    let baseline = &told["baseline"];
    let mut line = format!("{:32}", outputs::safe::text(name));
    for key in ["p50", "p75", "p95", "p99", "volatility"] {
        line.push_str(&cell(&baseline[key]));
    }
    line.push_str(&cell(&told["trend"]["slope"]));
    line.push_str("  ");
    line.push_str(told["trend"]["direction"].as_str().unwrap_or("-"));
    line
}

/// Four significant digits.
fn short(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{number:.3e}");
    }
    let digits = if size >= 1_000.0 {
        0
    } else if size >= 10.0 {
        2
    } else {
        4
    };
    format!("{number:.digits$}")
}
