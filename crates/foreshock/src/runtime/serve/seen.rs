//! What was delivered lately, so that it counts once: a file's lines that come again after a crash, a request that
//! its sender repeats because it got no answer. Their ids are the same then.
//!
//! Records of wires have ids of their own and are not looked at.

use model::{Cursor, EnvelopeId, Seq};
use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use store::spool::Record;

/// Ids that are remembered: what is delivered again comes within the batch that was not answered, or within the time
/// in which a sender tries again. 8 MiB.
const SEEN_MAX: usize = 131_072;

/// The latest ids and the records that brought them first, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    order: VecDeque<(EnvelopeId, Seq)>,
    known: HashMap<EnvelopeId, Seq>,
}

impl Seen {
    /// Those that a snapshot remembered.
    pub(super) fn of(order: Vec<(EnvelopeId, Seq)>) -> Seen {
        Seen { known: order.iter().copied().collect(), order: order.into() }
    }

    /// The ids with their records, oldest first.
    pub(super) fn ids(&self) -> Vec<(EnvelopeId, Seq)> {
        self.order.iter().copied().collect()
    }

    /// Whether a record can come twice at all.
    pub(super) fn concerns(record: &Record<'_>) -> bool {
        matches!(record.facts.cursor, Cursor::File { .. } | Cursor::Key { .. })
    }

    /// Takes in a record; whether it was delivered before.
    pub(super) fn again(&mut self, record: &Record<'_>) -> bool {
        let id = record.envelope().id();
        match self.known.entry(id) {
            Entry::Occupied(_) => return true,
            Entry::Vacant(entry) => _ = entry.insert(record.seq),
        }
        if self.order.len() >= SEEN_MAX
            && let Some((oldest, _)) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back((id, record.seq));
        false
    }

    /// Whether a record that was taken in long ago, and is read once more, came again even then.
    pub(super) fn was_again(&self, record: &Record<'_>) -> bool {
        self.known.get(&record.envelope().id()).is_some_and(|first| *first < record.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::intake::Facts;
    use model::{Origin, Seq, SourceId, TenantId, Timestamp, Transport};
    use std::sync::Arc;

    #[test]
    fn a_line_counts_once_and_the_oldest_are_forgotten() {
        let origin = Arc::new(Origin {
            source_id: SourceId::new("s"),
            tenant_id: TenantId::new("t"),
            source_type: "file".into(),
            source_name: "a.log".into(),
            transport: Transport::File,
        });
        let mut seen = Seen::default();
        let mut again = |offset: u64| {
            let cursor = Cursor::File { head: 7, offset, line: 1 };
            let facts = Facts { cursor, ..Facts::received(Timestamp::default()) };
            let record =
                Record { seq: Seq(offset), facts, origin: &origin, peer: "", payload: b"x" };
            assert!(Seen::concerns(&record));
            seen.again(&record)
        };
        assert!(!again(0));
        assert!(again(0));
        (1..=SEEN_MAX as u64).for_each(|offset| assert!(!again(offset)));
        assert!(!again(0), "forgotten");
        let copy = Seen::of(seen.ids());
        assert_eq!((copy.order.len(), copy.known.len()), (SEEN_MAX, SEEN_MAX));
    }
}
