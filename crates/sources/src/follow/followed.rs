//! One file that is followed: what is new in it, whether it still is the same, what tells it from others.

use super::cut::{Cut, Mark, cut};
use super::places::Place;
use crate::lines::HEAD_BYTES;
use model::intake::{Batch, Facts};
use model::{Cursor, Origin, Timestamp};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes before a place that are compared.
pub(super) const TAIL_BYTES: u64 = 256;

/// Bytes that can be compared with what is known of a file.
pub(super) trait Content {
    /// The hash of the bytes from `start` to `end`, if there are so many.
    fn hash(&mut self, start: u64, end: u64) -> Option<u64>;
}

impl Content for &File {
    fn hash(&mut self, start: u64, end: u64) -> Option<u64> {
        let mut bytes = vec![0; usize::try_from(end.checked_sub(start)?).ok()?];
        self.read_exact_at(&mut bytes, start).ok()?;
        Some(xxh3_64(&bytes))
    }
}

/// What a look at a file found.
pub(super) enum Found {
    /// Nothing new.
    Nothing,
    /// Lines were put into the batch; once they are stored, reading goes on at the mark.
    Lines(Step),
    /// It has become shorter, or what was read stands there no more.
    Truncated,
}

/// How far a place moves on.
pub(super) struct Step {
    mark: Mark,
    /// The bytes before the mark, for [`Place::tail`]. Taken when they were read: the file may be emptied before the
    /// answer comes.
    recent: Vec<u8>,
}

/// A file that is followed.
pub(super) struct Followed {
    pub place: Place,
    /// The bytes before the place.
    pub recent: Vec<u8>,
    /// Where it stands now.
    pub path: PathBuf,
    pub file: File,
    pub origin: Arc<Origin>,
    /// What stands before this was there before us.
    pub old_until: u64,
    /// Size and time of change at the latest look.
    pub seen: (u64, i128),
    /// It stands under no path that is followed, since then.
    pub gone_since: Option<Instant>,
    /// It was last seen to change then.
    pub changed_at: Instant,
    /// The file of places knows of it: its lines may be handed in.
    pub is_noted: bool,
}

/// What reading needs besides the file.
pub(super) struct Reading<'a> {
    pub batch: &'a mut Batch,
    pub buffer: &'a mut [u8],
    pub line_bytes_max: usize,
    pub now: Timestamp,
    /// Nothing will follow: the last line needs no end.
    pub is_all: bool,
}

impl Followed {
    /// Reads what is new into the batch.
    pub(super) fn read(&mut self, reading: Reading<'_>) -> io::Result<Found> {
        let metadata = self.file.metadata()?;
        let (size, seen) = (metadata.len(), stamp(&metadata));
        let has_changed = seen != self.seen;
        if size < self.place.offset || has_changed && !self.is_as_before()? {
            return Ok(Found::Truncated);
        }
        if size != self.seen.0 {
            self.changed_at = Instant::now();
        }
        self.seen = seen;
        if size == self.place.offset || !has_changed && !reading.is_all {
            return Ok(Found::Nothing);
        }
        if self.place.head_bytes == 0 {
            // The beginning of a first line is that of many files: a number of an inode that is used again would make
            // one of them of two.
            let head = self.head(size)?;
            if !reading.is_all && head.len() < HEAD_BYTES && !head.contains(&b'\n') {
                return Ok(Found::Nothing);
            }
            self.begins_with(&head);
        }
        let Reading { batch, buffer, line_bytes_max, now, is_all } = reading;
        let read = read_some(&self.file, buffer, self.place.offset)?;
        let before = self.mark();
        let mut mark = before;
        let is_all = is_all && self.place.offset + read as u64 >= size;
        cut(&buffer[..read], is_all, line_bytes_max, &mut mark, |line| {
            push(batch, &self.origin, &self.place, line, self.old_until, now)
        });
        if mark == before {
            // A line without end is not read again until the file changes.
            return Ok(Found::Nothing);
        }
        self.seen.1 = i128::MIN;
        let consumed = &buffer[..(mark.offset - before.offset) as usize];
        let kept = &consumed[consumed.len().saturating_sub(TAIL_BYTES as usize)..];
        let older = self.recent.len().min(TAIL_BYTES as usize - kept.len());
        let recent = [&self.recent[self.recent.len() - older..], kept].concat();
        Ok(Found::Lines(Step { mark, recent }))
    }

    fn mark(&self) -> Mark {
        let Place { offset, line, skipping, .. } = self.place;
        Mark { offset, line, skipping }
    }

    /// What was read is stored: the place moves on.
    pub(super) fn move_to(&mut self, step: Step) {
        let Mark { offset, line, skipping } = step.mark;
        (self.place.offset, self.place.line, self.place.skipping) = (offset, line, skipping);
        self.place.tail = xxh3_64(&step.recent);
        self.recent = step.recent;
    }

    /// Reads the bytes before the place, of a file that was read before.
    pub(super) fn take_recent(&mut self) -> io::Result<()> {
        let start = self.place.tail_start();
        self.recent = vec![0; (self.place.offset - start) as usize];
        self.file.read_exact_at(&mut self.recent, start)?;
        self.place.tail = xxh3_64(&self.recent);
        Ok(())
    }

    /// Whether its first bytes and the latest that were read are what they were: many files begin alike, and what is
    /// written anew in place may be longer than what stood there.
    fn is_as_before(&self) -> io::Result<bool> {
        let Place { head, head_bytes, offset, .. } = self.place;
        if head_bytes > 0 && (&self.file).hash(0, head_bytes) != Some(head) {
            return Ok(false);
        }
        let mut bytes = [0; TAIL_BYTES as usize];
        let bytes = &mut bytes[..self.recent.len()];
        let read = read_some(&self.file, bytes, offset - self.recent.len() as u64)?;
        Ok(bytes[..read] == self.recent)
    }

    /// Its first bytes are there: from now on they tell it from others.
    pub(super) fn take_head(&mut self, size: u64) -> io::Result<()> {
        let head = self.head(size)?;
        self.begins_with(&head);
        Ok(())
    }

    fn head(&self, size: u64) -> io::Result<Vec<u8>> {
        let mut head = vec![0; size.min(HEAD_BYTES as u64) as usize];
        self.file.read_exact_at(&mut head, 0)?;
        Ok(head)
    }

    fn begins_with(&mut self, head: &[u8]) {
        self.place.head = xxh3_64(head);
        self.place.head_bytes = head.len() as u64;
        self.place.id = file_id(&self.place);
        self.is_noted = false;
    }

    /// It was emptied: it begins anew.
    pub(super) fn begin_anew(&mut self) {
        let Place { name, device, inode, .. } = std::mem::take(&mut self.place);
        self.place = Place { name, device, inode, line: 1, ..Place::default() };
        self.old_until = 0;
        self.recent.clear();
        self.seen = (0, i128::MIN);
    }

    /// It stands under no path and did not change for so long.
    pub(super) fn is_left(&self, time: Duration) -> bool {
        self.gone_since.is_some_and(|since| since.max(self.changed_at).elapsed() > time)
    }

    /// Bytes that were not read yet.
    pub(super) fn lag_bytes(&self) -> u64 {
        self.seen.0.saturating_sub(self.place.offset)
    }
}

/// What stands for a file in ids: the hash of its head, as for every reader of files. A shorter head may be another
/// file's as well, so there the inode takes part.
pub(super) fn file_id(place: &Place) -> u64 {
    let Place { head, head_bytes, device, inode, .. } = *place;
    if head_bytes == HEAD_BYTES as u64 {
        return head;
    }
    let parts = [head.to_le_bytes(), device.to_le_bytes(), inode.to_le_bytes()];
    xxh3_64(parts.as_flattened())
}

/// Since a file was last written to.
pub(super) fn age(metadata: &Metadata) -> Duration {
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    SystemTime::now().duration_since(modified).unwrap_or_default()
}

/// Size and time of change.
pub(super) fn stamp(metadata: &Metadata) -> (u64, i128) {
    let nanos = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    (metadata.len(), nanos)
}

/// Puts a line into the batch; `false` if there is no room.
pub(super) fn push(
    batch: &mut Batch,
    origin: &Arc<Origin>,
    place: &Place,
    line: Cut<'_>,
    old_until: u64,
    now: Timestamp,
) -> bool {
    let facts = Facts {
        cursor: Cursor::File { head: place.id, offset: line.offset, line: line.line },
        truncated: line.is_truncated,
        old: line.offset < old_until,
        ..Facts::received(now)
    };
    batch.push(origin, "", facts, line.bytes).is_ok()
}

/// Fills the buffer as far as the file goes.
pub(super) fn read_some(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
