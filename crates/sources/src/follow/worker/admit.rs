//! Which files are followed: those that the patterns name, told apart by inode and content.

use super::{COMPLETE_AFTER, OLD_AFTER, Worker};
use crate::follow::compressed::{Compressed, Unpacking};
use crate::follow::followed::{Followed, age, read_some, stamp};
use crate::follow::places::{self, Place};
use crate::follow::{Begin, COPY_BYTES_MIN};
use crate::lines::HEAD_BYTES;
use crate::sniff::{SNIFF_BYTES, not_text};
use crate::stream::Compression;
use model::{Origin, SourceId, Transport};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use xxhash_rust::xxh3::xxh3_64;

/// "Too many levels of symbolic links", as Linux numbers it; the standard library has no stable name for it.
const ELOOP: i32 = 40;

/// Files by device and inode.
pub(super) type Matching = BTreeMap<(u64, u64), (PathBuf, Metadata)>;

impl Worker {
    /// Finds files that are new, have moved or are gone.
    pub(super) fn match_patterns(&mut self) {
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
                let most = self.config.files_max;
                let why = format!(
                    "{most} files are followed at a time, and more match: name fewer, by narrower patterns"
                );
                self.tell(path, &why);
                continue;
            }
            if let Err(error) = self.admit(path, metadata, *key, None) {
                self.tell(path, &crate::error::explain(&error));
            }
        }
        if self.is_first_look {
            let names =
                found.values().map(|(path, _)| path.to_string_lossy().into_owned()).collect();
            self.find_rotated(&names);
        }
        self.is_first_look = false;
        self.put_away(&found);
        self.tell_amiss();
    }

    /// Regular files that the patterns name, by inode; of several names the one of the fewest folders, as links may lead
    /// round in circles, and the first of these. What cannot be looked at is told.
    fn matching(&mut self) -> Matching {
        let (mut found, mut amiss) = (BTreeMap::new(), Vec::new());
        for pattern in &self.config.include {
            // Patterns were tried at the start.
            let mut is_found = false;
            for path in glob::glob(pattern).into_iter().flatten() {
                is_found = true;
                let path = match path {
                    Ok(path) => path,
                    Err(error) => {
                        let path = error.path().to_owned();
                        amiss.push((path, io::Error::from(error)));
                        continue;
                    }
                };
                if self.exclude.iter().any(|exclude| exclude.matches_path(&path)) {
                    continue;
                }
                match fs::metadata(&path) {
                    Ok(metadata) if metadata.is_file() => {
                        let depth = |path: &Path| path.components().count();
                        match found.entry((metadata.dev(), metadata.ino())) {
                            Entry::Vacant(entry) => _ = entry.insert((path, metadata)),
                            Entry::Occupied(mut entry) if depth(&path) < depth(&entry.get().0) => {
                                entry.insert((path, metadata));
                            }
                            Entry::Occupied(_) => {}
                        }
                    }
                    Ok(_) => {}
                    Err(error) => amiss.push((path, error)),
                }
            }
            // A path without patterns is not found either where its folder may not be looked into.
            if !is_found && let Err(error) = fs::metadata(pattern) {
                amiss.push((PathBuf::from(pattern), error));
            }
        }
        // What is not there (any more) is no trouble: it may come. Nor are links that lead round in circles.
        let is_loop = |error: &io::Error| error.raw_os_error() == Some(ELOOP);
        amiss.retain(|(_, error)| error.kind() != io::ErrorKind::NotFound && !is_loop(error));
        for (path, error) in amiss {
            self.tell(&path, &crate::error::explain(&error));
        }
        found
    }

    /// Begins to follow a file; `copy_of` if it is known what it is a copy of.
    pub(super) fn admit(
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
        let opened = file.metadata()?;
        // Rotated between the look and the opening: under this path stands another file now, and followed by the number of
        // the first it would be read twice. The next look sees both.
        if (opened.dev(), opened.ino()) != key {
            return Ok(());
        }
        let mut head = [0; SNIFF_BYTES];
        let read = read_some(&file, &mut head, 0)?;
        if Compression::of(&head[..read]) != Compression::None {
            return self.admit_compressed(path, metadata, key, copy_of);
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
            None => Place::new(path, key),
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
        copy_of: Option<&Place>,
    ) -> io::Result<()> {
        let own = self.gone.iter().find(|place| (place.device, place.inode) == key);
        if own.is_some_and(|place| place.is_over) || age(metadata) < COMPLETE_AFTER {
            return Ok(());
        }
        let is_skipped =
            self.is_first_time && self.is_first_look && self.config.begin == Begin::End;
        let mut content = Unpacking::open(path)?;
        let (head, head_bytes) = content.head()?;
        // What it is a copy of was found by reading all of it that matters: once is enough.
        let known = copy_of.or_else(|| places::find(self.places(), &mut content)).cloned();
        let place = match known {
            Some(known) => Place { device: key.0, inode: key.1, is_over: is_skipped, ..known },
            None => {
                let of_key = [head.to_le_bytes(), key.0.to_le_bytes(), key.1.to_le_bytes()];
                let is_whole = head_bytes == HEAD_BYTES as u64;
                let id = if is_whole { head } else { xxh3_64(of_key.as_flattened()) };
                Place { id, head, head_bytes, is_over: is_skipped, ..Place::new(path, key) }
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
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        let of_files = self.files.iter().map(|file| &file.place);
        self.gone.iter().chain(of_files).chain(self.compressed.iter().map(|file| &file.place))
    }

    pub(super) fn origin(&self, name: &str) -> Arc<Origin> {
        Arc::new(Origin {
            source_id: SourceId::new(format!("file:{name}")),
            tenant_id: self.config.tenant.clone(),
            source_type: "file".into(),
            source_name: name.to_owned(),
            transport: Transport::File,
        })
    }
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
