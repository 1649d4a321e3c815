//! Findings → stories of this tenant, and what an occasion may set off in them.

use super::Tenant;
use crate::attention::cell::{CellIndex, StoryIndex};
use crate::attention::mark::{Mark, Secs};
use crate::config::Config;
use crate::discover::pain;
use crate::discover::passed::Judged;
use crate::discover::story::Told;
use crate::discover::{DETECTORS, Facts, Finding, Moment};
use crate::memory::recall;
use model::{Change, Severity, Span};

impl Tenant {
    /// Adds an event to the open story of its cell.
    pub(super) fn grow(&mut self, cell: CellIndex, mark: Mark, n: u32, config: &Config) {
        let Some(index) =
            self.ledger[cell].candidate.or_else(|| self.fresh_spread(cell, mark, config))
        else {
            return;
        };
        let candidate = &mut self.stories[index];
        candidate.grow(mark, n);
        if candidate.add_cell(cell) {
            self.ledger[cell].candidate = Some(index);
        }
        if let Some(rate) = self.ledger[cell].rate.as_deref().filter(|_| cell == candidate.lead()) {
            candidate.peaks(rate);
        }
    }

    /// The spread that a further host joins: only while it is fresh.
    fn fresh_spread(&self, cell: CellIndex, mark: Mark, config: &Config) -> Option<StoryIndex> {
        let index = self.ledger.kind_of(cell).spread()?;
        let age = mark.at - self.stories[index].onset;
        (age <= config.discover.spread_within.times(4)).then_some(index)
    }

    /// Lets the detectors judge a sighting; the first that speaks names the subject. What is passed
    /// over is noted if none does.
    pub(super) fn detect(&mut self, moment: &Moment, config: &Config, out: &mut Vec<Change>) {
        let view = self.view(config);
        let mut judges = DETECTORS.iter().filter_map(|detector| detector.on_sighting);
        let mut passed = Vec::new();
        let found = judges.find_map(|judge| match judge(view, moment)? {
            Judged::Found(finding) => Some(finding),
            Judged::Passed(over) => {
                passed.push(over);
                None
            }
        });
        match found {
            Some(finding) => self.tell(finding, config, out),
            None => passed.into_iter().for_each(|p| self.notes.take(p, &self.ledger, config)),
        }
    }

    pub(super) fn tell(&mut self, finding: Finding, config: &Config, out: &mut Vec<Change>) {
        let cells = finding.cells.clone();
        let is_host_silence = matches!(finding.facts, Facts::HostSilence { .. });
        let is_silence = matches!(finding.facts, Facts::Silence { .. });
        let tenant = self.id.clone();
        let (stories, view) = self.stories_and_view(config);
        let (index, is_new) = match stories.tell(finding, &tenant, view) {
            Told::Opened(index) => (index, true),
            Told::Joined(index) => (index, false),
        };
        if is_new {
            stories[index].recalls = recall::recall(stories, &cells, view);
            let at = view.now;
            if let Some(found) = self.of_others(self.stories[index].lead()) {
                self.stories[index].hear_of_others(found);
            }
            let candidate = &self.stories[index];
            let (candidate_id, candidate_type) = (candidate.id, candidate.kind);
            out.push(Change::CandidateOpened {
                tenant_id: tenant,
                at,
                candidate_id,
                candidate_type,
            });
        }
        let candidate = &mut self.stories[index];
        if let Some(rate) = self.ledger[candidate.lead()].rate.as_deref() {
            candidate.peaks(rate);
        }
        let candidate = &self.stories[index];
        if matches!(candidate.facts, Facts::Spread { .. }) {
            let lead = self.ledger[candidate.lead()].signature;
            self.ledger.kinds[lead.0 as usize].spreads(index);
        }
        for cell in &candidate.cells {
            self.ledger[*cell].candidate.get_or_insert(index);
            self.ledger[*cell].silent |= is_silence;
            let signature = self.ledger[*cell].signature;
            self.ledger.kinds[signature.0 as usize].join(index);
        }
        for cell in cells.iter().filter(|_| is_host_silence) {
            let host = self.ledger[*cell].host;
            self.ledger.hosts[host.0 as usize].voice.silent = Some(index);
        }
        self.restand(index, config, out);
    }

    /// A host speaks again whose silence this story told.
    pub(super) fn host_is_back(
        &mut self,
        index: StoryIndex,
        config: &Config,
        out: &mut Vec<Change>,
    ) {
        let (stories, view) = self.stories_and_view(config);
        if stories.end_host_silence(index, view) {
            self.closed(index, config, out);
        }
    }

    /// What an occasion (not every event) may set off: the return of a bad memory, the end of a
    /// silence, pain, a change of band.
    pub(super) fn after_occasion(
        &mut self,
        moment: &Moment,
        mark: Mark,
        severity: Option<Severity>,
        config: &Config,
        out: &mut Vec<Change>,
    ) {
        let cell = moment.cell;
        if let Some(index) = self.ledger[cell].candidate {
            let candidate = &mut self.stories[index];
            let lead = &self.ledger[candidate.lead()];
            let pair = lead.partners().iter().find(|p| p.cell == cell && p.after > 0);
            let heal = pair.map(|p| Span::from_secs(i64::from(p.latest_secs)));
            candidate.came_again(cell, mark.at, heal);
        } else if let Some(finding) = recall::weak_return(&self.stories, cell, self.view(config)) {
            self.tell(finding, config, out);
        }
        self.end_silence(cell, config, out);
        if pain::is_severe(self.view(config), cell, severity) {
            let (stories, view) = self.stories_and_view(config);
            let is_critical = severity.is_some_and(|s| s.is_at_least(Severity::Critical));
            for index in stories.hurt(cell, mark, is_critical, view) {
                self.restand(index, config, out);
            }
            let service = self.ledger.kind_of(cell).service.0 as usize;
            let severe = &mut self.ledger.services[service].severe;
            *severe = severe.saturating_add(1);
            let host = self.ledger[cell].host.0 as usize;
            let critical = &mut self.ledger.hosts[host].critical;
            *critical = critical.saturating_add(u32::from(is_critical));
        }
        self.stand(moment.signature, Some((cell, moment.run)), config, out);
    }

    /// A message that had fallen silent is back.
    fn end_silence(&mut self, cell: CellIndex, config: &Config, out: &mut Vec<Change>) {
        let was_silent = std::mem::take(&mut self.ledger[cell].silent);
        let Some(index) = self.ledger[cell].candidate.filter(|_| was_silent) else {
            return;
        };
        let (stories, view) = self.stories_and_view(config);
        if stories.end_silence(index, view) {
            self.closed(index, config, out);
        }
    }

    /// Lets go of a candidate that was closed.
    pub(super) fn closed(&mut self, index: StoryIndex, config: &Config, out: &mut Vec<Change>) {
        let candidate = &self.stories[index];
        let outcome = candidate.ending.as_ref().map(|e| e.outcome.clone()).unwrap_or_default();
        let (tenant_id, at, candidate_id) = (self.id.clone(), self.ledger.now, candidate.id);
        out.push(Change::CandidateClosed { tenant_id, at, candidate_id, outcome });
        for cell in candidate.cells.clone() {
            if self.ledger[cell].candidate == Some(index) {
                self.ledger[cell].candidate = None;
                self.ledger[cell].told_until = Secs::of(at);
            }
            let signature = self.ledger[cell].signature;
            self.ledger.kinds[signature.0 as usize].leave(index);
            self.stand(signature, None, config, out);
        }
    }
}
