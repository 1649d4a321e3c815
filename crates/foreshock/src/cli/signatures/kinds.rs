//! Lines → a table of their kinds: how often, which signature, what text.

use super::parallel::Work;
use super::rows::Understanding;
use engine::signature::SkeletonKey;
use model::Signature;
use sources::Batch;
use std::collections::HashMap;
use std::io::{self, Write};

/// Kinds that are told apart; lines of further ones are counted together.
const KINDS_MAX: usize = 1_000_000;

/// Counts the kinds within one batch.
pub(super) struct Counting(Understanding);

impl Counting {
    pub(super) fn new(body_only: bool) -> Counting {
        Counting(Understanding::new(body_only))
    }
}

/// Kinds of message and how many lines are of each.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    known: HashMap<SkeletonKey, (u64, Signature)>,
    others: u64,
}

impl Work for Counting {
    type Result = Kinds;

    fn batch(&mut self, batch: &Batch) -> Kinds {
        let mut kinds = Kinds::default();
        for line in batch.lines() {
            self.0.of(line.bytes, |service, skeleton| {
                let entry = kinds.known.entry(skeleton.key());
                entry.or_insert_with(|| (0, skeleton.signature(service))).0 += 1;
            });
        }
        kinds
    }
}

impl Kinds {
    /// Adds what was counted in a batch.
    pub(super) fn add(&mut self, other: Kinds) {
        for (key, (count, signature)) in other.known {
            if self.known.len() < KINDS_MAX || self.known.contains_key(&key) {
                self.known.entry(key).or_insert((0, signature)).0 += count;
            } else {
                self.others += count;
            }
        }
    }

    /// Writes the table, the most frequent kinds first.
    pub(super) fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut kinds: Vec<&(u64, Signature)> = self.known.values().collect();
        kinds.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.id.cmp(&b.1.id)));
        for (count, signature) in kinds {
            // Log text is hostile: what could be a command to the terminal is shown as its escape.
            let service = shown(&signature.service);
            let template = shown(&signature.template);
            let separator = if signature.service.is_empty() { "" } else { ": " };
            writeln!(to, "{count:>9}  {}  {service}{separator}{template}", signature.id)?;
        }
        if self.others > 0 {
            writeln!(to, "{:>9}  of more than {KINDS_MAX} further kinds", self.others)?;
        }
        Ok(())
    }
}

/// The text without control characters.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_debug());
        } else {
            shown.push(c);
        }
    }
    shown
}
