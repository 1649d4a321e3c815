//! The HTTP API as its callers meet it: over fakes, on a loopback port that the system picks.

// A function that tests share may fail like the test itself; clippy only knows functions marked #[test].
#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "the pages' tests use more of the cases")]

mod access;
#[path = "../pages/cases.rs"]
mod cases;
mod client;
mod docs;
mod document;
mod fakes;
mod golden;
mod ingest;
mod limits;
mod page;
mod questions;
