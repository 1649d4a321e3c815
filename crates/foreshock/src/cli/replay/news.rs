//! A long row of digests → what a person reads of it: the digests that say something new, and of
//! these only the items that are new or stand otherwise than when they were last told.

use model::{Band, CandidateId, Digest, Item, TenantId};
use outputs::figure::counted;
use std::collections::BTreeMap;

/// How an item stood when it was told.
type Standing = (Band, &'static str);

/// What each tenant was told, and its latest digest if that was kept back.
#[derive(Debug, Default)]
pub(super) struct News {
    told: BTreeMap<TenantId, Told>,
    kept_back: u64,
}

#[derive(Debug, Default)]
struct Told {
    standings: BTreeMap<CandidateId, Standing>,
    latest: Option<Digest>,
}

impl News {
    /// What is new in the digest, or `None` if nothing is.
    pub(super) fn of(&mut self, mut digest: Digest) -> Option<Digest> {
        let told = self.told.entry(digest.tenant_id.clone()).or_default();
        let standing = |item: &Item| (item.band, item.status);
        let now: BTreeMap<CandidateId, Standing> =
            digest.items.iter().map(|item| (item.candidate_id, standing(item))).collect();
        let before = std::mem::replace(&mut told.standings, now);
        let is_news = |item: &Item| before.get(&item.candidate_id) != Some(&standing(item));
        if !digest.items.iter().any(is_news) {
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
}
