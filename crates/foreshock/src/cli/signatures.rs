//! `foreshock signatures`: lines → the kind of message that each is, one JSON object a line, or a
//! table of the kinds. Nothing is joined and nothing remembered: the same line gives the same
//! signature in any order, on any machine.

mod kinds;
mod parallel;
mod rows;

use super::{Exit, Talk, reading, skipped};
use crate::interrupt::Interrupt;
use crate::progress::{Position, Progress};
use anyhow::Context as _;
use kinds::{Counting, Kinds};
use rows::Rows;
use sources::{Batch, LineReader, More, Walk};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock signatures app.log
      one object a line: {\"line\":1,\"signature_id\":\"sig_…\",\"template\":\"…\"}
  foreshock signatures --format text /var/log/syslog | head -20
      the most frequent kinds of message
  journalctl -o cat | foreshock signatures --body-only
      lines that are messages already, without time, host and program

`line` counts from 1 in each input, blank lines included. With more than one input each object
also has `source`, the input's path.";

/// Tell the kind of message of every line
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Log files and folders (compressed ones too), or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// Take each line as a message: look for no time, host and program before it
    #[arg(long)]
    body_only: bool,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// One JSON object per input line, blank ones too.
    #[default]
    Ndjson,
    /// A table of the kinds of message, the most frequent first.
    Text,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let paths = reading::paths_or_stdin(&args.paths)?;
    let interrupt = Interrupt::listen().context("cannot listen for interrupts")?;
    let walk = sources::walk(&paths);
    skipped::tell(&walk, talk, &mut io::stderr().lock())?;
    let mut feed = Feed::new(&walk, &interrupt, talk);
    write(&args, &walk, &mut feed).context("cannot write the result")?;
    Ok(feed.exit(walk.failures()))
}

fn write(args: &Args, walk: &Walk, feed: &mut Feed<'_>) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match args.format {
        Format::Ndjson => {
            let names = (walk.inputs.len() > 1).then_some(&*walk.inputs);
            let rows = || Rows::new(names, args.body_only);
            parallel::run(feed, rows, &mut |rows: Vec<u8>| out.write_all(&rows))?;
        }
        Format::Text => {
            let mut all = Kinds::default();
            let counting = || Counting::new(args.body_only);
            parallel::run(feed, counting, &mut |kinds| {
                all.add(kinds);
                Ok(())
            })?;
            all.write(&mut out)?;
        }
    }
    out.flush()
}

/// Reads the inputs one after the other and tells how far it has come.
struct Feed<'a> {
    walk: &'a Walk,
    interrupt: &'a Interrupt,
    progress: Progress,
    next: usize,
    reader: Option<LineReader>,
    /// Of the inputs that are over.
    bytes: u64,
    lines: u64,
    failures: u64,
}

impl<'a> Feed<'a> {
    fn new(walk: &'a Walk, interrupt: &'a Interrupt, talk: Talk) -> Feed<'a> {
        // On one terminal the rows themselves are the progress.
        let is_quiet = talk.quiet || io::stdout().is_terminal();
        Feed {
            walk,
            interrupt,
            progress: Progress::new(walk.bytes(), is_quiet),
            next: 0,
            reader: None,
            bytes: 0,
            lines: 0,
            failures: 0,
        }
    }

    fn exit(&self, left_out: u64) -> Exit {
        Exit::of_reading(self.interrupt.is_set(), self.failures + left_out > 0)
    }

    fn show(&mut self) {
        let Some(input) = self.walk.inputs.get(self.next) else {
            return;
        };
        let bytes = self.reader.as_ref().map_or(0, LineReader::disk_bytes);
        self.progress.show(Position {
            bytes: self.bytes + bytes,
            lines: self.lines,
            name: &input.name(),
        });
    }

    fn next_input(&mut self) {
        self.bytes += self.reader.take().map_or(0, |reader| reader.disk_bytes());
        self.next += 1;
    }
}

impl parallel::Feed for Feed<'_> {
    fn next(&mut self) -> Option<Batch> {
        let mut batch = Batch::default();
        while let Some(input) = self.walk.inputs.get(self.next) {
            if self.interrupt.is_set() {
                break;
            }
            let read = match &mut self.reader {
                Some(reader) => reader.next_batch(&mut batch),
                none => LineReader::open(input, self.next as u32).and_then(|reader| {
                    let reader = none.insert(reader);
                    reader.next_batch(&mut batch)
                }),
            };
            self.show();
            match read {
                Ok(More::End) => self.next_input(),
                Ok(More::Waiting) => {}
                Ok(More::Read) if batch.is_empty() => {}
                Ok(More::Read) => {
                    self.lines += batch.len() as u64;
                    return Some(batch);
                }
                Err(error) => {
                    self.failures += 1;
                    self.progress.clear();
                    let _ = writeln!(io::stderr(), "foreshock: {error}");
                    self.next_input();
                }
            }
        }
        self.progress.clear();
        None
    }
}
