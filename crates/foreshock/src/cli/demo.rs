//! `foreshock demo`: an invented log → what the usual alerts make of it, and the digest with the
//! way it was found. Needs no files.

use super::{Exit, Talk};
use crate::demo::alerts::{self, Alert};
use crate::demo::log::Log;
use crate::demo::{self, Found};
use anyhow::Context;
use model::{Explanation, TenantId};
use outputs::figure::counted;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock demo
      what a digest looks like, and why it says what it says
  foreshock demo --save demo.log && foreshock scan demo.log
      the same item, found in a file";

/// Show what is found in ten invented days of logs
///
/// Ten days of a small client's logs are made up in memory, with one VPN tunnel that drops and
/// heals by itself. They go the way that all logs go: nothing of the result is prepared.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Write the invented log to this file too; one that exists is not overwritten
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
}

/// Form of the demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For reading in a terminal.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// Markdown, for tickets and chats.
    Md,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let mut log = Log::generate();
    if let Some(path) = &args.save {
        let file = std::fs::File::create_new(path);
        file.and_then(|mut file| file.write_all(&log.bytes()))
            .with_context(|| format!("cannot write the log to {}", path.display()))?;
    }
    // The client that `scan` takes when none is named, so that a saved log gives the same ids.
    let tenant = TenantId::new("local");
    let found = demo::find(&mut log, &tenant).context("the invented log has no lines")?;
    let alerts = alerts::usual(&log.lines);
    let page = match args.format {
        Format::Text => text(&log, &alerts, &found, talk),
        Format::Json => json(&log, &alerts, &found)?,
        Format::Md => markdown(&log, &alerts, &found),
    };
    let mut out = io::stdout().lock();
    out.write_all(page.as_bytes())?;
    out.flush()?;
    Ok(Exit::Ok)
}

/// What was made up, in one sentence.
fn invented(log: &Log, found: &Found) -> String {
    let (first, last) = (log.lines.first(), log.lines.last());
    let minute =
        |line: Option<&demo::log::Line>| line.map_or(String::new(), |l| l.at.to_minute_text());
    format!(
        "Invented for you: {} of {}, {} to {} UTC.",
        counted(log.lines.len() as u64, "line", "lines"),
        counted(found.digest.quiet.hosts, "host", "hosts"),
        minute(first),
        minute(last),
    )
}

/// What the usual alerts came to, in one sentence.
fn silence(alerts: &[Alert]) -> String {
    match alerts.iter().filter(|alert| alert.fires).count() {
        0 => "The usual alerts, run over the same lines, all stay silent:".into(),
        n => format!("Of the usual alerts, run over the same lines, {n} would fire:"),
    }
}

fn told(alert: &Alert) -> String {
    let verdict = if alert.fires { "fires" } else { "silent" };
    format!("{}: {verdict}; {}", alert.rule, alert.nearest)
}

fn text(log: &Log, alerts: &[Alert], found: &Found, talk: Talk) -> String {
    let style = talk.style();
    let mut page = format!("{}\n{}\n", invented(log, found), silence(alerts));
    for alert in alerts {
        page += &format!("  - {}\n", told(alert));
    }
    page += "\nWHAT FORESHOCK SAYS\n\n";
    page += &outputs::digest::text(&found.digest, Some(&found.counts), &style);
    page += "\nHOW IT WAS FOUND\n";
    for explanation in &found.explanations {
        page += "\n";
        page += &outputs::explain::text(explanation, &style);
    }
    page += "\nNow with your own: foreshock scan /var/log\n";
    page
}

fn markdown(log: &Log, alerts: &[Alert], found: &Found) -> String {
    let mut page = format!("{}\n{}\n\n", invented(log, found), silence(alerts));
    for alert in alerts {
        page += &format!("- {}\n", told(alert));
    }
    page += "\n";
    page += &outputs::digest::markdown(&found.digest, Some(&found.counts));
    for explanation in &found.explanations {
        page += "\n";
        page += &outputs::explain::markdown(explanation);
    }
    page
}

fn json(log: &Log, alerts: &[Alert], found: &Found) -> anyhow::Result<String> {
    // The pages of `outputs` are JSON already, and harmless in a terminal: they stay as they are.
    let explanations: Vec<String> = found.explanations.iter().map(json_of).collect();
    let alerts = serde_json::to_string_pretty(alerts)?;
    Ok(format!(
        "{{\n\"schema\": \"foreshock.demo/1\",\n\"lines\": {},\n\"usual_alerts\": {alerts},\n\
         \"digest\": {},\n\"explanations\": [\n{}\n]\n}}\n",
        log.lines.len(),
        outputs::digest::json(&found.digest, Some(&found.counts)).trim_end(),
        explanations.join(",\n"),
    ))
}

fn json_of(explanation: &Explanation) -> String {
    outputs::explain::json(explanation).trim_end().to_owned()
}
