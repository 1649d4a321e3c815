//! `foreshock replay`: a recorded stream of envelopes → digests as they would have been, and what
//! they would have told before known incidents.

mod known;
mod news;
mod out;

use super::{Exit, Settings, Talk, parse, skipped};
use crate::backtest::{self, Showings};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::runtime::again;
use crate::runtime::replay::{Replayed, Wanted};
use crate::runtime::{self};
use known::Known;
use model::{Digest, Span, TenantId, Timestamp};
use out::Digests;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock replay week.ndjson
      one digest of the whole stream
  foreshock replay --digest-every 1h week.ndjson
      the same as it would have been told, hour by hour: a page whenever there was news
  foreshock replay --digest-every 1h --format ndjson week.ndjson
      every digest, with news or without, for tools
  zcat week.ndjson.gz | foreshock replay --tenant acme --since 2026-11-01 -
      one client of a stream that is piped in
  foreshock replay --spool /var/lib/foreshock --since 7d --digest-every 1d
      the last week of what a service received, as today's rules would have told it
  foreshock replay --incidents tickets.csv quarter.ndjson
      a backtest: what would have been told before each known incident, and how long before

Each line of the stream is a JSON object:
  {\"received_at\": \"2026-11-01T08:30:00Z\", \"tenant_id\": \"acme\", \"source_type\": \"syslog\",
   \"source_name\": \"db1\", \"raw\": \"<13>Nov  1 08:29:59 db1 ...\"}

The incidents are CSV with a header, or a JSON object a line, as a ticket system exports them:
  at,tenant,host,service,title,id
  2026-11-20T08:41:00Z,acme,fw-hq,charon,\"Branch 2 offline, all day\",INC-4711
Only `at` must be there. What a row names must agree with what an item names.";

/// Play a recorded stream again and tell what the digests would have been
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Recorded stream, one JSON object a line (compressed too); - for standard input
    #[arg(value_name = "STREAM", required_unless_present = "spool")]
    pub(crate) streams: Vec<PathBuf>,
    /// Play what a service has received, from its state folder, through today's parsers; it may run
    #[arg(long, visible_alias = "state", value_name = "DIR", conflicts_with = "streams")]
    pub(crate) spool: Option<PathBuf>,
    /// A digest each so often, on the stream's own clock; without it, one at the end (with
    /// --incidents: one an hour)
    #[arg(long, value_name = "SPAN", value_parser = parse::span)]
    pub(crate) digest_every: Option<Span>,
    #[command(flatten)]
    pub(crate) known: Known,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Form of the digests
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Also list what was held back, and why (the JSON forms always do)
    #[arg(long)]
    pub(crate) held_back: bool,
    /// Only this client's; without it, every client gets its own digest
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// Ignore what was received before; of --spool, lines of files that stood there before count by their own time
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    pub(crate) since: Option<Timestamp>,
    /// Ignore what was received from then on
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    pub(crate) until: Option<Timestamp>,
    /// Zone of times that name none, as an offset from UTC: +02:00
    #[arg(long, value_name = "OFFSET", default_value = "Z", value_parser = parse::zone)]
    #[arg(allow_hyphen_values = true)]
    pub(crate) zone: i32,
}

impl Args {
    /// The client that was asked for.
    pub(crate) fn tenant_id(&self) -> Option<TenantId> {
        self.tenant.as_deref().map(TenantId::new)
    }
}

/// Form of the digests of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For reading in a terminal: only digests with news, and of these only what is new.
    #[default]
    Text,
    /// One JSON array of digests; with --incidents, the backtest is its last element.
    Json,
    /// One JSON object a line: a digest each; with --incidents, the backtest is the last one.
    Ndjson,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let config = args.settings.read()?;
    let incidents = args.known.read(&args.streams, args.zone)?;
    if let Some(incidents) = &incidents {
        known::tell(incidents, talk, &mut io::stderr())?;
    }
    let walk = sources::walk(&args.streams);
    skipped::tell(&walk, talk, &mut io::stderr())?;
    let interrupt = Interrupt::listen()?;
    let total = match &args.spool {
        Some(folder) => again::view(folder)?.segments().iter().map(|segment| segment.bytes).sum(),
        None => walk.bytes(),
    };
    let mut progress = Progress::new(total, talk.quiet);
    let rules = args.known.rules(args.digest_every);
    let wanted = Wanted {
        every: args.digest_every.or(incidents.is_some().then_some(rules.digest_every)),
        tenant: args.tenant_id(),
        since: args.since,
        until: args.until,
        zone_offset_secs: args.zone,
        config,
    };
    let mut out = Digests::new(args.format, args.held_back, talk);
    let mut showings = incidents.is_some().then(Showings::default);
    let mut deliver = |digest: Digest| {
        if let Some(showings) = &mut showings {
            showings.note(&digest);
        }
        out.write(digest)
    };
    let run = match &args.spool {
        Some(folder) => again::replay(folder, &wanted, &interrupt, &mut progress, &mut deliver)?,
        None => {
            let inputs = &walk.inputs;
            runtime::replay::replay(inputs, &wanted, &interrupt, &mut progress, &mut deliver)?
        }
    };
    let backtest = incidents.as_ref().zip(showings.as_ref());
    let backtest = backtest.map(|(i, s)| backtest::judge(i, s, rules));
    out.finish(backtest.as_ref())?;
    tell(&run, talk)?;
    let is_partial = walk.failures() > 0
        || !run.errors.is_empty()
        || backtest.is_some_and(|backtest| backtest.bad_rows > 0);
    Ok(Exit::of_reading(interrupt.is_set(), is_partial))
}

/// Says on standard error what was wrong with the stream, and what became of its lines.
fn tell(run: &Replayed, talk: Talk) -> io::Result<()> {
    let mut err = io::stderr();
    for error in &run.errors {
        writeln!(err, "foreshock: {error}")?;
    }
    for bad in &run.bad_lines {
        writeln!(err, "foreshock: line {} is no envelope: {}", bad.line, bad.what)?;
    }
    if !talk.quiet {
        writeln!(err, "foreshock: {}", outputs::figure::counts_line(&run.counts))?;
    }
    Ok(())
}
