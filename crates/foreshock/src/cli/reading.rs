//! What to read: options that every command over logs has.

use super::{Mistake, parse};
use model::{TenantId, Timestamp};
use std::io::{self, IsTerminal};
use std::path::PathBuf;

/// Paths, and how to understand what stands there.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Reading {
    /// Log files and folders (compressed ones too), or - for standard input
    ///
    /// Folders are read recursively; hidden files and what is no text are left out. Without PATH,
    /// what is piped in is read.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Leave out what was over by then: 2026-11-20, 2026-11-20T08:30:00Z, or 7d (ago)
    ///
    /// Older lines are read all the same: they say what is usual.
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    pub(crate) since: Option<Timestamp>,
    /// Ignore lines from then on, as if read at that time; written as for --since
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    pub(crate) until: Option<Timestamp>,
    /// Zone of times that name none, as an offset from UTC: +02:00
    #[arg(long, value_name = "OFFSET", default_value = "Z", value_parser = parse::zone)]
    #[arg(allow_hyphen_values = true)]
    pub(crate) zone: i32,
    /// Client whose logs these are
    #[arg(long, value_name = "NAME", default_value = "local", value_parser = tenant)]
    pub(crate) tenant: TenantId,
}

fn tenant(name: &str) -> Result<TenantId, &'static str> {
    match name.trim() {
        "" => Err("write a name"),
        name => Ok(TenantId::new(name)),
    }
}

impl Reading {
    /// The paths to read; standard input if there are none and something is piped in.
    ///
    /// # Errors
    /// If there is nothing to read, or the time range is empty.
    pub(crate) fn paths(&self) -> Result<Vec<PathBuf>, Mistake> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            return Err(Mistake::Usage(format!(
                "--since {since} is not before --until {until}: nothing is in between"
            )));
        }
        paths_or_stdin(&self.paths)
    }
}

/// `paths`, or standard input if there are none and something is piped in.
pub(super) fn paths_or_stdin(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Mistake> {
    if !paths.is_empty() {
        return Ok(paths.to_vec());
    }
    if io::stdin().is_terminal() {
        return Err(Mistake::Usage(
            "nothing to read: name files or folders (foreshock scan /var/log), or pipe a log in \
             (journalctl -o json | foreshock scan)"
                .into(),
        ));
    }
    Ok(vec!["-".into()])
}
