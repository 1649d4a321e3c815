//! Lines → JSON objects, one a line. Log lines are of few kinds, so the part of the object that
//! the kind determines is written once and copied from then on.

use super::parallel::Work;
use crate::cli::parse;
use engine::normalize::{Reference, normalize};
use engine::signature::{Skeleton, SkeletonKey, fingerprint};
use sources::{Batch, Input, Line};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;

/// Kinds whose text is remembered. With more, all is forgotten and learnt anew: only hostile or
/// strange input has that many.
const KINDS_MAX: usize = 1 << 16;
/// Bytes of remembered text, for the same reason.
const TEXT_BYTES_MAX: usize = 32 << 20;

/// Finds the kind of a line's message.
pub(super) struct Understanding {
    reference: Reference,
    body_only: bool,
    skeleton: Skeleton,
}

impl Understanding {
    pub(super) fn new(body_only: bool) -> Understanding {
        // A line's time is no part of its kind: any reference does.
        let reference = Reference { now: parse::now(), zone_offset_secs: 0 };
        Understanding { reference, body_only, skeleton: Skeleton::default() }
    }

    /// The service and skeleton of a line, handed to `then`.
    pub(super) fn of<R>(&mut self, line: &[u8], then: impl FnOnce(&str, &Skeleton) -> R) -> R {
        let skeleton = &mut self.skeleton;
        if self.body_only {
            let body: Cow<'_, str> = String::from_utf8_lossy(line);
            fingerprint("", &body, skeleton);
            return then("", skeleton);
        }
        let event = normalize(line, &self.reference);
        let service = event.service.as_deref().unwrap_or_default();
        fingerprint(service, &event.body, skeleton);
        then(service, skeleton)
    }
}

/// Writes the rows of batches.
pub(super) struct Rows<'a> {
    understanding: Understanding,
    /// The inputs, if the rows have to tell them apart.
    inputs: Option<&'a [Input]>,
    known: HashMap<SkeletonKey, (usize, usize)>,
    /// `"signature_id":"…","template":"…"` of each known kind.
    text: Vec<u8>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(inputs: Option<&'a [Input]>, body_only: bool) -> Rows<'a> {
        Rows {
            understanding: Understanding::new(body_only),
            inputs,
            known: HashMap::new(),
            text: Vec::new(),
        }
    }

    fn row(&mut self, line: &Line<'_>, source: &[u8], to: &mut Vec<u8>) {
        to.extend_from_slice(br#"{"line":"#);
        push_number(line.place.line, to);
        to.push(b',');
        to.extend_from_slice(source);
        let Rows { understanding, known, text, .. } = self;
        understanding.of(line.bytes, |service, skeleton| {
            if known.len() >= KINDS_MAX || text.len() >= TEXT_BYTES_MAX {
                known.clear();
                text.clear();
            }
            let (start, end) = *known.entry(skeleton.key()).or_insert_with(|| {
                let start = text.len();
                push_signature(service, skeleton, text);
                (start, text.len())
            });
            to.extend_from_slice(&text[start..end]);
        });
        to.extend_from_slice(b"}\n");
    }
}

impl Work for Rows<'_> {
    type Result = Vec<u8>;

    fn batch(&mut self, batch: &Batch) -> Vec<u8> {
        let input = self.inputs.and_then(|inputs| inputs.get(batch.input as usize));
        let source = input.map_or(Vec::new(), |input| {
            let name = serde_json::Value::from(input.name());
            format!("\"source\":{name},").into_bytes()
        });
        // 150 bytes a row is what common logs need.
        let mut rows = Vec::with_capacity(batch.len() * 150);
        for line in batch.lines() {
            self.row(&line, &source, &mut rows);
        }
        rows
    }
}

fn push_signature(service: &str, skeleton: &Skeleton, to: &mut Vec<u8>) {
    let signature = skeleton.signature(service);
    let template = serde_json::Value::from(signature.template);
    let id = signature.id;
    // Writing to memory does not fail.
    let _ = write!(to, "\"signature_id\":\"{id}\",\"template\":{template}");
}

fn push_number(mut number: u64, to: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    to.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are() {
        for number in [0, 7, 10, 1_234_567_890, u64::MAX] {
            let mut text = Vec::new();
            push_number(number, &mut text);
            assert_eq!(text, number.to_string().into_bytes());
        }
    }
}
