//! The head of a block of events: 96 bytes, little-endian, with a check sum of its own.

use crate::varint::Bytes;
use model::{Seq, Timestamp};

/// Length of a head.
pub(super) const HEAD: usize = 96;
const MARK: [u8; 4] = [0xf5, b'e', b'v', b't'];
const FORMAT: u8 = 1;
/// What a reader allocates for one block at most, in bytes.
pub(super) const PLAIN_MAX: usize = 256 << 20;
/// The events of one block at most.
pub(super) const BLOCK_EVENTS_MAX: usize = 1 << 20;

/// The head of a block.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | mark |
/// | 4 | 1 | format |
/// | 5 | 1 | 1: thinned, only events of raised bands are left |
/// | 6 | 2 | 0 |
/// | 8 | 4 | count of events |
/// | 12 | 4 | bytes of the summary as stored (zstd) |
/// | 16 | 4 | bytes of the summary |
/// | 20 | 4 | bytes of the filter |
/// | 24 | 4 | bytes of the columns as stored (zstd) |
/// | 28 | 4 | bytes of the columns |
/// | 32 | 8 | earliest time, µs |
/// | 40 | 8 | latest time, µs |
/// | 48 | 8 | smallest number |
/// | 56 | 8 | largest number |
/// | 64 | 8 | through: all events of records before this number are in this block or earlier ones |
/// | 72 | 4 | CRC32C of summary and filter |
/// | 76 | 4 | CRC32C of the columns as stored |
/// | 80 | 12 | 0 |
/// | 92 | 4 | CRC32C of bytes 0–91 |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) thinned: bool,
    pub(super) count: u32,
    pub(super) summary_stored: u32,
    pub(super) summary: u32,
    pub(super) filter: u32,
    pub(super) columns_stored: u32,
    pub(super) columns: u32,
    pub(super) earliest: Timestamp,
    pub(super) latest: Timestamp,
    pub(super) first: Seq,
    pub(super) last: Seq,
    pub(super) through: Seq,
    pub(super) summary_crc: u32,
    pub(super) columns_crc: u32,
}

impl Head {
    /// Bytes of the whole block.
    pub(super) fn size(&self) -> u64 {
        let parts = [self.summary_stored, self.filter, self.columns_stored];
        HEAD as u64 + parts.iter().map(|part| u64::from(*part)).sum::<u64>()
    }

    /// Bytes of summary and filter, which follow the head.
    pub(super) fn summary_size(&self) -> usize {
        self.summary_stored as usize + self.filter as usize
    }

    pub(super) fn write(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..4].copy_from_slice(&MARK);
        bytes[4] = FORMAT;
        bytes[5] = u8::from(self.thinned);
        let numbers = [
            self.count,
            self.summary_stored,
            self.summary,
            self.filter,
            self.columns_stored,
            self.columns,
        ];
        for (place, number) in numbers.iter().enumerate() {
            bytes[8 + place * 4..12 + place * 4].copy_from_slice(&number.to_le_bytes());
        }
        let numbers = [
            self.earliest.as_micros() as u64,
            self.latest.as_micros() as u64,
            self.first.0,
            self.last.0,
            self.through.0,
        ];
        for (place, number) in numbers.iter().enumerate() {
            bytes[32 + place * 8..40 + place * 8].copy_from_slice(&number.to_le_bytes());
        }
        bytes[72..76].copy_from_slice(&self.summary_crc.to_le_bytes());
        bytes[76..80].copy_from_slice(&self.columns_crc.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..HEAD - 4]);
        bytes[HEAD - 4..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The head that these bytes begin with, if it is whole and says nothing impossible.
    pub(super) fn read(bytes: &[u8]) -> Option<Head> {
        let (fields, crc) = bytes.get(..HEAD)?.split_at(HEAD - 4);
        if crc32c::crc32c(fields).to_le_bytes() != *crc {
            return None;
        }
        let mut rest = Bytes(fields);
        if rest.array::<4>()? != MARK || rest.byte()? != FORMAT {
            return None;
        }
        let thinned = rest.byte()? & 1 == 1;
        rest.take(2)?;
        let mut number = || rest.array().map(u32::from_le_bytes);
        let [count, summary_stored, summary] = [number()?, number()?, number()?];
        let [filter, columns_stored, columns] = [number()?, number()?, number()?];
        let mut number = || rest.array().map(u64::from_le_bytes);
        let (earliest, latest) = (number()?, number()?);
        let [first, last, through] = [number()?, number()?, number()?].map(Seq);
        let mut number = || rest.array().map(u32::from_le_bytes);
        let (summary_crc, columns_crc) = (number()?, number()?);
        let sizes = [summary, columns].iter().all(|size| *size as usize <= PLAIN_MAX);
        let head = Head {
            thinned,
            count,
            summary_stored,
            summary,
            filter,
            columns_stored,
            columns,
            earliest: Timestamp::from_micros(earliest as i64),
            latest: Timestamp::from_micros(latest as i64),
            first,
            last,
            through,
            summary_crc,
            columns_crc,
        };
        (sizes && count as usize <= BLOCK_EVENTS_MAX).then_some(head)
    }
}
