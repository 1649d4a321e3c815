//! The stateless half of the pipeline for one source: envelopes → canonical events with their
//! fingerprints, in a batch. Lanes share nothing, so they may run on any thread.

use crate::batch::EventBatch;
use crate::entities::Entities;
use crate::forensics::Forensics;
use crate::host::measure::measured;
use crate::host::starts::is_start;
use crate::normalize::{Assembled, Assembler, AssemblerConfig, Reference, normalize};
use crate::sighting::{Process, SampleNote, Sighting};
use crate::signature::{Skeleton, fingerprint};
use crate::values::Values;
use model::{Counts, Defect, Defects, Envelope, Format, Span};
use std::borrow::Cow;

/// How the kernel calls itself in headers.
const KERNEL: &str = "kernel";

/// One source on its way to the engine.
#[derive(Clone)]
pub struct Lane {
    reference: Reference,
    assembler: Assembler,
    rest: Rest,
}

/// What an assembled event meets next; apart from the assembler, which lends the event.
#[derive(Clone)]
struct Rest {
    skeleton: Skeleton,
    host: Option<String>,
    speaker: Speaker,
    forensics: Forensics,
    /// The name of the source that is being read; lines are joined within one source only.
    source: String,
    latest: Kept,
}

/// What the events since the last look say of who sends them.
#[derive(Clone, Default)]
struct Kept {
    events: u32,
    broken: u32,
    host: String,
    delay: Option<Span>,
}

/// What the events of a lane, since it was asked last, say of who sends them: for whoever watches over sources.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latest<'a> {
    /// The host of the latest one.
    pub host: &'a str,
    /// From the latest one's own time to its receipt, where it names a time; negative if it lies ahead.
    pub delay: Option<Span>,
    /// How many break the form that they claim to have ([`Defects::BROKEN`]).
    pub broken: u32,
}

/// The host that speaks in a source, as long as there is only one: then a line that names none, such
/// as a banner or the rest of a stack trace, is its own too.
#[derive(Clone, Default)]
enum Speaker {
    #[default]
    Nobody,
    One(String),
    Several,
}

impl Speaker {
    fn hear(&mut self, host: &str) {
        match self {
            Speaker::One(name) if name == host => {}
            Speaker::Nobody => *self = Speaker::One(host.to_owned()),
            Speaker::One(_) => *self = Speaker::Several,
            Speaker::Several => {}
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Speaker::One(name) => Some(name),
            _ => None,
        }
    }
}

impl Lane {
    /// A lane for one source. Where a line names no host, the only one that others name stands in,
    /// or else `host`. Without `host` the envelopes may be of many sources, and the name of each
    /// envelope's source stands in.
    pub fn new(config: AssemblerConfig, reference: Reference, host: Option<String>) -> Lane {
        Lane {
            reference,
            assembler: Assembler::new(config, reference),
            rest: Rest {
                skeleton: Skeleton::default(),
                host,
                speaker: Speaker::default(),
                forensics: Forensics::default(),
                source: String::new(),
                latest: Kept::default(),
            },
        }
    }

    /// Tells the last line of a file before it is read: years that the lines leave out are then
    /// reckoned from the end, where the modification time belongs.
    pub fn ends_with(&mut self, last_line: &[u8]) {
        self.assembler.ends_with(last_line);
    }

    /// Tells the first lines of a source before they are read: a first line without a time or a host,
    /// or with a wrong time, then stands where the others do.
    pub fn begins_with(&mut self, lines: &[&[u8]]) {
        self.assembler.begins_with(lines.iter().copied());
        for line in lines {
            if let Some(host) = normalize(line, &self.reference).host {
                self.rest.speaker.hear(&host);
            }
        }
    }

    /// Takes one envelope; the events that it completes go to `batch`.
    pub fn push(&mut self, envelope: &Envelope<'_>, counts: &mut Counts, batch: &mut EventBatch) {
        let Lane { assembler, rest, .. } = self;
        let source = &envelope.origin.source_name;
        if rest.source != *source {
            rest.source.clone_from(source);
        }
        assembler.push(envelope, counts, &mut |event| rest.take(&event, batch));
        rest.forensics.count(counts);
    }

    /// The source has ended, or has been quiet for long enough: nothing is held back any more.
    pub fn flush(&mut self, counts: &mut Counts, batch: &mut EventBatch) {
        let Lane { assembler, rest, .. } = self;
        assembler.flush(counts, &mut |event| rest.take(&event, batch));
        rest.forensics.flush(batch);
        rest.forensics.count(counts);
    }
}

impl Lane {
    /// What the events since the last look say of who sends them; `None` if there were none.
    pub fn latest(&mut self) -> Option<Latest<'_>> {
        let Kept { events, broken, host, delay } = &mut self.rest.latest;
        if std::mem::take(events) == 0 {
            return None;
        }
        Some(Latest { host, delay: *delay, broken: std::mem::take(broken) })
    }
}

impl Kept {
    fn keep(&mut self, assembled: &Assembled<'_>, host: &str) {
        let event = &assembled.event;
        self.events += 1;
        self.broken += u32::from(event.defects.has_any(Defects::BROKEN));
        if self.host != host {
            host.clone_into(&mut self.host);
        }
        // A repetition stands for an earlier line; without a time of its own an event has that of its receipt.
        let is_own = assembled.occurrences == 1
            && !event.defects.has(Defect::TimeMissing)
            && !event.defects.has(Defect::TimeInvalid);
        self.delay = event.occurred_at.filter(|_| is_own).map(|said| assembled.at - said);
    }
}

impl Rest {
    fn take(&mut self, assembled: &Assembled<'_>, batch: &mut EventBatch) {
        let event = &assembled.event;
        let service = event.service.as_deref().unwrap_or_default();
        let mut host = event.host.as_deref().unwrap_or_default();
        if !event.defects.has(Defect::HostMissing) {
            self.speaker.hear(host);
        } else if let Some(source) = &self.host {
            let is_unnamed = !event.defects.has(Defect::HostInvalid);
            host = self.speaker.name().filter(|_| is_unnamed).unwrap_or(source);
        }
        self.latest.keep(assembled, host);
        fingerprint(service, &event.body, &mut self.skeleton);
        let sample = measured(event);
        let sighting = Sighting {
            seq: assembled.seq,
            // Live, the engine runs on the time of receipt; over old files, on the events' own.
            at: assembled.at,
            host,
            source: &self.source,
            service,
            severity: event.severity,
            body: &event.body,
            process: Process::of(event.pid.as_deref()),
            key: self.skeleton.key(),
            entities: Entities::of(&event.body, self.skeleton.holes()),
            // What a sample measures is judged with its series.
            values: match sample {
                Some(_) => Values::default(),
                None => Values::of(&event.body, self.skeleton.holes()),
            },
            occurrences: assembled.occurrences,
            kernel: None,
            sample: sample.as_ref().map(|s| SampleNote { series: &s.series, value: s.value }),
            is_start: sample.is_none() && is_start(event),
        };
        let raw = kernel_lines(assembled);
        self.forensics.take(&sighting, raw.as_deref(), &assembled.reference, batch);
    }
}

/// The raw lines of an event that the kernel said, in a form that its forensics reads.
fn kernel_lines<'a>(assembled: &'a Assembled<'_>) -> Option<Cow<'a, [u8]>> {
    let event = &assembled.event;
    // A repetition stands for a line that was read already.
    if event.service.as_deref() != Some(KERNEL) || assembled.occurrences != 1 {
        return None;
    }
    Some(match event.format {
        // Of a record in many lines only the message is the kernel's.
        Format::JournalExport => Cow::Owned(format!("<6>{}", event.body).into_bytes()),
        _ => Cow::Borrowed(assembled.raw),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Cursor, Origin, Seq, SourceId, TenantId, Timestamp, Transport};

    fn hosts_of(lines: &[&str]) -> Vec<String> {
        let origin = Origin {
            source_id: SourceId::new("src"),
            tenant_id: TenantId::new("tenant"),
            source_type: "file".into(),
            source_name: "/logs/app.log".into(),
            transport: Transport::File,
        };
        let reference = Reference { now: Timestamp::from_secs(1_795_255_200), zone_offset_secs: 0 };
        let mut lane = Lane::new(AssemblerConfig::default(), reference, Some("app.log".into()));
        let head: Vec<&[u8]> = lines.iter().take(3).map(|line| line.as_bytes()).collect();
        lane.begins_with(&head);
        let (mut counts, mut batch) = (Counts::default(), EventBatch::default());
        for (place, line) in lines.iter().enumerate() {
            let envelope = Envelope {
                seq: Seq(place as u64),
                origin: &origin,
                cursor: Cursor::Stream { offset: 0, line: place as u64 + 1 },
                received_at: None,
                payload: line.as_bytes(),
                truncated: false,
            };
            lane.push(&envelope, &mut counts, &mut batch);
        }
        lane.flush(&mut counts, &mut batch);
        assert!(batch.iter().all(|event| event.source == "/logs/app.log"));
        batch.iter().map(|event| event.host.to_owned()).collect()
    }

    #[test]
    fn the_only_host_stands_in() {
        let oak = "2026-11-20T08:00:00Z oak app[1]: a job ran";
        let elm = "2026-11-20T08:00:01Z elm app[1]: a job ran";
        let bare = "a line of no host";
        assert_eq!(hosts_of(&[bare, oak, bare]), ["oak", "oak", "oak"]);
        let hosts = hosts_of(&[bare, oak, bare, elm, bare]);
        assert_eq!(hosts, ["oak", "oak", "oak", "elm", "app.log"]);
        assert_eq!(hosts_of(&[bare, bare]), ["app.log", "app.log"]);
    }

    #[test]
    fn what_names_no_host_is_not_taken_for_another_one() {
        let oak = r#"{"host":"oak","msg":"a job ran"}"#;
        let of = |host: &str| format!(r#"{{"host":"{host}","msg":"a job ran"}}"#);
        let (words, path, bare) = (of("Bob's MacBook"), of("h/1"), of("-"));
        let hosts = hosts_of(&[oak, &words, &path, &bare]);
        assert_eq!(hosts[..3], ["oak", "Bob's MacBook", "app.log"]);
        assert_eq!(hosts_of(&[oak, &path, &bare]), ["oak", "app.log", "oak"]);
    }
}
