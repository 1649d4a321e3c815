//! What a host said around an occasion: lines that stand beside a story and do not belong to it.

use crate::{Evidence, Timestamp};

/// Where a line stands to the occasion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It came shortly before.
    Before,
    /// It is the occasion's first line.
    Itself,
    /// It came shortly after.
    After,
}

impl Relation {
    /// The name on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Relation::Before => "before",
            Relation::Itself => "itself",
            Relation::After => "after",
        }
    }
}

/// One line around an occasion.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ContextLine {
    /// Where it stands to the occasion.
    pub relation: Relation,
    /// When the occasion began.
    pub occasion: Timestamp,
    /// The line.
    #[serde(flatten)]
    pub line: Evidence,
}
