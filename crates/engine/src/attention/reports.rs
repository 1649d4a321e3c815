//! Kernel reports, lines of trouble and boots → whether this machine has had the like before, how many boots ago, and
//! who else has, of the same model.

use super::cell::HostIndex;
use super::mark::Secs;
use crate::kernel::Severity;
use crate::sighting::{KernelNote, ReportNote, SignNote};
use crate::signature::SignatureIndex;
use model::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Kinds of report that are remembered; a client with more has other worries, and they are counted.
const KINDS_MAX: usize = 1_000;
/// Occasions of each, the latest.
const OCCASIONS_MAX: usize = 32;
/// Models of machines that are told apart, and letters of their names.
const MACHINES_MAX: usize = 250;
const MACHINE_LETTERS_MAX: usize = 80;
/// Lines of one trouble come by the thousand: within a boot those of so long a time are one occasion.
const OCCASION: Span = Span::DAY;

/// A report on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Occasion {
    host: HostIndex,
    /// The host's boots so far.
    boot: u32,
    at: Secs,
}

/// A machine, as far as its kernel's log shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Machine {
    boots: u32,
    /// Place of the name of its model, from 1.
    model: u8,
}

/// What a kind of line tells of by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    /// How bad it is.
    pub severity: Severity,
    /// Its type (`BLOCK_IO`).
    pub kind: String,
    /// What it has in common with other lines of the same trouble.
    trouble: u64,
}

/// What is remembered as the same: a report by its signature, lines by their trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Like {
    Report(SignatureIndex),
    Trouble(u64),
}

/// All of a tenant's reports.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Reports {
    by_kind: BTreeMap<Like, VecDeque<Occasion>>,
    machines: BTreeMap<HostIndex, Machine>,
    models: Vec<String>,
    /// Kinds of line that tell of trouble by themselves.
    signs: BTreeMap<SignatureIndex, Sign>,
    /// Reports of kinds beyond the cap: what they say of the past is not known.
    pub overflowed: u64,
}

/// What is remembered of the like of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Past {
    /// The same on this host before; of the latest thirty-two on all hosts.
    pub here: u32,
    /// When the last of these was.
    pub last_here: Option<Timestamp>,
    /// Boots of this host since then; 0 for the same boot.
    pub boots_since: u32,
    /// Other hosts that had it.
    pub others: u32,
    /// Those of them of the same model.
    pub of_model: u32,
}

impl Past {
    /// Occasions that are remembered, an other host's as one.
    pub fn count(&self) -> u32 {
        self.here + self.others
    }
}

/// One report against what is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Where.
    pub host: HostIndex,
    /// How bad it is.
    pub severity: Severity,
    /// The kernel panicked.
    pub panicked: bool,
    /// Raw lines that it was put together from.
    pub lines: u32,
    /// The like of it before.
    pub past: Past,
}

impl Reports {
    /// Takes in what the kernel's log says; compares a report, and the first line of a trouble in a boot.
    pub fn see(
        &mut self,
        note: KernelNote<'_>,
        signature: SignatureIndex,
        host: HostIndex,
        at: Timestamp,
    ) -> Option<Reported> {
        match note {
            KernelNote::Boot => {
                let machine = self.machines.entry(host).or_default();
                machine.boots = machine.boots.saturating_add(1);
                None
            }
            KernelNote::Machine(name) => {
                self.name(host, name);
                None
            }
            KernelNote::Sign(note) => self.line(note, signature, host, at),
            KernelNote::Report(report) => {
                if !report.machine.is_empty() {
                    self.name(host, report.machine);
                }
                let ReportNote { severity, panicked, lines, .. } = report;
                let past = self.remember(Like::Report(signature), host, at);
                Some(Reported { host, severity, panicked, lines, past })
            }
        }
    }

    /// Of the same model are machines of the same name; versions of the firmware stand behind it.
    fn name(&mut self, host: HostIndex, name: &str) {
        let name = name.split(", BIOS ").next().unwrap_or(name);
        let name: String = name.chars().take(MACHINE_LETTERS_MAX).collect();
        let known = self.models.iter().position(|model| *model == name);
        let place = match known {
            Some(place) => place,
            None if name.is_empty() || self.models.len() >= MACHINES_MAX => return,
            None => {
                self.models.push(name);
                self.models.len() - 1
            }
        };
        self.machines.entry(host).or_default().model = place as u8 + 1;
    }

    fn line(
        &mut self,
        note: SignNote,
        signature: SignatureIndex,
        host: HostIndex,
        at: Timestamp,
    ) -> Option<Reported> {
        let SignNote { severity, kind, trouble } = note;
        if self.signs.len() < KINDS_MAX && !self.signs.contains_key(&signature) {
            self.signs.insert(signature, Sign { severity, kind: kind.to_owned(), trouble });
        }
        let boot = self.boots(host);
        let like = Like::Trouble(trouble);
        let here = self.by_kind.get(&like).into_iter().flatten().rev().find(|o| o.host == host);
        if here.is_some_and(|o| o.boot == boot && at - o.at.at() < OCCASION) {
            return None;
        }
        let past = self.remember(like, host, at);
        Some(Reported { host, severity, panicked: false, lines: 1, past })
    }

    fn boots(&self, host: HostIndex) -> u32 {
        self.machines.get(&host).map_or(0, |machine| machine.boots)
    }

    /// What there was, to which this is added.
    fn remember(&mut self, like: Like, host: HostIndex, at: Timestamp) -> Past {
        let past = self.compare(like, host, at);
        if self.by_kind.len() >= KINDS_MAX && !self.by_kind.contains_key(&like) {
            self.overflowed += 1;
            return past;
        }
        let boot = self.boots(host);
        let occasions = self.by_kind.entry(like).or_default();
        if occasions.len() >= OCCASIONS_MAX {
            occasions.pop_front();
        }
        occasions.push_back(Occasion { host, boot, at: Secs::of(at) });
        past
    }

    /// The like of it before a time.
    fn compare(&self, like: Like, host: HostIndex, before: Timestamp) -> Past {
        let Machine { boots, model } = self.machines.get(&host).copied().unwrap_or_default();
        let past = self.by_kind.get(&like);
        let before = Secs::of(before);
        let here = || past.into_iter().flatten().filter(|o| o.host == host && o.at <= before);
        let last = here().next_back();
        let others: BTreeSet<HostIndex> =
            past.into_iter().flatten().map(|o| o.host).filter(|other| *other != host).collect();
        let is_alike = |other: &&HostIndex| {
            model != 0 && self.machines.get(other).is_some_and(|machine| machine.model == model)
        };
        Past {
            here: here().count() as u32,
            last_here: last.map(|o| o.at.at()),
            boots_since: last.map_or(0, |o| boots.saturating_sub(o.boot)),
            others: others.len() as u32,
            of_model: others.iter().filter(is_alike).count() as u32,
        }
    }

    /// What is remembered of a kind of message from before a story began; `None` if it is no trouble of a kernel.
    pub fn past(
        &self,
        signature: SignatureIndex,
        host: HostIndex,
        onset: Timestamp,
    ) -> Option<Past> {
        let like = match self.signs.get(&signature) {
            Some(sign) => Like::Trouble(sign.trouble),
            None => Like::Report(signature),
        };
        self.by_kind
            .contains_key(&like)
            .then(|| self.compare(like, host, onset - Span::from_secs(1)))
    }

    /// What a kind of line tells of by itself, if it does.
    pub fn sign(&self, signature: SignatureIndex) -> Option<&Sign> {
        self.signs.get(&signature)
    }

    /// The model of a host's machine, if its log says it.
    pub fn model(&self, host: HostIndex) -> Option<&str> {
        let place = usize::from(self.machines.get(&host)?.model).checked_sub(1)?;
        self.models.get(place).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;
    const KIND: SignatureIndex = SignatureIndex(0);

    fn at(days: i64) -> Timestamp {
        Timestamp::from_secs(days * DAY + 60)
    }

    fn line(reports: &mut Reports, host: u32, when: Timestamp) -> Option<Reported> {
        let note = SignNote { severity: Severity::Critical, kind: "EDAC_UE", trouble: 7 };
        reports.see(KernelNote::Sign(note), KIND, HostIndex(host), when)
    }

    fn boot(reports: &mut Reports, host: u32, model: &str) {
        reports.see(KernelNote::Boot, KIND, HostIndex(host), at(0));
        reports.see(KernelNote::Machine(model), KIND, HostIndex(host), at(0));
    }

    #[test]
    fn lines_of_a_trouble_are_one_occasion_a_boot() {
        let mut reports = Reports::default();
        boot(&mut reports, 0, "Example Rack 12, BIOS 1.4");
        assert_eq!(line(&mut reports, 0, at(0)).map(|r| r.past), Some(Past::default()));
        assert_eq!(line(&mut reports, 0, at(0)), None);
        boot(&mut reports, 0, "Example Rack 12, BIOS 1.5");
        let again = line(&mut reports, 0, at(0)).unwrap().past;
        assert_eq!((again.here, again.boots_since), (1, 1));
        assert!(line(&mut reports, 0, at(3)).is_some(), "days later it is another occasion");
    }

    #[test]
    fn a_model_is_the_same_with_another_firmware() {
        let mut reports = Reports::default();
        boot(&mut reports, 0, "Example Rack 12, BIOS 1.4 02/03/2025");
        boot(&mut reports, 1, "Example Rack 12, BIOS 2.0 01/01/2026");
        boot(&mut reports, 2, "Other Tower, BIOS 1.4 02/03/2025");
        line(&mut reports, 0, at(0));
        line(&mut reports, 2, at(1));
        let past = line(&mut reports, 1, at(2)).unwrap().past;
        assert_eq!((past.here, past.others, past.of_model), (0, 2, 1));
        assert_eq!(reports.model(HostIndex(1)), Some("Example Rack 12"));
    }

    #[test]
    fn the_past_of_a_story_ends_where_it_begins() {
        let mut reports = Reports::default();
        for day in [1, 4, 9] {
            boot(&mut reports, 0, "Example Rack 12");
            line(&mut reports, 0, at(day));
        }
        let past = reports.past(KIND, HostIndex(0), at(9)).unwrap();
        assert_eq!((past.here, past.last_here, past.boots_since), (2, Some(at(4)), 1));
        assert_eq!(reports.past(SignatureIndex(5), HostIndex(0), at(9)), None);
    }
}
