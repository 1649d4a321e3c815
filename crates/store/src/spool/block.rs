//! A stored block → its records. Any bytes are read or refused, in bounded memory and without a panic:
//! a check sum says that they are what was written, not that the writer was sane.

use super::encode::{
    CURSOR_FILE, CURSOR_KEY, CURSOR_RECEIVED, CURSOR_STREAM, OLD, OLDER_SHIFT, Place, TRUNCATED,
};
use super::header::{BLOCK_BYTES_MAX, BlockHead, Codec, HEAD};
use super::record::Record;
use crate::varint::Bytes;
use model::intake::{Facts, Kind};
use model::{Cursor, Origin, Seq, SourceId, TenantId, Timestamp, Transport};
use std::sync::Arc;

/// Why bytes are no block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The head is damaged, or of a format that this program does not know.
    #[error("the head of the block is damaged or of an unknown format")]
    Head,
    /// The payload is not what was written.
    #[error("the check sum of the block does not match its bytes")]
    CheckSum,
    /// The payload ends too early.
    #[error("the block is cut short")]
    Cut,
    /// The payload is what was written, yet makes no sense.
    #[error("the block's contents make no sense")]
    Nonsense,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    seq: Seq,
    facts: Facts,
    origin: u32,
    peer: u32,
    start: u32,
    end: u32,
}

/// The records of one block. Kept and filled again, so that its buffers stay.
#[derive(Debug, Default)]
pub struct Block {
    plain: Vec<u8>,
    origins: Vec<Arc<Origin>>,
    peers: Vec<String>,
    rows: Vec<Row>,
    /// Where the payloads begin in `plain`.
    payloads: usize,
    /// Rows before this one were not asked for.
    skip: usize,
    zstd: Option<Decompressor>,
}

struct Decompressor(zstd::bulk::Decompressor<'static>);

impl std::fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decompressor")
    }
}

impl Block {
    /// An empty one, to be filled.
    pub fn new() -> Block {
        Block::default()
    }

    /// Reads one stored block: its head and its payload.
    ///
    /// # Errors
    /// If the bytes are no whole block; then the block holds no records.
    pub fn decode(&mut self, bytes: &[u8]) -> Result<(), BlockError> {
        self.decode_first(bytes).map(|_| ())
    }

    /// Reads the first of several stored blocks; returns how many bytes it takes.
    ///
    /// # Errors
    /// If the bytes do not begin with a whole block; then the block holds no records.
    pub fn decode_first(&mut self, bytes: &[u8]) -> Result<usize, BlockError> {
        self.clear();
        let head = BlockHead::read(bytes).ok_or(BlockError::Head)?;
        let size = HEAD + head.stored as usize;
        let payload = bytes.get(HEAD..size).ok_or(BlockError::Cut)?;
        self.fill(&head, payload)?;
        Ok(size)
    }

    pub(super) fn fill(&mut self, head: &BlockHead, payload: &[u8]) -> Result<(), BlockError> {
        self.clear();
        if crc32c::crc32c(payload) != head.crc {
            return Err(BlockError::CheckSum);
        }
        match head.codec {
            Codec::Index => return Ok(()),
            Codec::Plain => self.plain.extend_from_slice(payload),
            Codec::Zstd => self.decompress(payload, head.plain as usize)?,
        }
        if self.read(head).is_none() {
            self.clear();
            return Err(BlockError::Nonsense);
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.plain.clear();
        self.origins.clear();
        self.peers.clear();
        self.rows.clear();
        (self.payloads, self.skip) = (0, 0);
    }

    fn decompress(&mut self, payload: &[u8], plain: usize) -> Result<(), BlockError> {
        if plain > BLOCK_BYTES_MAX {
            return Err(BlockError::Nonsense);
        }
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            none => none.insert(Decompressor(
                zstd::bulk::Decompressor::new().map_err(|_| BlockError::Nonsense)?,
            )),
        };
        self.plain.resize(plain, 0);
        let size = zstd.0.decompress_to_buffer(payload, &mut self.plain[..]);
        if size.ok() != Some(plain) {
            return Err(BlockError::Nonsense);
        }
        Ok(())
    }

    fn read(&mut self, head: &BlockHead) -> Option<()> {
        let mut bytes = Bytes(&self.plain);
        for _ in 0..bytes.size()? {
            self.origins.push(Arc::new(origin(&mut bytes)?));
        }
        for _ in 0..bytes.size()? {
            self.peers.push(bytes.text()?.to_owned());
        }
        let mut columns = Columns {
            seqs: bytes.part()?,
            times: bytes.part()?,
            origins: bytes.part()?,
            peers: bytes.part()?,
            flags: bytes.part()?,
            cursors: bytes.part()?,
            sizes: bytes.part()?,
        };
        let payloads = bytes.bytes()?;
        if !bytes.is_empty() {
            return None;
        }
        self.payloads = self.plain.len() - payloads.len();
        // Each record has at least one byte of flags.
        if columns.flags.0.len() != head.count as usize {
            return None;
        }
        self.rows.reserve(head.count as usize);
        let mut before = Before { seq: head.first.0, at: 0, place: Place::default(), end: 0 };
        for place in 0..head.count {
            let row = columns.row(&mut before, place == 0)?;
            let known = (row.origin as usize) < self.origins.len()
                && (row.peer as usize) < self.peers.len()
                && row.end as usize <= payloads.len()
                && row.seq <= head.last();
            if !known {
                return None;
            }
            self.rows.push(row);
        }
        let whole = before.end as usize == payloads.len() && before.seq == head.last().0;
        whole.then_some(())
    }

    /// Its records, in the order of their numbers.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        self.rows[self.skip..].iter().map(|row| self.record(row))
    }

    fn record(&self, row: &Row) -> Record<'_> {
        Record {
            seq: row.seq,
            facts: row.facts,
            origin: &self.origins[row.origin as usize],
            peer: &self.peers[row.peer as usize],
            payload: &self.plain
                [self.payloads + row.start as usize..self.payloads + row.end as usize],
        }
    }

    /// The record with this number, if the block holds it.
    pub fn get(&self, seq: Seq) -> Option<Record<'_>> {
        let place = self.rows.binary_search_by_key(&seq, |row| row.seq).ok()?;
        Some(self.record(&self.rows[place]))
    }

    /// From the first number to the last.
    pub(super) fn span(&self) -> Option<std::ops::RangeInclusive<Seq>> {
        Some(self.rows.first()?.seq..=self.rows.last()?.seq)
    }

    /// Leaves out records before `seq`.
    pub(super) fn skip_before(&mut self, seq: Seq) {
        self.skip = self.rows.partition_point(|row| row.seq < seq);
    }

    /// Leaves out records from `seq` on.
    pub(super) fn cut_from(&mut self, seq: Seq) {
        let end = self.rows.partition_point(|row| row.seq < seq);
        self.rows.truncate(end);
        self.skip = self.skip.min(end);
    }

    /// Bytes that it takes in memory, as far as they follow from what it holds.
    pub fn plain_bytes(&self) -> usize {
        self.plain.len() + self.rows.len() * size_of::<Row>()
    }

    /// Records that were asked for.
    pub fn len(&self) -> usize {
        self.rows.len() - self.skip
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn origin(bytes: &mut Bytes<'_>) -> Option<Origin> {
    Some(Origin {
        source_id: SourceId::new(bytes.text()?),
        tenant_id: TenantId::new(bytes.text()?),
        source_type: bytes.text()?.to_owned(),
        source_name: bytes.text()?.to_owned(),
        transport: Transport::from_word(bytes.text()?)?,
    })
}

struct Columns<'a> {
    seqs: Bytes<'a>,
    times: Bytes<'a>,
    origins: Bytes<'a>,
    peers: Bytes<'a>,
    flags: Bytes<'a>,
    cursors: Bytes<'a>,
    sizes: Bytes<'a>,
}

/// The row before, which the next one is told by.
struct Before {
    seq: u64,
    at: i64,
    place: Place,
    end: u32,
}

impl Columns<'_> {
    fn row(&mut self, before: &mut Before, is_first: bool) -> Option<Row> {
        let gap = self.seqs.number()?;
        let seq = match is_first {
            true => before.seq,
            false => before.seq.checked_add(gap)?.checked_add(1)?,
        };
        let at = before.at.wrapping_add(self.times.signed()?);
        let flags = self.flags.byte()?;
        let kind = *Kind::ALL.get(usize::from(flags & (TRUNCATED - 1)))?;
        let cursor = self.cursor(&mut before.place, Seq(seq))?;
        let start = before.end;
        let end = start.checked_add(u32::try_from(self.sizes.number()?).ok()?)?;
        (before.seq, before.at, before.end) = (seq, at, end);
        Some(Row {
            seq: Seq(seq),
            facts: Facts {
                received_at: Timestamp::from_micros(at),
                cursor,
                kind,
                truncated: flags & TRUNCATED != 0,
                old: flags & OLD != 0,
                older: flags >> OLDER_SHIFT,
            },
            origin: u32::try_from(self.origins.number()?).ok()?,
            peer: u32::try_from(self.peers.number()?).ok()?,
            start,
            end,
        })
    }

    fn cursor(&mut self, before: &mut Place, seq: Seq) -> Option<Cursor> {
        let bytes = &mut self.cursors;
        let kind = bytes.byte()?;
        if matches!(kind, CURSOR_FILE | CURSOR_STREAM) {
            before.offset = before.offset.wrapping_add(bytes.signed()? as u64);
            before.line = before.line.wrapping_add(bytes.signed()? as u64);
        }
        let (offset, line) = (before.offset, before.line);
        Some(match kind {
            CURSOR_FILE => {
                before.head ^= bytes.number()?;
                Cursor::File { head: before.head, offset, line }
            }
            CURSOR_STREAM => Cursor::Stream { offset, line },
            CURSOR_RECEIVED => Cursor::Received { seq },
            CURSOR_KEY => Cursor::Key { hash: u128::from_le_bytes(bytes.array()?) },
            _ => return None,
        })
    }
}
