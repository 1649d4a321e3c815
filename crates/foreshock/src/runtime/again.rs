//! A spool, read again by today's parsers: the digests as they would have been. While a service writes to it, or
//! after it ended; nothing is written.

use super::evidence::Evidences;
use super::replay::{DIGESTS_PER_GAP_MAX, Deliver, Replayed, Wanted};
use super::serve::Reading;
use crate::interrupt::Interrupt;
use crate::progress::{Position, Progress};
use anyhow::Context;
use engine::Engine;
use model::{Change, Counts, Refusal, Seq, TenantId, Timestamp};
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
    wanted: &'a Wanted,
    engine: Engine,
    changes: Vec<Change>,
    raw: RawRecords,
    evidences: Evidences,
    due: Option<Timestamp>,
    last: Option<Timestamp>,
    deliver: &'a mut Deliver<'a>,
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
    let times = wanted.since.unwrap_or(Timestamp::from_micros(i64::MIN))
        ..wanted.until.unwrap_or(Timestamp::from_micros(i64::MAX));
    let reading = Reading::start(view.reader(oldest).within(times), wanted.zone_offset_secs)?;
    let mut run = Run {
        wanted,
        engine: Engine::new(wanted.config.clone()),
        changes: Vec::new(),
        raw: view.raw(),
        evidences: Evidences::default(),
        due: None,
        last: None,
        deliver,
    };
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
    if let Some(last) = run.last {
        run.digests(last)?;
    }
    Ok(Replayed { counts, bad_lines: Vec::new(), errors: Vec::new() })
}

impl Run<'_> {
    fn observe(
        &mut self,
        tenant: &TenantId,
        sighting: &engine::Sighting<'_>,
    ) -> std::io::Result<Option<Refusal>> {
        let (at, wanted) = (sighting.at, self.wanted);
        if wanted.since.is_some_and(|t| at < t) || wanted.until.is_some_and(|t| at >= t) {
            return Ok(Some(Refusal::OutsideRange));
        }
        if wanted.tenant.as_ref().is_some_and(|wanted| wanted != tenant) {
            return Ok(Some(Refusal::OtherTenant));
        }
        self.digests_due(at)?;
        self.last = self.last.max(Some(at));
        self.engine.observe(tenant, sighting, &mut self.changes);
        self.changes.clear();
        Ok(None)
    }

    fn digests_due(&mut self, now: Timestamp) -> std::io::Result<()> {
        let Some(every) = self.wanted.every else { return Ok(()) };
        let due = *self.due.get_or_insert(now.floor(every) + every);
        if now < due {
            return Ok(());
        }
        let missed = (now - due).as_micros() / every.as_micros();
        let mut due = due + every.times((missed - DIGESTS_PER_GAP_MAX).max(0));
        while due <= now {
            self.digests(due)?;
            due = due + every;
        }
        self.due = Some(due);
        Ok(())
    }

    fn digests(&mut self, as_of: Timestamp) -> std::io::Result<()> {
        self.engine.tick(as_of, &mut self.changes);
        self.changes.clear();
        let since = self.wanted.every.map_or(Timestamp::default(), |every| as_of - every);
        let tenants: Vec<TenantId> = self.engine.tenants().map(|(id, _)| id.clone()).collect();
        for tenant in tenants {
            if let Some(mut digest) = self.engine.digest(&tenant, as_of, since) {
                self.engine.told(&digest);
                self.evidences.fill(&mut self.raw, digest.items.iter_mut());
                (self.deliver)(digest)?;
            }
        }
        Ok(())
    }
}
