//! What people and tools read: digests and explanations in text, Markdown and JSON; and the HTTP API.
//!
//! Pure rendering, [`rest`] apart: structs of `model` in, a `String` out. No clock, no terminal, no environment;
//! what the caller knows about the terminal comes in as a [`Style`].
//!
//! ```text
//! Item, Quiet, Counts ──► blocks (what is said, in which order) ──► text | markdown   (how it looks)
//! Backtest ──► its sentences ──► text
//! Digest, Explanation, Backtest ──► json                                              (for tools)
//! ```
//!
//! Log text is hostile. Strings stay as they are in the blocks and are made harmless at one place
//! per format, where they leave: [`safe::text`], [`safe::markdown`], [`safe::json`].

pub mod backtest;
mod blocks;
pub mod chart;
pub mod coverage;
pub mod digest;
pub mod explain;
pub mod figure;
mod json;
mod markdown;
pub mod rest;
pub mod safe;
mod text;

/// How a text page is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Colours (SGR codes) may be used. Nothing is told by colour alone.
    pub color: bool,
    /// Columns of the page; 48–100 are used, longer lines are hard to read. Each character counts
    /// as one column, so wide letters (CJK) may pass the edge.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Style { color: false, width: 80 }
    }
}
