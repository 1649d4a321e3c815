//! The index that seals a segment: stretches of blocks, each with its place, numbers and times. It saves
//! walking; it is never needed, for a walk over the blocks finds the same.
//!
//! It is stored as a block without records, so that a walk passes over it; the segment's last 16 bytes
//! lead to it.

use super::header::{BlockHead, Codec, HEAD};
use crate::disk::{DiskFile, read_full};
use crate::varint::{Bytes, put, put_signed};
use model::{Seq, Timestamp};
use std::io;

/// A stretch is closed once its blocks take so many bytes: 64 MiB have about 250.
const STRETCH_BYTES: u64 = 256 << 10;
/// The end of a sealed segment: offset of the index (8), mark (8).
const TRAILER: usize = 16;
const TRAILER_MARK: [u8; 8] = *b"FSHKEND\x01";

/// Blocks that stand one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) offset: u64,
    pub(super) first: Seq,
    pub(super) last: Seq,
    pub(super) records: u64,
    pub(super) earliest: Timestamp,
    pub(super) latest: Timestamp,
}

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Index {
    pub(super) stretches: Vec<Stretch>,
    /// Where the blocks end.
    pub(super) end: u64,
}

impl Index {
    /// Adds a block that stands at `offset`.
    pub(super) fn add(&mut self, head: &BlockHead, offset: u64) {
        self.end = offset + head.size();
        match self.stretches.last_mut() {
            Some(stretch) if offset - stretch.offset < STRETCH_BYTES => {
                stretch.last = head.last();
                stretch.records += u64::from(head.count);
                stretch.earliest = stretch.earliest.min(head.earliest);
                stretch.latest = stretch.latest.max(head.latest);
            }
            _ => self.stretches.push(Stretch {
                offset,
                first: head.first,
                last: head.last(),
                records: u64::from(head.count),
                earliest: head.earliest,
                latest: head.latest,
            }),
        }
    }

    pub(super) fn last(&self) -> Option<Seq> {
        self.stretches.last().map(|stretch| stretch.last)
    }

    pub(super) fn records(&self) -> u64 {
        self.stretches.iter().map(|stretch| stretch.records).sum()
    }

    pub(super) fn times(&self) -> Option<(Timestamp, Timestamp)> {
        let earliest = self.stretches.iter().map(|stretch| stretch.earliest).min()?;
        let latest = self.stretches.iter().map(|stretch| stretch.latest).max()?;
        Some((earliest, latest))
    }

    /// The stretch in which `seq` stands, or the next one.
    pub(super) fn find(&self, seq: Seq) -> usize {
        self.stretches.partition_point(|stretch| stretch.last < seq)
    }

    /// The block that seals a segment whose blocks end at `end`.
    pub(super) fn write(&self, tag: u64) -> Vec<u8> {
        let mut payload = Vec::new();
        put(&mut payload, self.stretches.len() as u64);
        put(&mut payload, self.end);
        let (mut offset, mut seq, mut at) = (0, 0, 0);
        for stretch in &self.stretches {
            put(&mut payload, stretch.offset - offset);
            put(&mut payload, stretch.first.0.wrapping_sub(seq));
            put(&mut payload, stretch.last.0 - stretch.first.0);
            put(&mut payload, stretch.records);
            put_signed(&mut payload, stretch.earliest.as_micros().wrapping_sub(at));
            let span = stretch.latest.as_micros().wrapping_sub(stretch.earliest.as_micros());
            put_signed(&mut payload, span);
            (offset, seq, at) = (stretch.offset, stretch.last.0, stretch.earliest.as_micros());
        }
        payload.extend_from_slice(&self.end.to_le_bytes());
        payload.extend_from_slice(&TRAILER_MARK);
        let head = BlockHead {
            codec: Codec::Index,
            first: self.last().unwrap_or_default(),
            count: 0,
            stored: payload.len() as u32,
            plain: payload.len() as u32,
            crc: crc32c::crc32c(&payload),
            earliest: Timestamp::default(),
            latest: Timestamp::default(),
            tag,
            span: 0,
        };
        let mut bytes = head.write().to_vec();
        bytes.extend_from_slice(&payload);
        bytes
    }

    /// Reads the index of a sealed segment; `None` if it is not sealed, or the index is damaged.
    pub(super) fn read(file: &dyn DiskFile, size: u64, tag: u64) -> io::Result<Option<Index>> {
        let Some(start) = size.checked_sub(TRAILER as u64) else { return Ok(None) };
        let mut trailer = [0; TRAILER];
        read_full(file, &mut trailer, start)?;
        let (offset, mark) = trailer.split_at(8);
        let offset = u64::from_le_bytes(offset.try_into().unwrap_or_default());
        let fits = offset >= HEAD as u64 && offset + (HEAD + TRAILER) as u64 <= size;
        if mark != TRAILER_MARK || !fits || size - offset > super::header::BLOCK_BYTES_MAX as u64 {
            return Ok(None);
        }
        let mut bytes = vec![0; (size - offset) as usize];
        read_full(file, &mut bytes, offset)?;
        Ok(Index::decode(&bytes, offset, tag))
    }

    fn decode(bytes: &[u8], offset: u64, tag: u64) -> Option<Index> {
        let head = BlockHead::read(bytes)?;
        let payload = &bytes[HEAD..];
        let whole = head.codec == Codec::Index
            && head.tag == tag
            && head.stored as usize == payload.len()
            && head.crc == crc32c::crc32c(payload);
        if !whole {
            return None;
        }
        let mut rest = Bytes(&payload[..payload.len() - TRAILER]);
        let count = rest.size()?;
        let mut index = Index { stretches: Vec::new(), end: rest.number()? };
        let (mut at_offset, mut seq, mut at) = (0u64, 0u64, 0i64);
        for _ in 0..count {
            at_offset = at_offset.checked_add(rest.number()?)?;
            let first = seq.wrapping_add(rest.number()?);
            seq = first.checked_add(rest.number()?)?;
            let records = rest.number()?;
            at = at.wrapping_add(rest.signed()?);
            let latest = at.wrapping_add(rest.signed()?);
            index.stretches.push(Stretch {
                offset: at_offset,
                first: Seq(first),
                last: Seq(seq),
                records,
                earliest: Timestamp::from_micros(at),
                latest: Timestamp::from_micros(latest),
            });
        }
        (index.end == offset && at_offset < offset).then_some(index)
    }
}
