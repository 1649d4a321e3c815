//! A folder of segments → what it holds. Scan alone: sealed segments tell by their index, the last one is
//! walked block by block, a torn end is cut. Nothing else is needed, and nothing stops it but a disk
//! that cannot be read.

use super::encode::BLOCK_RECORDS_MAX;
use super::header::{Epoch, HEAD, SegmentHead, tag};
use super::index::Index;
use super::segment::{Before, Progress, Segment, first_of};
use super::shared::{BAD_SUFFIX, keep};
use super::status::{Counters, add};
use super::walk::{Bad, Step, Walk, Window, segment_head};
use crate::disk::{Disk, DiskFile, Listed};
use model::Seq;
use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// What was found.
pub(super) struct Found {
    pub(super) epoch: Option<Epoch>,
    /// Numbers before this were given to records, as far as the segments tell.
    pub(super) end: Seq,
    /// … and these of them are in none of them, though one that was made later says that they had been.
    pub(super) lost: Vec<Range<Seq>>,
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) next: Seq,
    /// The end of the last segment was torn: numbers go on in a new one.
    pub(super) torn: bool,
    /// The last segment, if it can be written on, and its file.
    pub(super) open: Option<(Arc<Segment>, Arc<dyn DiskFile>)>,
    pub(super) counters: Counters,
    /// Damage that was counted: by segment and place.
    pub(super) seen: BTreeSet<(Seq, u64)>,
    pub(super) walked_bytes: u64,
}

/// One segment as it was found.
struct Part {
    segment: Segment,
    head: Option<SegmentHead>,
    file: Arc<dyn DiskFile>,
    /// How the walk ended, if it did not end with a whole block.
    tail: Option<Bad>,
}

/// Reads what is there, of the spool `epoch`. Unless it `looks_only`, a torn end is cut off.
pub(super) fn recover(
    disk: &dyn Disk,
    epoch: Option<Epoch>,
    looks_only: bool,
) -> io::Result<Found> {
    let mut names = disk.list()?;
    names.retain(|file| first_of(&file.name).is_some());
    names.sort();
    let mut found = Found {
        epoch,
        end: Seq(0),
        lost: Vec::new(),
        segments: Vec::new(),
        next: Seq(0),
        torn: false,
        open: None,
        counters: Counters::default(),
        seen: BTreeSet::new(),
        walked_bytes: 0,
    };
    let mut window = Window::default();
    let count = names.len();
    for (place, listed) in names.into_iter().enumerate() {
        let is_last = place + 1 == count;
        // Expired by another hand since the list was made.
        let Some(part) = gone(read(disk, &listed, &mut window, &mut found))? else { continue };
        // What has neither a head nor a record is no segment, and says nothing of the one before.
        if part.head.is_some() || part.segment.last().is_some() {
            found.follow(&part.segment);
        }
        take(disk, part, is_last, looks_only, &mut found)?;
    }
    Ok(found)
}

pub(super) fn gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Numbers that the next segment has are that one's: here they were never acknowledged.
fn supersede(segment: &Segment, next: Seq) {
    let mut progress = segment.progress();
    if progress.last.is_some_and(|last| last >= next) {
        progress.superseded = Some(next);
        progress.last = next.0.checked_sub(1).map(Seq).filter(|last| *last >= segment.first);
    }
}

fn read(
    disk: &dyn Disk,
    listed: &Listed,
    window: &mut Window,
    found: &mut Found,
) -> io::Result<Part> {
    let file = disk.open(&listed.name)?;
    let first = first_of(&listed.name).unwrap_or_default();
    let size = file.size()?;
    let head = segment_head(&*file)?.filter(|head| head.first == first);
    let before = head.map(|head| Before { reached: head.reached, lost: head.lost });
    let before = before.unwrap_or_default();
    let known = head.map(|head| head.tag).or(found.epoch.map(|epoch| tag(epoch, first)));
    if let Some(tag) = known
        && let Some(index) = Index::read(&*file, size, tag)?
    {
        let progress = progress(&index, size, true, false);
        let segment = Segment::new(first, known, before, progress);
        return Ok(Part { segment, head, file, tail: None });
    }
    window.clear();
    found.walked_bytes += size;
    let walked = walk(&*file, first, size, known, window, &mut |bad| found.bad(first, bad))?;
    let Walked { index, tail, tag, unheaded } = walked;
    add(&found.counters.bad_records, unheaded);
    let segment = Segment::new(first, tag, before, progress(&index, size, false, true));
    Ok(Part { segment, head, file, tail })
}

fn progress(index: &Index, bytes: u64, sealed: bool, keep_index: bool) -> Progress {
    Progress {
        end: index.end,
        last: index.last(),
        records: index.records(),
        times: index.times(),
        bytes,
        sealed,
        superseded: None,
        generation: 0,
        compacted: false,
        index: keep_index.then(|| index.clone()),
    }
}

/// What a walk over a segment found.
struct Walked {
    index: Index,
    /// How it ended, if not with a whole block.
    tail: Option<Bad>,
    tag: Option<u64>,
    /// Records within damage whose head does not tell of them: the numbers around it do.
    unheaded: u64,
}

/// Walks a segment.
fn walk(
    file: &dyn DiskFile,
    first: Seq,
    size: u64,
    tag: Option<u64>,
    window: &mut Window,
    bad: &mut dyn FnMut(&Bad),
) -> io::Result<Walked> {
    let mut walk = Walk::new(file, tag, (HEAD as u64).min(size), size, window);
    let mut index = Index { stretches: Vec::new(), end: (HEAD as u64).min(size) };
    let mut tail = None;
    let (mut unheaded, mut headed) = (0, 0);
    loop {
        match walk.step()? {
            Step::End => return Ok(Walked { index, tail, tag: walk.tag(), unheaded }),
            Step::Block { offset, head } if head.count > 0 => {
                // Within a segment numbers are given without a gap.
                let next = index.last().map_or(first.0, |last| last.0 + 1);
                if tail.take().is_some() {
                    unheaded += head.first.0.saturating_sub(next + headed);
                }
                headed = 0;
                index.add(&head, offset);
            }
            // An index whose trailer is damaged.
            Step::Block { .. } => {}
            Step::Bad(found) => {
                if !found.to_the_end {
                    bad(&found);
                }
                headed += found.head.map_or(0, |head| u64::from(head.count));
                tail = Some(found);
            }
        }
    }
}

impl Found {
    /// Goes on to a segment after those that were found. What the one before lacks of the numbers up to it is lost.
    fn follow(&mut self, segment: &Segment) {
        if let Some(before) = self.segments.last() {
            supersede(before, segment.first);
            self.end = self.end.min(segment.first);
            let known = segment.before.lost_from();
            // After one that is whole they were segments of their own: removed by age or size, while it was held.
            if known > self.end && !before.progress().sealed {
                self.lost.push(self.end..known);
                add(&self.counters.lost_records, known.0 - self.end.0);
            }
        }
        self.end = self.end.max(segment.before.reached);
    }

    /// What stands before the segment that is made next, if numbers before `given` are known to have been given.
    pub(super) fn before(&mut self, given: Seq) -> Before {
        let lost = given.0.saturating_sub(self.end.0);
        if lost > 0 {
            self.lost.push(self.end..given);
            add(&self.counters.lost_records, lost);
        }
        let lost = u32::try_from(lost).unwrap_or(u32::MAX);
        Before { reached: self.end.max(given), lost }
    }

    fn bad(&mut self, segment: Seq, bad: &Bad) {
        let counters = &self.counters;
        add(&counters.bad_blocks, 1);
        add(&counters.bad_bytes, bad.end - bad.start);
        add(&counters.bad_records, bad.head.map_or(0, |head| u64::from(head.count)));
        self.seen.insert((segment, bad.start));
    }
}

/// Adds a segment to what was found; cuts the last one.
fn take(
    disk: &dyn Disk,
    part: Part,
    is_last: bool,
    looks_only: bool,
    found: &mut Found,
) -> io::Result<()> {
    let Part { segment, head, file, tail } = part;
    let (last, end, bytes, sealed) = {
        let progress = segment.progress();
        (progress.last, progress.end, progress.bytes, progress.sealed)
    };
    let next = last.map_or(segment.first, |last| Seq(last.0 + 1));
    found.next = found.next.max(next);
    if last.is_some() {
        found.end = found.end.max(next);
    }
    if let Some(bad) = tail.filter(|bad| bad.to_the_end) {
        found.next = found.next.max(after(&bad, next));
        match is_last {
            true => add(&found.counters.torn_bytes, bad.end - bad.start),
            false => {
                found.bad(segment.first, &bad);
                // They are counted as damaged, and not as lost once more.
                found.end = found.end.max(bad.head.map_or(Seq(0), |head| Seq(head.last().0 + 1)));
            }
        }
    }
    let segment = Arc::new(segment);
    if last.is_some() || is_last {
        found.segments.push(Arc::clone(&segment));
    }
    if !is_last || looks_only || sealed {
        return Ok(());
    }
    let is_torn = end < bytes || head.is_none();
    if !is_torn {
        found.open = Some((segment, file));
        return Ok(());
    }
    found.torn = true;
    if last.is_none() {
        // Nothing in it can be read: out of the way with it, for a person to look at.
        found.segments.pop();
        disk.rename(&segment.name, &format!("{:020}-0{BAD_SUFFIX}", segment.first.0))?;
        return disk.sync_names();
    }
    let kept = format!("{:020}-{end}{BAD_SUFFIX}", segment.first.0);
    // A courtesy to who wants to look; the disk may be full.
    if end < bytes {
        let _ = keep(disk, &kept, &*file, end, bytes);
    }
    file.set_size(end)?;
    file.sync_data()?;
    segment.progress().bytes = end;
    seal(&segment, &*file);
    Ok(())
}

/// Seals a segment that was cut: numbers go on in the next one. Where that fails, it is walked again next
/// time.
fn seal(segment: &Segment, file: &dyn DiskFile) {
    let mut progress = segment.progress();
    let (Some(tag), Some(index)) = (segment.tag, &progress.index) else { return };
    let (bytes, end) = (index.write(tag), index.end);
    match file.write_all_at(&bytes, end).and_then(|()| file.sync_data()) {
        Ok(()) => (progress.sealed, progress.bytes) = (true, end + bytes.len() as u64),
        Err(_) => drop(file.set_size(end)),
    }
}

/// The number to go on with after a torn end. No number is used twice: what was torn may have had some, and
/// someone may have read them before they were damaged.
fn after(bad: &Bad, next: Seq) -> Seq {
    match bad.head {
        Some(head) => Seq(head.last().0.saturating_add(1)).max(next),
        None => {
            let blocks = 1 + (bad.end - bad.start) / (2 * HEAD as u64);
            Seq(next.0.saturating_add(blocks * BLOCK_RECORDS_MAX as u64))
        }
    }
}
