//! A spool, read again by today's parsers: the digests as they would have been. While a service writes to it, or
//! after it ended; nothing is written.

use super::evidence::Evidences;
use super::played::Played;
use super::replay::{Deliver, Replayed, Wanted};
use super::serve::Reading;
use crate::interrupt::Interrupt;
use crate::progress::{Position, Progress};
use anyhow::Context;
use model::{Counts, Refusal, Seq, TenantId, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::disk::Folder;
use store::spool::{RawRecords, SpoolView};

/// The spool of a state folder, or the folder of segments itself.
pub(crate) fn spool_of(folder: &Path) -> PathBuf {
    let within = folder.join("spool");
    if within.is_dir() { within } else { folder.to_owned() }
}

/// Looks at a spool.
///
/// # Errors
/// If there is none, or it cannot be read.
pub(crate) fn view(folder: &Path) -> anyhow::Result<SpoolView> {
    let folder = spool_of(folder);
    let shown = folder.display().to_string();
    anyhow::ensure!(
        folder.is_dir(),
        "there is no spool in {shown}: name a state folder of `foreshock serve`"
    );
    let disk = Folder::open(&folder).with_context(|| format!("cannot read {shown}"))?;
    let view = SpoolView::open(Arc::new(disk))?;
    anyhow::ensure!(!view.segments().is_empty(), "the spool in {shown} is empty");
    Ok(view)
}

struct Run<'a> {
    played: Played<'a>,
    raw: RawRecords,
}

/// Runs what a spool holds of a time range, and delivers each digest when its time comes.
///
/// # Errors
/// If the spool cannot be read, or the output fails.
pub(crate) fn replay<'a>(
    folder: &Path,
    wanted: &'a Wanted,
    interrupt: &Interrupt,
    progress: &mut Progress,
    deliver: &'a mut Deliver<'a>,
) -> anyhow::Result<Replayed> {
    let view = view(folder)?;
    let oldest = view.segments().first().map_or(Seq(0), |segment| segment.first);
    // By the events' clock: what was received later may be lines of an old file.
    let times =
        wanted.since.unwrap_or(Timestamp::from_micros(i64::MIN))..Timestamp::from_micros(i64::MAX);
    let reading = Reading::start(view.reader(oldest).within(times), wanted.zone_offset_secs)?;
    let mut run =
        Run { played: Played::new(wanted, Evidences::default(), deliver), raw: view.raw() };
    let mut counts = Counts::default();
    let name = folder.display().to_string();
    while let Some(stretch) = reading.next() {
        if interrupt.is_set() {
            break;
        }
        counts.add(stretch.counts());
        let left_out = stretch.each(&mut |tenant, sighting| run.observe(tenant, sighting))?;
        for (reason, n) in left_out {
            counts.events = counts.events.saturating_sub(n);
            *counts.refused.entry(reason).or_default() += n;
        }
        progress.show(Position { bytes: counts.bytes, lines: counts.lines, name: &name });
        reading.done(stretch);
    }
    progress.clear();
    run.played.end(&mut run.raw)?;
    Ok(Replayed { counts, bad_lines: Vec::new(), errors: Vec::new() })
}

impl Run<'_> {
    fn observe(
        &mut self,
        tenant: &TenantId,
        sighting: &engine::Sighting<'_>,
    ) -> std::io::Result<Option<Refusal>> {
        let left_out = self.played.left_out(sighting.at, tenant);
        if left_out.is_none() {
            self.played.come_to(sighting.at, &mut self.raw)?;
            self.played.observe(tenant, sighting);
        }
        Ok(left_out)
    }
}
