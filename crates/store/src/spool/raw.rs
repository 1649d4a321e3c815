//! Single records by their numbers: the raw lines of any evidence.

use super::SpoolError;
use super::block::Block;
use super::reader::{Next, Reader};
use super::record::Record;
use super::shared::Shared;
use model::port::RawReader;
use model::{Envelope, Seq};
use std::sync::Arc;

/// Reads single records. Keeps the last block, for evidence lies close together.
pub struct RawRecords {
    shared: Arc<Shared>,
    reader: Option<Reader>,
    block: Block,
}

impl RawRecords {
    pub(super) fn new(shared: Arc<Shared>) -> RawRecords {
        RawRecords { shared, reader: None, block: Block::new() }
    }

    /// Calls `visit` with each of these records that can still be read. `seqs` must ascend.
    ///
    /// # Errors
    /// If the disk cannot be read; what was visited before stays visited.
    pub fn records(
        &mut self,
        seqs: &[Seq],
        visit: &mut dyn FnMut(&Record<'_>),
    ) -> Result<(), SpoolError> {
        for seq in seqs {
            if !self.holds(*seq) {
                self.load(*seq)?;
            }
            if let Some(record) = self.block.get(*seq) {
                visit(&record);
            }
        }
        Ok(())
    }

    fn holds(&self, seq: Seq) -> bool {
        self.block.span().is_some_and(|span| span.contains(&seq))
    }

    /// Reads the block that holds `seq`, or the next one.
    fn load(&mut self, seq: Seq) -> Result<(), SpoolError> {
        let mut reader = match self.reader.take() {
            // The next block: no need to look for it.
            Some(reader) if reader.position() == seq => reader,
            _ => Reader::new(Arc::clone(&self.shared), seq),
        };
        loop {
            match reader.next(&mut self.block)? {
                Next::Block => break,
                Next::Missing(missing) if missing.seqs.end <= seq => {}
                // It is missing, or not yet there.
                Next::Missing(_) | Next::CaughtUp => {
                    self.block = Block::new();
                    return Ok(());
                }
            }
        }
        self.reader = Some(reader);
        Ok(())
    }
}

impl RawReader for RawRecords {
    fn read(&mut self, seqs: &[Seq], visit: &mut dyn FnMut(&Envelope<'_>)) {
        // What cannot be read is left out: that is what the port promises.
        let _ = self.records(seqs, &mut |record| visit(&record.envelope()));
    }
}
