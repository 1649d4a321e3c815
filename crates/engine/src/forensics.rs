//! The kernel's events of a source → the same without the lines of reports, and one event for each report.
//!
//! A crash says fifty lines that were never said before. Each by itself would be new and rare, and together
//! they are one happening: the report, with its fingerprint as signature. Lines are held back while a report
//! is open on their host, for some seconds of their own time; what turns out not to belong to it is let
//! through in order. Where nothing is open an event costs one look-up. A stack trace without a report belongs
//! to the line before it.

use crate::batch::EventBatch;
use crate::entities::Entities;
use crate::kernel::{self, Found, Report, Told, Watch};
use crate::normalize::Reference;
use crate::sighting::{KernelNote, Process, ReportNote, Sighting};
use crate::signature::report_key;
use crate::values::Values;
use model::{Counts, Severity, Span, Timestamp};
use std::collections::BTreeMap;

/// A report is complete after a pause of so long: the kernel prints it within a second or two, and a slow
/// console within ten.
const SETTLE: Span = Span::from_secs(10);
/// Hosts of one source whose kernels are followed; the one that was quiet longest gives way.
const HOSTS_MAX: usize = 256;
/// Events that are held back for one host; what is open is then taken to be complete.
const HELD_MAX: usize = 4_000;
/// Fewest lines of a report: one line says by itself what it says.
const LINES_MIN: usize = 2;

/// The kernels of one source.
#[derive(Clone, Default)]
pub(crate) struct Forensics {
    hosts: BTreeMap<String, Host>,
    /// Hosts with events that are held back, and when the first of them may be complete: not later than the
    /// real time, so that most events cost one comparison.
    open: usize,
    due: Timestamp,
    /// Counts the kernel's events; places in reports are such numbers.
    next: u64,
    tally: Tally,
}

#[derive(Clone, Default)]
struct Host {
    watch: Watch,
    held: EventBatch,
    /// Of each event that is held back: its place, and what becomes of it.
    fates: Vec<(u64, Fate)>,
    /// The latest event that was held back, and the latest of all.
    last: Timestamp,
    spoke: Timestamp,
}

#[derive(Clone)]
enum Fate {
    /// It is let through.
    Stays,
    /// It belongs to a report, or to an episode that another line tells.
    Goes,
    /// It is the first line of a report, which comes in its place.
    Becomes(Box<Made>),
}

/// What a report's event needs.
#[derive(Clone)]
struct Made {
    report: Report,
    lines: u32,
}

impl Forensics {
    /// Takes one event; it goes to `batch`, now or later, unless it is part of a report. `raw` are its lines, if
    /// the kernel said them.
    pub(crate) fn take(
        &mut self,
        sighting: &Sighting<'_>,
        raw: Option<&[u8]>,
        reference: &Reference,
        batch: &mut EventBatch,
    ) {
        if self.open > 0 && sighting.at >= self.due {
            self.pass_time(sighting.at, batch);
        }
        let Some(raw) = raw else {
            return batch.push(sighting);
        };
        self.make_room(sighting.host, batch);
        let place = self.next;
        self.next += 1;
        let host = match self.hosts.get_mut(sighting.host) {
            Some(host) => host,
            None => self.hosts.entry(sighting.host.to_owned()).or_default(),
        };
        let was_open = host.is_holding();
        let told = host.watch.read(raw, place, reference);
        let note = match &told {
            Told { begins_boot: true, .. } => Some(KernelNote::Boot),
            Told { machine: Some(machine), .. } => Some(KernelNote::Machine(machine)),
            Told { sign, .. } => sign.map(KernelNote::Sign),
        };
        let sighting = Sighting { kernel: note, ..*sighting };
        let follows = sighting.at - host.spoke < SETTLE;
        host.spoke = sighting.at;
        if !was_open && !host.watch.is_open() && !host.watch.has_found() {
            // The trace of a line that is no report belongs to that line.
            if told.is_of_trace && follows {
                self.tally.taken += 1;
                return;
            }
            return batch.push(&sighting);
        }
        host.hold(&sighting, place);
        host.look(batch, &mut self.tally);
        if host.is_holding() && !was_open {
            let due = host.last + SETTLE;
            self.due = if self.open == 0 { due } else { self.due.min(due) };
        }
        self.open = self.open + usize::from(host.is_holding()) - usize::from(was_open);
    }

    /// Nothing more comes, or not for long.
    pub(crate) fn flush(&mut self, batch: &mut EventBatch) {
        self.settle(batch, |_| true);
    }

    fn pass_time(&mut self, now: Timestamp, batch: &mut EventBatch) {
        self.settle(batch, |last| now - last >= SETTLE);
        let holding = self.hosts.values().filter(|host| host.is_holding());
        if let Some(next) = holding.map(|host| host.last).min() {
            self.due = next + SETTLE;
        }
    }

    fn settle(&mut self, batch: &mut EventBatch, is_due: impl Fn(Timestamp) -> bool) {
        for host in self.hosts.values_mut().filter(|host| host.is_holding()) {
            if is_due(host.last) {
                host.watch.settle();
                host.look(batch, &mut self.tally);
                self.open -= usize::from(!host.is_holding());
            }
        }
    }

    fn make_room(&mut self, name: &str, batch: &mut EventBatch) {
        if self.hosts.len() < HOSTS_MAX || self.hosts.contains_key(name) {
            return;
        }
        let quietest = self.hosts.iter().min_by_key(|(_, host)| host.spoke);
        let Some(quietest) = quietest.map(|(name, _)| name.clone()) else { return };
        if let Some(mut host) = self.hosts.remove(&quietest)
            && host.is_holding()
        {
            host.watch.settle();
            host.look(batch, &mut self.tally);
            self.open -= 1;
        }
    }

    /// Sets counts right: each event was counted as one, and some are the lines of another now.
    pub(crate) fn count(&mut self, counts: &mut Counts) {
        let Tally { taken, made } = std::mem::take(&mut self.tally);
        counts.events = counts.events + made - taken;
        counts.joined += taken - made;
    }
}

/// Events that became part of another, and reports, since the counts were last set right.
#[derive(Clone, Copy, Default)]
struct Tally {
    taken: u64,
    made: u64,
}

impl Host {
    fn is_holding(&self) -> bool {
        !self.fates.is_empty()
    }

    fn hold(&mut self, sighting: &Sighting<'_>, place: u64) {
        self.held.push(sighting);
        self.fates.push((place, Fate::Stays));
        self.last = self.last.max(sighting.at);
        if self.fates.len() >= HELD_MAX {
            self.watch.settle();
        }
    }

    /// Says what becomes of the events that are held back, and lets them go if nothing is open.
    fn look(&mut self, batch: &mut EventBatch, tally: &mut Tally) {
        for found in self.watch.take() {
            match found {
                Found::Report(report) => self.becomes(*report),
                Found::Episode { first, last } => self.goes(first..=last.saturating_sub(1)),
            }
        }
        if !self.watch.is_open() {
            self.release(batch, tally);
        }
    }

    /// The lines of a report are held back from the one that opens it; what stands before it is no part
    /// of it.
    fn becomes(&mut self, report: Report) {
        let is_its = |place: u64| {
            let within = |(from, to): &(u64, u64)| (*from..=*to).contains(&place);
            place >= report.first.line && report.evidence.lines.iter().any(within)
        };
        let its = |(place, fate): &&mut (u64, Fate)| is_its(*place) && matches!(fate, Fate::Stays);
        let lines = self.fates.iter_mut().filter(|fate| its(fate)).count();
        if lines < LINES_MIN {
            return;
        }
        let mut own = self.fates.iter_mut().filter(|fate| its(fate));
        if let Some((_, first)) = own.next() {
            own.for_each(|(_, fate)| *fate = Fate::Goes);
            *first = Fate::Becomes(Box::new(Made { report, lines: lines as u32 }));
        }
    }

    fn goes(&mut self, places: std::ops::RangeInclusive<u64>) {
        let within = self.fates.iter_mut().filter(|(place, _)| places.contains(place));
        within
            .filter(|(_, fate)| matches!(fate, Fate::Stays))
            .for_each(|(_, fate)| *fate = Fate::Goes);
    }

    fn release(&mut self, batch: &mut EventBatch, tally: &mut Tally) {
        for (sighting, (_, fate)) in self.held.iter().zip(&self.fates) {
            match fate {
                Fate::Stays => batch.push(&sighting),
                Fate::Goes => tally.taken += 1,
                Fate::Becomes(made) => {
                    tally.taken += 1;
                    tally.made += 1;
                    batch.push(&made.sighting(&sighting));
                }
            }
        }
        self.held.clear();
        self.fates.clear();
    }
}

impl Made {
    /// The report's event, in the place of its first line.
    fn sighting<'a>(&'a self, first: &Sighting<'a>) -> Sighting<'a> {
        let Made { report, lines } = self;
        let fingerprint = report.signature.strict.as_deref().unwrap_or(&report.signature.loose);
        Sighting {
            body: &report.title,
            severity: Some(severity(report)),
            process: Process::default(),
            key: report_key(fingerprint),
            entities: Entities::default(),
            values: Values::default(),
            kernel: Some(KernelNote::Report(ReportNote {
                severity: report.severity,
                panicked: report.panicked,
                lines: *lines,
                machine: report.hardware.as_deref().unwrap_or_default(),
            })),
            sample: None,
            is_start: false,
            ..*first
        }
    }
}

/// How bad a report is, in the words of syslog.
fn severity(report: &Report) -> Severity {
    match report.severity {
        _ if report.panicked => Severity::Critical,
        kernel::Severity::Critical => Severity::Critical,
        kernel::Severity::High => Severity::Error,
        kernel::Severity::Medium => Severity::Warning,
        kernel::Severity::Low => Severity::Notice,
        kernel::Severity::Info => Severity::Info,
    }
}
