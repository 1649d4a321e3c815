//! What a receiver hands in: many records in a few buffers, so that a record costs a copy and no
//! allocation.

use super::Facts;
use crate::Origin;
use std::collections::HashMap;
use std::sync::Arc;

/// The longest payload of one record, in bytes.
pub const RECORD_BYTES_MAX: usize = 4 << 20;
/// A batch takes no more once it holds so many bytes.
pub const BATCH_BYTES_MAX: usize = 4 << 20;
/// … or so many records.
pub const BATCH_RECORDS_MAX: usize = 65_536;
/// The names of one origin and one peer together, in bytes.
pub const NAME_BYTES_MAX: usize = 16 << 10;
/// What a record costs in memory beside its bytes.
const ROW_BYTES: usize = size_of::<Row>();

/// Why a record was not taken into a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The batch is full: hand it in and begin another.
    #[error("the batch is full: hand it in and begin another")]
    BatchFull,
    /// The payload is too long.
    #[error(
        "a record of {bytes} bytes is longer than the spool takes ({RECORD_BYTES_MAX}): keep its head and mark it truncated"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The names of the origin, or the peer's, are too long.
    #[error(
        "the names of source and peer have {bytes} bytes, the spool takes {NAME_BYTES_MAX}: give the source a shorter name"
    )]
    NameTooLong {
        /// Their length.
        bytes: usize,
    },
}

/// Bytes of all names of an origin.
pub fn name_bytes(origin: &Origin) -> usize {
    origin.source_id.as_str().len()
        + origin.tenant_id.as_str().len()
        + origin.source_type.len()
        + origin.source_name.len()
}

/// One record within a batch: what is known of it, and where the rest of it stands.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What is known beside the bytes.
    pub facts: Facts,
    /// Place of its origin in [`Batch::origins`].
    pub origin: u32,
    /// Place of its peer in [`Batch::peers`].
    pub peer: u32,
    /// Bytes of its payload; payloads stand one after the other, in the order of the rows.
    pub size: u32,
}

/// Records on their way into the intake, in order.
#[derive(Debug, Default)]
pub struct Batch {
    origins: Vec<Arc<Origin>>,
    /// Place of an origin by its address; `origins` keeps each alive, so no address is used twice.
    origin_places: HashMap<usize, u32>,
    peers: Vec<Arc<str>>,
    peer_places: HashMap<Arc<str>, u32>,
    rows: Vec<Row>,
    payloads: Vec<u8>,
    urgent: bool,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Says that someone waits for the answer: the group is written at once, without waiting for more. What comes
    /// while it is written forms the next group, so many that wait still share a sync.
    #[must_use]
    pub fn urgent(mut self) -> Batch {
        self.urgent = true;
        self
    }

    /// Takes in one record. `peer` is who delivered it, or empty.
    ///
    /// # Errors
    /// If the batch is full or the payload too long; the batch is as it was.
    pub fn push(
        &mut self,
        origin: &Arc<Origin>,
        peer: &str,
        facts: Facts,
        payload: &[u8],
    ) -> Result<(), PushError> {
        if payload.len() > RECORD_BYTES_MAX {
            return Err(PushError::TooLong { bytes: payload.len() });
        }
        if !self.is_empty() && self.payloads.len() + payload.len() > BATCH_BYTES_MAX
            || self.rows.len() >= BATCH_RECORDS_MAX
        {
            return Err(PushError::BatchFull);
        }
        let known = self.rows.last().is_some_and(|last| self.is(last, origin, peer));
        let bytes = if known { 0 } else { name_bytes(origin) + peer.len() };
        if bytes > NAME_BYTES_MAX {
            return Err(PushError::NameTooLong { bytes });
        }
        let (origin, peer) = (self.origin(origin), self.peer(peer));
        self.payloads.extend_from_slice(payload);
        self.rows.push(Row { facts, origin, peer, size: payload.len() as u32 });
        Ok(())
    }

    fn is(&self, row: &Row, origin: &Arc<Origin>, peer: &str) -> bool {
        Arc::ptr_eq(&self.origins[row.origin as usize], origin)
            && &*self.peers[row.peer as usize] == peer
    }

    fn origin(&mut self, origin: &Arc<Origin>) -> u32 {
        if let Some(last) = self.rows.last()
            && Arc::ptr_eq(&self.origins[last.origin as usize], origin)
        {
            return last.origin;
        }
        let next = self.origins.len() as u32;
        let place = *self.origin_places.entry(Arc::as_ptr(origin) as usize).or_insert(next);
        if place == next {
            self.origins.push(Arc::clone(origin));
        }
        place
    }

    fn peer(&mut self, peer: &str) -> u32 {
        if let Some(last) = self.rows.last()
            && &*self.peers[last.peer as usize] == peer
        {
            return last.peer;
        }
        if let Some(place) = self.peer_places.get(peer) {
            return *place;
        }
        let (place, peer) = (self.peers.len() as u32, Arc::<str>::from(peer));
        self.peers.push(Arc::clone(&peer));
        self.peer_places.insert(peer, place);
        place
    }

    /// Records in it.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of payload.
    pub fn payload_bytes(&self) -> usize {
        self.payloads.len()
    }

    /// Whether someone waits for the answer.
    pub fn is_urgent(&self) -> bool {
        self.urgent
    }

    /// The origins of its records.
    pub fn origins(&self) -> &[Arc<Origin>] {
        &self.origins
    }

    /// Who delivered its records.
    pub fn peers(&self) -> &[Arc<str>] {
        &self.peers
    }

    /// Its rows, in order: for who walks through them without [`Batch::records`].
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The payloads of all rows, one after the other.
    pub fn payloads(&self) -> &[u8] {
        &self.payloads
    }

    /// What it takes of memory, in bytes.
    pub fn cost(&self) -> usize {
        self.payloads.len() + self.rows.len() * ROW_BYTES
    }

    /// Its records again, in order: for who gets a batch back.
    pub fn records(&self) -> impl Iterator<Item = (&Arc<Origin>, &str, Facts, &[u8])> {
        let mut start = 0;
        self.rows.iter().map(move |row| {
            let payload = &self.payloads[start..start + row.size as usize];
            start += row.size as usize;
            let origin = &self.origins[row.origin as usize];
            (origin, &*self.peers[row.peer as usize], row.facts, payload)
        })
    }
}
