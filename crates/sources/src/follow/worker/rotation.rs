//! What rotation does to files: it renames, copies and truncates, deletes. What was not read before is found again where
//! it can be, and else said to be missing.

use super::admit::Matching;
use super::{GONE_GRACE, Worker};
use crate::follow::compressed::Unpacking;
use crate::follow::followed::read_some;
use crate::follow::places::{self, GONE_MAX, Place};
use crate::inlet::{Health, Loss};
use crate::sniff::SNIFF_BYTES;
use crate::stream::Compression;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

impl Worker {
    /// Files that were rotated while nobody followed, to names that no pattern names: they are read to their end.
    pub(super) fn find_rotated(&mut self, names: &BTreeSet<String>) {
        let is_rotated = |place: &&Place| !place.is_over && names.contains(&place.name);
        let rotated: Vec<Place> = self.gone.iter().filter(is_rotated).cloned().collect();
        for place in rotated {
            self.find_copy(Path::new(&place.name), &place);
        }
    }

    /// A file was emptied by its rotation: it begins anew.
    pub(super) fn was_truncated(&mut self, at: usize) {
        let (path, place) = (self.files[at].path.clone(), self.files[at].place.clone());
        if self.tell_truncation(&path, &place) {
            self.files[at].begin_anew();
            self.is_dirty = true;
        }
    }

    /// What was not read before a truncation may stand in a copy, and is read there; else something may be missing, which
    /// is said. `false` if that could not be stored before the end.
    pub(super) fn tell_truncation(&mut self, path: &Path, place: &Place) -> bool {
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
            if holds(&entry.path(), place).unwrap_or(false) {
                let is_admitted = self.admit(&entry.path(), &metadata, key, Some(place)).is_ok();
                // It may have been rotated on meanwhile.
                let of_key = |place: &Place| (place.device, place.inode) == key;
                let compressed = self.compressed.iter().map(|file| &file.place);
                let mut followed = self.files.iter().map(|file| &file.place).chain(compressed);
                if is_admitted && followed.any(of_key) {
                    return true;
                }
            }
        }
        false
    }

    /// Lets go of files that stand under no path any more and do not grow.
    pub(super) fn put_away(&mut self, found: &Matching) {
        let is_found = |place: &Place| found.contains_key(&(place.device, place.inode));
        for at in (0..self.files.len()).rev() {
            let file = &self.files[at];
            if file.is_left(GONE_GRACE) && file.lag_bytes() == 0 {
                self.gone.push(self.files.remove(at).place);
                self.is_dirty = true;
            }
        }
        for at in (0..self.compressed.len()).rev() {
            // A copy is read though no pattern names it.
            let file = &self.compressed[at];
            if !is_found(&file.place) && !file.path.exists() {
                self.gone.push(self.compressed.remove(at).place);
                self.is_dirty = true;
            }
        }
        // What still stands somewhere would be read again if it were forgotten.
        let forgettable = self.gone.iter().filter(|place| !is_found(place)).count();
        let mut surplus = forgettable.saturating_sub(GONE_MAX);
        self.gone.retain(|place| {
            let is_kept = surplus == 0 || is_found(place);
            surplus -= usize::from(!is_kept);
            is_kept
        });
    }
}

/// Whether a file, compressed or not, holds what was read of another.
fn holds(path: &Path, place: &Place) -> io::Result<bool> {
    let file = File::open(path)?;
    let mut head = [0; SNIFF_BYTES];
    let read = read_some(&file, &mut head, 0)?;
    let found = match Compression::of(&head[..read]) {
        Compression::None => places::find(std::iter::once(place), &mut &file).is_some(),
        _ => places::find(std::iter::once(place), &mut Unpacking::open(path)?).is_some(),
    };
    Ok(found)
}
