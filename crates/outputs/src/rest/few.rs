//! What a request may give once or several times: one value, or a list of them.

use super::problem::{Kind, Problem};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Unexpected, Visitor};
use std::fmt;

/// More values than any question needs.
const VALUES_MAX: usize = 100;
/// No name is longer.
pub(super) const VALUE_CHARS_MAX: usize = 256;

/// Whether a text may be a name in a question.
pub(super) fn is_value(text: &str) -> bool {
    !text.is_empty() && is_within(text, VALUE_CHARS_MAX)
}

/// Whether a text has at most so many characters.
pub(super) fn is_within(text: &str, chars_max: usize) -> bool {
    text.len() <= chars_max || text.chars().nth(chars_max).is_none()
}

/// A whole number, also where it is written `7.0`: JSON knows one kind of number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole(pub(super) u64);

/// Numbers beyond this are not whole in every reader of JSON (2^53 − 1, RFC 8259 §6).
const WHOLE_MAX: u64 = (1 << 53) - 1;

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Whole, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Whole;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 0 to 2^53 - 1")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
                match number <= WHOLE_MAX {
                    true => Ok(Whole(number)),
                    false => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
                }
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
                match number.fract() == 0.0 && (0.0..=WHOLE_MAX as f64).contains(&number) {
                    true => Ok(Whole(number as u64)),
                    false => Err(E::invalid_value(Unexpected::Float(number), &self)),
                }
            }
        }
        source.deserialize_any(Read)
    }
}

/// A few texts: one text, or a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Few(pub(super) Vec<String>);

impl Few {
    /// Each as something that has a name.
    pub(super) fn each<T>(
        &self,
        field: &str,
        choices: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Problem> {
        let one = |word: &String| {
            read(word).ok_or_else(|| {
                let shown = crate::safe::clip(word, 40);
                Problem::new(Kind::Invalid, format!("`{field}` cannot be `{shown}`: {choices}"))
            })
        };
        self.0.iter().map(one).collect()
    }
}

impl<'de> Deserialize<'de> for Few {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Few, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Few;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_unit<E>(self) -> Result<Few, E> {
                Ok(Few::default())
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Few, E> {
                Ok(Few(vec![fitting(text.to_owned())?]))
            }
            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Few, S::Error> {
                let mut values = Vec::new();
                while let Some(text) = seq.next_element::<String>()? {
                    if values.len() == VALUES_MAX {
                        return Err(S::Error::custom(format!("more than {VALUES_MAX} values")));
                    }
                    values.push(fitting(text)?);
                }
                Ok(Few(values))
            }
        }
        source.deserialize_any(Read)
    }
}

fn fitting<E: Error>(text: String) -> Result<String, E> {
    match is_value(&text) {
        true => Ok(text),
        false => Err(E::custom(format!("a value has 1 to {VALUE_CHARS_MAX} characters"))),
    }
}
