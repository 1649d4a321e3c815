//! A kernel's log in pieces of any size, or record by record → reports and a summary.
//!
//! Memory is bounded: a line, and of each machine the recent lines, the blocks that are open, and the reports of the
//! boot that is being read.

use super::boots::Boot;
use super::clock::Confidence;
use super::decode::{Decoder, Pstore};
use super::lines::{Line, Lines};
use super::machine::{Closed, Shared};
use super::machines::Machines;
use super::record::{LogFormat, Record};
use super::report::{BootSummary, Defect, Report, SCHEMA, Summary};
use crate::normalize::{Reference, clean_text};
use std::collections::BTreeMap;

/// Defects that are listed; more are counted.
const DEFECTS_MAX: usize = 1_000;
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

/// Reads a kernel log, of one machine or of several.
#[derive(Debug)]
pub struct Analyzer {
    reference: Reference,
    lines: Lines,
    decoder: Decoder,
    pstore: Pstore,
    log: Log,
}

/// Everything behind the decoder.
#[derive(Debug, Default)]
struct Log {
    machines: Machines,
    shared: Shared,
    past: Vec<Boot>,
    reports: Vec<Report>,
    is_live: bool,
    /// Reports were taken: their numbers stand.
    is_numbered: bool,
    /// Records, and dumps of pstore, by format.
    formats: [u64; LogFormat::ALL.len()],
    defects: Vec<Defect>,
    defects_more: u64,
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
            log: Log::default(),
        }
    }

    /// The same for a log that is being written: each occasion is a report of its own, which
    /// [`take_finished`](Self::take_finished) gives as soon as it is complete. What only the rest of the
    /// boot can tell (counts, what followed) is not in it.
    pub fn live(reference: Reference) -> Analyzer {
        let mut analyzer = Analyzer::new(reference);
        analyzer.log.machines = Machines::live();
        analyzer.log.is_live = true;
        analyzer
    }

    /// The log pauses: what is open is complete.
    pub fn settle(&mut self) {
        self.log.machines.all_mut().for_each(|machine| machine.settle());
    }

    /// Reads a piece of the log.
    pub fn push(&mut self, bytes: &[u8]) {
        let Analyzer { reference, lines, decoder, pstore, log } = self;
        lines.push(bytes, |line| read(line, reference, decoder, pstore, log));
    }

    /// Reads one record that was decoded elsewhere.
    pub fn record(&mut self, record: &Record<'_>) {
        self.log.record(record);
    }

    /// The reports that are complete: those of boots that are over, in a live log all.
    pub fn take_finished(&mut self) -> Vec<Report> {
        if self.log.is_live {
            self.log.hand_over();
        }
        self.log.is_numbered = true;
        std::mem::take(&mut self.log.reports)
    }

    /// The log is over.
    pub fn finish(mut self) -> Analysis {
        let Analyzer { reference, lines, decoder, pstore, log } = &mut self;
        lines.finish(|line| read(line, reference, decoder, pstore, log));
        release(reference, decoder, pstore, log);
        self.log.finish()
    }
}

fn read(
    line: Line<'_>,
    reference: &Reference,
    decoder: &mut Decoder,
    pstore: &mut Pstore,
    log: &mut Log,
) {
    log.line_count = line.number;
    if line.cut_bytes > 0 {
        log.defect(line.number, format!("line too long: {} bytes passed over", line.cut_bytes));
    }
    let (text, is_damaged) = clean_text(line.bytes);
    if is_damaged {
        log.defect(line.number, "bytes that are no text were replaced".to_owned());
    }
    if pstore.take(&text, line.number, line.byte) {
        if pstore.is_full() {
            log.defect(line.number, "too many parts to put in order: read in two steps".to_owned());
            release(reference, decoder, pstore, log);
        }
        return;
    }
    decode(&text, line.number, line.byte, reference, decoder, log);
}

fn release(reference: &Reference, decoder: &mut Decoder, pstore: &mut Pstore, log: &mut Log) {
    if pstore.is_idle() {
        return;
    }
    log.formats[LogFormat::Pstore as usize] += 1;
    pstore.release(|text, place, byte| decode(text, place, byte, reference, decoder, log));
}

fn decode(
    text: &str,
    place: u64,
    byte: u64,
    reference: &Reference,
    decoder: &mut Decoder,
    log: &mut Log,
) {
    if text.starts_with("-- ") && is_journal_mark(text) {
        log.machines.all_mut().for_each(|machine| machine.cut());
        return;
    }
    if let Some(record) = decoder.read(text, place, byte, reference) {
        log.record(&record);
    }
}

/// `-- Boot 0f3c… --`, `-- Reboot --`.
fn is_journal_mark(text: &str) -> bool {
    text.ends_with(" --") && (text.starts_with("-- Boot ") || text == "-- Reboot --")
}

impl Log {
    fn defect(&mut self, line: u64, reason: String) {
        if self.defects.len() < DEFECTS_MAX {
            self.defects.push(Defect { line, reason });
        } else {
            self.defects_more += 1;
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        self.formats[record.format as usize] += 1;
        let closed = self.machines.of(record).record(record, &mut self.shared);
        self.close(closed);
    }

    /// Takes what is complete before the boot is over.
    fn hand_over(&mut self) {
        for machine in self.machines.all_mut() {
            self.reports.append(&mut machine.hand_over(&mut self.shared));
        }
    }

    fn close(&mut self, closed: Option<Closed>) {
        let Some(Closed { boot, mut reports }) = closed else {
            return;
        };
        self.reports.append(&mut reports);
        if self.past.len() < BOOTS_MAX {
            self.past.push(boot);
        }
    }

    fn finish(mut self) -> Analysis {
        let mut machines = std::mem::take(&mut self.machines);
        let mut lost = 0;
        for machine in machines.all_mut() {
            let closed = machine.finish(&mut self.shared);
            self.close(closed);
            lost += machine.lost();
        }
        if lost > 0 {
            let reason = format!("{lost} reports beyond the cap were left out");
            self.defect(self.line_count, reason);
        }
        if machines.is_full {
            let reason = "more machines than can be told apart: reports may be mixed".to_owned();
            self.defect(self.line_count, reason);
        }
        let mut reports = self.reports;
        if machines.count() > 1 && !self.is_numbered {
            number(&mut reports);
        }
        // Assembled reports first: they are what one came for.
        reports.sort_by_key(|r| (r.traces.is_empty() && r.is_sign, r.id));
        self.past.sort_by_key(|boot| boot.index);
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
            gaps: self.shared.gaps,
            lines: self.line_count,
            schema: SCHEMA,
        };
        Analysis { reports, summary }
    }
}

/// Numbers the reports of several machines in the order of the log: they were numbered as boots ended.
fn number(reports: &mut [Report]) {
    reports.sort_by_key(|report| report.first.line);
    let ids: BTreeMap<u64, u64> = reports.iter().map(|report| report.id).zip(1..).collect();
    for report in reports {
        report.id = ids[&report.id];
        report.related.iter_mut().for_each(|related| related.id = ids[&related.id]);
    }
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
