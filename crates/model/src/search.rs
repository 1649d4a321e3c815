//! Questions to the events that are kept, and their answers: what the API, the terminal and the console ask,
//! and what every store answers in the same way.

use crate::{Seq, Severity, SignatureId, TenantId, Timestamp};
use std::fmt;
use std::str::FromStr;

/// What is asked for. Everything that is given must hold; of several hosts, services or signatures any one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Only of this client; `None` means all of them.
    pub tenant: Option<TenantId>,
    /// Only of these hosts; empty means any.
    pub hosts: Vec<String>,
    /// Only of these services; empty means any.
    pub services: Vec<String>,
    /// Only of these kinds of message; empty means any.
    pub signatures: Vec<SignatureId>,
    /// Only what its source calls at least this bad.
    pub severity: Option<Severity>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// What the message must say.
    pub text: Text,
    /// The order of the answer.
    pub order: Order,
    /// At most so many events a page; see [`Query::LIMIT_MAX`].
    pub limit: usize,
    /// Go on after this event of the page before.
    pub after: Option<Place>,
}

impl Query {
    /// The most events that one page holds.
    pub const LIMIT_MAX: usize = 10_000;
}

/// The order of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
}

/// What a message must say: all of the terms. Letters are compared without regard to case (ASCII).
///
/// `reset` is a whole word, `reset*` the beginning of one, `"connection reset"` stands anywhere, also within
/// words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The terms.
    pub terms: Vec<Term>,
}

/// One term. Its text is lower case and not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What must stand in the message.
    pub text: String,
    /// No letter or digit may stand right before it.
    pub begins_word: bool,
    /// No letter or digit may stand right after it.
    pub ends_word: bool,
}

impl Text {
    /// Reads terms as a person writes them. Total: a quotation without end ends with the text.
    pub fn parse(text: &str) -> Text {
        let mut terms = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (word, is_quoted) = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let (word, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                    rest = after.trim_start();
                    (word, true)
                }
                None => {
                    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                    let (word, after) = rest.split_at(end);
                    rest = after.trim_start();
                    (word, false)
                }
            };
            let stem = if is_quoted { word } else { word.trim_end_matches('*') };
            if !stem.is_empty() {
                terms.push(Term {
                    text: stem.to_ascii_lowercase(),
                    begins_word: !is_quoted,
                    ends_word: !is_quoted && stem.len() == word.len(),
                });
            }
        }
        Text { terms }
    }
}

/// Where an event stands in an answer: the cursor of paging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its time.
    pub at: Timestamp,
    /// Its record: tells events of one time apart.
    pub seq: Seq,
}

/// Why a text is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor: give back the `next` of the page before as it is")]
pub struct PlaceError;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}", self.at.as_micros() as u64, self.seq.0)
    }
}

impl FromStr for Place {
    type Err = PlaceError;
    fn from_str(text: &str) -> Result<Place, PlaceError> {
        let (at, seq) = text.split_once('.').ok_or(PlaceError)?;
        let number = |text| u64::from_str_radix(text, 16).map_err(|_| PlaceError);
        let at = Timestamp::from_micros(number(at)? as i64);
        Ok(Place { at, seq: Seq(number(seq)?) })
    }
}

/// One event that was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Found {
    /// Its record in the spool: leads to the raw bytes.
    pub seq: Seq,
    /// When it happened, by the clock that it was ordered by.
    pub at: Timestamp,
    /// The client.
    pub tenant_id: TenantId,
    /// The machine.
    pub host: String,
    /// The program; empty if unknown.
    pub service: String,
    /// How bad its source says it is.
    pub severity: Option<Severity>,
    /// The kind of message.
    pub signature_id: SignatureId,
    /// The message.
    pub text: String,
}

impl Found {
    /// Where it stands in an answer.
    pub fn place(&self) -> Place {
        Place { at: self.at, seq: self.seq }
    }
}

/// One page of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The events, in the order that was asked for.
    pub found: Vec<Found>,
    /// Where the next page goes on; `None` on the last one.
    pub next: Option<Place>,
    /// What it took.
    pub scan: Scan,
}

/// What an answer took: so that silence of a search can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Scan {
    /// Blocks kept.
    pub blocks: u64,
    /// Blocks that were read in whole.
    pub blocks_read: u64,
    /// Events looked at.
    pub events: u64,
    /// Blocks that are damaged: what they hold is missing from the answer.
    pub blocks_damaged: u64,
}

/// How the events that were asked for are spread: the most frequent values of each field with their counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Facets {
    /// Events in all.
    pub total: u64,
    /// Clients.
    pub tenants: Vec<(TenantId, u64)>,
    /// Machines.
    pub hosts: Vec<(String, u64)>,
    /// Programs.
    pub services: Vec<(String, u64)>,
    /// Kinds of message.
    pub signatures: Vec<(SignatureId, u64)>,
    /// By severity, worst first; the last is of those without one.
    pub severities: [u64; 9],
    /// The time of the earliest and of the latest.
    pub times: Option<(Timestamp, Timestamp)>,
    /// What it took.
    pub scan: Scan,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_words_beginnings_and_quotations() {
        let term =
            |text: &str, begins_word, ends_word| Term { text: text.into(), begins_word, ends_word };
        let read = Text::parse(r#" Reset time* "Peer Closed"  * "" "open"#);
        let expected = [
            term("reset", true, true),
            term("time", true, false),
            term("peer closed", false, false),
            term("open", false, false),
        ];
        assert_eq!(read.terms, expected);
        assert_eq!(Text::parse("  "), Text::default());
    }

    #[test]
    fn places_read_and_show() {
        for (at, seq) in [(0, 0), (-5, u64::MAX), (i64::MAX, 7)] {
            let place = Place { at: Timestamp::from_micros(at), seq: Seq(seq) };
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in ["", "1", "1.", "x.1", "1.2.3"] {
            assert_eq!(text.parse::<Place>(), Err(PlaceError), "{text}");
        }
    }
}
