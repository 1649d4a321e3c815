//! The HTTP API over fakes, for tools that test an API from outside, and for measurements:
//!
//! ```text
//! rest_fake [--listen 127.0.0.1:5000] [--tokens-only] [--sync FILE] [--threads N]
//! ```
//!
//! `--sync FILE` writes what comes to a file and acknowledges after the sync, many requests together; without it records
//! are counted only. The token for everything is `all-0123456789abcdef`. Ends when its standard input does.

#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![allow(dead_code, reason = "the tests use more of the fakes")]

#[path = "../tests/pages/cases.rs"]
mod cases;
#[path = "../tests/api/fakes.rs"]
mod fakes;

use model::Seq;
use model::intake::{Batch, Intake, OnAnswer, Receipt, Returned, Why};
use outputs::rest::{Anonymous, Server, Settings};
use std::fs::File;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// Writes batches to a file; all that wait share a sync.
struct Syncing(SyncSender<(Batch, OnAnswer)>);

impl Syncing {
    fn start(path: &str) -> Syncing {
        let mut file = File::create(path).unwrap();
        let (sender, receiver) = sync_channel::<(Batch, OnAnswer)>(1_024);
        std::thread::spawn(move || {
            let mut next = 0;
            while let Ok(first) = receiver.recv() {
                let group: Vec<_> = std::iter::once(first).chain(receiver.try_iter()).collect();
                let bytes: Vec<u8> =
                    group.iter().flat_map(|(b, _)| b.payloads()).copied().collect();
                file.write_all(&bytes).unwrap();
                file.sync_data().unwrap();
                for (batch, done) in group {
                    let first = Seq(next);
                    next += batch.len() as u64;
                    done(Ok(Receipt { first, last: Seq(next - 1) }));
                }
            }
        });
        Syncing(sender)
    }
}

impl Intake for Syncing {
    fn append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        self.try_append_then(batch, done)
    }

    fn try_append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        self.0.try_send((batch, done)).map_err(|error| {
            let (why, (batch, _)) = match error {
                TrySendError::Full(sent) => (Why::Busy, sent),
                TrySendError::Disconnected(sent) => (Why::Stopped, sent),
            };
            Box::new(Returned { batch, why })
        })
    }

    fn wait_writable(&self, _: Duration) -> bool {
        true
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let mut settings = Settings::default();
    if arguments.iter().any(|argument| argument == "--tokens-only") {
        settings.anonymous = Anonymous::Never;
    }
    let intake: Arc<dyn Intake> = match value("--sync") {
        Some(path) => Arc::new(Syncing::start(path)),
        None => Arc::new(fakes::FakeIntake { counts_only: true, ..fakes::FakeIntake::default() }),
    };
    let api = fakes::api(intake, Arc::new(fakes::FakeViews::new()), settings);
    let listener =
        std::net::TcpListener::bind(value("--listen").unwrap_or("127.0.0.1:5000")).unwrap();
    let threads = value("--threads").map_or(2, |threads| threads.parse().unwrap());
    let server = Server::start(listener, api, threads).unwrap();
    println!("http://{}", server.local_addr());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    server.stop().unwrap();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> =
        after.split(' ').skip(12).take(2).filter_map(|t| t.parse().ok()).collect();
    println!("cpu: {:.2} s", ticks.iter().sum::<f64>() / 100.0);
}
