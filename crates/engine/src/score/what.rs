//! The paragraph that says what is happening, in numbers, and how it ended.

use super::phrase::{amount, date, number, rounded, shorten, times};
use super::words::{QUOTE_MAX, Words};
use super::{sites, start};
use crate::discover::Facts;
use model::{Span, Timestamp};

impl Words<'_> {
    /// What is happening, in numbers.
    pub(super) fn what(&self) -> String {
        let lead = self.lead();
        let host = self.host;
        let main = match &self.candidate.facts {
            Facts::Recurrence { occasions, within, .. } => {
                format!("{lead} came on {occasions} occasions within {within} on {host}.")
            }
            Facts::SelfHeal { pairs, failures, within, heal, latest, longest, .. } => format!(
                "{lead} came {} within {within} on {host}; {}, on average {heal} later (longest {longest}, latest {latest}).",
                times(*failures),
                self.followed(*pairs, *failures),
            ),
            Facts::Burst { events, hour, .. } => {
                let more = match hour > events {
                    true => format!(", and {} in the hour", times(*hour)),
                    false => String::new(),
                };
                let count = times(*events);
                format!(
                    "When it stood out first, {lead} had come {count} in a quarter of an hour{more}, on {host}."
                )
            }
            Facts::Spread { sites: Some(s), hosts, within, .. } if s.is_evidence => {
                sites::what(&lead, s, *hosts, *within)
            }
            Facts::Clients(found) => sites::what_at_clients(&lead, &self.hosts(), found),
            Facts::Spread { hosts, within, before, .. } => format!(
                "{lead} reached {hosts} hosts within {within}; {} had ever had it before.",
                match before {
                    0 => "no host".to_owned(),
                    1 => "one host".to_owned(),
                    n => format!("{n} hosts"),
                },
            ),
            Facts::Precursor { occasions, followed, lag, within, .. } => format!(
                "{lead} came {} within {within} on {host}; {}, on average {lag} later.",
                times(*occasions),
                self.followed(*followed, *occasions),
            ),
            Facts::Anomaly { today, day, usual, usual_max } => {
                let (count, date) = (*today, date(*day));
                format!(
                    "{lead} came {} on {date} on {host}; a usual day has {}, the largest of the seven before had {usual_max}.",
                    times(count),
                    number(*usual),
                )
            }
            Facts::Novelty { kinds, bad, within, .. } => format!(
                "{host} said {kinds} kinds of message within {within} that no host here had said before; {bad} of them speak of failing or are warnings or worse, as {lead}."
            ),
            Facts::Breakthrough { failures, within, .. } => {
                let failed = self.second().unwrap_or_default();
                format!(
                    "{lead} named somebody on {host} whom {failures} lines of failing had named within {within} before, the latest {failed}."
                )
            }
            Facts::Crash(reported) => self.crash(reported),
            Facts::Pressure(pressed) => {
                let time = |secs: f64| Timestamp::from_micros((secs * 1e6) as i64).to_minute_text();
                format!(
                    "{}, on {host}; by the series {}, {} to {}.",
                    capital(&pressed.summary),
                    pressed.series,
                    time(pressed.from_secs),
                    time(pressed.to_secs),
                )
            }
            Facts::Start(start) => start::what(start, host),
            Facts::HostSilence { longest, days, active, speaking } => format!(
                "Nothing {} from {} for {}; the longest pause of the {days} days before was {}. Of the other hosts {speaking} of {active} spoke in the meantime.",
                self.tense("has come", "came"),
                self.subject,
                self.quiet_for(),
                rounded(*longest),
            ),
            Facts::Drift { today, days, values, label, .. } => {
                let ((_, place), date) = (self.drift(), self.onset_date());
                let (today, usual) = (amount(*today, label.unit()), self.usual_amount("to"));
                format!(
                    "{values} values of “{place}” on {date} on {host} lay around {today}; the {days} days before had {usual}."
                )
            }
            Facts::Silence { usual_gap, .. } => {
                let (usual_gap, quiet_for) = (rounded(*usual_gap), self.quiet_for());
                match self.candidate.is_open() {
                    true => format!(
                        "{lead} came every {usual_gap} from {host} and has not come for {quiet_for}; the host itself goes on speaking."
                    ),
                    false => format!(
                        "{lead} came every {usual_gap} from {host} and then did not come for {quiet_for}."
                    ),
                }
            }
            Facts::Return { occasions, within, .. } => {
                format!(
                    "{lead} {} back on {host}, {} within {within}.",
                    self.tense("is", "was"),
                    times(*occasions)
                )
            }
        };
        let pain = self.candidate.pain.map(|pain| {
            let template = &self.view.library.signature(pain.signature).template;
            let quote = shorten(&template.replace("<*>", "…"), QUOTE_MAX);
            format!(" At {} “{quote}” followed.", pain.mark.at.to_minute_text())
        });
        let ending = self.candidate.ending.as_ref();
        let ending = ending.map(|e| format!(" Closed at {}.", e.at.to_minute_text()));
        let state = self.unhealed().or_else(|| self.peak()).unwrap_or_default();
        main + &state + &pain.unwrap_or_default() + &ending.unwrap_or_default()
    }

    /// ` The last failure, at 2026-03-14 02:14 on srv-1, has not healed for 3h 10m.`
    fn unhealed(&self) -> Option<String> {
        let Facts::SelfHeal { longest, .. } = self.candidate.facts else {
            return None;
        };
        let ledger = self.view.ledger;
        let [failure, recovery, ..] = self.candidate.cells[..] else { return None };
        let failed = ledger[failure].starts().next_back()?;
        let until = self.candidate.ending.as_ref().map_or(self.view.now, |ending| ending.at);
        // A recovery in the same second belongs to it.
        if ledger[recovery].last >= failed || until <= failed {
            return None;
        }
        let open_for = until - failed;
        let than = match open_for > longest {
            true => "longer than any before",
            false => "no longer than others before",
        };
        Some(format!(
            " The last failure, at {} on {}, {} not healed for {}, {than}.",
            failed.to_minute_text(),
            self.host,
            self.tense("has", "had"),
            rounded(open_for)
        ))
    }

    /// ` Peak 2026-03-14 03:10–03:20: 41 where 3 are usual in ten minutes.`
    fn peak(&self) -> Option<String> {
        let opened = self.candidate.opened - Span::HOUR;
        let word = match self.candidate.facts {
            Facts::Burst { .. } => "Peak".to_owned(),
            // A shift may have been higher before anybody looked.
            Facts::Anomaly { .. } if self.candidate.onset < opened => {
                format!("Peak since {}:", opened.to_minute_text())
            }
            Facts::Anomaly { .. } => "Peak".to_owned(),
            _ => return None,
        };
        let peak = self.candidate.highest()?;
        let (from, to) = (peak.since.at(), peak.since.at() + Span::MINUTE.times(10));
        let to = to.to_minute_text();
        let usual = f64::from(peak.usual);
        let are = if (0.95..1.05).contains(&usual) { "is" } else { "are" };
        Some(format!(
            " {word} {}–{}, {} where {} {are} usual in ten minutes.",
            from.to_minute_text(),
            &to[to.len().saturating_sub(5)..],
            peak.count,
            number(usual)
        ))
    }
}

/// The text with its first letter a capital one; names with dots stay as they are.
fn capital(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(letter) if !first.contains('.') => letter.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}
