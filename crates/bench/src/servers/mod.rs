//! What is measured: a server as a child of this program, with a folder of its own that goes with it.

mod child;
pub(crate) mod foreshock;
pub(crate) mod rsyslog;
pub(crate) mod syslog_ng;

use crate::machine::{Usage, pause};
use anyhow::{Result, bail};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A running server.
pub(crate) trait Server {
    /// Where it listens for syslog.
    fn syslog(&self) -> SocketAddr;

    /// Messages that arrived where they are to arrive: on the disk, in the file, at the next server.
    ///
    /// # Errors
    /// If it does not say.
    fn arrived(&mut self) -> Result<u64>;

    /// What it has used so far.
    fn usage(&self) -> Usage;

    /// Halts it, or lets it go on.
    ///
    /// # Errors
    /// If it is gone.
    fn halt(&self, is_halted: bool) -> Result<()>;
}

/// Waits until so many messages arrived, or none has for as long as `silence`; how many did.
///
/// # Errors
/// If the server does not say.
pub(crate) fn wait_for(server: &mut dyn Server, messages: u64, silence: Duration) -> Result<u64> {
    let (mut last, mut since) = (server.arrived()?, Instant::now());
    while last < messages && since.elapsed() < silence {
        pause(10);
        let now = server.arrived()?;
        if now > last {
            (last, since) = (now, Instant::now());
        }
    }
    Ok(last)
}

/// The programs.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub(crate) foreshock: PathBuf,
    pub(crate) rsyslog: Option<PathBuf>,
    pub(crate) syslog_ng: Option<PathBuf>,
}

impl Programs {
    /// # Errors
    /// If there is no Foreshock. Peers may be missing: their columns stay empty.
    pub(crate) fn find(
        foreshock: Option<PathBuf>,
        rsyslog: PathBuf,
        syslog_ng: PathBuf,
    ) -> Result<Programs> {
        let beside = std::env::current_exe().ok().map(|own| own.with_file_name("foreshock"));
        let Some(foreshock) = foreshock.or(beside).filter(|path| path.exists()) else {
            bail!(
                "there is no program foreshock: `cargo build --release -p foreshock`, or name one with --foreshock"
            );
        };
        let there = |path: PathBuf, package: &str| {
            if path.exists() {
                return Some(path);
            }
            eprintln!("bench: without {}: Debian's package {package} has it", path.display());
            None
        };
        Ok(Programs {
            foreshock,
            rsyslog: there(rsyslog, "rsyslog (with rsyslog-relp)"),
            syslog_ng: there(syslog_ng, "syslog-ng-core"),
        })
    }

    /// The first line that each says of itself.
    pub(crate) fn versions(&self) -> String {
        let all = [
            (Some(&self.foreshock), "--version"),
            (self.rsyslog.as_ref(), "-v"),
            (self.syslog_ng.as_ref(), "--version"),
        ];
        let said = all.into_iter().filter_map(|(path, option)| {
            let output = Command::new(path?).arg(option).stdin(Stdio::null()).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            // syslog-ng gives its exact number in brackets, rsyslog its own after its name.
            Some(text.lines().next()?.split(" (aka").next()?.trim().to_owned())
        });
        said.collect::<Vec<_>>().join("; ")
    }
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A template with its holes filled in.
fn filled(template: &str, holes: &[(&str, &str)]) -> String {
    holes.iter().fold(template.to_owned(), |text, (hole, value)| {
        text.replace(&format!("{{{hole}}}"), value)
    })
}

/// A folder for one run.
fn folder(work: &Path) -> Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new().prefix("foreshock-bench-").tempdir_in(work)?)
}
