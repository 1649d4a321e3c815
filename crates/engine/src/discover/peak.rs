//! The ten busiest minutes of a story, and what is usual at that time of day.

use crate::attention::cell::CellIndex;
use crate::attention::mark::Secs;
use crate::attention::rate::Rate;
use serde::{Deserialize, Serialize};

/// The ten busiest minutes of one cell since its story is told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// Whose.
    pub cell: CellIndex,
    /// When they began; a full ten minutes.
    pub since: Secs,
    /// Events in them.
    pub count: u32,
    /// Usual events in ten minutes at that time of day.
    pub usual: f32,
}

impl Peak {
    /// The higher of what is known and the latest hour of the cell; of equal ones the earlier.
    pub fn higher(known: Option<Peak>, cell: CellIndex, rate: &Rate) -> Option<Peak> {
        let known = known.filter(|peak| peak.cell == cell);
        let (since, count) = rate.busiest_ten_minutes();
        if known.is_some_and(|peak| peak.count >= count) {
            return known;
        }
        let usual = (rate.usual_quarter() * 2.0 / 3.0) as f32;
        Some(Peak { cell, since: Secs::of(since), count, usual })
    }
}
