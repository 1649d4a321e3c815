//! What is known of one host, one service, one signature: the ledger's rows.

use super::band::{Moved, Standing};
use super::cell::{CellIndex, StoryIndex};
use super::mark::{Mark, Secs};
use super::novel::Pace;
use super::recent::Recent;
use super::voice::Voice;
use crate::entities::{Entities, EntityCounts};
use crate::sighting::Process;
use crate::signature::SignatureIndex;
use crate::sites::SiteIndex;
use model::{Band, Severity, Timestamp};
use serde::{Deserialize, Serialize};

/// A service's place in the ledger.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct ServiceIndex(pub u32);

/// First sightings remembered per host, to recognise a change that brings many at once.
const BIRTHS: usize = 16;
/// Latest rare occasions remembered per host, to find companions.
const RARE: usize = 32;
/// Latest lines remembered per host, to show what was said around an occasion.
const LINES: usize = 8;
/// Latest occasions remembered per signature over all hosts, to see it spread.
const REACH: usize = 32;
/// Changes of band remembered per signature; older ones go.
const HISTORY_MAX: usize = 12;

/// What is known of one host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// The source in which it was first heard.
    pub source: String,
    /// First and last event.
    pub first: Timestamp,
    /// See `first`.
    pub last: Timestamp,
    /// Events in all.
    pub events: u64,
    /// Critical events of it that were hardly ever seen before.
    pub critical: u32,
    /// The latest signatures that were new to it.
    pub births: Recent<(Timestamp, SignatureIndex), BIRTHS>,
    /// Kinds of message that it ever said.
    pub kinds: u32,
    /// The latest occasions of rare cells.
    pub rare: Recent<Rare, RARE>,
    /// Its latest lines.
    pub lines: Recent<Line, LINES>,
    /// Its pauses.
    pub voice: Voice,
    /// How much it says.
    pub pace: Pace,
    /// Where it stands, by the configuration.
    #[serde(skip)]
    pub site: Option<SiteIndex>,
}

impl Host {
    /// One more event of it.
    pub fn hear(&mut self, mark: Mark, n: u32, signature: SignatureIndex) {
        self.events += u64::from(n);
        self.last = self.last.max(mark.at);
        self.lines.push(Line { mark, signature });
    }
}

/// The beginning of an occasion of something rare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Rare {
    /// When, and the record.
    pub mark: Mark,
    /// What.
    pub cell: CellIndex,
    /// Which process said it.
    pub process: Process,
}

/// One line of a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When, and the record.
    pub mark: Mark,
    /// What it says.
    pub signature: SignatureIndex,
}

/// What is known of one service over all hosts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// First event.
    pub first: Timestamp,
    /// Severe events of it that were hardly ever seen before: how often such come at all.
    pub severe: u32,
    /// Signatures that it says.
    pub kinds: u32,
}

/// One occasion of a signature: when, where, about what.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Reach {
    /// When it began.
    pub at: Secs,
    /// The signature on its host.
    pub cell: CellIndex,
    /// What it named.
    pub entities: Entities,
}

/// What is known of a signature that more than one host says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Wide {
    /// The latest occasions, with their hosts.
    pub reach: Recent<Reach, REACH>,
    /// How often its most frequent entities were named, one count an occasion.
    pub entities: EntityCounts,
}

/// What is known of a signature that earned more than a count.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Noted {
    /// The latest changes of its band, oldest first.
    pub history: Vec<Moved>,
    /// Its events up to the last time that it began to be ignored.
    pub ignored_after: u64,
    /// The open candidate about its spread.
    pub spread: Option<StoryIndex>,
    /// The open candidates that it belongs to.
    pub open: Vec<StoryIndex>,
}

/// What is known of one signature over all hosts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kind {
    /// The service that says it.
    pub service: ServiceIndex,
    /// Its first cell and its latest; each cell names the next.
    pub(super) cells: Option<(CellIndex, CellIndex)>,
    /// Hosts that said it.
    pub hosts: u32,
    /// First event.
    pub first: Secs,
    /// Last event.
    pub last: Secs,
    /// Occasions in all, over all hosts.
    pub occasions: u32,
    /// Events in all.
    pub events: u64,
    /// Events on its busiest host.
    pub busiest: u64,
    /// How much attention it gets.
    pub standing: Standing,
    /// The worst severity that any sighting had.
    pub worst: Option<Severity>,
    /// Its text speaks of failing.
    pub fails: bool,
    /// Its text speaks of recovering.
    pub recovers: bool,
    /// Its text lets somebody in.
    pub grants: bool,
    /// What its latest occasion named.
    pub(super) named: Entities,
    /// From the second host on.
    pub wide: Option<Box<Wide>>,
    /// From the first change of band or candidate on.
    pub(super) noted: Option<Box<Noted>>,
}

impl Kind {
    /// A signature that nothing is known of.
    pub fn new(service: ServiceIndex, first: Timestamp) -> Kind {
        Kind {
            service,
            cells: None,
            hosts: 0,
            first: Secs::of(first),
            last: Secs::of(first),
            occasions: 0,
            events: 0,
            busiest: 0,
            standing: Standing::default(),
            worst: None,
            fails: false,
            recovers: false,
            grants: false,
            named: Entities::default(),
            wide: None,
            noted: None,
        }
    }

    /// Whether it speaks of failing, or its source calls it a warning or worse; what is debug output is not.
    pub fn is_bad(&self) -> bool {
        let is_severe = self.worst.is_some_and(|severity| severity.is_at_least(Severity::Warning));
        self.worst != Some(Severity::Debug) && (self.fails || is_severe)
    }

    /// One more host says it.
    pub(super) fn reaches_a_host(&mut self) {
        self.hosts += 1;
        if self.hosts > 1 && self.wide.is_none() {
            let entities = EntityCounts::after(self.occasions);
            let mut wide = Wide { entities, ..Wide::default() };
            // The host that had it first belongs to the wave, if there is one.
            if let Some((cell, _)) = self.cells {
                wide.reach.push(Reach { at: self.last, cell, entities: self.named });
            }
            self.wide = Some(Box::new(wide));
        }
    }

    /// It belongs to this open candidate from now on.
    pub fn join(&mut self, story: StoryIndex) {
        let open = &mut self.noted.get_or_insert_default().open;
        if !open.contains(&story) {
            open.push(story);
        }
    }

    /// The candidate is closed.
    pub fn leave(&mut self, story: StoryIndex) {
        if let Some(noted) = &mut self.noted {
            noted.open.retain(|open| *open != story);
            noted.spread = noted.spread.filter(|spread| *spread != story);
        }
    }

    /// Its spread is told by this candidate.
    pub fn spreads(&mut self, story: StoryIndex) {
        self.noted.get_or_insert_default().spread = Some(story);
    }

    /// The open candidate about its spread.
    pub fn spread(&self) -> Option<StoryIndex> {
        self.noted.as_ref().and_then(|noted| noted.spread)
    }

    /// The open candidates that it belongs to.
    pub fn open(&self) -> &[StoryIndex] {
        self.noted.as_ref().map_or(&[], |noted| &noted.open)
    }

    /// The latest changes of its band, oldest first.
    pub fn history(&self) -> &[Moved] {
        self.noted.as_ref().map_or(&[], |noted| &noted.history)
    }

    /// While it is ignored: since when, and how many events were passed over since.
    pub fn ignored(&self) -> Option<(Timestamp, u64)> {
        let last = self.history().last().filter(|moved| moved.to == Band::IgnoreFast)?;
        let before = self.noted.as_ref().map_or(0, |noted| noted.ignored_after);
        Some((last.at, self.events - before))
    }

    /// Keeps a change of its band on record.
    pub fn moved(&mut self, moved: Moved) {
        let noted = self.noted.get_or_insert_default();
        if moved.to == Band::IgnoreFast {
            noted.ignored_after = self.events;
        }
        let history = &mut noted.history;
        if history.len() >= HISTORY_MAX {
            history.remove(0);
        }
        history.reserve_exact(1);
        history.push(moved);
    }
}

/// The worse of two severities, where known.
pub(super) fn worse(a: Option<Severity>, b: Option<Severity>) -> Option<Severity> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
