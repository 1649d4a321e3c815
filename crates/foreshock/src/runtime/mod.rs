//! The wiring: sources → lanes → engine → digests, on one screen.
//!
//! ```text
//!  reading thread                                    engine thread (the caller's)
//!  inputs ─► lines ─► lane (event, fingerprint) ─► merge by time ══ batches ══► engine ─► digest
//!                                                  bounded channel                │
//!            evidence ◄── raw lines read again ◄──────────────────── items ◄──────┘
//! ```
//!
//! The engine does no I/O: what a digest cites is read back here, from the places that its records
//! name.

pub(crate) mod again;
pub(crate) mod evidence;
pub(crate) mod lane;
mod look;
pub(crate) mod merge;
mod played;
pub(crate) mod replay;
pub(crate) mod scan;
pub(crate) mod serve;
