//! Attention bands: how much attention a signature gets now, from a counter only to a person.

use crate::Timestamp;
use std::fmt;

/// How much attention something gets. Higher bands keep more, compute more and show more; a low
/// band can always earn a higher one.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Counters only: its rhythm is known and nothing speaks for it.
    IgnoreFast,
    /// Kept at low cost; may matter if it comes back.
    #[default]
    Background,
    /// Weak but plausible: its context is kept.
    Watch,
    /// Strong enough to compare and explain; shown for review.
    Investigate,
    /// A person should see it now.
    Promote,
}

impl Band {
    /// All bands, lowest first.
    pub const ALL: [Band; 5] =
        [Band::IgnoreFast, Band::Background, Band::Watch, Band::Investigate, Band::Promote];

    /// The band's own name.
    pub fn word(self) -> &'static str {
        match self {
            Band::IgnoreFast => "ignore_fast",
            Band::Background => "background",
            Band::Watch => "watch",
            Band::Investigate => "investigate",
            Band::Promote => "promote",
        }
    }

    /// The name in `decision_band` on the wire: `review` for investigate, `urgent_human_review`
    /// for promote, else the band's own.
    pub fn decision_word(self) -> &'static str {
        match self {
            Band::Investigate => "review",
            Band::Promote => "urgent_human_review",
            other => other.word(),
        }
    }

    /// The band that a name means; both spellings are taken.
    pub fn from_word(word: &str) -> Option<Band> {
        Band::ALL.into_iter().find(|b| b.word() == word || b.decision_word() == word)
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One recorded change of band, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BandChange {
    /// When it took effect.
    pub at: Timestamp,
    /// The band before.
    pub from: Band,
    /// The band after.
    pub to: Band,
    /// The rule that moved it and the numbers it saw.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_understood() {
        assert_eq!(Band::from_word("review"), Some(Band::Investigate));
        assert_eq!(Band::from_word("investigate"), Some(Band::Investigate));
        assert_eq!(Band::from_word("urgent_human_review"), Some(Band::Promote));
        assert_eq!(Band::from_word("loud"), None);
        assert!(Band::IgnoreFast < Band::Promote);
    }
}
