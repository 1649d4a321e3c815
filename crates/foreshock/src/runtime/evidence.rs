//! What a digest cites → the raw lines themselves, read again from where they stand. The engine
//! knows records only by their number.

use model::port::RawReader;
use model::{Envelope, EventId, Evidence, Item, Seq};
use std::collections::BTreeMap;

/// Letters of a raw line that an item carries; the place leads to the rest.
const TEXT_MAX: usize = 400;

/// Evidence and context that was read back before, by record.
#[derive(Debug, Default)]
pub(crate) struct Evidences(BTreeMap<Seq, Evidence>);

impl Evidences {
    /// Fills the evidence of these items, and the lines around their occasions: a few dozen an item, as
    /// the engine keeps no more. What cannot be read again keeps its time and says that
    /// its text is gone by having none.
    pub(crate) fn fill<'a>(
        &mut self,
        raw: &mut dyn RawReader,
        items: impl Iterator<Item = &'a mut Item>,
    ) {
        let mut cited: Vec<&mut Evidence> = items
            .flat_map(|item| {
                item.evidence.iter_mut().chain(item.context.iter_mut().map(|c| &mut c.line))
            })
            .collect();
        let mut wanted: Vec<Seq> = cited.iter().map(|e| e.seq).collect();
        wanted.sort();
        wanted.dedup();
        // Only what is cited now is kept: the next digest mostly cites the same lines.
        self.0.retain(|seq, _| wanted.binary_search(seq).is_ok());
        let missing: Vec<Seq> = wanted.into_iter().filter(|s| !self.0.contains_key(s)).collect();
        if !missing.is_empty() {
            raw.read(&missing, &mut |envelope| {
                self.0.insert(envelope.seq, evidence(envelope));
            });
        }
        for evidence in &mut cited {
            if let Some(known) = self.0.get(&evidence.seq) {
                let at = evidence.at;
                **evidence = Evidence { at, ..known.clone() };
            }
        }
    }
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
        hash: Some(hash[..32].to_owned()),
        text: Some(text.chars().take(TEXT_MAX).collect()),
    }
}
