//! The store of events: those that came lately in memory, the others in blocks. One thread hands in, any
//! number search.

use super::block::{Encoder, HEAD};
use super::files::{self, EventFile, Found, Stored};
use super::rows::{EventRow, Rows};
use crate::disk::{Disk, write_whole};
use model::{Seq, SignatureId, TenantId, Timestamp};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How events are kept.
#[derive(Debug, Clone, Copy)]
pub struct EventOptions {
    /// A block is closed once it has so many events.
    pub block_events: usize,
    /// … or its texts have so many bytes.
    pub block_bytes: usize,
    /// A file is closed once it has so many bytes.
    pub file_bytes: u64,
    /// Level of zstd.
    pub level: i32,
}

impl Default for EventOptions {
    /// Why each: `docs/store.md`.
    fn default() -> EventOptions {
        EventOptions { block_events: 65_536, block_bytes: 32 << 20, file_bytes: 64 << 20, level: 3 }
    }
}

/// Why events could not be kept or found.
#[derive(Debug, thiserror::Error)]
#[error("could not {what}: {source}")]
pub struct EventsError {
    /// What was attempted.
    pub what: &'static str,
    /// What the system said.
    pub source: io::Error,
}

fn failed(what: &'static str) -> impl Fn(io::Error) -> EventsError {
    move |source| EventsError { what, source }
}

/// The store in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventsStatus {
    /// Events in blocks.
    pub stored: u64,
    /// Events in memory.
    pub waiting: u64,
    /// Blocks.
    pub blocks: u64,
    /// Files.
    pub files: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Time of the earliest event in blocks.
    pub earliest: Option<Timestamp>,
    /// Bytes that were no block when the store was opened.
    pub damaged_bytes: u64,
    /// Events that were removed by age or size, or left out when their files were thinned, since the store was
    /// opened.
    pub expired: u64,
}

/// Events that can be searched.
pub struct Events {
    disk: Arc<dyn Disk>,
    options: EventOptions,
    encoder: Mutex<Encoder>,
    pub(super) held: RwLock<Held>,
}

#[derive(Default)]
pub(super) struct Held {
    /// Oldest first.
    pub(super) files: Vec<EventFile>,
    /// Events that are on their way into a block.
    pub(super) closing: Option<Arc<Rows>>,
    /// Events that came lately.
    pub(super) waiting: Rows,
    /// All events of records before this number have been handed in.
    through: Seq,
    /// … and are in blocks.
    stored_through: Seq,
    damaged_bytes: u64,
    expired: u64,
}

impl Events {
    /// Opens the store in a folder of its own.
    ///
    /// # Errors
    /// If the folder cannot be read, or a torn end cannot be cut. Damage is no error.
    pub fn open(disk: Arc<dyn Disk>, options: EventOptions) -> Result<Events, EventsError> {
        let encoder = Encoder::new(options.level).map_err(failed("prepare compression"))?;
        let Found { files, through, damaged_bytes } =
            files::recover(&*disk).map_err(failed("read the stored events"))?;
        let held =
            Held { files, through, stored_through: through, damaged_bytes, ..Held::default() };
        let (encoder, held) = (Mutex::new(encoder), RwLock::new(held));
        Ok(Events { disk, options, encoder, held })
    }

    /// All events of records before this number are in blocks: after a crash, hand in again what comes of the
    /// records from here on.
    pub fn stored_through(&self) -> Seq {
        self.read().stored_through
    }

    /// Hands in events. `through` says that all events of records before it have been handed in by now; what
    /// is before [`Events::stored_through`] already must not be handed in again. Closes a block now and then,
    /// which takes about a microsecond for each of its events: call it from a thread that may wait so long.
    ///
    /// # Errors
    /// If a block cannot be written. The events stay in memory and are tried again with the next; take no
    /// more in the meantime than memory allows.
    pub fn push<'a>(
        &self,
        rows: impl IntoIterator<Item = EventRow<'a>>,
        through: Seq,
    ) -> Result<(), EventsError> {
        let is_full = {
            let mut held = self.write();
            rows.into_iter().for_each(|row| held.waiting.push(&row));
            held.through = held.through.max(through);
            held.waiting.len() >= self.options.block_events
                || held.waiting.texts.len() >= self.options.block_bytes
        };
        if is_full { self.flush() } else { Ok(()) }
    }

    /// Closes a block of what is in memory, however little: before a graceful end, and now and then where little
    /// comes in.
    ///
    /// # Errors
    /// If it cannot be written; the events stay in memory.
    pub fn flush(&self) -> Result<(), EventsError> {
        let mut encoder = self.encoder();
        let (rows, through) = {
            let mut held = self.write();
            if held.waiting.is_empty() {
                // Nothing to write; the records before have given no events.
                return Ok(());
            }
            let rows = Arc::new(std::mem::take(&mut held.waiting));
            held.closing = Some(Arc::clone(&rows));
            (rows, held.through)
        };
        let written = encoder.encode(&rows, through, false).and_then(|bytes| self.append(&bytes));
        let mut held = self.write();
        held.closing = None;
        match written {
            Ok(()) => {
                held.stored_through = held.stored_through.max(through);
                Ok(())
            }
            Err(source) => {
                let since = std::mem::take(&mut held.waiting);
                held.waiting = again(&rows, &since);
                Err(EventsError { what: "store events", source })
            }
        }
    }

    /// Appends a block to the last file, or to a new one.
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let head = super::block::Head::read(bytes).ok_or_else(|| io::Error::other("no block"))?;
        let last =
            self.read().files.last().map(|file| (Arc::clone(&file.file), file.bytes, number(file)));
        match last {
            Some((file, offset, _)) if offset < self.options.file_bytes => {
                if let Err(error) = file.write_all_at(bytes, offset) {
                    // Cut again when the store is opened, should this fail too.
                    let _ = file.set_size(offset);
                    return Err(error);
                }
                let mut held = self.write();
                if let Some(last) = held.files.last_mut() {
                    last.blocks.push(Stored { offset, head });
                    last.bytes = offset + bytes.len() as u64;
                }
            }
            last => {
                let next = last.map_or(0, |(file, _, number)| {
                    // What is in a file that is done is made durable; the rest can be made again.
                    let _ = file.sync_data();
                    number + 1
                });
                let name = files::name(next);
                let file = self.disk.create(&name)?;
                if let Err(error) = file.write_all_at(bytes, 0) {
                    let _ = self.disk.remove(&name);
                    return Err(error);
                }
                let blocks = vec![Stored { offset: 0, head }];
                let file = EventFile { name, file, blocks, bytes: bytes.len() as u64 };
                self.write().files.push(file);
            }
        }
        Ok(())
    }

    /// Removes whole files whose events are all before `before`, and the oldest while there are more than
    /// `bytes`.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn expire(
        &self,
        before: Option<Timestamp>,
        bytes: Option<u64>,
    ) -> Result<u64, EventsError> {
        let _one_at_a_time = self.encoder();
        let mut removed = 0;
        loop {
            let oldest = {
                let held = self.read();
                let total: u64 = held.files.iter().map(|file| file.bytes).sum();
                let is_due = |file: &&EventFile| {
                    bytes.is_some_and(|bytes| total > bytes)
                        || before.is_some_and(|before| file.latest().is_none_or(|at| at < before))
                };
                // The last file is being written.
                let older = held.files.len().saturating_sub(1);
                held.files[..older]
                    .iter()
                    .find(is_due)
                    .map(|file| (file.name.clone(), file.events()))
            };
            let Some((name, events)) = oldest else { return Ok(removed) };
            {
                let mut held = self.write();
                held.files.retain(|file| file.name != name);
                held.expired += events;
            }
            removed += events;
            self.disk.remove(&name).map_err(failed("remove old events"))?;
        }
    }

    /// Leaves only the events that `keep` wants in files whose events are all before `before`: the others have
    /// been of low bands, and what remains of them is counted elsewhere. Returns how many were left out.
    ///
    /// # Errors
    /// If a file cannot be rewritten; it stays as it was.
    pub fn thin(
        &self,
        before: Timestamp,
        keep: &dyn Fn(&TenantId, &SignatureId) -> bool,
    ) -> Result<u64, EventsError> {
        let mut encoder = self.encoder();
        let due: Vec<EventFile> = {
            let held = self.read();
            let older = held.files.len().saturating_sub(1);
            let is_due = |file: &&EventFile| {
                file.latest().is_some_and(|at| at < before)
                    && file.blocks.iter().any(|block| !block.head.thinned)
            };
            held.files[..older].iter().filter(is_due).cloned().collect()
        };
        let mut left_out = 0;
        for file in due {
            left_out +=
                self.thin_file(&file, keep, &mut encoder).map_err(failed("thin out old events"))?;
        }
        Ok(left_out)
    }

    fn thin_file(
        &self,
        file: &EventFile,
        keep: &dyn Fn(&TenantId, &SignatureId) -> bool,
        encoder: &mut Encoder,
    ) -> io::Result<u64> {
        let mut bytes = Vec::new();
        let mut blocks = Vec::new();
        let mut left_out = 0;
        for block in &file.blocks {
            let rows = match files::summary(&*file.file, block)? {
                Some(summary) => files::events(&*file.file, block, summary, true)?,
                None => None,
            };
            // What is damaged cannot be thinned: it stays to be told.
            let Some(rows) = rows else { return Ok(0) };
            let thinned = thinned(&rows, keep);
            left_out += (rows.len() - thinned.len()) as u64;
            let encoded = encoder.encode(&thinned, block.head.through, true)?;
            let head = super::block::Head::read(&encoded[..HEAD]);
            let head = head.ok_or_else(|| io::Error::other("no block"))?;
            blocks.push(Stored { offset: bytes.len() as u64, head });
            bytes.extend_from_slice(&encoded);
        }
        write_whole(&*self.disk, &file.name, &bytes)?;
        let opened = self.disk.open(&file.name)?;
        let mut held = self.write();
        held.expired += left_out;
        if let Some(held) = held.files.iter_mut().find(|held| held.name == file.name) {
            (held.file, held.blocks, held.bytes) = (opened, blocks, bytes.len() as u64);
        }
        Ok(left_out)
    }

    /// The store in figures.
    pub fn status(&self) -> EventsStatus {
        let held = self.read();
        let closing = held.closing.as_ref().map_or(0, |rows| rows.len());
        let heads = || held.files.iter().flat_map(|file| &file.blocks).map(|block| block.head);
        EventsStatus {
            stored: held.files.iter().map(EventFile::events).sum(),
            waiting: (held.waiting.len() + closing) as u64,
            blocks: heads().count() as u64,
            files: held.files.len() as u64,
            bytes: held.files.iter().map(|file| file.bytes).sum(),
            earliest: heads().filter(|head| head.count > 0).map(|head| head.earliest).min(),
            damaged_bytes: held.damaged_bytes,
            expired: held.expired,
        }
    }

    fn encoder(&self) -> MutexGuard<'_, Encoder> {
        self.encoder.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn number(file: &EventFile) -> u64 {
    files::number_of(&file.name).unwrap_or_default()
}

/// Both, in order.
fn again(first: &Rows, then: &Rows) -> Rows {
    let mut rows = thinned(first, &|_, _| true);
    copy(then, &mut rows, &|_, _| true);
    rows
}

fn thinned(rows: &Rows, keep: &dyn Fn(&TenantId, &SignatureId) -> bool) -> Rows {
    let mut kept = Rows::default();
    copy(rows, &mut kept, keep);
    kept
}

fn copy(from: &Rows, to: &mut Rows, keep: &dyn Fn(&TenantId, &SignatureId) -> bool) {
    for (place, fact) in from.facts.iter().enumerate() {
        let kind = &from.kinds[fact.kind as usize];
        let tenant = TenantId::new(&*from.tenants.all[fact.tenant as usize]);
        if keep(&tenant, &kind.signature) {
            let text = String::from_utf8_lossy(from.text(place));
            to.push(&EventRow {
                seq: fact.seq,
                at: fact.at,
                tenant: &tenant,
                host: &from.hosts.all[fact.host as usize],
                service: &from.services.all[fact.service as usize],
                severity: model::Severity::from_number(fact.severity),
                signature: kind.signature,
                template: kind.text.as_deref().unwrap_or("<*>"),
                text: &text,
            });
        }
    }
}
