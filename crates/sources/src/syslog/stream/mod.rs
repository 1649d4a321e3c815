//! Syslog over byte streams: TCP (RFC 6587), TLS (RFC 5425) and sockets of this machine.
//!
//! One thread serves all connections of a listener and waits for whichever has something to say (`epoll` by mio): so a
//! connection costs a framer and no thread, the records of many small senders share a batch, and when the spool
//! takes nothing, nothing is read and TCP makes the senders wait. An async runtime would add a task and a wake-up
//! for each read and gain nothing: framing a quarter of a megabyte takes less time than reading it.

mod connection;
mod wire;
mod worker;

pub use wire::Listener;

use super::FRAME_BYTES_MAX;
use super::tls::Tls;
use crate::inlet::{Inlet, Receiver, Whose, spawn};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use worker::Worker;

/// What a listener puts up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message that are kept.
    pub message_bytes_max: usize,
    /// Connections at a time; more are not let in, and counted. Each may hold a message that is under way: with
    /// `message_bytes_max` this bounds the memory, 128 MiB by default.
    pub connections_max: usize,
    /// Connections at a time of one address: nobody takes them all.
    pub connections_per_peer_max: usize,
    /// A silent connection is closed after this time. Long: a quiet sender is no fault, and one that died is found by
    /// the system's keep-alive within two hours.
    pub idle_max: Duration,
    /// A message that has begun must be complete within this time: who sends a byte a second holds no connection
    /// for long.
    pub frame_max: Duration,
    /// A TLS handshake must be complete within this time.
    pub handshake_max: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_bytes_max: FRAME_BYTES_MAX,
            connections_max: 2_048,
            connections_per_peer_max: 512,
            idle_max: Duration::from_secs(6 * 3_600),
            frame_max: Duration::from_secs(30),
            handshake_max: Duration::from_secs(10),
        }
    }
}

/// Where to listen, and for whom.
#[derive(Debug)]
pub struct StreamConfig {
    /// The source's name; its id.
    pub name: String,
    /// The socket.
    pub listener: Listener,
    /// Certificates, for TLS.
    pub tls: Option<Arc<Tls>>,
    /// Whose records these are.
    pub tenancy: Whose,
    /// What it puts up with.
    pub limits: Limits,
}

impl StreamConfig {
    /// Without TLS, with the usual limits.
    pub fn new(
        name: impl Into<String>,
        listener: Listener,
        tenancy: impl Into<Whose>,
    ) -> StreamConfig {
        let (name, tenancy) = (name.into(), tenancy.into());
        StreamConfig { name, listener, tls: None, tenancy, limits: Limits::default() }
    }
}

/// Opens a listening socket.
///
/// # Errors
/// If the address is taken, not of this machine, or a port below 1024 without the right to it.
pub fn listen(address: SocketAddr) -> io::Result<Listener> {
    TcpListener::bind(address).map(Listener::Tcp)
}

/// Starts receiving.
///
/// # Errors
/// If the system gives no thread, or no means to wait for connections.
pub fn start(config: StreamConfig, inlet: &Inlet) -> io::Result<Receiver> {
    let inlet = inlet.of_receiver();
    let local_addr = config.listener.local_addr();
    let mut worker = Worker::new(config, inlet.clone())?;
    spawn(inlet, local_addr, move |_| worker.run())
}
