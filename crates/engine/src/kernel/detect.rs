//! One pass over the text of every line, looking for all words of interest at once; only lines with
//! a hit are looked at again.

use super::grammar::{HEADERS, READY, Ready};
use super::signs::SIGNS;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use std::sync::LazyLock;

/// What a hit asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hit {
    /// A header of the grammar, by index.
    Header(u8),
    /// A sign, by index.
    Sign(u8),
    /// Another word, by its bit in [`Hits::words`].
    Word(u8),
}

/// Words that other parts want to see.
pub(super) mod word {
    /// A fact about the boot.
    pub(in crate::kernel) const FACT: u8 = 0;
    /// A message that comes with a stack trace and is no report.
    pub(in crate::kernel) const NOISE: u8 = 1;
    /// The tracebacks of other processors follow.
    pub(in crate::kernel) const ALL_CPUS: u8 = 2;
    /// The line before will be printed again.
    pub(in crate::kernel) const REPLAY: u8 = 3;
    /// Messages were lost, or folded.
    pub(in crate::kernel) const LOST: u8 = 4;
    /// The program's end shows that memory ran out.
    pub(in crate::kernel) const SIDE_EFFECT: u8 = 5;
}

/// Words and what they are for.
const WORDS: &[(&str, u8)] = &[
    ("Linux version ", word::FACT),
    ("ommand line: ", word::FACT),
    ("DMI: ", word::FACT),
    ("Hardware name: ", word::FACT),
    ("Machine model: ", word::FACT),
    ("Modules linked in:", word::FACT),
    ("reboot: ", word::FACT),
    ("Restarting system.", word::FACT),
    ("Power down.", word::FACT),
    ("System halted.", word::FACT),
    ("setting system clock to ", word::FACT),
    ("audit(", word::FACT),
    ("suspend exit", word::FACT),
    ("hibernation exit", word::FACT),
    ("Waking up from system sleep", word::FACT),
    ("Kernel panic - not syncing", word::FACT),
    ("vmalloc: allocation failure:", word::NOISE),
    ("FAULT_INJECTION: forcing a failure", word::NOISE),
    ("FAULT_FLAG_ALLOW_RETRY missing", word::NOISE),
    ("Sending NMI from CPU", word::ALL_CPUS),
    ("** replaying previous printk message **", word::REPLAY),
    ("messages dropped", word::LOST),
    ("callbacks suppressed", word::LOST),
    ("message repeated ", word::LOST),
    ("syz-executor)", word::SIDE_EFFECT),
    ("(sshd)", word::SIDE_EFFECT),
    ("signal SIGBUS: bus error", word::SIDE_EFFECT),
    ("SYZFAIL: SIGBUS", word::SIDE_EFFECT),
    ("lowmemorykiller: Killing '", word::SIDE_EFFECT),
    ("fatal error: runtime: ", word::SIDE_EFFECT),
    ("fatal error: out of memory", word::SIDE_EFFECT),
    ("fatal error: newosproc", word::SIDE_EFFECT),
    ("fatal error: unexpected signal during runtime", word::SIDE_EFFECT),
    ("cannot allocate memory", word::SIDE_EFFECT),
    ("stack smashing detected ***: terminated", word::SIDE_EFFECT),
];

/// What the pass found in a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hits {
    /// Headers, a bit each.
    pub(super) headers: u64,
    /// Signs, a bit each.
    pub(super) signs: u128,
    /// Words, a bit each.
    pub(super) words: u8,
}

impl Hits {
    pub(super) fn has(self, word: u8) -> bool {
        self.words & (1 << word) != 0
    }
}

#[derive(Debug)]
struct Detector {
    automaton: Option<AhoCorasick>,
    hits: Vec<Hit>,
}

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| {
    let mut literals: Vec<&str> = Vec::new();
    let mut hits = Vec::new();
    for (place, header) in HEADERS.iter().enumerate() {
        literals.push(header.words);
        hits.push(Hit::Header(place as u8));
    }
    for (place, sign) in SIGNS.iter().enumerate() {
        for words in sign.words {
            literals.push(words);
            hits.push(Hit::Sign(place as u8));
        }
    }
    for (words, bit) in WORDS {
        literals.push(words);
        hits.push(Hit::Word(*bit));
    }
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(literals)
        .ok();
    Detector { automaton, hits }
});

/// Looks a text over.
pub(super) fn scan(text: &str) -> Hits {
    let mut found = Hits::default();
    let Some(automaton) = &DETECTOR.automaton else {
        return found;
    };
    if automaton.find(Input::new(text).earliest(true)).is_none() {
        return found;
    }
    for hit in automaton.find_overlapping_iter(text) {
        match DETECTOR.hits[hit.pattern().as_usize()] {
            Hit::Header(bit) => found.headers |= 1 << bit,
            Hit::Sign(bit) => found.signs |= 1 << bit,
            Hit::Word(bit) => found.words |= 1 << bit,
        }
    }
    found
}

/// The header that a line opens a report with.
pub(super) fn header(hits: Hits, text: &str) -> Option<&'static Ready> {
    let mut left = hits.headers;
    while left != 0 {
        let place = left.trailing_zeros() as usize;
        left &= left - 1;
        let ready = READY.get(place)?;
        if ready.opens(text) {
            return Some(ready);
        }
    }
    None
}
