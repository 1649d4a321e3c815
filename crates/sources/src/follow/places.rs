//! How far each file was read, on disk: written anew as a whole and named when it is durable, so that a crash
//! leaves the old or the new one.

use super::followed::Content;
use crate::noted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The form of the file.
const VERSION: u32 = 1;
/// Files that are gone are remembered, as their content may come back: renamed, copied, compressed. The oldest are
/// forgotten first.
pub(super) const GONE_MAX: usize = 1_000;

/// How far a file was read, and what tells it from others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The path under which its content was first seen: the source's name.
    pub name: String,
    pub device: u64,
    pub inode: u64,
    /// What stands for the file in the ids of its lines.
    pub id: u64,
    /// Hash of its first `head_bytes` bytes; these do not change while it is the same file.
    pub head: u64,
    /// 0: it was empty.
    pub head_bytes: u64,
    /// Offset of the next line.
    pub offset: u64,
    /// 1-based number of the next line.
    pub line: u64,
    /// Hash of the bytes before `offset`: tells a copy from a file that only begins alike.
    pub tail: u64,
    /// The next bytes are the rest of a line that was too long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skipping: bool,
    /// A compressed file that was read to its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_over: bool,
    /// A compressed file's size on disk when it was read; only runs that read once note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed_bytes: Option<u64>,
    /// The path under which it was read last; only runs that read once note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood: Option<String>,
}

impl Place {
    /// A file of which nothing was read, under this path and with this device and inode.
    pub(super) fn new(path: &Path, (device, inode): (u64, u64)) -> Place {
        let name = path.to_string_lossy().into_owned();
        Place { name, device, inode, line: 1, ..Place::default() }
    }

    /// Where the bytes begin that `tail` is the hash of.
    pub(super) fn tail_start(&self) -> u64 {
        self.offset.saturating_sub(super::followed::TAIL_BYTES)
    }
}

/// The place of the file that content is, or is a copy of: of those that begin alike, the one that was read farthest
/// of those that it has all bytes of. Content is read forward only.
pub(super) fn find<'p>(
    places: impl Iterator<Item = &'p Place>,
    content: &mut dyn Content,
) -> Option<&'p Place> {
    let mut heads = BTreeMap::new();
    let mut alike: Vec<&Place> = places
        .filter(|place| {
            let bytes = place.head_bytes;
            let head = heads.entry(bytes).or_insert_with(|| content.hash(0, bytes));
            bytes > 0 && *head == Some(place.head)
        })
        .collect();
    alike.sort_by_key(|place| place.offset);
    let has_all =
        |place: &&&Place| content.hash(place.tail_start(), place.offset) == Some(place.tail);
    alike.iter().filter(has_all).last().copied()
}

#[derive(Serialize, Deserialize)]
struct Places {
    version: u32,
    files: Vec<Place>,
}

/// What was noted.
pub(super) enum Noted {
    /// Nothing yet: following begins.
    Nothing,
    Places(Vec<Place>),
    /// The file is damaged and was put aside: everything is read again.
    Damaged(PathBuf),
}

/// Reads the places.
pub(super) fn load(path: &Path) -> io::Result<Noted> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Noted::Nothing),
        Err(error) => return Err(error),
    };
    match serde_json::from_slice::<Places>(&bytes) {
        Ok(places) if places.version == VERSION => Ok(Noted::Places(places.files)),
        _ => {
            let aside = path.with_extension("bad");
            fs::rename(path, &aside)?;
            Ok(Noted::Damaged(aside))
        }
    }
}

/// Writes the places; durable when it returns.
pub(super) fn save(path: &Path, files: Vec<Place>) -> io::Result<()> {
    let bytes = serde_json::to_vec(&Places { version: VERSION, files })?;
    noted::replace(path, &bytes)
}
