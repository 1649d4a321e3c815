//! The door by which everything enters: receivers hand in batches of raw records, and are answered once these are
//! durable. The spool stands behind it; receivers know this much of it.
//!
//! ```text
//! bytes ─► Batch::push(origin, peer, Facts, payload) ─► Intake::append ─► Ticket::wait ─► acknowledge to the sender
//! ```

mod batch;
mod facts;
mod ticket;

pub use batch::{
    BATCH_BYTES_MAX, BATCH_RECORDS_MAX, Batch, NAME_BYTES_MAX, PushError, RECORD_BYTES_MAX, Row,
    name_bytes,
};
pub use facts::{Facts, Kind};
pub use ticket::{Answer, OnAnswer, Receipt, Returned, Ticket, Why};

use std::time::Duration;

/// Takes in batches and makes them durable.
pub trait Intake: Send + Sync {
    /// Hands in a batch, waiting while there is no room in the queue; `done` is called with the answer.
    ///
    /// # Errors
    /// The batch again if nothing is taken at present (no room on the disk, or closed); `done` is not called then.
    fn append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>>;

    /// The same for who cannot wait: the batch comes back also if the queue is full.
    ///
    /// # Errors
    /// The batch again if there is no room at once, or nothing is taken at present.
    fn try_append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>>;

    /// Waits at most so long until batches are taken; whether they are.
    fn wait_writable(&self, limit: Duration) -> bool;

    /// Hands in a batch, waiting while there is no room in the queue; the ticket says when it is durable.
    ///
    /// # Errors
    /// The batch again if nothing is taken at present.
    fn append(&self, batch: Batch) -> Result<Ticket, Box<Returned>> {
        let (ticket, done) = Ticket::new();
        self.append_then(batch, done)?;
        Ok(ticket)
    }

    /// Hands in a batch if there is room for it at once.
    ///
    /// # Errors
    /// The batch again if there is none, or nothing is taken at present.
    fn try_append(&self, batch: Batch) -> Result<Ticket, Box<Returned>> {
        let (ticket, done) = Ticket::new();
        self.try_append_then(batch, done)?;
        Ok(ticket)
    }
}
