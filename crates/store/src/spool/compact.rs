//! Small blocks → large ones, in segments that are sealed. Where little comes in, each record waits only a few
//! milliseconds for others, so blocks are small and compress badly; together they take a third.
//!
//! A segment is written anew under another name, synced, and put in the place of the old one: at any moment one
//! whole file has the name. Records, numbers and the segment's tag stay as they are.

use super::block::Block;
use super::encode::{BLOCK_TARGET_BYTES, Encoder};
use super::header::{HEAD, SegmentHead};
use super::index::Index;
use super::segment::Segment;
use super::shared::Shared;
use super::status::add;
use super::walk::{Step, Walk, Window, segment_head};
use crate::disk::{DiskFile, write_whole};
use std::io;
use std::sync::Arc;

/// What sealed segments compress to is read often and written once.
const LEVEL: i32 = 3;
/// A segment gains if its blocks have fewer bytes than this before compression, on average. Large blocks have at
/// least half of their aim on average, so none is compacted twice.
const SMALL_BYTES: u64 = BLOCK_TARGET_BYTES as u64 / 4;

/// Compacts the oldest sealed segment that gains by it. Returns the bytes that it gave back; `None` if there is
/// no such segment.
pub(super) fn compact(shared: &Shared) -> io::Result<Option<u64>> {
    let segments = shared.durable().segments.clone();
    for segment in segments.iter().filter(|segment| is_due(segment)) {
        let done = rewrite(shared, segment);
        // Whatever came of it: it is not tried again.
        segment.progress().compacted = true;
        if let Some(saved) = done? {
            add(&shared.counters.compacted_segments, 1);
            return Ok(Some(saved));
        }
    }
    Ok(None)
}

fn is_due(segment: &Segment) -> bool {
    let progress = segment.progress();
    progress.sealed && !progress.compacted && segment.tag.is_some()
}

/// `None` if there is nothing to gain, or the segment is damaged: then it stays as it is.
fn rewrite(shared: &Shared, segment: &Arc<Segment>) -> io::Result<Option<u64>> {
    let (before, end, superseded) = {
        let progress = segment.progress();
        (progress.bytes, progress.end, progress.superseded)
    };
    let file = shared.disk.open(&segment.name)?;
    let Some(head) = segment_head(&*file)? else { return Ok(None) };
    let Some((blocks, bytes)) = sizes(&*file, &head, end)? else { return Ok(None) };
    if blocks < 2 || bytes / blocks >= SMALL_BYTES {
        return Ok(None);
    }
    let (mut window, mut block) = (Window::default(), Block::new());
    let mut walk = Walk::new(&*file, Some(head.tag), HEAD as u64, end, &mut window);
    let mut encoder = Encoder::new(LEVEL)?;
    let mut out = head.write().to_vec();
    let mut index = Index::default();
    let mut close = |encoder: &mut Encoder, out: &mut Vec<u8>| -> io::Result<()> {
        let offset = out.len() as u64;
        index.add(&encoder.close(head.tag, out)?, offset);
        Ok(())
    };
    loop {
        match walk.step()? {
            Step::End => break,
            Step::Bad(_) => return Ok(None),
            Step::Block { offset, head } => {
                if block.fill(&head, walk.payload(offset, &head)?).is_err() {
                    return Ok(None);
                }
                let kept = |seq| superseded.is_none_or(|from| seq < from);
                for record in block.records().filter(|record| kept(record.seq)) {
                    if encoder.is_full(record.seq, record.payload.len()) {
                        close(&mut encoder, &mut out)?;
                    }
                    let (origin, peer) = (record.origin, record.peer);
                    encoder.record(record.seq, &record.facts, origin, peer, record.payload);
                }
            }
        }
    }
    if !encoder.is_empty() {
        close(&mut encoder, &mut out)?;
    }
    let end = out.len() as u64;
    out.extend_from_slice(&index.write(head.tag));
    write_whole(&*shared.disk, &segment.name, &out)?;
    let mut progress = segment.progress();
    (progress.end, progress.bytes) = (end, out.len() as u64);
    (progress.records, progress.superseded, progress.index) = (index.records(), None, None);
    progress.generation += 1;
    Ok(Some(before.saturating_sub(out.len() as u64)))
}

/// How many blocks there are, and their bytes before compression; `None` if the segment is damaged.
fn sizes(file: &dyn DiskFile, head: &SegmentHead, end: u64) -> io::Result<Option<(u64, u64)>> {
    let mut window = Window::default();
    let mut walk = Walk::new(file, Some(head.tag), HEAD as u64, end, &mut window);
    let (mut blocks, mut bytes) = (0, 0);
    loop {
        match walk.step()? {
            Step::End => return Ok(Some((blocks, bytes))),
            Step::Bad(_) => return Ok(None),
            Step::Block { head, .. } => {
                blocks += 1;
                bytes += u64::from(head.plain);
            }
        }
    }
}
