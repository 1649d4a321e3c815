//! `foreshock outlier`: tables of numbers → which rows do not belong with the others; models that are
//! trained once and kept.

use super::series::{place, table};
use super::{Exit, Mistake, Talk, overwrite};
use crate::interrupt::Interrupt;
use anyhow::Context as _;
use engine::host::anomaly::outlier::{OutlierModel, Scaled, Table};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  foreshock outlier score processes.csv --out scores
      scores/processes.csv: forest,pca,joined,score, a row per row; learnt from the table itself
  foreshock outlier train usual.csv --model usual.model
  foreshock outlier score today.csv --model usual.model --out scores --why 10
      the ten most unusual rows, with the columns that they owe it to, on standard output
  foreshock outlier status usual.model
      what a model was trained on

A table is a CSV of at most 200 MB with a header and numbers, 1 to 256 columns; 16 rows or more to learn
from. Each row gives one; a cell that is no number counts as usual, and so does a row without any.
`forest` is the isolation forest's score (1 is cut off at
once, 0.5 is ordinary), `pca` the distance from what moves together (1 is the 99th of a hundred rows).
The same table and seed give the same bytes.";

/// Find rows that do not belong with the others
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Score each row of tables
    #[command(after_help = EXAMPLES)]
    Score(Score),
    /// Learn what is usual from a table, and keep it
    #[command(after_help = EXAMPLES)]
    Train(Train),
    /// Tell what a model was trained on
    #[command(after_help = EXAMPLES)]
    Status {
        /// The model
        #[arg(value_name = "FILE")]
        model: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Score {
    /// CSV files, or folders of them
    #[arg(value_name = "TABLE", required = true)]
    tables: Vec<PathBuf>,
    /// Folder for the results: one file per input, at its relative path
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A trained model; without one each table is learnt from itself
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// What the last column, `score`, is
    #[arg(long, value_enum, default_value_t)]
    by: By,
    /// Seed of the training
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print the most unusual rows of each table, with reasons, as JSON lines
    #[arg(long, value_name = "ROWS")]
    why: Option<usize>,
}

/// What `score` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum By {
    /// The isolation forest's score.
    #[default]
    Forest,
    /// The distance from what moves together.
    Pca,
    /// The mean share of training rows that lie further in.
    Joined,
}

#[derive(Debug, clap::Args)]
struct Train {
    /// A CSV file
    #[arg(value_name = "TABLE")]
    table: PathBuf,
    /// File for the model
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Seed of the training
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    match args.command {
        Command::Score(args) => score_all(&args, talk),
        Command::Train(args) => {
            overwrite::check([&args.table], [&args.model])?;
            let model = trained(&args.table, args.seed)?;
            place::write(&args.model, &model.save())?;
            if !talk.quiet {
                let status = model.status();
                let (rows, columns) = (status.rows, status.columns.len());
                let _ = writeln!(
                    io::stderr(),
                    "{rows} rows, {columns} columns; model in {}",
                    args.model.display()
                );
            }
            Ok(Exit::Ok)
        }
        Command::Status { model } => {
            let status = loaded(&model)?.status();
            writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&status)?)?;
            Ok(Exit::Ok)
        }
    }
}

/// A model from a file.
pub(super) fn loaded(path: &Path) -> anyhow::Result<OutlierModel> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    OutlierModel::load(&bytes).with_context(|| format!("cannot use {}", path.display()))
}

fn trained(path: &Path, seed: u64) -> anyhow::Result<OutlierModel> {
    let numbers = table::numbers(path)?;
    model_of(&numbers, seed).with_context(|| format!("cannot learn from {}", path.display()))
}

fn model_of(numbers: &table::Numbers, seed: u64) -> anyhow::Result<OutlierModel> {
    let table = Table::new(&numbers.values, numbers.names.len())?;
    Ok(OutlierModel::train(&table, &numbers.names, seed)?)
}

fn score_all(args: &Score, talk: Talk) -> anyhow::Result<Exit> {
    let inputs = place::inputs(&args.tables, &["csv"])?;
    let read = inputs.iter().map(|input| &input.path).chain(&args.model);
    overwrite::check(read, inputs.iter().map(|input| args.out.join(&input.place)))?;
    let model = args.model.as_deref().map(loaded).transpose()?;
    let interrupt = Interrupt::listen().context("cannot listen for interrupts")?;
    let (mut failures, mut all) = (0_u64, Counts::default());
    for input in &inputs {
        if interrupt.is_set() {
            break;
        }
        match score(input, model.as_ref(), args) {
            Ok(Counts { rows, unread, empty }) => {
                all.rows += rows;
                all.unread += unread;
                all.empty += empty;
            }
            Err(error) => {
                failures += 1;
                let _ = writeln!(io::stderr(), "foreshock: {error:#}");
            }
        }
    }
    if !talk.quiet {
        let Counts { rows, unread, empty } = all;
        let mut notes = match unread {
            0 => String::new(),
            n => format!(", {n} cells are no numbers and count as usual"),
        };
        if empty > 0 {
            let _ = write!(notes, ", {empty} rows have no number at all and score as the middle");
        }
        let tables = inputs.len() as u64 - failures;
        let _ = writeln!(
            io::stderr(),
            "{tables} tables, {rows} rows{notes}; results in {}",
            args.out.display()
        );
    }
    Ok(Exit::of_reading(interrupt.is_set(), failures > 0))
}

/// What was read.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    rows: u64,
    /// Cells that are no numbers.
    unread: u64,
    /// Rows without any number.
    empty: u64,
}

fn score(
    input: &place::Input,
    kept: Option<&OutlierModel>,
    args: &Score,
) -> anyhow::Result<Counts> {
    let numbers = table::numbers(&input.path)?;
    let own;
    let model = match kept {
        Some(model) if model.names() != numbers.names => {
            return Err(Mistake::Usage(format!(
                "{} has other columns than the model: it was trained on {}",
                input.path.display(),
                model.names().join(", ")
            ))
            .into());
        }
        Some(model) => model,
        None => {
            own = model_of(&numbers, args.seed)
                .with_context(|| format!("cannot learn from {}", input.path.display()))?;
            &own
        }
    };
    let (mut scaled, mut scores) = (Scaled::default(), Vec::new());
    let mut csv = String::from("forest,pca,joined,score\n");
    let rows = numbers.values.chunks_exact(numbers.names.len());
    for told in model.score_all(rows, &mut scaled) {
        let score = match args.by {
            By::Forest => told.forest,
            By::Pca => told.pca,
            By::Joined => told.joined(),
        };
        scores.push(score);
        let _ = writeln!(csv, "{:.6},{:.6},{:.6},{score:.6}", told.forest, told.pca, told.joined());
    }
    place::write(&args.out.join(&input.place), csv.as_bytes())?;
    if let Some(most) = args.why {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        let mut out = io::stdout().lock();
        for at in order.into_iter().take(most) {
            let width = numbers.names.len();
            let row = &numbers.values[at * width..(at + 1) * width];
            let causes: Vec<serde_json::Value> = model
                .causes(row, &mut scaled)
                .into_iter()
                .map(|c| serde_json::json!({"column": c.column, "value": c.value, "usual": c.usual, "due": c.due}))
                .collect();
            let line = serde_json::json!({
                "table": input.place.display().to_string(), "row": at + 1, "score": scores[at], "because": causes,
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(Counts { rows: scores.len() as u64, unread: numbers.unread, empty: numbers.empty })
}
