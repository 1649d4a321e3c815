//! A recorded stream of envelopes, run on its own clock: the digests as they would have been.

use crate::interrupt::Interrupt;
use crate::progress::{Position, Progress};
use crate::runtime::evidence::Evidences;
use engine::normalize::{AssemblerConfig, Reference};
use engine::{Config, Engine, EventBatch, Lane};
use model::{Change, Counts, Digest, Refusal, Span, TenantId, Timestamp};
use sources::{BadLine, Envelopes, RECORD_BYTES_MAX};
use sources::{Batch, Input, Line, LineReader, More, ReadError, Readback};

/// Digests written for one gap without any event; a clock that jumps by decades is a defect of
/// the stream, not a reason to write a million empty digests.
pub(super) const DIGESTS_PER_GAP_MAX: i64 = 10_000;

/// What is replayed, and which digests are wanted.
pub(crate) struct Wanted {
    /// A digest each so often on the stream's clock; without it, one at the end.
    pub(crate) every: Option<Span>,
    /// Only this tenant's.
    pub(crate) tenant: Option<TenantId>,
    /// Only what was received from then on.
    pub(crate) since: Option<Timestamp>,
    /// Only what was received before.
    pub(crate) until: Option<Timestamp>,
    /// Zone of times that name none.
    pub(crate) zone_offset_secs: i32,
    /// What the engine is told.
    pub(crate) config: Config,
}

/// What a replay came to, beside its digests.
#[derive(Debug)]
pub(crate) struct Replayed {
    /// What became of the lines.
    pub(crate) counts: Counts,
    /// The first lines that were no envelopes.
    pub(crate) bad_lines: Vec<BadLine>,
    /// Inputs that could not be read to their end.
    pub(crate) errors: Vec<ReadError>,
}

/// Takes a finished digest; may fail when its output does.
pub(crate) type Deliver<'a> = dyn FnMut(Digest) -> std::io::Result<()> + 'a;

/// The state of a replay between two lines.
struct Run<'a> {
    wanted: &'a Wanted,
    engine: Engine,
    lane: Lane,
    envelopes: Envelopes,
    events: EventBatch,
    changes: Vec<Change>,
    counts: Counts,
    raw: Readback,
    evidences: Evidences,
    /// The next digest is due at this time.
    due: Option<Timestamp>,
    last: Option<Timestamp>,
    deliver: &'a mut Deliver<'a>,
}

/// Runs the streams one after the other and delivers each digest when its time comes.
pub(crate) fn replay<'a>(
    inputs: &[Input],
    wanted: &'a Wanted,
    interrupt: &Interrupt,
    progress: &mut Progress,
    deliver: &'a mut Deliver<'a>,
) -> std::io::Result<Replayed> {
    let config = AssemblerConfig { join: false, ..AssemblerConfig::default() };
    // Every envelope has a time of receipt, so this reference is never asked.
    let reference =
        Reference { now: Timestamp::default(), zone_offset_secs: wanted.zone_offset_secs };
    let mut run = Run {
        wanted,
        engine: Engine::new(wanted.config.clone()),
        lane: Lane::new(config, reference, None),
        envelopes: Envelopes::default(),
        events: EventBatch::default(),
        changes: Vec::new(),
        counts: Counts::default(),
        raw: Readback::of_records(inputs),
        evidences: Evidences::of_streams(inputs),
        due: None,
        last: None,
        deliver,
    };
    let mut errors = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        match run.input(input, index as u32, interrupt, progress) {
            Ok(()) => {}
            Err(Failure::Read(error)) => errors.push(error),
            Err(Failure::Deliver(error)) => return Err(error),
        }
    }
    progress.clear();
    if let Some(last) = run.last {
        run.digests(last)?;
    }
    let bad_lines = run.envelopes.bad_lines().to_vec();
    Ok(Replayed { counts: run.counts, bad_lines, errors })
}

enum Failure {
    Read(ReadError),
    Deliver(std::io::Error),
}

impl Run<'_> {
    fn input(
        &mut self,
        input: &Input,
        index: u32,
        interrupt: &Interrupt,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let mut reader = LineReader::open(input, index).map_err(Failure::Read)?;
        reader = reader.with_line_bytes_max(RECORD_BYTES_MAX);
        let mut batch = Batch::default();
        while !interrupt.is_set() {
            match reader.next_batch(&mut batch).map_err(Failure::Read)? {
                More::Read => {}
                More::Waiting => continue,
                More::End => break,
            }
            self.raw.note(&batch);
            self.counts.bytes += batch.bytes_used;
            for line in batch.lines() {
                self.line(&line).map_err(Failure::Deliver)?;
            }
            let (bytes, lines) = (reader.disk_bytes(), self.counts.lines);
            progress.show(Position { bytes, lines, name: &input.name() });
        }
        Ok(())
    }

    fn line(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        let record = match self.envelopes.decode(line) {
            Ok(record) => record,
            Err(reason) => {
                self.refuse(reason);
                return Ok(());
            }
        };
        let at = record.received_at;
        let wanted = self.wanted;
        if wanted.since.is_some_and(|t| at < t) || wanted.until.is_some_and(|t| at >= t) {
            self.refuse(Refusal::OutsideRange);
            return Ok(());
        }
        if wanted.tenant.as_ref().is_some_and(|t| *t != record.origin.tenant_id) {
            self.refuse(Refusal::OtherTenant);
            return Ok(());
        }
        self.digests_due(at)?;
        self.last = self.last.max(Some(at));
        self.lane.push(&record.envelope(line), &mut self.counts, &mut self.events);
        for sighting in self.events.iter() {
            self.engine.observe(&record.origin.tenant_id, &sighting, &mut self.changes);
        }
        self.events.clear();
        self.changes.clear();
        Ok(())
    }

    fn refuse(&mut self, reason: Refusal) {
        self.counts.lines += 1;
        self.counts.refuse(reason);
    }

    /// Delivers the digests whose time has come before `now`.
    fn digests_due(&mut self, now: Timestamp) -> std::io::Result<()> {
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
            self.digests(due)?;
            due = due + every;
        }
        self.due = Some(due);
        Ok(())
    }

    /// One digest per tenant.
    fn digests(&mut self, as_of: Timestamp) -> std::io::Result<()> {
        self.engine.tick(as_of, &mut self.changes);
        self.changes.clear();
        // What closed since the last digest is told once more, with how it ended.
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
