//! `foreshock parse`: bytes as they come over a wire → what the intake makes of them, for who asks why a sender's
//! messages look as they do. The same framing and the same reading as in the service; nothing is stored.

mod row;

use super::{Exit, Mistake, Talk, parse, reading};
use anyhow::Context as _;
use engine::normalize::Reference;
use model::Timestamp;
use row::Row;
use sources::syslog::{Cut, Frame, Framer, datagram};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  printf '<34>Oct 11 22:14:15 web1 su: failed for root' | foreshock parse --transport udp
      one datagram: which fields are read out of it
  foreshock parse --transport tcp --format ndjson capture.bin | jq -r .msg
      the bytes of a connection: how they are cut into messages
  foreshock parse --transport udp --now 2027-01-01T00:00:03Z datagram.bin
      as if received then: dates without a year are read by it

Each PATH is one datagram (udp) or all bytes of one connection up to its orderly end (tcp).
`parse` is ok, degraded (fields missing or guessed) or malformed (claims a format and breaks it);
`defects` names what was wrong. `pri`, `facility` and `severity` are what stood in <PRI>; `level` is how bad the
event is, which a word in the message may tell better. `msg` is the message as sent, `body` what the engine reads
of it.";

/// Bytes that are read at once.
const READ_BYTES: usize = 64 << 10;
/// No datagram is longer; a file that is holds something else.
const DATAGRAM_BYTES_MAX: usize = 16 << 20;

/// Show what the intake makes of bytes
///
/// Cuts the bytes of a datagram or a connection into messages and reads each, as the service would,
/// and shows every field, every defect and the raw bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files of raw bytes, or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How the bytes come
    #[arg(short, long, value_enum)]
    transport: Transport,
    /// When they are received: 2026-11-20T08:30:00Z, or 7d (ago) [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    now: Option<Timestamp>,
    /// Bytes of a message that are kept
    #[arg(long, value_name = "BYTES", default_value_t = sources::syslog::FRAME_BYTES_MAX)]
    #[arg(value_parser = bytes_max)]
    max_len: usize,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// Zone of times that name none, as an offset from UTC: +02:00
    #[arg(long, value_name = "OFFSET", default_value = "Z", value_parser = parse::zone)]
    #[arg(allow_hyphen_values = true)]
    zone: i32,
}

/// How bytes come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Transport {
    /// Each PATH is one datagram.
    Udp,
    /// Each PATH is one connection.
    Tcp,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// A page for people.
    #[default]
    Text,
    /// One document: `{"count", "frames_b64", "framing_errors", …, "events": […]}`.
    Json,
    /// One object per message.
    Ndjson,
}

fn bytes_max(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(bytes) if (1..=model::intake::RECORD_BYTES_MAX).contains(&bytes) => Ok(bytes),
        _ => Err(format!("write a number of bytes, 1 to {}", model::intake::RECORD_BYTES_MAX)),
    }
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let paths = reading::paths_or_stdin(&args.paths)?;
    let mut out = BufWriter::with_capacity(READ_BYTES, io::stdout().lock());
    let mut page = Page { args: &args, out: &mut out, totals: Totals::default() };
    page.begin()?;
    for path in &paths {
        let bytes: Box<dyn Read> = match path.as_os_str() == "-" {
            true => Box::new(io::stdin().lock()),
            false => Box::new(open(path)?),
        };
        match args.transport {
            Transport::Udp => page.datagram(bytes, path)?,
            Transport::Tcp => page.connection(bytes, path)?,
        }
    }
    page.end()?;
    let totals = page.totals;
    out.flush().context("cannot write the result")?;
    if !talk.quiet {
        writeln!(io::stderr(), "foreshock: {totals}")?;
    }
    Ok(Exit::Ok)
}

fn open(path: &Path) -> Result<File, Mistake> {
    File::open(path).map_err(|error| {
        Mistake::Usage(format!("cannot read {}: {error}: name a file of raw bytes", path.display()))
    })
}

/// What became of all bytes.
#[derive(Debug, Default)]
struct Totals {
    messages: u64,
    empty: u64,
    framing_errors: u64,
    truncated: u64,
    bytes_cut: u64,
    frames_b64: Vec<String>,
    truncated_first: Option<bool>,
    truncated_last: bool,
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = if self.messages == 1 { "" } else { "s" };
        write!(f, "{} message{s} stored", self.messages)?;
        for (count, what) in [
            (self.empty, "empty, not stored"),
            (self.framing_errors, "framing errors"),
            (self.truncated, "truncated"),
            (self.bytes_cut, "bytes passed over"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// Where messages are written to.
struct Page<'a> {
    args: &'a Args,
    out: &'a mut dyn Write,
    totals: Totals,
}

impl Page<'_> {
    fn begin(&mut self) -> io::Result<()> {
        match self.args.format {
            Format::Json => writeln!(self.out, "{{\"events\":["),
            Format::Text | Format::Ndjson => Ok(()),
        }
    }

    fn datagram(&mut self, bytes: impl Read, path: &Path) -> anyhow::Result<()> {
        let mut payload = Vec::new();
        bytes
            .take(DATAGRAM_BYTES_MAX as u64 + 1)
            .read_to_end(&mut payload)
            .with_context(|| format!("cannot read {}", path.display()))?;
        if payload.len() > DATAGRAM_BYTES_MAX {
            return Err(Mistake::Usage(format!(
                "{} is longer than any datagram: with --transport tcp it is read as a connection's bytes",
                path.display()
            ))
            .into());
        }
        match datagram(&payload, payload.len(), self.args.max_len) {
            Some(frame) => self.message(frame)?,
            None => self.totals.empty += 1,
        }
        Ok(())
    }

    fn connection(&mut self, mut bytes: impl Read, path: &Path) -> anyhow::Result<()> {
        let mut framer = Framer::new(self.args.max_len);
        let mut buffer = vec![0; READ_BYTES];
        // The framer hands out while it reads; the first failure to write is told afterwards.
        let mut written = Ok(());
        loop {
            let read = match bytes.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot read {}", path.display()));
                }
            };
            framer.push(&buffer[..read], &mut |frame| {
                if written.is_ok() {
                    written = self.message(frame);
                }
            });
            std::mem::replace(&mut written, Ok(()))?;
        }
        framer.finish(&mut |frame| written = self.message(frame));
        written?;
        let framed = framer.framed();
        self.totals.framing_errors += framed.errors();
        self.totals.empty += framed.empty;
        Ok(())
    }

    fn message(&mut self, frame: Frame<'_>) -> io::Result<()> {
        let reference = Reference {
            now: self.args.now.unwrap_or_else(parse::now),
            zone_offset_secs: self.args.zone,
        };
        let row = Row::of(&frame, &reference);
        let totals = &mut self.totals;
        let is_first = totals.messages == 0;
        totals.messages += 1;
        totals.truncated += u64::from(row.truncated);
        if frame.cut != Some(Cut::Closed) {
            totals.bytes_cut += frame.length - frame.bytes.len() as u64;
        }
        totals.truncated_first.get_or_insert(row.truncated);
        totals.truncated_last = row.truncated;
        match self.args.format {
            Format::Text => row.page(totals.messages, self.out),
            Format::Ndjson => {
                row.json(self.out)?;
                self.out.write_all(b"\n")
            }
            Format::Json => {
                totals.frames_b64.push(row.raw_b64.clone());
                self.out.write_all(if is_first { b"" } else { b",\n" })?;
                row.json(self.out)
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        if self.args.format != Format::Json {
            return Ok(());
        }
        let totals = &self.totals;
        let rest = serde_json::json!({
            "count": totals.messages,
            "empty": totals.empty,
            "frames_b64": totals.frames_b64,
            "framing_errors": totals.framing_errors,
            "truncated_first": totals.truncated_first.unwrap_or(false),
            "truncated_last": totals.truncated_last,
            "max_len": self.args.max_len,
        });
        let rest = rest.to_string();
        writeln!(self.out, "\n],{}", &rest[1..])
    }
}
