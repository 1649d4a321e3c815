//! `foreshock deadletters replay`: asks the running service, which alone writes to its spool.

use super::ask::Service;
use super::read;
use crate::cli::{Exit, Mistake};
use crate::runtime::serve::Status;
use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;
use std::io::{self, Write};
use std::path::PathBuf;

/// Letters of one request.
const TOGETHER: usize = 100;

/// Have the running service take them in once more
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Their numbers, as `list` tells them
    #[arg(required_unless_present = "all")]
    ids: Vec<u64>,
    /// All that were not taken in since, but for those that name a client whom their sender's token was not for
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// State folder of the service
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    state: PathBuf,
    /// File that holds the token, where the API wants one
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Replayed>,
}

#[derive(Deserialize)]
struct Replayed {
    id: u64,
    status: String,
    events: u64,
    reason: Option<String>,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let (ids, foreign): (Vec<u64>, usize) = match args.all {
        false => (args.ids.clone(), 0),
        true => {
            let all = read(&args.state)?.into_iter();
            let open = all.filter(|(_, kept)| kept.replayed_at.is_none());
            // One client's token must not write into another's events by the hand of who may everything.
            let (foreign, own): (Vec<_>, Vec<_>) =
                open.partition(|(_, kept)| kept.letter.is_foreign);
            (own.into_iter().map(|(id, _)| id).collect(), foreign.len())
        }
    };
    let mut out = io::stdout().lock();
    if foreign > 0 {
        writeln!(
            out,
            "{foreign} left out: they name a client whom their sender's token was not for. `foreshock deadletters list \
             --open` shows them; name them by their numbers to take them in all the same."
        )?;
    }
    if ids.is_empty() {
        writeln!(out, "There are none.")?;
        return Ok(Exit::Ok);
    }
    ensure!(
        // Where that cannot be known, the answer will tell.
        Status::runs(&args.state).unwrap_or(true),
        "no service runs on {}: start it with `foreshock serve`, then replay",
        args.state.display()
    );
    let http = Status::read(&args.state).ok().and_then(|status| status.http).ok_or_else(|| {
        Mistake::Usage("the service has no HTTP API: set `http` below [listen]".into())
    })?;
    let token = args.token_file.as_ref().map(|file| {
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
    });
    let service = Service { address: http, token: token.transpose()? };
    let mut refused = 0;
    for ids in ids.chunks(TOGETHER) {
        let answer = service.post("/replay/raw", &json!({ "ids": ids }).to_string())?;
        let answer: Answer =
            serde_json::from_str(&answer).context("the service answered something else")?;
        for Replayed { id, status, events, reason } in answer.results {
            let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
            let told = match status.as_str() {
                "replayed" => format!("taken in, {events} events"),
                "before" => "was taken in before".to_owned(),
                "unknown" => "is not known (or not to this token)".to_owned(),
                _ => "still cannot be taken in".to_owned(),
            };
            refused += u64::from(!matches!(status.as_str(), "replayed" | "before"));
            writeln!(out, "{id}  {told}{}", outputs::safe::text(&reason))?;
        }
    }
    Ok(if refused == 0 { Exit::Ok } else { Exit::Partial })
}
