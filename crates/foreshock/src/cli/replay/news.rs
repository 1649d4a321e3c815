//! A long row of digests → what a person reads of it: the digests that say something new, and of
//! these only the items that are new or stand otherwise than when they were last told, and the notes that
//! were not told yet.

use model::{Band, CandidateId, Digest, Item, Stage, TenantId};
use outputs::figure::counted;
use std::collections::BTreeMap;

/// How an item stood when it was told: its band, whether it is over, and whether it moves.
type Standing = (Band, &'static str, Option<Stage>);

/// What each tenant was told, and its latest digest if that was kept back.
#[derive(Debug, Default)]
pub(super) struct News {
    told: BTreeMap<TenantId, Told>,
    kept_back: u64,
}

#[derive(Debug, Default)]
struct Told {
    standings: BTreeMap<CandidateId, Standing>,
    /// The notes of the digest before.
    notes: Vec<String>,
    latest: Option<Digest>,
}

impl News {
    /// What is new in the digest, or `None` if nothing is.
    pub(super) fn of(&mut self, mut digest: Digest) -> Option<Digest> {
        let told = self.told.entry(digest.tenant_id.clone()).or_default();
        let before = std::mem::take(&mut told.standings);
        let standing = |item: &Item| standing(item, before.get(&item.candidate_id));
        told.standings = digest.items.iter().map(|i| (i.candidate_id, standing(i))).collect();
        let is_news = |item: &Item| before.get(&item.candidate_id) != Some(&standing(item));
        // A note may hold for several digests; it is told in the first.
        let notes = std::mem::replace(&mut told.notes, digest.quiet.notes.clone());
        digest.quiet.notes.retain(|note| !notes.contains(note));
        if !digest.items.iter().any(is_news) && digest.quiet.notes.is_empty() {
            self.kept_back += 1;
            told.latest = Some(digest);
            return None;
        }
        told.latest = None;
        let (news, known): (Vec<Item>, Vec<Item>) = digest.items.into_iter().partition(is_news);
        if !known.is_empty() {
            let ids: Vec<String> = known.iter().map(|i| i.candidate_id.to_string()).collect();
            let items = counted(known.len() as u64, "item", "items");
            let note = format!("{items} told before, standing as then: {}.", ids.join(", "));
            digest.quiet.notes.push(note);
            digest.quiet.told_before = known.iter().filter(|i| i.outcome.is_none()).count() as u64;
        }
        digest.items = news;
        Some(digest)
    }

    /// The last digest of each tenant that ended without news: how things stand at the end.
    pub(super) fn rest(&mut self) -> Vec<Digest> {
        let latest = self.told.values_mut().filter_map(|told| told.latest.take());
        let latest: Vec<Digest> = latest.collect();
        self.kept_back -= latest.len() as u64;
        latest
    }

    /// How many of `count` digests were left out, in one line; nothing if none was.
    pub(super) fn summary(&self, count: u64) -> String {
        match self.kept_back {
            0 => String::new(),
            left_out => format!(
                "{left_out} of {} had no news and are left out; --format ndjson has them all.\n",
                counted(count, "digest", "digests")
            ),
        }
    }
}

/// How an item stands now. That it grows or gets better is news once; that it does so no more is none.
fn standing(item: &Item, before: Option<&Standing>) -> Standing {
    let moves = match item.lifecycle.stage {
        stage @ (Stage::Growing | Stage::Better) => Some(stage),
        _ => before.and_then(|(_, _, moved)| *moved),
    };
    (item.band, item.status, moves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invented::{digest, hour, item};

    #[test]
    fn only_what_is_new_or_stands_otherwise_is_told() {
        let mut news = News::default();
        let (a, b) = (item("a", Band::Watch, "open"), item("b", Band::Investigate, "open"));
        let mut told = |at, items: &[&Item]| {
            let items = items.iter().map(|item| (*item).clone()).collect();
            let digest = news.of(digest("acme", at, items))?;
            let titles: Vec<String> = digest.items.into_iter().map(|i| i.title).collect();
            Some((titles.concat(), digest.quiet.notes.len()))
        };
        assert_eq!(told(0, &[]), None);
        assert_eq!(told(1, &[&a]), Some(("a".into(), 0)));
        assert_eq!(told(2, &[&a]), None);
        assert_eq!(told(3, &[&a, &b]), Some(("b".into(), 1)));
        let raised = item("a", Band::Investigate, "open");
        assert_eq!(told(4, &[&raised, &b]), Some(("a".into(), 1)));
        let closed = item("b", Band::Watch, "closed");
        assert_eq!(told(5, &[&raised, &closed]), Some(("b".into(), 1)));
        assert_eq!(told(6, &[&raised]), None);
        assert_eq!(told(7, &[&raised]), None);
        let rest = news.rest();
        assert_eq!(rest.len(), 1);
        assert_eq!(rest[0].as_of, hour(7));
        assert!(news.summary(8).starts_with("3 of 8 digests had no news"));
    }

    #[test]
    fn what_moves_is_told_once_and_so_is_a_note() {
        let mut news = News::default();
        let still = item("a", Band::Watch, "open");
        let mut moved = still.clone();
        moved.lifecycle.stage = Stage::Growing;
        let mut told = |at, item: &Item, notes: &[&str]| {
            let mut digest = digest("acme", at, vec![item.clone()]);
            digest.quiet.notes = notes.iter().map(|note| (*note).to_owned()).collect();
            let told = news.of(digest)?;
            Some((told.items.len(), told.quiet.notes, told.quiet.told_before))
        };
        let known = || "1 item told before, standing as then: ".to_owned();
        assert_eq!(told(0, &still, &[]), Some((1, vec![], 0)));
        assert_eq!(told(1, &moved, &[]), Some((1, vec![], 0)));
        assert_eq!(told(2, &still, &[]), None);
        assert_eq!(told(3, &moved, &[]), None);
        let (items, notes, before) = told(4, &moved, &["a rollout."]).expect("a note is news");
        assert_eq!((items, before, notes[0].as_str()), (0, 1, "a rollout."));
        assert!(notes[1].starts_with(&known()), "{notes:?}");
        assert_eq!(told(5, &moved, &["a rollout."]), None);
    }
}
