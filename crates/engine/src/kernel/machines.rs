//! The records of a log → the machine that each is of: what a log server keeps is of many, and their lines must
//! not get into each other's reports.
//!
//! A name tells machines apart, but one machine may have two: it is `localhost` until it learns its own. So a
//! name that is new is taken for another name of the machine that spoke last if their clocks do not say otherwise, until
//! both are heard in turn in one boot.

use super::machine::Machine;
use super::record::{Context, Record};

/// Machines of one log that are told apart.
const MACHINES_MAX: usize = 64;
/// Names of one boot.
const NAMES_MAX: usize = 4;
/// A machine's lines of early boot are written when its logger starts: so far may the time of the boot that they show
/// be from what later lines show.
const BOOTS_APART_US: i64 = 120_000_000;

/// A machine and what it is called.
#[derive(Debug, Default)]
struct Named {
    machine: Machine,
    /// Its names in the boot that is being read, the latest last.
    names: Vec<String>,
    /// All that it was ever called.
    known: Vec<String>,
    /// What it was taken to be called, until both spoke in turn.
    others: Vec<String>,
}

/// The machines of a log.
#[derive(Debug, Default)]
pub(super) struct Machines {
    all: Vec<Named>,
    /// Which one spoke last.
    now: usize,
    is_live: bool,
    /// There were more than are told apart.
    pub(super) is_full: bool,
}

impl Machines {
    /// Machines whose reports are handed over as soon as they are complete.
    pub(super) fn live() -> Machines {
        Machines { is_live: true, ..Machines::default() }
    }

    /// All, in the order of their first lines.
    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Machine> {
        self.all.iter_mut().map(|named| &mut named.machine)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// The machine that a record is of.
    pub(super) fn of(&mut self, record: &Record<'_>) -> &mut Machine {
        if self.all.is_empty() {
            self.add();
        }
        let at = match record.host.as_deref() {
            // What others say does not show which kernel speaks.
            Some(host) if record.context == Context::Foreign => {
                self.known(host).unwrap_or(self.now)
            }
            Some(host) => {
                self.now = self.named(host, record);
                self.now
            }
            None => self.now,
        };
        &mut self.all[at].machine
    }

    fn add(&mut self) -> usize {
        let machine = if self.is_live { Machine::live() } else { Machine::default() };
        self.all.push(Named { machine, ..Named::default() });
        self.all.len() - 1
    }

    fn known(&self, host: &str) -> Option<usize> {
        let has = |named: &Named| named.known.iter().any(|name| name == host);
        if has(&self.all[self.now]) { Some(self.now) } else { self.all.iter().position(has) }
    }

    fn named(&mut self, host: &str, record: &Record<'_>) -> usize {
        if self.all[self.now].names.last().is_some_and(|name| name == host) {
            if self.all[self.now].names.len() > 1 && self.all[self.now].machine.begins_boot(record)
            {
                self.all[self.now].rename(host, true);
            }
            return self.now;
        }
        let at = match self.known(host) {
            Some(at) => at,
            None if self.all[self.now].may_be(host, record) => self.now,
            None if self.all.len() >= MACHINES_MAX => {
                self.is_full = true;
                self.now
            }
            None => self.add(),
        };
        let begins = self.all[at].machine.begins_boot(record);
        self.all[at].rename(host, begins);
        at
    }
}

impl Named {
    /// Whether a record under a name that is new can be this machine's.
    fn may_be(&self, host: &str, record: &Record<'_>) -> bool {
        if self.others.iter().any(|other| other == host) {
            return false;
        }
        let Some(boot) = self.machine.boot() else {
            return true;
        };
        if self.machine.begins_boot(record) {
            return self.known.is_empty();
        }
        let held = boot.last_wall.zip(boot.last_mono_us);
        match (held, record.wall.zip(record.mono_us)) {
            (Some((wall, mono)), Some((new_wall, new_mono))) => {
                let began = wall.as_micros() - mono;
                (new_wall.as_micros() - new_mono).abs_diff(began) <= BOOTS_APART_US as u64
            }
            _ => true,
        }
    }

    /// The machine speaks under this name now. A name that comes back within a boot shows that the others are of
    /// other machines.
    fn rename(&mut self, host: &str, begins_boot: bool) {
        if begins_boot {
            self.names.clear();
        }
        if self.names.last().is_some_and(|name| name == host) {
            return;
        }
        if self.names.iter().any(|name| name == host) {
            self.names.retain(|name| name == host);
            let (own, others) =
                std::mem::take(&mut self.known).into_iter().partition(|name| name == host);
            self.known = own;
            self.others.extend::<Vec<String>>(others);
            self.others.truncate(MACHINES_MAX);
            return;
        }
        if self.names.len() >= NAMES_MAX {
            self.names.remove(0);
        }
        self.names.push(host.to_owned());
        if !self.known.iter().any(|name| name == host) {
            self.known.push(host.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::LogFormat;
    use super::*;
    use model::Timestamp;
    use std::borrow::Cow;

    /// Which machine each line is of: host, seconds of the wall clock, seconds since boot.
    fn machines(lines: &[(&str, i64, Option<i64>)]) -> Vec<usize> {
        let mut machines = Machines::default();
        let mut shared = super::super::machine::Shared::default();
        let mut place = 0;
        lines
            .iter()
            .map(|(host, wall, mono)| {
                place += 1;
                let mut record = Record::plain("lamp: on", place, 0);
                record.format = LogFormat::Syslog;
                record.context = Context::Kernel;
                record.host = Some(Cow::Borrowed(*host));
                record.wall = Some(Timestamp::from_secs(*wall));
                record.mono_us = mono.map(|secs| secs * 1_000_000);
                machines.of(&record).record(&record, &mut shared);
                machines.now
            })
            .collect()
    }

    #[test]
    fn clocks_tell_machines_apart_at_once() {
        let lines = [("oak", 1_000, Some(900)), ("elm", 1_001, Some(7)), ("oak", 1_002, Some(902))];
        assert_eq!(machines(&lines), [0, 1, 0]);
    }

    #[test]
    fn a_machine_that_learns_its_name_is_one() {
        let boot =
            [("localhost", 1_000, Some(0)), ("oak", 1_020, Some(30)), ("oak", 1_030, Some(40))];
        assert_eq!(machines(&boot), [0, 0, 0]);
    }

    #[test]
    fn without_clocks_turns_tell() {
        let lines = [
            ("oak", 1_000, None),
            ("elm", 1_001, None),
            ("oak", 1_002, None),
            ("elm", 1_003, None),
        ];
        assert_eq!(machines(&lines), [0, 0, 0, 1], "a line in between shows nothing yet");
        let mut more = lines.to_vec();
        more.extend([("oak", 1_004, None), ("elm", 1_005, None), ("oak", 1_006, None)]);
        assert_eq!(machines(&more)[4..], [0, 1, 0]);
    }
}
