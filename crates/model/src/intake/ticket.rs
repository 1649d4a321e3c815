//! The answer to a batch: its numbers once it is durable, or the batch again with the reason.

use super::Batch;
use crate::Seq;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// The numbers that the records of a batch got, in order. They are durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Number of the first record.
    pub first: Seq,
    /// Number of the last record.
    pub last: Seq,
}

/// Why a batch was not made durable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// There is no room.
    #[error(
        "the spool has no room ({0}): free space on its disk, or lower its size cap; it resumes by itself"
    )]
    Full(String),
    /// The queue before the writer is full.
    #[error("the spool's queue is full: the disk is slower than the sources; try again later")]
    Busy,
    /// A write or sync failed. What of it reached the disk is not known, and was cut off again as far as
    /// possible.
    #[error("the spool's disk failed ({0}): the records are not stored; hand them in again")]
    Failed(String),
    /// The spool was closed.
    #[error("the spool is closed")]
    Stopped,
}

/// A batch that was not made durable, given back.
#[derive(Debug)]
pub struct Returned {
    /// The records.
    pub batch: Batch,
    /// The reason.
    pub why: Why,
}

/// What becomes of a batch.
pub type Answer = Result<Receipt, Box<Returned>>;

/// Called once with the answer, on the thread of who gives it: it should do little.
pub type OnAnswer = Box<dyn FnOnce(Answer) + Send>;

#[derive(Default)]
struct Slot {
    answer: Mutex<Option<Answer>>,
    given: Condvar,
}

/// Waits for the answer to one batch.
pub struct Ticket(Arc<Slot>);

impl Ticket {
    /// A ticket, and what to call with the answer.
    pub fn new() -> (Ticket, OnAnswer) {
        let slot = Arc::new(Slot::default());
        let giver = Arc::clone(&slot);
        let give = move |answer| {
            *giver.answer.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(answer);
            giver.given.notify_all();
        };
        (Ticket(slot), Box::new(give))
    }

    /// Waits until the batch is durable or given back. The spool answers every batch, at the latest when it is
    /// closed.
    ///
    /// # Errors
    /// The batch again, with the reason.
    pub fn wait(self) -> Answer {
        let mut answer = self.0.answer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        loop {
            if let Some(answer) = answer.take() {
                return answer;
            }
            answer = self.0.given.wait(answer).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Waits at most so long; gives the ticket back if there is no answer yet.
    ///
    /// # Errors
    /// The ticket, to wait again.
    pub fn wait_for(self, limit: Duration) -> Result<Answer, Ticket> {
        let answer = {
            let guard = self.0.answer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let waited = self.0.given.wait_timeout_while(guard, limit, |answer| answer.is_none());
            waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0.take()
        };
        answer.ok_or(self)
    }
}
