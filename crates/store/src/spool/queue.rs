//! The queue before the writer: bounded in bytes, so that a slow disk slows its producers instead of filling
//! memory.

use model::intake::{Answer, Batch, OnAnswer, Returned, Why};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A batch and who waits for its answer. Whatever happens, the answer is given.
pub(super) struct Job {
    work: Option<(Batch, OnAnswer)>,
    pub(super) since: Instant,
}

impl Job {
    pub(super) fn new(batch: Batch, done: OnAnswer) -> Job {
        Job { work: Some((batch, done)), since: Instant::now() }
    }

    pub(super) fn batch(&self) -> Option<&Batch> {
        self.work.as_ref().map(|(batch, _)| batch)
    }

    fn cost(&self) -> usize {
        self.batch().map_or(0, Batch::cost)
    }

    /// Gives the answer, made of the batch.
    pub(super) fn answer(mut self, answer: impl FnOnce(Batch) -> Answer) {
        if let Some((batch, done)) = self.work.take() {
            done(answer(batch));
        }
    }

    pub(super) fn give_back(self, why: Why) {
        self.answer(|batch| Err(Box::new(Returned { batch, why })));
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some((batch, done)) = self.work.take() {
            done(Err(Box::new(Returned { batch, why: Why::Stopped })));
        }
    }
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    bytes: usize,
    /// Someone waits for the answer to one of them.
    urgent: bool,
    /// Why nothing is taken at present.
    shut: Option<Why>,
    stopping: bool,
}

pub(super) struct Queue {
    bytes_max: usize,
    /// So many bytes are worth a write at once.
    enough: usize,
    waiting: Mutex<Waiting>,
    /// Something was added, or the end has come.
    added: Condvar,
    /// There is room again, or something else to know.
    changed: Condvar,
}

impl Queue {
    pub(super) fn new(bytes_max: usize, enough: usize) -> Queue {
        Queue {
            bytes_max,
            enough,
            waiting: Mutex::default(),
            added: Condvar::new(),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Adds a batch; waits for room if `patient`.
    pub(super) fn add(&self, batch: Batch, patient: bool) -> Result<Added<'_>, Box<Returned>> {
        let cost = batch.cost();
        let mut waiting = self.lock();
        loop {
            let shut = if waiting.stopping { Some(Why::Stopped) } else { waiting.shut.clone() };
            if let Some(why) = shut {
                return Err(Box::new(Returned { batch, why }));
            }
            // One batch always fits, however large.
            if waiting.jobs.is_empty() || waiting.bytes + cost <= self.bytes_max {
                return Ok(Added { queue: self, waiting, batch });
            }
            if !patient {
                return Err(Box::new(Returned { batch, why: Why::Busy }));
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Takes what waits, up to about `bytes_max` bytes. Waits until there is something, and from then on up
    /// to `linger` for what is worth a write. Nothing only after the end, or once `idle` is over.
    pub(super) fn take(
        &self,
        linger: Duration,
        bytes_max: usize,
        idle: Option<Duration>,
    ) -> Vec<Job> {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() && !waiting.stopping {
            waiting = match idle {
                None => self.added.wait(waiting).unwrap_or_else(|poisoned| poisoned.into_inner()),
                Some(idle) => {
                    let waited = self.added.wait_timeout(waiting, idle);
                    let (waiting, timeout) =
                        waited.unwrap_or_else(|poisoned| poisoned.into_inner());
                    if timeout.timed_out() && waiting.jobs.is_empty() {
                        return Vec::new();
                    }
                    waiting
                }
            };
        }
        while waiting.bytes < self.enough && !waiting.urgent && !waiting.stopping {
            let Some(first) = waiting.jobs.front() else { break };
            let left = linger.saturating_sub(first.since.elapsed());
            if left.is_zero() {
                break;
            }
            let waited = self.added.wait_timeout(waiting, left);
            waiting = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
        let mut jobs = Vec::new();
        let mut bytes = 0;
        while let Some(job) = waiting.jobs.pop_front() {
            bytes += job.cost();
            waiting.bytes -= job.cost();
            jobs.push(job);
            if bytes >= bytes_max {
                break;
            }
        }
        // What is left over has waited long enough as well.
        waiting.urgent &= !waiting.jobs.is_empty();
        self.changed.notify_all();
        jobs
    }

    /// Takes nothing more until told otherwise, and gives back what waits.
    pub(super) fn shut(&self, why: Why) -> Vec<Job> {
        let mut waiting = self.lock();
        waiting.shut = Some(why);
        (waiting.bytes, waiting.urgent) = (0, false);
        let jobs = waiting.jobs.drain(..).collect();
        self.changed.notify_all();
        jobs
    }

    /// Takes batches again.
    pub(super) fn reopen(&self) {
        self.lock().shut = None;
        self.changed.notify_all();
    }

    /// Takes nothing more; what waits is still written.
    pub(super) fn stop(&self) {
        self.lock().stopping = true;
        self.added.notify_all();
        self.changed.notify_all();
    }

    pub(super) fn is_over(&self) -> bool {
        let waiting = self.lock();
        waiting.stopping && waiting.jobs.is_empty()
    }

    /// Waits at most so long until batches are taken again; whether they are.
    pub(super) fn wait_open(&self, limit: Duration) -> bool {
        let closed = |waiting: &mut Waiting| waiting.shut.is_some() && !waiting.stopping;
        let waited = self.changed.wait_timeout_while(self.lock(), limit, closed);
        let waiting = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        waiting.shut.is_none() && !waiting.stopping
    }

    /// Bytes, and how long the oldest has waited.
    pub(super) fn depth(&self) -> (u64, Duration) {
        let waiting = self.lock();
        let age = waiting.jobs.front().map_or(Duration::ZERO, |job| job.since.elapsed());
        (waiting.bytes as u64, age)
    }
}

/// Room for one batch: nobody else takes it before [`Added::give`].
pub(super) struct Added<'a> {
    queue: &'a Queue,
    waiting: MutexGuard<'a, Waiting>,
    batch: Batch,
}

impl Added<'_> {
    /// Hands the batch in.
    pub(super) fn give(mut self, done: OnAnswer) {
        let before = self.waiting.bytes;
        let (was_empty, is_urgent) = (self.waiting.jobs.is_empty(), self.batch.is_urgent());
        self.waiting.urgent |= is_urgent;
        self.waiting.bytes += self.batch.cost();
        let enough = before < self.queue.enough && self.waiting.bytes >= self.queue.enough;
        self.waiting.jobs.push_back(Job::new(self.batch, done));
        drop(self.waiting);
        // In between the writer only lingers.
        if was_empty || enough || is_urgent {
            self.queue.added.notify_one();
        }
    }
}
