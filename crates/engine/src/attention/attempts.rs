//! Lines of failing and of success that name somebody → how often who failed, and who comes through
//! after many failures.
//!
//! No count of a kind of message shows it: the failures are those of any day, the success is one among
//! hundreds. Only who both are about does.

use super::cell::{CellIndex, HostIndex};
use super::known::ServiceIndex;
use super::mark::Secs;
use crate::entities::Entities;
use crate::signature::SignatureIndex;
use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Places for who is named, in sets of [`WAYS`]; whoever was silent longest makes room. A few hundred
/// strangers an hour are an ordinary day of a host on the internet.
const SETS: usize = 512;
const WAYS: usize = 4;
/// Kinds of success remembered of each.
const KINDS: usize = 3;
/// Kinds of success whose surprises are counted.
const COUNTED_MAX: usize = 1_024;

/// What a line says of whom it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// They failed.
    Failed,
    /// They succeeded.
    Succeeded,
}

/// One line that names somebody.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// What it says of them.
    pub says: Says,
    /// Its signature.
    pub signature: SignatureIndex,
    /// Its cell.
    pub cell: CellIndex,
    /// Its host and program: to fail with one and to succeed with another is no attempt of one.
    pub host: HostIndex,
    /// See `host`.
    pub service: ServiceIndex,
    /// Whom it names.
    pub entities: Entities,
    /// When.
    pub at: Timestamp,
    /// Occurrences that it stands for.
    pub n: u32,
}

/// Somebody came through after many failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Through {
    /// Lines of failing that named them since the same success was last said of them.
    pub failures: u32,
    /// The first of these failures.
    pub since: Timestamp,
    /// The cell of the latest.
    pub failed: CellIndex,
    /// How often this success came after so many failures before.
    pub before: u32,
    /// How many ever failed so often, with or without success.
    pub persistent: u32,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Lines of failing.
    pub failures_min: u32,
    /// Longest pause between them, and up to the success.
    pub pause_max: Span,
}

/// Somebody before one program of one host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Somebody {
    host: HostIndex,
    service: ServiceIndex,
    /// 0 for an unused place.
    entity: u32,
    /// Lines of failing without a long pause.
    failures: u32,
    first: Secs,
    last: Secs,
    failed: CellIndex,
    /// Kinds of success that were said of them, and `failures` at that time.
    said: [(SignatureIndex, u32); KINDS],
    /// How many of these are in use.
    kinds: u8,
}

impl Somebody {
    fn fail(&mut self, attempt: &Attempt, asked: Asked) {
        if self.failures == 0 || attempt.at - self.last.at() > asked.pause_max {
            self.rest();
            self.first = Secs::of(attempt.at);
        }
        self.failures = self.failures.saturating_add(attempt.n);
        self.last = Secs::of(attempt.at);
        self.failed = attempt.cell;
    }

    /// No failure counts against them any more.
    fn rest(&mut self) {
        self.failures = 0;
        self.said.iter_mut().for_each(|said| said.1 = 0);
    }

    fn knows(&self, success: SignatureIndex) -> bool {
        self.said[..usize::from(self.kinds)].iter().any(|said| said.0 == success)
    }

    /// The failures since this success was last said of them; it is said of them now.
    fn succeed(&mut self, attempt: &Attempt, asked: Asked) -> u32 {
        if attempt.at - self.last.at() > asked.pause_max {
            self.rest();
        }
        let known = &mut self.said[..usize::from(self.kinds)];
        if let Some(said) = known.iter_mut().find(|said| said.0 == attempt.signature) {
            return self.failures - std::mem::replace(&mut said.1, self.failures);
        }
        // The one said first makes room.
        if usize::from(self.kinds) == KINDS {
            self.said.rotate_left(1);
            self.kinds -= 1;
        }
        self.said[usize::from(self.kinds)] = (attempt.signature, self.failures);
        self.kinds += 1;
        self.failures
    }
}

/// Who failed and who succeeded lately.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Attempts {
    /// Sets of places; none before the first failure.
    places: Vec<Somebody>,
    /// How often each success came after many failures.
    through: BTreeMap<SignatureIndex, u32>,
    /// How many failed often enough.
    persistent: u32,
}

impl Attempts {
    /// Takes in a line; says whether somebody came through.
    pub fn see(&mut self, attempt: &Attempt, asked: Asked) -> Option<Through> {
        match attempt.says {
            Says::Failed => {
                self.fail(attempt, asked);
                None
            }
            // Where nobody ever failed there is nothing to come through.
            Says::Succeeded if self.places.is_empty() => None,
            Says::Succeeded => self.succeed(attempt, asked),
        }
    }

    fn fail(&mut self, attempt: &Attempt, asked: Asked) {
        if self.places.is_empty() {
            self.places = vec![Somebody::default(); SETS * WAYS];
        }
        for entity in attempt.entities.iter() {
            let somebody = self.somebody(attempt, entity);
            let before = somebody.failures;
            somebody.fail(attempt, asked);
            let persists = before < asked.failures_min && somebody.failures >= asked.failures_min;
            self.persistent = self.persistent.saturating_add(u32::from(persists));
        }
    }

    fn succeed(&mut self, attempt: &Attempt, asked: Asked) -> Option<Through> {
        let mut worst: Option<(u32, Somebody)> = None;
        let mut is_trusted = false;
        for entity in attempt.entities.iter() {
            let somebody = self.somebody(attempt, entity);
            let is_known = somebody.knows(attempt.signature);
            let failures = somebody.succeed(attempt, asked);
            is_trusted |= is_known && failures < asked.failures_min;
            if worst.is_none_or(|(most, _)| failures > most) {
                worst = Some((failures, *somebody));
            }
        }
        let (failures, somebody) = worst.filter(|(most, _)| *most >= asked.failures_min)?;
        // An account that strangers try all day, used from where it always is: it was not they.
        if is_trusted {
            for entity in attempt.entities.iter() {
                self.somebody(attempt, entity).rest();
            }
            return None;
        }
        let has_room = self.through.len() < COUNTED_MAX;
        let known = self.through.contains_key(&attempt.signature);
        let before = self.through.get(&attempt.signature).copied().unwrap_or(0);
        if known || has_room {
            self.through.insert(attempt.signature, before.saturating_add(1));
        }
        Some(Through {
            failures,
            since: somebody.first.at(),
            failed: somebody.failed,
            before,
            persistent: self.persistent,
        })
    }

    /// Their place; taken from whoever of its set was silent longest if they have none.
    fn somebody(&mut self, attempt: &Attempt, entity: u32) -> &mut Somebody {
        let Attempt { host, service, .. } = *attempt;
        let place = host.0.wrapping_mul(0x9e37_79b9) ^ service.0.rotate_left(16);
        let set = (entity ^ place) as usize % SETS;
        let places = &mut self.places[set * WAYS..(set + 1) * WAYS];
        let is_theirs =
            |place: &Somebody| (place.entity, place.host, place.service) == (entity, host, service);
        let known = places.iter().position(is_theirs);
        let index = known.unwrap_or_else(|| {
            let oldest = (0..WAYS).min_by_key(|i| (places[*i].entity != 0, places[*i].last));
            let index = oldest.unwrap_or(0);
            places[index] = Somebody { host, service, entity, ..Somebody::default() };
            index
        });
        &mut places[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Skeleton, fingerprint};

    const ASKED: Asked = Asked { failures_min: 10, pause_max: Span::HOUR };
    const FAILED: SignatureIndex = SignatureIndex(0);
    const ACCEPTED: SignatureIndex = SignatureIndex(1);

    fn entities(body: &str) -> Entities {
        let mut skeleton = Skeleton::default();
        fingerprint("door", body, &mut skeleton);
        Entities::of(body, skeleton.holes())
    }

    /// A line about `user` from `from`, so many minutes after the beginning.
    fn line(attempts: &mut Attempts, says: Says, who: &str, minute: i64) -> Option<Through> {
        let signature = if says == Says::Failed { FAILED } else { ACCEPTED };
        attempts.see(
            &Attempt {
                says,
                signature,
                cell: CellIndex(signature.0),
                host: HostIndex(3),
                service: ServiceIndex(1),
                entities: entities(&format!("let in user {who}")),
                at: Timestamp::from_secs(1_000_000 + minute * 60),
                n: 1,
            },
            ASKED,
        )
    }

    fn fail(attempts: &mut Attempts, who: &str, times: i64) {
        for minute in 0..times {
            assert_eq!(line(attempts, Says::Failed, who, minute), None);
        }
    }

    #[test]
    fn who_failed_often_and_succeeds_came_through() {
        let mut attempts = Attempts::default();
        fail(&mut attempts, "anna from 192.0.2.7", 12);
        let through = line(&mut attempts, Says::Succeeded, "anna from 192.0.2.7", 15);
        let through = through.expect("twelve failures and a success");
        assert_eq!((through.failures, through.before, through.persistent), (12, 0, 2));
        assert_eq!(line(&mut attempts, Says::Succeeded, "anna from 192.0.2.7", 16), None, "told");
    }

    #[test]
    fn few_failures_old_ones_and_those_of_others_are_none() {
        let mut attempts = Attempts::default();
        fail(&mut attempts, "anna", 9);
        assert_eq!(line(&mut attempts, Says::Succeeded, "anna", 10), None);
        fail(&mut attempts, "bert", 12);
        assert_eq!(line(&mut attempts, Says::Succeeded, "carl", 13), None);
        assert_eq!(line(&mut attempts, Says::Succeeded, "bert", 90), None, "an hour later");
    }

    #[test]
    fn an_account_under_attack_may_be_used_from_where_it_always_is() {
        let mut attempts = Attempts::default();
        fail(&mut attempts, "nobody", 1);
        line(&mut attempts, Says::Succeeded, "root from 198.51.100.4", 1);
        fail(&mut attempts, "root from 192.0.2.66", 40);
        assert_eq!(line(&mut attempts, Says::Succeeded, "root from 198.51.100.4", 41), None);
        assert_eq!(
            line(&mut attempts, Says::Succeeded, "root", 41),
            None,
            "a line of the same use"
        );
        fail(&mut attempts, "root from 192.0.2.66", 40);
        assert!(line(&mut attempts, Says::Succeeded, "root from 192.0.2.66", 42).is_some());
    }

    #[test]
    fn room_is_bounded_and_goes_to_the_latest() {
        let mut attempts = Attempts::default();
        (0..20_000).for_each(|i| fail(&mut attempts, &format!("user{i}"), 1));
        fail(&mut attempts, "last", 12);
        assert_eq!(attempts.places.len(), SETS * WAYS);
        assert!(line(&mut attempts, Says::Succeeded, "last", 13).is_some());
    }
}
