//! A finite set of inputs, read once: two threads, a bounded channel between them.

use super::merge::{Merge, Report, Understanding};
use crate::interrupt::Interrupt;
use crate::progress::{Position, Progress};
use engine::{Config, Engine, EventBatch};
use model::{Change, Refusal, TenantId, Timestamp};
use sources::Input;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Batches on their way between the threads: enough that neither waits for the other's hiccups.
const BATCHES: usize = 4;

/// What a scan came to.
pub(crate) struct Scanned {
    /// Everything that was learnt.
    pub(crate) engine: Engine,
    /// What became of the lines, and what could not be read.
    pub(crate) report: Report,
    /// It was stopped before the end.
    pub(crate) is_interrupted: bool,
    /// The latest event.
    pub(crate) last: Option<Timestamp>,
}

/// Reads all inputs, in the order of their events' times, into an engine.
pub(crate) fn scan(
    inputs: &[Input],
    tenant: &TenantId,
    how: Understanding,
    config: Config,
    until: Option<Timestamp>,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> Scanned {
    let (to_engine, from_reader) = sync_channel(BATCHES);
    let (to_reader, from_engine) = sync_channel(BATCHES);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let merge = Merge::new(inputs, tenant, how, interrupt.clone());
            read(merge, &to_engine, &from_engine, interrupt, progress)
        });
        let mut seen = observe(tenant, config, until, &from_reader, &to_reader);
        if let Some(last) = seen.last {
            seen.engine.tick(last, &mut Vec::new());
        }
        // A panic of the reader is a defect of ours: it goes on here.
        let mut report = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        report.counts.events -= seen.outside;
        if seen.outside > 0 {
            *report.counts.refused.entry(Refusal::OutsideRange).or_default() += seen.outside;
        }
        Scanned { engine: seen.engine, report, is_interrupted: interrupt.is_set(), last: seen.last }
    })
}

fn read(
    mut merge: Merge,
    batches: &SyncSender<EventBatch>,
    emptied: &Receiver<EventBatch>,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> Report {
    let mut is_stopping = false;
    loop {
        if interrupt.is_set() && !is_stopping {
            is_stopping = true;
            merge.stop();
        }
        let mut batch = emptied.try_recv().unwrap_or_default();
        if !merge.next_batch(&mut batch) || batches.send(batch).is_err() {
            break;
        }
        if progress.is_due() {
            let (bytes, lines, name) = merge.position();
            progress.show(Position { bytes, lines, name });
        }
    }
    progress.clear();
    merge.into_report()
}

/// What the engine's side saw.
struct Seen {
    engine: Engine,
    last: Option<Timestamp>,
    /// Events after `until`.
    outside: u64,
}

fn observe(
    tenant: &TenantId,
    config: Config,
    until: Option<Timestamp>,
    batches: &Receiver<EventBatch>,
    emptied: &SyncSender<EventBatch>,
) -> Seen {
    let engine = Engine::new(config);
    let mut seen = Seen { engine, last: None, outside: 0 };
    // The changes are what a durable run writes down; a scan shows only where they lead.
    let mut changes: Vec<Change> = Vec::new();
    for mut batch in batches {
        for sighting in batch.iter() {
            if until.is_some_and(|until| sighting.at >= until) {
                seen.outside += 1;
                continue;
            }
            seen.engine.observe(tenant, &sighting, &mut changes);
            seen.last = seen.last.max(Some(sighting.at));
        }
        changes.clear();
        batch.clear();
        // A full return channel means that there are buffers enough.
        let _ = emptied.try_send(batch);
    }
    seen
}
