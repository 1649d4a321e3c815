//! What the stages before hand to attention: one event seen under one signature, reduced to what
//! is needed to remember it.

use crate::entities::Entities;
use crate::kernel;
use crate::signature::SkeletonKey;
use crate::values::Values;
use model::{Seq, Severity, Timestamp};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The process that said a line, as a small hash of its number: enough to ask whether two lines that
/// follow each other are of one run, connection or job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Process(u16);

impl Process {
    /// The process with this number, as the line writes it; `None` where it names none.
    pub fn of(pid: Option<&str>) -> Process {
        Process(pid.map_or(0, |pid| (xxh3_64(pid.as_bytes()) as u16).max(1)))
    }

    /// Four bits of it, never none.
    pub(crate) fn nibble(self) -> u8 {
        (self.0 % 15) as u8 + 1
    }

    /// Whether both are known and the same.
    pub fn is(self, other: Process) -> bool {
        self.0 != 0 && self == other
    }
}

/// What the kernel's log says with a line beyond its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KernelNote<'a> {
    /// A boot begins.
    Boot,
    /// The model of the machine.
    Machine(&'a str),
    /// The line by itself tells of trouble.
    Sign(SignNote),
    /// The event is a report that was put together from many lines.
    Report(ReportNote<'a>),
}

/// What a line that tells of trouble by itself says beyond its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignNote {
    /// How bad it is.
    pub severity: kernel::Severity,
    /// Its type (`BLOCK_IO`).
    pub kind: &'static str,
    /// The head of its strict fingerprint: the same for every device, host and wording of the trouble.
    pub trouble: u64,
}

/// What a report says beyond its title.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReportNote<'a> {
    /// How bad it is.
    pub severity: kernel::Severity,
    /// The kernel panicked in it.
    pub panicked: bool,
    /// Raw lines that it was put together from.
    pub lines: u32,
    /// The model of the machine; empty where the log does not say it.
    pub machine: &'a str,
}

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
    /// Which process said it.
    pub process: Process,
    /// What it names.
    pub entities: Entities,
    /// What it measures.
    pub values: Values,
    /// How many occurrences it stands for ("last message repeated N times").
    pub occurrences: u32,
    /// What the kernel's log says with it.
    pub kernel: Option<KernelNote<'a>>,
    /// The sample that it is, instead of a message.
    pub sample: Option<SampleNote<'a>>,
    /// Whether it is the record of a start of a process, which stands in the body, instead of a message.
    pub is_start: bool,
}

/// A measured value of a host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleNote<'a> {
    /// The series.
    pub series: &'a str,
    /// The value.
    pub value: f64,
}
