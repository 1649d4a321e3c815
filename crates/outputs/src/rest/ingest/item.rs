//! One event as JSON text → what the door needs to know of it, or why it is not taken. The text itself is stored as it
//! came; here only the documented fields are checked, without a copy.

use crate::rest::few::is_within;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Unexpected, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A tenant's, source's or event's name is no longer.
pub(crate) const NAME_CHARS_MAX: usize = 256;
/// A time, or the word for a severity or a facility, is no longer.
const WORD_CHARS_MAX: usize = 64;

/// What is looked at of one event.
#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "one event as a JSON object")]
#[allow(dead_code, reason = "some fields are there to be checked while they are read")]
pub(crate) struct Item<'a> {
    #[serde(default, borrow)]
    pub(crate) tenant_id: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(crate) event_id: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(crate) source_type: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(crate) source_path: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(crate) source_name: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "given")]
    message_raw: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "given")]
    message: Option<Text<'a>>,
    #[serde(default)]
    severity: Option<Level>,
    #[serde(default)]
    timestamp: Option<Time>,
    #[serde(default)]
    facility: Option<Facility>,
    #[serde(default, borrow)]
    asset_id: Option<Text<'a>>,
    #[serde(default, borrow)]
    host: Option<Text<'a>>,
    #[serde(default, borrow)]
    service: Option<Text<'a>>,
    #[serde(default)]
    structured_fields: Option<Object>,
    #[serde(default)]
    labels: Option<Ignored>,
}

/// Why an event is not taken. The word for the sender is [`fmt::Display`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Bad {
    /// No JSON at all.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// JSON, but not an event.
    #[error("not an event: {0}")]
    Form(String),
    /// Nothing to remember.
    #[error("no message: give `message_raw` (or `message`) as a text that is not empty")]
    NoMessage,
    /// A name that is no name.
    #[error(
        "`{0}` is not a name: give 1 to {NAME_CHARS_MAX} characters without control characters"
    )]
    Name(&'static str),
    /// A tenant that is no name.
    #[error(
        "`tenant_id` is not a name: give up to 128 of A-Z a-z 0-9 . _ - with a letter or digit first"
    )]
    Tenant,
}

impl<'a> Item<'a> {
    /// Reads one event. `text` is the whole of it.
    pub(crate) fn read(text: &'a str) -> Result<Item<'a>, Bad> {
        // Without this an array would do as well, its values taken for the fields in order.
        let first = text.as_bytes().trim_ascii_start().first();
        if first.is_some_and(|first| *first != b'{') {
            return Err(match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) => Bad::Form("it is no JSON object".into()),
                Err(error) => Bad::Syntax(said(&error)),
            });
        }
        let item: Item<'a> = serde_json::from_str(text).map_err(|error| {
            let words = said(&error);
            match error.is_data() {
                true => Bad::Form(words),
                false => Bad::Syntax(words),
            }
        })?;
        let says = |message: &Option<Text<'_>>| message.as_ref().is_some_and(|m| !m.0.is_empty());
        if item.message_raw.as_ref().or(item.message.as_ref()).is_none()
            || !(says(&item.message_raw) || says(&item.message))
        {
            return Err(Bad::NoMessage);
        }
        if item.tenant_id.as_ref().is_some_and(|t| !is_tenant(&t.0)) {
            return Err(Bad::Tenant);
        }
        for (what, name) in [
            ("event_id", &item.event_id),
            ("source_type", &item.source_type),
            ("source_path", &item.source_path),
            ("source_name", &item.source_name),
        ] {
            if name.as_ref().is_some_and(|name| !is_name(&name.0)) {
                return Err(Bad::Name(what));
            }
        }
        Ok(item)
    }
}

/// What the parser says, without the type names of its own.
fn said(error: &serde_json::Error) -> String {
    crate::safe::clip(&error.to_string(), 200).into_owned()
}

/// What [`is_tenant`] wants, for people.
pub const TENANT_RULE: &str =
    "a client's name has 1 to 128 of A-Z a-z 0-9 . _ - and begins with a letter or a digit";

/// Whether a text can name a tenant: also as the name of a folder.
pub fn is_tenant(name: &str) -> bool {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    name.len() <= 128
        && name.bytes().all(of_name)
        && name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
}

pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && is_within(name, NAME_CHARS_MAX) && !name.chars().any(char::is_control)
}

/// A text, lent from the JSON if it holds no escape.
#[derive(Debug)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Text<'a>, D::Error> {
        struct Read<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Read<'a> {
            type Value = Text<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        source.deserialize_str(Read(PhantomData))
    }
}

/// A field that may be missing, but not `null`.
fn given<'de: 'a, 'a, D: Deserializer<'de>>(source: D) -> Result<Option<Text<'a>>, D::Error> {
    Text::deserialize(source).map(Some)
}

macro_rules! checked {
    ($(#[$doc:meta])* $name:ident: $expecting:literal, $($visit:item)*) => {
        $(#[$doc])*
        #[derive(Debug)]
        struct $name;

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(source: D) -> Result<$name, D::Error> {
                struct Read;
                impl<'de> Visitor<'de> for Read {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    $($visit)*
                }
                source.deserialize_any(Read)
            }
        }
    };
}

checked! {
    /// A severity: a word of any scale, or a syslog level.
    Level: "a severity as a word or as a number from 0 (emergency) to 7 (debug)",
    fn visit_str<E: Error>(self, word: &str) -> Result<Level, E> {
        match is_within(word, WORD_CHARS_MAX) {
            true => Ok(Level),
            false => Err(E::invalid_length(word.len(), &self)),
        }
    }
    fn visit_u64<E: Error>(self, level: u64) -> Result<Level, E> {
        match level <= 7 {
            true => Ok(Level),
            false => Err(E::invalid_value(Unexpected::Unsigned(level), &self)),
        }
    }
    fn visit_f64<E: Error>(self, level: f64) -> Result<Level, E> {
        match (0.0..=7.0).contains(&level) && level.fract() == 0.0 {
            true => Ok(Level),
            false => Err(E::invalid_value(Unexpected::Float(level), &self)),
        }
    }
}

checked! {
    /// A facility: a word, or its number.
    Facility: "a facility as a word or as a number from 0 to 23",
    fn visit_str<E: Error>(self, word: &str) -> Result<Facility, E> {
        match is_within(word, WORD_CHARS_MAX) {
            true => Ok(Facility),
            false => Err(E::invalid_length(word.len(), &self)),
        }
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Facility, E> {
        match number <= 23 {
            true => Ok(Facility),
            false => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Facility, E> {
        match (0.0..=23.0).contains(&number) && number.fract() == 0.0 {
            true => Ok(Facility),
            false => Err(E::invalid_value(Unexpected::Float(number), &self)),
        }
    }
}

checked! {
    /// A time: what it says is read later; one that cannot be read is a defect of the event and no reason to refuse it.
    Time: "a time as a text or as a number (seconds, milli-, micro- or nanoseconds since 1970)",
    fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
        match is_within(text, WORD_CHARS_MAX) {
            true => Ok(Time),
            false => Err(E::invalid_length(text.len(), &self)),
        }
    }
    fn visit_u64<E>(self, _: u64) -> Result<Time, E> {
        Ok(Time)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Time, E> {
        Ok(Time)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Time, E> {
        Ok(Time)
    }
}

checked! {
    /// Named values.
    Object: "an object",
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Object)
    }
}

/// Anything.
type Ignored = IgnoredAny;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_event_is_taken() {
        let text = r#"{"tenant_id":"client-a","asset_id":"fw-01","source_type":"syslog",
            "source_path":"/var/log/syslog","host":"fw-01","service":"charon",
            "timestamp":"2026-03-22T03:30:00Z","severity":"warning","facility":"daemon",
            "message_raw":"IPsec SA rekey failed; retrying","structured_fields":{"peer":"203.0.113.10"}}"#;
        let item = Item::read(text).unwrap();
        let names = [&item.tenant_id, &item.source_type, &item.source_path];
        let names = names.map(|name| name.as_ref().map(|text| &*text.0));
        assert_eq!(names, [Some("client-a"), Some("syslog"), Some("/var/log/syslog")]);
        assert!(matches!(item.tenant_id, Some(Text(Cow::Borrowed(_)))), "nothing is copied");
    }

    #[test]
    fn spellings_that_are_taken() {
        for text in [
            r#"{"message":"x"}"#,
            r#"{"message":"x","message_raw":"y"}"#,
            r#"{"message":"","message_raw":"y"}"#,
            r#"{"message":"x","severity":"WARN"}"#,
            r#"{"message":"x","severity":0,"facility":23,"timestamp":1795000000.25}"#,
            r#"{"message":"x","severity":7.0}"#,
            r#"{"message":"x","severity":null,"tenant_id":null,"timestamp":null,"host":null}"#,
            r#"{"message":"x","structured_fields":{"a":{"b":[1,2]}},"labels":["x"],"more":1}"#,
            r#" {"message":"\u0000\n","event_id":"a b"} "#,
        ] {
            assert!(Item::read(text).is_ok(), "{text}: {:?}", Item::read(text).err());
        }
    }

    #[test]
    fn what_is_not_taken_has_a_reason() {
        for (text, reason) in [
            ("", "not JSON: EOF"),
            ("{", "not JSON: EOF"),
            (r#"{"message":"x"} x"#, "not JSON: trailing"),
            ("\"text\"", "not an event: it is no JSON object"),
            ("7", "not an event: it is no"),
            ("[\"x\"]", "not an event: it is no"),
            ("x", "not JSON: expected"),
            ("null", "not an event: it is no"),
            ("{}", "no message"),
            (r#"{"message":""}"#, "no message"),
            (r#"{"message":7}"#, "not an event: invalid type: integer `7`, expected a text"),
            (r#"{"message":null}"#, "not an event: invalid type: null, expected a text"),
            (r#"{"message":"x","severity":8}"#, "not an event: invalid value: integer `8`"),
            (r#"{"message":"x","severity":-1}"#, "not an event: invalid type: integer `-1`"),
            (r#"{"message":"x","severity":1.5}"#, "not an event: invalid value: floating point"),
            (r#"{"message":"x","severity":[]}"#, "not an event: invalid type: sequence"),
            (r#"{"message":"x","facility":24}"#, "not an event: invalid value"),
            (r#"{"message":"x","timestamp":true}"#, "not an event: invalid type: boolean"),
            (r#"{"message":"x","host":7}"#, "not an event: invalid type: integer"),
            (r#"{"message":"x","structured_fields":[]}"#, "not an event: invalid type: sequence"),
            (r#"{"message":"x","tenant_id":""}"#, "`tenant_id` is not a name"),
            (r#"{"message":"x","tenant_id":"../x"}"#, "`tenant_id` is not a name"),
            (r#"{"message":"x","source_path":"a\nb"}"#, "`source_path` is not a name"),
            (r#"{"message":"x","event_id":""}"#, "`event_id` is not a name"),
        ] {
            let found = Item::read(text).err().map(|bad| bad.to_string()).unwrap_or_default();
            assert!(found.starts_with(reason), "{text}: {found}");
        }
    }
}
