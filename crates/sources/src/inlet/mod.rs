//! What every receiver is given, and the one way in which it hands records in:
//!
//! ```text
//! bytes ─► frames ─► Gather ─► Inlet::hand_in ─► Intake …… answer ─► stored
//!                                   │ no room: keep the batch, read nothing more, try again
//!                                   └ lost before it reached us: counted, and told as a gap record
//! ```
//!
//! Nobody drops a record that was read. A sender that can wait is made to by not reading on; where none can (UDP, the
//! kernel's ring) the loss happens in the kernel's buffer, which counts it to the record. So at every moment
//! `received = stored + open + shed`, with `shed` only for what was still open when the spool closed.

mod counters;
mod gap;
mod gather;
mod health;
mod receiver;
mod stop;
mod tenancy;

pub use counters::Counters;
pub use gap::Loss;
pub(crate) use gather::Gather;
pub use health::{Counts, Health, State};
pub use ipnet::IpNet;
pub use receiver::Receiver;
pub(crate) use receiver::spawn;
pub use stop::Stop;
pub(crate) use tenancy::Origins;
pub use tenancy::{Tenancy, TenantField, Whose};

use model::Timestamp;
use model::intake::{Batch, Intake, Kind, Returned, Why};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

/// So long is waited at once for room in the spool.
const ROOM_WAIT: Duration = Duration::from_millis(200);
/// Answers are looked for so often.
const ANSWER_PAUSE: Duration = Duration::from_millis(2);
/// A batch that failed is handed in again after this pause.
const AGAIN_PAUSE: Duration = Duration::from_millis(50);

/// Tells the time. Given by who starts a receiver, so that tests can step it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The system's clock, in microseconds.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let micros = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
        };
        Timestamp::from_micros(micros)
    })
}

/// What is known of batches that were not made durable.
#[derive(Default)]
struct Again {
    /// Those that came back after they had been taken.
    batches: Vec<Batch>,
    failed: Option<Instant>,
    /// One was refused or came back, and none was stored since: nothing more should be read.
    is_in_trouble: bool,
    /// The receiver has ended: what still comes back is given up.
    is_over: bool,
}

/// What a receiver needs to hand records in.
#[derive(Clone)]
pub struct Inlet {
    intake: Arc<dyn Intake>,
    counters: Arc<Counters>,
    stop: Stop,
    clock: Clock,
    again: Arc<Mutex<Again>>,
}

impl Inlet {
    /// An inlet of one source.
    pub fn new(
        intake: Arc<dyn Intake>,
        counters: Arc<Counters>,
        stop: Stop,
        clock: Clock,
    ) -> Inlet {
        Inlet { intake, counters, stop, clock, again: Arc::default() }
    }

    /// The same for a receiver that is started now: it can be stopped alone.
    pub(crate) fn of_receiver(&self) -> Inlet {
        Inlet { stop: self.stop.child(), again: Arc::default(), ..self.clone() }
    }

    /// The source's counters.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// What ends the receiver.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Hands in what was received from a sender that gets no answer; waits while there is no room.
    pub fn hand_in(&self, batch: Batch) {
        if batch.is_empty() {
            return;
        }
        let (records, bytes, now) = (records_of(&batch), batch.payload_bytes() as u64, self.now());
        self.counters.with(|health| {
            health.received += records;
            health.open += records;
            if records > 0 {
                health.bytes += bytes;
                health.last_record_at = Some(now);
            }
        });
        self.pass_on(batch);
    }

    fn pass_on(&self, mut batch: Batch) {
        loop {
            let records = records_of(&batch);
            let (counters, again) = (Arc::clone(&self.counters), Arc::clone(&self.again));
            let done = move |answer: Result<_, Box<Returned>>| match answer {
                Ok(_) => {
                    lock(&again).is_in_trouble = false;
                    counters.with(|health| health.was_stored(records));
                }
                Err(returned) => {
                    let mut again = lock(&again);
                    if again.is_over {
                        return counters.with(|health| health.was_shed(records, "stopped"));
                    }
                    counters.with(|health| health.waits(&returned.why));
                    (again.failed, again.is_in_trouble) = (Some(Instant::now()), true);
                    again.batches.push(returned.batch);
                }
            };
            let Err(returned) = self.intake.append_then(batch, Box::new(done)) else { return };
            self.counters.with(|health| health.waits(&returned.why));
            lock(&self.again).is_in_trouble = true;
            batch = returned.batch;
            if returned.why == Why::Stopped || self.stop.is_set() {
                return self.counters.with(|health| health.was_shed(records, "stopped"));
            }
            self.pause(&returned.why);
        }
    }

    fn pause(&self, why: &Why) {
        match why {
            Why::Full(_) | Why::Busy => {
                self.intake.wait_writable(ROOM_WAIT);
            }
            Why::Failed(_) | Why::Stopped => {
                self.stop.wait(AGAIN_PAUSE);
            }
        }
    }

    /// Waits while what was handed in is not made durable: nothing more should be read meanwhile, or it would gather in
    /// memory. What came back is handed in again. To be called before each reading.
    pub fn wait_while_in_trouble(&self) {
        while !self.stop.is_set() && lock(&self.again).is_in_trouble {
            self.hand_in_again();
            self.stop.wait(ANSWER_PAUSE);
        }
    }

    /// Hands in again what came back, after a pause.
    fn hand_in_again(&self) {
        let Some(failed) = lock(&self.again).failed else { return };
        if let Some(rest) = AGAIN_PAUSE.checked_sub(failed.elapsed()) {
            self.stop.wait(rest);
        }
        let batches = std::mem::take(&mut lock(&self.again).batches);
        batches.into_iter().for_each(|batch| self.pass_on(batch));
    }

    /// The receiver ends: waits at most so long until everything that was handed in is answered. What is given back after
    /// that is given up, and counted.
    pub(crate) fn settle(&self, limit: Duration) {
        let began = Instant::now();
        while self.counters.open() > 0 && began.elapsed() < limit {
            self.hand_in_again();
            std::thread::sleep(ANSWER_PAUSE);
        }
        let mut again = lock(&self.again);
        again.is_over = true;
        for batch in again.batches.drain(..) {
            self.counters.with(|health| health.was_shed(records_of(&batch), "stopped"));
        }
    }

    /// Hands in what its source can give again, and waits for the answer; `false` if it was not stored because the
    /// receiver is to end. Only then may the source's place be moved on.
    #[must_use]
    pub fn store(&self, mut batch: Batch) -> bool {
        if batch.is_empty() {
            return true;
        }
        let (records, bytes) = (records_of(&batch), batch.payload_bytes() as u64);
        let truncated = batch.rows().iter().filter(|row| row.facts.truncated).count() as u64;
        loop {
            let answer = self.intake.append(batch).and_then(|ticket| ticket.wait().map(drop));
            let Err(returned) = answer else { break };
            self.counters.with(|health| health.waits(&returned.why));
            if returned.why == Why::Stopped || self.stop.is_set() {
                return false;
            }
            batch = returned.batch;
            self.pause(&returned.why);
        }
        let now = self.now();
        self.counters.with(|health| {
            health.received += records;
            health.open += records;
            health.bytes += bytes;
            health.last_record_at = Some(now);
            health.truncated += truncated;
            health.was_stored(records);
        });
        true
    }
}

/// Records from outside in a batch; it holds either these or one of our own.
fn records_of(batch: &Batch) -> u64 {
    match batch.rows().first().is_some_and(|row| row.facts.kind != Kind::Raw) {
        true => 0,
        false => batch.len() as u64,
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
