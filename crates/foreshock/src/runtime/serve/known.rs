//! A state folder → what is known at the end of its spool: the latest snapshot, and the records behind it. While a
//! service or a scan writes to the folder, or after it ended; nothing is written.

use super::fold::{Fold, Followed, format};
use super::follow::{End, From, Pipeline, Turn};
use super::quarantine::Quarantine;
use super::reading::sheet_start;
use super::seen::Seen;
use super::{DigestTimes, workers, zone};
use crate::interrupt::Interrupt;
use crate::runtime::again;
use anyhow::Context;
use engine::{Config, Engine};
use model::Seq;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::spool::{Epoch, RawRecords};
use store::state::{SqliteState, StateStore};

/// What is known.
pub(crate) struct Known {
    pub(crate) engine: Engine,
    /// The records that it cites.
    pub(crate) raw: RawRecords,
}

/// Reads what is known. `config` and `times` are those of who writes to the folder. `None` if it was interrupted: what
/// would be known by then is not what is known.
///
/// # Errors
/// If there is no spool, or it or the state cannot be read.
pub(crate) fn known(
    folder: &Path,
    config: &Config,
    times: &DigestTimes,
    interrupt: &Interrupt,
) -> anyhow::Result<Option<Known>> {
    let view = again::view(folder)?;
    let restored = restore(folder, view.epoch(), config, times)?;
    let (mut fold, seen, folded) = restored
        .unwrap_or_else(|| (Fold::new(config.clone(), times.clone()), Seen::default(), Seq(0)));
    let quarantine = Quarantine::look(folder, view.epoch());
    let quarantine = quarantine.context("cannot read which records are set apart")?;
    let (end, unread) = (End::default(), Arc::default());
    end.when_caught_up();
    let from = From {
        reader: view.reader(sheet_start(folded)),
        cuts: vec![folded],
        seen,
        seen_from: folded,
        zone_offset_secs: zone::noted(folder)?,
    };
    let pipeline = Pipeline::start(from, workers(), &end, &unread, &Arc::new(quarantine))?;
    let mut followed = Followed::default();
    loop {
        match pipeline.next(Duration::from_millis(50)) {
            Turn::Over => return Ok(Some(Known { engine: fold.engine, raw: view.raw() })),
            Turn::Nothing => {}
            Turn::Stretch(stretch) => {
                if stretch.to > folded {
                    followed.clear();
                    fold.take(&stretch, &mut followed);
                }
                pipeline.done(*stretch);
            }
        }
        if interrupt.is_set() {
            end.now();
            return Ok(None);
        }
    }
}

/// The latest snapshot, if it is of this spool and can be read by this program.
fn restore(
    folder: &Path,
    epoch: Epoch,
    config: &Config,
    times: &DigestTimes,
) -> anyhow::Result<Option<(Fold, Seen, Seq)>> {
    let file = folder.join("state.db");
    // Opening would make it.
    if !file.exists() {
        return Ok(None);
    }
    let state = SqliteState::open_again(&file)?;
    let is_of_it = state.checkpoint()?.is_some_and(|checkpoint| checkpoint.epoch == epoch);
    let Some(snapshot) = state.snapshot(format())?.filter(|_| is_of_it) else { return Ok(None) };
    let restored = Fold::restore(&snapshot.bytes, config.clone(), times.clone()).ok();
    Ok(restored.map(|(fold, seen)| (fold, seen, snapshot.next)))
}
