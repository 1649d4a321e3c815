//! `--incidents FILE` → the incidents in it; what cannot be used of it is said before anything else is
//! read, for a replay may take an hour and a typing error should not.

use crate::backtest::{INCIDENTS_MAX, Incidents, Rules, parse};
use crate::cli::{Mistake, Talk, parse as words};
use model::Span;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// How often a digest is made where the person does not say it: leads are told to the hour.
const DIGEST_EVERY: Span = Span::HOUR;
/// Bytes of a file that are read; ten thousand incidents have room in far less.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Options about incidents that are known from elsewhere.
#[derive(Debug, clap::Args)]
pub(crate) struct Known {
    /// Known incidents: tell last what had been shown before each, and how long before
    #[arg(long, value_name = "FILE")]
    pub(crate) incidents: Option<PathBuf>,
    /// An item counts if it was first shown at most so long before an incident
    #[arg(long, value_name = "SPAN", value_parser = words::span, requires = "incidents")]
    #[arg(default_value = "14d")]
    pub(crate) incident_window: Span,
}

impl Known {
    /// How the backtest is made, with a digest each so often if the person says so.
    pub(super) fn rules(&self, digest_every: Option<Span>) -> Rules {
        let digest_every = digest_every.unwrap_or(DIGEST_EVERY);
        Rules { window: self.incident_window, digest_every }
    }

    /// The incidents, if there is to be a backtest. `streams` are the other inputs.
    pub(super) fn read(
        &self,
        streams: &[PathBuf],
        zone: i32,
    ) -> Result<Option<Incidents>, Mistake> {
        let Some(path) = &self.incidents else {
            return Ok(None);
        };
        let is_stdin = |path: &Path| path.as_os_str() == "-";
        if is_stdin(path) && streams.iter().any(|stream| is_stdin(stream)) {
            let twice = "stream and incidents cannot both be standard input: name a file for one";
            return Err(Mistake::Usage(twice.to_owned()));
        }
        let name = path.display().to_string();
        let unusable = |what: String| {
            let (name, what) = (outputs::safe::text(&name), outputs::safe::text(&what));
            Mistake::Usage(format!("cannot use the incidents of {name}: {what}"))
        };
        let bytes = match is_stdin(path) {
            true => bytes(io::stdin().lock()),
            false => File::open(path).and_then(bytes),
        };
        let bytes = bytes.map_err(|error| unusable(error.to_string()))?;
        let incidents = parse(&bytes, zone).map_err(|error| unusable(error.to_string()))?;
        Ok(Some(incidents))
    }
}

/// All bytes, if they are not too many.
fn bytes(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let mib = FILE_BYTES_MAX >> 20;
        return Err(io::Error::other(format!("it is larger than {mib} MiB: split it")));
    }
    Ok(bytes)
}

/// Says what of the file is not used.
pub(super) fn tell(incidents: &Incidents, talk: Talk, to: &mut dyn Write) -> io::Result<()> {
    if !talk.quiet && !incidents.ignored.is_empty() {
        let names: Vec<&str> = incidents.ignored.iter().map(String::as_str).collect();
        let names = outputs::safe::text(&names.join(", ")).into_owned();
        writeln!(to, "foreshock: columns of the incidents that are not used: {names}")?;
    }
    for bad in &incidents.bad {
        let what = outputs::safe::text(&bad.what);
        writeln!(to, "foreshock: line {} of the incidents is left out: {what}", bad.line)?;
    }
    let more = incidents.bad_total - incidents.bad.len() as u64;
    if more > 0 {
        writeln!(to, "foreshock: {more} more rows of the incidents are left out")?;
    }
    if incidents.left_out > 0 {
        writeln!(
            to,
            "foreshock: only the first {INCIDENTS_MAX} incidents are judged; {} more are left out: \
             split the file",
            incidents.left_out
        )?;
    }
    Ok(())
}
