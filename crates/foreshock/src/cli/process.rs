//! `foreshock process`: starts of processes → how unusual each is, by rules, by its values and by a
//! model, as the alerts of the three layers.

use super::series::place::{self, Input};
use super::{Exit, Mistake, Talk, outlier, overwrite};
use crate::interrupt::Interrupt;
use anyhow::{Context as _, bail};
use engine::host::anomaly::alert::AnomalyAlert;
use engine::host::anomaly::fusion::Fusion;
use engine::host::anomaly::process::{LINE_BYTES_MAX, ProcessStart};
use engine::host::anomaly::rules::{LINUX, RuleSet, WINDOWS};
use engine::host::anomaly::watch::Watch;
use std::fs;
use std::io::{self, BufRead as _, Write as _};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock process score starts.jsonl --rules windows --top 5
      the five most unusual starts, the most unusual first
  foreshock process score agent.ndjson --fusion spec-v1
      every start as an alert, by the weighted sum of the document
  foreshock process score agent.ndjson --model usual.model
      with the outlier layer; train it on the table that --features writes
  foreshock process rules linux > mine.toml
      the rules as a file to begin with, for --rules mine.toml

A line is a JSON object with process_name or image, and what else is known of parent_name or
parent_image, ppid, uid, user, command_line, cpu_percent, memory_percent, threads, timestamp, host.
A user may be a name or a number (0 is root, S-1-5-18 SYSTEM); a path may stand in process_name or
begin the command line. A file without any such line is an error that says why (exit code 10).
Alerts have the keys alert_id, timestamp, process_id, process_name, severity, confidence, reason_text,
layer_scores, layer_reasons; and score, host, source, line. By default severity is what a false alarm
costs: LOW one a day and host, MED a week, HIGH a month, CRIT a year; NONE says nothing.";

/// Find starts of processes that do not look as systems are built
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Score each start of a process
    #[command(after_help = EXAMPLES)]
    Score(Score),
    /// Print the rules of a system
    #[command(after_help = EXAMPLES)]
    Rules {
        /// linux or windows
        #[arg(value_name = "SYSTEM")]
        system: String,
    },
}

#[derive(Debug, clap::Args)]
struct Score {
    /// Files of JSON lines, or folders of them; - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The rules: linux, windows, or a file; by default as the paths of the starts look
    #[arg(long, value_name = "RULES")]
    rules: Option<String>,
    /// A trained outlier model
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// How the layers are joined
    #[arg(long, value_enum, default_value_t)]
    fusion: How,
    /// Only so many of each file, the most unusual first
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Starts that a host has a day, which severity by false alarms depends on
    #[arg(long, value_name = "N", default_value_t = 2_000.0)]
    per_day: f64,
    /// Write what the outlier layer sees of each start as a CSV, to train on
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
}

/// How the layers are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum How {
    /// Severity is the expected number of false alarms.
    #[default]
    Calibrated,
    /// 0.2 × geometric + 0.3 × temporal + 0.5 × hero.
    SpecV1,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    match args.command {
        Command::Score(args) => score_all(&args, talk),
        Command::Rules { system } => {
            let Some(text) = built_in(&system) else {
                let what = format!("no rules for `{system}`: there are linux and windows");
                return Err(Mistake::Usage(what).into());
            };
            io::stdout().write_all(text.as_bytes())?;
            Ok(Exit::Ok)
        }
    }
}

fn built_in(system: &str) -> Option<&'static str> {
    match system {
        "linux" => Some(LINUX),
        "windows" => Some(WINDOWS),
        _ => None,
    }
}

/// The file of rules, if it is none of ours.
fn own_rules(args: &Score) -> Option<PathBuf> {
    args.rules.as_ref().filter(|name| built_in(name).is_none()).map(PathBuf::from)
}

fn rules(name: &str) -> anyhow::Result<RuleSet> {
    let text = match built_in(name) {
        Some(text) => text.to_owned(),
        None => fs::read_to_string(name).with_context(|| {
            format!("cannot read the rules {name}: give linux, windows, or a file")
        })?,
    };
    RuleSet::parse(&text).map_err(|fault| Mistake::Config(format!("{name}: {fault}")).into())
}

fn score_all(args: &Score, talk: Talk) -> anyhow::Result<Exit> {
    let is_stdin = args.files.iter().any(|path| path.as_os_str() == "-");
    let inputs = if is_stdin {
        vec![Input { path: "-".into(), place: "-".into() }]
    } else {
        place::inputs(&args.files, &["jsonl", "ndjson", "json"])?
    };
    let read = inputs.iter().map(|input| &input.path).chain(&args.model);
    overwrite::check(read.chain(&own_rules(args)), &args.features)?;
    let fusion = match args.fusion {
        How::Calibrated => Fusion::Calibrated,
        How::SpecV1 => Fusion::SpecV1,
    };
    let model = args.model.as_deref().map(outlier::loaded).transpose()?;
    if let Some(model) = &model
        && model.names() != Watch::FEATURES.map(str::to_owned)
    {
        bail!(Mistake::Usage(format!(
            "the model has other columns than starts have: train it on the table of --features ({})",
            Watch::FEATURES.join(", ")
        )));
    }
    let interrupt = Interrupt::listen().context("cannot listen for interrupts")?;
    let (mut counts, mut failures) = (Counts::default(), 0_u64);
    let mut features = args.features.is_some().then(|| format!("{}\n", Watch::FEATURES.join(",")));
    for input in &inputs {
        if interrupt.is_set() {
            break;
        }
        let done = starts_of(input, &mut counts).and_then(|starts| {
            let name = args.rules.clone().unwrap_or_else(|| system_of(&starts).to_owned());
            let mut watch = Watch::new(rules(&name)?, model.clone(), fusion, args.per_day);
            let written = write(input, &starts, &mut watch, args.top, features.as_mut());
            let (unwatched, unlearnt) = watch.overflowed();
            counts.unwatched += unwatched;
            counts.unlearnt += unlearnt;
            written
        });
        if let Err(error) = done {
            if error.downcast_ref::<Mistake>().is_some() || is_pipe(&error) {
                return Err(error);
            }
            failures += 1;
            let _ = writeln!(io::stderr(), "foreshock: {error:#}");
        }
    }
    if let (Some(path), Some(features)) = (&args.features, &features) {
        place::write(path, features.as_bytes())?;
    }
    if !talk.quiet {
        let Counts { starts, cut, refused, unwatched, unlearnt, first_refused } = counts;
        let refused = match first_refused {
            Some(first) => {
                format!("; {refused} lines are no starts of processes, the first is {first}")
            }
            None => String::new(),
        };
        let _ = writeln!(io::stderr(), "{starts} starts in {} files{refused}", inputs.len());
        if cut > 0 {
            let _ = writeln!(
                io::stderr(),
                "{cut} starts stand in lines that break off or are longer than {} MiB: they were judged by what stands before the cut",
                LINE_BYTES_MAX >> 20
            );
        }
        if unwatched + unlearnt > 0 {
            let _ = writeln!(
                io::stderr(),
                "tables were full: {unwatched} starts were judged without their values, {unlearnt} pairs of programs and users were not learnt; give fewer hosts at once"
            );
        }
        if fusion == Fusion::SpecV1 && model.is_none() {
            let _ = writeln!(
                io::stderr(),
                "spec-v1 gives the rules 0.2 of the score: without a model (--model) and values nothing is above LOW"
            );
        }
    }
    Ok(Exit::of_reading(interrupt.is_set(), failures > 0))
}

fn is_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[derive(Debug, Default)]
struct Counts {
    starts: u64,
    /// Of those the ones whose lines were cut.
    cut: u64,
    refused: u64,
    /// The place of the first line that was refused, and why.
    first_refused: Option<String>,
    /// What found no room in the tables of a watch.
    unwatched: u64,
    unlearnt: u64,
}

/// The starts of a file with the numbers of their lines, in the order of the file; an error where it has lines and
/// none of them is one.
fn starts_of(input: &Input, counts: &mut Counts) -> anyhow::Result<Vec<(u64, ProcessStart)>> {
    let path = &input.path;
    let say = || format!("cannot read {}", path.display());
    let mut reader: Box<dyn io::BufRead> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(io::BufReader::new(fs::File::open(path).with_context(say)?))
    };
    let (mut starts, mut line, mut number) = (Vec::new(), Vec::new(), 0);
    let mut first_refused = None;
    while next_line(&mut reader, &mut line).with_context(say)? {
        number += 1;
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        match ProcessStart::from_json(text.trim()) {
            Ok(start) => {
                counts.starts += 1;
                counts.cut += u64::from(start.is_cut);
                let place = format!("{}:{number}", input.place.display());
                starts.push((number, ProcessStart { place, ..start }));
            }
            Err(error) => {
                counts.refused += 1;
                first_refused.get_or_insert((number, error));
            }
        }
    }
    let Some((number, error)) = first_refused else { return Ok(starts) };
    let said = format!("{}:{number}: {error}", path.display());
    if starts.is_empty() {
        bail!("no start of a process in {}; the first line that is none is {said}", path.display());
    }
    counts.first_refused.get_or_insert(said);
    Ok(starts)
}

/// The next line, of which at most one byte more than [`LINE_BYTES_MAX`] is kept: so much is needed to see that it
/// was cut. `false` at the end.
fn next_line(reader: &mut dyn io::BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let bytes_max = LINE_BYTES_MAX as u64 + 1;
    if io::Read::take(&mut *reader, bytes_max).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.len() as u64 == bytes_max && line.last() != Some(&b'\n') {
        reader.skip_until(b'\n')?;
    }
    Ok(true)
}

/// The system whose rules fit: paths with drives and backslashes are those of Windows.
fn system_of(starts: &[(u64, ProcessStart)]) -> &'static str {
    let windows = starts.iter().filter(|(_, start)| start.is_windows()).count();
    if windows * 2 > starts.len() { "windows" } else { "linux" }
}

fn write(
    input: &Input,
    starts: &[(u64, ProcessStart)],
    watch: &mut Watch,
    top: Option<usize>,
    mut features: Option<&mut String>,
) -> anyhow::Result<()> {
    let mut alerts: Vec<(u64, AnomalyAlert)> = Vec::with_capacity(starts.len());
    for (line, start) in starts {
        let judged = watch.judge(start);
        if let Some(features) = &mut features {
            let cells: Vec<String> = judged
                .features
                .iter()
                .map(|x| if x.is_nan() { String::new() } else { x.to_string() })
                .collect();
            features.push_str(&cells.join(","));
            features.push('\n');
        }
        alerts.push((*line, judged.alert));
    }
    if let Some(top) = top {
        alerts.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then(a.0.cmp(&b.0)));
        alerts.truncate(top);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (line, alert) in alerts {
        let mut value = serde_json::to_value(&alert)?;
        value["source"] = input.place.display().to_string().into();
        value["line"] = line.into();
        writeln!(out, "{value}")?;
    }
    out.flush()?;
    Ok(())
}
