//! The kernel's lines of one host, as they come through the pipeline → which of them belong to a report, and
//! the report once it is complete.
//!
//! What single lines tell stays a line: it is an event already. Only of a shortage of memory the many lines
//! from its trigger to the victim are folded into the line that names the victim.

use super::block::Piece;
use super::boots::{self, Boots};
use super::decode::Decoder;
use super::detect::{self, word};
use super::extract::Extractor;
use super::record::{Context, Record};
use super::relate;
use super::report::Report;
use super::signs::{self, Fold, Seen};
use super::{fingerprint, frames, title};
use crate::normalize::{Reference, clean_text};
use crate::sighting::SignNote;
use std::collections::BTreeMap;

/// Beginning of the types that a shortage of memory has.
const OOM: &str = "OOM_";

/// Something that is complete.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// A report, whose evidence names the places of its lines.
    Report(Box<Report>),
    /// Lines from the first to the last place tell what the last one says.
    Episode {
        /// Place of the first line.
        first: u64,
        /// Place of the line that stays.
        last: u64,
    },
}

/// What one line said of its machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// It is the first of a boot.
    pub(crate) begins_boot: bool,
    /// The machine's model.
    pub(crate) machine: Option<String>,
    /// Trouble that the line tells by itself.
    pub(crate) sign: Option<SignNote>,
    /// It is a part of a stack trace.
    pub(crate) is_of_trace: bool,
}

/// Reads the kernel's lines of one host.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    decoder: Decoder,
    boots: Boots,
    boots_so_far: u32,
    extractor: Extractor,
    found: Vec<Found>,
    /// Heads of strict fingerprints of signs, by type and name.
    troubles: BTreeMap<(&'static str, String), u64>,
}

/// Fingerprints that are kept; programs that crash have as many as they have names.
const TROUBLES_MAX: usize = 256;

impl Default for Watch {
    fn default() -> Watch {
        let mut extractor = Extractor::default();
        extractor.is_live = true;
        Watch {
            decoder: Decoder::default(),
            boots: Boots::default(),
            boots_so_far: 0,
            extractor,
            found: Vec::new(),
            troubles: BTreeMap::new(),
        }
    }
}

impl Watch {
    /// Reads the lines of one event; `place` is how the caller finds them again.
    pub(crate) fn read(&mut self, raw: &[u8], place: u64, reference: &Reference) -> Told {
        let (text, _) = clean_text(raw);
        let mut told = Told::default();
        for line in text.split('\n') {
            // The decoder borrows from the line only.
            let mut decoder = std::mem::take(&mut self.decoder);
            if let Some(record) = decoder.read(line, place, 0, reference) {
                self.record(&record, &mut told);
            }
            self.decoder = decoder;
        }
        told
    }

    fn record(&mut self, record: &Record<'_>, told: &mut Told) {
        if self.boots.turn(record).is_some() {
            told.begins_boot = true;
            self.extractor.finish_live();
            self.collect();
        }
        let is_first = self.boots.now_mut().is_none();
        self.boots.add(record, &mut self.boots_so_far);
        told.begins_boot |= is_first && boots::is_banner(&record.text);
        self.extractor.has_marks |= !matches!(record.context, Context::Raw);
        for text in record.text.split('\n') {
            told.is_of_trace = frames::is_of_trace(text);
            let mut hits = detect::scan(text);
            if hits.signs != 0 && record.context != Context::Foreign {
                let seen = signs::read(hits.signs, text).filter(|seen| !seen.is_expected());
                // A sign of one line stays a line; only of those in many lines the extractor makes one.
                if seen.as_ref().is_none_or(|seen| seen.sign.fold == Fold::Count) {
                    hits.signs = 0;
                }
                let worst = told.sign.map(|note| note.severity);
                if let Some(seen) = seen.filter(|seen| Some(seen.sign.class.severity) > worst) {
                    told.sign = Some(self.note(seen));
                }
            }
            if hits.has(word::FACT)
                && record.context != Context::Foreign
                && let Some(boot) = self.boots.now_mut()
            {
                let known = boot.hardware.is_some();
                boots::learn(boot, text);
                if !known {
                    told.machine.clone_from(&boot.hardware);
                }
            }
            let Record { context, place, byte, mono_us, wall, .. } = *record;
            self.extractor.line(Piece { text, context, place, byte, mono_us, wall }, hits);
        }
        self.collect();
    }

    fn note(&mut self, seen: Seen) -> SignNote {
        let class = seen.sign.class;
        let key = (class.kind, seen.key);
        let trouble = match self.troubles.get(&key) {
            Some(trouble) => *trouble,
            None => {
                let trouble = fingerprint::of_sign(class.kind, &title::clean(&key.1));
                if self.troubles.len() < TROUBLES_MAX {
                    self.troubles.insert(key, trouble);
                }
                trouble
            }
        };
        SignNote { severity: class.severity, kind: class.kind, trouble }
    }

    /// Whether lines may still come that belong to what came before.
    pub(crate) fn is_open(&self) -> bool {
        self.extractor.is_open()
    }

    /// Whether something is complete.
    pub(crate) fn has_found(&self) -> bool {
        !self.found.is_empty()
    }

    /// The log pauses: what is open is complete.
    pub(crate) fn settle(&mut self) {
        self.extractor.settle_all();
        self.collect();
    }

    /// What is complete since the last call.
    pub(crate) fn take(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.found)
    }

    fn collect(&mut self) {
        let mut reports = self.extractor.take();
        if let Some(boot) = self.boots.now_mut() {
            relate::place(&mut reports, boot);
        }
        for report in reports {
            let (first, last) = (report.first.line, report.last.line);
            if !report.is_sign {
                self.found.push(Found::Report(Box::new(report)));
            } else if report.kind.starts_with(OOM) && first < last {
                self.found.push(Found::Episode { first, last });
            }
        }
    }
}
