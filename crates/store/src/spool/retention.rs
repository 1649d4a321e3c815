//! What is removed: whole segments, oldest first, by age and size; never what is pinned, never what has not
//! been read.

use super::segment::{Segment, SegmentInfo};
use super::shared::Shared;
use super::status::add;
use model::{Seq, Span, Timestamp};
use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How long segments are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Segments whose latest record is older are due; none means no limit.
    pub age: Option<Span>,
    /// While all segments together have more bytes, the oldest is due; none means no limit.
    pub bytes: Option<u64>,
}

/// What must stay.
#[derive(Debug, Clone, Copy)]
pub struct Hold<'a> {
    /// Everything from here on has not been read by someone who needs it.
    pub unread: Seq,
    /// Evidence that is not yet in a pack.
    pub pinned: &'a [RangeInclusive<Seq>],
}

/// What was removed, and what would have been.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expired {
    /// Segments removed, oldest first.
    pub removed: Vec<SegmentInfo>,
    /// Segments that were due, and are held: the reason to look at who does not read, or what is pinned.
    pub held: Vec<SegmentInfo>,
}

/// The segments that are due at `now`.
pub(super) fn due(shared: &Shared, keep: Keep, now: Timestamp) -> Vec<Arc<Segment>> {
    let segments = shared.durable().segments.clone();
    let mut bytes: u64 = segments.iter().map(|segment| segment.progress().bytes).sum();
    // The last one is being written.
    let older = segments.len().saturating_sub(1);
    let due = segments.into_iter().take(older).take_while(|segment| {
        let (size, times) = {
            let progress = segment.progress();
            (progress.bytes, progress.times)
        };
        let too_old = keep.age.is_some_and(|age| times.is_none_or(|times| times.1 < now - age));
        let too_many = keep.bytes.is_some_and(|limit| bytes > limit);
        bytes -= size;
        too_old || too_many
    });
    due.collect()
}

/// Removes what is due and not held.
pub(super) fn expire(
    shared: &Shared,
    keep: Keep,
    now: Timestamp,
    hold: Hold<'_>,
) -> io::Result<Expired> {
    let mut expired = Expired::default();
    for segment in due(shared, keep, now) {
        let info = segment.info();
        let last = info.last.unwrap_or(info.first);
        let is_pinned =
            |pin: &RangeInclusive<Seq>| *pin.start() <= last && *pin.end() >= info.first;
        if last >= hold.unread || hold.pinned.iter().any(is_pinned) {
            expired.held.push(info);
            continue;
        }
        // Readers are told first: nobody looks for a file that is gone.
        shared.moved(|durable| durable.segments.retain(|other| !Arc::ptr_eq(other, &segment)));
        match shared.disk.remove(&info.name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        add(&shared.counters.expired_segments, 1);
        add(&shared.counters.expired_records, info.records);
        add(&shared.counters.expired_bytes, info.bytes);
        expired.removed.push(info);
    }
    if !expired.removed.is_empty() {
        shared.disk.sync_names()?;
    }
    Ok(expired)
}
