//! Attention: what is remembered of each signature, host and cell, and the band that follows.
//!
//! `ledger` remembers, `band` decides. A cell is one signature on one host.

pub mod attempts;
pub mod band;
pub mod cell;
pub mod context;
pub mod days;
pub mod gaps;
mod hashed;
pub mod known;
pub mod ledger;
pub mod mark;
pub mod named;
pub mod novel;
pub mod pairs;
pub mod rate;
pub mod recent;
pub mod reports;
pub mod rows;
pub mod series;
pub mod supposed;
pub mod voice;
