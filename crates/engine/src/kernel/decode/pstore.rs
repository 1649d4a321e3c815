//! Parts of a crash dump in the firmware's store → its lines in the order in which they were said.
//!
//! The kernel writes the end of its buffer first: `Panic#1 Part1` holds the last lines, `Part2`
//! those before. Several dumps may stand mixed in one file; their numbers tell them apart.

/// Bytes that are held back to be put in order; a dump is seldom larger than the kernel's buffer.
const HELD_BYTES_MAX: usize = 8 << 20;

/// A line that waits.
#[derive(Debug)]
struct Held {
    dump: u32,
    part: u32,
    place: u64,
    byte: u64,
    text: String,
}

/// Holds lines of parts back until they can be put in order.
#[derive(Debug, Default)]
pub(in crate::kernel) struct Pstore {
    /// The dump and the part that lines belong to now.
    now: Option<(u32, u32)>,
    held: Vec<Held>,
    bytes: usize,
}

impl Pstore {
    /// Nothing is held back: lines may pass.
    pub(in crate::kernel) fn is_idle(&self) -> bool {
        self.now.is_none()
    }

    /// Takes a line if it belongs to a dump; `false` if it does not.
    pub(in crate::kernel) fn take(&mut self, line: &str, place: u64, byte: u64) -> bool {
        if let Some(now) = part_header(line) {
            self.now = Some(now);
            return true;
        }
        let Some((dump, part)) = self.now else {
            return false;
        };
        self.bytes += line.len() + 64;
        self.held.push(Held { dump, part, place, byte, text: line.to_owned() });
        true
    }

    /// Too much is held back.
    pub(in crate::kernel) fn is_full(&self) -> bool {
        self.bytes > HELD_BYTES_MAX
    }

    /// Gives what is held back, in order.
    pub(in crate::kernel) fn release(&mut self, mut emit: impl FnMut(&str, u64, u64)) {
        // Stable: the lines of a part stay in their order.
        self.held.sort_by_key(|h| (h.dump, std::cmp::Reverse(h.part)));
        for held in self.held.drain(..) {
            emit(&held.text, held.place, held.byte);
        }
        self.bytes = 0;
    }
}

/// `Panic#1 Part2`, `Oops#3 Part10`, `Emergency#1 Part1`.
fn part_header(line: &str) -> Option<(u32, u32)> {
    if line.len() > 40 || !line.as_bytes().first()?.is_ascii_uppercase() {
        return None;
    }
    let (reason, rest) = line.split_once('#')?;
    if reason.is_empty() || reason.len() > 12 || !reason.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let (dump, part) = rest.trim_end().split_once(" Part")?;
    Some((dump.parse().ok()?, part.parse().ok()?))
}
