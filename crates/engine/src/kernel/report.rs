//! A finished report: the shape of the JSON (`docs/kernel.md`), keys sorted, times as integers.

use super::classify::{Family, Severity};
use super::fingerprint::Signature;
use super::frames::Frame;
use model::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the report's shape.
pub const SCHEMA: u32 = 1;

/// One kind of trouble in one boot. Fields stand in the order of their names, in which they are written.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The fault's access, where the report states one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// The address that was accessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Other names of the same trouble: two reports are of one bug when their names meet.
    pub alt_titles: Vec<String>,
    /// The boot it happened in.
    pub boot: u32,
    /// The task's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comm: Option<String>,
    /// The report is cut off or mixed with others: its title cannot be trusted.
    pub corrupted: bool,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrupted_reason: Option<String>,
    /// How often it came in this boot.
    pub count: u64,
    /// The processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u32>,
    /// What is particular to the kind of report.
    pub details: BTreeMap<String, String>,
    /// The device that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// Where it stands in the log and what it says.
    pub evidence: Evidence,
    /// The broad kind.
    pub family: Family,
    /// The first occasion.
    pub first: Moment,
    /// The guilty function: what the title ends in; `corrupted` in a damaged report without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<String>,
    /// The guilty source file, where the log is symbolised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guilty_file: Option<String>,
    /// The machine's model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<String>,
    /// Counted from 1 in the order of the log.
    pub id: u64,
    /// The kernel's release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// The last occasion.
    pub last: Moment,
    /// The module of the guilty frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The kernel panicked in this boot, from here or later.
    pub panicked: bool,
    /// The process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Registers as printed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub registers: BTreeMap<String, String>,
    /// Reports of the same story, by id.
    pub related: Vec<Related>,
    /// The version of this shape.
    pub schema: u32,
    /// How bad it is.
    pub severity: Severity,
    /// Its fingerprints.
    pub signature: Signature,
    /// The kind within the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtype: Option<&'static str>,
    /// Real, but the effect of something else that is known; not worth showing by itself.
    pub suppressed: bool,
    /// The kernel's marks of taint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taint: Option<Taint>,
    /// The name: what differs from crash to crash is replaced (NUM, ADDR, LINE, IP).
    pub title: String,
    /// Its stack traces.
    pub traces: Vec<Trace>,
    /// The kind of crash.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// It was read from single lines.
    #[serde(skip)]
    pub(super) is_sign: bool,
}

impl Report {
    /// The guilty function, if one was found.
    pub fn guilty(&self) -> Option<&str> {
        self.frame.as_deref().filter(|frame| *frame != super::stack::NO_FRAME)
    }
}

/// A memory access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access {
    /// `read`, `write`, `exec`.
    pub kind: &'static str,
    /// Its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Device {
    /// `disk`, `ata`, `pci`, `net`, `usb`, `cpu`, `dimm`, `gpu`, `filesystem`.
    pub kind: &'static str,
    /// Its name in the log.
    pub name: String,
}

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Offset of the line's first byte.
    pub byte: u64,
    /// The line, from 1, or what the caller chose to find it again.
    pub line: u64,
    /// Microseconds since boot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mono_us: Option<i64>,
    /// Microseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "micros")]
    pub wall: Option<Timestamp>,
}

/// The lines of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The last line.
    pub line_end: u64,
    /// The first line.
    pub line_start: u64,
    /// Their places: ranges of lines, first and last; lines of others stand between them.
    pub lines: Vec<(u64, u64)>,
    /// What they say, headers taken off.
    pub text: String,
    /// The text was cut.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// A report of the same story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Which.
    pub id: u64,
    /// `followed-by`, `follows`, `led-to-panic`, `panic-of`.
    pub relation: &'static str,
}

/// Marks of taint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taint {
    /// Their names.
    pub flags: Vec<&'static str>,
    /// As printed.
    pub raw: String,
}

/// A stack trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Its frames, innermost first.
    pub frames: Vec<Frame>,
    /// `call`, `alloc`, `free`, `origin`, `pointer`, `lock`.
    pub kind: &'static str,
}

fn micros<S: serde::Serializer>(time: &Option<Timestamp>, s: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => s.serialize_i64(time.as_micros()),
        None => s.serialize_none(),
    }
}

/// What a log as a whole says.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Pseudonyms given, by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymised: Option<BTreeMap<String, u64>>,
    /// The boots, in order.
    pub boots: Vec<BootSummary>,
    /// How many reports of each type.
    pub counts: BTreeMap<String, u64>,
    /// What could not be read as it should.
    pub defects: Vec<Defect>,
    /// Defects beyond the list's cap.
    #[serde(skip_serializing_if = "is_zero")]
    pub defects_more: u64,
    /// The formats that occur, with their lines.
    pub formats: BTreeMap<&'static str, u64>,
    /// Places where messages are missing.
    pub gaps: Vec<Gap>,
    /// Lines read.
    pub lines: u64,
    /// The version of this shape.
    pub schema: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde asks for it
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A boot in the summary.
#[derive(Debug, Clone, Serialize)]
pub struct BootSummary {
    /// The processor's family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<&'static str>,
    /// The whole banner, with who built the kernel and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banner: Option<String>,
    /// It was shut down in order.
    pub clean_end: bool,
    /// Whether wall times are `exact`, `estimated`, or there are `none`.
    pub clock: super::Confidence,
    /// How wrong they may be, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_error_ms: Option<i64>,
    /// The kernel's command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmdline: Option<String>,
    /// Its last wall time, in microseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_wall: Option<i64>,
    /// The machine's model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<String>,
    /// The machine's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The journal's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Counted from 0.
    pub index: u32,
    /// Its last line.
    pub line_end: u64,
    /// Its first line.
    pub line_start: u64,
    /// Modules that reports list.
    pub modules: Vec<String>,
    /// The kernel panicked.
    pub panicked: bool,
    /// When it began, in microseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_wall: Option<i64>,
    /// The latest marks of taint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taint: Option<String>,
    /// The log begins after the boot did.
    pub truncated_start: bool,
    /// The kernel's release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Something that could not be read as it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// Where.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// Messages are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The first line behind the gap.
    pub line: u64,
    /// How many messages, if the log says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
    /// Why they are missing.
    pub reason: &'static str,
}
