//! `foreshock serve` as a user starts it; what it says of itself by `/status`.

use super::child::Child;
use super::{Server, folder};
use crate::load::http;
use crate::machine::{Usage, threads};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// So that a long run fills no disk: what is kept is measured, not how much of it.
const SETTINGS: &str = "\
[listen]
syslog_tcp = [\"127.0.0.1:0\"]
syslog_udp = [\"127.0.0.1:0\"]
http = \"127.0.0.1:0\"
[retention]
raw_bytes = \"2GiB\"
events_bytes = \"1GiB\"
";

pub(crate) struct Foreshock {
    child: Child,
    syslog: SocketAddr,
    pub(crate) http: SocketAddr,
    folder: tempfile::TempDir,
}

/// What the service counted in the end.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Counts {
    /// Durable.
    pub(crate) stored: u64,
    /// Never reached it, and known to it.
    pub(crate) lost: u64,
}

impl Foreshock {
    /// # Errors
    /// If it does not start.
    pub(crate) fn start(program: &Path, work: &Path, is_udp: bool) -> Result<Foreshock> {
        let folder = folder(work)?;
        let settings = folder.path().join("foreshock.toml");
        std::fs::write(&settings, SETTINGS)?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--state").arg(folder.path().join("state"));
        command.arg("--config").arg(settings).args(["--color", "never"]);
        let mut child = Child::start(&mut command, folder.path())?;
        child.wait(|child| child.said().contains("state in"))?;
        let said = child.said();
        let address = |name: &str| -> Result<SocketAddr> {
            let mut lines = said.lines().filter(|line| line.contains("listens on"));
            let line = lines.find(|line| line.contains(name));
            let word = line.and_then(|line| line.rsplit(' ').next());
            word.and_then(|word| word.parse().ok()).with_context(|| format!("no {name}: {said}"))
        };
        let syslog = address(if is_udp { "syslog-udp" } else { "syslog-tcp" })?;
        let http = address("http")?;
        Ok(Foreshock { child, syslog, http, folder })
    }

    /// What it says of itself now.
    ///
    /// # Errors
    /// If it does not answer.
    pub(crate) fn status(&self) -> Result<Value> {
        let (status, body) = http::get(self.http, "/status")?;
        if status != 200 {
            bail!("/status answers {status}");
        }
        Ok(serde_json::from_slice(&body)?)
    }

    /// Messages that can be searched: all that was received is in what is known.
    ///
    /// # Errors
    /// If it does not answer.
    pub(crate) fn known(&self) -> Result<u64> {
        let status = self.status()?;
        let spooled = number(&status, "/intake/spooled");
        // Not the events: the lines of a kernel's report are one.
        Ok(spooled.saturating_sub(number(&status, "/engine/lag_records")))
    }

    /// CPU seconds by thread.
    pub(crate) fn threads(&self) -> BTreeMap<String, f64> {
        threads(self.child.pid())
    }

    /// Lines that it has said.
    pub(crate) fn lines_said(&self) -> usize {
        self.child.said().lines().count()
    }

    /// Ends it in order; what it counted.
    ///
    /// # Errors
    /// If it does not end, or left no word.
    pub(crate) fn end(mut self) -> Result<Counts> {
        self.child.end()?;
        let text = std::fs::read(self.folder.path().join("state/status.json"))?;
        let status: Value = serde_json::from_slice(&text)?;
        let lost = status["intake"]["lost"].as_object().context("no counts of what was lost")?;
        let source = |kind: &str| {
            let sources = status["sources"].as_array().into_iter().flatten();
            sources
                .filter(|one| one["kind"] == kind)
                .filter_map(|one| one["received"].as_u64())
                .sum()
        };
        let received: u64 = source("syslog_udp");
        let stored = number(&status, "/intake/stored");
        // Of datagrams the receiver's own gap records are no messages.
        let stored = if received > 0 { received } else { stored };
        Ok(Counts { stored, lost: lost.values().filter_map(Value::as_u64).sum() })
    }
}

fn number(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or(0)
}

impl Server for Foreshock {
    fn syslog(&self) -> SocketAddr {
        self.syslog
    }

    /// Durable.
    fn arrived(&mut self) -> Result<u64> {
        Ok(number(&self.status()?, "/intake/spooled"))
    }

    fn usage(&self) -> Usage {
        self.child.usage()
    }

    fn halt(&self, is_halted: bool) -> Result<()> {
        self.child.halt(is_halted)
    }
}
