//! A candidate: one story that may deserve a person, from its first evidence to its end. It keeps
//! its id while it lives.

use super::compare::values::Names;
use super::eve::Eve;
use super::peak::Peak;
use super::{Facts, Finding, View};
use crate::attention::cell::CellIndex;
use crate::attention::mark::Mark;
use crate::attention::rate::Rate;
use crate::attention::recent::Recent;
use crate::elsewhere::AtClients;
use crate::lifecycle::Told;
use crate::signature::SignatureIndex;
use crate::stats::wilson_lower;
use model::{CandidateId, CandidateType, Span, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

/// First records kept as evidence: how it began.
pub const FIRST_MARKS: usize = 8;
/// Latest records kept as evidence: how it stands.
pub const LATEST_MARKS: usize = 12;
/// What goes on for longer is no burst any more.
const BURST_MAX: Span = Span::HOUR.times(6);
/// Heal times remembered, to see whether they grow.
const HEALS: usize = 12;
/// Cells that a story may hold; a wider one names the first and counts the rest.
pub const CELLS_MAX: usize = 32;

/// How a candidate ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// When it was closed.
    pub at: Timestamp,
    /// In words.
    pub outcome: String,
}

/// A severe event of the same subject that came while the candidate was open.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pain {
    /// What came.
    pub signature: SignatureIndex,
    /// When, and the record.
    pub mark: Mark,
}

/// An earlier candidate that this one resembles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recall {
    /// Which.
    pub candidate: CandidateId,
    /// Why it matches.
    pub reason: String,
    /// How it ended.
    pub outcome: String,
    /// It ended badly.
    pub painful: bool,
    /// When it closed, if it was on the same host and a person was told of it.
    pub closed_here: Option<Timestamp>,
    /// How it began, and what it ended in.
    pub marks: Vec<Mark>,
}

/// One story.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id, from tenant, type, subject and first evidence.
    pub id: CandidateId,
    /// What it claims now.
    pub kind: CandidateType,
    /// Its cells, the lead first.
    pub cells: Vec<CellIndex>,
    /// When the story began.
    pub onset: Timestamp,
    /// When it was told.
    pub opened: Timestamp,
    /// The latest event.
    pub last: Timestamp,
    /// When a detector last found it.
    pub found: Timestamp,
    /// Events since the onset, over all its cells.
    pub events: u64,
    /// Occasions of its lead since the onset.
    pub occasions: u32,
    /// How many of them its second cell followed.
    pub followed: u32,
    /// The latest heal times, in seconds.
    pub heals: Recent<u32, HEALS>,
    /// Up to this time the latest finding counted them.
    counted_until: Timestamp,
    /// How it began.
    pub first_marks: Vec<Mark>,
    /// How it stands.
    pub latest_marks: Recent<Mark, LATEST_MARKS>,
    /// The strongest surprise so far, in decades.
    pub surprise: f64,
    /// Occasions a day of its lead before it began.
    pub usual_per_day: f64,
    /// The numbers of the latest finding.
    pub facts: Facts,
    /// What its evidence was one occasion before it opened, where it rests on occasions.
    pub eve: Option<Eve>,
    /// A severe event that followed.
    pub pain: Option<Pain>,
    /// At how many other clients the same message is new or rises.
    pub clients: Option<AtClients>,
    /// What it resembles.
    pub recalls: Vec<Recall>,
    /// Its score when it was last judged; see [`crate::score`].
    pub score: f64,
    /// When the day's budget admitted it.
    pub admitted: Option<Timestamp>,
    /// What the latest digest told of it.
    pub told: Option<Told>,
    /// The ten busiest minutes of its lead.
    peak: Option<Peak>,
    /// What its lead names, where it had a usual.
    pub names: Option<Box<Names>>,
    /// How it ended, if it did.
    pub ending: Option<Ending>,
}

impl Candidate {
    /// Opens the story that a finding tells.
    pub fn open(finding: Finding, tenant: &TenantId, view: View<'_>) -> Candidate {
        let lead = finding.cells.first().copied().unwrap_or_default();
        let signature = view.library.signature(view.ledger[lead].signature).id;
        let host = &view.ledger.host_of(lead).name;
        let first = finding.marks.first().copied().unwrap_or_default();
        let id = CandidateId::derive(&[
            tenant.as_str().as_bytes(),
            finding.kind.word().as_bytes(),
            signature.as_bytes(),
            host.as_bytes(),
            &first.seq.0.to_le_bytes(),
            &finding.onset.as_micros().to_le_bytes(),
        ]);
        let mut candidate = Candidate {
            id,
            kind: finding.kind,
            cells: Vec::new(),
            onset: finding.onset,
            opened: view.now,
            last: view.now,
            found: view.now,
            events: 0,
            occasions: 0,
            followed: 0,
            heals: Recent::default(),
            counted_until: view.now,
            first_marks: Vec::new(),
            latest_marks: Recent::default(),
            surprise: 0.0,
            usual_per_day: usual_per_day(lead, &finding, view),
            facts: finding.facts.clone(),
            eve: Eve::of(&finding, view),
            pain: None,
            clients: None,
            recalls: Vec::new(),
            score: 0.0,
            admitted: None,
            told: None,
            peak: None,
            names: None,
            ending: None,
        };
        for mark in &finding.marks {
            candidate.grow(*mark, 1);
        }
        candidate.events = candidate.events.max(finding.events);
        candidate.last = finding.marks.last().map_or(view.now, |m| m.at);
        candidate.hear(finding);
        candidate
    }

    /// Whether it tells of somebody who came through.
    pub fn is_breakthrough(&self) -> bool {
        matches!(self.facts, Facts::Breakthrough { .. })
    }

    /// Whether it tells of a kernel's own report.
    pub fn is_crash(&self) -> bool {
        matches!(self.facts, Facts::Crash(_))
    }

    /// Whether it is told whatever is usual, and while that is still being learnt: what the kernel reports of
    /// itself, what stands at a hard limit, and a start that rules of systems speak against.
    pub fn needs_no_usual(&self) -> bool {
        matches!(self.facts, Facts::Crash(_) | Facts::Pressure(_) | Facts::Start(_))
    }

    /// Adds one event. What is said of others after somebody came through is no part of it.
    pub fn grow(&mut self, mark: Mark, n: u32) {
        if self.is_breakthrough() && !self.cells.is_empty() {
            return;
        }
        self.events += u64::from(n);
        self.last = self.last.max(mark.at);
        if self.first_marks.len() < FIRST_MARKS {
            self.first_marks.push(mark);
        } else {
            self.latest_marks.push(mark);
        }
    }

    /// Looks whether the latest hour of its lead has its busiest ten minutes.
    pub fn peaks(&mut self, rate: &Rate) {
        self.peak = Peak::higher(self.peak, self.lead(), rate);
    }

    /// The ten busiest minutes of its lead since an hour before it was opened.
    pub fn highest(&self) -> Option<Peak> {
        self.peak.filter(|peak| peak.cell == self.lead())
    }

    /// Takes in a further finding about the same story. The more telling type names it, and its
    /// cells come first: what is said is said of them.
    pub fn hear(&mut self, finding: Finding) {
        let names_it = match (&self.facts, &finding.facts) {
            _ if self.cells.is_empty() => true,
            // The oddest start tells a story; nothing else that happens to it takes its place.
            (Facts::Start(before), Facts::Start(now)) => {
                self.cells.first() != finding.cells.first() && before.score < now.score
            }
            (Facts::Start(_), _) => false,
            (_, Facts::Start(_)) => true,
            _ => {
                super::rank(finding.kind) < super::rank(self.kind)
                    || self.has_lasted(&finding)
                    // What was only known from others has a pattern of its own now.
                    || matches!(self.facts, Facts::Clients(_))
            }
        };
        let again = matches!((&self.facts, &finding.facts), (Facts::Crash(_), Facts::Crash(_)));
        let again = again && self.occasions > 0;
        let latest = again.then(|| finding.facts.clone());
        let elsewhere = finding.cells.first().filter(|cell| again && !self.cells.contains(cell));
        let further = elsewhere.and(finding.marks.last().copied());
        let (occasions, followed) = finding.facts.counts();
        let counted_until = finding.marks.last().map_or(self.counted_until, |m| m.at);
        self.surprise = self.surprise.max(finding.surprise);
        if names_it {
            let others = std::mem::replace(&mut self.cells, finding.cells.clone());
            for cell in others {
                self.add_cell(cell);
            }
            (self.kind, self.facts) = (finding.kind, finding.facts);
            (self.occasions, self.followed, self.counted_until) =
                (occasions, followed, counted_until);
        } else {
            let is_same = finding.kind == self.kind && finding.cells.first() == self.cells.first();
            for cell in finding.cells {
                self.add_cell(cell);
            }
            if is_same {
                self.facts = fuller(&self.facts, finding.facts);
                self.occasions = self.occasions.max(occasions);
                self.followed = self.followed.max(followed);
                self.counted_until = counted_until;
            }
        }
        // Each report is found by itself.
        self.occasions += u32::from(again);
        if let Some(mark) = further {
            self.grow(mark, 1);
        }
        if let Some(latest) = latest {
            self.facts = latest;
        }
        self.recount();
    }

    /// Hears at how many other clients its message stirs. What is silent says nothing of that.
    pub fn hear_of_others(&mut self, found: AtClients) {
        if self.kind == CandidateType::Silence {
            return;
        }
        self.clients = Some(found);
        if let Facts::Clients(known) = &mut self.facts {
            *known = found;
        }
    }

    /// What began as a burst and fills a day is a shift.
    fn has_lasted(&self, finding: &Finding) -> bool {
        let kinds = (self.kind, finding.kind);
        kinds == (CandidateType::Burst, CandidateType::Anomaly)
            && self.cells.first() == finding.cells.first()
            && self.last - self.onset >= BURST_MAX
    }

    /// Adds a cell, if it is new to the story and there is room.
    pub fn add_cell(&mut self, cell: CellIndex) -> bool {
        let has_room = !self.cells.contains(&cell) && self.cells.len() < CELLS_MAX;
        if has_room {
            self.cells.push(cell);
        }
        has_room
    }

    /// A new occasion of one of its cells; `heal` is how long its second cell took to follow its
    /// lead this time.
    pub fn came_again(&mut self, cell: CellIndex, at: Timestamp, heal: Option<Span>) {
        if let (Some(heal), true) = (heal, self.cells.get(1) == Some(&cell)) {
            self.heals.push(heal.as_secs_f64() as u32);
        }
        if at <= self.counted_until {
            return;
        }
        if cell == self.lead() {
            self.occasions += 1;
        } else if self.cells.get(1) == Some(&cell) {
            self.followed = (self.followed + 1).min(self.occasions);
            if let (Facts::SelfHeal { latest, longest, .. }, Some(heal)) = (&mut self.facts, heal) {
                *latest = heal;
                *longest = heal.max(*longest);
            }
        }
        self.recount();
    }

    /// A finding counts only the occasions that it rests on; the story counts them all.
    fn recount(&mut self) {
        let whole = self.last - self.onset;
        match &mut self.facts {
            Facts::Recurrence { occasions, within, .. }
            | Facts::Return { occasions, within, .. } => {
                (*occasions, *within) = (self.occasions, whole);
            }
            Facts::SelfHeal { failures, pairs, within, .. } => {
                (*failures, *pairs, *within) = (self.occasions, self.followed, whole);
            }
            Facts::Precursor { occasions, followed, share_low, within, .. } => {
                (*occasions, *followed, *within) = (self.occasions, self.followed, whole);
                *share_low = wilson_lower(u64::from(self.followed), u64::from(self.occasions));
            }
            Facts::Burst { .. }
            | Facts::Spread { .. }
            | Facts::Clients(_)
            | Facts::Anomaly { .. }
            | Facts::Drift { .. }
            | Facts::Novelty { .. }
            | Facts::Breakthrough { .. }
            | Facts::Crash(_)
            | Facts::Pressure(_)
            | Facts::Start(_)
            | Facts::HostSilence { .. }
            | Facts::Silence { .. } => {}
        }
    }

    /// Whether it still lives.
    pub fn is_open(&self) -> bool {
        self.ending.is_none()
    }

    /// The lead: what the story is named after.
    pub fn lead(&self) -> CellIndex {
        self.cells.first().copied().unwrap_or_default()
    }
}

/// The later facts of the same claim; of a shift, those of its fullest day, of successes, the one after
/// most failures.
fn fuller(earlier: &Facts, later: Facts) -> Facts {
    match (earlier, &later) {
        (Facts::Anomaly { today: before, .. }, Facts::Anomaly { today: now, .. })
            if before > now =>
        {
            earlier.clone()
        }
        (
            Facts::Breakthrough { failures: before, .. },
            Facts::Breakthrough { failures: now, .. },
        ) if before >= now => earlier.clone(),
        (Facts::Start(before), Facts::Start(now)) if before.score <= now.score => later,
        (Facts::Start(_), _) => earlier.clone(),
        _ => later,
    }
}

/// Occasions a day of a cell before a finding began; half a one stands for none.
fn usual_per_day(lead: CellIndex, finding: &Finding, view: View<'_>) -> f64 {
    let cell = &view.ledger[lead];
    let told = cell.starts().filter(|at| *at >= finding.onset).count() as f64;
    let days = (finding.onset - view.ledger.host_of(lead).first).as_days_f64();
    (f64::from(cell.occasions) - told + 0.5).max(0.5) / days.max(0.02)
}
