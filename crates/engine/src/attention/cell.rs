//! One signature on one host: the unit that detectors judge. Counts, rhythm, the latest occasions
//! and who came shortly before or after, in a fixed number of bytes.

use super::days::DayCounts;
use super::gaps::Gaps;
use super::mark::{Mark, Secs, SmallMark};
use super::pairs::Pairs;
use super::rate::Rate;
use super::recent::Recent;
use super::series::Measured;
use crate::config::Discover;
use crate::signature::SignatureIndex;
use crate::values::Values;
use model::{Severity, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// A cell's place in the ledger.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct CellIndex(pub u32);

/// A host's place in the ledger.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct HostIndex(pub u32);

/// A candidate's place among its tenant's; counts from one, so that "none" costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StoryIndex(NonZeroU32);

impl StoryIndex {
    /// The `n`-th candidate of its tenant, from one on.
    pub fn nth(n: u32) -> StoryIndex {
        StoryIndex(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN))
    }
}

/// A cell that follows another; never the first of all, so that "none" costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextCell(NonZeroU32);

impl NextCell {
    /// The reference to a cell; `None` to the very first, which follows none.
    pub fn of(cell: CellIndex) -> Option<NextCell> {
        NonZeroU32::new(cell.0).map(NextCell)
    }

    /// The cell.
    pub fn cell(self) -> CellIndex {
        CellIndex(self.0.get())
    }
}

/// Occasion starts remembered per cell, as times: slow trouble of something that also comes in good
/// times is proven by many occasions, not by few.
pub const OCCASIONS: usize = 20;
/// Occasion starts remembered with their records.
const FIRSTS: usize = 4;
/// Latest events remembered with their records.
const LATEST: usize = 3;
/// Events from which a cell has a rate; what came less often has only its occasions.
const RATE_FROM: u64 = 4;
/// Events from which its values are remembered: most kinds of message never come so often.
const MEASURED_FROM: u64 = 8;
/// Shorter gaps are no heartbeat but the inside of a burst.
const EXPECTED_GAP_MIN: Span = Span::from_secs(20);

/// One signature on one host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cell {
    /// The signature.
    pub signature: SignatureIndex,
    /// The host.
    pub host: HostIndex,
    /// The next cell of the same signature, on a host that had it later.
    pub next: Option<NextCell>,
    /// The open candidate that it belongs to.
    pub candidate: Option<StoryIndex>,
    /// The first sighting.
    since: Secs,
    /// The latest time up to which a candidate that is now closed told of it: what was told is
    /// part of the usual from then on. The epoch for never.
    pub told_until: Secs,
    /// The latest sighting.
    pub last: Timestamp,
    /// Events in all.
    pub events: u64,
    /// Occasions in all.
    pub occasions: u32,
    /// The sum of its occasions' lengths, in seconds.
    busy_secs: u32,
    /// Rhythm of the events.
    pub gaps: Gaps,
    /// Occasions that began on the day (24 h) after the first sighting.
    pub first_day: u16,
    /// The worst severity that any sighting had.
    pub worst: Option<Severity>,
    /// The silence of this cell was said and not yet ended.
    pub silent: bool,
    /// It was seen since the last turn of the ledger.
    pub touched: bool,
    /// The ledger awaits its next sighting.
    pub awaited: bool,
    /// Events per day.
    pub days: DayCounts,
    /// Starts of the latest occasions.
    starts: Recent<Secs, OCCASIONS>,
    /// The latest occasion starts with their records.
    firsts: Recent<SmallMark, FIRSTS>,
    /// The latest sightings with their records.
    latest: Recent<SmallMark, LATEST>,
    /// How busy it is; from the fourth event on.
    pub rate: Option<Box<Rate>>,
    /// Companions; from the first meeting on.
    pub pairs: Option<Box<Pairs>>,
    /// What it measures; from the eighth event on.
    pub measured: Option<Box<Measured>>,
}

impl Cell {
    /// A cell that has seen nothing yet.
    pub fn new(signature: SignatureIndex, host: HostIndex, first: Mark) -> Cell {
        Cell {
            signature,
            host,
            next: None,
            candidate: None,
            since: Secs::of(first.at),
            told_until: Secs::default(),
            last: first.at,
            events: 0,
            occasions: 0,
            busy_secs: 0,
            gaps: Gaps::default(),
            first_day: 0,
            worst: None,
            silent: false,
            touched: false,
            awaited: false,
            days: DayCounts::default(),
            starts: Recent::default(),
            firsts: Recent::default(),
            latest: Recent::default(),
            rate: None,
            pairs: None,
            measured: None,
        }
    }

    /// Remembers one sighting; says whether it starts a new occasion. `host_since` is when its host
    /// first spoke.
    pub fn see(
        &mut self,
        mark: Mark,
        n: u32,
        severity: Option<Severity>,
        gap: Span,
        host_since: Timestamp,
    ) -> bool {
        let starts = self.events == 0 || mark.at - self.last > gap;
        if self.events > 0 {
            self.gaps.learn(self.last, mark.at);
        }
        if !starts {
            let busy = (mark.at - self.last).max(Span::ZERO).as_secs_f64() as u32;
            self.busy_secs = self.busy_secs.saturating_add(busy);
        }
        self.count(mark, n, starts, host_since);
        self.last = self.last.max(mark.at);
        self.worst = super::known::worse(self.worst, severity);
        if starts {
            self.occasions = self.occasions.saturating_add(1);
            if mark.at - self.since() < Span::DAY {
                self.first_day = self.first_day.saturating_add(1);
            }
            self.starts.push(Secs::of(mark.at));
            self.firsts.push(mark.into());
        }
        starts
    }

    fn count(&mut self, mark: Mark, n: u32, starts: bool, host_since: Timestamp) {
        if self.rate.is_none() && self.events + u64::from(n) >= RATE_FROM {
            let hours = ((mark.at - host_since).as_secs_f64() / 3_600.0) as f32;
            let before = self.events as u32;
            let is_one_go = !starts && mark.at - self.since() < Span::HOUR;
            let recent = if is_one_go { before } else { 0 };
            self.rate = Some(Box::new(Rate::begin(mark.at, before, hours, recent)));
        }
        if let Some(rate) = &mut self.rate {
            rate.add(mark.at, n);
        }
        self.events += u64::from(n);
        self.days.add(mark.at, n);
        self.latest.push(mark.into());
    }

    /// Remembers the values of the sighting that it saw last.
    pub fn measure(&mut self, values: &Values, at: Timestamp) {
        if !values.is_empty() && self.events >= MEASURED_FROM {
            self.measured.get_or_insert_default().add(values, at);
        }
    }

    /// The first sighting, to the second.
    pub fn since(&self) -> Timestamp {
        self.since.at()
    }

    /// Starts of the latest occasions, oldest first, to the second.
    pub fn starts(&self) -> impl DoubleEndedIterator<Item = Timestamp> + '_ {
        self.starts.iter().map(Secs::at)
    }

    /// The records that are still known since then, oldest first: the latest occasions' starts and
    /// the latest sightings.
    pub fn marks_since(&self, since: Timestamp) -> Vec<Mark> {
        let since = Secs::of(since).at();
        let kept = self.firsts.iter().chain(self.latest.iter()).map(Mark::from);
        let mut marks: Vec<Mark> = kept.filter(|m| m.at >= since).collect();
        marks.sort();
        marks.dedup();
        marks
    }

    /// How long it was on an occasion, in all.
    pub fn busy(&self) -> Span {
        Span::from_secs(i64::from(self.busy_secs))
    }

    /// Whether it is a stream: on an occasion for a quarter of its time or more. Its pauses, not
    /// its occasions, are chance.
    pub fn is_stream(&self) -> bool {
        let whole = (self.last - self.since()).as_secs_f64();
        f64::from(self.busy_secs) * 4.0 > whole && self.occasions > 1
    }

    /// Whether it comes like clockwork: three gaps or more that are nearly equal.
    pub fn is_regular(&self, spread_max: f64) -> bool {
        self.gaps.count() >= 2 && self.gaps.spread() <= spread_max
    }

    /// Whether its next sighting is expected: it came like clockwork for long enough.
    pub fn is_expected(&self, asked: &Discover) -> bool {
        self.gaps.count() >= asked.silence_gaps_min
            && self.gaps.spread() <= asked.silence_spread_max
            && self.gaps.usual() >= EXPECTED_GAP_MIN
    }

    /// When so many beats are missed that it counts as silent.
    pub fn overdue_at(&self, asked: &Discover) -> Timestamp {
        self.last + self.gaps.usual().scaled(asked.silence_beats_missed)
    }

    /// Occasions that began after `since` (at most [`OCCASIONS`]).
    pub fn occasions_since(&self, since: Timestamp) -> usize {
        self.starts.iter().filter(|start| start.at() > since).count()
    }

    /// Whether single occasions of it say something: few in the last day.
    pub fn is_rare(&self, now: Timestamp, per_day_max: f64) -> bool {
        self.occasions_since(now - Span::DAY) as f64 <= per_day_max
    }

    /// Its companions.
    pub fn partners(&self) -> &[super::pairs::Partner] {
        self.pairs.as_ref().map_or(&[], |pairs| pairs.as_slice())
    }
}
