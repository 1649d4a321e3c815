//! The few traits between crates. Object-safe and synchronous; async callers use blocking threads.

use crate::{Envelope, Seq};

/// Reads raw envelopes back by their place in the spool.
pub trait RawReader {
    /// Calls `visit` with each of these records that can still be read, in ascending order.
    /// `seqs` must be ascending. What cannot be read (expired, a pipe that is gone) is left out.
    fn read(&mut self, seqs: &[Seq], visit: &mut dyn FnMut(&Envelope<'_>));
}
