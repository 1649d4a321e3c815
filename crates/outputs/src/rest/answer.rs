//! Values → JSON answers that are harmless in a terminal too, like every output.

use crate::safe;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde::Serialize;

/// The value as JSON text.
pub(super) fn text_of(value: &impl Serialize) -> String {
    // Fails only where a map has keys that are not strings, which no value here has.
    let text = serde_json::to_string(value)
        .unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }).to_string());
    match safe::json(&text) {
        std::borrow::Cow::Borrowed(_) => text,
        std::borrow::Cow::Owned(safe) => safe,
    }
}

/// `200` with the value.
pub(super) fn ok(value: &impl Serialize) -> Response {
    with(text_of(value), "application/json")
}

/// `200` with a text of this type.
pub(super) fn with(text: impl Into<Body>, content_type: &'static str) -> Response {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
