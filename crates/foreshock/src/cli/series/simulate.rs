//! `foreshock series simulate`: a level, a slope and a threshold → what comes if nobody acts, and what comes if
//! somebody does. Level and slope are read from a file, or given.

use super::table;
use crate::cli::{Exit, Mistake, Talk};
use anyhow::Context as _;
use engine::host::simulate::{Act, Futures, Outcome, Question, simulate};
use engine::host::trend::{POINTS_MAX, trend};
use serde_json::json;
use std::io::{self, Write as _};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock series simulate memory.csv --threshold 0.9
      level and slope of the latest 64 samples, carried on for an hour
  foreshock series simulate memory.csv --threshold 0.9 --step -0.3 --after 10
      the same if a restart in ten minutes frees three tenths
  foreshock series simulate --current 0.6 --slope 0.012 --threshold 0.9 --duration 120
      without a file; the slope is a minute's

It carries on what is given and claims nothing: whether a trend deserves a claim is what `series
forecast` judges. Times are in minutes.";

/// Carry a level and a slope on, with and without acting
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A CSV file; without one --current and --slope are needed
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The value that must not be met
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    threshold: f64,
    /// How far to look, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 60.0)]
    duration: f64,
    /// The value now, instead of the file's
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    current: Option<f64>,
    /// Change a minute if nothing is done, instead of the file's
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    slope: Option<f64>,
    /// Acting changes the value at once by so much
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    step: Option<f64>,
    /// Acting changes the slope by so much a minute
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    slope_change: Option<f64>,
    /// Acting takes effect after so many minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 0.0)]
    after: f64,
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
    /// Sentences.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Runs the command.
pub(crate) fn run(args: Args, _: Talk) -> anyhow::Result<Exit> {
    let question = question(&args)?;
    let acts = args.step.is_some() || args.slope_change.is_some();
    if !acts && args.after > 0.0 {
        let what = "--after says when acting takes effect: give --step or --slope-change too";
        return Err(Mistake::Usage(what.to_owned()).into());
    }
    let act = acts.then(|| Act {
        step: args.step.unwrap_or(0.0),
        slope_change: args.slope_change.unwrap_or(0.0),
        after_minutes: args.after,
    });
    let futures = simulate(question, act);
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => {
            // JSON has no infinity: what is never met wins no number of minutes.
            let told = json!({
                "current": question.current, "slope": question.slope,
                "slope_range": question.slope_range, "threshold": question.threshold,
                "duration_minutes": question.duration_minutes,
                "do_nothing": futures.do_nothing, "act": futures.act,
                "minutes_won": futures.minutes_won.filter(|won| won.is_finite()),
                "is_averted": futures.minutes_won.is_some_and(f64::is_infinite),
            });
            writeln!(out, "{told}").context("cannot write the result")?;
        }
        Format::Text => {
            out.write_all(text(&question, &futures).as_bytes())
                .context("cannot write the result")?;
        }
    }
    Ok(Exit::Ok)
}

fn question(args: &Args) -> anyhow::Result<Question> {
    if !(args.duration > 0.0 && args.duration.is_finite()) || args.after < 0.0 {
        let what = "--duration must be above 0 minutes, and --after not below 0".to_owned();
        return Err(Mistake::Usage(what).into());
    }
    let mut question = Question {
        current: args.current.unwrap_or(f64::NAN),
        slope: args.slope.unwrap_or(f64::NAN),
        slope_range: None,
        threshold: args.threshold,
        duration_minutes: args.duration,
    };
    if let Some(file) = &args.file {
        let table = table::series(file, args.column.as_deref())?;
        let known = table.rows.iter().filter(|row| row.secs.is_finite() && row.value.is_finite());
        let points: Vec<(f64, f64)> = known.map(|row| (row.secs, row.value)).collect();
        let found = trend(&points[points.len().saturating_sub(POINTS_MAX)..])
            .with_context(|| format!("{} has too few samples for a trend", file.display()))?;
        question.current = args.current.unwrap_or(found.level);
        if args.slope.is_none() {
            question.slope = found.slope;
            question.slope_range = Some((found.slope_low, found.slope_high));
        }
    }
    if question.current.is_finite() && question.slope.is_finite() && args.threshold.is_finite() {
        Ok(question)
    } else {
        let what = "give a FILE, or numbers for --current, --slope and --threshold".to_owned();
        Err(Mistake::Usage(what).into())
    }
}

fn text(question: &Question, futures: &Futures) -> String {
    let Question { current, slope, threshold, duration_minutes, .. } = question;
    let range = question.slope_range.map_or_else(String::new, |(low, high)| {
        format!(" ({low:+.4} to {high:+.4} in eight cases of ten)")
    });
    let mut text = format!(
        "now {current:.4}, {slope:+.4} a minute{range}; threshold {threshold}, next {duration_minutes} min\n"
    );
    text.push_str(&format!("do nothing: {}\n", told(&futures.do_nothing)));
    if let Some(act) = &futures.act {
        text.push_str(&format!("act:        {}\n", told(act)));
        text.push_str(&match futures.minutes_won {
            None => "acting wins nothing: the threshold is not met in that time\n".to_owned(),
            Some(won) if won.is_infinite() => {
                "acting averts it: the threshold is not met in that time\n".to_owned()
            }
            Some(won) => format!("acting wins {won:.0} min\n"),
        });
    }
    text
}

fn told(outcome: &Outcome) -> String {
    let minutes = |time: Option<f64>| time.map_or("not".to_owned(), |time| format!("{time:.0}"));
    let met = match (outcome.minutes_to_threshold, outcome.minutes_range) {
        (None, Some((Some(soonest), _))) => {
            format!("threshold not met; {soonest:.0} min at the steep end of the slope")
        }
        (None, _) => "threshold not met".to_owned(),
        (Some(time), Some((soonest, latest))) => {
            format!("threshold met in {time:.0} min ({} to {})", minutes(soonest), minutes(latest))
        }
        (Some(time), None) => format!("threshold met in {time:.0} min"),
    };
    format!("{met}; {:.4} at the end", outcome.projected)
}
