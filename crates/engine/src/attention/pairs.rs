//! Companions of a cell: other cells of the same host that keep coming at the same time, and which
//! of the two comes first. What self-heal and precursor are learnt from.

use super::cell::CellIndex;
use crate::sighting::Process;
use serde::{Deserialize, Serialize};

/// Companions remembered per cell; the one with the fewest meetings makes room.
pub const PARTNERS: usize = 6;

/// Another cell of the same host that keeps coming at the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Partner {
    /// Which.
    pub cell: CellIndex,
    /// Occasions on which it came shortly after this cell's.
    pub after: u16,
    /// Occasions on which it came shortly before.
    pub before: u16,
    /// Sum of the delays of those that came after, in seconds: three bytes, half a year.
    after_secs: [u8; 3],
    /// Whether the process that said this cell's mostly said the one after too.
    acts: Acts,
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

    /// Sum of the delays of those that came after, in seconds.
    pub fn after_secs(&self) -> u32 {
        let [a, b, c] = self.after_secs;
        u32::from_le_bytes([a, b, c, 0])
    }

    /// Whether it mostly follows within one run, connection or job.
    pub fn is_one_act(&self) -> bool {
        self.acts.count() >= (self.after / 2).clamp(2, Acts::MOST / 2)
    }
}

/// How often the lines of a pair were said by one process, another one each time, in one byte: four bits of
/// the latest such process, and a count that other pairs take from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Acts(u8);

impl Acts {
    /// Where the count ends.
    const MOST: u16 = 15;

    fn count(self) -> u16 {
        u16::from(self.0 & 0xf)
    }

    fn see(&mut self, shared: Option<Process>) {
        let (count, latest) = (self.0 & 0xf, self.0 >> 4);
        // A daemon says all its lines by one process: that says nothing.
        let another = shared.map(Process::nibble).filter(|process| *process != latest);
        self.0 = match another {
            Some(process) => process << 4 | (count + 1).min(Self::MOST as u8),
            None => latest << 4 | count.saturating_sub(1),
        };
    }
}

/// The companions of one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Pairs([Partner; PARTNERS]);

impl Pairs {
    /// All places, unused ones among them (they share nothing).
    pub fn as_slice(&self) -> &[Partner] {
        &self.0
    }

    /// It came `lag_secs` after this cell's occasion began.
    /// `shared` is the process that said both.
    pub fn came_after(&mut self, cell: CellIndex, lag_secs: u32, shared: Option<Process>) {
        let partner = self.of(cell);
        partner.after = partner.after.saturating_add(1);
        let secs = partner.after_secs().saturating_add(lag_secs).min((1 << 24) - 1);
        let [a, b, c, _] = secs.to_le_bytes();
        partner.after_secs = [a, b, c];
        partner.latest_secs = lag_secs.min(u32::from(u16::MAX)) as u16;
        partner.longest_secs = partner.longest_secs.max(partner.latest_secs);
        partner.acts.see(shared);
    }

    /// It came shortly before.
    pub fn came_before(&mut self, cell: CellIndex) {
        let partner = self.of(cell);
        partner.before = partner.before.saturating_add(1);
    }

    /// The record of a companion, made if there is room or another has less to say.
    fn of(&mut self, cell: CellIndex) -> &mut Partner {
        let known = self.0.iter().position(|p| p.shared() > 0 && p.cell == cell);
        let slot = known.unwrap_or_else(|| {
            let weakest = (0..PARTNERS).min_by_key(|i| self.0[*i].shared()).unwrap_or(0);
            self.0[weakest] = Partner { cell, ..Partner::default() };
            weakest
        });
        &mut self.0[slot]
    }
}
