//! Discovery: detectors look at the ledger and say what they find. Each detector is one file and
//! one line in [`DETECTORS`]; it judges, it stores nothing.
//!
//! Words of log messages play a part only through the few state words of `lexicon`.

pub mod anomaly;
pub mod breakthrough;
pub mod budget;
pub mod burst;
pub mod candidate;
pub mod change;
pub mod compare;
pub mod crash;
pub mod drift;
pub mod eve;
pub mod gate;
pub mod lexicon;
pub mod novelty;
pub mod over;
pub mod pain;
pub mod passed;
pub mod peak;
pub mod precursor;
pub mod pressure;
pub mod recurrence;
pub mod self_heal;
pub mod silence;
pub mod sites;
pub mod source_silence;
pub mod spread;
pub mod start;
pub mod story;
pub mod together;
pub mod usual;

use crate::attention::attempts::Through;
use crate::attention::cell::CellIndex;
use crate::attention::mark::Mark;
use crate::attention::reports::Reported;
use crate::attention::supposed::Known;
use crate::config::Config;
use crate::elsewhere::AtClients;
use crate::host::signal::Pressed;
use crate::host::starts::OddStart;
use crate::signature::{Library, SignatureIndex};
use crate::values::Label;
use model::{CandidateId, CandidateType, Severity, Span, TenantId, Timestamp};
use passed::Judged;
use recurrence::Run;
use serde::{Deserialize, Serialize};
use sites::AtSites;

/// What a detector may look at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// All that is remembered of the tenant, or supposed to be.
    pub ledger: Known<'a>,
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The tenant's signatures.
    pub library: &'a Library,
    /// What is asked for.
    pub config: &'a Config,
    /// The engine's clock.
    pub now: Timestamp,
}

/// One sighting as the detectors judge it.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The signature.
    pub signature: SignatureIndex,
    /// The cell in which it was seen.
    pub cell: CellIndex,
    /// It begins a new occasion there.
    pub starts: bool,
    /// The least likely run of the cell's latest occasions, if this one begins one; asked once for
    /// all who need it.
    pub run: Option<Run>,
    /// Somebody came through after many failures.
    pub through: Option<Through>,
    /// A kernel report, against those before.
    pub reported: Option<Reported>,
}

impl Moment {
    /// The cell, if a new occasion begins in it.
    pub fn started(&self) -> Option<CellIndex> {
        self.starts.then_some(self.cell)
    }
}

/// Whether a message speaks of failing, or its source calls it a warning or worse on this host.
fn speaks_ill(view: View<'_>, cell: CellIndex) -> bool {
    let worst = view.ledger[cell].worst;
    view.ledger.kind_of(cell).fails || worst.is_some_and(|s| s.is_at_least(Severity::Warning))
}

/// The records of these cells that are still known since then, in order of time.
pub(crate) fn marks_since(view: View<'_>, cells: &[CellIndex], since: Timestamp) -> Vec<Mark> {
    let mut marks: Vec<Mark> =
        cells.iter().flat_map(|c| view.ledger[*c].marks_since(since)).collect();
    marks.sort();
    marks
}

/// How many occasions of these cells began since then; of each at most the latest twenty.
fn occasions_since(view: View<'_>, cells: &[CellIndex], since: Timestamp) -> u64 {
    let of = |c: &CellIndex| view.ledger[*c].starts().filter(|at| *at >= since).count() as u64;
    cells.iter().map(of).sum()
}

/// How often the second cell of a finding followed its first.
fn pairs_of(view: View<'_>, finding: &Finding) -> u32 {
    let [first, second, ..] = finding.cells[..] else { return 0 };
    let pair = view.ledger[first].partners().iter().find(|p| p.cell == second);
    pair.map_or(0, |p| u32::from(p.after))
}

/// One claim of a detector about a subject, with its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What is claimed.
    pub kind: CandidateType,
    /// The cells that it is about, the lead first.
    pub cells: Vec<CellIndex>,
    /// When it began.
    pub onset: Timestamp,
    /// Events since then, where that is more than the records below.
    pub events: u64,
    /// The records that show it, oldest first.
    pub marks: Vec<Mark>,
    /// How unlikely it is under the usual, in decades.
    pub surprise: f64,
    /// The numbers that the sentences are made of.
    pub facts: Facts,
}

impl Finding {
    /// What one event shows by itself: the one that was just seen in its cell. It asks for no odds.
    pub fn of_one(
        kind: CandidateType,
        cell: CellIndex,
        onset: Timestamp,
        facts: Facts,
        view: View<'_>,
    ) -> Finding {
        let marks =
            view.ledger[cell].marks_since(view.now).into_iter().last().into_iter().collect();
        Finding { kind, cells: vec![cell], onset, events: 1, marks, surprise: 0.0, facts }
    }
}

/// Where a usual was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LearntFrom {
    /// The cell's own past.
    OwnPast,
    /// The same message on the tenant's other hosts.
    Peers,
}

impl std::fmt::Display for LearntFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            LearntFrom::OwnPast => "this host's own past",
            LearntFrom::Peers => "the same message on other hosts",
        })
    }
}

/// The numbers behind a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Facts {
    /// It came on so many occasions within a time, against a usual number a day.
    Recurrence {
        /// Occasions counted.
        occasions: u32,
        /// From the first to the last of them.
        within: Span,
        /// Usual occasions a day on this host.
        usual_per_day: f64,
        /// What the usual was learnt from: this host's past, or its peers.
        learnt_from: LearntFrom,
    },
    /// Fail–recover pairs.
    SelfHeal {
        /// Pairs counted.
        pairs: u32,
        /// Failures counted, healed or not.
        failures: u32,
        /// From the first to the last failure.
        within: Span,
        /// Mean time from failure to recovery.
        heal: Span,
        /// The latest such time.
        latest: Span,
        /// The longest such time.
        longest: Span,
        /// Usual failures a day on this host.
        usual_per_day: f64,
    },
    /// Far more in a quarter of an hour than is usual.
    Burst {
        /// Events in the last quarter of an hour.
        events: u32,
        /// Events in the last hour.
        hour: u32,
        /// The largest hour of the last one or two weeks that may be held against it.
        usual_hour_max: u32,
        /// What was expected in a quarter of an hour.
        expected: f64,
    },
    /// Hosts reached within a time, against the number expected.
    Spread {
        /// Hosts counted.
        hosts: u32,
        /// From the first to the last of them.
        within: Span,
        /// Hosts expected in that time.
        expected: f64,
        /// Hosts that ever had it before.
        before: u32,
        /// All of them name the same thing: an account, an address.
        shared: bool,
        /// How many sites that is, where sites are known.
        sites: Option<AtSites>,
    },
    /// New, or rising, at several clients at once.
    Clients(AtClients),
    /// It is followed by something else, again and again.
    Precursor {
        /// Times it came.
        occasions: u32,
        /// Times the other followed.
        followed: u32,
        /// Mean delay.
        lag: Span,
        /// Lower end of the 95 % interval of the share that is followed.
        share_low: f64,
        /// From the first to the last occasion.
        within: Span,
    },
    /// A day's count against the days before.
    Anomaly {
        /// Events of the day in question, so far.
        today: u32,
        /// The beginning of that day (UTC).
        day: Timestamp,
        /// The usual day.
        usual: f64,
        /// The largest of the last seven days.
        usual_max: u32,
    },
    /// What a message measures left the range of the days before.
    Drift {
        /// The middle of the latest day's values.
        today: f64,
        /// The lowest such middle of the days before.
        low: f64,
        /// The highest.
        high: f64,
        /// Days before that had enough values.
        days: u32,
        /// Values of the latest day.
        values: u32,
        /// Which of the message's values.
        label: Label,
        /// Where in the message they stand; `None` where it has no such place any more.
        place: Option<String>,
    },
    /// Several kinds of message that the tenant never had, on one host.
    Novelty {
        /// Kinds that are new.
        kinds: u32,
        /// Those of them that speak of failing or are a warning or worse.
        bad: u32,
        /// From the first to the last of them.
        within: Span,
        /// New kinds expected in that time.
        expected: f64,
    },
    /// Somebody who had failed many times came through.
    Breakthrough {
        /// Lines of failing that named them.
        failures: u32,
        /// From the first of these to the success.
        within: Span,
        /// How often this success was said before.
        said: u64,
        /// How often of these it came after so many failures.
        before: u32,
        /// How many failed so often so far, with or without success.
        persistent: u32,
    },
    /// The kernel reported trouble of its own.
    Crash(Reported),
    /// A host is at a hard limit, or on its way to one.
    Pressure(Pressed),
    /// A process was started as systems start none.
    Start(Box<OddStart>),
    /// A host stopped speaking.
    HostSilence {
        /// Its longest pause in the days before.
        longest: Span,
        /// Days that the pauses were learnt from.
        days: u32,
        /// Other hosts that were active in the day before.
        active: u32,
        /// Those of them that spoke in the meantime.
        speaking: u32,
    },
    /// An expected message stopped.
    Silence {
        /// The usual gap.
        usual_gap: Span,
        /// Quiet for so long.
        quiet_for: Span,
        /// Gaps that the usual was learnt from.
        learnt: u32,
    },
    /// The weak return of something that ended badly before.
    Return {
        /// The earlier candidate.
        earlier: CandidateId,
        /// Occasions since it came back.
        occasions: u32,
        /// From the first to the last of them.
        within: Span,
    },
}

impl Facts {
    /// Occasions of the lead, and how many of them were followed by the second.
    pub fn counts(&self) -> (u32, u32) {
        match self {
            Facts::Recurrence { occasions, .. } | Facts::Return { occasions, .. } => {
                (*occasions, 0)
            }
            Facts::SelfHeal { failures, pairs, .. } => (*failures, *pairs),
            Facts::Precursor { occasions, followed, .. } => (*occasions, *followed),
            Facts::Crash(_) | Facts::Pressure(_) | Facts::Start(_) => (1, 0),
            Facts::Burst { .. }
            | Facts::Spread { .. }
            | Facts::Clients(_)
            | Facts::Anomaly { .. }
            | Facts::Drift { .. }
            | Facts::Novelty { .. }
            | Facts::Breakthrough { .. }
            | Facts::HostSilence { .. }
            | Facts::Silence { .. } => (0, 0),
        }
    }
}

/// A detector's place in the list.
pub struct Detector {
    /// What it claims.
    pub kind: CandidateType,
    /// What it looks for, in one line.
    pub summary: &'static str,
    /// Judges after a sighting.
    pub on_sighting: Option<fn(View<'_>, &Moment) -> Option<Judged>>,
    /// Judges when time has passed.
    pub on_tick: Option<fn(View<'_>) -> Vec<Finding>>,
}

/// Every detector. Where several speak for the same subject, the earlier in the list names it.
pub const DETECTORS: &[Detector] = &[
    crash::DETECTOR,
    pressure::DETECTOR,
    breakthrough::DETECTOR,
    start::DETECTOR,
    spread::DETECTOR,
    precursor::DETECTOR,
    self_heal::DETECTOR,
    burst::DETECTOR,
    recurrence::DETECTOR,
    silence::DETECTOR,
    source_silence::DETECTOR,
    anomaly::DETECTOR,
    drift::DETECTOR,
    novelty::DETECTOR,
];

/// A kind's place in [`DETECTORS`]; kinds that no detector here makes come last.
pub fn rank(kind: CandidateType) -> usize {
    DETECTORS.iter().position(|d| d.kind == kind).unwrap_or(DETECTORS.len())
}
