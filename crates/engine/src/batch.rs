//! Canonical events in columns: what the first, stateless half of the pipeline hands to the
//! second. One text buffer and one row per event, so that a batch crosses threads with two
//! allocations however many events it holds.

use crate::entities::Entities;
use crate::kernel;
use crate::sighting::{KernelNote, Process, ReportNote, SampleNote, Sighting, SignNote};
use crate::signature::SkeletonKey;
use crate::values::Values;
use model::{Seq, Severity, Timestamp};

/// A piece of a batch's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Piece {
    start: u32,
    end: u32,
}

/// One event; its texts are pieces of the batch's text.
#[derive(Debug, Clone, Copy)]
struct Row {
    seq: Seq,
    at: Timestamp,
    key: SkeletonKey,
    entities: Entities,
    values: Values,
    occurrences: u32,
    severity: Option<Severity>,
    process: Process,
    is_start: bool,
    host: Piece,
    source: Piece,
    service: Piece,
    body: Piece,
}

/// What few rows have besides: see [`KernelNote`].
#[derive(Debug, Clone, Copy)]
enum Note {
    Boot,
    Machine(Piece),
    Sign(SignNote),
    Report { severity: kernel::Severity, panicked: bool, lines: u32, machine: Piece },
}

/// Canonical events, oldest record first.
#[derive(Debug, Clone, Default)]
pub struct EventBatch {
    text: String,
    rows: Vec<Row>,
    /// By row, ascending.
    notes: Vec<(u32, Note)>,
    /// Samples, by row, ascending.
    samples: Vec<(u32, Piece, f64)>,
}

impl EventBatch {
    /// Copies one event in.
    pub fn push(&mut self, sighting: &Sighting<'_>) {
        // A host, source or service that is the row before's is stored once.
        let last = self.rows.last().map(|row| (row.host, row.source, row.service));
        let host = self.piece(sighting.host, last.map(|(host, ..)| host));
        let source = self.piece(sighting.source, last.map(|(_, source, _)| source));
        let service = self.piece(sighting.service, last.map(|(.., service)| service));
        let body = self.piece(sighting.body, None);
        if let Some(note) = sighting.kernel {
            self.note(note);
        }
        if let Some(SampleNote { series, value }) = sighting.sample {
            let series = self.piece(series, None);
            self.samples.push((self.rows.len() as u32, series, value));
        }
        self.rows.push(Row {
            seq: sighting.seq,
            at: sighting.at,
            key: sighting.key,
            entities: sighting.entities,
            values: sighting.values,
            occurrences: sighting.occurrences,
            severity: sighting.severity,
            process: sighting.process,
            is_start: sighting.is_start,
            host,
            source,
            service,
            body,
        });
    }

    /// Keeps what belongs to the row that comes next.
    fn note(&mut self, note: KernelNote<'_>) {
        let note = match note {
            KernelNote::Boot => Note::Boot,
            KernelNote::Sign(note) => Note::Sign(note),
            KernelNote::Machine(name) => Note::Machine(self.piece(name, None)),
            KernelNote::Report(ReportNote { severity, panicked, lines, machine }) => {
                Note::Report { severity, panicked, lines, machine: self.piece(machine, None) }
            }
        };
        self.notes.push((self.rows.len() as u32, note));
    }

    fn note_of(&self, index: usize) -> Option<KernelNote<'_>> {
        if self.notes.is_empty() {
            return None;
        }
        let found = self.notes.binary_search_by_key(&(index as u32), |(row, _)| *row).ok()?;
        Some(match self.notes[found].1 {
            Note::Boot => KernelNote::Boot,
            Note::Sign(note) => KernelNote::Sign(note),
            Note::Machine(name) => KernelNote::Machine(self.text(name)),
            Note::Report { severity, panicked, lines, machine } => {
                let machine = self.text(machine);
                KernelNote::Report(ReportNote { severity, panicked, lines, machine })
            }
        })
    }

    fn sample_of(&self, index: usize) -> Option<SampleNote<'_>> {
        if self.samples.is_empty() {
            return None;
        }
        let found = self.samples.binary_search_by_key(&(index as u32), |(row, ..)| *row).ok()?;
        let (_, series, value) = self.samples[found];
        Some(SampleNote { series: self.text(series), value })
    }

    fn piece(&mut self, text: &str, last: Option<Piece>) -> Piece {
        if let Some(last) = last.filter(|last| self.text(*last) == text) {
            return last;
        }
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Piece { start, end: self.text.len() as u32 }
    }

    fn text(&self, piece: Piece) -> &str {
        self.text.get(piece.start as usize..piece.end as usize).unwrap_or_default()
    }

    /// Events held.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of text held; a batch is handed on before its pieces outgrow 32 bits.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// When an event happened.
    pub fn at(&self, index: usize) -> Option<Timestamp> {
        self.rows.get(index).map(|row| row.at)
    }

    /// One event.
    pub fn sighting(&self, index: usize) -> Option<Sighting<'_>> {
        let row = self.rows.get(index)?;
        Some(Sighting {
            seq: row.seq,
            at: row.at,
            host: self.text(row.host),
            source: self.text(row.source),
            service: self.text(row.service),
            severity: row.severity,
            process: row.process,
            body: self.text(row.body),
            key: row.key,
            entities: row.entities,
            values: row.values,
            occurrences: row.occurrences,
            kernel: self.note_of(index),
            sample: self.sample_of(index),
            is_start: row.is_start,
        })
    }

    /// All events, in order.
    pub fn iter(&self) -> impl Iterator<Item = Sighting<'_>> {
        (0..self.len()).filter_map(|index| self.sighting(index))
    }

    /// Empties it; its buffers stay.
    pub fn clear(&mut self) {
        self.text.clear();
        self.rows.clear();
        self.notes.clear();
        self.samples.clear();
    }
}
