//! The few traits between crates. Object-safe and synchronous; async callers use blocking threads.

use crate::search::{Facets, Page, Query};
use crate::{Envelope, Seq};

/// Reads raw envelopes back by their place in the spool.
pub trait RawReader {
    /// Calls `visit` with each of these records that can still be read, in ascending order.
    /// `seqs` must be ascending. What cannot be read (expired, a pipe that is gone) is left out.
    fn read(&mut self, seqs: &[Seq], visit: &mut dyn FnMut(&Envelope<'_>));
}

/// Why a store could not answer, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// Finds events among those that are kept.
pub trait EventSearch: Send + Sync {
    /// One page of the events that were asked for.
    ///
    /// # Errors
    /// If the store cannot be read. Damage is no error: it is told in the answer.
    fn search(&self, query: &Query) -> Result<Page, StoreError>;

    /// How the events that were asked for are spread, each field by its `top` most frequent values. `limit`,
    /// `order` and `after` of the query mean nothing here.
    ///
    /// # Errors
    /// If the store cannot be read. Damage is no error: it is told in the answer.
    fn facets(&self, query: &Query, top: usize) -> Result<Facets, StoreError>;
}
