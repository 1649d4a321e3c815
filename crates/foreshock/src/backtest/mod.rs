//! Backtests: incidents that are known from elsewhere, held against the digests of a replay. What
//! would a reader have been told before, and how long before?
//!
//! ```text
//! bytes of a file ──csv──► incidents ──────────────┐
//! digests ──► shown: first shown when, naming what ─┴─► judge (related, names, tally) ──► model::Backtest
//! ```
//!
//! Pure: the command line reads the file and feeds the digests; `outputs` writes the result.

pub(crate) mod csv;
mod incidents;
mod judge;
mod names;
mod related;
mod shown;
mod tally;

pub(crate) use incidents::{INCIDENTS_MAX, Incidents, parse};
pub(crate) use judge::{Rules, judge};
pub(crate) use shown::Showings;
