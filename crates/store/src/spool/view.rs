//! Looking at a spool without writing to it: while another program writes, or after it ended.

use super::shared::Shared;
use super::{Counts, Epoch, Opened, Options, RawRecords, Reader, SegmentInfo, SpoolError, open};
use crate::disk::Disk;
use model::{Seq, Timestamp};
use std::sync::Arc;

/// A spool that is only looked at: nothing is cut, nothing is written; another program may be writing.
pub struct SpoolView {
    shared: Arc<Shared>,
    opened: Opened,
}

impl SpoolView {
    /// Looks at a spool as it is now.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn open(disk: Arc<dyn Disk>) -> Result<SpoolView, SpoolError> {
        let (shared, opened, _) =
            open(disk, &Options::new(Epoch::default(), Timestamp::default()), true)?;
        Ok(SpoolView { shared, opened })
    }

    /// Reads from a number on.
    pub fn reader(&self, from: Seq) -> Reader {
        Reader::new(Arc::clone(&self.shared), from)
    }

    /// Reads single records.
    pub fn raw(&self) -> RawRecords {
        RawRecords::new(Arc::clone(&self.shared))
    }

    /// Which spool; all zeros where there is none.
    pub fn epoch(&self) -> Epoch {
        self.shared.epoch
    }

    /// What opening found.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// The segments, oldest first.
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.shared.infos()
    }

    /// What was damaged, found at the start and while reading.
    pub fn counts(&self) -> Counts {
        self.shared.counters.read()
    }
}
