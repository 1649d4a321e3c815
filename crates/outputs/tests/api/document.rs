//! The OpenAPI document says what is sent.

use crate::client::Under;
use crate::fakes::ACME_INGEST;
use serde_json::Value;

fn document() -> Value {
    Under::test().get("/openapi.json").json()
}

fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(place) => {
            let name = place.rsplit('/').next().unwrap();
            let found = &document["components"]["schemas"][name];
            assert!(!found.is_null(), "{place} is not there");
            resolve(document, found)
        }
        None => schema,
    }
}

/// Every field that is sent is described, and every field that must be there is.
fn agree(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolve(document, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        if !value.is_null() {
            let choice = choices.iter().find(|choice| choice["type"] != "null").unwrap();
            agree(document, choice, value, at);
        }
        return;
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let fields = value.as_object().unwrap();
        for key in fields.keys() {
            let described =
                parts.iter().any(|part| !resolve(document, part)["properties"][key].is_null());
            assert!(described, "{at}.{key} is not described");
        }
        return;
    }
    match value {
        Value::Object(fields) => {
            if !schema["additionalProperties"].is_null() || schema["properties"].is_null() {
                return;
            }
            for (key, field) in fields {
                let described = &schema["properties"][key];
                assert!(!described.is_null(), "{at}.{key} is not described");
                agree(document, described, field, &format!("{at}.{key}"));
            }
            for key in schema["required"].as_array().into_iter().flatten() {
                assert!(
                    !value[key.as_str().unwrap()].is_null()
                        || fields.contains_key(key.as_str().unwrap()),
                    "{at}.{key} is missing"
                );
            }
        }
        Value::Array(values) => {
            for value in values {
                agree(document, &schema["items"], value, &format!("{at}[]"));
            }
        }
        Value::Null => {
            let types = schema["type"].as_array().unwrap_or_else(|| panic!("{at} cannot be null"));
            assert!(types.iter().any(|word| word == "null"), "{at} cannot be null");
        }
        _ => {}
    }
}

#[test]
fn answers_are_what_the_document_says() {
    let under = Under::test();
    let document = document();
    let explain = {
        let digest = under.post("/digest/daily", r#"{"tenant_id":"acme"}"#).json();
        format!(r#"{{"candidate_id":{}}}"#, digest["items"][0]["candidate_id"])
    };
    for (method, path, body) in [
        ("post", "/events/ingest", r#"{"message":"x"}"#),
        ("post", "/events/ingest_bulk", r#"[{"message":"x"},7]"#),
        // The 7 could not be taken: it is the first failure.
        ("get", "/failures", ""),
        ("post", "/replay/raw", r#"{"ids":[0,1]}"#),
        ("post", "/events/search", r#"{"raw":true,"facets":5}"#),
        ("post", "/events/raw", r#"{"seq":[2,3]}"#),
        ("post", "/candidates/search", r#"{"limit":200}"#),
        ("post", "/candidates/explain", &explain),
        ("post", "/digest/daily", r#"{"tenant_id":"acme"}"#),
        ("get", "/healthz", ""),
        ("get", "/status", ""),
        ("get", "/sources", ""),
        ("get", "/candidates", ""),
        ("get", "/signatures", ""),
    ] {
        let answer = match method {
            "post" => under.post(path, body),
            _ => under.get(path),
        };
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let schema = &document["paths"][path][method]["responses"]["200"]["content"]["application/json"]
            ["schema"];
        assert!(!schema.is_null(), "{path}");
        agree(&document, schema, &answer.json(), path);
    }
    let globex = r#"[{"message":"x","tenant_id":"globex"}]"#;
    let problem = under.post_as(ACME_INGEST, "/events/ingest_bulk", globex);
    let schema = &document["components"]["schemas"]["Problem"];
    agree(&document, schema, &problem.json(), "problem");
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value) {
        if value["$ref"].is_string() {
            resolve(document, value);
        }
        match value {
            Value::Object(fields) => fields.values().for_each(|value| walk(document, value)),
            Value::Array(values) => values.iter().for_each(|value| walk(document, value)),
            _ => {}
        }
    }
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["version"].is_string());
    walk(&document, &document);
}

/// Every route is in the document, every documented one is there, and each demands a token or says that it needs none.
#[test]
fn the_document_lists_the_routes() {
    let under = Under::test();
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            let answer = under.request(&method.to_uppercase(), path, &[], b"");
            assert!(![404, 405].contains(&answer.status), "{method} {path}");
            assert!(operation["security"].is_array(), "{path}");
            assert!(operation["operationId"].is_string(), "{path}");
        }
    }
    let routes = include_str!("../../src/rest/routes.rs");
    let named: Vec<&str> = routes
        .lines()
        .filter_map(|l| l.trim().strip_prefix(".route(\"")?.split('"').next())
        .collect();
    assert_eq!(named.len(), paths.len(), "{named:?}");
    for path in named {
        assert!(paths.contains_key(path), "{path} is not documented");
    }
}
