//! A kernel's log in pieces of any size, or record by record → reports and a summary.
//!
//! One analyzer reads the log of one machine. Memory is bounded: a line, the recent lines, the blocks
//! that are open, and the reports of the boot that is being read.

use super::block::Piece;
use super::boots::{self, Boot, Boots};
use super::classify::Family;
use super::clock::Confidence;
use super::decode::{Decoder, Pstore};
use super::detect::{self, word};
use super::extract::Extractor;
use super::lines::{Line, Lines};
use super::record::{Context, LogFormat, Record};
use super::relate;
use super::report::{BootSummary, Defect, Gap, Report, SCHEMA, Summary};
use crate::normalize::{Reference, clean_text};
use std::collections::BTreeMap;

/// Defects that are listed; more are counted.
const DEFECTS_MAX: usize = 1_000;
/// Gaps that are listed.
const GAPS_MAX: usize = 1_000;
/// Boots that are listed.
const BOOTS_MAX: usize = 10_000;

/// What an analysis found.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Assembled reports in the order of the log, then what single lines told.
    pub reports: Vec<Report>,
    /// The log as a whole.
    pub summary: Summary,
}

/// Reads one machine's kernel log.
#[derive(Debug)]
pub struct Analyzer {
    reference: Reference,
    lines: Lines,
    decoder: Decoder,
    pstore: Pstore,
    core: Core,
}

/// Everything behind the decoder.
#[derive(Debug, Default)]
struct Core {
    boots: Boots,
    extractor: Extractor,
    past: Vec<Boot>,
    reports: Vec<Report>,
    next_id: u64,
    /// Records, and dumps of pstore, by format.
    formats: [u64; LogFormat::ALL.len()],
    defects: Vec<Defect>,
    defects_more: u64,
    gaps: Vec<Gap>,
    side_effect: bool,
    line_count: u64,
}

impl Analyzer {
    /// `reference` is what dates without a year or zone are read by.
    pub fn new(reference: Reference) -> Analyzer {
        Analyzer {
            reference,
            lines: Lines::default(),
            decoder: Decoder::default(),
            pstore: Pstore::default(),
            core: Core { next_id: 1, ..Core::default() },
        }
    }

    /// The same for a log that is being written: each occasion is a report of its own, which
    /// [`take_finished`](Self::take_finished) gives as soon as it is complete. What only the rest of the
    /// boot can tell (counts, what followed) is not in it.
    pub fn live(reference: Reference) -> Analyzer {
        let mut analyzer = Analyzer::new(reference);
        analyzer.core.extractor.is_live = true;
        analyzer
    }

    /// The log pauses: what is open is complete.
    pub fn settle(&mut self) {
        self.core.extractor.settle_all();
    }

    /// Reads a piece of the log.
    pub fn push(&mut self, bytes: &[u8]) {
        let Analyzer { reference, lines, decoder, pstore, core } = self;
        lines.push(bytes, |line| read(line, reference, decoder, pstore, core));
    }

    /// Reads one record that was decoded elsewhere.
    pub fn record(&mut self, record: &Record<'_>) {
        self.core.record(record);
    }

    /// The reports that are complete: those of boots that are over, in a live log all.
    pub fn take_finished(&mut self) -> Vec<Report> {
        if self.core.extractor.is_live {
            self.core.hand_over();
        }
        std::mem::take(&mut self.core.reports)
    }

    /// The log is over.
    pub fn finish(mut self) -> Analysis {
        let Analyzer { reference, lines, decoder, pstore, core } = &mut self;
        lines.finish(|line| read(line, reference, decoder, pstore, core));
        release(reference, decoder, pstore, core);
        self.core.finish()
    }
}

fn read(
    line: Line<'_>,
    reference: &Reference,
    decoder: &mut Decoder,
    pstore: &mut Pstore,
    core: &mut Core,
) {
    core.line_count = line.number;
    if line.cut_bytes > 0 {
        core.defect(line.number, format!("line too long: {} bytes passed over", line.cut_bytes));
    }
    let (text, is_damaged) = clean_text(line.bytes);
    if is_damaged {
        core.defect(line.number, "bytes that are no text were replaced".to_owned());
    }
    if pstore.take(&text, line.number, line.byte) {
        if pstore.is_full() {
            core.defect(
                line.number,
                "too many parts to put in order: read in two steps".to_owned(),
            );
            release(reference, decoder, pstore, core);
        }
        return;
    }
    decode(&text, line.number, line.byte, reference, decoder, core);
}

fn release(reference: &Reference, decoder: &mut Decoder, pstore: &mut Pstore, core: &mut Core) {
    if pstore.is_idle() {
        return;
    }
    core.formats[LogFormat::Pstore as usize] += 1;
    pstore.release(|text, place, byte| decode(text, place, byte, reference, decoder, core));
}

fn decode(
    text: &str,
    place: u64,
    byte: u64,
    reference: &Reference,
    decoder: &mut Decoder,
    core: &mut Core,
) {
    if text.starts_with("-- ") && is_journal_mark(text) {
        core.boots.cut();
        return;
    }
    if let Some(record) = decoder.read(text, place, byte, reference) {
        core.record(&record);
    }
}

/// `-- Boot 0f3c… --`, `-- Reboot --`.
fn is_journal_mark(text: &str) -> bool {
    text.ends_with(" --") && (text.starts_with("-- Boot ") || text == "-- Reboot --")
}

impl Core {
    fn defect(&mut self, line: u64, reason: String) {
        if self.defects.len() < DEFECTS_MAX {
            self.defects.push(Defect { line, reason });
        } else {
            self.defects_more += 1;
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        self.formats[record.format as usize] += 1;
        if record.lost > 0 {
            self.gap(record.place, Some(record.lost), "the kernel dropped messages");
        }
        if let Some(boot) = self.boots.turn(record) {
            self.close(boot);
        }
        self.boots.add(record);
        self.extractor.has_marks |= !matches!(record.context, Context::Raw);
        if memchr::memchr(b'\n', record.text.as_bytes()).is_none() {
            return self.text(record, &record.text);
        }
        for text in record.text.split('\n') {
            self.text(record, text);
        }
    }

    fn text(&mut self, record: &Record<'_>, text: &str) {
        let hits = detect::scan(text);
        if hits.has(word::FACT)
            && record.context != Context::Foreign
            && let Some(boot) = self.boots.now_mut()
        {
            boots::learn(boot, text);
        }
        if hits.has(word::LOST) {
            self.lost(record.place, text);
        }
        self.side_effect |= hits.has(word::SIDE_EFFECT);
        let piece = Piece {
            text,
            context: record.context,
            place: record.place,
            byte: record.byte,
            mono_us: record.mono_us,
            wall: record.wall,
        };
        self.extractor.line(piece, hits);
    }

    fn lost(&mut self, place: u64, text: &str) {
        let before = |words: &str| {
            let head = &text[..text.find(words)?];
            head.trim_end().rsplit(' ').next()?.parse::<u64>().ok()
        };
        if text.contains("messages dropped") {
            self.gap(place, before("printk messages dropped"), "the kernel dropped messages");
        } else if let Some(count) = before("callbacks suppressed") {
            self.gap(place, Some(count), "the kernel limited repeated messages");
        }
    }

    fn gap(&mut self, line: u64, lost: Option<u64>, reason: &'static str) {
        if self.gaps.len() < GAPS_MAX {
            self.gaps.push(Gap { line, lost, reason });
        }
    }

    /// Takes what is complete before the boot is over.
    fn hand_over(&mut self) {
        let mut reports = self.extractor.take();
        for report in &mut reports {
            report.id = self.next_id;
            self.next_id += 1;
        }
        if let Some(boot) = self.boots.now_mut() {
            relate::place(&mut reports, boot);
        }
        self.reports.append(&mut reports);
    }

    /// A boot is over: its reports are complete.
    fn close(&mut self, mut boot: Boot) {
        let mut reports = self.extractor.finish();
        reports.retain(relate::is_telling);
        reports.sort_by_key(|r| r.first.line);
        for report in &mut reports {
            report.id = self.next_id;
            self.next_id += 1;
        }
        relate::relate(&mut reports, &boot);
        // Where memory ran out, programs end as they can; that is not their fault.
        for report in &mut reports {
            report.suppressed =
                self.side_effect && report.family == Family::User && !is_sign(report);
        }
        self.side_effect = false;
        if let Some(taint) = reports.iter().rev().find_map(|r| r.taint.as_ref()) {
            boot.taint = Some(taint.raw.clone());
        }
        self.reports.append(&mut reports);
        if self.past.len() < BOOTS_MAX {
            self.past.push(boot);
        }
    }

    fn finish(mut self) -> Analysis {
        if let Some(boot) = self.boots.finish() {
            self.close(boot);
        }
        if self.extractor.lost > 0 {
            let reason = format!("{} reports beyond the cap were left out", self.extractor.lost);
            self.defect(self.line_count, reason);
        }
        let mut reports = self.reports;
        // Assembled reports first: they are what one came for.
        reports.sort_by_key(|r| (r.traces.is_empty() && is_sign(r), r.id));
        let mut counts = BTreeMap::new();
        for report in &reports {
            *counts.entry(report.kind.to_owned()).or_default() += report.count;
        }
        let summary = Summary {
            anonymised: None,
            boots: self.past.iter().map(boot_summary).collect(),
            counts,
            defects: self.defects,
            defects_more: self.defects_more,
            formats: LogFormat::ALL
                .iter()
                .map(|f| (f.name(), self.formats[*f as usize]))
                .filter(|(_, count)| *count > 0)
                .collect(),
            gaps: self.gaps,
            lines: self.line_count,
            schema: SCHEMA,
        };
        Analysis { reports, summary }
    }
}

/// Whether a report was read from single lines.
pub(super) fn is_sign(report: &Report) -> bool {
    super::signs::SIGNS.iter().any(|sign| sign.class.kind == report.kind)
}

fn boot_summary(boot: &Boot) -> BootSummary {
    let start = boot.clock.start();
    let micros = |t: model::Timestamp| t.as_micros();
    BootSummary {
        arch: boot.arch,
        banner: boot.banner.clone(),
        clean_end: boot.is_clean_end,
        clock: start.map_or(Confidence::None, |s| s.2),
        clock_error_ms: start.map(|s| s.1),
        cmdline: boot.cmdline.clone(),
        end_wall: boot
            .last_wall
            .or_else(|| boot.last_mono_us.and_then(|mono| boot.clock.wall(mono)))
            .map(micros),
        hardware: boot.hardware.clone(),
        host: boot.host.clone(),
        id: boot.id.clone(),
        index: boot.index,
        line_end: boot.last_place,
        line_start: boot.first_place,
        modules: boot.modules.iter().cloned().collect(),
        panicked: boot.has_panicked,
        start_wall: start.map(|s| micros(s.0)),
        taint: boot.taint.clone(),
        truncated_start: boot.is_start_missing(),
        version: boot.version.clone(),
    }
}
