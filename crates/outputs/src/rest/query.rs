//! The part of an address behind the `?` → the same questions that bodies ask, for the routes that are asked by GET.

use super::problem::{Kind, Problem};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Names of parameters that may stand several times, or as a list with commas.
const LISTS: [&str; 7] =
    ["decision_band", "candidate_type", "status", "host", "service", "signature_id", "seq"];
/// Names of parameters that are numbers.
const NUMBERS: [&str; 5] = ["limit", "facets", "score_min", "severity", "seq"];
/// Names of parameters that are yes or no.
const SWITCHES: [&str; 2] = ["raw", "open"];

/// Reads the parameters as a question.
pub(super) fn read<T: DeserializeOwned>(query: Option<&str>) -> Result<T, Problem> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let name = name.into_owned();
        if LISTS.contains(&name.as_str()) {
            let list = fields.entry(name.clone()).or_insert_with(|| Value::Array(vec![]));
            let is_number = NUMBERS.contains(&name.as_str());
            let read = |v| if is_number { number(v) } else { Value::from(v) };
            if let Value::Array(list) = list {
                list.extend(value.split(',').filter(|v| !v.is_empty()).map(read));
            }
            continue;
        }
        let value = match name.as_str() {
            name if NUMBERS.contains(&name) => number(&value),
            name if SWITCHES.contains(&name) => match &*value {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                other => Value::from(other),
            },
            _ => Value::from(value.into_owned()),
        };
        if fields.insert(name.clone(), value).is_some() {
            let shown = crate::safe::clip(&name, 40);
            return Err(Problem::new(
                Kind::BadRequest,
                format!("the parameter `{shown}` stands twice"),
            ));
        }
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| {
        Problem::new(Kind::BadRequest, format!("a parameter cannot be read: {error}"))
    })
}

/// A number where it is one; else the text, which is then refused by its name.
fn number(text: &str) -> Value {
    text.parse::<u64>()
        .map(Value::from)
        .or_else(|_| text.parse::<f64>().map(Value::from))
        .unwrap_or_else(|_| Value::from(text))
}
