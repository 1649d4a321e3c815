//! The routes, in plain sight, and what holds for all of them.

use super::backing::Api;
use super::problem::{Kind, Problem};
use super::shared::Shared;
use super::{candidates, digest, events, explain, failures, health, ingest, openapi, raw, replay};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Request, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::Arc;

/// Every route with its handler. The names after the first are aliases.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/events/ingest", post(ingest::one))
        .route("/ingest/event", post(ingest::one))
        .route("/events/ingest_bulk", post(ingest::bulk))
        .route("/ingest/batch", post(ingest::bulk))
        .route("/events/search", post(events::search))
        .route("/canonical_events", get(events::list))
        .route("/events/raw", post(raw::told))
        .route("/raw_envelopes", get(raw::list))
        .route("/failures", get(failures::list))
        .route("/failures/{id}", get(failures::one))
        .route("/replay/raw", post(replay::again))
        .route("/signatures", get(events::signatures))
        .route("/candidates/search", post(candidates::search))
        .route("/candidates", get(candidates::list))
        .route("/interesting", get(candidates::interesting))
        .route("/candidates/explain", post(explain::told))
        .route("/digest/daily", post(digest::daily))
        .route("/healthz", get(health::healthz))
        .route("/status", get(health::status))
        .route("/runtime", get(health::status))
        .route("/stats", get(health::status))
        .route("/sources", get(health::sources))
        .route("/sources/status", get(health::sources))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::document))
        .method_not_allowed_fallback(no_such_method)
        .fallback(nothing_there)
        .layer(from_fn_with_state(Arc::clone(&shared), around))
        .with_state(shared)
}

/// The API as a service: for who serves it with something else than [`super::serve`]. Requests need the address of
/// their peer as a [`super::serve`] sets it; without it nobody is local.
pub fn service(api: Api) -> Router {
    router(Arc::new(Shared::new(api)))
}

async fn nothing_there(request: Request<Body>) -> Problem {
    let path = crate::safe::clip(request.uri().path(), 100).into_owned();
    Problem::new(Kind::NotFound, format!("there is no `{path}`; /openapi.json lists what there is"))
}

async fn no_such_method(request: Request<Body>) -> Problem {
    let method = crate::safe::clip(request.method().as_str(), 20).into_owned();
    Problem::new(
        Kind::Method,
        format!("`{method}` is not known here; the header `allow` says what is"),
    )
}

/// What holds for every answer: it is counted, kept by no cache, and taken for nothing else than it is.
async fn around(State(shared): State<Arc<Shared>>, request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    shared.count.answer(status);
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(CACHE_CONTROL, "no-store");
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        set(ACCEPT_ENCODING, "gzip, zstd");
    }
    response
}
