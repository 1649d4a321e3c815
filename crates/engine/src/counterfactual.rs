//! What would move a subject to another band: a typed claim that can be put to the test, and the
//! sentence made of it. The claims are found by `tenant::what_if`.

use model::{Band, SignatureId, Span, Timestamp};

/// If that happens, and nothing else, the subject stands in that band.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterfactual {
    /// What happens.
    pub happens: Happens,
    /// Where the subject then stands.
    pub band: Band,
}

/// One message of an occasion.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The message.
    pub signature: SignatureId,
    /// Where it comes.
    pub host: String,
    /// How long after the occasion began.
    pub after: Span,
}

/// What may happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Happens {
    /// So many further occasions, the first after `every`, then one each; the smallest number. With
    /// `is_enough` unset: not even so many would do.
    Occasions {
        /// How many.
        n: u32,
        /// From one to the next.
        every: Span,
        /// What comes on each: a failure and its recovery, all messages that fell silent.
        parts: Vec<Part>,
        /// By then the band is as claimed.
        until: Timestamp,
        /// They move it; else they do not.
        is_enough: bool,
    },
    /// So many events of a stream at once, at `at`; the smallest number.
    AtOnce {
        /// How many.
        n: u32,
        /// What comes, and where.
        part: Part,
        /// When.
        at: Timestamp,
    },
    /// It reaches these further hosts, one each `every`; the smallest number.
    Hosts {
        /// Which.
        hosts: Vec<String>,
        /// From one to the next.
        every: Span,
        /// What comes there.
        signature: SignatureId,
        /// By then the band is as claimed.
        until: Timestamp,
        /// They move it; else they do not.
        is_enough: bool,
    },
    /// A severe message that was hardly ever seen, of this service on this host.
    Severe {
        /// The program; may be empty.
        service: String,
        /// The machine.
        host: String,
    },
    /// Nothing of it until then.
    Quiet {
        /// The moment.
        until: Timestamp,
        /// Its candidate is closed by then.
        closes: bool,
    },
}

impl Counterfactual {
    /// Whether it is that nothing more comes.
    pub fn is_quiet(&self) -> bool {
        matches!(self.happens, Happens::Quiet { .. })
    }

    /// The claim as a sentence, for a subject that stands in `from`.
    pub fn words(&self, from: Band) -> String {
        let moves = self.moves(from);
        match &self.happens {
            Happens::Occasions { n, every, parts, until, is_enough } => {
                let host = parts.first().map_or("", |part| part.host.as_str());
                let more = match (parts.len(), n) {
                    (0 | 1, 1) => "1 more occasion".to_owned(),
                    (0 | 1, n) => format!("{n} more occasions"),
                    (_, 1) => "1 more occasion like the last".to_owned(),
                    (_, n) => format!("{n} more occasions like the last"),
                };
                let until = until.to_minute_text();
                let rhythm = if *n > 1 { format!(", one every {every},") } else { String::new() };
                let moves = if *is_enough { moves } else { format!("{moves} even") };
                format!("{moves} with {more} on {host}{rhythm} before {until}")
            }
            Happens::AtOnce { n, part, .. } => {
                format!("{moves} with {n} events at once on {} in an hour from now", part.host)
            }
            Happens::Hosts { hosts, until, is_enough, .. } => {
                let (names, until) = (hosts.join(", "), until.to_minute_text());
                let moves = if *is_enough { moves } else { format!("{moves} even") };
                let hosts = match hosts.len() {
                    1 => "1 more host".to_owned(),
                    n => format!("{n} more hosts"),
                };
                format!("{moves} with {hosts}, such as {names}, before {until}")
            }
            Happens::Severe { service, host } => {
                let of = match service.as_str() {
                    "" => "a severe message without a service".to_owned(),
                    service => format!("a severe message of {service}"),
                };
                format!("{moves} when {of}, seen at most once before, follows on {host}")
            }
            Happens::Quiet { until, closes } => {
                let until = until.to_minute_text();
                match (closes, self.band == from) {
                    (true, true) => format!("closes when nothing more comes until {until}"),
                    (true, false) => {
                        format!("closes when nothing more comes until {until}, and {moves}")
                    }
                    (false, _) => format!("{moves} when nothing more comes until {until}"),
                }
            }
        }
    }

    fn moves(&self, from: Band) -> String {
        match self.band {
            to if to > from => format!("rises to {to}"),
            to if to < from => format!("falls to {to}"),
            to => format!("is no more and no less than {to}"),
        }
    }
}
