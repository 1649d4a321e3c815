//! What detectors passed over, and births that came together → ordinary change, said once: one note
//! per reason, subject and occurrence, in a small bounded list. Ten lines of a rollout are one quiet
//! note, not ten items.
//!
//! What comes again and again is told when it is first recognised, and then once a week at most: a
//! note is to say something new.

mod note;
mod words;

use crate::attention::known::ServiceIndex;
use crate::attention::ledger::Ledger;
use crate::config::Config;
use crate::discover::passed::{Passed, Reason};
use crate::signature::SignatureIndex;
use model::{Span, Timestamp};
use note::{Note, PARTS_MAX};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Births that are looked at together; more at a time are one change all the same.
const NEWBORN_MAX: usize = 256;
/// Notes kept; a digest tells of those of its own time.
const NOTES_MAX: usize = 64;
/// A recurring thing is told again after so long: a week, less a day for the clocks of weekly jobs.
const TOLD_AGAIN: Span = Span::DAY.times(6);
/// A program, or a host, is new for so long.
const NEW_FOR: Span = Span::DAY.times(7);

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

    /// Looks at the births whose time is over, and at what was still going on.
    pub(super) fn turn(&mut self, ledger: &Ledger, config: &Config) {
        for note in &mut self.notes {
            note.follow(ledger, config);
        }
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
        for passed in born_together(&kinds, ledger, config) {
            self.take(passed, ledger, config);
        }
    }

    /// Takes in what was passed over: it belongs to a note, is one of its own, or comes again.
    pub(super) fn take(&mut self, mut passed: Passed, ledger: &Ledger, config: &Config) {
        // What is part of a story is not left out.
        passed.cells.retain(|cell| ledger[*cell].candidate.is_none());
        if passed.cells.is_empty() || !is_news(&passed, ledger, config) {
            return;
        }
        let now = ledger.now;
        let Some(index) = self.notes.iter().rposition(|note| note.is_of(&passed, ledger)) else {
            self.push(Note::new(&passed, ledger));
            return;
        };
        let note = &mut self.notes[index];
        let is_same = note.is_near(now);
        if is_same && note.again == 0 {
            note.join(&passed, ledger);
        } else if !is_same && now - note.told >= TOLD_AGAIN {
            // The new note speaks for the earlier one, too.
            let (before, latest_before) = (note.before + note.again + 1, note.seen);
            self.notes.remove(index);
            self.push(Note { before, latest_before, ..Note::new(&passed, ledger) });
            return;
        } else if !is_same {
            note.again += 1;
        }
        note.seen = now;
    }

    fn push(&mut self, note: Note) {
        if self.notes.len() >= NOTES_MAX {
            self.notes.pop_front();
        }
        self.notes.push_back(note);
    }
}

/// While learning everything is new and nothing is a change; and a program is new only for a time.
fn is_news(passed: &Passed, ledger: &Ledger, config: &Config) -> bool {
    let learnt = ledger.first + config.attention.learning_span;
    let is_young = passed.reason != Reason::NewProgram || ledger.now - passed.since < NEW_FOR;
    passed.since >= learnt && is_young
}

/// Several kinds born at about the same time that reached several hosts: the talk of a program that is
/// new itself, or a change such as a rollout.
fn born_together(kinds: &[SignatureIndex], ledger: &Ledger, config: &Config) -> Vec<Passed> {
    // By the program that is new itself, if one is.
    let mut born = BTreeMap::<Option<ServiceIndex>, Vec<SignatureIndex>>::new();
    for signature in kinds {
        let kind = &ledger.kinds[signature.0 as usize];
        let service = &ledger.services[kind.service.0 as usize];
        let is_new = kind.first.at() - service.first < Span::DAY && !service.name.is_empty();
        if kind.hosts >= 2 {
            born.entry(is_new.then_some(kind.service)).or_default().push(*signature);
        }
    }
    born.retain(|_, kinds| kinds.len() >= config.discover.change_births_min as usize);
    let first = |kind: &SignatureIndex| ledger.kinds[kind.0 as usize].first.at();
    let passed = |(new, kinds): (Option<ServiceIndex>, Vec<SignatureIndex>)| Passed {
        reason: if new.is_some() { Reason::NewProgram } else { Reason::Rollout },
        cells: kinds.iter().flat_map(|k| ledger.cells_of(*k)).take(PARTS_MAX).collect(),
        since: kinds.iter().map(first).min().unwrap_or_default(),
    };
    born.into_iter().map(passed).collect()
}
