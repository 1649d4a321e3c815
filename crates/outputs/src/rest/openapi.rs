//! `GET /openapi.json`: the OpenAPI 3.1 document, made of the handlers and the wire's types, and of
//! `model.schema.json`.

use super::answer;
use super::problem::Problem;
use super::shared::Shared;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The handlers; types follow from them.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Foreshock",
        description = "An operational memory for weak signals: takes in events, and tells what is quietly becoming important.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        super::ingest::one, super::ingest::bulk, super::events::search, super::events::list,
        super::raw::told, super::raw::list, super::failures::list, super::failures::one,
        super::replay::again, super::events::signatures, super::candidates::search,
        super::candidates::list, super::candidates::interesting, super::explain::told,
        super::digest::daily, super::health::healthz, super::health::status,
        super::health::sources, super::health::metrics, document,
    ),
    components(schemas(
        super::problem::ProblemBody, super::schema::Evidence, super::schema::ContextLine,
        super::schema::Baseline, super::schema::Knowledge, super::schema::BandName,
    )),
    modifiers(&Tokens),
    tags(
        (name = "events", description = "Events in, and events that are kept"),
        (name = "candidates", description = "What may deserve a person"),
        (name = "digest", description = "What a technician reads in ten minutes"),
        (name = "health", description = "How the service is"),
    ),
)]
struct Handlers;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let key = ApiKey::Header(ApiKeyValue::new("X-API-Token"));
        components.add_security_scheme("token", SecurityScheme::ApiKey(key));
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// Other names of routes, with the name that is documented in full.
pub(super) const ALIASES: [(&str, &str); 5] = [
    ("/ingest/event", "/events/ingest"),
    ("/ingest/batch", "/events/ingest_bulk"),
    ("/runtime", "/status"),
    ("/stats", "/status"),
    ("/sources/status", "/sources"),
];

static DOCUMENT: LazyLock<String> = LazyLock::new(|| answer::text_of(&made()));

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "health", operation_id = "openapi",
    responses((status = 200, description = "The document", body = serde_json::Value)),
    security(()),
)]
pub(crate) async fn document(State(_): State<Arc<Shared>>) -> Result<Response, Problem> {
    Ok(answer::with(DOCUMENT.as_str(), "application/json"))
}

/// The document, with what the derived one cannot say.
fn made() -> Value {
    let mut document = match serde_json::to_value(Handlers::openapi()) {
        Ok(document) => document,
        Err(error) => json!({ "error": error.to_string() }),
    };
    let forms: Map<String, Value> =
        serde_json::from_str(include_str!("model.schema.json")).unwrap_or_default();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.extend(forms);
    }
    event(&mut document["components"]["schemas"]);
    if let Some(paths) = document["paths"].as_object_mut() {
        for operation in
            paths.values_mut().filter_map(Value::as_object_mut).flat_map(|p| p.values_mut())
        {
            if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut)
            {
                parameters.iter_mut().for_each(|parameter| not_null(&mut parameter["schema"]));
            }
        }
    }
    bulk(&mut document["paths"]);
    aliases(&mut document["paths"]);
    document
}

/// The fields of an event as they are checked.
fn event(schemas: &mut Value) {
    let name = |pattern: &str, most: u32| json!({ "type": ["string", "null"], "pattern": pattern, "maxLength": most });
    // Names have no control characters.
    const NAME: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,256}$";
    const TENANT: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";
    let word = |choices: Value| json!({ "anyOf": [{ "type": "string", "maxLength": 64 }, choices, { "type": "null" }] });
    let event = &mut schemas["EventIn"];
    let fields = [
        ("tenant_id", name(TENANT, 128)),
        ("event_id", name(NAME, 256)),
        ("source_type", name(NAME, 256)),
        ("source_path", name(NAME, 256)),
        ("source_name", name(NAME, 256)),
        ("severity", word(json!({ "type": "integer", "minimum": 0, "maximum": 7 }))),
        ("facility", word(json!({ "type": "integer", "minimum": 0, "maximum": 23 }))),
        ("timestamp", word(json!({ "type": "number" }))),
        ("structured_fields", json!({ "type": ["object", "null"] })),
    ];
    for (field, form) in fields {
        let described = event["properties"][field]["description"].take();
        event["properties"][field] = form;
        event["properties"][field]["description"] = described;
    }
    let says =
        |field: &str| json!({ "required": [field], "properties": { field: { "minLength": 1 } } });
    event["anyOf"] = json!([says("message_raw"), says("message")]);
    event["required"] = json!([]);
    event["examples"] = json!([{
        "tenant_id": "client-a", "source_type": "syslog", "source_path": "/var/log/syslog",
        "host": "fw-01", "service": "charon", "timestamp": "2026-03-22T03:30:00Z",
        "severity": "warning", "message_raw": "IPsec SA rekey failed; retrying",
        "structured_fields": { "peer": "203.0.113.10" },
    }]);
    let bulk = &mut schemas["BulkIn"]["properties"];
    bulk["events"]["items"] = judged_alone();
    bulk["tenant_id"] = name(TENANT, 128);
    bulk["source_label"] = name(NAME, 256);
}

/// An event among many: whatever stands there, the others have fates of their own.
fn judged_alone() -> Value {
    json!({ "description": "One event, as `EventIn`. What is none is told among the `errors`; the others are taken." })
}

/// A bulk body is an object or an array; or lines.
fn bulk(paths: &mut Value) {
    let content = &mut paths["/events/ingest_bulk"]["post"]["requestBody"]["content"];
    let object = content["application/json"]["schema"].take();
    let array = json!({ "type": "array", "items": judged_alone() });
    content["application/json"]["schema"] = json!({ "anyOf": [object, array] });
    content["application/json"]["examples"] = json!({
        "object": { "value": {
            "source_label": "syslog-replay",
            "events": [{ "message": "link down", "severity": 3, "host": "sw-2" }],
        } },
        "array": { "value": [{ "message": "link down" }, { "message": "link up" }] },
    });
    content["application/x-ndjson"] = json!({ "schema": {
        "type": "string", "description": "One event (`EventIn`) a line",
    } });
}

/// A parameter that is left out is not there; it is never `null`.
fn not_null(schema: &mut Value) {
    let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) else {
        return;
    };
    types.retain(|word| word != "null");
    if let [only] = types.as_slice() {
        schema["type"] = only.clone();
    }
}

/// The other names, each with what its first name has.
fn aliases(paths: &mut Value) {
    for (alias, path) in ALIASES {
        let mut operations = paths[path].clone();
        for operation in operations.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let id = operation["operationId"].as_str().unwrap_or_default();
            operation["operationId"] = format!("{id}{}", alias.replace('/', "_")).into();
            operation["summary"] = format!("Another name for {path}.").into();
            operation["deprecated"] = true.into();
        }
        paths[alias] = operations;
    }
}
