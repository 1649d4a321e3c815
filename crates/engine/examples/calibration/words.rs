//! Chance → invented names and messages: words of syllables that no language has, so that no list of
//! words, no number and no value plays a part in what the engine says of them.

use crate::chance::Chance;
use engine::entities::Entities;
use engine::signature::{Skeleton, SkeletonKey, fingerprint};
use model::Severity;
use std::collections::HashSet;

const ONSETS: &[&str] =
    &["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "dr", "kl", "pl", "tr"];
const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "au", "oi"];
const CODAS: &[&str] = &["", "", "n", "l", "m", "sk", "lt"];

/// A word of two or three syllables.
pub(crate) fn word(chance: &mut Chance) -> String {
    let syllables = chance.whole(2, 3);
    let parts = (0..syllables).flat_map(|_| {
        [*chance.pick(ONSETS), *chance.pick(VOWELS), *chance.pick(CODAS)].into_iter()
    });
    parts.collect()
}

/// So many names, each once.
pub(crate) fn names(chance: &mut Chance, wanted: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    while names.len() < wanted {
        let name = word(chance);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// One kind of message on one host, ready to be shown to the engine.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Which kind: the same on every host that has it.
    pub(crate) signature: u32,
    pub(crate) host: String,
    pub(crate) service: String,
    pub(crate) severity: Severity,
    pub(crate) body: String,
    pub(crate) key: SkeletonKey,
    pub(crate) entities: Entities,
}

impl Message {
    /// The same kind of message on another host.
    pub(crate) fn on(&self, host: &str) -> Message {
        Message { host: host.to_owned(), ..self.clone() }
    }
}

/// Makes messages, each of a kind of its own.
#[derive(Default)]
pub(crate) struct Press {
    skeleton: Skeleton,
    keys: HashSet<SkeletonKey>,
    made: u32,
}

impl Press {
    /// A new kind of message. A body of which the tokenizer takes any part for a value, or that is
    /// there already, is thrown away: the kinds that are asked for are the kinds that are there.
    pub(crate) fn message(
        &mut self,
        chance: &mut Chance,
        host: &str,
        service: &str,
        severity: Severity,
    ) -> Message {
        loop {
            let count = chance.whole(4, 7);
            let words: Vec<String> = (0..count).map(|_| word(chance)).collect();
            let body = words.join(" ");
            fingerprint(service, &body, &mut self.skeleton);
            let key = self.skeleton.key();
            let is_plain =
                self.skeleton.holes().is_empty() && self.skeleton.template(&body) == body;
            if is_plain && self.keys.insert(key) {
                let signature = self.made;
                self.made += 1;
                let entities = Entities::of(&body, self.skeleton.holes());
                let (host, service) = (host.to_owned(), service.to_owned());
                return Message { signature, host, service, severity, body, key, entities };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_distinct_and_hold_no_values() {
        let (mut press, mut chance) = (Press::default(), Chance::of(&[3]));
        let made: Vec<Message> =
            (0..500).map(|_| press.message(&mut chance, "oak", "svc", Severity::Info)).collect();
        let bodies: HashSet<&str> = made.iter().map(|m| m.body.as_str()).collect();
        assert_eq!(bodies.len(), 500);
        assert!(made.iter().all(|m| m.entities.is_empty()));
        assert!(made.iter().all(|m| !m.body.contains(|c: char| c.is_ascii_digit())));
    }
}
