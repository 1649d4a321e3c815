//! A batch → the intake, and the answer once it is durable. Many requests share one sync: each hands in its batch and
//! waits; what comes while the disk is busy is written together.

use super::super::limits::Limits;
use super::super::meter::Entry;
use super::super::problem::{Kind, Problem};
use model::intake::{Answer, Batch, Intake, Receipt, Why};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

/// Between two tries to find room in the queue.
const PAUSE: Duration = Duration::from_millis(5);

/// Hands in a batch and waits until it is durable.
pub(crate) async fn durable(
    intake: &dyn Intake,
    mut batch: Batch,
    entry: Arc<Entry>,
    limits: &Limits,
) -> Result<Receipt, Problem> {
    let mut give_up: Option<Instant> = None;
    loop {
        let (done, answer) = oneshot::channel();
        let counted = Arc::clone(&entry);
        let on_answer = Box::new(move |answer: Answer| {
            // Here and not where it is waited for: a sender that has gone away is not waited for any more.
            if answer.is_ok() {
                counted.stored();
            }
            drop(counted);
            let _ = done.send(answer);
        });
        match intake.try_append_then(batch, on_answer) {
            Ok(()) => {
                return match answer.await {
                    Ok(Ok(receipt)) => Ok(receipt),
                    Ok(Err(returned)) => Err(refused(&returned.why)),
                    Err(_) => Err(Problem::new(
                        Kind::NotTaking,
                        "it is not known whether the events are stored: send them again with the same event ids",
                    )
                    .retry_after(5)),
                };
            }
            Err(returned) => {
                let at = *give_up.get_or_insert_with(|| Instant::now() + limits.room_wait);
                if !matches!(returned.why, Why::Busy) || Instant::now() >= at {
                    return Err(refused(&returned.why));
                }
                batch = returned.batch;
                sleep(PAUSE).await;
            }
        }
    }
}

/// Why nothing is stored, and when to come again.
fn refused(why: &Why) -> Problem {
    let secs = match why {
        Why::Busy => 1,
        Why::Full(_) | Why::Failed(_) => 10,
        Why::Stopped => 5,
    };
    Problem::new(Kind::NotTaking, why.to_string()).retry_after(secs)
}
