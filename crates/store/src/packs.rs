//! Evidence beyond the life of its segment: pinned records, copied into packs before the spool lets go of
//! them. A pack is named by the hash of its bytes, so equal evidence is kept once, and what is read back is
//! what was packed.
//!
//! A pack is blocks of the spool one after the other, with the numbers that the records had: raw bytes, origin,
//! receipt and cursor are the same as they were.

use crate::disk::{Disk, read_full, write_whole};
use crate::spool::{Block, BlockWriter, RawRecords, Record, SpoolError};
use crate::state::{MemoryStore, StateError};
use model::Seq;
use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What the names of packs end with.
const SUFFIX: &str = ".pack";
/// A pack takes no more records once it has so many bytes of them.
const PACK_BYTES_MAX: usize = 64 << 20;

/// Why evidence could not be packed or read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The disk.
    #[error("could not {what}: {source}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes are not those that the name stands for.
    #[error("the pack {name} is damaged: its bytes are not those that were packed")]
    Damaged {
        /// The pack.
        name: String,
    },
    /// The spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The memory.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What packing did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packed {
    /// The packs that were written, or were there already.
    pub packs: Vec<String>,
    /// Records that are in them.
    pub records: u64,
    /// Records that were pinned and cannot be read any more: they stay pinned, to be told.
    pub lost: u64,
}

/// Packs in a folder of their own.
pub struct Packs {
    disk: Arc<dyn Disk>,
}

impl Packs {
    /// Packs in this folder.
    pub fn new(disk: Arc<dyn Disk>) -> Packs {
        Packs { disk }
    }

    /// Packs all that is pinned within a range of records: before their segment goes. What is noted as packed is on
    /// the disk.
    ///
    /// # Errors
    /// If the spool, the folder or the memory fails; what was noted before stays packed, the rest stays pinned.
    pub fn pack(
        &self,
        range: RangeInclusive<Seq>,
        raw: &mut RawRecords,
        memory: &mut dyn MemoryStore,
    ) -> Result<Packed, PackError> {
        let mut packed = Packed::default();
        for (owner, seqs) in memory.owners(range)? {
            let mut rest = &seqs[..];
            while !rest.is_empty() {
                let (pack, found, used) = self.write(rest, raw)?;
                if let Some(name) = pack {
                    memory.packed(&owner, &found, &name)?;
                    packed.packs.push(name);
                }
                packed.records += found.len() as u64;
                packed.lost += (used - found.len()) as u64;
                rest = &rest[used..];
            }
        }
        packed.packs.sort();
        packed.packs.dedup();
        Ok(packed)
    }

    /// Writes one pack of the first of these records. Returns its name, the records in it, and how many of
    /// `seqs` were dealt with.
    fn write(
        &self,
        seqs: &[Seq],
        raw: &mut RawRecords,
    ) -> Result<(Option<String>, Vec<Seq>, usize), PackError> {
        let failed = |source| PackError::Io { what: "write an evidence pack", source };
        let mut writer = BlockWriter::new().map_err(failed)?;
        let (mut found, mut used, mut bytes) = (Vec::new(), 0, 0);
        for seq in seqs {
            let mut added = Ok(());
            raw.records(&[*seq], &mut |record| {
                bytes += record.payload.len();
                found.push(record.seq);
                added = writer.add(record);
            })?;
            added.map_err(failed)?;
            used += 1;
            if bytes >= PACK_BYTES_MAX {
                break;
            }
        }
        if found.is_empty() {
            return Ok((None, found, used));
        }
        let bytes = writer.finish().map_err(failed)?;
        let name = format!("{}{SUFFIX}", blake3::hash(&bytes).to_hex());
        if self.disk.open(&name).is_err() {
            write_whole(&*self.disk, &name, &bytes).map_err(failed)?;
        }
        Ok((Some(name), found, used))
    }

    /// Reads the records of a pack, after its bytes have been checked against its name.
    ///
    /// # Errors
    /// If it is not there, cannot be read, or is damaged.
    pub fn read(&self, name: &str, visit: &mut dyn FnMut(&Record<'_>)) -> Result<(), PackError> {
        let failed = |source| PackError::Io { what: "read an evidence pack", source };
        let damaged = || PackError::Damaged { name: name.to_owned() };
        let file = self.disk.open(name).map_err(failed)?;
        let mut bytes = vec![0; file.size().map_err(failed)? as usize];
        let size = read_full(&*file, &mut bytes, 0).map_err(failed)?;
        let bytes = &bytes[..size];
        if name.strip_suffix(SUFFIX) != Some(&*blake3::hash(bytes).to_hex()) {
            return Err(damaged());
        }
        let (mut block, mut rest) = (Block::new(), bytes);
        while !rest.is_empty() {
            let size = block.decode_first(rest).map_err(|_| damaged())?;
            block.records().for_each(|record| visit(&record));
            rest = &rest[size..];
        }
        Ok(())
    }

    /// The packs that are kept, with their sizes in bytes.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn list(&self) -> Result<Vec<(String, u64)>, PackError> {
        let files = self.disk.list();
        let mut files = files.map_err(|source| PackError::Io { what: "list packs", source })?;
        files.retain(|file| file.name.ends_with(SUFFIX));
        Ok(files.into_iter().map(|file| (file.name, file.bytes)).collect())
    }
}
