//! Ordinary change, said once: a rollout or a reboot brings several new kinds of message to
//! several hosts at the same time. That is one quiet note, not ten items.

use crate::attention::ledger::Ledger;
use crate::config::Config;
use crate::signature::{Library, SignatureIndex};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Births that are looked at together; more at a time are one change all the same.
const NEWBORN_MAX: usize = 256;
/// Notes kept; a digest tells of those of its own time.
const NOTES_MAX: usize = 32;
/// Kinds of message quoted in a note.
const QUOTED: usize = 3;

/// One change that was recognised.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    at: Timestamp,
    /// When it was recognised: an hour after it began.
    told: Timestamp,
    kinds: Vec<SignatureIndex>,
    hosts: usize,
}

/// Changes recognised so far, and the births that may become one.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Notes {
    newborn: VecDeque<(Timestamp, SignatureIndex)>,
    notes: VecDeque<Note>,
}

impl Notes {
    /// A signature was seen for the first time.
    pub(super) fn born(&mut self, signature: SignatureIndex, at: Timestamp) {
        if self.newborn.len() >= NEWBORN_MAX {
            self.newborn.pop_front();
        }
        self.newborn.push_back((at, signature));
    }

    /// Looks at the births whose time is over: those that reached several hosts together are a
    /// change. While learning, everything is new and nothing is a change.
    pub(super) fn turn(&mut self, ledger: &Ledger, learning: bool, config: &Config) {
        let within = config.discover.change_within;
        let Some((first, _)) = self.newborn.front().copied() else {
            return;
        };
        if ledger.now - first < within {
            return;
        }
        let mut kinds: Vec<SignatureIndex> = Vec::new();
        while let Some((at, signature)) = self.newborn.front().copied() {
            if at - first > within {
                break;
            }
            kinds.push(signature);
            self.newborn.pop_front();
        }
        let hosts_of = |s: &SignatureIndex| ledger.kinds[s.0 as usize].hosts as usize;
        kinds.retain(|s| hosts_of(s) >= 2);
        if learning || kinds.len() < config.discover.change_births_min as usize {
            return;
        }
        if self.notes.len() >= NOTES_MAX {
            self.notes.pop_front();
        }
        let hosts = kinds.iter().map(hosts_of).max().unwrap_or(0);
        self.notes.push_back(Note { at: first, told: ledger.now, kinds, hosts });
    }

    /// The changes recognised since then, in words.
    pub(super) fn since(&self, since: Timestamp, library: &Library) -> Vec<String> {
        let notes = self.notes.iter().filter(|note| note.told >= since);
        notes.map(|note| note.words(library)).collect()
    }
}

impl Note {
    fn words(&self, library: &Library) -> String {
        let quote = |s: &SignatureIndex| {
            let text = library.signature(*s).template.replace("<*>", "…");
            format!("“{}”", crate::score::shorten(&text, 40))
        };
        let quoted: Vec<String> = self.kinds.iter().take(QUOTED).map(quote).collect();
        let more = match self.kinds.len().saturating_sub(QUOTED) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        format!(
            "{} new kinds of message on {} hosts from {} on, taken for a change such as a rollout or a reboot: {}{more}",
            self.kinds.len(),
            self.hosts,
            self.at.to_minute_text(),
            quoted.join(", ")
        )
    }
}
