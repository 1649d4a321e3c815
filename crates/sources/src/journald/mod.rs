//! The journal of this machine → records, by `journalctl` as a child: its export format keeps every byte, and what the
//! journal's files look like stays the business of the program that came with them. (A binding to its library would
//! tie the program to that library's version, and is under the LGPL.)
//!
//! An entry's key is its cursor. The cursor is noted after the answer, so after a crash some entries come again, with
//! the same ids.

mod export;

pub use export::{Entry, Export};

use crate::follow::Begin;
use crate::inlet::{Inlet, Origins, Receiver, Tenancy, spawn};
use crate::noted;
use model::intake::{Batch, Facts, RECORD_BYTES_MAX};
use model::{Cursor, Origin, TenantId, Transport};
use std::collections::VecDeque;
use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver as Queue, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_128;

/// Bytes that are read of the child at once.
const PIECE_BYTES: usize = 128 << 10;
/// Pieces between the reading thread and the receiver: so much is in memory at most.
const PIECES: usize = 8;
/// A batch is handed in once it has so many bytes.
const BATCH_BYTES: usize = 512 << 10;
/// … or nothing more came for so long.
const LINGER: Duration = Duration::from_millis(2);
/// A silent journal is left so often, to see whether to end.
const SILENCE: Duration = Duration::from_millis(200);
/// The cursor is noted at most so often.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// A child that ended is started again after this, twice as long each time up to the longest.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Lines of its complaints that are kept, and bytes of each.
const COMPLAINTS: usize = 3;
const COMPLAINT_BYTES: u64 = 500;

/// What to read, and for whom.
#[derive(Debug, Clone)]
pub struct JournaldConfig {
    /// The source's name; its id.
    pub name: String,
    /// The client whose records these are.
    pub tenant: TenantId,
    /// Where the cursor is noted.
    pub place: PathBuf,
    /// Where to begin the first time.
    pub begin: Begin,
    /// The program.
    pub journalctl: PathBuf,
    /// Further options, such as `--unit=…` or `--namespace=…`.
    pub options: Vec<String>,
    /// A child that ended is started again after this, twice as long each time.
    pub pause: Duration,
}

impl JournaldConfig {
    /// The whole journal of this machine.
    pub fn new(name: impl Into<String>, place: PathBuf, tenant: TenantId) -> JournaldConfig {
        JournaldConfig {
            name: name.into(),
            tenant,
            place,
            begin: Begin::Beginning,
            journalctl: "journalctl".into(),
            options: Vec::new(),
            pause: PAUSE,
        }
    }
}

/// Starts reading.
///
/// # Errors
/// If the cursor cannot be read or noted, or the system gives no thread. That the journal itself cannot be read is told
/// by the source's health, and tried again.
pub fn start(config: JournaldConfig, inlet: &Inlet) -> io::Result<Receiver> {
    noted::try_out(&config.place)?;
    let cursor = match fs::read_to_string(&config.place) {
        Ok(text) => Some(text.trim().to_owned()).filter(|cursor| !cursor.is_empty()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let inlet = inlet.of_receiver();
    spawn(inlet, None, move |inlet| Journald::new(config, cursor, inlet).run())
}

struct Journald<'a> {
    inlet: &'a Inlet,
    config: JournaldConfig,
    origin: Arc<Origin>,
    /// The last entry that is stored.
    stored: Option<String>,
    /// The last entry that is in the batch or stored.
    taken: Option<String>,
    batch: Batch,
    /// Entries that were there before us are still being read.
    is_old: bool,
    saved: (Option<String>, Instant),
    pause: Duration,
}

impl<'a> Journald<'a> {
    fn new(config: JournaldConfig, cursor: Option<String>, inlet: &'a Inlet) -> Journald<'a> {
        let tenancy = Tenancy::of(config.tenant.clone());
        Journald {
            inlet,
            origin: Origins::new(&config.name, "journald", Transport::Journal, tenancy)
                .of_peer(None),
            stored: cursor.clone(),
            taken: cursor.clone(),
            batch: Batch::new().urgent(),
            is_old: true,
            saved: (cursor, Instant::now()),
            pause: config.pause,
            config,
        }
    }

    fn run(mut self) {
        while !self.inlet.stop().is_set() {
            let why = match self.command().spawn() {
                Ok(child) => self.listen(child),
                Err(error) => match error.kind() {
                    ErrorKind::NotFound => {
                        "there is no such program (this machine has no systemd? then leave the journal out)".into()
                    }
                    _ => crate::error::explain(&error),
                },
            };
            self.save();
            if self.inlet.stop().is_set() {
                break;
            }
            let now = self.inlet.now();
            let program = self.config.journalctl.display();
            let told = format!("cannot read the journal by {program}: {why}");
            self.inlet.counters().with(|health| health.fails(now, told));
            self.inlet.stop().wait(self.pause);
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.config.journalctl);
        command.args(["--output=export", "--follow", "--no-pager", "--quiet"]);
        match (&self.stored, self.config.begin) {
            (Some(cursor), _) => command.arg("--no-tail").arg(format!("--after-cursor={cursor}")),
            (None, Begin::Beginning) => command.arg("--no-tail"),
            (None, Begin::End) => command.arg("--lines=0"),
        };
        command.args(&self.config.options);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Reads what a child says until it or we end; why it ended.
    fn listen(&mut self, mut child: Child) -> String {
        let (sender, pieces) = sync_channel(PIECES);
        let complaints: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let kept = Arc::clone(&complaints);
        let threads = [
            stdout.map(|stdout| thread::spawn(move || read(stdout, &sender))),
            stderr.map(|stderr| thread::spawn(move || keep_last(stderr, &kept))),
        ];
        // Entries that were taken and not stored come again from the last cursor.
        self.taken.clone_from(&self.stored);
        self.take(&pieces);
        self.batch = Batch::new().urgent();
        drop(pieces);
        let _ = child.kill();
        let status = child.wait();
        threads.into_iter().flatten().for_each(|thread| drop(thread.join()));
        let complaints = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        match (complaints.is_empty(), status) {
            (false, _) => complaints.iter().map(String::as_str).collect::<Vec<_>>().join("; "),
            (true, Ok(status)) => format!("it ended ({status})"),
            (true, Err(error)) => error.to_string(),
        }
    }

    fn take(&mut self, pieces: &Queue<Vec<u8>>) {
        let mut export = Export::new(RECORD_BYTES_MAX);
        while !self.inlet.stop().is_set() {
            let patience = if self.batch.is_empty() { SILENCE } else { LINGER };
            match pieces.recv_timeout(patience) {
                Ok(piece) => {
                    self.pause = self.config.pause;
                    self.inlet.counters().with(crate::Health::recovers);
                    let mut is_stored = true;
                    export.push(&piece, &mut |entry| is_stored = is_stored && self.entry(entry));
                    if !is_stored {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    if !self.store() {
                        return;
                    }
                    self.is_old = false;
                    self.save_if_due();
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let _ = self.store();
                    return;
                }
            }
        }
        let _ = self.store();
    }

    /// Takes in one entry; `false` if the receiver is to end.
    fn entry(&mut self, entry: Entry<'_>) -> bool {
        let received = Facts::received(self.inlet.now());
        let cursor = match entry.cursor {
            [] => received.cursor,
            cursor => Cursor::Key { hash: xxh3_128(cursor) },
        };
        let facts = Facts { cursor, truncated: entry.is_truncated, old: self.is_old, ..received };
        if self.batch.push(&self.origin, "", facts, entry.bytes).is_err() {
            if !self.store() {
                return false;
            }
            let _ = self.batch.push(&self.origin, "", facts, entry.bytes);
        }
        if let Ok(cursor) = std::str::from_utf8(entry.cursor)
            && !cursor.is_empty()
        {
            self.taken = Some(cursor.to_owned());
        }
        self.batch.payload_bytes() < BATCH_BYTES || self.store()
    }

    fn store(&mut self) -> bool {
        let batch = std::mem::replace(&mut self.batch, Batch::new().urgent());
        if !self.inlet.store(batch) {
            return false;
        }
        self.stored.clone_from(&self.taken);
        self.save_if_due();
        true
    }

    fn save_if_due(&mut self) {
        if self.saved.1.elapsed() >= SAVE_EVERY {
            self.save();
        }
    }

    fn save(&mut self) {
        let Some(cursor) = &self.stored else { return };
        if self.saved.0.as_ref() == Some(cursor) {
            return;
        }
        match noted::replace(&self.config.place, format!("{cursor}\n").as_bytes()) {
            Ok(()) => self.saved = (Some(cursor.clone()), Instant::now()),
            Err(error) => {
                let place = self.config.place.display();
                let told =
                    format!("cannot note the cursor in {place}: {}", crate::error::explain(&error));
                let now = self.inlet.now();
                self.inlet.counters().with(|health| health.last_error = Some((now, told)));
            }
        }
    }
}

/// Sends what the child says; ends with it, or when nobody listens any more.
fn read(mut stdout: impl Read, pieces: &SyncSender<Vec<u8>>) {
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        match stdout.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => {
                if pieces.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Keeps the last lines of what the child complains of.
fn keep_last(stderr: impl Read, kept: &Mutex<VecDeque<String>>) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    while matches!((&mut reader).take(COMPLAINT_BYTES).read_until(b'\n', &mut line), Ok(1..)) {
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        line.clear();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !text.is_empty() {
            kept.push_back(text);
        }
        if kept.len() > COMPLAINTS {
            kept.pop_front();
        }
    }
}
