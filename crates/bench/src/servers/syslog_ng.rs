//! syslog-ng with its reliable disk buffer, which stands before a network destination; a thread here is that
//! destination and counts.

use super::child::Child;
use super::{Server, filled, folder, free_port};
use crate::machine::Usage;
use anyhow::Result;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const CONFIG: &str = include_str!("../../configs/syslog-ng.conf");

pub(crate) struct SyslogNg {
    child: Child,
    syslog: SocketAddr,
    counted: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

impl SyslogNg {
    /// # Errors
    /// If it does not start.
    pub(crate) fn start(program: &Path, work: &Path) -> Result<SyslogNg> {
        let folder = folder(work)?;
        let port = free_port()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let sink = listener.local_addr()?.port();
        let counted = Arc::new(AtomicU64::new(0));
        let of_thread = Arc::clone(&counted);
        // Ends with the server, which is its only caller.
        std::thread::spawn(move || listener.accept().map(|(stream, _)| count(stream, &of_thread)));
        let path = folder.path().to_string_lossy().into_owned();
        let (port_text, sink_text) = (port.to_string(), sink.to_string());
        let holes = [("work", path.as_str()), ("port", &port_text), ("sink", &sink_text)];
        let config = folder.path().join("syslog-ng.conf");
        std::fs::write(&config, filled(CONFIG, &holes))?;
        let mut command = Command::new(program);
        command.arg("--foreground").arg("--no-caps").arg("--cfgfile").arg(&config);
        for (option, file) in
            [("--persist-file", "persist"), ("--pidfile", "pid"), ("--control", "control")]
        {
            command.arg(option).arg(folder.path().join(file));
        }
        let mut child = Child::start(&mut command, folder.path())?;
        let syslog = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        child.wait_for_port(syslog)?;
        Ok(SyslogNg { child, syslog, counted, _folder: folder })
    }

    /// Ends it.
    ///
    /// # Errors
    /// If it does not end.
    pub(crate) fn end(mut self) -> Result<()> {
        self.child.end()
    }
}

fn count(mut stream: TcpStream, counted: &AtomicU64) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read) = stream.read(&mut buffer) {
        if read == 0 {
            return;
        }
        let lines = memchr::memchr_iter(b'\n', &buffer[..read]).count();
        counted.fetch_add(lines as u64, Ordering::Relaxed);
    }
}

impl Server for SyslogNg {
    fn syslog(&self) -> SocketAddr {
        self.syslog
    }

    fn arrived(&mut self) -> Result<u64> {
        Ok(self.counted.load(Ordering::Relaxed))
    }

    fn usage(&self) -> Usage {
        self.child.usage()
    }

    fn halt(&self, is_halted: bool) -> Result<()> {
        self.child.halt(is_halted)
    }
}
