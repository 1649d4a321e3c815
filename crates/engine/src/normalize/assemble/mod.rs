//! Envelopes of one source → events: joins the lines of one happening, gives "last message repeated
//! N times" its meaning, and gives every event a time.
//!
//! The assembler holds one event back until the next line shows that it is complete, as a copy in
//! a buffer that it reuses. A line is counted when its fate is known, so `Counts` balances at every
//! moment; a held-back line is in no count until [`Assembler::flush`].

mod belief;
mod continuation;
mod repeat;
mod times;
mod trace;

use super::Reference;
use continuation::{AtBlankLine, Block};
use model::{Counts, Cursor, Defect, Envelope, Event, Refusal, Seq, Timestamp};
use repeat::Recent;
use times::Times;

/// How lines become events.
#[derive(Debug, Clone, Copy)]
pub struct AssemblerConfig {
    /// Whether lines may belong together. `false` for sources whose envelopes are whole messages
    /// (datagrams, replayed envelopes): every one is delivered at once.
    pub join: bool,
    /// Most lines of one event that are kept; a Java trace with its causes has about 200.
    pub lines_max: u32,
    /// Most bytes of one event that are kept; the limit of a line with room for a trace.
    pub bytes_max: usize,
}

impl Default for AssemblerConfig {
    fn default() -> Self {
        AssemblerConfig { join: true, lines_max: 512, bytes_max: 64 * 1024 }
    }
}

/// One event and the raw lines that it stands for.
#[derive(Debug, Clone)]
pub struct Assembled<'a> {
    /// The spool's place of the first line.
    pub seq: Seq,
    /// The source's place of the first line.
    pub cursor: Cursor,
    /// Its time in the stream: that of receipt, else what the event claims, or the time of the line
    /// before where that claim cannot be believed.
    pub at: Timestamp,
    /// Raw lines that it stands for, at least one.
    pub lines: u32,
    /// How often it happened: 1, or the N of a "repeated N times" line. Such a line is delivered
    /// as the event that it repeats, at its own time and place.
    pub occurrences: u32,
    /// The event.
    pub event: Event<'a>,
    /// The raw lines, as far as they were kept, joined by line feeds.
    pub raw: &'a [u8],
    /// What its dates are read by.
    pub reference: Reference,
}

/// Turns the envelopes of one source into events, in order.
#[derive(Debug, Clone)]
pub struct Assembler {
    config: AssemblerConfig,
    reference: Reference,
    pending: Option<Pending>,
    /// The held-back lines, joined by line feeds.
    block: Block,
    times: Times,
    recent: Recent,
    source_name: String,
}

/// What the held-back event needs besides its bytes.
#[derive(Debug, Clone, Copy)]
struct Pending {
    seq: Seq,
    cursor: Cursor,
    received_at: Option<Timestamp>,
    truncated: bool,
}

impl Assembler {
    /// An assembler for one source. `reference.now` is the file's modification time; it counts for
    /// envelopes without a time of receipt.
    pub fn new(config: AssemblerConfig, reference: Reference) -> Self {
        Assembler {
            config,
            reference,
            pending: None,
            block: Block::default(),
            times: Times::default(),
            recent: Recent::default(),
            source_name: String::new(),
        }
    }

    /// Tells the last line of the file that is about to be read, if the reader can know it: years
    /// and times since boot are then reckoned from the end, where the modification time belongs.
    pub fn ends_with(&mut self, last_line: &[u8]) {
        self.times.end_at(last_line, &mut self.reference);
    }

    /// Tells the first lines of the source before they are read, if the reader can know them: a
    /// first line without a time, or with a wrong one, then stands where the others do.
    pub fn begins_with<'a>(&mut self, lines: impl Iterator<Item = &'a [u8]>) {
        self.times.begin_with(lines, &self.reference);
    }

    /// Takes the next envelope; emits what it completes.
    pub fn push(
        &mut self,
        envelope: &Envelope<'_>,
        counts: &mut Counts,
        emit: &mut dyn FnMut(Assembled<'_>),
    ) {
        if self.source_name != envelope.origin.source_name {
            self.source_name.clone_from(&envelope.origin.source_name);
        }
        if is_blank(envelope.payload) {
            match self.block.at_blank_line() {
                AtBlankLine::Joins if self.pending.is_some() => {
                    return self.block.join(envelope.payload, &self.config);
                }
                AtBlankLine::Ends => self.flush(counts, emit),
                _ => {}
            }
            counts.lines += 1;
            counts.refuse(Refusal::Empty);
            return;
        }
        let joins = self.config.join && self.pending.is_some();
        if joins && self.block.continues(envelope.payload, &self.reference) {
            self.block.join(envelope.payload, &self.config);
            if let Some(pending) = &mut self.pending {
                pending.truncated |= envelope.truncated;
            }
            return;
        }
        self.flush(counts, emit);
        self.block.begin(envelope.payload);
        self.pending = Some(Pending {
            seq: envelope.seq,
            cursor: envelope.cursor,
            received_at: envelope.received_at,
            truncated: envelope.truncated,
        });
        if !self.config.join {
            self.flush(counts, emit);
        }
    }

    /// Emits the event that is held back, if there is one: at the end of a source, or when it has
    /// been quiet for long enough.
    pub fn flush(&mut self, counts: &mut Counts, emit: &mut dyn FnMut(Assembled<'_>)) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        let Assembler { reference, block, times, recent, source_name, .. } = self;
        let reference =
            Reference { now: pending.received_at.unwrap_or(reference.now), ..*reference };
        let mut event = block.read(&reference);
        if pending.truncated {
            event.defects.add(Defect::Truncated);
        }
        let at = times.settle(&mut event, block.first_line(), pending.received_at, &reference);
        let lines = block.lines();
        let (mut occurrences, mut repeated) = (1, false);
        if let Some(repeat) = repeat::read(&event) {
            match repeat.of(&event, recent, &reference) {
                Some(earlier) => {
                    (occurrences, repeated) = (repeat.times, true);
                    event = earlier;
                }
                None => event.defects.add(Defect::RepeatOrphaned),
            }
        } else {
            recent.keep(event.host.as_deref(), block.head());
        }
        counts.lines += u64::from(lines);
        counts.joined += u64::from(lines - 1);
        if repeated {
            counts.repeats += 1;
            counts.repeated += u64::from(occurrences);
        } else {
            counts.events += 1;
            for defect in event.defects.iter() {
                *counts.defects.entry(defect.word()).or_default() += 1;
            }
        }
        if event.host.is_none() && !source_name.is_empty() {
            event.host = Some(source_name.as_str().into());
        }
        emit(Assembled {
            seq: pending.seq,
            cursor: pending.cursor,
            at,
            lines,
            occurrences,
            event,
            raw: block.raw(),
            reference,
        });
    }
}

/// Nothing but blanks, line ends and NULs.
fn is_blank(payload: &[u8]) -> bool {
    payload.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0))
}
