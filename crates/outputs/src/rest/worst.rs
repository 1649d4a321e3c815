//! The least severity that a question asks for: a word, or a number.

use model::Severity;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use std::fmt;

/// A severity as a question writes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Worst(pub(super) Severity);

impl<'de> Deserialize<'de> for Worst {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Worst, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Worst;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a severity: emergency, alert, critical, error, warning, notice, info, debug or 0 to 7")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<Worst, E> {
                let is_long = word.len() >= 3; // single letters mean different things
                let severity = Severity::from_word(word.as_bytes()).filter(|_| is_long);
                severity.map(Worst).ok_or_else(|| E::invalid_value(Unexpected::Str(word), &self))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Worst, E> {
                let severity = u8::try_from(number).ok().and_then(Severity::from_number);
                severity
                    .map(Worst)
                    .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Worst, E> {
                match number.fract() == 0.0 && (0.0..=7.0).contains(&number) {
                    true => self.visit_u64(number as u64),
                    false => Err(E::invalid_value(Unexpected::Float(number), &self)),
                }
            }
        }
        source.deserialize_any(Read)
    }
}
