//! Many inputs → the spool, in the order of their events' times; and what is noted of them once that is durable.

use super::stream::{Gave, Stream};
use crate::interrupt::Interrupt;
use crate::progress::{Position, Progress};
use crate::runtime::merge::{Understanding, batch_bytes};
use anyhow::{Context, anyhow};
use model::intake::{Batch as Records, Intake};
use model::{Counts, TenantId};
use sources::follow::{Register, Was};
use sources::{Input, Kind, ReadError};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use store::spool::Spool;

/// Records that are handed in at a time.
const RECORDS: usize = 8_192;
/// Places are noted after so many: a crash hands no more in again than is recognised as known
/// ([`super::super::seen`]).
const NOTED_RECORDS: usize = 32_768;

/// What feeding came to.
#[derive(Default)]
pub(super) struct Fed {
    pub(super) counts: Counts,
    pub(super) errors: Vec<ReadError>,
    /// Files by what they were found to be.
    pub(super) files: BTreeMap<Was, u64>,
    /// What a person should know of them.
    pub(super) notes: Vec<String>,
}

/// What feeding needs.
pub(super) struct Feed<'a> {
    pub(super) spool: &'a Arc<Spool>,
    pub(super) register: Register,
    pub(super) tenant: &'a TenantId,
    pub(super) how: Understanding,
    pub(super) interrupt: &'a Interrupt,
    unnoted: usize,
    records: Records,
}

impl<'a> Feed<'a> {
    pub(super) fn new(
        spool: &'a Arc<Spool>,
        register: Register,
        tenant: &'a TenantId,
        how: Understanding,
        interrupt: &'a Interrupt,
    ) -> Feed<'a> {
        Feed { spool, register, tenant, how, interrupt, unnoted: 0, records: Records::new() }
    }

    /// Hands in what is new in all inputs.
    ///
    /// # Errors
    /// If the spool or the register cannot be written. What was handed in stays; the next run goes on behind it.
    pub(super) fn run(mut self, inputs: &[Input], progress: &mut Progress) -> anyhow::Result<Fed> {
        let mut fed = Fed::default();
        let mut streams = self.streams(inputs, &mut fed);
        let mut queue = BinaryHeap::new();
        for (place, stream) in streams.iter_mut().enumerate() {
            match stream.first_time(self.how.now) {
                Ok(Some(first)) => queue.push(Reverse((first, place))),
                Ok(None) => {}
                Err(error) => fed.errors.push(error),
            }
        }
        let mut is_stopping = false;
        while let Some(Reverse((at, place))) = queue.pop() {
            if self.interrupt.is_set() && !std::mem::replace(&mut is_stopping, true) {
                streams.iter_mut().for_each(|stream| stream.stop(&mut fed.counts));
            }
            let until = queue.peek().map(|Reverse(next)| *next);
            let (records, counts) = (&mut self.records, &mut fed.counts);
            let stream = &mut streams[place];
            match stream.give(until, self.how.now, records, counts, self.interrupt) {
                Ok(Gave::All) => {}
                Ok(Gave::Until(at)) => queue.push(Reverse((at, place))),
                Err(error) => {
                    fed.errors.push(error);
                    queue.push(Reverse((at, place)));
                }
            }
            if self.records.len() >= RECORDS {
                self.hand_in(&mut streams)?;
            }
            if progress.is_due() {
                let bytes = streams.iter().map(Stream::disk_bytes).sum();
                let name = streams[place].name();
                progress.show(Position { bytes, lines: fed.counts.lines, name });
            }
        }
        progress.clear();
        self.hand_in(&mut streams)?;
        for index in streams.iter().filter_map(Stream::ended) {
            self.register.ended(index);
        }
        self.note()?;
        Ok(fed)
    }

    /// Looks at every input, and at where rotation has put what was not read before.
    fn streams(&mut self, inputs: &[Input], fed: &mut Fed) -> Vec<Stream> {
        let mut streams = Vec::new();
        inputs.iter().for_each(|input| self.stream(input, inputs.len(), &mut streams, fed));
        let (found, missing) = self.register.rotated_away();
        for path in found {
            let bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
            let input = Input { path, kind: Kind::File, bytes };
            self.stream(&input, inputs.len(), &mut streams, fed);
        }
        for path in missing {
            let path = outputs::safe::text(&path).into_owned();
            fed.notes.push(format!(
                "{path} is another file than in the run before, and nothing beside it holds what was read then: what was written to that one afterwards is missing"
            ));
        }
        streams
    }

    fn stream(&mut self, input: &Input, inputs: usize, streams: &mut Vec<Stream>, fed: &mut Fed) {
        let standing = match input.kind {
            Kind::File => match self.register.look(input, self.tenant) {
                Ok(standing) => Some(standing),
                Err(error) => return fed.errors.push(error),
            },
            Kind::Pipe | Kind::Stdin => None,
        };
        if let Some(standing) = &standing {
            *fed.files.entry(standing.was).or_default() += 1;
            if standing.was == Was::Rewritten {
                let name = input.name();
                let name = outputs::safe::text(&name);
                fed.notes.push(format!(
                    "{name} begins otherwise than in the run before: it is read from its beginning"
                ));
            }
        }
        let index = streams.len() as u32;
        let (tenant, how) = (self.tenant, self.how);
        streams.push(Stream::new(input, index, standing, tenant, how, batch_bytes(inputs)));
    }

    /// Hands in what has gathered, and waits until it is durable.
    fn hand_in(&mut self, streams: &mut [Stream]) -> anyhow::Result<()> {
        if self.records.is_empty() {
            return Ok(());
        }
        if !self.register.is_noted() {
            self.note()?;
        }
        let records = std::mem::take(&mut self.records).urgent();
        self.unnoted += records.len();
        let answer = self.spool.append(records).and_then(|ticket| ticket.wait().map(drop));
        answer.map_err(|returned| {
            anyhow!(
                "{}; what was read before is kept, and the next run goes on there",
                returned.why
            )
        })?;
        for (index, reached) in streams.iter_mut().filter_map(Stream::moved) {
            self.register.came_to(index, &reached);
        }
        if self.unnoted >= NOTED_RECORDS { self.note() } else { Ok(()) }
    }

    fn note(&mut self) -> anyhow::Result<()> {
        self.unnoted = 0;
        self.register.note().context("cannot note how far files were read")
    }
}
