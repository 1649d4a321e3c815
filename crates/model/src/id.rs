//! Ids that follow from content: BLAKE3 of a domain tag and the parts → 128 bits, so a replay, a
//! restart or another node computes the same id without asking anyone.
//!
//! Each id is a type of its own, shown as a prefix and 26 letters of Crockford's base 32
//! (`sig_06xq…`); that spelling has no letters that are mistaken for digits.

use std::fmt;
use std::str::FromStr;

/// Crockford's base 32, lower case: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits at 5 bits a letter.
const LETTERS: usize = 26;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected `{prefix}_` and 26 letters of 0-9 a-z without i, l, o, u")]
pub struct IdError {
    prefix: &'static str,
}

fn derive(domain: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(domain.as_bytes());
    for part in parts {
        // The length in front keeps ("ab","c") and ("a","bc") apart.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    bytes
}

fn encode(bytes: [u8; 16]) -> [u8; LETTERS] {
    let mut rest = u128::from_be_bytes(bytes);
    let mut text = [0; LETTERS];
    for letter in text.iter_mut().rev() {
        *letter = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    text
}

fn decode(text: &str) -> Option<[u8; 16]> {
    if text.len() != LETTERS {
        return None;
    }
    let mut value: u128 = 0;
    for (place, letter) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|a| *a == letter)? as u128;
        if place == 0 && digit > 7 {
            return None; // 26 letters hold 130 bits; the first may use three of its five
        }
        value = value << 5 | digit;
    }
    Some(value.to_be_bytes())
}

macro_rules! derived_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// What stands before the underscore when the id is shown.
            pub const PREFIX: &'static str = $prefix;

            /// The id of these parts, in this order.
            pub fn derive(parts: &[&[u8]]) -> Self {
                Self(derive(concat!("foreshock/", $prefix, "/1"), parts))
            }

            /// The 128 bits, most significant first.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// The id of 128 bits that [`Self::as_bytes`] gave.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let letters = encode(self.0);
                f.write_str(concat!($prefix, "_"))?;
                f.write_str(std::str::from_utf8(&letters).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if !s.is_human_readable() {
                    return self.0.serialize(s);
                }
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                if !d.is_human_readable() {
                    return <[u8; 16]>::deserialize(d).map(Self);
                }
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

derived_id!(
    /// One received piece of raw input: of source, cursor and payload.
    EnvelopeId,
    "env"
);
derived_id!(
    /// One happening: of the envelope that it was read from.
    EventId,
    "evt"
);
derived_id!(
    /// One kind of message: of service, skeleton and the tokenizer's version.
    SignatureId,
    "sig"
);
derived_id!(
    /// One candidate: of tenant, type, subject and first evidence.
    CandidateId,
    "cand"
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_depend_on_domain_order_and_boundaries() {
        let id = EventId::derive(&[b"ab", b"c"]);
        assert_eq!(id, EventId::derive(&[b"ab", b"c"]));
        assert_ne!(id, EventId::derive(&[b"a", b"bc"]));
        assert_ne!(id.as_bytes(), EnvelopeId::derive(&[b"ab", b"c"]).as_bytes());
    }

    /// A change of this value orphans every stored id.
    #[test]
    fn ids_are_stable_across_releases() {
        let id = SignatureId::derive(&[b"sshd", b"session opened"]);
        assert_eq!(id.to_string(), "sig_6sb2m9csaqz6bchwyz3cr42ty1");
    }

    proptest! {
        #[test]
        fn text_round_trips(bytes: [u8; 16]) {
            let id = CandidateId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<CandidateId>(), Ok(id));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = text.parse::<CandidateId>();
            let _ = format!("cand_{text}").parse::<CandidateId>();
        }
    }
}
