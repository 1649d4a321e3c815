//! One JSON object a line, from any logger: nested objects become dotted names, the well-known
//! names become the event's fields, the rest its attributes. A line that breaks off keeps what was
//! read before the break.

use super::{Reference, content, fields};
use model::{Attribute, Defect, Defects, Event, Format};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Deeper objects are passed over: loggers nest three or four deep.
const DEPTH_MAX: usize = 16;

/// A line that begins with `{`.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    read_as(text, reference, Format::Json)
}

pub(super) fn read_as<'a>(
    text: &'a str,
    reference: &Reference,
    format: Format,
) -> Option<Event<'a>> {
    // `{}` and `{foo}` are text: an object with nothing to say is not one of a logger.
    let inside = text.strip_prefix('{')?.trim_start();
    if !inside.starts_with('"') {
        return None;
    }
    let mut sink = Sink::default();
    let mut source = serde_json::Deserializer::from_str(text);
    let whole = Node { sink: &mut sink, path: Cow::Borrowed(""), depth: 0 }
        .deserialize(&mut source)
        .and_then(|()| source.end())
        .is_ok();
    let mut event = Event { format, ..Event::default() };
    event.defects = sink.defects;
    let wrapped = sink.values.iter().any(|(name, _)| name == "log");
    fields::place(sink.values, &mut event, reference);
    if !whole {
        event.defects.add(Defect::JsonBroken);
        event.body = text.into();
    } else if event.body.is_empty() {
        event.body = request(&event).map_or(Cow::Borrowed(text), Cow::Owned);
    } else if wrapped || has_priority(&event.body) {
        unwrap(&mut event, reference);
    } else {
        refine(&mut event, reference);
    }
    Some(event)
}

/// Whether a message begins like a whole line of syslog: a shipper put it into a record as it was.
fn has_priority(body: &str) -> bool {
    matches!(body.as_bytes(), [b'<', b'0'..=b'9', ..])
}

/// A line inside another program's record (a container runtime's, a shipper's): it has a format of its own.
fn unwrap(event: &mut Event<'_>, reference: &Reference) {
    let line = std::mem::take(&mut event.body);
    let inside = super::into_owned(super::read(line.trim_end_matches(['\n', '\r']), reference));
    content::merge(event, inside);
}

/// The message may have a structure of its own, like one behind a syslog header.
fn refine<'a>(event: &mut Event<'a>, reference: &Reference) {
    let severity = event.severity;
    content::refine(event, reference);
    event.severity = severity.or(event.severity);
}

/// `METHOD path status` for records of requests, which often have no message.
fn request(event: &Event<'_>) -> Option<String> {
    let find = |names: &[&str]| {
        let named = |a: &&Attribute<'_>| names.iter().any(|n| n.eq_ignore_ascii_case(&a.0));
        event.attributes.iter().find(named).map(|a| &*a.1)
    };
    let method = find(&[
        "method",
        "request.method",
        "request_method",
        "http.request.method",
        "requestmethod",
        "verb",
    ])?;
    let path = find(&[
        "path",
        "uri",
        "request.uri",
        "request_uri",
        "url.path",
        "requestpath",
        "requesturi",
    ])?;
    match find(&[
        "status",
        "status_code",
        "response.status",
        "http.response.status_code",
        "downstreamstatus",
    ]) {
        Some(status) => Some(format!("{method} {path} {}", super::access::status_line(status))),
        None => Some(format!("{method} {path}")),
    }
}

/// Where the values of one object are gathered.
#[derive(Default)]
struct Sink<'a> {
    values: Vec<Attribute<'a>>,
    defects: Defects,
}

/// One place in the object: reads the value that stands there into the sink.
struct Node<'s, 'a> {
    sink: &'s mut Sink<'a>,
    path: Cow<'a, str>,
    depth: usize,
}

impl<'a> Node<'_, 'a> {
    fn put(self, value: impl Into<Cow<'a, str>>) {
        fields::push(&mut self.sink.values, self.path, value, &mut self.sink.defects);
    }

    fn child(&mut self, name: Cow<'a, str>) -> Node<'_, 'a> {
        let path = match &*self.path {
            "" => name,
            parent => Cow::Owned(format!("{parent}.{name}")),
        };
        Node { sink: self.sink, path, depth: self.depth + 1 }
    }
}

impl<'a> DeserializeSeed<'a> for Node<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, source: D) -> Result<(), D::Error> {
        if self.depth > DEPTH_MAX {
            self.sink.defects.add(Defect::TooDeep);
            return IgnoredAny.visit_ignored(source);
        }
        source.deserialize_any(self)
    }
}

/// Passing over a value, at any depth, without recursion.
trait Ignore {
    fn visit_ignored<'a, D: Deserializer<'a>>(self, source: D) -> Result<(), D::Error>;
}

impl Ignore for IgnoredAny {
    fn visit_ignored<'a, D: Deserializer<'a>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_ignored_any(self).map(|_| ())
    }
}

impl<'a> Visitor<'a> for Node<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.put(if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.put(value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.put(value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.put(value.to_string());
        Ok(())
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<(), E> {
        self.put(value);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.put(value.to_owned());
        Ok(())
    }

    fn visit_map<M: MapAccess<'a>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            map.next_value_seed(self.child(name))?;
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(mut self, mut seq: S) -> Result<(), S::Error> {
        if self.path == "MESSAGE" {
            // The journal writes a message that is not UTF-8 as an array of its bytes.
            let mut bytes = Vec::new();
            while let Some(byte) = seq.next_element::<u8>()? {
                bytes.push(byte);
            }
            self.sink.defects.add(Defect::InvalidUtf8);
            self.put(String::from_utf8_lossy(&bytes).into_owned());
            return Ok(());
        }
        let mut place = 0usize;
        while seq.next_element_seed(self.child(place.to_string().into()))?.is_some() {
            place += 1;
        }
        Ok(())
    }
}

/// An object's key, lent from the text if it holds no escape.
struct Name;

impl<'a> DeserializeSeed<'a> for Name {
    type Value = Cow<'a, str>;
    fn deserialize<D: Deserializer<'a>>(self, source: D) -> Result<Cow<'a, str>, D::Error> {
        source.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Name {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
