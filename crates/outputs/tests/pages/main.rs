//! The pages as people and tools get them: by example (`golden`) and in general (`properties`).

// A function that tests share may fail like the test itself; clippy only knows functions marked #[test].
#![allow(clippy::unwrap_used)]

mod backtest;
mod cases;
mod docs;
mod golden;
mod markdown;
mod properties;
