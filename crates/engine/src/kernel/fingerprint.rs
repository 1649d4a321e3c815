//! A report → its fingerprints, and beside each what went into it.
//!
//! - `strict`: type, access and the three innermost frames that can be to blame: the same crash.
//! - `loose`: family and guilty frame: the same bug seen by another detector.
//! - `chain`: the types that came shortly after each other: the same story.
//! - `device`: type and device: this disk again.
//!
//! Addresses, numbers, process names and device names never go into the first two. A damaged report
//! has no strict fingerprint: its frames may be another's.

use super::report::Report;
use super::skip;
use serde::Serialize;

/// The version of the algorithm; it is part of every hash.
pub(super) const VERSION: u32 = 1;
/// Frames that tell one crash from another; deeper ones tell ways to it.
const FRAMES: usize = 3;

/// Fingerprints of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// The story.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What was hashed, by fingerprint.
    pub inputs: Inputs,
    /// The bug.
    pub loose: String,
    /// The crash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<String>,
    /// Version of the algorithm.
    pub v: u32,
}

/// What was hashed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inputs {
    /// For `chain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// For `device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// For `loose`.
    pub loose: String,
    /// For `strict`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<String>,
}

/// 16 bytes of BLAKE3 over version, purpose and parts, each with its length in front.
fn hash(purpose: &str, parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [&format!("foreshock.kernel.v{VERSION}"), purpose].iter().chain(parts) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

fn keyed(purpose: &str, parts: &[&str]) -> (String, String) {
    (hash(purpose, parts), parts.join(" | "))
}

/// The fingerprints of a report by itself.
pub(super) fn sign(report: &Report, stackless_key: Option<&str>) -> Signature {
    let mut signature = Signature { v: VERSION, ..Signature::default() };
    let frame = report.guilty().map(bare).unwrap_or_default();
    let about = if frame.is_empty() { stackless_key.unwrap_or(&report.title) } else { &frame };
    (signature.loose, signature.inputs.loose) = keyed("loose", &[report.family.name(), about]);
    if !report.corrupted {
        let frames = key_frames(report, &frame);
        let mut parts = vec![report.kind, report.access.as_ref().map_or("", |a| a.kind)];
        match frames.is_empty() {
            true => parts.push(stackless_key.unwrap_or(&report.title)),
            false => parts.extend(frames.iter().map(String::as_str)),
        }
        let (hash, input) = keyed("strict", &parts);
        (signature.strict, signature.inputs.strict) = (Some(hash), Some(input));
    }
    if let Some(device) = &report.device {
        let (hash, input) = keyed("device", &[report.kind, device.kind, &device.name]);
        (signature.device, signature.inputs.device) = (Some(hash), Some(input));
    }
    signature
}

/// The head of the strict fingerprint of a sign.
pub(super) fn of_sign(kind: &str, key: &str) -> u64 {
    let (hash, _) = keyed("strict", &[kind, "", key]);
    u64::from_str_radix(&hash[..16], 16).unwrap_or_default()
}

/// The fingerprint of a story: its types in order.
pub(super) fn chain(kinds: &[&str]) -> (String, String) {
    keyed("chain", kinds)
}

/// The guilty frame and what stands around it in the first trace that has it.
fn key_frames(report: &Report, guilty: &str) -> Vec<String> {
    if guilty.is_empty() {
        return Vec::new();
    }
    let blamable = |name: &String| !skip::is_never_guilty(name);
    for trace in &report.traces {
        let names: Vec<String> = trace
            .frames
            .iter()
            .filter(|f| f.reliable)
            .map(|f| bare(&f.func))
            .filter(blamable)
            .collect();
        if let Some(at) = names.iter().position(|name| name == guilty) {
            return names.into_iter().skip(at).take(FRAMES).collect();
        }
    }
    vec![guilty.to_owned()]
}

/// A function's name without what compilers and architectures add to it.
pub(super) fn bare(name: &str) -> String {
    const SUFFIXES: [&str; 6] = [".isra", ".constprop", ".part", ".cold", ".llvm", ".lto_priv"];
    let end = SUFFIXES.iter().filter_map(|suffix| name.find(suffix)).min().unwrap_or(name.len());
    skip::without_syscall_prefix(&name[..end]).to_owned()
}
