//! Defects: what was wrong, missing or guessed in an event. Parsing gives a value *and* these; it
//! never loses the line.

use std::fmt;

macro_rules! defects {
    ($($(#[$doc:meta])* $name:ident => $word:literal,)*) => {
        /// One thing that was wrong with an input, or that had to be assumed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Defect { $($(#[$doc])* $name,)* }

        impl Defect {
            /// Every defect there is, in order.
            pub const ALL: &'static [Defect] = &[$(Defect::$name,)*];

            /// The name on the wire and in counters.
            pub fn word(self) -> &'static str {
                match self { $(Defect::$name => $word,)* }
            }
        }
    };
}

defects! {
    /// No time in the line: the one of the line before, or the time of receipt, stands in.
    TimeMissing => "time_missing",
    /// What stands where a time should be is none (a date that does not exist).
    TimeInvalid => "time_invalid",
    /// The time has no year; the one that fits best was taken.
    YearAssumed => "year_assumed",
    /// The time has no zone; the configured one (UTC by default) was taken.
    ZoneAssumed => "zone_assumed",
    /// The time goes back a long way against the lines before.
    TimeBackwards => "time_backwards",
    /// The time lies far from those of the lines around it: the line before gives the order.
    TimeLeap => "time_leap",
    /// No host in the line: the only one that the source's other lines name stands in, or its name.
    HostMissing => "host_missing",
    /// What stands where a host should be is the name of none: the name of the source stands in.
    HostInvalid => "host_invalid",
    /// Bytes that are not UTF-8 were replaced in the text; the raw bytes are untouched.
    InvalidUtf8 => "invalid_utf8",
    /// NUL bytes were taken out of the text.
    NulBytes => "nul_bytes",
    /// Terminal colours and other escape sequences were taken out of the text.
    AnsiEscapes => "ansi_escapes",
    /// The line was longer than the limit; only its head was read.
    Truncated => "truncated",
    /// A syslog priority outside 0–191, or one that is none.
    PriorityInvalid => "priority_invalid",
    /// RFC 5424 structured data that breaks its own rules.
    StructuredDataBroken => "structured_data_broken",
    /// A line that begins as JSON and is not.
    JsonBroken => "json_broken",
    /// JSON nested deeper than the limit.
    TooDeep => "too_deep",
    /// More attributes than the limit; the rest was left in the raw bytes.
    AttributesCut => "attributes_cut",
    /// More continuation lines than the limit; the rest was counted but not kept.
    ContinuationsCut => "continuations_cut",
    /// A record of a known format that ends before its required fields.
    FieldsMissing => "fields_missing",
    /// A "repeated N times" with no line before it that it could refer to.
    RepeatOrphaned => "repeat_orphaned",
}

/// A set of defects; copying it costs nothing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Defects(u32);

impl Defects {
    /// No defect.
    pub const NONE: Defects = Defects(0);

    /// The input breaks the form that it claims to have; what is merely missing or assumed is not among them.
    pub const BROKEN: Defects = Defects(
        1 << Defect::TimeInvalid as u32
            | 1 << Defect::PriorityInvalid as u32
            | 1 << Defect::StructuredDataBroken as u32
            | 1 << Defect::JsonBroken as u32
            | 1 << Defect::TooDeep as u32
            | 1 << Defect::FieldsMissing as u32,
    );

    /// Adds one.
    pub fn add(&mut self, defect: Defect) {
        self.0 |= 1 << defect as u32;
    }

    /// Adds all of `other`.
    pub fn add_all(&mut self, other: Defects) {
        self.0 |= other.0;
    }

    /// Whether the set holds it.
    pub fn has(self, defect: Defect) -> bool {
        self.0 & (1 << defect as u32) != 0
    }

    /// Whether it holds one of `others`.
    pub fn has_any(self, others: Defects) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The defects in the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Defect> {
        Defect::ALL.iter().copied().filter(move |d| self.has(*d))
    }
}

impl fmt::Debug for Defects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Defect::word)).finish()
    }
}

impl serde::Serialize for Defects {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.iter().map(Defect::word))
    }
}

impl FromIterator<Defect> for Defects {
    fn from_iter<I: IntoIterator<Item = Defect>>(defects: I) -> Self {
        let mut set = Defects::NONE;
        defects.into_iter().for_each(|d| set.add(d));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_every_defect_there_is() {
        let all: Defects = Defect::ALL.iter().copied().collect();
        assert_eq!(all.iter().count(), Defect::ALL.len());
        assert!(Defect::ALL.len() <= 32);
    }
}
