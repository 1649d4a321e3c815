//! The title of an item: subject, behaviour, and the message as far as there is room.

use super::phrase::{date, number, shorten, times};
use super::words::{QUOTE_MAX, Words};
use super::{rhythm, sites, start};
use crate::discover::Facts;

impl Words<'_> {
    /// Subject, behaviour, and the message as far as there is room for it.
    pub(super) fn title(&self, letters_max: usize) -> String {
        let behaviour = match &self.candidate.facts {
            Facts::Recurrence { occasions, within, .. } => {
                let verb = self.tense("keeps coming back", "kept coming back");
                format!("{verb}, {} in {within}", times(*occasions))
            }
            Facts::SelfHeal { failures, within, .. } => {
                let verb = self.tense("fails and heals", "failed and healed");
                let slower = if rhythm::heals_slower(self.candidate, self.view) {
                    ", ever longer"
                } else {
                    ""
                };
                format!("{verb}, {} in {within}{slower}", times(*failures))
            }
            Facts::Burst { hour, .. } => format!("said {} in an hour", times(*hour)),
            Facts::Spread { sites: Some(s), within, .. } if s.is_evidence => {
                format!("said the same at {} within {within}", sites::further(s))
            }
            Facts::Clients(found) => sites::behaviour_at_clients(found),
            Facts::Spread { hosts, within, .. } => {
                format!("said the same on {hosts} hosts within {within}")
            }
            Facts::Precursor { followed, occasions, .. } => {
                let verb = self.tense("is", "was");
                format!("{verb} followed by worse, {followed} of {}", times(*occasions))
            }
            Facts::Anomaly { today, day, usual, .. } => {
                let (count, date) = (*today, date(*day));
                let usual = number(*usual);
                format!("said {} on {date}, usual is {usual} a day", times(count))
            }
            Facts::Novelty { bad, .. } => {
                let verb = self.tense("says", "said");
                format!("{verb} {bad} kinds of bad message that are new here")
            }
            Facts::Breakthrough { failures, within, .. } => {
                format!("let somebody in after {failures} failures within {within}")
            }
            Facts::Crash(reported) => self.crashed(reported),
            Facts::Pressure(pressed) => {
                return shorten(&format!("{}: {}", self.subject, pressed.summary), letters_max);
            }
            Facts::Start(start) => {
                return shorten(&start::title(start, self.host), letters_max);
            }
            Facts::HostSilence { .. } => {
                let text = format!(
                    "{} {} silent for {}",
                    self.subject,
                    self.silence_verb(),
                    self.quiet_for()
                );
                return shorten(&text, letters_max);
            }
            Facts::Drift { .. } => {
                let (behaviour, place) = self.drift();
                let head = format!("{}: values of “", self.subject);
                let taken = head.chars().count() + behaviour.chars().count() + 2;
                let place = shorten(&place, letters_max.saturating_sub(taken).max(12));
                return shorten(&format!("{head}{place}” {behaviour}"), letters_max);
            }
            Facts::Silence { .. } => {
                let verb = self.tense("has been", "was");
                format!("{verb} silent for {}", self.quiet_for())
            }
            Facts::Return { .. } => {
                let verb = self.tense("is back", "was back");
                format!("{verb} after it had ended badly")
            }
        };
        let head = format!("{} {behaviour}: ", self.subject);
        let room = letters_max.saturating_sub(head.chars().count() + 2);
        // A few letters of a message tell nothing.
        if room < 12 {
            return shorten(head.trim_end_matches([':', ' ']), letters_max);
        }
        let template = self.template(self.candidate.lead());
        format!("{head}“{}”", shorten(&template, room.min(QUOTE_MAX)))
    }
}
