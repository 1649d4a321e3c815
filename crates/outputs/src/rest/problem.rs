//! What went wrong with a request → `application/problem+json` (RFC 9457) with a remedy in its `detail`.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident => $status:ident, $word:literal, $title:literal;)*) => {
        /// What kinds of trouble there are. The word is the end of the problem's `type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            fn facts(self) -> (StatusCode, &'static str, &'static str) {
                match self {
                    $(Kind::$name => (
                        StatusCode::$status,
                        concat!("urn:foreshock:problem:", $word),
                        $title,
                    ),)*
                }
            }
        }
    };
}

kinds! {
    /// The body is not JSON, or not what its headers say.
    BadBody => BAD_REQUEST, "bad-body", "the body cannot be read";
    /// A header or a part of the address cannot be read.
    BadRequest => BAD_REQUEST, "bad-request", "the request cannot be read";
    /// No token, or one that is not known.
    Unauthorized => UNAUTHORIZED, "unauthorized", "a valid token is needed";
    /// The token may not do this.
    Forbidden => FORBIDDEN, "forbidden", "the token does not allow this";
    /// Nothing there.
    NotFound => NOT_FOUND, "not-found", "not found";
    /// The route knows other methods.
    Method => METHOD_NOT_ALLOWED, "method-not-allowed", "the route has no such method";
    /// The body took too long to come.
    Slow => REQUEST_TIMEOUT, "too-slow", "the body came too slowly";
    /// Too long, or too many events in one request.
    TooLarge => PAYLOAD_TOO_LARGE, "too-large", "the request is too large";
    /// A content type or an encoding that is not understood.
    MediaType => UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "the body's type is not understood";
    /// JSON, but not what is asked for.
    Invalid => UNPROCESSABLE_ENTITY, "invalid", "the body says something that is not understood";
    /// More than the caller may send.
    TooMany => TOO_MANY_REQUESTS, "rate-limited", "too many requests or events";
    /// Nothing can be stored at present.
    NotTaking => SERVICE_UNAVAILABLE, "not-taking", "events cannot be stored at present";
    /// Overloaded, starting or stopping.
    Unavailable => SERVICE_UNAVAILABLE, "unavailable", "the service cannot answer at present";
}

/// Why one event of a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ItemError {
    /// Its place in the request, from 0; in NDJSON, blank lines do not count.
    pub(crate) index: u64,
    /// The reason, with a remedy.
    pub(crate) reason: String,
    /// Whether the same event may be taken when it is sent again.
    pub(crate) retry: bool,
    /// It names a tenant that the token is not for.
    #[serde(skip)]
    pub(crate) is_foreign: bool,
}

/// Trouble with a request, on its way to an answer.
#[derive(Debug)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    retry_after_secs: Option<u32>,
    errors: Vec<ItemError>,
    closes: bool,
    is_foreign: bool,
}

/// The form of every error (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// Which kind of trouble, as a name that stays the same.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The kind in words.
    title: &'a str,
    /// The status code.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened here, and what to do.
    detail: &'a str,
    /// Always false.
    ok: bool,
    /// The events that were not taken, where that can be told one by one.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [ItemError],
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        let detail = detail.into();
        Problem {
            kind,
            detail,
            retry_after_secs: None,
            errors: vec![],
            closes: false,
            is_foreign: false,
        }
    }

    /// Says when it is worth trying again.
    pub(crate) fn retry_after(mut self, secs: u32) -> Problem {
        self.retry_after_secs = Some(secs);
        self
    }

    /// Tells the fate of single events.
    pub(crate) fn errors(mut self, errors: Vec<ItemError>) -> Problem {
        self.errors = errors;
        self
    }

    /// The rest of the request is not read: the connection ends.
    pub(crate) fn closing(mut self) -> Problem {
        self.closes = true;
        self
    }

    /// It names a tenant that the token is not for.
    pub(crate) fn foreign(mut self) -> Problem {
        self.is_foreign = true;
        self
    }

    /// Whether it names a tenant that the token is not for.
    pub(crate) fn is_foreign(&self) -> bool {
        self.is_foreign
    }

    /// Whether the same may go well later.
    pub(crate) fn is_for_now(&self) -> bool {
        matches!(self.kind, Kind::NotTaking | Kind::Unavailable | Kind::TooMany | Kind::Slow)
    }

    /// Whether what came is to blame, and not how or when it came, or who sent it.
    pub(crate) fn is_of_content(&self) -> bool {
        matches!(self.kind, Kind::BadBody | Kind::Invalid | Kind::Forbidden)
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.kind.facts().0
    }

    /// What happened, in words.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, kind, title) = self.kind.facts();
        let body = ProblemBody {
            kind,
            title,
            status: status.as_u16(),
            detail: &self.detail,
            ok: false,
            errors: &self.errors,
        };
        let mut response = Response::new(Body::from(super::answer::text_of(&body)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        set(CONTENT_TYPE, "application/problem+json");
        if self.kind == Kind::Unauthorized {
            set(WWW_AUTHENTICATE, "Bearer realm=\"foreshock\"");
        }
        if self.closes {
            set(CONNECTION, "close");
        }
        if let Some(secs) = self.retry_after_secs {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}
