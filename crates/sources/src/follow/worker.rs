//! The thread that follows: matches patterns, reads by turns, notes places after the answer.

use super::compressed::{Compressed, Unpacked, Unpacking};
use super::followed::{Followed, Found, Reading, Step, read_some, stamp};
use super::places::{self, GONE_MAX, Noted, Place};
use super::{Begin, FollowConfig};
use crate::inlet::{Health, Inlet, Loss};
use crate::noted;
use crate::sniff::{SNIFF_BYTES, not_text};
use crate::stream::Compression;
use glob::Pattern;
use model::intake::Batch;
use model::{Origin, SourceId, Transport};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Bytes that are read of a file at once, beyond the longest line.
const READ_BYTES: usize = 64 << 10;
/// A batch is handed in once it has so many bytes.
const BATCH_BYTES: usize = 1 << 20;
/// Places are noted at most so often; those of new files at once.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// A file that stands under no path any more is read on for so long: its writer may not have noticed.
const GONE_GRACE: Duration = Duration::from_secs(60);
/// … but after this its last line is taken as it is, though it has no end.
const LINE_GRACE: Duration = Duration::from_secs(5);
/// A compressed file is read once nothing was written to it for so long: it is complete then.
const COMPLETE_AFTER: Duration = Duration::from_secs(3);
/// What was last changed longer ago than this when it is first seen was there before.
const OLD_AFTER: Duration = Duration::from_secs(60);
/// Files of which fewer bytes were read are never taken for copies of each other: many begin alike.
const COPY_BYTES_MIN: u64 = 256;
/// Paths that were told once as unreadable or no text.
const TOLD_MAX: usize = 10_000;

/// What a turn has read of: a file's place in `files`, or in `compressed`.
enum Moved {
    Plain(usize, Step),
    Compressed(usize, u64, u64),
}

pub(super) struct Worker {
    config: FollowConfig,
    exclude: Vec<Pattern>,
    inlet: Inlet,
    files: Vec<Followed>,
    compressed: Vec<Compressed>,
    /// Files that are gone, the oldest first.
    gone: Vec<Place>,
    /// Nothing was noted yet when following began.
    is_first_time: bool,
    is_first_look: bool,
    buffer: Vec<u8>,
    is_dirty: bool,
    saved_at: Instant,
    /// The file that is read first in the next turn.
    turn: usize,
    told: HashSet<PathBuf>,
}

impl Worker {
    pub(super) fn new(config: FollowConfig, inlet: Inlet) -> io::Result<Worker> {
        let (gone, is_first_time) = match places::load(&config.places)? {
            Noted::Nothing => (Vec::new(), true),
            Noted::Places(places) => (places, false),
            Noted::Damaged(aside) => {
                let told = format!(
                    "the file of places was damaged and stands in {} now: all files are read again",
                    aside.display()
                );
                let now = inlet.now();
                inlet.counters().with(|health| health.last_error = Some((now, told)));
                (Vec::new(), false)
            }
        };
        let exclude = config.exclude.iter().filter_map(|text| Pattern::new(text).ok()).collect();
        let worker = Worker {
            buffer: vec![0; config.line_bytes_max + READ_BYTES],
            exclude,
            inlet,
            files: Vec::new(),
            compressed: Vec::new(),
            gone,
            is_first_time,
            is_first_look: true,
            is_dirty: true,
            saved_at: Instant::now(),
            turn: 0,
            told: HashSet::new(),
            config,
        };
        // Better told now than when the first lines are read.
        noted::try_out(&worker.config.places)?;
        Ok(worker)
    }

    pub(super) fn run(&mut self) {
        let stop = self.inlet.stop().clone();
        let mut match_at = Instant::now();
        while !stop.is_set() {
            let now = Instant::now();
            if now >= match_at {
                self.match_patterns();
                // In folders of many files this takes its time: a twentieth of ours at most.
                match_at = Instant::now() + self.config.match_every.max(now.elapsed() * 20);
            }
            let has_read = self.turn();
            self.tell_lag();
            if self.is_dirty && self.saved_at.elapsed() >= SAVE_EVERY {
                self.save();
            }
            if !has_read {
                stop.wait(self.config.look_every);
            }
        }
        if self.is_dirty {
            self.save();
        }
    }

    // Which files.

    /// Finds files that are new, have moved or are gone.
    fn match_patterns(&mut self) {
        let found = self.matching();
        for file in &mut self.files {
            match found.get(&(file.place.device, file.place.inode)) {
                Some((path, _)) => (file.gone_since, file.path) = (None, path.clone()),
                None => {
                    file.gone_since.get_or_insert_with(Instant::now);
                }
            }
        }
        let known: BTreeSet<(u64, u64)> =
            self.files.iter().map(|file| (file.place.device, file.place.inode)).collect();
        for (key, (path, metadata)) in found.iter().filter(|(key, _)| !known.contains(key)) {
            if self.files.len() >= self.config.files_max {
                self.tell(path, "more files than are followed at a time; raise files_max");
                continue;
            }
            if let Err(error) = self.admit(path, metadata, *key, None) {
                self.tell(path, &crate::error::explain(&error));
            }
        }
        self.compressed.retain(|file| found.contains_key(&(file.place.device, file.place.inode)));
        if self.is_first_look {
            let names =
                found.values().map(|(path, _)| path.to_string_lossy().into_owned()).collect();
            self.find_rotated(&names);
        }
        self.is_first_look = false;
        self.put_away();
    }

    fn tell_lag(&self) {
        let lag = self.files.iter().map(Followed::lag_bytes).sum();
        let open = (self.files.len() + self.compressed.len()) as u64;
        self.inlet.counters().with(|health| {
            (health.connections, health.lag_bytes) = (open, Some(lag));
        });
    }

    /// Files that were rotated while nobody followed, to names that no pattern names: they are read to their end.
    fn find_rotated(&mut self, names: &BTreeSet<String>) {
        let is_rotated = |place: &&Place| !place.is_over && names.contains(&place.name);
        let rotated: Vec<Place> = self.gone.iter().filter(is_rotated).cloned().collect();
        for place in rotated {
            self.find_copy(Path::new(&place.name), &place);
        }
    }

    /// Regular files that the patterns name, by inode; of several names the first.
    fn matching(&self) -> BTreeMap<(u64, u64), (PathBuf, Metadata)> {
        let mut found = BTreeMap::new();
        for pattern in &self.config.include {
            // Patterns were tried at the start; a folder that cannot be read holds nothing.
            for path in glob::glob(pattern).into_iter().flatten().flatten() {
                if self.exclude.iter().any(|exclude| exclude.matches_path(&path)) {
                    continue;
                }
                if let Ok(metadata) = fs::metadata(&path)
                    && metadata.is_file()
                {
                    let key = (metadata.dev(), metadata.ino());
                    found.entry(key).or_insert((path, metadata));
                }
            }
        }
        found
    }

    /// Begins to follow a file; `copy_of` if it is known what it is a copy of.
    fn admit(
        &mut self,
        path: &Path,
        metadata: &Metadata,
        key: (u64, u64),
        copy_of: Option<&Place>,
    ) -> io::Result<()> {
        let seen = stamp(metadata);
        if self.compressed.iter().any(|file| (file.place.device, file.place.inode) == key) {
            return Ok(());
        }
        let file = File::open(path)?;
        let mut head = [0; SNIFF_BYTES];
        let read = read_some(&file, &mut head, 0)?;
        if Compression::of(&head[..read]) != Compression::None {
            return self.admit_compressed(path, metadata, key);
        }
        if let Some(what) = not_text(&head[..read]) {
            self.tell(path, what);
            return Ok(());
        }
        let same = |place: &&Place| (place.device, place.inode) == key;
        let own = self.gone.iter().find(same).cloned();
        let is_copy = |place: &&Place| place.offset >= COPY_BYTES_MIN;
        let known = copy_of
            .or_else(|| places::find(own.iter(), &mut &file))
            .or_else(|| places::find(self.places().filter(is_copy), &mut &file))
            .cloned();
        if let Some(own) = own
            && known.is_none()
            && own.name == path.to_string_lossy()
            && own.offset > 0
            && !self.tell_truncation(path, &own)
        {
            return Ok(());
        }
        self.gone.retain(|place| !same(&place));
        let is_known = known.is_some();
        let place = match known {
            Some(known) => Place { device: key.0, inode: key.1, is_over: false, ..known },
            None => new_place(path, key),
        };
        let is_old = self.is_first_look || age(metadata) > OLD_AFTER;
        let mut followed = Followed {
            origin: self.origin(&place.name),
            place,
            recent: Vec::new(),
            path: path.to_owned(),
            file,
            old_until: if is_old { metadata.len() } else { 0 },
            seen: (seen.0, i128::MIN),
            gone_since: None,
            changed_at: Instant::now(),
            is_noted: is_known,
        };
        followed.take_recent()?;
        if !is_known && self.is_first_time && self.is_first_look && self.config.begin == Begin::End
        {
            to_the_end(&mut followed, metadata.len())?;
        }
        self.files.push(followed);
        self.is_dirty = true;
        Ok(())
    }

    fn admit_compressed(
        &mut self,
        path: &Path,
        metadata: &Metadata,
        key: (u64, u64),
    ) -> io::Result<()> {
        let own = self.gone.iter().find(|place| (place.device, place.inode) == key);
        if own.is_some_and(|place| place.is_over) || age(metadata) < COMPLETE_AFTER {
            return Ok(());
        }
        let is_skipped =
            self.is_first_time && self.is_first_look && self.config.begin == Begin::End;
        let mut content = Unpacking::open(path)?;
        let (head, head_bytes) = content.head()?;
        let known = places::find(self.places(), &mut content).cloned();
        let place = match known {
            Some(known) => Place { device: key.0, inode: key.1, is_over: is_skipped, ..known },
            None => {
                let of_key = [head.to_le_bytes(), key.0.to_le_bytes(), key.1.to_le_bytes()];
                let is_whole = head_bytes == crate::lines::HEAD_BYTES as u64;
                let id =
                    if is_whole { head } else { xxhash_rust::xxh3::xxh3_64(of_key.as_flattened()) };
                Place { id, head, head_bytes, is_over: is_skipped, ..new_place(path, key) }
            }
        };
        self.gone.retain(|place| (place.device, place.inode) != key);
        self.is_dirty = true;
        if place.is_over {
            self.gone.push(place);
            return Ok(());
        }
        let origin = self.origin(&place.name);
        self.compressed.push(Compressed::new(place, path.to_owned(), origin, stamp(metadata)));
        Ok(())
    }

    /// All places that are known.
    fn places(&self) -> impl Iterator<Item = &Place> {
        let of_files = self.files.iter().map(|file| &file.place);
        self.gone.iter().chain(of_files).chain(self.compressed.iter().map(|file| &file.place))
    }

    /// Lets go of files that stand under no path any more and do not grow.
    fn put_away(&mut self) {
        let is_over = |file: &Followed| file.is_left(GONE_GRACE) && file.lag_bytes() == 0;
        for at in (0..self.files.len()).rev() {
            if is_over(&self.files[at]) {
                self.gone.push(self.files.remove(at).place);
                self.is_dirty = true;
            }
        }
        let surplus = self.gone.len().saturating_sub(GONE_MAX);
        self.gone.drain(..surplus);
    }

    fn origin(&self, name: &str) -> Arc<Origin> {
        Arc::new(Origin {
            source_id: SourceId::new(format!("file:{name}")),
            tenant_id: self.config.tenant.clone(),
            source_type: "file".into(),
            source_name: name.to_owned(),
            transport: Transport::File,
        })
    }

    // What is new in them.

    /// Reads until a batch is full or nothing is left, hands it in and waits for the answer; whether anything was read.
    fn turn(&mut self) -> bool {
        let mut batch = Batch::new().urgent();
        let mut moved = Vec::new();
        self.read_plain(&mut batch, &mut moved);
        self.read_compressed(&mut batch, &mut moved);
        if moved.is_empty() {
            return false;
        }
        let is_noted = |moved: &Moved| match moved {
            Moved::Plain(at, _) => self.files[*at].is_noted,
            Moved::Compressed(..) => true,
        };
        if !moved.iter().all(is_noted) && !self.save() {
            return false;
        }
        if !self.inlet.store(batch) {
            return false;
        }
        for moved in moved {
            match moved {
                Moved::Plain(at, step) => self.files[at].move_to(step),
                Moved::Compressed(at, offset, line) => {
                    let place = &mut self.compressed[at].place;
                    (place.offset, place.line) = (offset, line);
                }
            }
        }
        self.is_dirty = true;
        true
    }

    fn read_plain(&mut self, batch: &mut Batch, moved: &mut Vec<Moved>) {
        let count = self.files.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            let file = &mut self.files[at];
            let reading = Reading {
                batch,
                buffer: &mut self.buffer,
                line_bytes_max: self.config.line_bytes_max,
                now: self.inlet.now(),
                is_all: file.is_left(LINE_GRACE),
            };
            match file.read(reading) {
                Ok(Found::Nothing) => {}
                Ok(Found::Lines(step)) => moved.push(Moved::Plain(at, step)),
                Ok(Found::Truncated) => self.was_truncated(at),
                Err(error) => {
                    let path = file.path.clone();
                    self.tell(&path, &crate::error::explain(&error));
                }
            }
            if batch.payload_bytes() >= BATCH_BYTES {
                self.turn = at + 1;
                return;
            }
        }
    }

    fn read_compressed(&mut self, batch: &mut Batch, moved: &mut Vec<Moved>) {
        let mut over = Vec::new();
        for (at, file) in self.compressed.iter_mut().enumerate() {
            if batch.payload_bytes() >= BATCH_BYTES {
                break;
            }
            match file.read(batch, self.config.line_bytes_max, self.inlet.now()) {
                Ok(Unpacked::Lines(offset, line)) => {
                    moved.push(Moved::Compressed(at, offset, line))
                }
                Ok(Unpacked::End) => over.push((at, None)),
                Err(error) => over.push((at, Some(error.to_string()))),
            }
        }
        // Those that ended gave nothing in this turn, but places of later ones move up.
        for (at, error) in over.into_iter().rev() {
            let Compressed { mut place, path, .. } = self.compressed.remove(at);
            for moved in moved.iter_mut() {
                if let Moved::Compressed(other, ..) = moved
                    && *other > at
                {
                    *other -= 1;
                }
            }
            place.is_over = true;
            self.gone.push(place);
            self.is_dirty = true;
            if let Some(error) = error {
                self.tell(&path, &error);
            }
        }
    }

    /// A file was emptied by its rotation: it begins anew.
    fn was_truncated(&mut self, at: usize) {
        let (path, place) = (self.files[at].path.clone(), self.files[at].place.clone());
        if self.tell_truncation(&path, &place) {
            self.files[at].begin_anew();
            self.is_dirty = true;
        }
    }

    /// What was not read before a truncation may stand in a copy, and is read there; else something may be missing, which
    /// is said. `false` if that could not be stored before the end.
    fn tell_truncation(&mut self, path: &Path, place: &Place) -> bool {
        if !self.find_copy(path, place) {
            let (origin, now) = (self.origin(&place.name), self.inlet.now());
            let loss = Loss { reason: "file_truncated", records: None, since: now, until: now };
            if !self.inlet.store_loss(&origin, &loss) {
                return false;
            }
        }
        self.inlet.counters().with(|health| Health::count(&mut health.closed, "truncated", 1));
        true
    }

    /// Whether another file holds what this one held; if it is not followed yet it is from now on.
    fn find_copy(&mut self, path: &Path, place: &Place) -> bool {
        let inode = (place.device, place.inode);
        let is_followed = |other: &Place| {
            other.id == place.id && place.head_bytes > 0 && (other.device, other.inode) != inode
        };
        if self.places().any(is_followed) {
            return true;
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return false };
        let name = name.to_string_lossy().into_owned();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_alike = entry.file_name().to_string_lossy().starts_with(&name);
            let Ok(metadata) = entry.metadata() else { continue };
            let key = (metadata.dev(), metadata.ino());
            let is_followed = self.files.iter().any(|f| (f.place.device, f.place.inode) == key);
            if !is_alike || is_followed || !metadata.is_file() {
                continue;
            }
            let Ok(file) = File::open(entry.path()) else { continue };
            if places::find(std::iter::once(place), &mut &file).is_some() {
                return self.admit(&entry.path(), &metadata, key, Some(place)).is_ok();
            }
        }
        false
    }

    // What is noted and told.

    /// Notes the places; whether they are durable.
    fn save(&mut self) -> bool {
        let of_gone = self.gone.iter();
        let of_files = self.files.iter().map(|file| &file.place);
        let of_compressed = self.compressed.iter().map(|file| &file.place);
        let all = of_gone.chain(of_files).chain(of_compressed).cloned().collect();
        self.saved_at = Instant::now();
        match places::save(&self.config.places, all) {
            Ok(()) => {
                self.is_dirty = false;
                self.files.iter_mut().for_each(|file| file.is_noted = true);
                self.inlet.counters().with(Health::recovers);
                true
            }
            Err(error) => {
                let (now, path) = (self.inlet.now(), self.config.places.display());
                let told =
                    format!("cannot note places in {path}: {}", crate::error::explain(&error));
                self.inlet.counters().with(|health| health.fails(now, told));
                false
            }
        }
    }

    /// Tells once what is wrong with a file.
    fn tell(&mut self, path: &Path, why: &str) {
        if self.told.len() >= TOLD_MAX {
            self.told.clear();
        }
        if self.told.insert(path.to_owned()) {
            let now = self.inlet.now();
            let told = format!("{} is not followed: {why}", crate::error::printable(path));
            self.inlet.counters().with(|health| {
                health.refused += 1;
                health.last_error = Some((now, told));
            });
        }
    }
}

fn new_place(path: &Path, key: (u64, u64)) -> Place {
    let name = path.to_string_lossy().into_owned();
    Place { name, device: key.0, inode: key.1, line: 1, ..Place::default() }
}

/// Passes over what stands in a file.
fn to_the_end(file: &mut Followed, size: u64) -> io::Result<()> {
    if size == 0 {
        return Ok(());
    }
    file.take_head(size)?;
    let mut last = [0];
    read_some(&file.file, &mut last, size - 1)?;
    file.place.skipping = last != *b"\n";
    file.place.offset = size;
    file.take_recent()
}

/// Since a file was last written to.
fn age(metadata: &Metadata) -> Duration {
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    SystemTime::now().duration_since(modified).unwrap_or_default()
}
