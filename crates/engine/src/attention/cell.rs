//! One signature on one host: the unit that detectors judge. Counts, rhythm, the latest occasions
//! and who came shortly before or after, in a fixed number of bytes.

use super::days::{DayCounts, HourWindow};
use super::gaps::Gaps;
use super::recent::Recent;
use crate::config::Discover;
use crate::signature::SignatureIndex;
use model::{Seq, Severity, Span, Timestamp};

/// A cell's place in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CellIndex(pub u32);

/// A host's place in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HostIndex(pub u32);

/// A moment and the record that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// The record.
    pub seq: Seq,
}

/// Occasion starts remembered per cell.
pub const OCCASIONS: usize = 16;
/// Latest events remembered per cell.
pub const LATEST: usize = 8;
/// Companions remembered per cell.
pub const PARTNERS: usize = 4;

/// Another cell of the same host that keeps coming at the same time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Partner {
    /// Which.
    pub cell: CellIndex,
    /// Occasions on which it came shortly after this cell's.
    pub after: u16,
    /// Occasions on which it came shortly before.
    pub before: u16,
    /// Sum of the delays of those that came after, in seconds.
    pub after_secs: u32,
    /// The latest of these delays.
    pub latest_secs: u16,
    /// The longest of them.
    pub longest_secs: u16,
}

impl Partner {
    /// Occasions shared, either way round.
    pub fn shared(&self) -> u32 {
        u32::from(self.after) + u32::from(self.before)
    }
}

/// Shorter gaps are no heartbeat but the inside of a burst.
const EXPECTED_GAP_MIN: Span = Span::from_secs(20);

/// One signature on one host.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The signature.
    pub signature: SignatureIndex,
    /// The host.
    pub host: HostIndex,
    /// The first sighting.
    pub first: Mark,
    /// The latest sighting.
    pub last: Timestamp,
    /// Events in all.
    pub events: u64,
    /// Occasions in all.
    pub occasions: u32,
    /// Occasions that began on the day (24 h) after the first sighting.
    pub first_day: u16,
    /// The sum of its occasions' lengths.
    pub busy: Span,
    /// The worst severity that any sighting had.
    pub worst: Option<Severity>,
    /// Starts of the latest occasions.
    pub starts: Recent<Mark, OCCASIONS>,
    /// The latest sightings.
    pub latest: Recent<Mark, LATEST>,
    /// Events per day.
    pub days: DayCounts,
    /// Events in the sliding hour.
    pub hours: HourWindow,
    /// Rhythm of the events.
    pub gaps: Gaps,
    /// Companions.
    pub partners: [Partner; PARTNERS],
    /// The open candidate that it belongs to: an index into the candidates, or none.
    pub candidate: Option<u32>,
    /// The silence of this cell was said and not yet ended.
    pub silent: bool,
    /// The latest time up to which a candidate that is now closed told of it: what was told is
    /// part of the usual from then on.
    pub told_until: Option<Timestamp>,
    /// It was seen since the last turn of the ledger.
    pub touched: bool,
    /// The ledger awaits its next sighting.
    pub awaited: bool,
}

impl Cell {
    /// A cell that has seen nothing yet.
    pub fn new(signature: SignatureIndex, host: HostIndex, first: Mark) -> Cell {
        Cell {
            signature,
            host,
            first,
            last: first.at,
            events: 0,
            occasions: 0,
            first_day: 0,
            busy: Span::ZERO,
            worst: None,
            starts: Recent::default(),
            latest: Recent::default(),
            days: DayCounts::default(),
            hours: HourWindow::default(),
            gaps: Gaps::default(),
            partners: [Partner::default(); PARTNERS],
            candidate: None,
            silent: false,
            told_until: None,
            touched: false,
            awaited: false,
        }
    }

    /// Remembers one sighting; says whether it starts a new occasion.
    pub fn see(&mut self, mark: Mark, n: u32, severity: Option<Severity>, gap: Span) -> bool {
        let starts = self.events == 0 || mark.at - self.last > gap;
        if self.events > 0 {
            self.gaps.learn(self.last, mark.at);
        }
        if !starts {
            self.busy = self.busy + (mark.at - self.last).max(Span::ZERO);
        }
        self.last = self.last.max(mark.at);
        self.events += u64::from(n);
        self.days.add(mark.at, n);
        self.hours.add(mark.at, n);
        self.latest.push(mark);
        self.worst = super::known::worse(self.worst, severity);
        if starts {
            self.occasions = self.occasions.saturating_add(1);
            if mark.at - self.first.at < Span::DAY {
                self.first_day = self.first_day.saturating_add(1);
            }
            self.starts.push(mark);
        }
        starts
    }

    /// Whether it is a stream: on an occasion for a quarter of its time or more. Its pauses, not
    /// its occasions, are chance.
    pub fn is_stream(&self) -> bool {
        self.busy.times(4) > self.last - self.first.at && self.occasions > 1
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
        self.starts.iter().filter(|m| m.at > since).count()
    }

    /// The record of the companion, made if there is room or another has less to say.
    pub fn partner_mut(&mut self, cell: CellIndex) -> &mut Partner {
        let known = self.partners.iter().position(|p| p.shared() > 0 && p.cell == cell);
        let slot = known.unwrap_or_else(|| {
            let weakest = (0..PARTNERS).min_by_key(|i| self.partners[*i].shared()).unwrap_or(0);
            self.partners[weakest] = Partner { cell, ..Partner::default() };
            weakest
        });
        &mut self.partners[slot]
    }
}
