//! One machine's records in order → its boots, and their reports once each boot is over.

use super::block::Piece;
use super::boots::{self, Boot, Boots};
use super::classify::Family;
use super::detect::{self, word};
use super::extract::Extractor;
use super::record::{Context, Record};
use super::relate;
use super::report::{Gap, Report};

/// Gaps that are listed.
const GAPS_MAX: usize = 1_000;

/// What all machines of a log count together.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Boots so far, and reports.
    pub(super) boots: u32,
    pub(super) reports: u64,
    pub(super) gaps: Vec<Gap>,
}

impl Shared {
    fn gap(&mut self, line: u64, lost: Option<u64>, reason: &'static str) {
        if self.gaps.len() < GAPS_MAX {
            self.gaps.push(Gap { line, lost, reason });
        }
    }

    fn number(&mut self, reports: &mut [Report]) {
        for report in reports {
            self.reports += 1;
            report.id = self.reports;
        }
    }
}

/// A boot that is over.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) boot: Boot,
    pub(super) reports: Vec<Report>,
}

/// Everything that is known of one machine while its log is read.
#[derive(Debug, Default)]
pub(super) struct Machine {
    boots: Boots,
    extractor: Extractor,
    side_effect: bool,
}

impl Machine {
    /// Each occasion will be a report of its own, to be handed over as soon as it is complete.
    pub(super) fn live() -> Machine {
        let mut machine = Machine::default();
        machine.extractor.is_live = true;
        machine
    }

    /// The journal says that what follows is another boot.
    pub(super) fn cut(&mut self) {
        self.boots.cut();
    }

    /// Whether the record is the first of a boot.
    pub(super) fn begins_boot(&self, record: &Record<'_>) -> bool {
        self.boots.begins(record)
    }

    /// The boot that is being read.
    pub(super) fn boot(&self) -> Option<&Boot> {
        self.boots.now()
    }

    /// Takes a record; the boot before it, if the record begins another one.
    pub(super) fn record(&mut self, record: &Record<'_>, shared: &mut Shared) -> Option<Closed> {
        if record.lost > 0 {
            shared.gap(record.place, Some(record.lost), "the kernel dropped messages");
        }
        let closed = self.boots.turn(record).map(|boot| self.close(boot, shared));
        self.boots.add(record, &mut shared.boots);
        self.extractor.has_marks |= !matches!(record.context, Context::Raw);
        if memchr::memchr(b'\n', record.text.as_bytes()).is_none() {
            self.text(record, &record.text, shared);
        } else {
            record.text.split('\n').for_each(|text| self.text(record, text, shared));
        }
        closed
    }

    fn text(&mut self, record: &Record<'_>, text: &str, shared: &mut Shared) {
        let hits = detect::scan(text);
        if hits.has(word::FACT)
            && record.context != Context::Foreign
            && let Some(boot) = self.boots.now_mut()
        {
            boots::learn(boot, text);
        }
        if hits.has(word::LOST)
            && let Some((lost, reason)) = lost(text)
        {
            shared.gap(record.place, lost, reason);
        }
        self.side_effect |= hits.has(word::SIDE_EFFECT);
        let Record { context, place, byte, mono_us, wall, .. } = *record;
        self.extractor.line(Piece { text, context, place, byte, mono_us, wall }, hits);
    }

    /// The log pauses: what is open is complete.
    pub(super) fn settle(&mut self) {
        self.extractor.settle_all();
    }

    /// What is complete before the boot is over.
    pub(super) fn hand_over(&mut self, shared: &mut Shared) -> Vec<Report> {
        let mut reports = self.extractor.take();
        shared.number(&mut reports);
        if let Some(boot) = self.boots.now_mut() {
            relate::place(&mut reports, boot);
        }
        reports
    }

    /// The log is over.
    pub(super) fn finish(&mut self, shared: &mut Shared) -> Option<Closed> {
        self.boots.finish().map(|boot| self.close(boot, shared))
    }

    /// Reports beyond the cap.
    pub(super) fn lost(&self) -> u64 {
        self.extractor.lost
    }

    /// A boot is over: its reports are complete.
    fn close(&mut self, mut boot: Boot, shared: &mut Shared) -> Closed {
        let mut reports = self.extractor.finish();
        reports.retain(relate::is_telling);
        reports.sort_by_key(|r| r.first.line);
        shared.number(&mut reports);
        relate::relate(&mut reports, &boot);
        // Where memory ran out, programs end as they can; that is not their fault.
        for report in &mut reports {
            report.suppressed =
                self.side_effect && report.family == Family::User && !report.is_sign;
        }
        self.side_effect = false;
        if let Some(taint) = reports.iter().rev().find_map(|r| r.taint.as_ref()) {
            boot.taint = Some(taint.raw.clone());
        }
        Closed { boot, reports }
    }
}

/// How many messages a line says are missing, if it knows, and why.
fn lost(text: &str) -> Option<(Option<u64>, &'static str)> {
    let before = |words: &str| {
        let head = &text[..text.find(words)?];
        head.trim_end().rsplit(' ').next()?.parse::<u64>().ok()
    };
    if text.contains("messages dropped") {
        return Some((before("printk messages dropped"), "the kernel dropped messages"));
    }
    let limited = before("callbacks suppressed")?;
    Some((Some(limited), "the kernel limited repeated messages"))
}
