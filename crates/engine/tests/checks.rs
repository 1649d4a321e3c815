//! The catalogue of checks against real lines, real shells and real manuals.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says by panicking, and what it skips"
)]

#[path = "checks/corpus.rs"]
mod corpus;
#[path = "checks/flags.rs"]
mod flags;
#[path = "checks/paste.rs"]
mod paste;
