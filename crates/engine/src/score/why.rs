//! Why it matters, against what is usual, and what is not known.

use super::phrase::{amount, date, number, rounded, times, usual_hosts, usual_kinds};
use super::words::Words;
use super::{sites, start};
use crate::attention::cell::CellIndex;
use crate::discover::Facts;
use model::{Baseline, CandidateType};

impl Words<'_> {
    /// Why a person should care, in one sentence.
    pub(super) fn why_it_matters(&self) -> String {
        match &self.candidate.facts {
            Facts::Recurrence { usual_per_day, .. } => format!(
                "It {} coming back without ever being loud; its usual is {}.",
                self.tense("keeps", "kept"),
                self.a_day(*usual_per_day, "occasion", "occasions")
            ),
            Facts::SelfHeal { heal, latest, .. } => {
                let grows = match *latest >= heal.scaled(1.5) {
                    true => format!(", lately after {latest}"),
                    false => String::new(),
                };
                format!(
                    "Each failure heals by itself, on average {heal} after it is said{grows}: before most alerts would fire, so nobody is told; together they are a pattern."
                )
            }
            Facts::Burst { expected, .. } => format!(
                "A quarter of an hour usually has {} of it; so sudden a rise has a cause.",
                number(*expected)
            ),
            Facts::Spread { sites: Some(s), .. } if s.is_evidence => sites::why_it_matters(s),
            Facts::Clients(_) => "At one client a line or two tell nothing; that it comes to several at once has a cause that they share: an update, a provider, a service, a certificate."
                .to_owned(),
            Facts::Spread { expected, .. } => format!(
                "No single host shows more than a few of these, so none stands out; over all hosts together {} usual in that time.",
                usual_hosts(*expected)
            ),
            Facts::Precursor { share_low, .. } => format!(
                "What follows is worse, and follows at least {:.0} % of the time (95 % interval): an early sign to act on.",
                share_low * 100.0
            ),
            Facts::Anomaly { usual_max, .. } => {
                format!(
                    "None of the seven days before had more than {usual_max}; the stream has left its range."
                )
            }
            Facts::Novelty { expected, .. } => format!(
                "Each by itself is one new message among many; so many new ones at once, where {} in that time, have a cause.",
                usual_kinds(*expected)
            ),
            Facts::Breakthrough { .. } => {
                "Each failure is ordinary and so is the success; one after the other, about the same account or address, they may be a guessed password."
                    .to_owned()
            }
            Facts::Crash(_) => self.crash_means().to_owned(),
            Facts::Pressure(pressed) if pressed.name == "forecast" => {
                "It climbs towards its limit by itself; there is time left to act before anything fails."
                    .to_owned()
            }
            Facts::Pressure(_) => {
                "It is at a limit that holds for any host, whatever is usual here; what comes next is refused, killed or slow."
                    .to_owned()
            }
            Facts::Start(_) => start::why_it_matters(),
            Facts::HostSilence { .. } => {
                "A host that says nothing looks like a host without trouble; nobody is told that it no longer reports."
                    .to_owned()
            }
            Facts::Drift { .. } => {
                "The message comes as ever and no count of it tells; what it measures has left its range."
                    .to_owned()
            }
            Facts::Silence { .. } => {
                "Nothing reports an absence: what this message confirmed is no longer confirmed."
                    .to_owned()
            }
            Facts::Return { .. } => {
                "The same weak sign came before, and that time it ended badly.".to_owned()
            }
        }
    }

    /// Further reasons with their numbers.
    pub(super) fn why(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if let Facts::Recurrence { learnt_from, .. } = &self.candidate.facts {
            reasons.push(format!("its usual was learnt from {learnt_from}"));
        }
        if let Facts::Breakthrough { persistent, before, .. } = &self.candidate.facts {
            let through = times(before + 1);
            reasons.push(format!(
                "{persistent} accounts or addresses failed so often here so far; it came {through} after that"
            ));
        }
        // A crash needs no odds; where they say little they are not said.
        let says_little = self.candidate.needs_no_usual() && self.candidate.surprise < 1.0;
        if self.candidate.surprise > 0.0 && !says_little {
            reasons.push(format!(
                "if all were as usual, the chance of this would be about 10^-{:.0}",
                self.candidate.surprise
            ));
        }
        reasons.extend(self.trouble());
        reasons.extend(super::rhythm::reasons(self.candidate, self.view));
        reasons.extend(sites::reasons(self.candidate, self.view));
        // What heals or follows was named with what is happening.
        let named = match self.candidate.facts {
            Facts::SelfHeal { .. } | Facts::Precursor { .. } | Facts::Breakthrough { .. } => 2,
            _ => 1,
        };
        let signature = |cell: &CellIndex| self.view.ledger[*cell].signature;
        let lead = signature(&self.candidate.lead());
        let others = self.candidate.cells.iter().skip(named).filter(|c| signature(c) != lead);
        let companions: Vec<String> = others.take(3).map(|c| self.quote(*c)).collect();
        let is_told = matches!(self.candidate.facts, Facts::HostSilence { .. })
            || self.candidate.kind == CandidateType::Spread;
        if !companions.is_empty() && !is_told {
            reasons.push(format!("comes together with {}", companions.join(", ")));
        }
        reasons
    }

    /// The usual and the present, in one unit.
    pub(super) fn baseline(&self) -> Baseline {
        let (usual, now) = match &self.candidate.facts {
            Facts::Recurrence { usual_per_day, occasions, within, .. } => (
                self.a_day(*usual_per_day, "occasion", "occasions"),
                format!("{occasions} in {within}"),
            ),
            Facts::SelfHeal { usual_per_day, failures, within, .. } => (
                self.a_day(*usual_per_day, "failure", "failures"),
                format!("{failures} in {within}"),
            ),
            Facts::Burst { expected, usual_hour_max, events, hour } => (
                format!(
                    "{} in 15 minutes, {usual_hour_max} in the largest hour",
                    number(*expected)
                ),
                format!("{events} in 15 minutes, {hour} in the hour"),
            ),
            Facts::Spread { sites: Some(s), within, .. } if s.is_evidence => {
                sites::baseline(s, *within)
            }
            Facts::Clients(found) => sites::baseline_at_clients(found),
            Facts::Spread { expected, hosts, within, .. } => (
                match *expected {
                    expected if expected < 1.0 => "less than one host in that time".to_owned(),
                    expected => format!("{} hosts in that time", number(expected)),
                },
                format!("{hosts} hosts in {within}"),
            ),
            Facts::Precursor { occasions, followed, .. } => (
                "not seen before this pattern".to_owned(),
                format!("{followed} of {occasions} followed by worse"),
            ),
            Facts::Anomaly { usual, usual_max, today, day } => {
                (format!("{} a day, at most {usual_max}", number(*usual)), {
                    let (count, date) = (*today, date(*day));
                    format!("{count} on {date}")
                })
            }
            Facts::Novelty { expected, bad, within, .. } => (
                format!("{} in that time", number(*expected)),
                format!("{bad} new kinds in {within}"),
            ),
            Facts::Breakthrough { said, before, failures, within, .. } => (
                format!("{before} of {said} such successes came after as many failures"),
                format!("{failures} failures within {within}, then this"),
            ),
            Facts::Crash(reported) => self.crash_usual(reported),
            Facts::Pressure(pressed) => {
                ("below the limit".to_owned(), format!("pressure {:.2} of 1", pressed.pressure))
            }
            Facts::Start(start) => return start::baseline(start),
            Facts::HostSilence { longest, days, .. } => (
                format!("quiet for at most {} ({days} days)", rounded(*longest)),
                format!("nothing for {}", self.quiet_for()),
            ),
            Facts::Drift { today, days, label, .. } => {
                (format!("{} ({days} days)", self.usual_amount("to")), amount(*today, label.unit()))
            }
            Facts::Silence { usual_gap, learnt, .. } => (
                format!("every {} ({learnt} gaps)", rounded(*usual_gap)),
                format!("nothing for {}", self.quiet_for()),
            ),
            Facts::Return { occasions, within, .. } => {
                ("none since it ended".to_owned(), format!("{occasions} in {within}"))
            }
        };
        Baseline { usual, now }
    }

    /// What the logs do not say.
    pub(super) fn unknowns(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        match &self.candidate.facts {
            Facts::SelfHeal { .. } => {
                unknown.push("whether anybody acted between failure and recovery".to_owned());
                if self.waited() {
                    unknown.push(format!(
                        "how long it had lasted when {} came: such a line is said after a wait of its own, and heal times are counted from it",
                        self.lead()
                    ));
                }
            }
            Facts::Precursor { .. } => {
                unknown.push(
                    "whether the first causes the second: only their order is known".to_owned(),
                );
            }
            Facts::Silence { .. } => {
                unknown.push(
                    "whether the sender stopped or its messages are lost on the way".to_owned(),
                );
            }
            Facts::Breakthrough { .. } => {
                unknown.push(
                    "whether it was the owner, a mended setting or a stranger who came through"
                        .to_owned(),
                );
            }
            Facts::Crash(_) => {
                unknown.push(
                    "what the task or the machine was doing, and whether that work is lost"
                        .to_owned(),
                );
            }
            Facts::Start(_) => unknown.push(start::unknown()),
            Facts::HostSilence { .. } => {
                unknown.push("whether the host is down or only its way to us".to_owned());
            }
            _ => {}
        }
        if self.candidate.recalls.is_empty() {
            let since = self.view.ledger.first.to_minute_text();
            unknown.push(format!("whether it happened before {since}, when these records begin"));
        }
        unknown
    }
}
