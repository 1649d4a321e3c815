//! A new skeleton whose siblings show many words in one position → the wider skeleton with a hole
//! there. Names that are plain words (services, queues, tables) cannot be told from text by looking
//! at one line; five different ones in one place can.
//!
//! Only the new skeleton moves. What was assigned before stays assigned as it was.

use super::lexicon::{self, OUTCOME};
use super::library::{LibraryConfig, SignatureIndex};
use super::skeleton::{HOLE, SkeletonKey, key_of};
use model::{Signature, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Words of one skeleton whose positions are watched: names stand near the front, and a line of
/// prose must not cost as many look-ups as it has words.
const WORDS_WATCHED_MAX: usize = 24;

/// Distinct words that a position can hold.
const WORDS_MAX: usize = 5;

/// Why an alias was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// Enough siblings differ in one word.
    Siblings,
    /// A user said so; `from` is the place of the child's own signature.
    User {
        /// Index of the child.
        from: u32,
    },
}

/// The record of one alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The signature that the child would have, or had, of its own.
    pub child: Signature,
    /// Its key.
    pub child_key: SkeletonKey,
    /// The signature that it is counted under.
    pub parent: SignatureIndex,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// When a user undid it.
    pub undone_at: Option<Timestamp>,
}

/// Which words were seen in one position of one wider skeleton: hashes of the distinct ones, until there
/// are enough; 0 stands for none. A chance meeting of two words only makes an alias come later.
#[derive(Default, Serialize, Deserialize)]
struct Position([u16; WORDS_MAX]);

impl Position {
    /// Notes a word; tells how many distinct ones there are.
    fn note(&mut self, word: &[u8]) -> usize {
        let hash = (xxhash_rust::xxh3::xxh3_64(word) as u16).max(1);
        let place = self.0.iter().position(|known| *known == hash || *known == 0);
        if let Some(place) = place {
            self.0[place] = hash;
        }
        self.0.iter().filter(|known| **known != 0).count()
    }
}

/// Watches the positions of all skeletons of all services.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Siblings {
    /// Set anew with the configuration.
    #[serde(skip)]
    words_min: usize,
    #[serde(skip)]
    literals_min: usize,
    #[serde(skip)]
    positions_max: usize,
    /// By half of the key of the wider skeleton: among half a million an accident has odds of 10⁻⁸.
    positions: BTreeMap<u64, Position>,
    unwatched: u64,
}

impl Siblings {
    pub(super) fn new(config: &LibraryConfig) -> Siblings {
        let mut siblings = Siblings::default();
        siblings.configure(config);
        siblings
    }

    pub(super) fn configure(&mut self, config: &LibraryConfig) {
        self.words_min = config.alias_words_min.clamp(2, WORDS_MAX);
        self.literals_min = config.alias_literals_min;
        self.positions_max = config.positions_max;
    }

    pub(super) fn unwatched(&self) -> u64 {
        self.unwatched
    }

    /// Notes a new skeleton; gives the wider text if one of its positions has shown enough words.
    pub(super) fn observe(&mut self, service: &str, text: &[u8]) -> Option<Vec<u8>> {
        let words = literals(text);
        if words.len() <= self.literals_min {
            return None;
        }
        let mut wider = None;
        for (at, &(start, end)) in words.iter().enumerate().take(WORDS_WATCHED_MAX).skip(1) {
            if !may_open(text, (start, end)) || tells_state(text, &words, at) {
                continue;
            }
            let opened = open(text, start, end);
            let enough = self.count(key_of(service, &opened), &text[start..end]);
            if enough && wider.is_none() {
                wider = Some(opened);
            }
        }
        wider
    }

    /// Notes a word of a position; tells whether it has shown enough.
    fn count(&mut self, key: SkeletonKey, word: &[u8]) -> bool {
        let key = key.0 as u64;
        if self.positions.len() >= self.positions_max && !self.positions.contains_key(&key) {
            self.unwatched += 1;
            return false;
        }
        self.positions.entry(key).or_default().note(word) >= self.words_min
    }
}

/// The places of the literal words, the first of them first.
fn literals(text: &[u8]) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut at = 0;
    for chunk in text.split(|b| {
        !b.is_ascii_alphanumeric()
            && !matches!(b, b'_' | b'-' | b'.' | b'*' | b'<' | b'>')
            && b.is_ascii()
    }) {
        let (start, end) = (at, at + chunk.len());
        at = end + 1;
        let hole = chunk.windows(HOLE.len()).any(|w| w == HOLE);
        if !hole && chunk.first().is_some_and(|b| b.is_ascii_alphabetic() || !b.is_ascii()) {
            words.push((start, end));
        }
    }
    words
}

/// Whether a literal may become a value: not if it is an outcome or state word or has one as a part
/// (`OfflineReplica`), nor if it is written like a state or code (`LEADING`, `E_FAIL`).
fn may_open(text: &[u8], (start, end): (usize, usize)) -> bool {
    let word = &text[start..end];
    let shouted = !word.iter().any(u8::is_ascii_lowercase) && word.is_ascii();
    !shouted && !parts(word).any(|(from, to)| lexicon::meaning(word, from, to) & OUTCOME != 0)
}

/// The parts of a compound: `OfflineReplica`, `not_ready`, `start-up.`.
fn parts(word: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while from < word.len() && !word[from].is_ascii_alphabetic() {
            from += 1;
        }
        let rest = word.get(from + 1..)?;
        let len = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
        let part = (from, from + 1 + len);
        from = part.1;
        Some(part)
    })
}

/// Words that say that a state follows, not far behind them.
const STATE_WORDS: &[&[u8]] = &[
    b"state",
    b"status",
    b"phase",
    b"mode",
    b"condition",
    b"transition",
    b"transitioned",
    b"result",
];
/// Words between such a word and the state: "state change to", "status is now".
const STATE_WORDS_BETWEEN: usize = 3;

/// Whether the word `words[at]` tells a state, by the words before it.
fn tells_state(text: &[u8], words: &[(usize, usize)], at: usize) -> bool {
    words[at.saturating_sub(STATE_WORDS_BETWEEN)..at].iter().any(|&(start, end)| {
        let word = text[start..end].to_ascii_lowercase();
        STATE_WORDS.contains(&word.as_slice())
    })
}

/// The text with a hole in place of one word; holes that now touch become one.
fn open(text: &[u8], start: usize, end: usize) -> Vec<u8> {
    let mut before = &text[..start];
    let mut after = &text[end..];
    for joint in [&b" "[..], b","] {
        if let Some(head) = before.strip_suffix(joint)
            && head.ends_with(HOLE)
        {
            before = &head[..head.len() - HOLE.len()];
        }
        if let Some(rest) = after.strip_prefix(joint)
            && rest.starts_with(HOLE)
        {
            after = &rest[HOLE.len()..];
        }
    }
    [before, HOLE, after].concat()
}
