//! Senders of every kind that go on while the service is killed under them, and remember what they were told.

use crate::running;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Messages a turn, and the rest between two turns.
const AT_ONCE: u64 = 4;
const REST: Duration = Duration::from_millis(2);
/// Lines of a file before it is rotated: each fifth of a second, more often than the service is killed.
const ROTATED_AFTER: u64 = 400;
/// So many rotated files are kept: half a minute of them, far longer than the service is down.
const KEPT: u64 = 150;

/// Where the service listens now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addresses {
    pub(crate) tcp: String,
    pub(crate) udp: String,
    pub(crate) http: String,
}

/// What all senders share.
#[derive(Default)]
struct Shared {
    addresses: Mutex<Option<Addresses>>,
    is_over: AtomicBool,
}

impl Shared {
    fn goes_on(&self) -> bool {
        std::thread::sleep(REST);
        !self.is_over.load(Ordering::SeqCst)
    }

    fn address(&self, of: impl Fn(Addresses) -> String) -> Option<String> {
        self.addresses.lock().unwrap().clone().map(of)
    }
}

/// What a sender does until it is over; the numbers that were delivered as far as it knows.
type Sender = Box<dyn FnOnce(&Shared) -> Vec<u64> + Send>;

/// Running senders.
pub(crate) struct Senders {
    shared: Arc<Shared>,
    threads: Vec<(&'static str, JoinHandle<Vec<u64>>)>,
}

impl Senders {
    /// Starts one of each kind; `unix` is the socket, `file` the log that is written and rotated.
    pub(crate) fn start(unix: &Path, file: &Path) -> Senders {
        let shared = Arc::new(Shared::default());
        let mut threads = Vec::new();
        let mut start = |name, sender: Sender| {
            let shared = Arc::clone(&shared);
            threads.push((name, std::thread::spawn(move || sender(&shared))));
        };
        start("tcp", Box::new(tcp));
        start("udp", Box::new(udp));
        let path = unix.to_owned();
        start("unix", Box::new(move |shared| datagrams_to(&path, shared)));
        let path = file.to_owned();
        start("file", Box::new(move |shared| written(&path, shared)));
        start("single", Box::new(|shared| acknowledged("single", "/events/ingest", 1, shared)));
        start("bulk", Box::new(|shared| acknowledged("bulk", "/events/ingest_bulk", 5, shared)));
        Senders { shared, threads }
    }

    /// Tells where the service listens; `None` while it does not: then nobody sends but those who write to a file.
    pub(crate) fn tell(&self, addresses: Option<Addresses>) {
        *self.shared.addresses.lock().unwrap() = addresses;
    }

    /// Ends them; of each kind the numbers that were delivered as far as it knows: taken by the kernel, written, or
    /// acknowledged.
    pub(crate) fn end(self) -> Vec<(&'static str, Vec<u64>)> {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.threads.into_iter().map(|(name, thread)| (name, thread.join().unwrap())).collect()
    }
}

fn message(kind: &str, n: u64) -> String {
    format!("<14>Nov 26 00:00:00 gw1 app: took {kind} n={n};")
}

/// What a broken connection left half sent is not counted, and not sent again.
fn tcp(shared: &Shared) -> Vec<u64> {
    let (mut taken, mut next, mut stream) = (Vec::new(), 0, None::<TcpStream>);
    while shared.goes_on() {
        match (shared.address(|a| a.tcp), &stream) {
            (None, _) => stream = None,
            (Some(at), None) => stream = TcpStream::connect(at).ok(),
            (Some(_), Some(_)) => {}
        }
        let Some(open) = &mut stream else { continue };
        let numbers = next..next + AT_ONCE;
        let lines: String = numbers.clone().map(|n| message("tcp", n) + "\n").collect();
        match open.write_all(lines.as_bytes()) {
            // What is written to a connection that is closed already was taken by nobody.
            Ok(()) if is_open(open) => taken.extend(numbers),
            _ => stream = None,
        }
        next += AT_ONCE;
    }
    taken
}

fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let seen = stream.peek(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    seen.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

fn udp(shared: &Shared) -> Vec<u64> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (mut taken, mut next) = (Vec::new(), 0);
    while shared.goes_on() {
        let Some(at) = shared.address(|a| a.udp) else { continue };
        for n in next..next + AT_ONCE {
            if socket.send_to(message("udp", n).as_bytes(), &at).is_ok() {
                taken.push(n);
            }
        }
        next += AT_ONCE;
    }
    taken
}

fn datagrams_to(path: &Path, shared: &Shared) -> Vec<u64> {
    let (mut taken, mut next) = (Vec::new(), 0);
    while shared.goes_on() {
        if shared.address(|a| a.tcp).is_none() {
            continue;
        }
        // A new socket each time: the service's is another after each start.
        let socket = UnixDatagram::unbound().unwrap();
        socket.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        for n in next..next + AT_ONCE {
            if socket.send_to(message("unix", n).as_bytes(), path).is_ok() {
                taken.push(n);
            }
        }
        next += AT_ONCE;
    }
    taken
}

/// Rotated by renaming.
fn written(path: &Path, shared: &Shared) -> Vec<u64> {
    let (mut n, mut rotated) = (0_u64, 0_u64);
    while shared.goes_on() {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        for _ in 0..AT_ONCE {
            writeln!(file, "2026-11-26T00:00:00Z INFO app took file n={n};").unwrap();
            n += 1;
            if n.is_multiple_of(ROTATED_AFTER) {
                rotated += 1;
                let name = format!("{}.{rotated}", path.display());
                fs::rename(path, PathBuf::from(name)).unwrap();
                if rotated > KEPT {
                    fs::remove_file(format!("{}.{}", path.display(), rotated - KEPT)).unwrap();
                }
                file = OpenOptions::new().create(true).append(true).open(path).unwrap();
            }
        }
    }
    (0..n).collect()
}

/// Each request is repeated until it is acknowledged, with the same ids.
fn acknowledged(kind: &str, route: &str, at_once: u64, shared: &Shared) -> Vec<u64> {
    let (mut told, mut next) = (Vec::new(), 0);
    while shared.goes_on() {
        let Some(at) = shared.address(|a| a.http) else { continue };
        let event = |n| {
            format!(
                r#"{{"event_id":"{kind}-{n}","host":"web1","service":"app","severity":"info","message_raw":"took {kind} n={n};"}}"#
            )
        };
        let events: Vec<String> = (next..next + at_once).map(event).collect();
        let body = if at_once == 1 { events.concat() } else { format!("[{}]", events.join(",")) };
        if running::post(&at, route, &body).is_some_and(|(status, _)| status == 200) {
            told.extend(next..next + at_once);
            next += at_once;
        }
    }
    told
}
