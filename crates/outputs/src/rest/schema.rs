//! What requests and answers look like, for the OpenAPI document; only what cannot be told by the wire's own types.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, Object, Ref, RefOr, Response, ResponseBuilder, Schema};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

/// One event. All other fields are kept too.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes a form, and is never made")]
pub(crate) struct EventIn {
    /// Whose it is. May be left out where the token is for one tenant, or for all and there is a default.
    tenant_id: Option<String>,
    /// The sender's own name for the event: sent again, it is known again.
    event_id: Option<String>,
    /// The thing that it is about.
    asset_id: Option<String>,
    /// What its source is.
    source_type: Option<String>,
    /// Where it stood.
    source_path: Option<String>,
    /// What people call its source, if it has no path.
    source_name: Option<String>,
    /// The machine.
    host: Option<String>,
    /// The program.
    service: Option<String>,
    /// When it happened: RFC 3339, or a number since 1970 in seconds, milli-, micro- or nanoseconds.
    timestamp: Option<String>,
    /// A word of any common scale, or 0 (emergency) to 7 (debug).
    severity: Option<String>,
    /// Syslog's facility as a word or as a number.
    facility: Option<String>,
    /// The message as it was said. One of this and `message` must say something.
    message_raw: String,
    /// Another name for `message_raw`.
    message: String,
    /// Named values.
    structured_fields: BTreeMap<String, Value>,
}

/// Many events: this object, or its `events` alone, or (as `application/x-ndjson`) one event a line.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes a form, and is never made")]
pub(crate) struct BulkIn {
    /// The events.
    events: Vec<EventIn>,
    /// The name of the source of events that name none.
    source_label: Option<String>,
    /// The tenant of events that name none.
    tenant_id: Option<String>,
}

/// What an ingest may be told beside its body.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a form, and is never made")]
pub(crate) struct IngestParams {
    /// Milliseconds to wait for the engine to see the events, once they are durable.
    #[param(minimum = 0, maximum = 2000)]
    wait_ms: Option<u32>,
}

/// Forms of the shared vocabulary and of parameters: they stand in `model.schema.json`, since the vocabulary knows
/// nothing of HTTP. A test holds the file to what is really sent.
macro_rules! forms {
    ($($name:ident)*) => {
        $(pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object(Object::new()))
            }
        }

        impl ToSchema for $name {})*

        /// The names of all of them.
        #[cfg(test)]
        pub(crate) const FORMS: &[&str] = &[$(stringify!($name)),*];
    };
}

forms! {
    Moment Names Bands Types Stati SignatureNames SeverityWord OrderWord EventCursor CandidateCursor
    CandidateName Seqs BandName Signature BandChange Evidence ContextLine Item Baseline Knowledge Quiet
}

/// Every problem that a group of routes may answer with.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: [$(($status:literal, $said:literal)),* $(,)?];)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$(($status.to_owned(), problem($said))),*].into()
            }
        }
    )*};
}

fn problem(said: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new().description(said);
    RefOr::T(response.content("application/problem+json", content).build())
}

problems! {
    /// Of what has a token and no body.
    GetProblems: [
        ("400", "A parameter cannot be read"),
        ("401", "No token, or one that is not known"),
        ("403", "The token does not allow this"),
        ("429", "Too many requests; `Retry-After` says when to come again"),
        ("503", "No answer at present; `Retry-After` says when to come again"),
    ];
    /// Of what has a body.
    BodyProblems: [
        ("400", "The body, a header or a parameter cannot be read"),
        ("401", "No token, or one that is not known"),
        ("408", "The body came too slowly"),
        ("413", "The body is too large"),
        ("415", "The body's type or encoding is not understood"),
        ("422", "The body says something that is not understood"),
        ("429", "Too many requests or events; `Retry-After` says when to come again"),
    ];
    /// Of what has parameters.
    Uninvited: [("422", "A parameter says something that is not understood")];
    /// Of what belongs to a tenant.
    Forbidden: [("403", "The token does not allow this, or not for this tenant")];
    /// Of what asks for one thing.
    Missing: [("404", "There is no such thing")];
    /// Of intake.
    NotTaking: [("503", "Events cannot be stored at present; `Retry-After` says when to come again")];
    /// Of questions.
    NoAnswer: [("503", "No answer at present; `Retry-After` says when to come again")];
    /// Of health.
    Unhealthy: [("503", "Events are not taken; `Retry-After` says when to look again")];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_written_down() {
        let forms: BTreeMap<String, Value> =
            serde_json::from_str(include_str!("model.schema.json")).unwrap();
        let mut names = FORMS.to_vec();
        names.sort_unstable();
        assert_eq!(forms.keys().collect::<Vec<_>>(), names);
    }
}
