//! The latest snapshot → a state and a pipeline that goes on behind it: at a start, and after the engine failed.

use super::fold::{Fold, format};
use super::follow::{End, From, Pipeline, Unread};
use super::quarantine::Quarantine;
use super::reading::sheet_start;
use super::seen::Seen;
use super::stores::Understanding;
use model::Seq;
use std::sync::Arc;
use store::spool::Spool;
use store::state::{SqliteState, StateStore};

/// What it takes to begin anew.
pub(super) struct Again {
    pub(super) how: Understanding,
    pub(super) spool: Arc<Spool>,
    pub(super) unread: Arc<Unread>,
    pub(super) end: End,
    pub(super) quarantine: Arc<Quarantine>,
}

/// What was begun.
pub(super) struct Begun {
    pub(super) fold: Fold,
    pub(super) pipeline: Pipeline,
    /// Records before this number are in the fold already.
    pub(super) folded: Seq,
    /// What a person should know.
    pub(super) note: Option<String>,
}

impl Again {
    /// Begins behind the latest snapshot, or at the beginning of the spool. Events before `stored` are stored, rows of
    /// records before `through` are written. `is_known`: a state was written before, so there should be a snapshot.
    ///
    /// # Errors
    /// If the state cannot be read, or the system gives no threads.
    pub(super) fn begin(
        &self,
        state: &SqliteState,
        stored: Seq,
        through: Seq,
        is_known: bool,
    ) -> anyhow::Result<Begun> {
        let Understanding { config, times, zone_offset_secs, workers, cuts } = &self.how;
        let snapshot = state.snapshot(format())?;
        let mut note = None;
        if snapshot.is_none() && is_known {
            let records = self.spool.records_from(Seq(0));
            note = Some(match state.has_snapshot()? {
                true => format!(
                    "the snapshot of the state is another program's, or damaged: the state is made again from {records} records of the spool"
                ),
                false => format!(
                    "there is no snapshot of the state yet (the first is taken after a million records or ten minutes): {records} records are read again"
                ),
            });
        }
        let restored = snapshot.and_then(|snapshot| {
            match Fold::restore(&snapshot.bytes, config.clone(), times.clone()) {
                Ok((fold, seen)) => Some((fold, seen, snapshot.next)),
                Err(why) => {
                    note = Some(format!("{why}: the state is made again from the spool"));
                    None
                }
            }
        });
        let (fold, seen, folded) = restored
            .unwrap_or_else(|| (Fold::new(config.clone(), times.clone()), Seen::default(), Seq(0)));
        // Lanes begin with a sheet.
        let first = sheet_start(folded.min(stored));
        let mut cuts = cuts.clone();
        cuts.extend([folded, stored, through]);
        cuts.sort();
        let from = From {
            reader: self.spool.reader(first),
            cuts,
            seen,
            seen_from: folded,
            zone_offset_secs: *zone_offset_secs,
        };
        let pipeline = Pipeline::start(from, *workers, &self.end, &self.unread, &self.quarantine)?;
        Ok(Begun { fold, pipeline, folded, note })
    }
}
