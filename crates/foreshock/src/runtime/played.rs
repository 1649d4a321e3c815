//! A stream on its own clock → digests, each when its time comes: what a recording and a spool that is read again have
//! in common.

use super::evidence::Evidences;
use super::replay::{Deliver, Wanted};
use engine::{Engine, Sighting};
use model::port::RawReader;
use model::{Change, Refusal, TenantId, Timestamp};

/// Digests written for one gap without any event; a clock that jumps by decades is a defect of
/// the stream, not a reason to write a million empty digests.
const DIGESTS_PER_GAP_MAX: i64 = 10_000;

/// The engine at some moment of the stream, and where its digests go.
pub(super) struct Played<'a> {
    wanted: &'a Wanted,
    engine: Engine,
    changes: Vec<Change>,
    evidences: Evidences,
    /// The next digest is due at this time.
    due: Option<Timestamp>,
    last: Option<Timestamp>,
    deliver: &'a mut Deliver<'a>,
}

impl<'a> Played<'a> {
    pub(super) fn new(
        wanted: &'a Wanted,
        evidences: Evidences,
        deliver: &'a mut Deliver<'a>,
    ) -> Played<'a> {
        Played {
            wanted,
            engine: Engine::new(wanted.config.clone()),
            changes: Vec::new(),
            evidences,
            due: None,
            last: None,
            deliver,
        }
    }

    /// Why a record of this time and tenant is not asked for, if it is not.
    pub(super) fn left_out(&self, at: Timestamp, tenant: &TenantId) -> Option<Refusal> {
        let wanted = self.wanted;
        if wanted.since.is_some_and(|t| at < t) || wanted.until.is_some_and(|t| at >= t) {
            return Some(Refusal::OutsideRange);
        }
        let is_other = wanted.tenant.as_ref().is_some_and(|wanted| wanted != tenant);
        is_other.then_some(Refusal::OtherTenant)
    }

    /// The stream has come to this time: delivers the digests that were due before.
    pub(super) fn come_to(
        &mut self,
        now: Timestamp,
        raw: &mut dyn RawReader,
    ) -> std::io::Result<()> {
        self.digests_due(now, raw)?;
        self.last = self.last.max(Some(now));
        Ok(())
    }

    pub(super) fn observe(&mut self, tenant: &TenantId, sighting: &Sighting<'_>) {
        self.engine.observe(tenant, sighting, &mut self.changes);
        self.changes.clear();
    }

    /// The stream is over: one digest of where it ended.
    pub(super) fn end(&mut self, raw: &mut dyn RawReader) -> std::io::Result<()> {
        self.last.map_or(Ok(()), |last| self.digests(last, raw))
    }

    fn digests_due(&mut self, now: Timestamp, raw: &mut dyn RawReader) -> std::io::Result<()> {
        let Some(every) = self.wanted.every else {
            return Ok(());
        };
        let due = *self.due.get_or_insert(now.floor(every) + every);
        if now < due {
            return Ok(());
        }
        let missed = (now - due).as_micros() / every.as_micros();
        let skipped = (missed - DIGESTS_PER_GAP_MAX).max(0);
        let mut due = due + every.times(skipped);
        while due <= now {
            self.digests(due, raw)?;
            due = due + every;
        }
        self.due = Some(due);
        Ok(())
    }

    /// One digest per tenant.
    fn digests(&mut self, as_of: Timestamp, raw: &mut dyn RawReader) -> std::io::Result<()> {
        self.engine.tick(as_of, &mut self.changes);
        self.changes.clear();
        // What closed since the last digest is told once more, with how it ended.
        let since = self.wanted.every.map_or(Timestamp::default(), |every| as_of - every);
        let tenants: Vec<TenantId> = self.engine.tenants().map(|(id, _)| id.clone()).collect();
        for tenant in tenants {
            if let Some(mut digest) = self.engine.digest(&tenant, as_of, since) {
                self.engine.told(&digest);
                self.evidences.fill(raw, digest.items.iter_mut());
                (self.deliver)(digest)?;
            }
        }
        Ok(())
    }
}
