//! One story, one item: findings become candidates, findings about the same subject join the
//! candidate that is already open, and what keeps coming at the same time on the same host belongs
//! to it.

use super::candidate::{Candidate, Ending, Pain};
use super::{Facts, Finding, View, drift, over, pain, together};
use crate::attention::cell::{CellIndex, StoryIndex};
use crate::attention::mark::Mark;
use model::{CandidateId, CandidateType, Span, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

/// All candidates of one tenant. An index stays valid while its candidate is open.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Stories {
    /// Open and closed ones, in the order in which they were opened.
    candidates: BTreeMap<StoryIndex, Candidate>,
    /// How many were ever opened.
    opened: u32,
    #[serde(skip)]
    candidates_max: usize,
    /// The open ones.
    pub open: Vec<StoryIndex>,
    /// Closed ones by their cells, to recall them.
    pub past: BTreeMap<CellIndex, Vec<StoryIndex>>,
    /// Closed ones that had to go because of the cap.
    pub forgotten: u64,
    by_id: BTreeMap<CandidateId, StoryIndex>,
}

impl Index<StoryIndex> for Stories {
    type Output = Candidate;
    fn index(&self, index: StoryIndex) -> &Candidate {
        &self.candidates[&index]
    }
}

impl IndexMut<StoryIndex> for Stories {
    fn index_mut(&mut self, index: StoryIndex) -> &mut Candidate {
        // An index is only ever taken from `open`, `past` or a cell, which let go of it first.
        self.candidates.get_mut(&index).expect("index of a candidate that is kept")
    }
}

/// Stories remembered per cell: the latest ones say what it usually comes to.
const PAST_MAX: usize = 8;

/// What a finding led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A new candidate.
    Opened(StoryIndex),
    /// It belongs to this one.
    Joined(StoryIndex),
}

impl Stories {
    /// No candidate yet; at most so many are kept.
    pub fn new(candidates_max: usize) -> Stories {
        Stories { candidates_max, ..Stories::default() }
    }

    /// Takes the limit that holds from now on.
    pub fn configure(&mut self, candidates_max: usize) {
        self.candidates_max = candidates_max;
    }

    /// Open and closed ones, in the order in which they were opened.
    pub fn iter(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.values()
    }

    /// The candidate with this id.
    pub fn find(&self, id: CandidateId) -> Option<&Candidate> {
        self.by_id.get(&id).map(|index| &self[*index])
    }

    /// The place of the candidate with this id.
    pub fn index_of(&self, id: CandidateId) -> Option<StoryIndex> {
        self.by_id.get(&id).copied()
    }

    /// The place that the next candidate will have.
    pub(crate) fn next_index(&self) -> StoryIndex {
        StoryIndex::nth(self.opened.saturating_add(1))
    }

    /// Takes in a finding: it joins the open story of its subject, or opens one.
    pub fn tell(&mut self, mut finding: Finding, tenant: &TenantId, view: View<'_>) -> Told {
        add_companions(&mut finding, view);
        if let Some(index) = self.open_story_of(&finding, view) {
            self[index].hear(finding);
            self[index].found = view.now;
            return Told::Joined(index);
        }
        let candidate = Candidate::open(finding, tenant, view);
        let index = self.next_index();
        self.opened = self.opened.saturating_add(1);
        self.by_id.insert(candidate.id, index);
        self.candidates.insert(index, candidate);
        self.open.push(index);
        self.forget_oldest();
        Told::Opened(index)
    }

    /// The open story that a finding belongs to.
    pub(crate) fn open_story_of(&self, finding: &Finding, view: View<'_>) -> Option<StoryIndex> {
        let (ledger, together) = (view.ledger, view.config.discover.host_silence_together);
        let lead = *finding.cells.first()?;
        if finding.kind != CandidateType::Silence {
            let known = finding.cells.iter().find_map(|c| ledger[*c].candidate);
            let known = known.or_else(|| self.same_crash(finding, view));
            let spread = || ledger.kind_of(lead).spread();
            return known.or_else(spread).or_else(|| self.told_together(finding, view));
        }
        // Hosts that fall silent together did so for one reason.
        if let Facts::HostSilence { .. } = finding.facts {
            return self.open.iter().copied().find(|index| {
                let other = &self[*index];
                let apart = other.onset.apart(finding.onset);
                matches!(other.facts, Facts::HostSilence { .. }) && apart <= together
            });
        }
        // So did messages that fall silent together on one host.
        self.open.iter().copied().find(|index| {
            let other = &self[*index];
            let near = other.onset.apart(finding.onset) < Span::HOUR;
            matches!(other.facts, Facts::Silence { .. })
                && near
                && ledger[other.lead()].host == ledger[lead].host
        })
    }

    /// The open story of the same report on another host.
    fn same_crash(&self, finding: &Finding, view: View<'_>) -> Option<StoryIndex> {
        let Facts::Crash(_) = finding.facts else { return None };
        let lead = *finding.cells.first()?;
        let of_kind = view.ledger.kind_of(lead).open();
        of_kind.iter().copied().find(|index| self[*index].is_crash())
    }

    /// The open story of the same host that goes on at most of the finding's moments: a boot says a
    /// hundred things, a shortage of memory kills many programs, and each is one story.
    fn told_together(&self, finding: &Finding, view: View<'_>) -> Option<StoryIndex> {
        let ledger = view.ledger;
        // Starts that are odd for different reasons are told apart, however near in time: whoever can make the lesser
        // one happen must not hide the worse one in it.
        let is_start = |facts: &Facts| matches!(facts, Facts::Start(_));
        if finding.kind == CandidateType::Spread || is_start(&finding.facts) {
            return None;
        }
        let host = ledger[*finding.cells.first()?].host;
        let moments = together::moments(finding, ledger);
        self.open.iter().copied().find(|index| {
            let candidate = &self[*index];
            let may = !matches!(candidate.kind, CandidateType::Spread | CandidateType::Silence)
                && !is_start(&candidate.facts);
            may && ledger[candidate.lead()].host == host
                && together::is_part(candidate, finding, &moments, view)
        })
    }

    /// Notes that a severe event may be the end of open stories of the same host and service.
    pub fn hurt(
        &mut self,
        cell: CellIndex,
        mark: Mark,
        is_critical: bool,
        view: View<'_>,
    ) -> Vec<StoryIndex> {
        let subject = &view.ledger[cell];
        let service = view.ledger.kind_of(cell).service;
        let mut hurt = Vec::new();
        for index in &self.open {
            let Some(candidate) = self.candidates.get_mut(index) else {
                continue;
            };
            // Odd starts are all said by one program, which none of them is about: one is no end of the other.
            let is_start = matches!(candidate.facts, Facts::Start(_));
            if is_start && view.ledger.kind_of(candidate.lead()).service == service {
                continue;
            }
            let here = |c: &&CellIndex| view.ledger[**c].host == subject.host;
            let of_service = |c: &CellIndex| view.ledger.kind_of(*c).service == service;
            let mut cells = candidate.cells.iter().filter(here).peekable();
            let related = !candidate.cells.contains(&cell)
                && cells.peek().is_some()
                && (cells.any(of_service) && pain::may_hurt(candidate, service, mark.at, view)
                    || is_critical && pain::follows(candidate, mark.at, view));
            if related {
                candidate.pain = Some(Pain { signature: subject.signature, mark });
                hurt.push(*index);
            }
        }
        hurt
    }

    /// Closes what has been quiet for long enough; returns the closed ones.
    pub fn close_quiet(&mut self, view: View<'_>) -> Vec<StoryIndex> {
        let (closed, open) =
            self.open.iter().partition(|index| over::is_over(&self.candidates[index], view));
        self.open = open;
        for index in &closed {
            self.end(*index, view);
        }
        closed
    }

    /// Keeps to the cap: the closed candidate that was opened first goes, with all that refers to
    /// it. Open ones never go.
    fn forget_oldest(&mut self) {
        if self.candidates.len() <= self.candidates_max {
            return;
        }
        let Some(index) = self.candidates.iter().find(|(_, c)| !c.is_open()).map(|(i, _)| *i)
        else {
            return;
        };
        let Some(gone) = self.candidates.remove(&index) else {
            return;
        };
        self.forgotten += 1;
        if self.by_id.get(&gone.id) == Some(&index) {
            self.by_id.remove(&gone.id);
        }
        for cell in gone.cells {
            if let Some(past) = self.past.get_mut(&cell) {
                past.retain(|i| *i != index);
            }
        }
    }

    /// Remembers a closed one no more: what was told while learning was judged against next to no history. A
    /// crash was judged against none.
    pub fn unlearn(&mut self, index: StoryIndex) {
        if self[index].needs_no_usual() {
            return;
        }
        for cell in self[index].cells.clone() {
            if let Some(past) = self.past.get_mut(&cell) {
                past.retain(|i| *i != index);
            }
        }
    }

    /// Closes all open candidates and remembers none of them.
    pub fn forget_open(&mut self, view: View<'_>) -> Vec<StoryIndex> {
        // A crash is the usual of nobody.
        let (open, forgotten): (Vec<_>, Vec<_>) =
            self.open.iter().partition(|index| self[**index].needs_no_usual());
        self.open = open;
        for index in &forgotten {
            let outcome = "became the usual while learning".to_owned();
            self[*index].ending = Some(Ending { at: view.now, outcome });
        }
        forgotten
    }

    fn end(&mut self, index: StoryIndex, view: View<'_>) {
        let Some(candidate) = self.candidates.get_mut(&index) else {
            return;
        };
        let outcome = match candidate.pain {
            Some(pain) => format!(
                "ended badly: “{}” {} after it began",
                view.library.signature(pain.signature).template.replace("<*>", "…"),
                pain.mark.at - candidate.onset
            ),
            None if candidate.kind == CandidateType::Silence => {
                let is_host = matches!(candidate.facts, Facts::HostSilence { .. });
                let came_back = |c: &CellIndex| match is_host {
                    true => view.ledger.host_of(*c).voice.silent != Some(index),
                    false => view.ledger[*c].last > candidate.onset,
                };
                match candidate.cells.iter().any(came_back) {
                    true => format!("came back after {}", view.now - candidate.onset),
                    false => "given up: it did not come back".into(),
                }
            }
            None if over::is_back_to_usual(candidate, view) => {
                format!("went back to its usual after {}", candidate.found - candidate.onset)
            }
            None if candidate.is_breakthrough() => "nobody else came through so since".to_owned(),
            None => drift::ended(candidate, view).unwrap_or("went quiet by itself").into(),
        };
        candidate.ending = Some(Ending { at: view.now, outcome });
        for cell in &candidate.cells {
            let past = self.past.entry(*cell).or_default();
            past.push(index);
            if past.len() > PAST_MAX {
                past.remove(0);
            }
        }
    }

    /// Ends the silence of hosts, if all of them speak again.
    pub fn end_host_silence(&mut self, index: StoryIndex, view: View<'_>) -> bool {
        let is_silent = |c: &CellIndex| view.ledger.host_of(*c).voice.silent == Some(index);
        let is_over = self.open.contains(&index) && !self[index].cells.iter().any(is_silent);
        if is_over {
            self.open.retain(|i| *i != index);
            self.end(index, view);
        }
        is_over
    }

    /// Ends what was foretold of a host: the limit was met, or was not. What hurt meanwhile tells it better.
    pub fn end_forecast(&mut self, index: StoryIndex, outcome: String, view: View<'_>) {
        self.open.retain(|i| *i != index);
        self.end(index, view);
        let candidate = &mut self[index];
        if let (Some(ending), None) = (&mut candidate.ending, candidate.pain) {
            ending.outcome = outcome;
        }
    }

    /// Ends a silence: its message came back.
    pub fn end_silence(&mut self, index: StoryIndex, view: View<'_>) -> bool {
        let is_over =
            self[index].cells.iter().all(|c| view.now - view.ledger[*c].last <= Span::HOUR);
        if is_over {
            self.open.retain(|i| *i != index);
            self.end(index, view);
        }
        is_over
    }
}

/// Adds the cells of the same host that came on most of the lead's occasions: symptom,
/// consequence and recovery are one story.
pub(crate) fn add_companions(finding: &mut Finding, view: View<'_>) {
    let Some(lead) = finding.cells.first().copied() else {
        return;
    };
    if matches!(
        finding.kind,
        CandidateType::Spread
            | CandidateType::Silence
            | CandidateType::Anomaly
            | CandidateType::Crash
            | CandidateType::Pressure
    ) {
        return;
    }
    let cell = &view.ledger[lead];
    let occasions = cell.starts().filter(|at| *at >= finding.onset).count() as f64;
    let mut marks: Vec<Mark> = finding.marks.clone();
    for partner in cell.partners().iter().filter(|p| p.shared() >= 3) {
        let other = &view.ledger[partner.cell];
        let shares = f64::from(partner.shared()) >= 0.6 * occasions
            && f64::from(partner.shared()) >= 0.5 * f64::from(other.occasions);
        if !shares || finding.cells.contains(&partner.cell) {
            continue;
        }
        finding.cells.push(partner.cell);
        // Led by what comes first: the story is named after how it begins.
        let has_words = together::has_words(view, partner.cell);
        let comes_first = partner.before > 2 * partner.after;
        if comes_first && has_words && finding.kind == CandidateType::Recurrence {
            let last = finding.cells.len() - 1;
            finding.cells.swap(0, last);
        }
        marks.extend(other.marks_since(finding.onset));
        finding.events += other.starts().filter(|at| *at >= finding.onset).count() as u64;
    }
    marks.sort();
    marks.dedup();
    finding.marks = marks;
}
