//! What the library promises: caps that count, aliases that are dated and reversible.

use super::*;
use crate::signature::{fingerprint, signature};
use proptest::prelude::*;

struct Reader(Library, Skeleton);

impl Reader {
    fn new(config: LibraryConfig) -> Reader {
        Reader(Library::new(config), Skeleton::default())
    }

    fn read(&mut self, service: &str, body: &str) -> Assigned {
        fingerprint(service, body, &mut self.1);
        self.0.assign(service, body, &self.1)
    }

    fn template(&mut self, body: &str) -> String {
        let index = self.read("app", body).index;
        self.0.signature(index).template.clone()
    }
}

const SMALL: LibraryConfig = LibraryConfig {
    signatures_max: 6,
    signatures_per_service_max: 3,
    alias_words_min: 5,
    alias_literals_min: 3,
    positions_max: 1_000,
    aliases_max: 100,
};

const TEAMS: [&str; 7] = ["red", "green", "blue", "teal", "pink", "brown", "beige"];

fn queues(reader: &mut Reader) -> Vec<SignatureIndex> {
    let line = |team: &str| format!("draining messages of team {team} took 5 ms");
    let lines = TEAMS.iter().map(|team| line(team));
    lines.map(|line| reader.read("app", &line).index).collect()
}

#[test]
fn a_known_skeleton_keeps_its_index() {
    let mut reader = Reader::new(LibraryConfig::default());
    let first = reader.read("app", "job 7 done");
    let again = reader.read("app", "job 8 done");
    assert!(first.is_new && !again.is_new);
    assert_eq!(first.index, again.index);
    assert_ne!(first.index, reader.read("db", "job 8 done").index);
    let known = reader.0.signature(first.index);
    assert_eq!(*known, signature("app", "job 9 done"));
}

#[test]
fn overflow_is_counted_under_its_service() {
    let mut reader = Reader::new(SMALL);
    let words = ["alpha", "beta", "gamma", "delta", "omega"];
    let indexes: Vec<_> = words.iter().map(|w| reader.read("app", w).index).collect();
    assert_eq!(reader.0.overflowed(), 2);
    assert_eq!(indexes[3], indexes[4]);
    assert_eq!(reader.0.signature(indexes[4]).service, "app");
    assert!(!reader.read("app", "zeta").is_new);
    assert_eq!(reader.read("app", "alpha").index, indexes[0], "known ones stay known");
    assert!(reader.read("db", "alpha").is_new, "another service has room of its own");
}

#[test]
fn services_without_end_share_one_overflow() {
    let mut reader = Reader::new(SMALL);
    for n in 0..1_000 {
        reader.read(&format!("s{n}"), "hello");
    }
    assert!(reader.0.len() <= 2 * SMALL.signatures_max + 1);
    assert_eq!(reader.0.overflowed(), 1_000 - 6);
}

#[test]
fn the_fifth_word_opens_a_position() {
    let mut reader = Reader::new(LibraryConfig::default());
    reader.0.advance(Timestamp::from_secs(77));
    let indexes = queues(&mut reader);
    let mut distinct = indexes.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), 5, "four stay as they were; the rest is one");
    let wide = reader.0.signature(indexes[6]).clone();
    assert_eq!(wide.template, "draining messages of team <*> took <*> ms");
    assert_eq!(wide.id, signature("app", "draining messages of team 1 took 2 ms").id);
    let first = &reader.0.aliases()[0];
    assert_eq!((first.at, first.cause), (Timestamp::from_secs(77), Cause::Siblings));
    assert_eq!(first.child, signature("app", "draining messages of team pink took 5 ms"));
    assert_eq!(reader.0.aliases().len(), 3);
}

#[test]
fn protected_words_never_open_a_position() {
    let mut reader = Reader::new(LibraryConfig::default());
    let states = "up down failed ok degraded offline LISTENING CLOSING E_FAIL started stopped";
    for state in states.split(' ') {
        let body = format!("the array of this rack is {state}");
        assert!(reader.read("app", &body).is_new, "{state}");
    }
    for state in ["New", "Warm", "Hot", "Cold", "Stale", "Fresh"] {
        let body = format!("replica set moved its state to {state} now");
        assert!(reader.read("app", &body).is_new, "{state}");
        let body = format!("replica set was {state}Offline all day");
        assert!(reader.read("app", &body).is_new, "{state}Offline");
    }
    for verb in ["attach", "probe", "mount", "sync", "trim", "wipe"] {
        let body = format!("{verb} volume set for today");
        assert!(reader.read("app", &body).is_new, "the first word: {verb}");
    }
    for word in ["red", "green", "blue", "teal", "pink", "brown"] {
        let body = format!("colour is {word}");
        assert!(reader.read("app", &body).is_new, "two literals would be left: {word}");
    }
    assert_eq!(reader.0.aliases(), []);
}

#[test]
fn a_split_child_is_itself_again() {
    let mut reader = Reader::new(LibraryConfig::default());
    let indexes = queues(&mut reader);
    let body = "draining messages of team beige took 5 ms";
    let child = signature("app", body).id;
    let own = reader.0.split(child, Timestamp::from_secs(9)).unwrap();
    assert_ne!(own, indexes[6]);
    assert_eq!(reader.read("app", body).index, own);
    assert_eq!(
        reader.template("draining messages of team pink took 1 ms"),
        "draining messages of team <*> took <*> ms"
    );
    let undone = reader.0.aliases().iter().find(|a| a.child.id == child).unwrap();
    assert_eq!(undone.undone_at, Some(Timestamp::from_secs(9)));
    assert_eq!(reader.0.split(child, Timestamp::default()), Err(LibraryError::Unknown));
}

#[test]
fn users_merge_split_and_pin() {
    let mut reader = Reader::new(LibraryConfig::default());
    let (a, b, c) = (
        reader.read("app", "lease renewed").index,
        reader.read("app", "lease extended").index,
        reader.read("db", "lease prolonged").index,
    );
    let now = Timestamp::from_secs(5);
    reader.0.merge(a, b, now).unwrap();
    reader.0.merge(b, c, now).unwrap();
    assert_eq!(reader.read("app", "lease renewed").index, c, "merges chain");
    assert_eq!(reader.0.merge(c, a, now), Err(LibraryError::Circular));
    let child = signature("app", "lease extended").id;
    assert_eq!(reader.0.split(child, now), Ok(b));
    assert_eq!(reader.read("app", "lease renewed").index, b, "the older merge holds");
    assert_eq!(reader.0.merge(b, c, now), Err(LibraryError::Pinned));
    reader.0.pin(c);
    assert_eq!(reader.0.merge(c, b, now), Err(LibraryError::Pinned));
}

#[test]
fn positions_have_a_cap() {
    let config = LibraryConfig { positions_max: 3, ..LibraryConfig::default() };
    let mut reader = Reader::new(config);
    queues(&mut reader);
    assert!(reader.0.unwatched() > 0);
}

proptest! {
    /// Whatever comes, and in any order: no index beyond the library, and the first sight of a
    /// skeleton that is registered is its signature.
    #[test]
    fn every_assignment_is_in_the_library(lines in prop::collection::vec(("[ab]", "[a-c]( [a-c]){0,5}"), 0..200)) {
        let mut reader = Reader::new(SMALL);
        let mut events = 0;
        for (service, body) in &lines {
            let assigned = reader.read(service, body);
            prop_assert!((assigned.index.0 as usize) < reader.0.len());
            prop_assert_eq!(reader.0.resolve(assigned.index), assigned.index);
            events += 1;
        }
        prop_assert!(reader.0.overflowed() <= events);
        prop_assert!(reader.0.len() <= SMALL.signatures_max + 2);
    }
}
