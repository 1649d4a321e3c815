//! The thread of one listener: lets connections in, reads whichever has something, by turns, and ends those that
//! are overdue.

use super::connection::{Buffers, Connection, End, Peer, Turn};
use super::wire::{Ears, Wire};
use super::{Limits, StreamConfig};
use crate::inlet::{Gather, Health, Inlet, Origins};
use crate::syslog::Framer;
use crate::syslog::tls::Tls;
use mio::{Events, Poll, Token};
use model::Transport;
use rustls::ServerConnection;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that are read at once.
const READ_BYTES: usize = 256 << 10;
/// Decrypted bytes that are taken at once: a record of TLS.
const PLAIN_BYTES: usize = 16 << 10;
/// Without anything to do the thread looks so often whether to end.
const SILENCE: Duration = Duration::from_millis(200);
/// Overdue connections are looked for so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// When the system gives no more connections (too many open files), it is asked again after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// At the end, connections are read for at most so long.
const REST_MAX: Duration = Duration::from_secs(1);
const EVENTS_AT_ONCE: usize = 1_024;
/// The token of the listener; connection N has N.
const EARS: Token = Token(usize::MAX - 1);

pub(super) struct Worker {
    inlet: Inlet,
    poll: Poll,
    ears: Ears,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    origins: Origins,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    /// Open connections by address.
    of_peers: HashMap<IpAddr, usize>,
    /// Connections that may have something to read.
    ready: Vec<usize>,
    buffers: Buffers,
    gather: Gather,
    looked_at: Instant,
    /// The system gave no connection though there was one.
    accept_again: Option<Instant>,
}

impl Worker {
    pub(super) fn new(config: StreamConfig, inlet: Inlet) -> io::Result<Worker> {
        let transport = match (&config.listener, &config.tls) {
            #[cfg(unix)]
            (super::Listener::Unix(_), _) => Transport::Unix,
            (_, Some(_)) => Transport::Tls,
            (_, None) => Transport::Tcp,
        };
        let poll = Poll::new()?;
        let mut ears = config.listener.into_ears()?;
        ears.register(poll.registry(), EARS)?;
        let plain = if config.tls.is_some() { PLAIN_BYTES } else { 0 };
        Ok(Worker {
            origins: Origins::new(&config.name, "syslog", transport, config.tenancy),
            gather: Gather::new(inlet.clone()),
            inlet,
            poll,
            ears,
            tls: config.tls,
            limits: config.limits,
            connections: Vec::new(),
            free: Vec::new(),
            of_peers: HashMap::new(),
            ready: Vec::new(),
            buffers: Buffers { raw: vec![0; READ_BYTES], plain: vec![0; plain] },
            looked_at: Instant::now(),
            accept_again: None,
        })
    }

    pub(super) fn run(&mut self) {
        let mut events = Events::with_capacity(EVENTS_AT_ONCE);
        while !self.inlet.stop().is_set() {
            self.inlet.wait_while_in_trouble();
            if self.ready.is_empty()
                && let Some(left) = self.gather.patience()
            {
                // The batch may wait for more: what comes meanwhile is read together, which costs less than to be
                // woken for each message.
                std::thread::sleep(left);
            }
            if let Err(error) = self.poll.poll(&mut events, Some(self.patience()))
                && error.kind() != ErrorKind::Interrupted
            {
                self.note_error(format!("cannot wait for connections: {error}"));
                self.inlet.stop().wait(ACCEPT_PAUSE);
            }
            for event in &events {
                match event.token() {
                    EARS => self.accept_again = Some(Instant::now()),
                    Token(at) => self.wake(at, event.is_read_closed() || event.is_error()),
                }
            }
            if self.accept_again.is_some_and(|at| at <= Instant::now()) {
                self.accept();
            }
            self.turn();
            self.gather.flush_if_due();
            if self.looked_at.elapsed() >= LOOK_EVERY {
                self.end_overdue();
            }
        }
        self.end();
    }

    /// How long to wait for something to happen.
    fn patience(&self) -> Duration {
        if !self.ready.is_empty() || self.gather.patience().is_some() {
            return Duration::ZERO;
        }
        let accept = self.accept_again.map(|at| at.saturating_duration_since(Instant::now()));
        accept.map_or(SILENCE, |accept| accept.min(SILENCE))
    }

    fn wake(&mut self, at: usize, is_closing: bool) {
        let Some(Some(connection)) = self.connections.get_mut(at) else { return };
        connection.is_closing |= is_closing;
        if !connection.is_ready {
            connection.is_ready = true;
            self.ready.push(at);
        }
    }

    /// Lets in who waits at the door.
    fn accept(&mut self) {
        self.accept_again = None;
        loop {
            match self.ears.accept() {
                Ok((wire, peer)) => self.admit(wire, peer),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => {
                        let why = crate::error::explain(&error);
                        self.note_error(format!(
                            "cannot let connections in: {why} (raise the limit of open files, \
                             LimitNOFILE=, or lower the number of connections)"
                        ));
                        self.accept_again = Some(Instant::now() + ACCEPT_PAUSE);
                        return;
                    }
                },
            }
        }
    }

    fn admit(&mut self, mut wire: Wire, ip: Option<IpAddr>) {
        let open = self.connections.len() - self.free.len();
        let of_peer = ip.map_or(0, |ip| self.of_peers.get(&ip).copied().unwrap_or(0));
        if open >= self.limits.connections_max || of_peer >= self.limits.connections_per_peer_max {
            return self.inlet.counters().with(|health| health.refused += 1);
        }
        let tls = match self.tls.as_ref().map(|tls| ServerConnection::new(tls.current())) {
            None => None,
            Some(Ok(tls)) => Some(tls),
            Some(Err(error)) => return self.note_error(format!("cannot begin with TLS: {error}")),
        };
        let at = self.free.pop().unwrap_or_else(|| {
            self.connections.push(None);
            self.connections.len() - 1
        });
        if let Err(error) = wire.register(self.poll.registry(), Token(at)) {
            self.free.push(at);
            return self.note_error(format!("cannot wait for a connection: {error}"));
        }
        let framer = Framer::new(self.limits.message_bytes_max);
        let origin = self.origins.of_peer(ip);
        let peer = Peer { ip, name: ip.map(|ip| ip.to_string()).unwrap_or_default().into() };
        if let Some(ip) = ip {
            self.of_peers.insert(ip, of_peer + 1);
        }
        let connection = Connection::new(wire, tls, framer, origin, peer, Instant::now());
        self.connections[at] = Some(connection);
        self.ready.push(at);
        self.inlet.counters().with(|health| health.connections = open as u64 + 1);
    }

    /// Each connection that may have something is read once.
    fn turn(&mut self) {
        let mut kept = 0;
        for place in 0..self.ready.len() {
            let at = self.ready[place];
            let Some(Some(connection)) = self.connections.get_mut(at) else { continue };
            let now = self.inlet.now();
            match connection.read(&mut self.buffers, &mut self.gather, &mut self.origins, now) {
                Turn::More => {
                    self.ready[kept] = at;
                    kept += 1;
                }
                Turn::Quiet => connection.is_ready = false,
                Turn::Over(end) => self.close(at, &end),
            }
            if self.gather.is_large() {
                self.gather.flush();
            }
        }
        self.ready.truncate(kept);
    }

    fn close(&mut self, at: usize, end: &End) {
        let Some(mut connection) = self.connections[at].take() else { return };
        self.free.push(at);
        let now = self.inlet.now();
        connection.finish(&mut self.gather, &mut self.origins, now);
        connection.wire.deregister(self.poll.registry());
        let peer = connection.peer();
        if let Some(ip) = peer.ip
            && let Entry::Occupied(mut of_peer) = self.of_peers.entry(ip)
        {
            *of_peer.get_mut() -= 1;
            if *of_peer.get() == 0 {
                of_peer.remove();
            }
        }
        let open = (self.connections.len() - self.free.len()) as u64;
        self.inlet.counters().with(|health| {
            health.connections = open;
            if let Some(word) = end.word() {
                Health::count(&mut health.closed, word, 1);
            }
            if let End::Tls(why) = end {
                health.last_error = Some((now, format!("tls with {} failed: {why}", peer.name)));
            }
        });
    }

    fn end_overdue(&mut self) {
        self.looked_at = Instant::now();
        for at in 0..self.connections.len() {
            let connection = self.connections[at].as_ref();
            if let Some(end) = connection.and_then(|c| c.overdue(self.looked_at, &self.limits)) {
                self.close(at, &end);
            }
        }
        let connections = &self.connections;
        self.ready.retain(|at| connections[*at].is_some());
    }

    /// Reads what has already come, then ends every connection.
    fn end(&mut self) {
        let began = Instant::now();
        self.ready = (0..self.connections.len()).collect();
        while !self.ready.is_empty() && began.elapsed() < REST_MAX {
            self.turn();
        }
        (0..self.connections.len()).for_each(|at| self.close(at, &End::Stopped));
        self.gather.flush();
    }

    fn note_error(&self, error: String) {
        let now = self.inlet.now();
        self.inlet.counters().with(|health| health.last_error = Some((now, error)));
    }
}
