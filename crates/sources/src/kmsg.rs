//! The kernel's ring (`/dev/kmsg`) → records. The kernel gives one record a read and never waits for a reader: what it
//! overwrites before it was read is lost. But it numbers its records, so each loss is counted.
//!
//! A record's key is boot and number: the same after a restart, when the whole ring is given again.

use crate::inlet::{Inlet, Loss, Origins, Receiver, Tenancy, spawn};
use crate::noted;
use model::intake::{Batch, Facts};
use model::{Cursor, Origin, TenantId, Transport};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_128;

/// The kernel's records have at most 8 KiB with their headers; a smaller buffer is an error to it.
const RECORD_BYTES_MAX: usize = 16 << 10;
/// A batch is handed in once it has so many records.
const BATCH_RECORDS: usize = 1_024;
/// A silent ring is looked at so often.
const SILENCE: Duration = Duration::from_millis(100);
/// The place is noted at most so often.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// After an error the device is opened again.
const ERROR_PAUSE: Duration = Duration::from_secs(5);
/// `EPIPE`: the next record was overwritten; the next read goes on behind the gap.
const OVERWRITTEN: i32 = 32;
/// Where the kernel says which boot this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// What gives one record a read, as `/dev/kmsg` does: `WouldBlock` if there is none, `EPIPE` if some were overwritten.
pub trait Ring: Send {
    /// Reads the next record.
    ///
    /// # Errors
    /// As above; any other ends the reading until the ring is opened again.
    fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize>;
}

impl Ring for File {
    fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(buffer)
    }
}

/// Opens a ring from its first record.
pub type OpenRing = Box<dyn FnMut() -> io::Result<Box<dyn Ring>> + Send>;

/// What to read, and for whom.
pub struct KmsgConfig {
    /// The source's name; its id.
    pub name: String,
    /// The client whose records these are.
    pub tenant: TenantId,
    /// Where it is noted how far the ring was read.
    pub place: PathBuf,
    /// The boot's name.
    pub boot_id: String,
    /// The ring.
    pub open: OpenRing,
}

impl KmsgConfig {
    /// This machine's ring.
    ///
    /// # Errors
    /// If the system does not say which boot this is.
    pub fn new(
        name: impl Into<String>,
        place: PathBuf,
        tenant: TenantId,
    ) -> io::Result<KmsgConfig> {
        let boot_id = fs::read_to_string(BOOT_ID)?.trim().to_owned();
        let open = Box::new(|| {
            let mut options = OpenOptions::new();
            options.read(true).custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits());
            options.open("/dev/kmsg").map(|file| Box::new(file) as Box<dyn Ring>)
        });
        Ok(KmsgConfig { name: name.into(), tenant, place, boot_id, open })
    }
}

/// Starts reading.
///
/// # Errors
/// If the place cannot be read or written, or the system gives no thread. That the ring itself cannot be read is told
/// by the source's health, and tried again.
pub fn start(config: KmsgConfig, inlet: &Inlet) -> io::Result<Receiver> {
    noted::try_out(&config.place)?;
    let read = read_place(&config.place, &config.boot_id)?;
    let inlet = inlet.of_receiver();
    spawn(inlet, None, move |inlet| Kmsg::new(config, read, inlet).run())
}

/// The number of the last record that was read of this boot.
fn read_place(path: &Path, boot_id: &str) -> io::Result<Option<u64>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text
            .split_once(' ')
            .filter(|(boot, _)| *boot == boot_id)
            .and_then(|(_, seq)| seq.trim().parse().ok())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

struct Kmsg<'a> {
    inlet: &'a Inlet,
    config: KmsgConfig,
    origin: Arc<Origin>,
    /// The last record that is stored, or was told as lost.
    stored: Option<u64>,
    /// The last record that is in the batch or stored.
    taken: Option<u64>,
    batch: Batch,
    /// Records that were there before us are still being read.
    is_old: bool,
    saved: (Option<u64>, Instant),
}

impl<'a> Kmsg<'a> {
    fn new(config: KmsgConfig, read: Option<u64>, inlet: &'a Inlet) -> Kmsg<'a> {
        let tenancy = Tenancy::of(config.tenant.clone());
        let origin = Origins::new(&config.name, "kmsg", Transport::Kmsg, tenancy).of_peer(None);
        Kmsg {
            inlet,
            config,
            origin,
            stored: read,
            taken: read,
            batch: Batch::new().urgent(),
            is_old: true,
            saved: (read, Instant::now()),
        }
    }

    fn run(mut self) {
        while !self.inlet.stop().is_set() {
            match (self.config.open)() {
                Ok(mut ring) => self.read(&mut *ring),
                Err(error) => self.fail(&error),
            }
        }
        self.save();
    }

    fn fail(&self, error: &io::Error) {
        let now = self.inlet.now();
        let why = match error.kind() {
            ErrorKind::PermissionDenied => {
                "permission denied (give the service CAP_SYSLOG, or leave the kernel's ring to the journal)".into()
            }
            _ => crate::error::explain(error),
        };
        let told = format!("cannot read the kernel's ring: {why}");
        self.inlet.counters().with(|health| health.fails(now, told));
        self.inlet.stop().wait(ERROR_PAUSE);
    }

    /// Reads until the end or an error.
    fn read(&mut self, ring: &mut dyn Ring) {
        let mut buffer = vec![0; RECORD_BYTES_MAX];
        self.inlet.counters().with(crate::Health::recovers);
        while !self.inlet.stop().is_set() {
            match ring.next(&mut buffer) {
                Ok(0) => return self.fail(&ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    if !self.take(&buffer[..read]) {
                        return;
                    }
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => {
                        if !self.store() {
                            return;
                        }
                        self.is_old = false;
                        self.save_if_due();
                        self.inlet.stop().wait(SILENCE);
                    }
                    ErrorKind::Interrupted => {}
                    // The gap shows in the numbers.
                    _ if error.raw_os_error() == Some(OVERWRITTEN) => {}
                    _ => {
                        let _ = self.store();
                        return self.fail(&error);
                    }
                },
            }
        }
    }

    /// Takes in one record; `false` if the receiver is to end.
    fn take(&mut self, record: &[u8]) -> bool {
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let seq = number(record);
        if let (Some(seq), Some(taken)) = (seq, self.taken) {
            if seq <= taken {
                return true;
            }
            let lost = seq - taken - 1;
            if lost > 0 && !self.tell_lost(lost, seq - 1) {
                return false;
            }
        }
        let key =
            xxh3_128(&[self.config.boot_id.as_bytes(), &seq.unwrap_or(0).to_le_bytes()].concat());
        let cursor = match seq {
            Some(_) => Cursor::Key { hash: key },
            None => Facts::received(self.inlet.now()).cursor,
        };
        let facts = Facts { cursor, old: self.is_old, ..Facts::received(self.inlet.now()) };
        if self.batch.push(&self.origin, "", facts, record).is_err() {
            if !self.store() {
                return false;
            }
            let _ = self.batch.push(&self.origin, "", facts, record);
        }
        self.taken = seq.or(self.taken);
        if self.batch.len() < BATCH_RECORDS {
            return true;
        }
        let is_stored = self.store();
        self.save_if_due();
        is_stored
    }

    fn tell_lost(&mut self, lost: u64, last: u64) -> bool {
        if !self.store() {
            return false;
        }
        let now = self.inlet.now();
        let reason = "kernel_ring_overwritten";
        let loss = Loss { reason, records: Some(lost), since: now, until: now };
        let is_stored = self.inlet.store_loss(&self.origin, &loss);
        if is_stored {
            (self.stored, self.taken) = (Some(last), Some(last));
        }
        is_stored
    }

    fn store(&mut self) -> bool {
        let batch = std::mem::replace(&mut self.batch, Batch::new().urgent());
        let is_stored = self.inlet.store(batch);
        if is_stored {
            self.stored = self.taken;
        }
        is_stored
    }

    fn save_if_due(&mut self) {
        if self.saved.1.elapsed() >= SAVE_EVERY {
            self.save();
        }
    }

    fn save(&mut self) {
        let Some(seq) = self.stored.filter(|_| self.stored != self.saved.0) else { return };
        let text = format!("{} {seq}\n", self.config.boot_id);
        match noted::replace(&self.config.place, text.as_bytes()) {
            Ok(()) => self.saved = (Some(seq), Instant::now()),
            Err(error) => {
                let told = format!(
                    "cannot note the place in {}: {}",
                    self.config.place.display(),
                    crate::error::explain(&error)
                );
                let now = self.inlet.now();
                self.inlet.counters().with(|health| health.last_error = Some((now, told)));
            }
        }
    }
}

/// The number in a record's header: `priority,number,microseconds,flags;…`.
fn number(record: &[u8]) -> Option<u64> {
    let digits = record.split(|b| *b == b',').nth(1)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
