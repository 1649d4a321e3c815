//! Records of one sheet → events in order: the stateless half of the pipeline, on any thread.
//!
//! A **sheet** is the records whose numbers share all but their last bits. Lanes begin with a sheet and end with it;
//! nothing that is held back crosses its end. So sheets are understood side by side, a snapshot at the end of one holds
//! all there is to know, and how the records were cut into blocks, reads or runs of the program changes nothing.
//! The price: a stack trace or a kernel's report that falls on the edge of a sheet is taken for two.

use super::asked::Tick;
use super::heard::{Ears, Heard, hears_hosts};
use super::seen::Seen;
use engine::normalize::{AssemblerConfig, Reference};
use engine::{EventBatch, Lane};
use model::intake::Kind;
use model::{Counts, Origin, Seq, SourceId, Span, TenantId, Timestamp, Transport};
use std::collections::HashMap;
use std::sync::Arc;
use store::spool::{Block, Record};

/// Records of a sheet: enough that lanes seldom end within something, few enough that reading one again after a crash
/// takes no time.
const SHEET_RECORDS: u64 = 8_192;
/// A line may still be followed by others of its event for so long; then a tick shows that it is complete.
const QUIET: Span = Span::from_secs(2);

/// Where the sheet of a record ends.
pub(super) fn end_of_sheet(seq: Seq) -> Seq {
    Seq((seq.0 / SHEET_RECORDS + 1) * SHEET_RECORDS)
}

/// Records that follow each other, all of one sheet.
#[derive(Debug)]
pub(super) struct Stretch {
    /// The first number.
    pub(super) from: Seq,
    /// One past the last number.
    pub(super) to: Seq,
    /// The blocks that hold them, and perhaps others.
    pub(super) blocks: Vec<Arc<Block>>,
    /// Records that were delivered before, in order.
    pub(super) again: Vec<Seq>,
    /// What had been delivered by then; where the sheet ends.
    pub(super) seen: Option<Arc<Seen>>,
    /// Records that are set apart, in order (`quarantine`).
    pub(super) left_out: Vec<Seq>,
}

/// What became of a stretch.
#[derive(Debug, Default)]
pub(super) struct Understood {
    pub(super) from: Seq,
    pub(super) to: Seq,
    /// The events, in the order in which they are to be taken in.
    pub(super) events: EventBatch,
    /// Whose events these are: one past the last row, and the tenant.
    pub(super) of: Vec<(usize, TenantId)>,
    /// Ticks: before which row, and what they say.
    pub(super) ticks: Vec<(usize, Tick)>,
    /// Receipt of the latest record.
    pub(super) latest: Option<Timestamp>,
    /// What became of the records.
    pub(super) counts: Counts,
    /// Records left out because they were delivered before.
    pub(super) again: u64,
    /// What was heard of each source: before each tick, and after the last.
    pub(super) heard: Vec<Vec<Heard>>,
    ears: Ears,
    /// See [`Stretch::seen`].
    pub(super) seen: Option<Arc<Seen>>,
}

impl Understood {
    /// Empties it; its larger buffers stay.
    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.of.clear();
        self.ticks.clear();
        self.heard.clear();
        self.ears.take();
        (self.latest, self.again, self.counts, self.seen) = (None, 0, Counts::default(), None);
    }

    fn assign(&mut self, tenant: &TenantId) {
        let rows = self.events.len();
        match self.of.last_mut() {
            Some((end, _)) if *end == rows => {}
            Some((end, last)) if last == tenant => *end = rows,
            _ if rows > 0 => self.of.push((rows, tenant.clone())),
            _ => {}
        }
    }
}

/// One source within a sheet.
struct Voice {
    lane: Lane,
    origin: Arc<Origin>,
    /// When its latest line was received.
    last: Timestamp,
    /// … and its number.
    latest: Seq,
}

/// The sheet that is being read.
pub(super) struct Sheet {
    zone_offset_secs: i32,
    /// The record that is being understood, for when that fails.
    busy_with: Option<Seq>,
    voices: Vec<Voice>,
    places: HashMap<(SourceId, TenantId, String), usize>,
}

impl Sheet {
    /// A sheet of which nothing was read yet. Times that name no zone are of this one.
    pub(super) fn new(zone_offset_secs: i32) -> Sheet {
        Sheet { zone_offset_secs, busy_with: None, voices: Vec::new(), places: HashMap::new() }
    }

    /// The record that was understood last, or was at the moment at which that failed.
    pub(super) fn busy_with(&self) -> Option<Seq> {
        self.busy_with
    }

    /// Takes the next stretch. Where it ends the sheet, the sheet is as new afterwards.
    pub(super) fn take(&mut self, stretch: &Stretch, out: &mut Understood) {
        (out.from, out.to, out.seen) = (stretch.from, stretch.to, stretch.seen.clone());
        for block in &stretch.blocks {
            self.block(block, stretch, out);
        }
        if stretch.to == end_of_sheet(stretch.from) {
            self.flush(None, out);
            self.voices.clear();
            self.places.clear();
        }
        out.heard.push(out.ears.take());
    }

    fn block(&mut self, block: &Block, stretch: &Stretch, out: &mut Understood) {
        // The source and peer of the record before, by address: mostly they are the same.
        let mut last: Option<(*const Origin, &str, usize)> = None;
        for record in block.records() {
            if record.seq < stretch.from || record.seq >= stretch.to {
                continue;
            }
            if !stretch.left_out.is_empty() && stretch.left_out.binary_search(&record.seq).is_ok() {
                continue;
            }
            out.latest = out.latest.max(Some(record.facts.received_at));
            match record.facts.kind {
                Kind::Raw | Kind::Gap => {}
                Kind::Tick => {
                    let tick = Tick::of(record.facts.received_at, record.payload);
                    // Who asks has handed in all that there is.
                    let quiet_by = match &tick {
                        Tick::Time(now) => Some(*now),
                        Tick::Asked(_) => None,
                    };
                    self.flush(quiet_by, out);
                    out.ticks.push((out.events.len(), tick));
                    out.heard.push(out.ears.take());
                    continue;
                }
                // Nothing reads them yet; they stay in the spool.
                Kind::Review | Kind::Outcome => continue,
            }
            if stretch.again.binary_search(&record.seq).is_ok() {
                out.again += 1;
                continue;
            }
            out.counts.bytes += record.payload.len() as u64;
            let address = Arc::as_ptr(record.origin);
            let place = match last {
                Some((origin, peer, place)) if origin == address && peer == record.peer => place,
                _ => self.place(&record),
            };
            last = Some((address, record.peer, place));
            self.push(place, &record, out);
        }
    }

    fn push(&mut self, place: usize, record: &Record<'_>, out: &mut Understood) {
        let voice = &mut self.voices[place];
        (voice.last, voice.latest) = (record.facts.received_at, record.seq);
        self.busy_with = Some(record.seq);
        #[cfg(test)]
        super::tests::fail_at("sheet", record.payload);
        let envelope = model::Envelope { origin: &voice.origin, ..record.envelope() };
        voice.lane.push(&envelope, &mut out.counts, &mut out.events);
        out.assign(&voice.origin.tenant_id);
        out.ears.hear(place, record, voice.lane.latest());
    }

    /// Lets go of what is held back: all of it, or what has been quiet by a time.
    fn flush(&mut self, quiet_by: Option<Timestamp>, out: &mut Understood) {
        for voice in &mut self.voices {
            if quiet_by.is_none_or(|now| now - voice.last >= QUIET) {
                self.busy_with = Some(voice.latest);
                voice.lane.flush(&mut out.counts, &mut out.events);
                out.assign(&voice.origin.tenant_id);
            }
        }
    }

    fn place(&mut self, record: &Record<'_>) -> usize {
        let origin = record.origin;
        // Of a wire, who delivers is the source: its address stands in for a host that a message does not name.
        let by_peer = hears_hosts(origin.transport);
        let name = match by_peer && !record.peer.is_empty() {
            true => record.peer,
            false => &origin.source_name,
        };
        let key = (origin.source_id.clone(), origin.tenant_id.clone(), name.to_owned());
        let next = self.voices.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.voices.push(self.voice(record, name));
        }
        place
    }

    fn voice(&self, record: &Record<'_>, name: &str) -> Voice {
        let origin = Origin { source_name: name.to_owned(), ..Origin::clone(record.origin) };
        let at = record.facts.received_at;
        let joins = matches!(origin.transport, Transport::File | Transport::Stdin);
        let config = AssemblerConfig { join: joins, ..AssemblerConfig::default() };
        // The years that lines leave out follow from the first line, and that from when it was written.
        let now = record.facts.written_by();
        let reference = Reference { now, zone_offset_secs: self.zone_offset_secs };
        let host = joins.then(|| crate::runtime::lane::host_of(name));
        let lane = Lane::new(config, reference, host);
        Voice { lane, origin: Arc::new(origin), last: at, latest: record.seq }
    }
}
