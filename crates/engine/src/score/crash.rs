//! The words and the term of a crash: what a kernel reported of itself, and what is remembered of the like.

use super::phrase::{number, times};
use super::words::Words;
use super::{WEIGHTS, term as of};
use crate::attention::cell::{CellIndex, HostIndex};
use crate::attention::reports::{Past, Reported};
use crate::discover::candidate::Candidate;
use crate::discover::{Facts, View};
use crate::kernel::{self, Family, Severity};
use model::Contribution;

/// How bad is what the kernel itself says.
pub(super) fn term(candidate: &Candidate, view: View<'_>) -> Contribution {
    let (severity, panicked) = match candidate.facts {
        Facts::Crash(Reported { severity, panicked, .. }) => (severity, panicked),
        _ => (sign(candidate, view), false),
    };
    let share = match severity {
        _ if panicked => 1.0,
        Severity::Critical => 1.0,
        Severity::High => 0.7,
        // Odd lines of a kernel are many, and most are harmless.
        Severity::Medium | Severity::Low | Severity::Info => 0.0,
    };
    let panic = if panicked { ", the kernel panicked" } else { "" };
    of("kernel", WEIGHTS.kernel * share, format!("severity {}{panic}", severity.name()))
}

/// The worst trouble that a line of the story tells of by itself.
fn sign(candidate: &Candidate, view: View<'_>) -> Severity {
    let of = |cell: &CellIndex| view.ledger.reports.sign(view.ledger[*cell].signature);
    let severities = candidate.cells.iter().filter_map(of).map(|sign| sign.severity);
    severities.max().unwrap_or(Severity::Info)
}

/// The checks for a kind of report: why, and a command that only reads.
pub(super) fn checks(candidate: &Candidate, view: View<'_>) -> Vec<kernel::Check> {
    kernel::checks(class(candidate, view).kind)
}

/// Whether it reports of disks, arrays or file systems.
pub(super) fn is_of_storage(candidate: &Candidate, view: View<'_>) -> bool {
    class(candidate, view).family == Family::Storage
}

/// What the candidate's lead is: a line's type is known, a report's follows from its title.
fn class(candidate: &Candidate, view: View<'_>) -> kernel::Class {
    let sign = view.ledger.reports.sign(view.ledger[candidate.lead()].signature);
    sign.and_then(|sign| kernel::class_of(&sign.kind))
        .unwrap_or_else(|| kernel::classify(&title(candidate, view)))
}

fn title(candidate: &Candidate, view: View<'_>) -> String {
    view.library.signature(view.ledger[candidate.lead()].signature).template.clone()
}

impl Words<'_> {
    fn class(&self) -> kernel::Class {
        class(self.candidate, self.view)
    }

    /// `crashed`, `hung, for the 3rd time`: behind the subject.
    pub(super) fn crashed(&self, reported: &Reported) -> String {
        let verb = match self.class().family {
            _ if reported.panicked => "panicked",
            Family::Fault | Family::System => "crashed",
            Family::Hang => "hung",
            Family::MemorySafety => "used memory wrongly",
            Family::Concurrency => "reported a fault of its locks",
            Family::Resource => "ran out of memory",
            Family::Hardware | Family::Device => "reported failing hardware",
            Family::Storage => "reported failing storage",
            Family::Network => "reported a failing network",
            Family::Warning | Family::User => "reported a fault of its own",
        };
        match self.candidate.occasions {
            0 | 1 => verb.to_owned(),
            n => format!("{verb}, {}", times(n)),
        }
    }

    /// What came, and what is remembered of it.
    pub(super) fn crash(&self, reported: &Reported) -> String {
        let panic = if reported.panicked { "; the kernel panicked" } else { "" };
        let latest = self.candidate.last.to_minute_text();
        let when = match self.candidate.occasions {
            0 | 1 => format!("at {latest}"),
            n => format!("{}, the latest at {latest}", times(n)),
        };
        let lines = match reported.lines {
            0 | 1 => String::new(),
            n => format!(" in {n} lines"),
        };
        format!(
            "{} was reported on {} {when}{lines}{panic}. {}.",
            self.lead(),
            self.hosts(),
            self.remembered(reported.host, &reported.past),
        )
    }

    /// What is remembered of the trouble that a story's message tells of, where it is no crash that is told at once.
    pub(super) fn trouble(&self) -> Option<String> {
        let lead = &self.view.ledger[self.candidate.lead()];
        let past =
            self.view.ledger.reports.past(lead.signature, lead.host, self.candidate.onset)?;
        let is_told = self.candidate.is_crash() || past.count() == 0;
        (!is_told)
            .then(|| format!("it is trouble of the kernel: {}", self.remembered(lead.host, &past)))
    }

    /// Whether a host had the like before, and who else.
    fn remembered(&self, host: HostIndex, past: &Past) -> String {
        let ledger = self.view.ledger;
        let name = ledger.hosts[host.0 as usize].name.as_str();
        let here = match past.last_here {
            None => format!("{name} had not reported it before"),
            Some(last) => {
                let boots = match past.boots_since {
                    0 => "in the same boot".to_owned(),
                    1 => "one boot earlier".to_owned(),
                    n => format!("{n} boots earlier"),
                };
                let (count, last) = (times(past.here), last.to_minute_text());
                format!("{name} had reported it {count} before, last at {last}, {boots}")
            }
        };
        let others = match (past.others, ledger.reports.model(host)) {
            (0, _) => "no other host had".to_owned(),
            (n, Some(model)) if past.of_model == n => {
                format!("{} of the same model had too ({model})", hosts(n))
            }
            (n, Some(model)) if past.of_model > 0 => {
                format!("{} had too, {} of the same model ({model})", hosts(n), past.of_model)
            }
            (n, _) => format!("{} had too", hosts(n)),
        };
        format!("{here}; {others}")
    }

    /// What such a report means.
    pub(super) fn crash_means(&self) -> &'static str {
        let class = self.class();
        kernel::meaning(class.kind, class.family)
    }

    /// The usual and the present.
    pub(super) fn crash_usual(&self, reported: &Reported) -> (String, String) {
        let ledger = self.view.ledger;
        let days = (self.candidate.onset - ledger.first).as_days_f64();
        let usual = match reported.past.count() {
            0 => format!("none in {} days", number(days.max(0.0).floor())),
            n => format!("{} remembered", times(n)),
        };
        (usual, times(self.candidate.occasions.max(1)))
    }
}

fn hosts(n: u32) -> String {
    if n == 1 { "one other host".to_owned() } else { format!("{n} other hosts") }
}
