//! Records → blocks outside a segment: evidence packs, messages to other machines. Numbers are kept, and need
//! not be neighbours.

use super::encode::Encoder;
use super::record::Record;
use std::io;

/// Evidence is written once and kept long: it may take longer to compress.
const LEVEL: i32 = 9;
/// The tag of blocks that belong to no segment.
const NO_TAG: u64 = 0;

/// Writes blocks, one after the other.
pub struct BlockWriter {
    encoder: Encoder,
    out: Vec<u8>,
}

impl BlockWriter {
    /// Without records yet.
    ///
    /// # Errors
    /// If compression cannot be prepared: there is no memory.
    pub fn new() -> io::Result<BlockWriter> {
        Ok(BlockWriter { encoder: Encoder::new(LEVEL)?, out: Vec::new() })
    }

    /// Adds a record; numbers must ascend.
    ///
    /// # Errors
    /// If compression fails.
    pub fn add(&mut self, record: &Record<'_>) -> io::Result<()> {
        if self.encoder.is_full(record.seq, record.payload.len()) {
            self.encoder.close(NO_TAG, &mut self.out)?;
        }
        self.encoder.record(record.seq, &record.facts, record.origin, record.peer, record.payload);
        Ok(())
    }

    /// The blocks.
    ///
    /// # Errors
    /// If compression fails.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        if !self.encoder.is_empty() {
            self.encoder.close(NO_TAG, &mut self.out)?;
        }
        Ok(self.out)
    }
}
