//! Kernel-log forensics: raw kernel logs in any format → crash and fault reports.
//!
//! The path of a line: `lines` cuts the bytes, `decode` takes headers off until a [`Record`] is left, `machines`
//! says whose it is, `boots` and `clock` in which boot and when it was, `detect` looks for all words of interest at
//! once, `extract` gathers the lines of a report in a `block` (or folds a single line of `signs`),
//! `grammar` says what the report is and `stack` which frame is guilty, `classify` how bad it is,
//! `fingerprint` what makes it the same as another, `relate` what belongs to one story.
//!
//! [`Analyzer`] is the door: feed it bytes or records, take reports out. `Watch` is the same for the lines
//! that come through the pipeline.

mod analyzer;
mod anonymise;
mod block;
mod boots;
mod build;
mod classify;
mod clock;
mod decode;
mod detect;
mod explain;
mod extract;
mod facts;
mod fingerprint;
mod frames;
mod grammar;
mod guilty_file;
mod lines;
mod machine;
mod machines;
mod pattern;
mod record;
mod relate;
mod report;
mod signs;
mod skip;
mod stack;
mod title;
mod watch;

pub use analyzer::{Analysis, Analyzer};
pub use anonymise::{Anonymiser, Pseudonyms};
pub use classify::{Class, Family, Severity, class_of, classify};
pub use clock::Confidence;
pub use explain::{Check, Heuristic, Narrative, Narrator, checks, meaning};
pub use fingerprint::{Inputs, Signature};
pub use frames::{Frame, parse as parse_frame};
pub use record::{Context, LogFormat, Record};
pub use report::{
    Access, BootSummary, Defect, Device, Evidence, Gap, Moment, Related, Report, SCHEMA, Summary,
    Taint, Trace,
};
pub(crate) use watch::{Found, Told, Watch};
