//! A recorded stream of envelopes, run on its own clock: the digests as they would have been.

use crate::interrupt::Interrupt;
use crate::progress::{Position, Progress};
use crate::runtime::evidence::Evidences;
use crate::runtime::played::Played;
use engine::normalize::{AssemblerConfig, Reference};
use engine::{Config, EventBatch, Lane};
use model::{Counts, Digest, Refusal, Span, TenantId, Timestamp};
use sources::{BadLine, Envelopes, RECORD_BYTES_MAX};
use sources::{Batch, Input, Line, LineReader, More, ReadError, Readback};

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
    played: Played<'a>,
    lane: Lane,
    envelopes: Envelopes,
    events: EventBatch,
    counts: Counts,
    raw: Readback,
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
        played: Played::new(wanted, Evidences::of_streams(inputs), deliver),
        lane: Lane::new(config, reference, None),
        envelopes: Envelopes::default(),
        events: EventBatch::default(),
        counts: Counts::default(),
        raw: Readback::of_records(inputs),
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
    run.played.end(&mut run.raw)?;
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
        let (at, tenant) = (record.received_at, &record.origin.tenant_id);
        if let Some(reason) = self.played.left_out(at, tenant) {
            self.refuse(reason);
            return Ok(());
        }
        self.played.come_to(at, &mut self.raw)?;
        self.lane.push(&record.envelope(line), &mut self.counts, &mut self.events);
        for sighting in self.events.iter() {
            self.played.observe(tenant, &sighting);
        }
        self.events.clear();
        Ok(())
    }

    fn refuse(&mut self, reason: Refusal) {
        self.counts.lines += 1;
        self.counts.refuse(reason);
    }
}
