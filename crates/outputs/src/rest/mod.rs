//! The HTTP API: requests → what the backing takes in or tells, as JSON; see `docs/api.md`.
//!
//! ```text
//! connection (serve, slow) ─► route (routes) ─► who asks (access) ─► body in bounds (body)
//!     ─► ingest:   events ─► batches ─► Intake ─► answer after the sync
//!     ─► question: Views, EventSearch, Records ─► answer
//!     ─► trouble:  problem+json, with a remedy
//! ```
//!
//! The edge of this otherwise pure crate: it has sockets, threads and a clock. What stands behind it are the traits of
//! `backing`; it does not know the spool, the engine or the stores.

mod access;
mod answer;
mod backing;
mod body;
mod candidates;
mod clients;
mod count;
mod digest;
mod events;
mod explain;
mod facets;
mod failures;
mod few;
mod health;
mod ingest;
mod letters;
mod limits;
mod meter;
mod metrics;
mod openapi;
mod page;
mod problem;
mod query;
mod raw;
mod replay;
mod routes;
mod schema;
mod serve;
mod shared;
mod slow;
pub mod status;
mod when;
mod worst;

pub use access::{
    Anonymous, Grant, Rate, Scope, TOKEN_BYTES_MAX, TOKEN_BYTES_MIN, Tenants, TokenError,
    TokenHash, TokenList, Tokens,
};
pub use backing::{Api, Created, Explained, Recognise, Records, Settings, TENANTS_MAX, Views};
pub use ingest::{TENANT_RULE, is_tenant};
pub use letters::{DeadLetters, KeptLetter, LETTER_BYTES_MAX, Letter, LetterCoding, LetterForm};
pub use limits::Limits;
pub use meter::{Meter, Tally};
pub use routes::service;
pub use serve::{Server, serve};
