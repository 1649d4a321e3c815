//! `foreshock status`: how a service is, or was when it ended.

mod sources;

use super::Exit;
use crate::runtime::serve::{Intake, Status};
use anyhow::Context;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock status --state /var/lib/foreshock
      what came in, what is known of it, what is wrong, and each source
  foreshock status --state /var/lib/foreshock --format json | jq .follower.lag_secs
      for scripts; exit code 1 if something is wrong, 10 if it does not run or that cannot be known";

/// Say how the service is
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// State folder of the service
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    state: PathBuf,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
}

/// Form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// For reading in a terminal.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let status = Status::read(&args.state).with_context(|| {
        format!(
            "no service has written its status to {}; start one with `foreshock serve --state …`",
            args.state.display()
        )
    })?;
    let runs = Status::runs(&args.state);
    let status = if matches!(runs, Ok(false)) { status.at_rest() } else { status };
    let page = match args.format {
        Format::Json => serde_json::to_string_pretty(&status)? + "\n",
        Format::Text => text(&status, &runs),
    };
    let mut out = io::stdout().lock();
    out.write_all(page.as_bytes())?;
    out.flush()?;
    Ok(match (runs, status.reasons.is_empty()) {
        (Ok(true), true) => Exit::Ok,
        (Ok(true), false) => Exit::Findings,
        (Ok(false) | Err(_), _) => Exit::Partial,
    })
}

fn text(status: &Status, runs: &io::Result<bool>) -> String {
    let mut page = String::new();
    let (intake, spool, follower) = (&status.intake, &status.spool, &status.follower);
    let state = match (runs, status.state.as_str()) {
        (Ok(true), state) => format!("{state}, since {}", status.started_at),
        (_, "stopped") => format!("stopped in order at {}", status.at),
        (Ok(false), _) => {
            format!("not running; last heard of at {}, it did not end in order", status.at)
        }
        (Err(why), state) => format!(
            "{state} at {}; whether it runs now cannot be known ({why}): ask as the user that it runs as",
            status.at
        ),
    };
    let _ = writeln!(page, "service   {state}");
    for reason in &status.reasons {
        let _ = writeln!(page, "          ! {}", outputs::safe::text(reason));
    }
    let _ = writeln!(
        page,
        "intake    since the start {} received = {} durable + {} on their way + {} given up; {} never reached us",
        intake.received,
        intake.stored,
        intake.open,
        intake.shed.values().sum::<u64>(),
        intake.lost.values().sum::<u64>()
    );
    let beside = beside(intake);
    if !beside.is_empty() {
        let _ = writeln!(page, "          {}", beside.join("; "));
    }
    let free = spool.free_bytes.map_or("unknown".to_owned(), mib);
    let _ = writeln!(
        page,
        "spool     {}, {} in {} segments, {free} free; {} records wait, for {}; a sync takes {:.1} ms, at worst {:.1} ms",
        spool.state,
        mib(spool.bytes),
        spool.segments,
        spool.queued_records,
        outputs::coverage::duration(spool.queued_secs),
        spool.sync_p50_ms,
        spool.sync_p99_ms
    );
    let _ = writeln!(
        page,
        "known     {} of {} records, the oldest that is not is {} old; {} clients, {} kinds of message",
        follower.position,
        spool.next,
        outputs::coverage::duration(follower.lag_secs),
        follower.tenants,
        follower.signatures
    );
    let _ = writeln!(
        page,
        "events    {} in {}, {} in memory, {} expired",
        status.events.stored,
        mib(status.events.bytes),
        status.events.waiting,
        status.events.expired
    );
    let house = &status.house;
    if house.raised_kept > 0 {
        let _ = writeln!(
            page,
            "raised    {} events of raised bands in {} of state.db; {} went for their age, {} for want of room",
            house.raised_kept,
            mib(house.raised_bytes),
            house.raised_by_age,
            house.raised_by_size
        );
    }
    if status.dead_letters + status.dead_letters_not_kept > 0 {
        let _ = writeln!(
            page,
            "dead      {} that could not be taken are kept, {} were too many; see `foreshock deadletters list`",
            status.dead_letters, status.dead_letters_not_kept
        );
    }
    page += &sources::text(status);
    page
}

/// What is counted beside what is received, as far as there is some.
fn beside(intake: &Intake) -> Vec<String> {
    let closed: u64 = intake.closed.values().sum();
    let reasons: Vec<String> = intake.closed.iter().map(|(why, n)| format!("{n} {why}")).collect();
    [
        (intake.refused, "connections not let in or files not followed".to_owned()),
        (closed, format!("connections did not end in order ({})", reasons.join(", "))),
        (intake.truncated, "records cut to their head".to_owned()),
        (intake.empty, "empty messages left out".to_owned()),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"))
    .collect()
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
