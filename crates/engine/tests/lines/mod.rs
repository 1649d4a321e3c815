//! Raw lines of one file → its events, as a lane reads them.

#![allow(unreachable_pub, reason = "part of several tests")]

use engine::normalize::{AssemblerConfig, Reference};
use engine::{EventBatch, Lane};
use model::{Counts, Cursor, Envelope, Origin, Seq, SourceId, TenantId, Timestamp, Transport};

/// The events of these lines, read at `now`, and the counts; the number of a record is the place of its line.
pub fn read<'a>(lines: impl Iterator<Item = &'a str>, now: Timestamp) -> (EventBatch, Counts) {
    let origin = Origin {
        source_id: SourceId::new("src"),
        tenant_id: TenantId::new("tenant"),
        source_type: "file".into(),
        source_name: "all.log".into(),
        transport: Transport::File,
    };
    let reference = Reference { now, zone_offset_secs: 0 };
    let mut lane = Lane::new(AssemblerConfig::default(), reference, None);
    let (mut counts, mut batch) = (Counts::default(), EventBatch::default());
    for (place, line) in lines.enumerate() {
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
    (batch, counts)
}
