//! The first lines of a file, without keeping it open: enough to learn its first time, its format,
//! and whether it is text at all.

use crate::batch::Batch;
use crate::error::ReadError;
use crate::input::{Input, Kind};
use crate::lines::LineReader;
use crate::sniff::{SNIFF_BYTES, not_text};

/// What stands at the beginning of a file.
#[derive(Debug, Default)]
pub struct Peek {
    /// The first lines, as a reader gives them.
    pub batch: Batch,
    /// What it is, if it does not hold lines of text.
    pub not_text: Option<&'static str>,
}

/// Reads a file's first `bytes_max` bytes (decompressed; at most one batch) as lines. The last line
/// may be cut. A pipe gives nothing: its bytes come only once.
///
/// # Errors
/// If it cannot be opened or its first bytes cannot be read.
pub fn peek(input: &Input, index: u32, bytes_max: usize) -> Result<Peek, ReadError> {
    let mut peek = Peek::default();
    if input.kind != Kind::File {
        return Ok(peek);
    }
    let mut reader = LineReader::open(input, index)?.with_batch_bytes(bytes_max.max(SNIFF_BYTES));
    let head = reader.peek_into(&mut peek.batch)?;
    peek.not_text = not_text(&head[..head.len().min(SNIFF_BYTES)]);
    Ok(peek)
}
