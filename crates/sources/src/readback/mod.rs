//! `Seq` → raw bytes, for evidence: files are read again, of pipes a window is kept. What cannot be
//! read any more, or not be trusted to be the same, is left out.

mod file;

use crate::batch::Batch;
use crate::input::{Input, Kind};
use crate::lines::LINE_BYTES_MAX;
use crate::place::Place;
use crate::recorded::{Envelopes, RECORD_BYTES_MAX};
use crate::window::{Window, line_of};
use file::{FileAgain, Reopened};
use model::port::RawReader;
use model::{Envelope, Origin, Seq, TenantId};

/// Reads lines again that some [`LineReader`](crate::LineReader)s read before.
#[derive(Debug)]
pub struct Readback {
    known: Vec<Known>,
    form: Form,
    batch: Batch,
    reopened: Option<Reopened>,
}

/// What a line is.
#[derive(Debug)]
enum Form {
    /// The payload of an envelope.
    Line,
    /// A recorded envelope.
    Record(Box<Envelopes>),
}

/// What is known of one input.
#[derive(Debug)]
struct Known {
    origin: Origin,
    kept: Kept,
}

/// How its lines are found again.
#[derive(Debug)]
enum Kept {
    File(FileAgain),
    Pipe(Window),
}

impl Readback {
    /// For inputs whose lines are the payloads of envelopes of one tenant.
    pub fn of_lines(inputs: &[Input], tenant_id: &TenantId) -> Readback {
        Readback::new(inputs, tenant_id, Form::Line)
    }

    /// For inputs that are recorded streams.
    pub fn of_records(inputs: &[Input]) -> Readback {
        let form = Form::Record(Box::default());
        Readback::new(inputs, &TenantId::new(""), form)
    }

    fn new(inputs: &[Input], tenant_id: &TenantId, form: Form) -> Readback {
        let line_bytes_max = form.line_bytes_max();
        let known = |input: &Input| Known {
            origin: input.origin(tenant_id),
            kept: match input.kind {
                Kind::File => Kept::File(FileAgain::new(input)),
                Kind::Pipe | Kind::Stdin => Kept::Pipe(Window::new(line_bytes_max)),
            },
        };
        Readback {
            known: inputs.iter().map(known).collect(),
            form,
            batch: Batch::default(),
            reopened: None,
        }
    }

    /// What the envelopes of an input share; none for an index that it was not made with.
    pub fn origin(&self, input: u32) -> Option<&Origin> {
        self.known.get(input as usize).map(|known| &known.origin)
    }

    /// Remembers where a batch stands. To be called with every batch that a reader gave, in the
    /// input's own order; different inputs may take turns.
    pub fn note(&mut self, batch: &Batch) {
        match self.known.get_mut(batch.input as usize) {
            Some(known) if !batch.is_empty() => match &mut known.kept {
                Kept::File(file) => file.note(batch),
                Kept::Pipe(window) => window.keep(batch),
            },
            _ => {}
        }
    }
}

impl Form {
    fn line_bytes_max(&self) -> usize {
        match self {
            Form::Line => LINE_BYTES_MAX,
            Form::Record(_) => RECORD_BYTES_MAX,
        }
    }

    /// Shows the line of `batch` as the envelope that it was.
    fn show(
        &mut self,
        batch: &Batch,
        place: Place,
        origin: &Origin,
        visit: &mut dyn FnMut(&Envelope<'_>),
    ) {
        let Some(mut line) = line_of(batch, place.line) else {
            return;
        };
        line.place = place;
        match self {
            Form::Line => visit(&line.envelope(origin)),
            Form::Record(envelopes) => {
                if let Ok(record) = envelopes.decode(&line) {
                    visit(&record.envelope(&line));
                }
            }
        }
    }
}

impl RawReader for Readback {
    fn read(&mut self, seqs: &[Seq], visit: &mut dyn FnMut(&Envelope<'_>)) {
        let line_bytes_max = self.form.line_bytes_max();
        for lines in seqs.chunk_by(|a, b| Place::of(*a).input == Place::of(*b).input) {
            let input = lines.first().map(|seq| Place::of(*seq).input);
            let Some(known) = input.and_then(|i| self.known.get(i as usize)) else {
                continue;
            };
            let mut show = |batch: &Batch, place: Place| {
                self.form.show(batch, place, &known.origin, visit);
            };
            match &known.kept {
                Kept::File(file) => {
                    file.read(lines, line_bytes_max, &mut self.reopened, &mut show);
                }
                Kept::Pipe(window) => {
                    for place in lines.iter().map(|seq| Place::of(*seq)) {
                        if window.unpack(place.line, &mut self.batch) {
                            show(&self.batch, place);
                        }
                    }
                }
            }
        }
    }
}
