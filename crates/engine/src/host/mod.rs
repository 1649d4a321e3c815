//! Samples of a host → judged signals: what is usual, where it goes, when it meets a limit, and what
//! does not belong. The same rules for a file of last year and for a host that is watched now.
//!
//! | module | turns | into |
//! |---|---|---|
//! | `series` | samples of one metric | how surprising each is, alerts, "new normal" |
//! | `baseline` | samples | p50, p75, p95, p99 and volatility, by class of hour |
//! | `usual` | samples of a metric | its baseline without what is far above it, and when that is a new normal |
//! | `trend` | points | a robust slope with an interval, `r_squared`, a direction |
//! | `forecast` | samples and a limit | "met in 20 to 35 minutes", when that deserves to be said; verdicts |
//! | `simulate` | level, slope, limit | what comes if nobody acts, and if somebody does |
//! | `classify` | values of a host | the ten conditions, each with severity, pressure and evidence |
//! | `anomaly` | process starts, tables | three layers of scores, joined into alerts |
//! | `measure` | an event that is a sample | series and value |
//! | `starts` | an event that is a start of a process | what is said of it |
//! | `gauges` | the samples of a stream | all of the above, of every host, in bounded memory |
//! | `signal` | what was judged | an event of the stream |
//!
//! All of it is a fold over samples in bounded memory: the judgement of a sample never depends on
//! later ones (`a_prefix_is_judged_alike`), and state that was written and read back goes on as if
//! nothing had been (`series_go_on_from_a_snapshot`).

pub mod anomaly;
pub mod baseline;
pub mod classify;
pub mod forecast;
pub mod gauges;
pub mod measure;
pub mod series;
pub mod signal;
pub mod simulate;

use model::{Event, Format};

/// Whether an event is a record of values and says nothing beside: only an object without a message has itself as its body.
fn is_record_alone(event: &Event<'_>) -> bool {
    event.format == Format::Json && event.body.starts_with('{')
}
pub mod starts;
pub mod trend;
pub mod usual;

use model::Timestamp;

/// One measured value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When it was measured.
    pub at: Timestamp,
    /// What was measured; NaN where the source had nothing to say.
    pub value: f64,
}
