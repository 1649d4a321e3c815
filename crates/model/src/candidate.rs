//! Candidate types: the ways in which weak signals become worth a person's time.

use std::fmt;

macro_rules! candidate_types {
    ($($(#[$doc:meta])* $name:ident => $word:literal,)*) => {
        /// What a candidate claims about its subject.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize,
            serde::Deserialize,
        )]
        pub enum CandidateType { $($(#[$doc])* #[serde(rename = $word)] $name,)* }

        impl CandidateType {
            /// Every type, in order.
            pub const ALL: &'static [CandidateType] = &[$(CandidateType::$name,)*];

            /// The name on the wire.
            pub fn word(self) -> &'static str {
                match self { $(CandidateType::$name => $word,)* }
            }
        }
    };
}

candidate_types! {
    /// It keeps coming back, more often than is usual for it.
    Recurrence => "recurrence",
    /// Far more in a short time than is usual for it.
    Burst => "burst",
    /// It fails, recovers by itself, and fails again.
    SelfHeal => "self_heal",
    /// It reaches hosts, sites or tenants that it did not reach before.
    Spread => "spread",
    /// It comes shortly before something else, again and again.
    Precursor => "precursor",
    /// Its rate or its values left their usual range.
    Anomaly => "anomaly",
    /// An expected message stopped coming.
    Silence => "silence",
    /// A kernel crash.
    Crash => "crash",
    /// A host condition: memory, I/O, network.
    Pressure => "pressure",
}

impl fmt::Display for CandidateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
