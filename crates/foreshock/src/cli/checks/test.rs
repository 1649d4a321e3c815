//! Lines of a log → which family each gets, as a table by family or one JSON object a line.

use crate::cli::{Exit, Talk, parse, reading, skipped};
use crate::interrupt::Interrupt;
use crate::progress::{Position, Progress};
use anyhow::Context as _;
use engine::checks::Catalogue;
use engine::normalize::{Reference, normalize};
use engine::signature::line_signature;
use outputs::safe;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

/// Programs that are counted by name; further ones are counted together.
const PROGRAMS_MAX: usize = 10_000;
/// Templates that are remembered; with more, all is forgotten and asked anew.
const TEMPLATES_MAX: usize = 50_000;
/// Rows of programs that a person is shown.
const ROWS_MAX: usize = 40;

/// What is tried.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Log files and folders (compressed ones too), or - for standard input
    #[arg(value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// Show also the programs of lines without a family, the most frequent first
    #[arg(long)]
    unknown: bool,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// How many lines each family gets, with an example.
    #[default]
    Text,
    /// One JSON object a line: line, service, template, family.
    Ndjson,
}

/// Lines of one family or program, and the template of the first.
#[derive(Default)]
struct Row {
    lines: u64,
    example: String,
}

#[derive(Default)]
struct Found {
    lines: u64,
    families: BTreeMap<String, Row>,
    without: BTreeMap<String, Row>,
}

pub(super) fn run(args: &Args, catalogue: &Catalogue, talk: Talk) -> anyhow::Result<Exit> {
    let paths = reading::paths_or_stdin(&args.paths)?;
    let interrupt = Interrupt::listen().context("cannot listen for interrupts")?;
    let walk = sources::walk(&paths);
    skipped::tell(&walk, talk, &mut io::stderr().lock())?;
    let mut progress = Progress::new(walk.bytes(), talk.quiet || io::stdout().is_terminal());
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut found = Found::default();
    let (mut failures, mut bytes) = (walk.failures(), 0);
    let mut families = Families { catalogue, known: BTreeMap::new() };
    let reference = Reference { now: parse::now(), zone_offset_secs: 0 };
    for (number, input) in walk.inputs.iter().enumerate() {
        let mut batch = sources::Batch::default();
        let mut reader = match sources::LineReader::open(input, number as u32) {
            Ok(reader) => reader,
            Err(error) => {
                failures += 1;
                writeln!(io::stderr(), "foreshock: {error}")?;
                continue;
            }
        };
        while !interrupt.is_set() {
            match reader.next_batch(&mut batch) {
                Ok(sources::More::End) => break,
                Ok(sources::More::Waiting) => continue,
                Ok(sources::More::Read) => {}
                Err(error) => {
                    failures += 1;
                    writeln!(io::stderr(), "foreshock: {error}")?;
                    break;
                }
            }
            for line in batch.lines() {
                let event = normalize(line.bytes, &reference);
                let service = event.service.as_deref().unwrap_or_default();
                let template = line_signature(service, &event.body).template;
                let family = families.of(service, &template);
                if args.format == Format::Ndjson {
                    let row = serde_json::json!({ "line": line.place.line, "service": service,
                        "template": template, "family": family });
                    writeln!(out, "{}", safe::json(&row.to_string()))?;
                }
                found.add(service, template, family);
            }
            let bytes = bytes + reader.disk_bytes();
            progress.show(Position { bytes, lines: found.lines, name: &input.name() });
        }
        bytes += reader.disk_bytes();
    }
    progress.clear();
    if args.format == Format::Text {
        found.write(args.unknown, &mut out)?;
    }
    out.flush()?;
    Ok(Exit::of_reading(interrupt.is_set(), failures > 0))
}

/// The families of templates: a log has few of them, so each is asked once.
struct Families<'a> {
    catalogue: &'a Catalogue,
    known: BTreeMap<(String, String), Option<&'a str>>,
}

impl<'a> Families<'a> {
    fn of(&mut self, service: &str, template: &str) -> Option<&'a str> {
        let key = (service.to_owned(), template.to_owned());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.known.len() >= TEMPLATES_MAX {
            self.known.clear();
        }
        let family = self.catalogue.family_of(service, template).map(|f| f.family.as_str());
        self.known.insert(key, family);
        family
    }
}

impl Found {
    fn add(&mut self, service: &str, template: String, family: Option<&str>) {
        self.lines += 1;
        let (rows, name) = match family {
            Some(family) => (&mut self.families, family),
            None => (&mut self.without, service),
        };
        let is_full = rows.len() >= PROGRAMS_MAX && !rows.contains_key(name);
        let name = if is_full { "(others)" } else { name };
        let row = rows.entry(name.to_owned()).or_default();
        row.lines += 1;
        if row.lines == 1 {
            row.example = template;
        }
    }

    fn write(&self, with_unknown: bool, out: &mut dyn Write) -> io::Result<()> {
        let fits: u64 = self.families.values().map(|row| row.lines).sum();
        let share = 100.0 * fits as f64 / self.lines.max(1) as f64;
        writeln!(out, "{fits} of {} lines have a family ({share:.1} %)\n", self.lines)?;
        rows("family", &self.families, out)?;
        if with_unknown && !self.without.is_empty() {
            writeln!(out)?;
            rows("no family", &self.without, out)?;
        }
        Ok(())
    }
}

/// The busiest first.
fn rows(head: &str, rows: &BTreeMap<String, Row>, out: &mut dyn Write) -> io::Result<()> {
    let mut sorted: Vec<(&String, &Row)> = rows.iter().collect();
    sorted.sort_by_key(|(name, row)| (std::cmp::Reverse(row.lines), (*name).clone()));
    writeln!(out, "{head:24}  {:>8}  example", "lines")?;
    for (name, row) in sorted.iter().take(ROWS_MAX) {
        let name = match name.as_str() {
            "" => "(no program named)".to_owned(),
            name => safe::clip(&safe::text(name), 24).into_owned(),
        };
        writeln!(out, "{name:24}  {:8}  {}", row.lines, safe::clip(&safe::text(&row.example), 64))?;
    }
    match sorted.len().saturating_sub(ROWS_MAX) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more"),
    }
}
