//! `foreshock replay`: a recorded stream of envelopes → digests as they would have been.

mod news;

use super::{Exit, Talk, parse, skipped};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::runtime::replay::{Replayed, Wanted};
use crate::runtime::{self};
use model::{Digest, Span, TenantId, Timestamp};
use news::News;
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

Each line of the stream is a JSON object:
  {\"received_at\": \"2026-11-01T08:30:00Z\", \"tenant_id\": \"acme\", \"source_type\": \"syslog\",
   \"source_name\": \"db1\", \"raw\": \"<13>Nov  1 08:29:59 db1 ...\"}";

/// Play a recorded stream again and tell what the digests would have been
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Recorded stream, one JSON object a line (compressed too); - for standard input
    #[arg(value_name = "STREAM", required = true)]
    pub(crate) streams: Vec<PathBuf>,
    /// A digest each so often, on the stream's own clock; without it, one at the end
    #[arg(long, value_name = "SPAN", value_parser = parse::span)]
    pub(crate) digest_every: Option<Span>,
    /// Form of the digests
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Only this client's; without it, every client gets its own digest
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// Ignore what was received before
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
    /// One JSON array of digests.
    Json,
    /// One JSON object a line: a digest each.
    Ndjson,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let walk = sources::walk(&args.streams);
    skipped::tell(&walk, talk, &mut io::stderr())?;
    let interrupt = Interrupt::listen()?;
    let mut progress = Progress::new(walk.bytes(), talk.quiet);
    let wanted = Wanted {
        every: args.digest_every,
        tenant: args.tenant_id(),
        since: args.since,
        until: args.until,
        zone_offset_secs: args.zone,
    };
    let mut out = Digests {
        out: io::stdout().lock(),
        format: args.format,
        talk,
        count: 0,
        news: News::default(),
    };
    let mut deliver = |digest: Digest| out.write(digest);
    let run =
        runtime::replay::replay(&walk.inputs, &wanted, &interrupt, &mut progress, &mut deliver)?;
    out.finish()?;
    tell(&run, talk)?;
    let is_partial = walk.failures() > 0 || !run.errors.is_empty();
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

/// Digests on their way to standard output.
struct Digests {
    out: io::StdoutLock<'static>,
    format: Format,
    talk: Talk,
    count: u64,
    news: News,
}

impl Digests {
    fn write(&mut self, digest: Digest) -> io::Result<()> {
        let page = match self.format {
            Format::Ndjson => outputs::digest::ndjson(&digest, None),
            Format::Json => {
                let open = if self.count == 0 { "[\n" } else { ",\n" };
                open.to_owned() + outputs::digest::ndjson(&digest, None).trim_end()
            }
            Format::Text => match self.news.of(digest) {
                Some(digest) => self.page(&digest),
                None => String::new(),
            },
        };
        self.count += 1;
        self.out.write_all(page.as_bytes())
    }

    fn page(&self, digest: &Digest) -> String {
        outputs::digest::text(digest, None, &self.talk.style()) + "\n"
    }

    fn finish(&mut self) -> io::Result<()> {
        match (self.format, self.count) {
            (Format::Json, 0) => self.out.write_all(b"[]\n")?,
            (Format::Json, _) => self.out.write_all(b"\n]\n")?,
            (Format::Text, 0) => self.out.write_all(b"no envelope was read: nothing to tell\n")?,
            (Format::Text, _) => {
                for digest in self.news.rest() {
                    let page = self.page(&digest);
                    self.out.write_all(page.as_bytes())?;
                }
                let told = self.news.summary(self.count);
                self.out.write_all(told.as_bytes())?;
            }
            (Format::Ndjson, _) => {}
        }
        self.out.flush()
    }
}
