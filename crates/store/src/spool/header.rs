//! The fixed heads: of a segment, and of each block within it. Both are 64 bytes, little-endian, and
//! carry a check sum of their own, so that after damage the next whole block is found by scan.

use crate::varint::Bytes;
use model::{Seq, Timestamp};

/// Length of both heads.
pub(super) const HEAD: usize = 64;
/// What a segment begins with.
const SEGMENT_MARK: [u8; 8] = *b"FSHKSPL\x01";
/// What a block begins with. Its first byte is no byte of UTF-8 text, so text is passed over quickly.
pub(super) const BLOCK_MARK: [u8; 4] = [0xf5, b'b', b'l', b'k'];
/// The largest payload of a block before compression: bounds what a reader allocates.
pub(super) const BLOCK_BYTES_MAX: usize = 16 << 20;

/// How a block's payload is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Codec {
    /// As it is.
    Plain = 0,
    /// Zstandard.
    Zstd = 1,
    /// No records: the index that seals a segment.
    Index = 2,
}

/// The head of a segment.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 8 | mark and format |
/// | 8 | 16 | epoch: the spool's name, new whenever a spool is made anew |
/// | 24 | 8 | first number |
/// | 32 | 8 | tag: each block of the segment repeats it |
/// | 40 | 8 | receipt of the first record, µs |
/// | 48 | 8 | reached: numbers before this had been given to records when the segment was made |
/// | 56 | 4 | lost: so many of them, the last ones, were in no segment any more by then |
/// | 60 | 4 | CRC32C of bytes 0–59 |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHead {
    pub(super) epoch: Epoch,
    pub(super) first: Seq,
    pub(super) tag: u64,
    pub(super) begun: Timestamp,
    /// Numbers from here to `first` were never given; 0 where an earlier program wrote the segment.
    pub(super) reached: Seq,
    pub(super) lost: u32,
}

/// Which spool: numbers of different epochs must not be compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub [u8; 16]);

impl std::fmt::Display for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl std::fmt::Debug for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The tag of a segment. Who only sends text cannot know it, and so cannot send bytes that pass for a block
/// when a damaged one is searched.
pub(super) fn tag(epoch: Epoch, first: Seq) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"foreshock/segment/1");
    hasher.update(&epoch.0);
    hasher.update(&first.0.to_le_bytes());
    let mut tag = [0; 8];
    tag.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(tag)
}

impl SegmentHead {
    pub(super) fn write(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..8].copy_from_slice(&SEGMENT_MARK);
        bytes[8..24].copy_from_slice(&self.epoch.0);
        bytes[24..32].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.tag.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.begun.as_micros().to_le_bytes());
        bytes[48..56].copy_from_slice(&self.reached.0.to_le_bytes());
        bytes[56..60].copy_from_slice(&self.lost.to_le_bytes());
        seal(&mut bytes);
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Option<SegmentHead> {
        let mut rest = sealed(bytes)?;
        if rest.array::<8>()? != SEGMENT_MARK {
            return None;
        }
        Some(SegmentHead {
            epoch: Epoch(rest.array()?),
            first: Seq(u64::from_le_bytes(rest.array()?)),
            tag: u64::from_le_bytes(rest.array()?),
            begun: Timestamp::from_micros(i64::from_le_bytes(rest.array()?)),
            reached: Seq(u64::from_le_bytes(rest.array()?)),
            lost: u32::from_le_bytes(rest.array()?),
        })
    }
}

/// The head of a block; its payload follows.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | mark |
/// | 4 | 1 | format of the payload |
/// | 5 | 1 | codec: 0 plain, 1 zstd, 2 index |
/// | 6 | 2 | 0 |
/// | 8 | 8 | first number |
/// | 16 | 4 | count of records |
/// | 20 | 4 | bytes of payload as stored |
/// | 24 | 4 | bytes of payload before compression |
/// | 28 | 4 | CRC32C of the stored payload |
/// | 32 | 8 | earliest receipt, µs |
/// | 40 | 8 | latest receipt, µs |
/// | 48 | 8 | tag of the segment |
/// | 56 | 4 | last number − first number |
/// | 60 | 4 | CRC32C of bytes 0–59 |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockHead {
    pub(super) codec: Codec,
    pub(super) first: Seq,
    pub(super) count: u32,
    pub(super) stored: u32,
    pub(super) plain: u32,
    pub(super) crc: u32,
    pub(super) earliest: Timestamp,
    pub(super) latest: Timestamp,
    pub(super) tag: u64,
    pub(super) span: u32,
}

/// The payload's layout.
const PAYLOAD_FORMAT: u8 = 1;

impl BlockHead {
    /// The number of the last record.
    pub(super) fn last(&self) -> Seq {
        Seq(self.first.0.saturating_add(u64::from(self.span)))
    }

    /// Bytes that head and payload take.
    pub(super) fn size(&self) -> u64 {
        HEAD as u64 + u64::from(self.stored)
    }

    pub(super) fn write(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..4].copy_from_slice(&BLOCK_MARK);
        bytes[4] = PAYLOAD_FORMAT;
        bytes[5] = self.codec as u8;
        bytes[8..16].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.count.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.stored.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.plain.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.crc.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.earliest.as_micros().to_le_bytes());
        bytes[40..48].copy_from_slice(&self.latest.as_micros().to_le_bytes());
        bytes[48..56].copy_from_slice(&self.tag.to_le_bytes());
        bytes[56..60].copy_from_slice(&self.span.to_le_bytes());
        seal(&mut bytes);
        bytes
    }

    /// The head that these bytes begin with, if it is whole and says nothing impossible.
    pub(super) fn read(bytes: &[u8]) -> Option<BlockHead> {
        let mut rest = sealed(bytes)?;
        if rest.array::<4>()? != BLOCK_MARK || rest.byte()? != PAYLOAD_FORMAT {
            return None;
        }
        let codec = match rest.byte()? {
            0 => Codec::Plain,
            1 => Codec::Zstd,
            2 => Codec::Index,
            _ => return None,
        };
        rest.take(2)?;
        let head = BlockHead {
            codec,
            first: Seq(u64::from_le_bytes(rest.array()?)),
            count: u32::from_le_bytes(rest.array()?),
            stored: u32::from_le_bytes(rest.array()?),
            plain: u32::from_le_bytes(rest.array()?),
            crc: u32::from_le_bytes(rest.array()?),
            earliest: Timestamp::from_micros(i64::from_le_bytes(rest.array()?)),
            latest: Timestamp::from_micros(i64::from_le_bytes(rest.array()?)),
            tag: u64::from_le_bytes(rest.array()?),
            span: u32::from_le_bytes(rest.array()?),
        };
        let sizes = head.stored as usize <= BLOCK_BYTES_MAX + HEAD
            && head.plain as usize <= BLOCK_BYTES_MAX
            && (head.codec == Codec::Index || head.count > 0 && head.count - 1 <= head.span);
        sizes.then_some(head)
    }
}

fn seal(bytes: &mut [u8; HEAD]) {
    let crc = crc32c::crc32c(&bytes[..HEAD - 4]);
    bytes[HEAD - 4..].copy_from_slice(&crc.to_le_bytes());
}

/// The fields of a head whose check sum holds.
fn sealed(bytes: &[u8]) -> Option<Bytes<'_>> {
    let (fields, crc) = bytes.get(..HEAD)?.split_at(HEAD - 4);
    let crc = u32::from_le_bytes(crc.try_into().ok()?);
    (crc32c::crc32c(fields) == crc).then_some(Bytes(fields))
}
