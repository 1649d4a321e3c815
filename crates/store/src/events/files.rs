//! The files of event blocks: what is in the folder, found by scan; a torn end is cut. All of it can be made
//! again from the spool, so blocks are synced only when a file is done.

use super::block::{Summary, rows};
use super::head::{HEAD, Head};
use super::rows::Rows;
use crate::disk::{Disk, DiskFile, read_full};
use model::{Seq, Timestamp};
use std::io;
use std::sync::Arc;

/// What the names of files end with.
const SUFFIX: &str = ".evt";
/// Files that were under way.
const PART: &str = ".part";

/// One block: where it stands, and its head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored {
    pub(super) offset: u64,
    pub(super) head: Head,
}

/// One file of blocks.
#[derive(Clone)]
pub(super) struct EventFile {
    pub(super) name: String,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) blocks: Vec<Stored>,
    pub(super) bytes: u64,
}

impl EventFile {
    pub(super) fn events(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.head.count)).sum()
    }

    pub(super) fn latest(&self) -> Option<Timestamp> {
        self.blocks.iter().map(|block| block.head.latest).max()
    }
}

/// The name of the file that begins with the block of this number.
pub(super) fn name(number: u64) -> String {
    format!("{number:020}{SUFFIX}")
}

pub(super) fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == 20).then(|| digits.parse().ok()).flatten()
}

/// What was found in a folder.
pub(super) struct Found {
    pub(super) files: Vec<EventFile>,
    pub(super) through: Seq,
    pub(super) damaged_bytes: u64,
}

/// Reads what is there. Unless it `looks_only`, torn ends are cut, and what was under way is removed.
pub(super) fn recover(disk: &dyn Disk, looks_only: bool) -> io::Result<Found> {
    let mut found = Found { files: Vec::new(), through: Seq(0), damaged_bytes: 0 };
    let mut listed = disk.list()?;
    listed.sort();
    for file in &listed {
        let is_part = file.name.strip_suffix(PART).is_some_and(|name| number_of(name).is_some());
        if is_part && !looks_only {
            disk.remove(&file.name)?;
        }
        if number_of(&file.name).is_none() {
            continue;
        }
        let (file, damaged) = match scan(disk, &file.name, looks_only) {
            // Removed since the list was made.
            Err(error) if looks_only && error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        found.damaged_bytes += damaged;
        if !file.blocks.is_empty() {
            found.files.push(file);
        } else if !looks_only {
            disk.remove(&file.name)?;
        }
    }
    let heads = found.files.iter().flat_map(|file| &file.blocks).map(|block| block.head.through);
    found.through = heads.max().unwrap_or_default();
    Ok(found)
}

/// The blocks of one file, and the bytes that are none. They end with the first damaged head: blocks after it
/// are made again from the spool, where that is kept.
fn scan(disk: &dyn Disk, name: &str, looks_only: bool) -> io::Result<(EventFile, u64)> {
    let file = disk.open(name)?;
    let size = file.size()?;
    let (mut blocks, mut offset) = (Vec::new(), 0);
    loop {
        let mut bytes = [0; HEAD];
        let read = read_full(&*file, &mut bytes, offset)?;
        let head = Head::read(&bytes[..read]);
        let Some(head) = head.filter(|head| offset + head.size() <= size) else { break };
        blocks.push(Stored { offset, head });
        offset += head.size();
    }
    if offset < size && !looks_only {
        file.set_size(offset)?;
    }
    Ok((EventFile { name: name.to_owned(), file, blocks, bytes: offset }, size - offset))
}

/// Reads the summary of a block; `None` if it is damaged.
pub(super) fn summary(file: &dyn DiskFile, block: &Stored) -> io::Result<Option<Summary>> {
    let mut bytes = vec![0; block.head.summary_size()];
    let read = read_full(file, &mut bytes, block.offset + HEAD as u64)?;
    Ok(Summary::read(&block.head, &bytes[..read]))
}

/// Whether a block is as it was written: its head was found to be.
pub(super) fn is_whole(file: &dyn DiskFile, block: &Stored) -> io::Result<bool> {
    let (size, after) = (block.head.summary_size(), block.offset + HEAD as u64);
    let mut bytes = vec![0; (block.head.size() as usize).saturating_sub(HEAD)];
    let read = read_full(file, &mut bytes, after)?;
    let (Some(summary), Some(columns)) = (bytes.get(..size), bytes.get(size..)) else {
        return Ok(false);
    };
    Ok(read == bytes.len()
        && crc32c::crc32c(summary) == block.head.summary_crc
        && crc32c::crc32c(columns) == block.head.columns_crc)
}

/// Reads the events of a block; `None` if it is damaged.
pub(super) fn events(
    file: &dyn DiskFile,
    block: &Stored,
    summary: Summary,
    texts: bool,
) -> io::Result<Option<Rows>> {
    let mut bytes = vec![0; block.head.columns_stored as usize];
    let start = block.offset + HEAD as u64 + block.head.summary_size() as u64;
    let read = read_full(file, &mut bytes, start)?;
    Ok(rows(&block.head, summary, &bytes[..read], texts))
}
