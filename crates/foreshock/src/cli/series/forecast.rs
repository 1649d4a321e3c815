//! `foreshock series forecast`: each file of a gauge → when it will meet a limit, wherever that
//! deserves to be said, and how often that was right.

use super::place::{self, Input};
use super::plot;
use super::table::{self, Table};
use crate::cli::{Exit, Mistake, Talk, overwrite};
use crate::interrupt::Interrupt;
use anyhow::Context as _;
use engine::host::forecast::{Claim, Forecaster, Record, Verdict};
use model::Timestamp;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock series forecast memory.csv --limit 0.9 --out claims.csv --plot drawings
      series,t,lo,mid,hi: at instant t the limit was mid seconds away, eight times in ten between lo
      and hi; and a drawing of each series with its cone
  foreshock series forecast disk_free.csv --limit 5e9 --falling --out claims.csv
      for what runs out instead of filling up

  foreshock series forecast memory/ --limit 0.9 --out claims.csv --verdicts verdicts.csv
      and what became of claims: made, lo, mid, hi, met_after, held; one claim in five minutes is followed

A row is a claim, and there is none where none is deserved: in the first hour, after a restart, far
below the limit, without a sure trend, or further than an hour away. A limit is met by three samples in
a row. `inf` stands where it may never be met. Every claim gets a verdict; the summary says how many held.";

/// Say when a limit will be met
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// CSV files, or folders of them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The value that must not be met
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    limit: f64,
    /// The limit lies below: what runs out
    #[arg(long)]
    falling: bool,
    /// File for the claims
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File for the verdicts on past claims
    #[arg(long, value_name = "FILE")]
    verdicts: Option<PathBuf>,
    /// The column of values, where it is not called `value`
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// Folder for a drawing of each series
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    if !args.limit.is_finite() || args.limit == 0.0 {
        let what =
            "--limit must be a number other than 0: claims begin at a share of it".to_owned();
        return Err(Mistake::Usage(what).into());
    }
    let inputs = place::inputs(&args.files, &["csv"])?;
    let targets = [Some(&args.out), args.verdicts.as_ref()];
    overwrite::check(inputs.iter().map(|input| &input.path), targets.into_iter().flatten())?;
    let interrupt = Interrupt::listen().context("cannot listen for interrupts")?;
    let mut csv = String::from("series,t,lo,mid,hi\n");
    let mut verdicts = String::from("series,made,lo,mid,hi,met_after,held\n");
    let (mut failures, mut claims, mut all) = (0_u64, 0_u64, Record::default());
    for input in &inputs {
        if interrupt.is_set() {
            break;
        }
        match forecast(input, &args, &mut csv, &mut verdicts) {
            Ok((count, record)) => {
                claims += count;
                all = Record {
                    judged: all.judged + record.judged,
                    held: all.held + record.held,
                    missed: all.missed + record.missed,
                    withdrawn: all.withdrawn + record.withdrawn,
                };
            }
            Err(error) => {
                failures += 1;
                let _ = writeln!(io::stderr(), "foreshock: {error:#}");
            }
        }
    }
    place::write(&args.out, csv.as_bytes())?;
    if let Some(path) = &args.verdicts {
        place::write(path, verdicts.as_bytes())?;
    }
    if !talk.quiet {
        let _ = writeln!(
            io::stderr(),
            "{} series, {claims} claims in {}; of {} with a verdict {} held, {} met the limit at another \
             time, {} did not meet it",
            inputs.len() as u64 - failures,
            args.out.display(),
            all.judged,
            all.held,
            all.missed,
            all.withdrawn
        );
    }
    Ok(Exit::of_reading(interrupt.is_set(), failures > 0))
}

fn forecast(
    input: &Input,
    args: &Args,
    csv: &mut String,
    verdicts: &mut String,
) -> anyhow::Result<(u64, Record)> {
    let table = table::series(&input.path, args.column.as_deref())?;
    let sign = if args.falling { -1.0 } else { 1.0 };
    let mut forecaster = Forecaster::new(sign * args.limit);
    let name = input.place.with_extension("").display().to_string();
    let mut claims: Vec<Option<Claim>> = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let claim = forecaster.observe(row.secs, sign * row.value).ok();
        if let Some(claim) = claim {
            let (lo, mid, hi) = (whole(claim.lo), whole(claim.mid), whole(claim.hi));
            let _ = writeln!(csv, "{name},{},{lo},{mid},{hi}", row.text);
        }
        for Verdict { made_at, said, met_after, held } in forecaster.take_verdicts() {
            let [lo, mid, hi] = said.map(whole);
            let met = met_after.map(whole).unwrap_or_default();
            let made = Timestamp::from_micros((made_at * 1e6) as i64);
            let _ = writeln!(verdicts, "{name},{made},{lo},{mid},{hi},{met},{held}");
        }
        claims.push(claim);
    }
    if let Some(folder) = &args.plot {
        let drawn = plot::forecast(&name, &table.rows, &claims, args.limit);
        place::write(&folder.join(input.place.with_extension("svg")), drawn.as_bytes())?;
    }
    let unread = Table::told_unread(table.unread, table.first_unread.as_deref());
    if !unread.is_empty() {
        let _ = writeln!(io::stderr(), "foreshock: {}{unread}", input.path.display());
    }
    Ok((claims.iter().flatten().count() as u64, *forecaster.record()))
}

/// Whole seconds; `inf` where there is no end.
fn whole(secs: f64) -> String {
    if secs.is_finite() { format!("{secs:.0}") } else { "inf".to_owned() }
}
