//! What the sentences of an item speak about: its subject, its messages in quotes, its times. The
//! sentences themselves stand in `title`, `what` and `why`.

use super::phrase::{a_day, amount, date, shorten};
use crate::attention::cell::CellIndex;
use crate::discover::candidate::Candidate;
use crate::discover::{Facts, View};
use model::{CandidateType, Span};

/// Letters of a template inside a sentence.
pub(super) const QUOTE_MAX: usize = 60;

/// What the sentences speak about.
pub(super) struct Words<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) view: View<'a>,
    pub(super) subject: String,
    pub(super) host: &'a str,
}

impl<'a> Words<'a> {
    /// The words for a candidate.
    pub(super) fn of(candidate: &'a Candidate, view: View<'a>) -> Words<'a> {
        let lead = candidate.lead();
        let service = &view.ledger.services[view.ledger.kind_of(lead).service.0 as usize].name;
        let host = view.ledger.host_of(lead).name.as_str();
        let many_hosts = candidate.kind == CandidateType::Spread;
        let subject = match (service.is_empty(), many_hosts) {
            (true, true) => "several hosts".to_owned(),
            (true, false) => host.to_owned(),
            (false, true) => service.clone(),
            (false, false) => format!("{service} on {host}"),
        };
        let mut words = Words { candidate, view, subject, host };
        match candidate.facts {
            Facts::Novelty { .. } | Facts::Pressure(_) | Facts::Start(_) => {
                words.subject = host.to_owned();
            }
            Facts::HostSilence { .. } => words.subject = words.hosts(),
            Facts::Crash(_) => words.subject = format!("{service} on {}", words.hosts()),
            _ => {}
        }
        words
    }

    /// A usual rate in words, of no more days than the records of the host went back when it began.
    pub(super) fn a_day(&self, rate: f64, one: &str, many: &str) -> String {
        let first = self.view.ledger.host_of(self.candidate.lead()).first;
        let known = (self.candidate.onset - first).as_days_f64().max(0.0);
        a_day(rate, one, many, known as u32)
    }

    /// The hosts of the story: `web1`, `web1 and web2`, `web1, web2 and 5 more hosts`.
    pub(super) fn hosts(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for cell in &self.candidate.cells {
            let name = self.view.ledger.host_of(*cell).name.as_str();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        match names[..] {
            [] => String::new(),
            [one] => one.to_owned(),
            [one, two] => format!("{one} and {two}"),
            [one, two, three] => format!("{one}, {two} and {three}"),
            [one, two, ..] => format!("{one}, {two} and {} more hosts", names.len() - 2),
        }
    }

    /// A verb for one host or several of a story that goes on, or that is over.
    pub(super) fn silence_verb(&self) -> &'static str {
        let first = self.view.ledger[self.candidate.lead()].host;
        let is_one = self.candidate.cells.iter().all(|c| self.view.ledger[*c].host == first);
        match is_one {
            true => self.tense("has been", "was"),
            false => self.tense("have been", "were"),
        }
    }

    /// The form of a message, its variable parts as ellipses.
    pub(super) fn template(&self, cell: CellIndex) -> String {
        let signature = self.view.ledger[cell].signature;
        let template = &self.view.library.signature(signature).template;
        template.replace("<*>", "…")
    }

    pub(super) fn quote(&self, cell: CellIndex) -> String {
        format!("“{}”", shorten(&self.template(cell), QUOTE_MAX))
    }

    /// `each time “…” followed`, `9 of these times “…” followed`.
    pub(super) fn followed(&self, times: u32, of: u32) -> String {
        let second = self.second().unwrap_or_default();
        match times >= of {
            true => format!("each time {second} followed"),
            false => format!("{times} of these times {second} followed"),
        }
    }

    /// Whether the lead's message is said at the end of a wait: its trouble began before it.
    pub(super) fn waited(&self) -> bool {
        const ENDS_OF_WAITS: [&str; 12] = [
            "giving up",
            "gave up",
            "given up",
            "timed out",
            "timeout",
            "time out",
            "retransmit",
            "retries",
            "not responding",
            "no response",
            "unresponsive",
            "attempts",
        ];
        let said = self.template(self.candidate.lead()).to_ascii_lowercase();
        ENDS_OF_WAITS.iter().any(|words| said.contains(words))
    }

    pub(super) fn lead(&self) -> String {
        self.quote(self.candidate.lead())
    }

    pub(super) fn second(&self) -> Option<String> {
        self.candidate.cells.get(1).map(|cell| self.quote(*cell))
    }

    /// `rose from 0.2 s to 5.1 s`, and where in the message the value stands.
    pub(super) fn drift(&self) -> (String, String) {
        let Facts::Drift { today, low, high, label, place, .. } = &self.candidate.facts else {
            return Default::default();
        };
        let (verb, usual) = if today > high { ("rose", high) } else { ("fell", low) };
        let behaviour = format!(
            "{verb} from {} to {}",
            amount(*usual, label.unit()),
            amount(*today, label.unit())
        );
        let place = place.clone().unwrap_or_else(|| self.template(self.candidate.lead()));
        (behaviour, place)
    }

    /// What was usual of a value that drifted: `0.2 s to 0.4 s`, or `0.3 s` where both read the same.
    pub(super) fn usual_amount(&self, joint: &str) -> String {
        let Facts::Drift { low, high, label, .. } = &self.candidate.facts else {
            return String::new();
        };
        let (low, high) = (amount(*low, label.unit()), amount(*high, label.unit()));
        if low == high { low } else { format!("{low} {joint} {high}") }
    }

    /// A verb for a story that goes on, or for one that is over.
    pub(super) fn tense(&self, present: &'static str, past: &'static str) -> &'static str {
        match self.candidate.is_open() {
            true => present,
            false => past,
        }
    }

    /// How long a silence lasts, or lasted.
    pub(super) fn quiet_for(&self) -> Span {
        let until = self.candidate.ending.as_ref().map_or(self.view.now, |e| e.at);
        until - self.candidate.onset
    }

    /// The day on which the story began.
    pub(super) fn onset_date(&self) -> String {
        date(self.candidate.onset)
    }
}
