//! A receiver that runs: where it listens, and how it is ended.

use super::{Counters, Health, Inlet, State, Stop};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// After its end a receiver waits at most so long for the answers to what it handed in.
const SETTLE_MAX: Duration = Duration::from_secs(5);

/// A running receiver. Dropping it ends it.
pub struct Receiver {
    local_addr: Option<SocketAddr>,
    stop: Stop,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Where it listens, if it does on an address.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.local_addr
    }

    /// Its health at this moment.
    pub fn health(&self) -> Health {
        self.counters.health()
    }

    /// Whether its thread still runs.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Ends it: what it has read is handed in and its answer awaited; nothing more is read.
    pub fn stop(mut self) -> Health {
        self.end();
        self.health()
    }

    fn end(&mut self) {
        self.stop.set();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs `work` on a thread of its own as a receiver. `inlet` is the receiver's own ([`Inlet::of_receiver`]).
pub(crate) fn spawn(
    inlet: Inlet,
    local_addr: Option<SocketAddr>,
    work: impl FnOnce(&Inlet) + Send + 'static,
) -> io::Result<Receiver> {
    let (stop, counters) = (inlet.stop().clone(), Arc::clone(inlet.counters()));
    let name: String = counters.health().name.chars().take(15).collect();
    let thread = Builder::new().name(name).spawn(move || {
        inlet.counters().with(|health| health.state = State::Receiving);
        work(&inlet);
        inlet.settle(SETTLE_MAX);
        inlet.counters().with(|health| health.state = State::Stopped);
    })?;
    Ok(Receiver { local_addr, stop, counters, thread: Some(thread) })
}
