//! What the stages before hand to attention: one event seen under one signature, reduced to what
//! is needed to remember it.

use crate::entities::Entities;
use crate::signature::SkeletonKey;
use crate::values::Values;
use model::{Seq, Severity, Timestamp};

/// One event under its signature. Text is borrowed; it is copied only when something is new.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    /// The envelope it came from.
    pub seq: Seq,
    /// When it happened, by the clock that the engine runs on.
    pub at: Timestamp,
    /// The machine; the source's name where the line names none.
    pub host: &'a str,
    /// The source that it was read from, as people call it.
    pub source: &'a str,
    /// The program; empty if unknown.
    pub service: &'a str,
    /// How bad the source says it is.
    pub severity: Option<Severity>,
    /// The message.
    pub body: &'a str,
    /// Its fingerprint under its service.
    pub key: SkeletonKey,
    /// What it names.
    pub entities: Entities,
    /// What it measures.
    pub values: Values,
    /// How many occurrences it stands for ("last message repeated N times").
    pub occurrences: u32,
}
