//! `foreshock export`: the raw records of a spool → the recorded stream that `replay` reads.

use super::{Exit, parse};
use crate::interrupt::Interrupt;
use crate::runtime::again;
use model::intake::Kind;
use model::{Seq, TenantId, Timestamp};
use serde_json::json;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use store::spool::{Block, Next, Record};

const EXAMPLES: &str = "\
Examples:
  foreshock export --state /var/lib/foreshock > records.ndjson
      every raw record that is kept, one JSON object a line, while the service runs or not
  foreshock export --state ./state --since 1h --tenant acme | foreshock replay -
      the last hour of one client, played again

Each line has the record's number, time of receipt, client, source, sender and raw text; where the bytes are no
UTF-8 text they stand in `raw_base64` as well. `old` marks lines of files that stood there before: `replay --spool`
runs these on their own time, `replay` of an export on that of their receipt.";

/// Write the raw records that are kept, as a stream that `replay` reads
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// State folder of a service, or a spool's folder
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    state: PathBuf,
    /// Form of the records
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// Only what was received from then on
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    since: Option<Timestamp>,
    /// Only what was received before
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    until: Option<Timestamp>,
    /// Only this client's
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// The clock's records too
    #[arg(long)]
    all_kinds: bool,
}

/// Form of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// One JSON object a line.
    #[default]
    Ndjson,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let Format::Ndjson = args.format;
    let view = again::view(&args.state)?;
    let interrupt = Interrupt::listen()?;
    let times = args.since.unwrap_or(Timestamp::from_micros(i64::MIN))
        ..args.until.unwrap_or(Timestamp::from_micros(i64::MAX));
    let oldest = view.segments().first().map_or(Seq(0), |segment| segment.first);
    let mut reader = view.reader(oldest).within(times.clone());
    let tenant = args.tenant.as_deref().map(TenantId::new);
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut block, mut missing) = (Block::new(), 0);
    while !interrupt.is_set() {
        match reader.next(&mut block)? {
            Next::CaughtUp => break,
            Next::Missing(gap) => missing += gap.seqs.end.0 - gap.seqs.start.0,
            Next::Block => {
                for record in block.records() {
                    let is_asked = times.contains(&record.facts.received_at)
                        && tenant.as_ref().is_none_or(|tenant| *tenant == record.origin.tenant_id)
                        && (args.all_kinds || record.facts.kind == Kind::Raw);
                    if is_asked {
                        write(&mut out, &record)?;
                    }
                }
            }
        }
    }
    out.flush()?;
    if missing > 0 {
        writeln!(
            io::stderr(),
            "foreshock: up to {missing} records cannot be read: damaged or removed"
        )?;
    }
    Ok(Exit::of_reading(interrupt.is_set(), missing > 0))
}

fn write(out: &mut impl Write, record: &Record<'_>) -> io::Result<()> {
    let origin = record.origin;
    let mut line = json!({
        "seq": record.seq.0,
        "envelope_id": record.envelope().id().to_string(),
        "received_at": record.facts.received_at.to_string(),
        "tenant_id": origin.tenant_id.as_str(),
        "source_id": origin.source_id.as_str(),
        "source_type": origin.source_type,
        "source_name": origin.source_name,
        "transport": origin.transport.word(),
    });
    let is_binary = std::str::from_utf8(record.payload).is_err();
    let more = [
        ("peer", (!record.peer.is_empty()).then(|| json!(record.peer))),
        ("truncated", record.facts.truncated.then_some(json!(true))),
        ("old", record.facts.old.then_some(json!(true))),
        ("kind", (record.facts.kind != Kind::Raw).then(|| json!(word(record.facts.kind)))),
        ("raw", Some(json!(String::from_utf8_lossy(record.payload)))),
        ("raw_base64", is_binary.then(|| json!(base64(record.payload)))),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            line[name] = value;
        }
    }
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Raw => "raw",
        Kind::Gap => "gap",
        Kind::Tick => "tick",
        Kind::Review => "review",
        Kind::Outcome => "outcome",
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
