//! The store of events: those that came lately in memory, the others in blocks. One thread hands in, any
//! number search.

use super::block::Encoder;
use super::files::{self, EventFile, Found, Stored};
use super::head::Head;
use super::keeping::{copy, thinned};
use super::rows::{EventRow, Rows};
use crate::disk::Disk;
use model::port::EventSearch;
use model::{Seq, Timestamp};
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Where so many records gave no event, a block without events says so, that they need not be read again.
const EMPTY_AFTER: u64 = 65_536;

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

pub(super) fn failed(what: &'static str) -> impl Fn(io::Error) -> EventsError {
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
    /// Blocks that were found damaged since then: what is searched lacks their events.
    pub damaged_blocks: u64,
    /// Events that were removed by age or size, or left out when their files were thinned, since the store was
    /// opened.
    pub expired: u64,
}

/// Events that can be searched.
pub struct Events {
    pub(super) disk: Arc<dyn Disk>,
    options: EventOptions,
    encoder: Mutex<Encoder>,
    pub(super) held: RwLock<Held>,
    /// Blocks that were found damaged: file and place.
    damaged: Mutex<BTreeSet<(String, u64)>>,
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
    pub(super) expired: u64,
}

impl Events {
    /// Opens the store in a folder of its own.
    ///
    /// # Errors
    /// If the folder cannot be read, or a torn end cannot be cut. Damage is no error.
    pub fn open(disk: Arc<dyn Disk>, options: EventOptions) -> Result<Events, EventsError> {
        Events::found(disk, options, false)
    }

    /// Looks at a store that another program may be writing to: to search it as it is now. Nothing is cut, and
    /// nothing must be handed in.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn look(disk: Arc<dyn Disk>) -> Result<impl EventSearch, EventsError> {
        Events::found(disk, EventOptions::default(), true)
    }

    fn found(
        disk: Arc<dyn Disk>,
        options: EventOptions,
        looks_only: bool,
    ) -> Result<Events, EventsError> {
        let encoder = Encoder::new(options.level).map_err(failed("prepare compression"))?;
        let Found { files, through, damaged_bytes } =
            files::recover(&*disk, looks_only).map_err(failed("read the stored events"))?;
        let held =
            Held { files, through, stored_through: through, damaged_bytes, ..Held::default() };
        let (encoder, held) = (Mutex::new(encoder), RwLock::new(held));
        Ok(Events { disk, options, encoder, held, damaged: Mutex::default() })
    }

    /// All events of records before this number are in blocks: after a crash, hand in again what comes of the
    /// records from here on.
    pub fn stored_through(&self) -> Seq {
        self.read().stored_through
    }

    /// Looks for damage in the last file, and cuts it from the first damaged block on if `has_all` says that all records
    /// from the number on that comes with it can be read: then hand in what comes of these again. Returns this number.
    /// Older files are not looked at, for that would take long; damage in them shows when they are searched.
    ///
    /// # Errors
    /// If the file cannot be read or cut.
    pub fn drop_damaged(&self, has_all: &dyn Fn(Seq) -> bool) -> Result<Option<Seq>, EventsError> {
        self.cut_damaged(has_all).map_err(failed("look for damage in the stored events"))
    }

    fn cut_damaged(&self, has_all: &dyn Fn(Seq) -> bool) -> io::Result<Option<Seq>> {
        let _one_at_a_time = self.encoder();
        let mut held = self.write();
        let Some((last, older)) = held.files.split_last_mut() else { return Ok(None) };
        let mut place = 0;
        while let Some(block) = last.blocks.get(place) {
            if !files::is_whole(&*last.file, block)? {
                break;
            }
            place += 1;
        }
        let Some(block) = last.blocks.get(place).copied() else { return Ok(None) };
        let before = older.iter().flat_map(|file| &file.blocks).chain(&last.blocks[..place]);
        let through = before.map(|block| block.head.through).max().unwrap_or_default();
        if !has_all(through) {
            self.is_damaged(last, &block);
            return Ok(None);
        }
        last.file.set_size(block.offset)?;
        last.blocks.truncate(place);
        last.bytes = block.offset;
        held.damaged_bytes += block.head.size();
        (held.through, held.stored_through) = (through, through);
        Ok(Some(through))
    }

    /// Notes damage that was found.
    pub(super) fn is_damaged(&self, file: &EventFile, block: &Stored) {
        self.damaged().insert((file.name.clone(), block.offset));
    }

    fn damaged(&self) -> MutexGuard<'_, BTreeSet<(String, u64)>> {
        self.damaged.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
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
            let unsaid = held.through.0 - held.stored_through.0;
            if held.waiting.is_empty() && unsaid < EMPTY_AFTER {
                return Ok(());
            }
            let rows = std::mem::replace(&mut held.waiting, encoder.spare());
            let rows = Arc::new(rows);
            held.closing = Some(Arc::clone(&rows));
            (rows, held.through)
        };
        let written = encoder.encode(&rows, through, false).and_then(|bytes| self.append(&bytes));
        // Out of memory and into the files in one step: a search finds each event once.
        let mut held = self.write();
        held.closing = None;
        match written {
            Ok(added) => {
                held.stored_through = through;
                // A search that still looks at them keeps them.
                Arc::into_inner(rows).into_iter().for_each(|rows| encoder.done(rows));
                match (added, held.files.last_mut()) {
                    (Added::Block(block), Some(last)) => {
                        last.bytes = block.offset + block.head.size();
                        last.blocks.push(block);
                    }
                    (Added::File(file), _) => held.files.push(file),
                    (Added::Block(_), None) => {}
                }
                Ok(())
            }
            Err(source) => {
                let since = std::mem::take(&mut held.waiting);
                held.waiting = again(&rows, &since);
                Err(EventsError { what: "store events", source })
            }
        }
    }

    /// Writes a block to the end of the last file, or into a new one.
    fn append(&self, bytes: &[u8]) -> io::Result<Added> {
        let head = Head::read(bytes).ok_or_else(|| io::Error::other("no block"))?;
        let last =
            self.read().files.last().map(|file| (Arc::clone(&file.file), file.bytes, number(file)));
        if let Some((file, offset, _)) = &last
            && *offset < self.options.file_bytes
        {
            if let Err(error) = file.write_all_at(bytes, *offset) {
                // Cut again when the store is opened, should this fail too.
                let _ = file.set_size(*offset);
                return Err(error);
            }
            return Ok(Added::Block(Stored { offset: *offset, head }));
        }
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
        Ok(Added::File(EventFile { name, file, blocks, bytes: bytes.len() as u64 }))
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
            damaged_blocks: self.damaged().len() as u64,
            expired: held.expired,
        }
    }

    pub(super) fn encoder(&self) -> MutexGuard<'_, Encoder> {
        self.encoder.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// What was written.
enum Added {
    /// A block at the end of the last file.
    Block(Stored),
    /// A new file of one block.
    File(EventFile),
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
