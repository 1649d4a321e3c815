//! `foreshock kernel`: kernel logs in any format → crash and fault reports, for people (text) and
//! for programs (JSON, one object a file).

mod live;
mod page;

use super::{Exit, Mistake, Talk, parse, reading, skipped};
use crate::interrupt::Interrupt;
use crate::progress::{Position, Progress};
use anyhow::Context as _;
use engine::kernel::{Analysis, Analyzer, Anonymiser, Pseudonyms, Report, Severity, Summary};
use engine::normalize::Reference;
use model::Timestamp;
use serde::Serialize;
use sources::{Batch, Input, Kind, LineReader, More, Walk};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const EXAMPLES: &str = "\
Examples:
  dmesg | foreshock kernel
      what this machine's kernel complained of since it booted
  foreshock kernel --severity-min high /var/log/kern.log*
      what hurt, over all boots that the files hold
  journalctl -k -b -1 -o json | foreshock kernel
      how the boot before this one ended
  foreshock kernel /sys/fs/pstore
      the parts of a crash that the firmware kept, put in order
  foreshock kernel --anonymise --format json crash.log > to-report.json
      a report to hand on: hosts, addresses, users and serial numbers become pseudonyms
  foreshock kernel --live --severity-min high
      each report as soon as the kernel has said it; Ctrl-C ends
  foreshock kernel --format ndjson --fail-on critical boot.log
      for test machines: one object a file, exit code 1 if a kernel crashed

Formats are recognised line by line: dmesg in all its modes, /dev/kmsg, syslog, the journal (text
and JSON), serial consoles, pstore, Android's last_kmsg; compressed files too. docs/kernel.md has the
JSON's schema.";

/// Find crashes and faults in kernel logs
///
/// Assembles what the kernel prints over many lines into one report: what it is, which function is to
/// blame, how bad it is, and fingerprints to recognise it by; and notes failing disks, memory, links.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Log files and folders (compressed ones too), or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Follow this machine's kernel as it speaks (or another file of records): each report is
    /// written when it is complete
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "/dev/kmsg")]
    #[arg(require_equals = true, conflicts_with_all = ["paths", "boot", "strict"])]
    live: Option<PathBuf>,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// Leave out what is less severe
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = severity)]
    severity_min: Severity,
    /// End with exit code 1 if there is a report of this severity or worse
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    fail_on: Option<Severity>,
    /// Only this boot: 0 is the first in the log, -1 the last
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    boot: Option<i64>,
    /// Replace names of machines, people and networks by pseudonyms
    #[arg(long)]
    anonymise: bool,
    /// Make pseudonyms by the key in this file (32 bytes or more), so that results can be joined
    #[arg(long, value_name = "FILE", requires = "anonymise")]
    anonymise_key_file: Option<PathBuf>,
    /// Take it as an error if a line cannot be read as it should; the result is given all the same
    #[arg(long)]
    strict: bool,
    /// Zone of times that name none, as an offset from UTC: +02:00
    #[arg(long, value_name = "OFFSET", default_value = "Z", value_parser = parse::zone)]
    #[arg(allow_hyphen_values = true)]
    zone: i32,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// A page for people.
    #[default]
    Text,
    /// One document: `{"files": […]}`.
    Json,
    /// One object per file.
    Ndjson,
}

fn severity(word: &str) -> Result<Severity, String> {
    let found = Severity::ALL.into_iter().find(|s| s.name() == word);
    found.ok_or_else(|| {
        let names: Vec<&str> = Severity::ALL.iter().map(|s| s.name()).collect();
        format!("write one of {}", names.join(", "))
    })
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    if let Some(path) = &args.live {
        return live::run(path, &args);
    }
    let paths = reading::paths_or_stdin(&args.paths)?;
    let mut anonymiser = anonymiser(&args)?;
    let interrupt = Interrupt::listen().context("cannot listen for interrupts")?;
    let walk = sources::walk(&paths);
    skipped::tell(&walk, talk, &mut io::stderr().lock())?;
    let mut run = Run { args: &args, walk: &walk, interrupt: &interrupt, failures: 0, found: None };
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut progress = Progress::new(walk.bytes(), talk.quiet);
    let mut documents = Vec::new();
    let mut defects = 0;
    for group in groups(&walk) {
        let Some(mut analysis) = run.read(&group, &mut progress) else {
            continue;
        };
        if let Some(asked) = args.boot {
            let boots = analysis.summary.boots.len() as i64;
            if !(-boots..boots).contains(&asked) {
                progress.clear();
                let name = walk.inputs[group[0]].name();
                writeln!(
                    io::stderr(),
                    "foreshock: {name}: no boot {asked}, the log holds {boots}"
                )?;
            }
        }
        run.choose(&mut analysis);
        defects += analysis.summary.defects.len() as u64 + analysis.summary.defects_more;
        if let Some(anonymiser) = &mut anonymiser {
            anonymiser.anonymise(&mut analysis);
        }
        progress.clear();
        let name = walk.inputs[group[0]].name().into_owned();
        match args.format {
            Format::Text => page::write(&mut out, &name, &analysis, walk.inputs.len() > 1)?,
            Format::Json => documents.push(Document::of(name, analysis)),
            Format::Ndjson => {
                serde_json::to_writer(&mut out, &Document::of(name, analysis))?;
                out.write_all(b"\n")?;
            }
        }
    }
    if args.format == Format::Json {
        serde_json::to_writer_pretty(&mut out, &BTreeMap::from([("files", documents)]))?;
        out.write_all(b"\n")?;
    }
    out.flush().context("cannot write the result")?;
    let is_refused = args.strict && defects > 0;
    if is_refused {
        writeln!(
            io::stderr(),
            "foreshock: {defects} lines could not be read as they should (--strict)"
        )?;
    }
    let is_partial = run.failures + walk.failures() > 0 || is_refused;
    let exit = Exit::of_reading(interrupt.is_set(), is_partial);
    let is_found = run.found >= args.fail_on && args.fail_on.is_some();
    Ok(if exit == Exit::Ok && is_found { Exit::Findings } else { exit })
}

/// One object per file, written as it stands: a tree of values would be several times as large.
#[derive(Serialize)]
struct Document {
    file: String,
    reports: Vec<Report>,
    summary: Summary,
}

impl Document {
    fn of(file: String, analysis: Analysis) -> Document {
        Document { file, reports: analysis.reports, summary: analysis.summary }
    }
}

fn anonymiser(args: &Args) -> anyhow::Result<Option<Anonymiser>> {
    if !args.anonymise {
        return Ok(None);
    }
    let Some(path) = &args.anonymise_key_file else {
        return Ok(Some(Anonymiser::new(Pseudonyms::Numbered)));
    };
    let bytes = std::fs::read(path)
        .with_context(|| format!("cannot read the key in {}", path.display()))?;
    if bytes.len() < 32 {
        return Err(Mistake::Usage(format!(
            "the key in {} has {} bytes, 32 are needed: head -c 32 /dev/urandom > {}",
            path.display(),
            bytes.len(),
            path.display()
        ))
        .into());
    }
    let key = blake3::derive_key("foreshock kernel pseudonyms 2026", &bytes);
    Ok(Some(Anonymiser::new(Pseudonyms::Keyed(key))))
}

/// Files that are read as one log: the parts of a crash in one pstore folder; else each by itself.
fn groups(walk: &Walk) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut folders: BTreeMap<&Path, usize> = BTreeMap::new();
    for (at, input) in walk.inputs.iter().enumerate() {
        let name = input.path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let is_part = input.kind == Kind::File
            && ["dmesg-efi", "dmesg-erst", "dmesg-nvram", "dmesg-ramoops", "dmesg-pstore"]
                .iter()
                .any(|head| name.starts_with(head));
        let folder = input.path.parent().filter(|_| is_part);
        match folder.and_then(|folder| folders.get(folder)) {
            Some(group) => groups[*group].push(at),
            None => {
                if let Some(folder) = folder {
                    folders.insert(folder, groups.len());
                }
                groups.push(vec![at]);
            }
        }
    }
    groups
}

/// What is needed while reading.
struct Run<'a> {
    args: &'a Args,
    walk: &'a Walk,
    interrupt: &'a Interrupt,
    failures: u64,
    /// The worst that was found.
    found: Option<Severity>,
}

impl Run<'_> {
    /// Reads the files of a group as one log; `None` if interrupted before it began.
    fn read(&mut self, group: &[usize], progress: &mut Progress) -> Option<Analysis> {
        if self.interrupt.is_set() {
            return None;
        }
        let zone_offset_secs = self.args.zone;
        let now = written(&self.walk.inputs[group[0]]).unwrap_or_else(parse::now);
        let mut analyzer = Analyzer::new(Reference { now, zone_offset_secs });
        for at in group {
            self.feed(*at, &mut analyzer, progress);
        }
        Some(analyzer.finish())
    }

    fn feed(&mut self, at: usize, analyzer: &mut Analyzer, progress: &mut Progress) {
        let input = &self.walk.inputs[at];
        let mut reader = match LineReader::open(input, at as u32) {
            Ok(reader) => reader,
            Err(error) => return self.fail(&error, progress),
        };
        let mut batch = Batch::default();
        let mut lines = 0;
        while !self.interrupt.is_set() {
            match reader.next_batch(&mut batch) {
                Ok(More::End) => return,
                Ok(More::Waiting) => {}
                Ok(More::Read) => {
                    for line in batch.lines() {
                        analyzer.push(line.bytes);
                        analyzer.push(b"\n");
                    }
                    lines += batch.len() as u64;
                    let bytes = reader.disk_bytes();
                    progress.show(Position { bytes, lines, name: &input.name() });
                }
                Err(error) => return self.fail(&error, progress),
            }
        }
    }

    fn fail(&mut self, error: &sources::ReadError, progress: &mut Progress) {
        self.failures += 1;
        progress.clear();
        let _ = writeln!(io::stderr(), "foreshock: {error}");
    }

    /// Leaves what was asked for.
    fn choose(&mut self, analysis: &mut Analysis) {
        if let Some(asked) = self.args.boot {
            let boots = analysis.summary.boots.len() as i64;
            let wanted = if asked < 0 { boots + asked } else { asked };
            analysis.reports.retain(|r| i64::from(r.boot) == wanted);
            analysis.summary.boots.retain(|b| i64::from(b.index) == wanted);
        }
        analysis.reports.retain(|r| r.severity >= self.args.severity_min);
        let shown = analysis.reports.iter().filter(|r| !r.suppressed);
        self.found = self.found.max(shown.map(|r| r.severity).max());
    }
}

/// When a file was last written: dates without a year are read by it.
fn written(input: &Input) -> Option<Timestamp> {
    if input.kind != Kind::File {
        return None;
    }
    let modified = std::fs::metadata(&input.path).ok()?.modified().ok()?;
    let micros = modified.duration_since(UNIX_EPOCH).ok()?.as_micros();
    Some(Timestamp::from_micros(i64::try_from(micros).ok()?))
}
