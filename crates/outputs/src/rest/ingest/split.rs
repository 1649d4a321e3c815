//! The body of a bulk request → the text of each event, lent from it. Three forms: the documented object, a bare array,
//! and one event a line (NDJSON).

use super::super::body;
use super::super::problem::{Kind, Problem};
use super::item::Text;
use axum::http::HeaderMap;
use model::intake::BATCH_RECORDS_MAX;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// What the content type says of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Lines,
}

/// The form by its content type.
pub(crate) fn form(headers: &HeaderMap) -> Result<Form, Problem> {
    match body::media_type(headers)?.as_str() {
        "application/json" => Ok(Form::Json),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines"
        | "application/json-lines" => Ok(Form::Lines),
        other => Err(Problem::new(
            Kind::MediaType,
            format!(
                "send `content-type: application/json` for an object or an array, or `application/x-ndjson` for one event a line, not `{other}`"
            ),
        )),
    }
}

/// The events of a request, and what holds for all of them.
#[derive(Debug, Default)]
pub(crate) struct Bulk<'a> {
    pub(crate) events: Vec<Piece<'a>>,
    pub(crate) source_label: Option<Text<'a>>,
    pub(crate) tenant_id: Option<Text<'a>>,
}

/// The text of one event, or a line that is no UTF-8.
pub(crate) type Piece<'a> = Result<&'a str, &'a [u8]>;

/// The documented object.
#[derive(Deserialize)]
#[serde(expecting = "an object with `events`, or an array of events")]
struct Documented<'a> {
    #[serde(borrow)]
    events: Array<'a>,
    #[serde(default, borrow)]
    source_label: Option<Text<'a>>,
    #[serde(default, borrow)]
    tenant_id: Option<Text<'a>>,
}

/// An array of events. What is beyond the largest request is counted and not kept, so that memory stays bounded.
struct Array<'a> {
    events: Vec<Piece<'a>>,
    total: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Array<'a> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Array<'a>, D::Error> {
        struct Read<'a>(Array<'a>);
        impl<'de: 'a, 'a> Visitor<'de> for Read<'a> {
            type Value = Array<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of events")
            }
            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Array<'a>, S::Error> {
                let mut array = self.0;
                while array.events.len() < BATCH_RECORDS_MAX {
                    let Some(raw) = seq.next_element::<&'de RawValue>()? else {
                        return Ok(array);
                    };
                    array.events.push(Ok(raw.get()));
                    array.total += 1;
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    array.total += 1;
                }
                Ok(array)
            }
        }
        source.deserialize_seq(Read(Array { events: Vec::new(), total: 0 }))
    }
}

/// Splits a body into events.
pub(crate) fn split(body: &[u8], form: Form, events_max: usize) -> Result<Bulk<'_>, Problem> {
    let events_max = events_max.min(BATCH_RECORDS_MAX);
    let (bulk, total) = match form {
        Form::Json => json(body)?,
        Form::Lines => lines(body, events_max),
    };
    if total > events_max {
        let detail =
            format!("{total} events in one request, {events_max} are taken: send them in parts");
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    Ok(bulk)
}

fn json(body: &[u8]) -> Result<(Bulk<'_>, usize), Problem> {
    let first = body.iter().find(|b| !b.is_ascii_whitespace());
    let (documented, total) = if first == Some(&b'[') {
        let array: Array<'_> = serde_json::from_slice(body).map_err(|e| unreadable(&e, body))?;
        (Bulk { events: array.events, ..Bulk::default() }, array.total)
    } else if first.is_some_and(|first| *first != b'{') {
        // What is neither is refused by its form, or as no JSON at all.
        return match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) => Err(Problem::new(Kind::Invalid, "the body is neither an object nor an array")),
            Err(error) => Err(unreadable(&error, body)),
        };
    } else {
        let object: Documented<'_> =
            serde_json::from_slice(body).map_err(|e| unreadable(&e, body))?;
        let Documented { events, source_label, tenant_id } = object;
        (Bulk { events: events.events, source_label, tenant_id }, events.total)
    };
    Ok((documented, total))
}

/// Says what is wrong with a body, and how to send it instead where it looks like the other form.
pub(crate) fn unreadable(error: &serde_json::Error, body: &[u8]) -> Problem {
    let kind = match error.is_data() {
        true => Kind::Invalid,
        false => Kind::BadBody,
    };
    let mut detail = crate::safe::clip(&error.to_string(), 300).into_owned();
    let more_lines = memchr::memchr(b'\n', body).is_some_and(|at| at + 1 < body.len());
    if !error.is_data() && more_lines && detail.starts_with("trailing") {
        detail += "; for one event a line send `content-type: application/x-ndjson`";
    }
    Problem::new(kind, detail)
}

fn lines(body: &[u8], events_max: usize) -> (Bulk<'_>, usize) {
    let mut bulk = Bulk::default();
    let mut total = 0;
    let mut rest = body;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].trim_ascii();
        rest = rest.get(end + 1..).unwrap_or_default();
        if line.is_empty() {
            continue;
        }
        total += 1;
        if total <= events_max {
            bulk.events.push(std::str::from_utf8(line).map_err(|_| line));
        }
    }
    (bulk, total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn events(body: &str, form: Form) -> Vec<String> {
        let bulk = split(body.as_bytes(), form, 100).unwrap();
        bulk.events.into_iter().map(|piece| piece.unwrap_or("?").to_owned()).collect()
    }

    #[test]
    fn three_forms_give_the_same_events() {
        let expected = [r#"{"a": 1}"#, "2", "[ ]"];
        let object = r#" {"source_label":"x","events":[ {"a": 1} ,2, [ ]],"more":{}} "#;
        assert_eq!(events(object, Form::Json), expected);
        assert_eq!(events(r#"[{"a": 1},2,[ ]]"#, Form::Json), expected);
        assert_eq!(events("{\"a\": 1}\r\n\n 2\n[ ]", Form::Lines), expected);
    }

    #[test]
    fn too_many_events_are_counted_and_not_kept() {
        let body = format!("[{}1]", "1,".repeat(100));
        let problem = split(body.as_bytes(), Form::Json, 100).unwrap_err();
        assert!(problem.detail().starts_with("101 events"), "{}", problem.detail());
        let problem = split("1\n".repeat(101).as_bytes(), Form::Lines, 100).unwrap_err();
        assert!(problem.detail().starts_with("101 events"), "{}", problem.detail());
    }

    #[test]
    fn what_is_no_bulk_is_told_so() {
        for (body, status, said) in [
            ("", 400, "EOF"),
            ("[1", 400, "EOF"),
            ("{}", 422, "missing field `events`"),
            ("7", 422, "neither"),
            (r#"{"events":7}"#, 422, "invalid type"),
            ("{\"events\":[]}\n{\"events\":[]}", 400, "application/x-ndjson"),
            (r#"{"events":[],"source_label":7}"#, 422, "invalid type"),
        ] {
            let problem = split(body.as_bytes(), Form::Json, 100).unwrap_err();
            assert_eq!(problem.status().as_u16(), status, "{body}");
            assert!(problem.detail().contains(said), "{body}: {}", problem.detail());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_split_or_told(body: Vec<u8>) {
            let _ = split(&body, Form::Json, 10);
            let _ = split(&body, Form::Lines, 10);
        }

        #[test]
        fn arrays_of_texts_come_apart(texts in proptest::collection::vec(".*", 0..20)) {
            let body = serde_json::to_string(&texts).unwrap();
            let found = events(&body, Form::Json);
            let read: Vec<String> = found.iter().map(|t| serde_json::from_str(t).unwrap()).collect();
            prop_assert_eq!(read, texts);
        }
    }
}
