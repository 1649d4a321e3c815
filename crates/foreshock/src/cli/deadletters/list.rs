//! `foreshock deadletters list`.

use super::{Kept, read};
use crate::cli::Exit;
use serde_json::json;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Letters of the text of one that a list shows.
const SHOWN: usize = 100;

/// Tell them, the latest first
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// State folder of the service
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    state: PathBuf,
    /// Only this client's
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Only those that were not taken in since
    #[arg(long)]
    open: bool,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    limit: usize,
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
    /// One JSON object a line.
    Ndjson,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let all = read(&args.state)?;
    let is_asked = |kept: &Kept| {
        let tenant = kept.letter.tenant.as_ref().map(model::TenantId::as_str);
        (args.tenant.is_none() || args.tenant.as_deref() == tenant)
            && !(args.open && kept.replayed_at.is_some())
    };
    let asked: Vec<(&u64, &Kept)> = all.iter().rev().filter(|(_, kept)| is_asked(kept)).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    for (id, kept) in asked.iter().take(args.limit) {
        match args.format {
            Format::Ndjson => ndjson(&mut out, **id, kept)?,
            Format::Text => text(&mut out, **id, kept)?,
        }
    }
    if args.format == Format::Text {
        let more = asked.len().saturating_sub(args.limit);
        match (asked.len(), more) {
            (0, _) => writeln!(out, "There are none.")?,
            (_, 0) => {}
            (_, more) => writeln!(out, "{more} more; --limit shows them")?,
        }
    }
    out.flush()?;
    Ok(Exit::Ok)
}

fn text(out: &mut impl Write, id: u64, kept: &Kept) -> io::Result<()> {
    let Kept { letter, replayed_at } = kept;
    let tenant = letter.tenant.as_ref().map_or("no client", model::TenantId::as_str);
    let replayed = replayed_at.map_or(String::new(), |at| format!(", taken in at {at}"));
    let safe = outputs::safe::text;
    writeln!(
        out,
        "{id}  {}  {} of {}, {} bytes{replayed}",
        letter.at,
        safe(tenant),
        safe(&letter.source),
        letter.bytes.len()
    )?;
    writeln!(out, "    {}", safe(&letter.reason))?;
    let begins = String::from_utf8_lossy(&letter.bytes[..letter.bytes.len().min(SHOWN * 4)]);
    writeln!(out, "    | {}", outputs::safe::clip(&safe(&begins), SHOWN))
}

fn ndjson(out: &mut impl Write, id: u64, kept: &Kept) -> io::Result<()> {
    use base64::Engine as _;
    let Kept { letter, replayed_at } = kept;
    let is_binary = std::str::from_utf8(&letter.bytes).is_err();
    let mut line = json!({
        "id": id,
        "received_at": letter.at,
        "source_id": letter.source,
        "tenant_id": letter.tenant,
        "is_foreign": letter.is_foreign,
        "peer": letter.peer,
        "reason": letter.reason,
        "form": letter.form,
        "encoding": letter.coding,
        "truncated": letter.truncated,
        "replayed_at": replayed_at,
        "raw": String::from_utf8_lossy(&letter.bytes),
    });
    if is_binary {
        let bytes = base64::engine::general_purpose::STANDARD.encode(&letter.bytes);
        line["raw_base64"] = json!(bytes);
    }
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}
