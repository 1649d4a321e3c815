//! Files that are read once in each run → what is new in each since the run before.
//!
//! A file is known by its inode and by a hash of its first bytes, as one that is followed ([`super::follow`](super)),
//! and both note their places in the same form: who follows goes on where a run ended, and the other way round. What
//! was rotated by rename, by copy and truncation or into a compressed file is recognised by its content and not read
//! again.
//!
//! Who reads hands lines in, and notes how far it came once they are durable; new files are noted before that, so
//! that their ids do not depend on how much they had grown by then. After a crash in between some lines come again,
//! with the same ids, and none is missed.

use super::COPY_BYTES_MIN;
use super::compressed::Unpacking;
use super::followed::{TAIL_BYTES, age, file_id};
use super::places::{self, GONE_MAX, Noted, Place};
use crate::batch::{Batch, Reached};
use crate::error::ReadError;
use crate::input::Input;
use crate::lines::{HEAD_BYTES, LineReader, More};
use crate::noted;
use crate::stream::{Compression, MAGIC_BYTES};
use model::{Origin, TenantId};
use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// A last line without an end is taken once its file did not change for so long: it may still be written.
const LINE_GRACE: Duration = Duration::from_secs(5);

/// What a file was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Was {
    /// Its content was never seen.
    New,
    /// It was read before, and may have grown.
    Known,
    /// Its content was read before, under another name: rotated, copied or compressed.
    Rotated,
    /// Another content stands where one was read before: it begins anew, and what was written to the other one after
    /// the run before is gone, unless a copy of it is read.
    Rewritten,
}

/// Which files were read how far.
#[derive(Debug)]
pub struct Register {
    file: PathBuf,
    /// As it was when the run began: what files are compared with, whatever their order.
    before: Vec<Place>,
    /// The files of this run.
    now: Vec<Place>,
    is_noted: bool,
}

/// A file of this run, and where reading it goes on.
#[derive(Debug)]
pub struct Standing {
    /// What it was found to be.
    pub was: Was,
    /// Its place in the register.
    pub index: usize,
    /// What its records share; the name is the one under which its content was first seen.
    pub origin: Origin,
    /// What stands for the file in the ids of its lines.
    pub id: u64,
    /// Nothing in it can be new.
    pub is_over: bool,
    offset: u64,
    line: u64,
    skipping: bool,
    recent: Vec<u8>,
    /// Its last line counts though it has no end.
    is_complete: bool,
}

impl Register {
    /// Opens the file that notes the places, or begins one. Also tells where a damaged one was put: then all files are
    /// new again.
    ///
    /// # Errors
    /// If it can be neither read nor written.
    pub fn open(file: PathBuf) -> io::Result<(Register, Option<PathBuf>)> {
        let (before, aside) = match places::load(&file)? {
            Noted::Nothing => (Vec::new(), None),
            Noted::Places(places) => (places, None),
            Noted::Damaged(aside) => (Vec::new(), Some(aside)),
        };
        noted::try_out(&file)?;
        Ok((Register { file, before, now: Vec::new(), is_noted: true }, aside))
    }

    /// Finds out what of a regular file is new.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn look(&mut self, input: &Input, tenant: &TenantId) -> Result<Standing, ReadError> {
        self.place_of(input, tenant).map_err(|error| ReadError::io(&input.path, error))
    }

    fn place_of(&mut self, input: &Input, tenant: &TenantId) -> io::Result<Standing> {
        let file = File::open(&input.path)?;
        let metadata = file.metadata()?;
        let key = (metadata.dev(), metadata.ino());
        let mut magic = [0; MAGIC_BYTES];
        let read = super::followed::read_some(&file, &mut magic, 0)?;
        let is_compressed = Compression::of(&magic[..read]) != Compression::None;
        let path = std::path::absolute(&input.path)?;
        let (was, mut place) = match is_compressed {
            true => self.compressed(&path, &metadata, key)?,
            false => self.plain(&path, &file, metadata.len(), key)?,
        };
        place.stood = Some(path.to_string_lossy().into_owned());
        let recent = match is_compressed {
            true => Vec::new(),
            false => bytes_of(&file, place.tail_start(), place.offset)?,
        };
        let named = Input { path: PathBuf::from(&place.name), ..input.clone() };
        let standing = Standing {
            was,
            index: self.now.len(),
            origin: named.origin(tenant),
            id: place.id,
            is_over: place.is_over || place.head_bytes == 0,
            offset: place.offset,
            line: place.line,
            skipping: place.skipping,
            recent,
            is_complete: is_compressed || age(&metadata) > LINE_GRACE,
        };
        self.is_noted &= was == Was::Known;
        self.now.push(place);
        Ok(standing)
    }

    fn of_inode(&self, key: (u64, u64)) -> impl Iterator<Item = &Place> {
        self.before.iter().filter(move |place| (place.device, place.inode) == key)
    }

    fn plain(
        &self,
        path: &Path,
        file: &File,
        size: u64,
        key: (u64, u64),
    ) -> io::Result<(Was, Place)> {
        let is_copy = |place: &&Place| place.offset >= COPY_BYTES_MIN;
        let mut content = file;
        let known = places::find(self.of_inode(key), &mut content)
            .or_else(|| places::find(self.before.iter().filter(is_copy), &mut content));
        if let Some(known) = known {
            let was = was_known(known, path);
            let (device, inode) = key;
            return Ok((was, Place { device, inode, is_over: false, ..known.clone() }));
        }
        let mut place = Place::new(path, key);
        let is_same = |old: &Place| (old.device, old.inode) == key && old.offset > 0;
        let was = match self.before.iter().any(|old| stood_at(old, &place.name) && is_same(old)) {
            true => Was::Rewritten,
            false => Was::New,
        };
        let head = bytes_of(file, 0, size.min(HEAD_BYTES as u64))?;
        (place.head, place.head_bytes) = (xxh3_64(&head), head.len() as u64);
        place.tail = xxh3_64(&[]);
        place.id = file_id(&place);
        Ok((was, place))
    }

    fn compressed(
        &self,
        path: &Path,
        metadata: &Metadata,
        key: (u64, u64),
    ) -> io::Result<(Was, Place)> {
        // What was read to its end is not decompressed to find that out again.
        let is_same = |place: &&Place| place.is_over && place.packed_bytes == Some(metadata.len());
        if let Some(own) = self.of_inode(key).find(is_same) {
            return Ok((was_known(own, path), own.clone()));
        }
        let mut content = Unpacking::open(path)?;
        let (head, head_bytes) = content.head()?;
        let packed_bytes = Some(metadata.len());
        if let Some(known) = places::find(self.before.iter(), &mut content) {
            let was = was_known(known, path);
            let (device, inode) = key;
            let place = Place { device, inode, packed_bytes, is_over: false, ..known.clone() };
            return Ok((was, place));
        }
        let mut place = Place::new(path, key);
        (place.head, place.head_bytes, place.packed_bytes) = (head, head_bytes, packed_bytes);
        place.tail = xxh3_64(&[]);
        place.id = file_id(&place);
        Ok((Was::New, place))
    }

    /// Files that were read before and are gone from where they stood: where their content stands now, though nobody
    /// named that place, so that it can be read to its end; and the paths of which it stands nowhere.
    pub fn rotated_away(&self) -> (Vec<PathBuf>, Vec<String>) {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for place in self.before.iter().filter(|place| !place.is_over && self.is_lost(place)) {
            let path = place.stood.as_deref().unwrap_or(&place.name);
            if !self.now.iter().any(|other| stood_at(other, path)) {
                continue;
            }
            match self.copy_of(place, Path::new(path)) {
                Some(copy) => found.push(copy),
                None => missing.push(path.to_owned()),
            }
        }
        (found, missing)
    }

    /// A file beside `path`, with a name that begins alike, that has all that was read of a file.
    fn copy_of(&self, place: &Place, path: &Path) -> Option<PathBuf> {
        let name = path.file_name()?.to_string_lossy();
        let mut beside: Vec<PathBuf> = std::fs::read_dir(path.parent()?)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|other| {
                other.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&*name))
            })
            .filter(|other| other.is_file())
            .collect();
        beside.sort();
        beside.into_iter().find(|other| {
            let is_same = std::fs::metadata(other)
                .is_ok_and(|found| (found.dev(), found.ino()) == (place.device, place.inode));
            let holds_it = |mut content: Unpacking| {
                places::find(std::iter::once(place), &mut content).is_some()
            };
            (is_same || place.offset >= COPY_BYTES_MIN)
                && Unpacking::open(other).is_ok_and(holds_it)
        })
    }

    /// Whether the file on disk knows all files of this run: before that, none of their lines may be handed in.
    pub fn is_noted(&self) -> bool {
        self.is_noted
    }

    /// Lines of a file are durable: it was read so far.
    pub fn came_to(&mut self, index: usize, reached: &Reached) {
        let Some(place) = self.now.get_mut(index) else { return };
        (place.offset, place.line) = (reached.offset, reached.line);
        (place.skipping, place.tail) = (reached.skipping, xxh3_64(&reached.recent));
    }

    /// A file was read to its end.
    pub fn ended(&mut self, index: usize) {
        if let Some(place) = self.now.get_mut(index) {
            place.is_over = place.packed_bytes.is_some();
        }
    }

    /// Notes the places; durable when it returns.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn note(&mut self) -> io::Result<()> {
        let of_now: BTreeSet<(u64, u64)> =
            self.now.iter().map(|place| (place.device, place.inode)).collect();
        // Other files of earlier runs: their content may come back under another name.
        let is_other = |place: &&Place| {
            let path = place.stood.as_deref().unwrap_or(&place.name);
            let is_told = self.is_lost(place) && self.now.iter().any(|other| stood_at(other, path));
            !is_told && !of_now.contains(&(place.device, place.inode))
        };
        let others: Vec<&Place> = self.before.iter().filter(is_other).collect();
        let surplus = others.len().saturating_sub(GONE_MAX.max(self.now.len()));
        let all = others.into_iter().skip(surplus).chain(&self.now).cloned().collect();
        places::save(&self.file, all)?;
        self.is_noted = true;
        Ok(())
    }

    /// Whether no file of this run has the content that was read there: it may still be found elsewhere.
    fn is_lost(&self, place: &Place) -> bool {
        place.head_bytes > 0 && !self.now.iter().any(|other| other.id == place.id)
    }
}

/// The lines of a file that are new.
#[derive(Debug)]
pub struct NewLines {
    reader: LineReader,
    offset: u64,
    is_complete: bool,
    recent: Vec<u8>,
}

impl NewLines {
    /// Opens a file where its reading goes on; `index` is its index in the run's list.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(input: &Input, index: u32, standing: &Standing) -> Result<NewLines, ReadError> {
        let mut reader = LineReader::open(input, index)?;
        let Standing { offset, line, skipping, .. } = *standing;
        let jumps = reader.jump(line + u64::from(skipping), offset, None);
        if jumps && skipping {
            reader.skip_line();
        }
        let recent = if jumps { standing.recent.clone() } else { Vec::new() };
        Ok(NewLines { reader, offset, is_complete: standing.is_complete, recent })
    }

    /// The same with batches of other size; see [`LineReader::with_batch_bytes`].
    pub fn with_batch_bytes(mut self, batch_bytes: usize) -> NewLines {
        self.reader = self.reader.with_batch_bytes(batch_bytes);
        self
    }

    /// Fills `batch` with the next lines. A last line that may still be written is left for the next run.
    ///
    /// # Errors
    /// As for [`LineReader::next_batch`].
    pub fn next_batch(&mut self, batch: &mut Batch) -> Result<More, ReadError> {
        let more = self.reader.next_batch(batch)?;
        batch.earlier.clone_from(&self.recent);
        self.recent = batch.reached(batch.len()).recent;
        batch.leave_out_before(self.offset);
        if !self.is_complete {
            batch.leave_open_line();
        }
        Ok(more)
    }

    /// Bytes of the input used so far, as they stand on disk.
    pub fn disk_bytes(&self) -> u64 {
        self.reader.disk_bytes()
    }
}

fn was_known(known: &Place, path: &Path) -> Was {
    if stood_at(known, &path.to_string_lossy()) { Was::Known } else { Was::Rotated }
}

/// Whether a file was read under this path last.
fn stood_at(place: &Place, path: &str) -> bool {
    place.stood.as_deref().unwrap_or(&place.name) == path
}

fn bytes_of(file: &File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; end.saturating_sub(start).min(HEAD_BYTES as u64) as usize];
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

const _: () = assert!(TAIL_BYTES <= HEAD_BYTES as u64);
