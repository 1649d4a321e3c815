//! What a detector passes over though its numbers are met, as data: the reason, the cells and since
//! when. Ordinary change is told from it in a few quiet notes, so that silence has its reasons.

use super::Finding;
use crate::attention::cell::CellIndex;
use model::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a detector stays silent though its numbers are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// Several kinds of message were born together on several hosts.
    Rollout,
    /// Several rare kinds that are known came together on several hosts: a reboot, a maintenance.
    Window,
    /// Its source calls it debug output.
    Debug,
    /// The program itself is new and chatters.
    NewProgram,
    /// The host is too young for its usual to be known.
    NewHost,
    /// As much comes at this time of every day.
    Nightly,
}

/// What was passed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Passed {
    /// Why.
    pub reason: Reason,
    /// The cells that it is about, never none.
    pub cells: Vec<CellIndex>,
    /// When it began.
    pub since: Timestamp,
}

/// What a detector says of a sighting, if it says anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    /// It is worth telling.
    Found(Finding),
    /// It would be, but for a reason.
    Passed(Passed),
}

impl Judged {
    /// The finding, if it is one.
    pub fn found(self) -> Option<Finding> {
        match self {
            Judged::Found(finding) => Some(finding),
            Judged::Passed(_) => None,
        }
    }
}
