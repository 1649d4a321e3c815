//! A child process: started, halted, ended; killed if this program forgets it.

use crate::machine::{Usage, pause, usage};
use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child as Process, Command, Stdio};
use std::time::{Duration, Instant};

/// Starting and ending take no longer.
const LIMIT: Duration = Duration::from_secs(60);

pub(super) struct Child {
    process: Process,
    said: PathBuf,
}

impl Child {
    /// Starts a command; what it says goes to `said.txt` in its folder.
    pub(super) fn start(command: &mut Command, folder: &Path) -> Result<Child> {
        let said = folder.join("said.txt");
        let file = File::create(&said)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let process = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        Ok(Child { process, said })
    }

    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(super) fn usage(&self) -> Usage {
        usage(self.pid())
    }

    /// Waits until something is so.
    pub(super) fn wait(&mut self, mut is_so: impl FnMut(&Child) -> bool) -> Result<()> {
        let began = Instant::now();
        while !is_so(self) {
            if let Some(status) = self.process.try_wait()? {
                bail!("ended with {status}: {}", self.said());
            }
            if began.elapsed() > LIMIT {
                bail!("not ready after {} s: {}", LIMIT.as_secs(), self.said());
            }
            pause(10);
        }
        Ok(())
    }

    /// Waits until it listens there.
    pub(super) fn wait_for_port(&mut self, address: SocketAddr) -> Result<()> {
        self.wait(|_| TcpStream::connect(address).is_ok())
    }

    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.pid()).context("no process")?;
        kill(Pid::from_raw(pid), signal).context("it is gone")
    }

    pub(super) fn halt(&self, is_halted: bool) -> Result<()> {
        self.signal(if is_halted { Signal::SIGSTOP } else { Signal::SIGCONT })
    }

    /// Asks it to end, and waits for it.
    pub(super) fn end(&mut self) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        let began = Instant::now();
        while self.process.try_wait()?.is_none() {
            if began.elapsed() > LIMIT {
                bail!("does not end: {}", self.said());
            }
            pause(10);
        }
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
