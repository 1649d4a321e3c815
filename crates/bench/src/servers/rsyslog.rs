//! rsyslog into a file; its queue in memory or on the disk.

use super::child::Child;
use super::{Server, filled, folder, free_port};
use crate::machine::Usage;
use anyhow::Result;
use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

const CONFIG: &str = include_str!("../../configs/rsyslog.conf");

/// How it receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    Tcp,
    Udp,
    Relp,
}

/// Where messages wait between input and file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    /// Gone with the process.
    Memory,
    /// On the disk, its defaults otherwise: never synced, and without its list of files after a crash.
    Disk,
    /// On the disk, synced and with its list written for each message.
    Synced,
}

pub(crate) struct Rsyslog {
    child: Child,
    syslog: SocketAddr,
    lines: Lines,
    _folder: tempfile::TempDir,
}

impl Rsyslog {
    /// # Errors
    /// If it does not start.
    pub(crate) fn start(
        program: &Path,
        work: &Path,
        input: Input,
        queue: Queue,
    ) -> Result<Rsyslog> {
        let folder = folder(work)?;
        let port = free_port()?;
        let (modules, input_config) = match input {
            Input::Tcp => (
                "module(load=\"imtcp\" maxSessions=\"500\")".to_owned(),
                format!("input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\")"),
            ),
            // As large a buffer as Foreshock asks for.
            Input::Udp => (
                "module(load=\"imudp\" batchSize=\"128\")".to_owned(),
                format!(
                    "input(type=\"imudp\" address=\"127.0.0.1\" port=\"{port}\" rcvbufSize=\"32m\")"
                ),
            ),
            Input::Relp => (
                "module(load=\"imrelp\")".to_owned(),
                format!("input(type=\"imrelp\" address=\"127.0.0.1\" port=\"{port}\")"),
            ),
        };
        let queue = match queue {
            Queue::Memory => "queue.type=\"FixedArray\" queue.size=\"200000\"",
            Queue::Disk => "queue.type=\"Disk\" queue.filename=\"queue\" queue.maxDiskSpace=\"4g\"",
            Queue::Synced => {
                "queue.type=\"Disk\" queue.filename=\"queue\" queue.maxDiskSpace=\"4g\" queue.checkpointInterval=\"1\" queue.syncQueueFiles=\"on\""
            }
        };
        let path = folder.path().to_string_lossy().into_owned();
        let holes = [
            ("work", path.as_str()),
            ("modules", &modules),
            ("queue", queue),
            ("input", &input_config),
        ];
        let config = folder.path().join("rsyslog.conf");
        std::fs::write(&config, filled(CONFIG, &holes))?;
        let mut command = Command::new(program);
        command.arg("-n").arg("-f").arg(&config).arg("-i").arg(folder.path().join("pid"));
        let mut child = Child::start(&mut command, folder.path())?;
        let syslog = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match input {
            Input::Udp => child.wait(|_| is_bound(port))?,
            Input::Tcp | Input::Relp => child.wait_for_port(syslog)?,
        }
        let lines = Lines::of(folder.path().join("out.log"));
        Ok(Rsyslog { child, syslog, lines, _folder: folder })
    }

    /// Ends it; messages in the file.
    ///
    /// # Errors
    /// If it does not end.
    pub(crate) fn end(mut self) -> Result<u64> {
        self.child.end()?;
        self.lines.count()
    }
}

/// Whether somebody has the port of datagrams (`/proc/net/udp`).
fn is_bound(port: u16) -> bool {
    let table = std::fs::read_to_string("/proc/net/udp").unwrap_or_default();
    table.contains(&format!("0100007F:{port:04X}"))
}

impl Server for Rsyslog {
    fn syslog(&self) -> SocketAddr {
        self.syslog
    }

    fn arrived(&mut self) -> Result<u64> {
        self.lines.count()
    }

    fn usage(&self) -> Usage {
        self.child.usage()
    }

    fn halt(&self, is_halted: bool) -> Result<()> {
        self.child.halt(is_halted)
    }
}

/// Counts the messages of a file that grows; what it says of itself (`rsyslogd: …`) is none.
struct Lines {
    path: std::path::PathBuf,
    file: Option<File>,
    buffer: Vec<u8>,
    messages: u64,
}

impl Lines {
    fn of(path: std::path::PathBuf) -> Lines {
        Lines { path, file: None, buffer: vec![0; 1 << 18], messages: 0 }
    }

    fn count(&mut self) -> Result<u64> {
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(_) => return Ok(0),
            }
        }
        let Some(file) = &mut self.file else { return Ok(0) };
        loop {
            let read = file.read(&mut self.buffer)?;
            if read == 0 {
                return Ok(self.messages);
            }
            // Each message ends in its number, and holds one semicolon before a line's end.
            self.messages += memchr::memmem::find_iter(&self.buffer[..read], b";\n").count() as u64;
            if self.buffer[read - 1] == b';' {
                // The end of the line comes with the next bytes.
                let mut one = [0];
                if file.read(&mut one)? == 1 && one[0] == b'\n' {
                    self.messages += 1;
                }
            }
        }
    }
}
