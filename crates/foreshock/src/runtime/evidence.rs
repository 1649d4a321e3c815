//! What a digest cites → the raw lines themselves, read again from where they stand. The engine
//! knows records only by their number. And the commands that show these lines, where they stand in files.

use super::look::{self, Stands};
use model::port::RawReader;
use model::{Cursor, Envelope, EventId, Evidence, Item, Seq, Transport};
use sources::{Input, Place};
use std::collections::BTreeMap;

/// Letters of a raw line that an item carries; the place leads to the rest.
const TEXT_MAX: usize = 400;

/// Evidence and context that was read back before, by record.
#[derive(Debug, Default)]
pub(crate) struct Evidences {
    known: BTreeMap<Seq, Known>,
    /// The recorded streams, by their number.
    streams: Vec<String>,
}

/// A record that was read back.
#[derive(Debug)]
struct Known {
    evidence: Evidence,
    /// Its place in a file that a person can open.
    stands: Option<Stands>,
}

impl Evidences {
    /// For what recorded streams cite.
    pub(crate) fn of_streams(inputs: &[Input]) -> Evidences {
        let streams = inputs.iter().map(|input| input.name().into_owned()).collect();
        Evidences { streams, ..Evidences::default() }
    }

    /// Fills the evidence of these items, and the lines around their occasions: a few dozen an item, as
    /// the engine keeps no more. What cannot be read again keeps its time and says that
    /// its text is gone by having none.
    pub(crate) fn fill<'a>(
        &mut self,
        raw: &mut dyn RawReader,
        items: impl Iterator<Item = &'a mut Item>,
    ) {
        let mut items: Vec<&mut Item> = items.collect();
        let mut wanted: Vec<Seq> = items.iter_mut().flat_map(|i| cited(i)).map(|e| e.seq).collect();
        wanted.sort();
        wanted.dedup();
        // Only what is cited now is kept: the next digest mostly cites the same lines.
        self.known.retain(|seq, _| wanted.binary_search(seq).is_ok());
        let missing: Vec<Seq> =
            wanted.into_iter().filter(|s| !self.known.contains_key(s)).collect();
        if !missing.is_empty() {
            raw.read(&missing, &mut |envelope| {
                let stands = self.stands(envelope);
                self.known.insert(envelope.seq, Known { evidence: evidence(envelope), stands });
            });
        }
        for item in items {
            self.fill_one(item);
        }
    }

    fn fill_one(&self, item: &mut Item) {
        let mut places = Vec::new();
        for evidence in cited(item) {
            let at = evidence.at;
            if let Some(known) = self.known.get(&evidence.seq) {
                let of_lead = evidence.of_lead;
                *evidence = Evidence { at, of_lead, ..known.evidence.clone() };
                places.push((at, known.stands.clone()));
            }
        }
        for check in &mut item.check_next {
            look::look(check, &places);
        }
        let evidence = std::mem::take(&mut item.evidence);
        let lines: Vec<&str> = evidence.iter().filter_map(|e| e.text.as_deref()).collect();
        engine::score::tell_of_lines(item, &lines);
        item.evidence = evidence;
    }

    /// Where a person finds the line again. A recording of what a host says live is no such place: its
    /// journal has more.
    fn stands(&self, envelope: &Envelope<'_>) -> Option<Stands> {
        let Cursor::File { line, .. } = envelope.cursor else {
            return None;
        };
        let origin = envelope.origin;
        let file = match origin.transport {
            Transport::File => origin.source_name.clone(),
            Transport::Replay if origin.source_type == "file" => {
                self.streams.get(Place::of(envelope.seq).input as usize)?.clone()
            }
            _ => return None,
        };
        Some(Stands { file, line })
    }
}

/// The evidence of an item, and the lines around its occasions.
fn cited(item: &mut Item) -> impl Iterator<Item = &mut Evidence> {
    item.evidence.iter_mut().chain(item.context.iter_mut().map(|c| &mut c.line))
}

fn evidence(envelope: &Envelope<'_>) -> Evidence {
    let text = String::from_utf8_lossy(envelope.payload);
    let hash = blake3::hash(envelope.payload).to_hex();
    Evidence {
        seq: envelope.seq,
        event_id: Some(EventId::derive(&[envelope.id().as_bytes()])),
        source: envelope.origin.source_name.clone(),
        line: envelope.cursor.line(),
        offset: envelope.cursor.offset(),
        at: model::Timestamp::default(),
        of_lead: false,
        hash: Some(hash[..32].to_owned()),
        text: Some(text.chars().take(TEXT_MAX).collect()),
    }
}
