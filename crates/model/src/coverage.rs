//! How much of what is usually heard was heard: whether silence can be trusted.

use crate::Timestamp;

/// The share of the time in which sources were expected to speak that really delivered.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Coverage {
    /// In per cent, of the time that is told of, a day at most; absent while what the sources usually say is being learnt.
    pub percent: Option<f64>,
    /// The same of the last hour.
    pub last_hour_percent: Option<f64>,
    /// Sources that are known: files, tokens, and hosts that send over a network.
    pub sources: u64,
    /// Those among them of which it is not known yet what they usually say: the figures say nothing of them.
    pub learning: u64,
    /// What was missed and why, the worst first.
    pub missed: Vec<Missed>,
    /// Further ones.
    pub missed_more: u64,
    /// Sources whose clock is off: when they say that something happened is not when it did.
    pub clocks: Vec<OffClock>,
    /// Further ones.
    pub clocks_more: u64,
}

/// A source whose clock is off.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct OffClock {
    /// The source as people call it.
    pub source: String,
    /// Seconds by which it is ahead of ours, negative if behind.
    pub ahead_secs: f64,
}

/// Something that was not heard.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Missed {
    /// The source as people call it.
    pub source: String,
    /// What happened.
    pub what: MissedHow,
    /// From when on.
    pub since: Timestamp,
    /// Until when; absent while it lasts.
    pub until: Option<Timestamp>,
    /// Records that were lost, where they were counted.
    pub records: Option<u64>,
}

/// Why something was not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedHow {
    /// Nobody listened: the service did not run.
    NotRunning,
    /// All that comes this way is silent: more likely the way than the senders.
    WaySilent,
    /// It said nothing, and usually would have.
    Silent,
    /// Records were lost on the way.
    Lossy,
}
