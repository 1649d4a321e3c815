//! Counts of what was read: every line is an event, joined to one, or refused with a reason.
//! The identity `lines = events + joined + repeats + refused` holds at every moment.

use std::collections::BTreeMap;

/// Why an input gave no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Nothing but blanks, line ends or NULs.
    Empty,
    /// Not an envelope: a line of a recorded stream that lacks its required fields.
    NotAnEnvelope,
    /// Outside the time range that was asked for.
    OutsideRange,
    /// Of a tenant that was not asked for.
    OtherTenant,
}

impl Refusal {
    /// The reason in words.
    pub fn word(self) -> &'static str {
        match self {
            Refusal::Empty => "empty",
            Refusal::NotAnEnvelope => "not an envelope",
            Refusal::OutsideRange => "outside the time range",
            Refusal::OtherTenant => "of another tenant",
        }
    }
}

/// What became of the lines that were read.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Lines (or records) read.
    pub lines: u64,
    /// Bytes read, after decompression, line ends included.
    pub bytes: u64,
    /// Lines that gave an event.
    pub events: u64,
    /// Lines joined to the event before them (stack traces).
    pub joined: u64,
    /// "Last message repeated N times" lines; see `repeated` for the sum of the Ns.
    pub repeats: u64,
    /// Further occurrences that such lines reported.
    pub repeated: u64,
    /// Lines that gave nothing, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    /// Events with each defect, by the defect's word.
    pub defects: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// Counts one line that gave nothing.
    pub fn refuse(&mut self, reason: Refusal) {
        *self.refused.entry(reason).or_default() += 1;
    }

    /// Lines that gave nothing, all reasons together.
    pub fn refused_total(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Whether every line is accounted for.
    pub fn balances(&self) -> bool {
        self.lines == self.events + self.joined + self.repeats + self.refused_total()
    }

    /// Adds what another reader counted.
    pub fn add(&mut self, other: &Counts) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.events += other.events;
        self.joined += other.joined;
        self.repeats += other.repeats;
        self.repeated += other.repeated;
        for (reason, count) in &other.refused {
            *self.refused.entry(*reason).or_default() += count;
        }
        for (defect, count) in &other.defects {
            *self.defects.entry(defect).or_default() += count;
        }
    }
}
