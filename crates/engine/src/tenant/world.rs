//! The tenant as it would be if something happened, as far as one signature is concerned: the same
//! steps as in `tenant`, `tell` and `stand`, taken on copies of the few rows and stories that they
//! change. Nothing else happens meanwhile; what would depend on others is marked unsure.

use super::stand::{self, Budget};
use super::{TICK, Tenant};
use crate::attention::cell::{CellIndex, HostIndex, StoryIndex};
use crate::attention::mark::{Mark, Secs};
use crate::attention::rows::{self, Event, Rows};
use crate::attention::supposed::{Changing, Known, Supposed};
use crate::config::Config;
use crate::discover::candidate::{Candidate, Ending, Pain};
use crate::discover::over::is_over;
use crate::discover::recurrence::{Run, unusual_run};
use crate::discover::story::add_companions;
use crate::discover::{DETECTORS, Facts, Finding, Moment, View};
use crate::entities::Entities;
use crate::memory::recall;
use crate::score;
use crate::sighting::Process;
use crate::signature::SignatureIndex;
use model::{Band, Seq, Span, Timestamp};
use std::collections::BTreeMap;

/// A supposed course of things.
pub(super) struct World<'a> {
    tenant: &'a Tenant,
    config: &'a Config,
    /// Whose band is followed.
    subject: SignatureIndex,
    rows: Supposed,
    told: BTreeMap<StoryIndex, Candidate>,
    now: Timestamp,
    ticked: Timestamp,
    aged: Timestamp,
    admitted_on: Budget,
    learning: bool,
    touched: bool,
    /// What would happen depends on others.
    pub(super) unsure: bool,
}

impl<'a> World<'a> {
    /// Things as they are.
    pub(super) fn of(
        tenant: &'a Tenant,
        subject: SignatureIndex,
        now: Timestamp,
        config: &'a Config,
    ) -> World<'a> {
        let mut cells = tenant.ledger.cells_of(subject);
        World {
            tenant,
            config,
            subject,
            rows: Supposed::default(),
            told: BTreeMap::new(),
            now: now.max(tenant.ledger.now),
            ticked: tenant.ticked,
            aged: tenant.aged,
            admitted_on: tenant.admitted_on,
            learning: tenant.learning,
            touched: cells.any(|cell| tenant.ledger[cell].touched),
            unsure: false,
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            ledger: Known::supposing(&self.tenant.ledger, &self.rows),
            tenant: &self.tenant.id,
            library: &self.tenant.library,
            config: self.config,
            now: self.now,
        }
    }

    /// The band of the subject.
    pub(super) fn band(&self) -> Band {
        self.view().ledger.kind(self.subject).standing.band
    }

    /// A candidate as it would stand.
    pub(super) fn story(&self, index: StoryIndex) -> &Candidate {
        self.told.get(&index).unwrap_or_else(|| &self.tenant.stories[index])
    }

    fn story_mut(&mut self, index: StoryIndex) -> &mut Candidate {
        self.told.entry(index).or_insert_with(|| self.tenant.stories[index].clone())
    }

    fn changing(&mut self) -> Changing<'_> {
        Changing { ledger: &self.tenant.ledger, supposed: &mut self.rows }
    }

    /// The message comes to a host that never said it.
    pub(super) fn new_cell(&mut self, host: HostIndex, at: Timestamp) -> CellIndex {
        self.advance(at);
        let (subject, mark) = (self.subject, mark(at));
        self.changing().new_cell(subject, host, mark)
    }

    /// When time alone may next change something: at the full hour, and a quarter of an hour after
    /// the subject was seen.
    pub(super) fn next_tick(&self) -> Timestamp {
        match self.touched {
            true => self.ticked.floor(TICK) + TICK,
            false => self.ticked.floor(Span::HOUR) + Span::HOUR,
        }
    }

    /// Time passes, and nothing of the subject comes.
    pub(super) fn advance(&mut self, to: Timestamp) {
        while self.next_tick() <= to {
            self.tick(self.next_tick());
        }
        self.now = self.now.max(to);
    }

    fn tick(&mut self, at: Timestamp) {
        self.ticked = at;
        self.now = self.now.max(at);
        if std::mem::take(&mut self.touched) {
            self.stand(None);
        }
        let hour = at.floor(Span::HOUR);
        if hour > self.aged {
            self.aged = hour;
            self.age();
        }
    }

    fn open(&self) -> Vec<StoryIndex> {
        self.view().ledger.kind(self.subject).open().to_vec()
    }

    fn age(&mut self) {
        let until = self.tenant.learning_until(self.config);
        let ends_learning = self.learning && self.now >= until;
        self.learning &= !ends_learning;
        for index in self.open() {
            if ends_learning || is_over(self.story(index), self.view()) {
                self.close(index);
            }
        }
        for index in self.open() {
            self.restand(index);
        }
        if self.band() > Band::Background {
            self.stand(None);
        }
    }

    fn close(&mut self, index: StoryIndex) {
        let (at, subject) = (self.now, self.subject);
        let ending = Ending { at, outcome: String::new() };
        self.story_mut(index).ending = Some(ending);
        for cell in self.story(index).cells.clone() {
            let row = self.changing().cell_mut(cell).candidate;
            if row == Some(index) {
                let mut changing = self.changing();
                let row = changing.cell_mut(cell);
                row.candidate = None;
                row.told_until = Secs::of(at);
            }
        }
        self.changing().kind_mut(subject).leave(index);
        self.stand(None);
    }

    fn restand(&mut self, index: StoryIndex) {
        let terms = score::contributions(self.story(index), self.view());
        self.story_mut(index).score = score::total(&terms);
        let is_learning = self.now < self.tenant.learning_until(self.config);
        let is_due = self.story(index).needs_no_usual() || !is_learning;
        let waits = self.story(index).admitted.is_none() && is_due;
        if waits && self.tenant.has_earned(self.story(index), self.view()) {
            self.admit(index);
        }
        self.stand(None);
    }

    fn admit(&mut self, index: StoryIndex) {
        let stories = &self.tenant.stories;
        let waits = |other: &&StoryIndex| **other != index && stories[**other].admitted.is_none();
        let is_new_day = self.admitted_on.0 != self.now.as_secs().div_euclid(86_400);
        // Others that wait would take places of a new day's budget.
        self.unsure |= is_new_day && stories.open.iter().filter(waits).count() > 0;
        if stand::takes_room(&mut self.admitted_on, self.now, self.config) {
            self.story_mut(index).admitted = Some(self.now);
        }
    }

    fn stand(&mut self, seen: Option<(CellIndex, Option<Run>)>) {
        let subject = self.subject;
        let kind = self.view().ledger.kind(subject);
        let open = kind.open().iter().map(|index| self.story(*index));
        let run = seen.and_then(|(_, run)| run);
        let badly = seen.is_some_and(|(cell, _)| recall::ended_badly(&self.tenant.stories, cell));
        let evidence = stand::evidence(kind, open, run, badly, self.now);
        let (now, config) = (self.now, self.config);
        self.changing().kind_mut(subject).standing.update(&evidence, now, &config.attention);
    }

    /// One event of a cell.
    pub(super) fn see(&mut self, cell: CellIndex, at: Timestamp, entities: Entities) {
        self.advance(at);
        let signature = self.view().ledger[cell].signature;
        let (mark, config) = (mark(at), self.config);
        let severity = self.view().ledger.kind_of(cell).worst;
        let event = Event { mark, n: 1, severity, process: Process::default(), entities };
        let mut rows = self.changing();
        let host = rows.cell_mut(cell).host;
        rows.host_mut(host).hear(mark, 1, signature);
        let starts = rows::see(&mut rows, cell, &event, config);
        self.touched |= signature == self.subject;
        let run = if starts { unusual_run(self.view(), cell) } else { None };
        let moment = Moment { signature, cell, starts, run, through: None, reported: None };
        self.grow(cell, mark);
        let mut judges = DETECTORS.iter().filter_map(|detector| detector.on_sighting);
        if let Some(finding) = judges.find_map(|judge| judge(self.view(), &moment)?.found()) {
            self.tell(finding);
        }
        if starts {
            self.after_occasion(&moment, mark);
        }
    }

    fn grow(&mut self, cell: CellIndex, mark: Mark) {
        let view = self.view();
        let fresh = |index: &StoryIndex| {
            mark.at - self.story(*index).onset <= view.config.discover.spread_within.times(4)
        };
        let spread = || view.ledger.kind_of(cell).spread().filter(fresh);
        let Some(index) = view.ledger[cell].candidate.or_else(spread) else {
            return;
        };
        self.story_mut(index).grow(mark, 1);
        if self.story_mut(index).add_cell(cell) {
            self.changing().cell_mut(cell).candidate = Some(index);
        }
    }

    fn tell(&mut self, mut finding: Finding) {
        let cells = finding.cells.clone();
        add_companions(&mut finding, self.view());
        let stories = &self.tenant.stories;
        let index = match stories.open_story_of(&finding, self.view()) {
            Some(index) => {
                self.story_mut(index).hear(finding);
                index
            }
            None => {
                let mut candidate = Candidate::open(finding, &self.tenant.id, self.view());
                candidate.recalls = recall::recall(stories, &cells, self.view());
                let lead = self.view().ledger[candidate.lead()].signature;
                if let Some(found) = self.tenant.of_others.get(&lead) {
                    candidate.hear_of_others(*found);
                }
                let index = stories.next_index();
                // One new story is looked at; where a second opens, more is in play than is told.
                self.unsure |= self.told.insert(index, candidate).is_some();
                index
            }
        };
        if matches!(self.story(index).facts, Facts::Spread { .. }) {
            let lead = self.view().ledger[self.story(index).lead()].signature;
            self.changing().kind_mut(lead).spreads(index);
        }
        for cell in self.story(index).cells.clone() {
            let mut rows = self.changing();
            rows.cell_mut(cell).candidate.get_or_insert(index);
            let signature = rows.cell_mut(cell).signature;
            rows.kind_mut(signature).join(index);
        }
        self.restand(index);
    }

    fn after_occasion(&mut self, moment: &Moment, mark: Mark) {
        let cell = moment.cell;
        if let Some(index) = self.view().ledger[cell].candidate {
            let lead = &self.view().ledger[self.story(index).lead()];
            let pair = lead.partners().iter().find(|p| p.cell == cell && p.after > 0).copied();
            let heal = pair.map(|p| Span::from_secs(i64::from(p.latest_secs)));
            self.story_mut(index).came_again(cell, mark.at, heal);
        } else if let Some(finding) = recall::weak_return(&self.tenant.stories, cell, self.view()) {
            self.tell(finding);
        }
        self.end_silence(cell);
        if moment.signature == self.subject {
            self.stand(Some((cell, moment.run)));
        }
    }

    fn end_silence(&mut self, cell: CellIndex) {
        let was_silent = std::mem::take(&mut self.changing().cell_mut(cell).silent);
        let Some(index) = self.view().ledger[cell].candidate.filter(|_| was_silent) else {
            return;
        };
        let view = self.view();
        let is_back = |c: &CellIndex| view.now - view.ledger[*c].last <= Span::HOUR;
        if self.story(index).cells.iter().all(is_back) {
            self.close(index);
        }
    }

    /// A severe event follows a candidate.
    pub(super) fn hurt(&mut self, index: StoryIndex, at: Timestamp) {
        self.advance(at);
        let signature = self.subject;
        self.story_mut(index).pain = Some(Pain { signature, mark: mark(at) });
        self.restand(index);
    }
}

/// A record that is still to come stands behind all that are there.
fn mark(at: Timestamp) -> Mark {
    Mark { at, seq: Seq(u64::MAX) }
}
