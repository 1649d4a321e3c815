//! Where an item stands in its life, against what its reader was told before.

use crate::Timestamp;

/// What became of a story since it was last told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is told for the first time.
    New,
    /// It is told for the first time, and the like of it was told before and had closed.
    Back,
    /// More of it came than what was told before explains.
    Growing,
    /// Less of it came than what was told before explains.
    Better,
    /// It was told before and stands much as it did.
    CarriedOver,
    /// It is over.
    Closed,
}

impl Stage {
    /// As people say it.
    pub fn word(self) -> &'static str {
        match self {
            Stage::New => "new",
            Stage::Back => "back",
            Stage::Growing => "growing",
            Stage::Better => "better",
            Stage::CarriedOver => "carried over",
            Stage::Closed => "closed",
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// The life of an item up to a digest.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Lifecycle {
    /// Where it stands.
    pub stage: Stage,
    /// The counts by which that was decided.
    pub reason: String,
    /// When the story began.
    pub since: Timestamp,
    /// Seconds from then to the moment of the digest, or to its end.
    pub age_secs: i64,
    /// The digest that told of it last, if one did.
    pub told_before: Option<Timestamp>,
}
