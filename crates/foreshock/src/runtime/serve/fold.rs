//! The state of a service: the engine, and the few facts beside it that must be the same however often the
//! program was ended. All of it is a fold over the spool's records; it reads no clock.

use super::asked::{Asked, Tick};
use super::health::Health;
use super::heard::Heard;
use super::seen::Seen;
use super::sheet::Understood;
use crate::hour::Hour;
use engine::signature::SignatureIndex;
use engine::{Config, Engine};
use model::{Change, Digest, EnvelopeId, Seq, TenantId, Timestamp};
use std::collections::BTreeMap;

/// Rises with every change of what stands here beside the engine's snapshot.
const FORMAT: u32 = 4;

/// When each tenant's digest is due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DigestTimes {
    /// Of all others.
    pub(crate) at: Hour,
    /// Of tenants that have a time of their own.
    pub(crate) of: BTreeMap<TenantId, Hour>,
}

impl DigestTimes {
    fn hour(&self, tenant: &TenantId) -> &Hour {
        self.of.get(tenant).unwrap_or(&self.at)
    }

    /// The latest time not after `now` at which this tenant's digest was due.
    fn latest(&self, tenant: &TenantId, now: Timestamp) -> Timestamp {
        self.hour(tenant).latest(now)
    }

    /// The day of a digest, where its hour is one.
    pub(super) fn day(&self, digest: &Digest) -> String {
        self.hour(&digest.tenant_id).day(digest.as_of)
    }
}

/// What is known.
pub(super) struct Fold {
    pub(super) engine: Engine,
    pub(super) times: DigestTimes,
    /// When the latest digest of each tenant was due.
    told: BTreeMap<TenantId, Timestamp>,
    /// How the sources fare.
    pub(super) health: Health,
    /// The record that is being taken in, for when that fails; `None` for the clock.
    pub(super) busy_with: Option<Seq>,
}

/// What followed from a stretch.
#[derive(Default)]
pub(super) struct Followed {
    /// What the engine stated.
    pub(super) changes: Vec<Change>,
    /// The kind of message of each row.
    pub(super) kinds: Vec<SignatureIndex>,
    /// Digests whose time had come.
    pub(super) digests: Vec<Digest>,
    /// What single records brought: their numbers, new kinds of message, new candidates.
    pub(super) news: Vec<(Seq, u64, u64)>,
}

impl Followed {
    pub(super) fn clear(&mut self) {
        self.changes.clear();
        self.kinds.clear();
        self.digests.clear();
        self.news.clear();
    }
}

/// The number of the format of [`Fold::snapshot`].
pub(super) fn format() -> u32 {
    FORMAT << 16 | engine::snapshot::FORMAT
}

impl Fold {
    /// Nothing is known yet.
    pub(super) fn new(config: Config, times: DigestTimes) -> Fold {
        let (engine, health) = (Engine::new(config), Health::default());
        Fold { engine, times, told: BTreeMap::new(), health, busy_with: None }
    }

    /// All that is known, in bytes; equal states give equal bytes. `seen` is what had been delivered by then.
    pub(super) fn snapshot(&self, seen: &Seen) -> Vec<u8> {
        // Fails only where a type has no binary form at all, whatever its value.
        let beside = postcard::to_stdvec(&(seen.ids(), &self.told, &self.health));
        let beside = beside.unwrap_or_default();
        let engine = self.engine.snapshot();
        let mut bytes = Vec::with_capacity(8 + beside.len() + engine.len());
        bytes.extend_from_slice(&(beside.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&beside);
        bytes.extend_from_slice(&engine);
        bytes
    }

    /// What a snapshot wrote down.
    ///
    /// # Errors
    /// If it is damaged: then the records are to be read again.
    pub(super) fn restore(
        bytes: &[u8],
        config: Config,
        times: DigestTimes,
    ) -> Result<(Fold, Seen), String> {
        let damaged = || "the snapshot is damaged".to_owned();
        let (size, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
        let size = usize::try_from(u64::from_le_bytes(*size)).map_err(|_| damaged())?;
        let (beside, engine) = rest.split_at_checked(size).ok_or_else(damaged)?;
        let (seen, told, health): (Vec<(EnvelopeId, Seq)>, _, _) =
            postcard::from_bytes(beside).map_err(|_| damaged())?;
        let engine = Engine::restore(engine, config).map_err(|error| error.to_string())?;
        Ok((Fold { engine, times, told, health, busy_with: None }, Seen::of(seen)))
    }

    /// Takes in a stretch.
    pub(super) fn take(&mut self, stretch: &Understood, out: &mut Followed) {
        let mut ticks = stretch.ticks.iter().peekable();
        let mut heard = stretch.heard.iter();
        let mut owners = stretch.of.iter();
        let mut owner = owners.next();
        for (row, sighting) in stretch.events.iter().enumerate() {
            while let Some((_, tick)) = ticks.next_if(|(before, _)| *before <= row) {
                self.tick(heard.next(), tick, out);
            }
            while owner.is_some_and(|(end, _)| *end <= row) {
                owner = owners.next();
            }
            let Some((_, tenant)) = owner else { break };
            self.busy_with = Some(sighting.seq);
            #[cfg(test)]
            super::tests::fail_at("fold", sighting.body.as_bytes());
            let known = out.changes.len();
            out.kinds.push(self.engine.observe(tenant, &sighting, &mut out.changes));
            if out.changes.len() > known {
                let count = |is: fn(&Change) -> bool| {
                    out.changes[known..].iter().filter(|change| is(change)).count() as u64
                };
                let signatures = count(|change| matches!(change, Change::SignatureBorn { .. }));
                let candidates = count(|change| matches!(change, Change::CandidateOpened { .. }));
                if signatures + candidates > 0 {
                    out.news.push((sighting.seq, signatures, candidates));
                }
            }
        }
        ticks.for_each(|(_, tick)| self.tick(heard.next(), tick, out));
        heard.for_each(|heard| self.health.hear(heard));
    }

    /// Says which kinds of message are in a stretch that was taken in before.
    pub(super) fn recognise(&self, stretch: &Understood, out: &mut Followed) {
        let mut owners = stretch.of.iter().peekable();
        for (row, sighting) in stretch.events.iter().enumerate() {
            while owners.next_if(|(end, _)| *end <= row).is_some() {}
            let tenant = owners.peek().and_then(|(_, tenant)| self.engine.tenant(tenant));
            let kind = tenant.and_then(|tenant| tenant.recognise(sighting.service, sighting.key));
            out.kinds.push(kind.unwrap_or_default());
        }
    }

    /// The clock enters, after what was heard before it.
    fn tick(&mut self, heard: Option<&Vec<Heard>>, tick: &Tick, out: &mut Followed) {
        heard.into_iter().for_each(|heard| self.health.hear(heard));
        self.busy_with = None;
        match tick {
            Tick::Time(now) => self.come_to(*now, out),
            Tick::Asked(asked) => self.answer(asked, out),
        }
    }

    /// Makes the digest that somebody asked for, as of the latest event of that client.
    fn answer(&mut self, asked: &Asked, out: &mut Followed) {
        let tenant = asked.tenant();
        let Some(as_of) = self.engine.tenant(&tenant).map(|tenant| tenant.latest()) else { return };
        self.engine.tick_one(&tenant, as_of, &mut out.changes);
        let since = asked.since().or_else(|| self.told.get(&tenant).copied()).unwrap_or_default();
        if let Some(digest) = self.engine.digest(&tenant, as_of, since) {
            self.engine.told(&digest);
            out.digests.push(digest);
        }
        self.told.insert(tenant, as_of);
    }

    fn come_to(&mut self, now: Timestamp, out: &mut Followed) {
        self.engine.tick(now, &mut out.changes);
        self.health.tick(now);
        let tenants: Vec<TenantId> = self.engine.tenants().map(|(id, _)| id.clone()).collect();
        for tenant in tenants {
            let due = self.times.latest(&tenant, now);
            // A tenant that is new waits for its first morning.
            let told = *self.told.entry(tenant.clone()).or_insert(due);
            if due <= told {
                continue;
            }
            self.told.insert(tenant.clone(), due);
            if let Some(mut digest) = self.engine.digest(&tenant, now, told) {
                self.engine.told(&digest);
                self.health.complete(&mut digest);
                out.digests.push(digest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_due_once_a_day_at_the_hour_of_its_tenant() {
        let (acme, other) = (TenantId::new("acme"), TenantId::new("other"));
        let of = [(acme.clone(), Hour::utc(22))].into();
        let times = DigestTimes { at: Hour::utc(7), of };
        let now = |text| Timestamp::parse_absolute(text, 0).unwrap();
        for (tenant, at, due) in [
            (&other, "2026-11-20T06:59:59Z", "2026-11-19T07:00:00Z"),
            (&other, "2026-11-20T07:00:00Z", "2026-11-20T07:00:00Z"),
            (&acme, "2026-11-20T07:00:00Z", "2026-11-19T22:00:00Z"),
            (&acme, "2026-11-20T23:00:00Z", "2026-11-20T22:00:00Z"),
        ] {
            assert_eq!(times.latest(tenant, now(at)), now(due), "{tenant:?} {at}");
        }
    }
}
