//! One note: what was passed over for one reason about one subject, in one occurrence; what belongs to
//! it, and what is the like of it at a later time.

use super::NEW_FOR;
use crate::attention::cell::{CellIndex, HostIndex};
use crate::attention::known::ServiceIndex;
use crate::attention::ledger::Ledger;
use crate::config::Config;
use crate::discover::passed::{Passed, Reason};
use crate::signature::SignatureIndex;
use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Cells kept of a note; the hosts and kinds beyond them are not counted, and the note says so.
pub(super) const PARTS_MAX: usize = 256;
/// What is passed over again so soon belongs to the same occurrence: a rollout takes its time.
const NEAR: Span = Span::HOUR.times(3);
/// No occurrence lasts longer: what goes on comes again.
const OCCURRENCE_MAX: Span = Span::DAY;
/// Programs that came so soon after each other are new together.
const TOGETHER: Span = Span::HOUR;
/// A window that comes again keeps its hour by so much.
const SAME_HOUR: Span = Span::HOUR;

/// One change that was recognised.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) reason: Reason,
    /// The service of its first cell.
    pub(super) service: ServiceIndex,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// When it was recognised; a digest of that time tells it.
    pub(super) told: Timestamp,
    /// When it was last passed over, in this occurrence or in a later one that is not told.
    pub(super) seen: Timestamp,
    pub(super) parts: Vec<Part>,
    /// Lines, once it is over.
    pub(super) over: Option<u64>,
    /// Occurrences before it, and the latest of them.
    pub(super) before: u32,
    pub(super) latest_before: Timestamp,
    /// Occurrences after it that were not told.
    pub(super) again: u32,
}

/// A cell of a note.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) cell: CellIndex,
    /// Its events before.
    pub(super) events: u64,
}

impl Note {
    /// The note of what was just passed over.
    pub(super) fn new(passed: &Passed, ledger: &Ledger) -> Note {
        let mut note = Note {
            reason: passed.reason,
            service: ledger.kind_of(passed.cells[0]).service,
            first: passed.since,
            last: passed.since,
            told: ledger.now,
            seen: ledger.now,
            parts: Vec::new(),
            over: None,
            before: 0,
            latest_before: Timestamp::default(),
            again: 0,
        };
        note.join(passed, ledger);
        note
    }

    /// More was passed over in the same occurrence.
    pub(super) fn join(&mut self, passed: &Passed, ledger: &Ledger) {
        self.first = self.first.min(passed.since);
        let latest = passed.cells.iter().map(|cell| ledger[*cell].last).max();
        self.last = self.last.max(latest.unwrap_or(self.last));
        // A flood that was over goes on.
        self.over = None;
        let service = ledger.kind_of(passed.cells[0]).service;
        if self.reason == Reason::NewProgram && service != self.service {
            self.reason = Reason::Rollout;
        }
        for cell in &passed.cells {
            if self.parts.len() >= PARTS_MAX {
                return;
            }
            if self.parts.iter().all(|part| part.cell != *cell) {
                let row = &ledger[*cell];
                let hour = row.rate.as_ref().map_or(0, |rate| u64::from(rate.hour()));
                // Of a flood the sliding hour is part; what is new is so as a whole.
                let events = if self.is_flood() { row.events.saturating_sub(hour) } else { 0 };
                self.parts.push(Part { cell: *cell, events });
            }
        }
    }

    /// Whether it is about many lines, which are followed until they end.
    fn is_flood(&self) -> bool {
        matches!(self.reason, Reason::Debug | Reason::Nightly | Reason::NewHost)
    }

    /// Follows a flood that goes on; when its rate has fallen it is over.
    pub(super) fn follow(&mut self, ledger: &Ledger, config: &Config) {
        if !self.is_flood() || self.over.is_some() {
            return;
        }
        let (lines, last) = (self.lines(ledger), self.last_line(ledger));
        let goes_on = |part: &Part| {
            let row = &ledger[part.cell];
            let hour = row.rate.as_ref().map_or(0, |rate| rate.hour());
            ledger.now - row.last < Span::HOUR && hour >= config.discover.burst_events_min
        };
        self.last = last;
        if !self.parts.iter().any(goes_on) || last - self.first > OCCURRENCE_MAX {
            self.over = Some(lines);
        }
    }

    /// Its lines up to now.
    pub(super) fn lines(&self, ledger: &Ledger) -> u64 {
        if self.reason == Reason::NewProgram {
            return self.cells(ledger).iter().map(|cell| ledger[*cell].events).sum();
        }
        let lines = |part: &Part| ledger[part.cell].events.saturating_sub(part.events);
        self.over.unwrap_or_else(|| self.parts.iter().map(lines).sum())
    }

    /// When its last line came; of what is no flood, when it was last passed over.
    pub(super) fn last_line(&self, ledger: &Ledger) -> Timestamp {
        let last = self.parts.iter().map(|part| ledger[part.cell].last).max();
        if self.is_flood() && self.over.is_none() { last.unwrap_or(self.last) } else { self.last }
    }

    /// Whether what is passed over now can be of the same occurrence.
    pub(super) fn is_near(&self, now: Timestamp) -> bool {
        match self.reason {
            Reason::NewProgram | Reason::NewHost => now - self.first <= NEW_FOR,
            _ => now - self.seen <= NEAR && (self.again > 0 || now - self.first <= OCCURRENCE_MAX),
        }
    }

    /// Whether what was passed over is about the same subject: a change of the same hosts at the same
    /// time or of the same messages at the same hour, a flood of the same service, the same program.
    pub(super) fn is_of(&self, passed: &Passed, ledger: &Ledger) -> bool {
        let is_change = |reason| matches!(reason, Reason::Rollout | Reason::Window);
        let near = self.is_near(ledger.now);
        let is_same_service = self.service == ledger.kind_of(passed.cells[0]).service;
        let on_its_hosts = || self.shares(passed, |cell| ledger[cell].host.0);
        match (passed.reason, self.reason) {
            (passes, is) if is_change(passes) && is_change(is) => {
                let of_its_kinds = || self.shares(passed, |cell| ledger[cell].signature.0);
                // What is new beside the return of something known is a change of its own.
                near && self.again == 0 && on_its_hosts()
                    || is_same_hour(self.first, passed.since) && of_its_kinds()
            }
            // Several programs that are new together on a host are one change.
            (Reason::NewProgram, Reason::NewProgram | Reason::Rollout) => {
                let is_program = self.reason == Reason::NewProgram && is_same_service;
                let apart = passed.since.apart(self.first);
                let now = ledger.now - self.first <= NEAR;
                is_program || now && apart <= TOGETHER && on_its_hosts()
            }
            (Reason::NewHost, Reason::NewHost) => on_its_hosts(),
            (Reason::Debug, Reason::Debug) | (Reason::Nightly, Reason::Nightly) => {
                is_same_service && (near || on_its_hosts())
            }
            _ => false,
        }
    }

    fn shares(&self, passed: &Passed, of: impl Fn(CellIndex) -> u32) -> bool {
        let is_in = |cell: &CellIndex| self.parts.iter().any(|part| of(part.cell) == of(*cell));
        passed.cells.iter().any(is_in)
    }

    /// What it is about: of a new program all that it says where it is new, of all else what was
    /// passed over.
    pub(super) fn cells(&self, ledger: &Ledger) -> Vec<CellIndex> {
        if self.reason != Reason::NewProgram {
            return self.parts.iter().map(|part| part.cell).collect();
        }
        let kinds = (0..).map(SignatureIndex).zip(&ledger.kinds);
        let said = kinds.filter(|(_, kind)| kind.service == self.service);
        let since = |cell: &CellIndex| ledger.service_on_host(self.service, ledger[*cell].host);
        // Where it came a little earlier it may have chattered later.
        let is_new = |cell: &CellIndex| since(cell).is_some_and(|at| at + Span::DAY >= self.first);
        said.flat_map(|(signature, _)| ledger.cells_of(signature)).filter(is_new).collect()
    }

    /// Its hosts.
    pub(super) fn hosts(&self, ledger: &Ledger) -> BTreeSet<HostIndex> {
        self.cells(ledger).iter().map(|cell| ledger[*cell].host).collect()
    }

    /// Its kinds of message, in the order in which they were passed over.
    pub(super) fn kinds(&self, ledger: &Ledger) -> Vec<SignatureIndex> {
        let mut seen = BTreeSet::new();
        let kinds = self.cells(ledger).into_iter().map(|cell| ledger[cell].signature);
        kinds.filter(|kind| seen.insert(*kind)).collect()
    }
}

/// Whether two times are at about the same time of day.
fn is_same_hour(one: Timestamp, other: Timestamp) -> bool {
    let apart = (one - one.floor(Span::DAY)) - (other - other.floor(Span::DAY));
    let apart = apart.max(Span::ZERO - apart);
    apart.min(Span::DAY - apart) <= SAME_HOUR
}
