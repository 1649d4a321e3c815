//! Kernel reports and boots → whether this machine has died like this before, how many boots ago, and who else
//! has, of the same model.

use super::cell::HostIndex;
use super::mark::Secs;
use crate::kernel::Severity;
use crate::sighting::{KernelNote, ReportNote};
use crate::signature::SignatureIndex;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Kinds of report that are remembered; a client with more has other worries, and they are counted.
const KINDS_MAX: usize = 1_000;
/// Occasions of each, the latest.
const OCCASIONS_MAX: usize = 32;
/// Models of machines that are told apart, and letters of their names.
const MACHINES_MAX: usize = 250;
const MACHINE_LETTERS_MAX: usize = 80;

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

/// All of a tenant's reports.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Reports {
    by_kind: BTreeMap<SignatureIndex, VecDeque<Occasion>>,
    machines: BTreeMap<HostIndex, Machine>,
    models: Vec<String>,
    /// Kinds of line that tell of trouble by themselves.
    signs: BTreeMap<SignatureIndex, Severity>,
    /// Reports of kinds beyond the cap: what they say of the past is not known.
    pub overflowed: u64,
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
    /// The same report on this host before; of the latest thirty-two on all hosts.
    pub here_before: u32,
    /// When the last of these was.
    pub last_here: Option<Timestamp>,
    /// Boots of this host since then; 0 for the same boot.
    pub boots_since: u32,
    /// Other hosts that had it.
    pub others: u32,
    /// Those of them of the same model.
    pub of_model: u32,
}

impl Reports {
    /// Takes in what the kernel's log says; compares a report.
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
            KernelNote::Sign(severity) => {
                if self.signs.len() < KINDS_MAX {
                    self.signs.entry(signature).or_insert(severity);
                }
                None
            }
            KernelNote::Report(report) => Some(self.report(report, signature, host, at)),
        }
    }

    fn name(&mut self, host: HostIndex, name: &str) {
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

    fn report(
        &mut self,
        note: ReportNote<'_>,
        signature: SignatureIndex,
        host: HostIndex,
        at: Timestamp,
    ) -> Reported {
        if !note.machine.is_empty() {
            self.name(host, note.machine);
        }
        let Machine { boots, model } = self.machines.get(&host).copied().unwrap_or_default();
        let past = self.by_kind.get(&signature);
        let here = || past.into_iter().flatten().filter(|o| o.host == host);
        let last = here().next_back();
        let others: BTreeSet<HostIndex> =
            past.into_iter().flatten().map(|o| o.host).filter(|other| *other != host).collect();
        let is_alike = |other: &&HostIndex| {
            model != 0 && self.machines.get(other).is_some_and(|machine| machine.model == model)
        };
        let reported = Reported {
            host,
            severity: note.severity,
            panicked: note.panicked,
            lines: note.lines,
            here_before: here().count() as u32,
            last_here: last.map(|o| o.at.at()),
            boots_since: last.map_or(0, |o| boots.saturating_sub(o.boot)),
            others: others.len() as u32,
            of_model: others.iter().filter(is_alike).count() as u32,
        };
        self.remember(signature, Occasion { host, boot: boots, at: Secs::of(at) });
        reported
    }

    fn remember(&mut self, signature: SignatureIndex, occasion: Occasion) {
        if self.by_kind.len() >= KINDS_MAX && !self.by_kind.contains_key(&signature) {
            self.overflowed += 1;
            return;
        }
        let past = self.by_kind.entry(signature).or_default();
        if past.len() >= OCCASIONS_MAX {
            past.pop_front();
        }
        past.push_back(occasion);
    }

    /// How bad the trouble is that a kind of line tells of by itself, if it does.
    pub fn sign(&self, signature: SignatureIndex) -> Option<Severity> {
        self.signs.get(&signature).copied()
    }

    /// The model of a host's machine, if its log says it.
    pub fn model(&self, host: HostIndex) -> Option<&str> {
        let place = usize::from(self.machines.get(&host)?.model).checked_sub(1)?;
        self.models.get(place).map(String::as_str)
    }
}
