//! Reading a spool for once, in the way in which the service follows it: in parallel, in order, to its end.

use super::follow::{End, From, Pipeline, Turn};
use super::seen::Seen;
use super::sheet::{Understood, end_of_sheet};
use engine::Sighting;
use model::{Counts, Refusal, Seq, TenantId};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use store::spool::Reader;

/// A spool on its way.
pub(crate) struct Reading {
    pipeline: Pipeline,
}

/// Records that follow each other, understood.
pub(crate) struct Stretch(Box<Understood>);

impl Reading {
    /// Begins to read.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub(crate) fn start(reader: Reader, zone_offset_secs: i32) -> io::Result<Reading> {
        let end = End::default();
        end.when_caught_up();
        let from = From {
            reader,
            cuts: Vec::new(),
            seen: Seen::default(),
            seen_from: Seq(0),
            zone_offset_secs,
        };
        let pipeline =
            Pipeline::start(from, super::workers(), &end, &Arc::default(), &Arc::default())?;
        Ok(Reading { pipeline })
    }

    /// The next records; `None` at the end.
    pub(crate) fn next(&self) -> Option<Stretch> {
        loop {
            match self.pipeline.next(Duration::from_secs(1)) {
                Turn::Stretch(stretch) => return Some(Stretch(stretch)),
                Turn::Nothing => {}
                Turn::Over => return None,
            }
        }
    }

    /// Gives a stretch back, its buffers to be used again.
    pub(crate) fn done(&self, stretch: Stretch) {
        self.pipeline.done(*stretch.0);
    }
}

impl Stretch {
    /// What became of the records.
    pub(crate) fn counts(&self) -> &Counts {
        &self.0.counts
    }

    /// Calls `visit` with each event; counts those that it leaves out, by its reason.
    ///
    /// # Errors
    /// What `visit` says.
    pub(crate) fn each(
        &self,
        visit: &mut dyn FnMut(&TenantId, &Sighting<'_>) -> io::Result<Option<Refusal>>,
    ) -> io::Result<BTreeMap<Refusal, u64>> {
        let mut left_out = BTreeMap::new();
        let mut owners = self.0.of.iter().peekable();
        for (row, sighting) in self.0.events.iter().enumerate() {
            while owners.next_if(|(end, _)| *end <= row).is_some() {}
            let Some((_, tenant)) = owners.peek() else { break };
            if let Some(reason) = visit(tenant, &sighting)? {
                *left_out.entry(reason).or_default() += 1;
            }
        }
        Ok(left_out)
    }
}

/// The first record of a sheet, at or before a record.
pub(super) fn sheet_start(seq: Seq) -> Seq {
    Seq(end_of_sheet(seq).0 - end_of_sheet(Seq(0)).0)
}
