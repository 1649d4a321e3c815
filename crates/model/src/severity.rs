//! Severity: the eight levels of RFC 5424 §6.2.1, to which every other scale is mapped.

use std::fmt;

/// How bad the *source* says that an event is; 0 is the worst. It never decides alone what a
/// person sees: real faults are often logged as information.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Severity {
    /// 0: the system is unusable.
    Emergency = 0,
    /// 1: action must be taken at once.
    Alert = 1,
    /// 2: critical conditions.
    Critical = 2,
    /// 3: errors.
    Error = 3,
    /// 4: warnings.
    Warning = 4,
    /// 5: normal but significant.
    Notice = 5,
    /// 6: information.
    Info = 6,
    /// 7: debugging.
    Debug = 7,
}

impl Severity {
    /// All levels, worst first; the index is the level's number.
    pub const ALL: [Severity; 8] = [
        Severity::Emergency,
        Severity::Alert,
        Severity::Critical,
        Severity::Error,
        Severity::Warning,
        Severity::Notice,
        Severity::Info,
        Severity::Debug,
    ];

    /// The level with this number, 0–7.
    pub fn from_number(number: u8) -> Option<Severity> {
        Severity::ALL.get(usize::from(number)).copied()
    }

    /// The level's number, 0–7.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// At least as bad as `other`.
    pub fn is_at_least(self, other: Severity) -> bool {
        self <= other
    }

    /// The level that a word of any common scale names, without regard to case: syslog's own
    /// words, log4j's and Python's levels, Windows' and journald's spellings, one-letter forms.
    pub fn from_word(word: &[u8]) -> Option<Severity> {
        const WORDS: &[(&str, Severity)] = &[
            ("info", Severity::Info),
            ("warn", Severity::Warning),
            ("warning", Severity::Warning),
            ("error", Severity::Error),
            ("debug", Severity::Debug),
            ("notice", Severity::Notice),
            ("err", Severity::Error),
            ("crit", Severity::Critical),
            ("critical", Severity::Critical),
            ("fatal", Severity::Critical),
            ("information", Severity::Info),
            ("informational", Severity::Info),
            ("trace", Severity::Debug),
            ("verbose", Severity::Debug),
            ("fine", Severity::Debug),
            ("finer", Severity::Debug),
            ("finest", Severity::Debug),
            ("severe", Severity::Error),
            ("failure", Severity::Error),
            ("alert", Severity::Alert),
            ("emerg", Severity::Emergency),
            ("emergency", Severity::Emergency),
            ("panic", Severity::Emergency),
            ("dbg", Severity::Debug),
            ("inf", Severity::Info),
            ("wrn", Severity::Warning),
            ("i", Severity::Info),
            ("w", Severity::Warning),
            ("e", Severity::Error),
            ("d", Severity::Debug),
            ("f", Severity::Critical),
            ("v", Severity::Debug),
            ("t", Severity::Debug),
        ];
        WORDS
            .iter()
            .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word))
            .map(|(_, severity)| *severity)
    }

    /// The syslog word, lower case.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Emergency => "emergency",
            Severity::Alert => "alert",
            Severity::Critical => "critical",
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
            Severity::Info => "info",
            Severity::Debug => "debug",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_agree() {
        for severity in Severity::ALL {
            assert_eq!(Severity::from_number(severity.number()), Some(severity));
            assert_eq!(Severity::from_word(severity.word().as_bytes()), Some(severity));
        }
        assert_eq!(Severity::from_number(8), None);
        assert_eq!(Severity::from_word(b"WARN"), Some(Severity::Warning));
        assert_eq!(Severity::from_word(b"wary"), None);
    }
}
