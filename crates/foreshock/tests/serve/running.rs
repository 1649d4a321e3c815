//! A service that a test has started, and the little of HTTP that it takes to speak with it.

use serde_json::Value;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Nothing here takes so long.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn foreshock(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foreshock"));
    // The settings of a service on this machine are none of a test.
    command.env("CONFIGURATION_DIRECTORY", "/nonexistent");
    command.args(args).stdin(Stdio::null());
    command
}

/// A running service; killed when it is dropped.
pub(crate) struct Running {
    child: Arc<Mutex<Child>>,
    folder: PathBuf,
    said: PathBuf,
}

/// Kills a service, from any thread.
pub(crate) struct Killer(Arc<Mutex<Child>>);

impl Killer {
    pub(crate) fn kill(&self) {
        self.0.lock().unwrap().kill().unwrap();
    }
}

impl Running {
    pub(crate) fn start(folder: &Path, more: &[&str]) -> Running {
        Running::start_with(folder, more, &[])
    }

    /// The same with variables of the environment.
    pub(crate) fn start_with(folder: &Path, more: &[&str], env: &[(&str, &str)]) -> Running {
        let options = ["--syslog-tcp", "--syslog-udp", "--http"];
        let options = options.into_iter().flat_map(|option| [option, "127.0.0.1:0"]);
        let all: Vec<&str> = options.chain(more.iter().copied()).collect();
        let mut command = foreshock(&[]);
        command.envs(env.iter().copied());
        Running::start_as(command, folder, &all)
    }

    /// With these options alone.
    pub(crate) fn start_bare(folder: &Path, options: &[&str]) -> Running {
        Running::start_as(foreshock(&[]), folder, options)
    }

    /// By a command that runs the program.
    pub(crate) fn start_as(mut command: Command, folder: &Path, options: &[&str]) -> Running {
        std::fs::create_dir_all(folder).unwrap();
        let said = folder.join("said.txt");
        command.args(["serve", "--state", folder.to_str().unwrap()]);
        let child = command.args(options).stderr(File::create(&said).unwrap()).spawn().unwrap();
        let running =
            Running { child: Arc::new(Mutex::new(child)), folder: folder.to_owned(), said };
        running.wait(|running| running.said().contains("state in"));
        running
    }

    /// Has the settings read again, and waits until this is said of it.
    pub(crate) fn reload(&self, told: &str) {
        let before = self.said().len();
        let pid = self.child.lock().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
        self.wait(|running| running.said()[before..].contains(told));
    }

    /// What it wrote for people.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    fn wait(&self, is_so: impl Fn(&Running) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            let ended = self.child.lock().unwrap().try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < LIMIT, "{ended:?}: {}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Where a receiver listens.
    pub(crate) fn address(&self, name: &str) -> String {
        let said = self.said();
        let line = said.lines().find(|line| line.contains(name) && line.contains("listens on"));
        line.unwrap().rsplit(' ').next().unwrap().to_owned()
    }

    /// Waits until the status is so.
    pub(crate) fn until(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let status = |running: &Running| {
            let text = std::fs::read(running.folder.join("status.json")).ok()?;
            let status: Value = serde_json::from_slice(&text).ok()?;
            let pid = u64::from(running.child.lock().unwrap().id());
            (status["pid"].as_u64() == Some(pid)).then_some(status)
        };
        self.wait(|running| status(running).is_some_and(|status| is_so(&status)));
        status(self).unwrap()
    }

    pub(crate) fn killer(&self) -> Killer {
        Killer(Arc::clone(&self.child))
    }

    pub(crate) fn wait_killed(&mut self) {
        let _ = self.child.lock().unwrap().kill();
        self.child.lock().unwrap().wait().unwrap();
    }

    /// Sends it a signal: `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.lock().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Ends it in order.
    pub(crate) fn stop(self) {
        let pid = self.child.lock().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.child.lock().unwrap().wait().unwrap();
        assert_eq!(status.code(), Some(0), "{}", self.said());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Sends bytes, and closes.
pub(crate) fn send(address: &str, bytes: &[u8]) -> io::Result<()> {
    TcpStream::connect(address)?.write_all(bytes)
}

/// One request on a connection of its own; `None` if it was broken off.
fn ask(address: &str, request: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer))
}

pub(crate) fn post(address: &str, path: &str, body: &str) -> Option<(u16, String)> {
    post_with(address, "", path, body)
}

/// As the holder of a token.
pub(crate) fn post_as(address: &str, token: &str, path: &str, body: &str) -> Option<(u16, String)> {
    post_with(address, &format!("x-api-token: {token}\r\n"), path, body)
}

fn post_with(address: &str, headers: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let size = body.len();
    ask(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-type: application/json\r\nconnection: close\r\ncontent-length: {size}\r\n\r\n{body}"
        ),
    )
}

pub(crate) fn get(address: &str, path: &str) -> Option<(u16, String)> {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"))
}

/// Hands in one event with a token.
pub(crate) fn send_as(address: &str, token: &str, event: &str) -> Option<(u16, String)> {
    let size = event.len();
    ask(
        address,
        &format!(
            "POST /events/ingest HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-token: {token}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {size}\r\n\r\n{event}"
        ),
    )
}
