//! Batches of lines → results in the same order, worked on by all processors: one thread reads,
//! each worker takes every n-th batch, and the results are collected in turn. All queues are
//! bounded, so memory is too.

use sources::Batch;
use std::io;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Batches that wait for each worker, and results that wait to be collected.
const WAITING_MAX: usize = 2;
/// Reading and collecting keep up with no more.
const WORKERS_MAX: usize = 16;

/// Gives the batches.
pub(super) trait Feed {
    /// The next batch; `None` at the end.
    fn next(&mut self) -> Option<Batch>;
}

/// Turns batches into results; every worker has one.
pub(super) trait Work {
    /// What is handed over in order.
    type Result: Send;

    /// Works on one batch.
    fn batch(&mut self, batch: &Batch) -> Self::Result;
}

/// Feeds every batch through a worker and collects the results in the order of the batches.
///
/// # Errors
/// What `collect` says; nothing more is read then.
pub(super) fn run<F: Feed + Send, W: Work>(
    feed: &mut F,
    worker: impl Fn() -> W + Sync,
    collect: &mut dyn FnMut(W::Result) -> io::Result<()>,
) -> io::Result<()> {
    let count = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let (mut to_workers, mut from_workers) = (Vec::new(), Vec::new());
        for _ in 0..count.min(WORKERS_MAX) {
            let (to_worker, batches) = sync_channel::<Batch>(WAITING_MAX);
            let (results, from_worker) = sync_channel(WAITING_MAX);
            let worker = &worker;
            scope.spawn(move || work(worker(), &batches, &results));
            to_workers.push(to_worker);
            from_workers.push(from_worker);
        }
        scope.spawn(move || {
            for to_worker in to_workers.iter().cycle() {
                let sent = feed.next().is_some_and(|batch| to_worker.send(batch).is_ok());
                if !sent {
                    return;
                }
            }
        });
        for from_worker in from_workers.iter().cycle() {
            match from_worker.recv() {
                Ok(result) => collect(result)?,
                // This worker would have had the next batch, so there is none.
                Err(_) => break,
            }
        }
        Ok(())
    })
}

/// One worker: until there are no more batches or nobody wants the results.
fn work<W: Work>(mut worker: W, batches: &Receiver<Batch>, results: &SyncSender<W::Result>) {
    for batch in batches {
        if results.send(worker.batch(&batch)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbers(u64);

    impl Feed for Numbers {
        fn next(&mut self) -> Option<Batch> {
            self.0 += 1;
            let mut batch = Batch::default();
            batch.first_line = self.0;
            (self.0 <= 1_000).then_some(batch)
        }
    }

    struct Echo;

    impl Work for Echo {
        type Result = u64;
        fn batch(&mut self, batch: &Batch) -> u64 {
            batch.first_line
        }
    }

    #[test]
    fn results_come_in_order_and_an_error_ends_the_run() {
        let mut seen = Vec::new();
        run(&mut Numbers(0), || Echo, &mut |n| {
            seen.push(n);
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, (1..=1_000).collect::<Vec<u64>>());
        let mut fail = |n| match n {
            7 => Err(io::ErrorKind::BrokenPipe.into()),
            _ => Ok(()),
        };
        assert!(run(&mut Numbers(0), || Echo, &mut fail).is_err());
    }
}
