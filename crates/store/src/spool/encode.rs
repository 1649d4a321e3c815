//! Batches → blocks. Within a block each kind of fact is a column of small differences, and the payloads
//! stand together: both compress better than records one after the other.

use super::header::{BlockHead, Codec, HEAD};
use crate::varint::{put, put_bytes, put_signed};
use model::intake::{Batch, Facts, Row};
use model::{Cursor, Origin, Seq, Timestamp};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

/// A block is closed once its payloads have so many bytes. Larger ones compress little better, and cost more
/// where one record is wanted.
pub const BLOCK_TARGET_BYTES: usize = 256 << 10;
/// … or so many records.
pub(super) const BLOCK_RECORDS_MAX: usize = 65_536;

pub(super) const TRUNCATED: u8 = 1 << 3;
pub(super) const OLD: u8 = 1 << 4;
/// The three bits above: how much older, in steps.
pub(super) const OLDER_SHIFT: u8 = 5;

pub(super) const CURSOR_FILE: u8 = 0;
pub(super) const CURSOR_STREAM: u8 = 1;
pub(super) const CURSOR_RECEIVED: u8 = 2;
pub(super) const CURSOR_KEY: u8 = 3;

/// The differences that a column of places is made of, on both sides.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) head: u64,
    pub(super) offset: u64,
    pub(super) line: u64,
}

#[derive(Default)]
struct Columns {
    seqs: Vec<u8>,
    times: Vec<u8>,
    origins: Vec<u8>,
    peers: Vec<u8>,
    flags: Vec<u8>,
    cursors: Vec<u8>,
    sizes: Vec<u8>,
    payloads: Vec<u8>,
}

/// A block that is being filled. Kept and used again, so that its buffers stay.
pub(super) struct Encoder {
    columns: Columns,
    origins: Vec<Arc<Origin>>,
    origin_places: HashMap<usize, u32>,
    peers: Vec<Arc<str>>,
    peer_places: HashMap<Arc<str>, u32>,
    /// Bytes of names in the dictionaries.
    names: usize,
    first: Seq,
    last: Seq,
    count: u32,
    earliest: Timestamp,
    latest: Timestamp,
    before: Timestamp,
    place: Place,
    plain: Vec<u8>,
    zstd: zstd::bulk::Compressor<'static>,
}

impl Encoder {
    pub(super) fn new(level: i32) -> io::Result<Encoder> {
        let mut zstd = zstd::bulk::Compressor::new(level)?;
        // Blocks have a check sum of their own, and their length stands in the head.
        zstd.include_checksum(false)?;
        zstd.include_contentsize(false)?;
        Ok(Encoder {
            columns: Columns::default(),
            origins: Vec::new(),
            origin_places: HashMap::new(),
            peers: Vec::new(),
            peer_places: HashMap::new(),
            names: 0,
            first: Seq(0),
            last: Seq(0),
            count: 0,
            earliest: Timestamp::default(),
            latest: Timestamp::default(),
            before: Timestamp::default(),
            place: Place::default(),
            plain: Vec::new(),
            zstd,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether one more record of this size belongs into the next block.
    pub(super) fn is_full(&self, seq: Seq, size: usize) -> bool {
        !self.is_empty()
            && (self.columns.payloads.len() + size > BLOCK_TARGET_BYTES
                || self.names > BLOCK_TARGET_BYTES
                || self.count as usize >= BLOCK_RECORDS_MAX
                || seq.0 - self.first.0 > u64::from(u32::MAX))
    }

    /// Takes in all records of a batch, numbered from `first`; closes full blocks into `out` as it goes.
    pub(super) fn batch(
        &mut self,
        batch: &Batch,
        first: Seq,
        closed: &mut dyn FnMut(&mut Encoder) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut start = 0;
        let (mut origins, mut peers) = (Places::default(), Places::default());
        for (place, row) in batch.rows().iter().enumerate() {
            let seq = Seq(first.0 + place as u64);
            if self.is_full(seq, row.size as usize) {
                closed(self)?;
                (origins, peers) = (Places::default(), Places::default());
            }
            let Row { facts, origin, peer, size } = row;
            let origin = origins.of(*origin, |at| self.origin(&batch.origins()[at]));
            let peer = peers.of(*peer, |at| self.peer(&batch.peers()[at]));
            let end = start + *size as usize;
            self.row(seq, facts, origin, peer, &batch.payloads()[start..end]);
            start = end;
        }
        Ok(())
    }

    /// Takes in one record with the number that it has.
    pub(super) fn record(
        &mut self,
        seq: Seq,
        facts: &Facts,
        origin: &Arc<Origin>,
        peer: &str,
        payload: &[u8],
    ) {
        let origin = self.origin(origin);
        let peer = match self.peer_places.get(peer) {
            Some(place) => *place,
            None => self.peer(&Arc::from(peer)),
        };
        self.row(seq, facts, origin, peer, payload);
    }

    fn origin(&mut self, origin: &Arc<Origin>) -> u32 {
        let next = self.origins.len() as u32;
        let place = *self.origin_places.entry(Arc::as_ptr(origin) as usize).or_insert(next);
        if place == next {
            self.names += model::intake::name_bytes(origin);
            self.origins.push(Arc::clone(origin));
        }
        place
    }

    fn peer(&mut self, peer: &Arc<str>) -> u32 {
        let next = self.peers.len() as u32;
        let place = *self.peer_places.entry(Arc::clone(peer)).or_insert(next);
        if place == next {
            self.names += peer.len();
            self.peers.push(Arc::clone(peer));
        }
        place
    }

    fn row(&mut self, seq: Seq, facts: &Facts, origin: u32, peer: u32, payload: &[u8]) {
        let at = facts.received_at;
        if self.count == 0 {
            self.first = seq;
            (self.earliest, self.latest) = (at, at);
            put(&mut self.columns.seqs, 0);
        } else {
            put(&mut self.columns.seqs, seq.0 - self.last.0 - 1);
        }
        let columns = &mut self.columns;
        put_signed(&mut columns.times, at.as_micros().wrapping_sub(self.before.as_micros()));
        put(&mut columns.origins, u64::from(origin));
        put(&mut columns.peers, u64::from(peer));
        let marks = [(facts.truncated, TRUNCATED), (facts.old, OLD)];
        let flags = marks.iter().filter(|(set, _)| *set).fold(0, |flags, (_, mark)| flags | mark);
        let older = facts.older.min(Facts::OLDER_MAX) << OLDER_SHIFT;
        columns.flags.push(facts.kind as u8 | flags | older);
        put_cursor(&mut columns.cursors, &mut self.place, facts.cursor);
        put(&mut columns.sizes, payload.len() as u64);
        columns.payloads.extend_from_slice(payload);
        self.earliest = self.earliest.min(at);
        self.latest = self.latest.max(at);
        (self.before, self.last) = (at, seq);
        self.count += 1;
    }

    /// Closes the block: head and payload are appended to `out`. Returns the head.
    pub(super) fn close(&mut self, tag: u64, out: &mut Vec<u8>) -> io::Result<BlockHead> {
        self.lay_out();
        let start = out.len();
        out.resize(start + HEAD, 0);
        let bound = zstd::zstd_safe::compress_bound(self.plain.len());
        let mut codec = Codec::Plain;
        // A payload of a few bytes gains nothing.
        if self.plain.len() > 128 {
            out.resize(start + HEAD + bound, 0);
            let stored = self.zstd.compress_to_buffer(&self.plain, &mut out[start + HEAD..])?;
            if stored < self.plain.len() {
                codec = Codec::Zstd;
            }
            out.truncate(start + HEAD + stored);
        }
        if codec == Codec::Plain {
            out.truncate(start + HEAD);
            out.extend_from_slice(&self.plain);
        }
        let payload = &out[start + HEAD..];
        let head = BlockHead {
            codec,
            first: self.first,
            count: self.count,
            stored: payload.len() as u32,
            plain: self.plain.len() as u32,
            crc: crc32c::crc32c(payload),
            earliest: self.earliest,
            latest: self.latest,
            tag,
            span: (self.last.0 - self.first.0) as u32,
        };
        out[start..start + HEAD].copy_from_slice(&head.write());
        self.clear();
        Ok(head)
    }

    /// The payload before compression: dictionaries, columns, payloads.
    fn lay_out(&mut self) {
        let (plain, columns) = (&mut self.plain, &self.columns);
        plain.clear();
        put(plain, self.origins.len() as u64);
        for origin in &self.origins {
            put_bytes(plain, origin.source_id.as_str().as_bytes());
            put_bytes(plain, origin.tenant_id.as_str().as_bytes());
            put_bytes(plain, origin.source_type.as_bytes());
            put_bytes(plain, origin.source_name.as_bytes());
            put_bytes(plain, origin.transport.word().as_bytes());
        }
        put(plain, self.peers.len() as u64);
        self.peers.iter().for_each(|peer| put_bytes(plain, peer.as_bytes()));
        for column in [
            &columns.seqs,
            &columns.times,
            &columns.origins,
            &columns.peers,
            &columns.flags,
            &columns.cursors,
            &columns.sizes,
            &columns.payloads,
        ] {
            put_bytes(plain, column);
        }
    }

    /// Forgets what was taken in.
    pub(super) fn clear(&mut self) {
        for column in [
            &mut self.columns.seqs,
            &mut self.columns.times,
            &mut self.columns.origins,
            &mut self.columns.peers,
            &mut self.columns.flags,
            &mut self.columns.cursors,
            &mut self.columns.sizes,
            &mut self.columns.payloads,
        ] {
            column.clear();
        }
        self.origins.clear();
        self.origin_places.clear();
        self.peers.clear();
        self.peer_places.clear();
        self.names = 0;
        self.count = 0;
        self.before = Timestamp::default();
        self.place = Place::default();
    }
}

/// Places in the batch's dictionary → places in the block's.
#[derive(Default)]
struct Places {
    known: Vec<u32>,
}

const UNKNOWN: u32 = u32::MAX;

impl Places {
    fn of(&mut self, place: u32, find: impl FnOnce(usize) -> u32) -> u32 {
        let at = place as usize;
        if self.known.len() <= at {
            self.known.resize(at + 1, UNKNOWN);
        }
        if self.known[at] == UNKNOWN {
            self.known[at] = find(at);
        }
        self.known[at]
    }
}

fn put_cursor(out: &mut Vec<u8>, before: &mut Place, cursor: Cursor) {
    let mut put_place = |out: &mut Vec<u8>, offset: u64, line: u64| {
        put_signed(out, offset.wrapping_sub(before.offset) as i64);
        put_signed(out, line.wrapping_sub(before.line) as i64);
        (before.offset, before.line) = (offset, line);
    };
    match cursor {
        Cursor::File { head, offset, line } => {
            out.push(CURSOR_FILE);
            put_place(out, offset, line);
            put(out, head ^ before.head);
            before.head = head;
        }
        Cursor::Stream { offset, line } => {
            out.push(CURSOR_STREAM);
            put_place(out, offset, line);
        }
        Cursor::Received { .. } => out.push(CURSOR_RECEIVED),
        Cursor::Key { hash } => {
            out.push(CURSOR_KEY);
            out.extend_from_slice(&hash.to_le_bytes());
        }
    }
}
