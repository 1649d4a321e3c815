//! One connection: bytes → (TLS →) frames → records.

use super::wire::Wire;
use crate::inlet::{Gather, Origins};
use crate::syslog::tls::explain;
use crate::syslog::{Frame, Framed, Framer};
use model::intake::Facts;
use model::{Origin, Timestamp};
use rustls::ServerConnection;
use std::io::{self, ErrorKind, Read};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// How a turn of reading went.
pub(super) enum Turn {
    /// Bytes were read; there may be more.
    More,
    /// There is nothing to read at present.
    Quiet,
    /// The connection has ended.
    Over(End),
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The sender closed it.
    Closed,
    /// It broke off.
    Broken(String),
    /// TLS failed: not agreed upon, or a broken record.
    Tls(String),
    /// It was silent for too long.
    Idle,
    /// A message took too long to come.
    SlowFrame,
    /// The handshake took too long.
    SlowHandshake,
    /// The receiver ends.
    Stopped,
}

impl End {
    /// The word that it is counted by; `None` for what is as it should be.
    pub(super) fn word(&self) -> Option<&'static str> {
        Some(match self {
            End::Closed | End::Stopped => return None,
            End::Broken(_) => "reset",
            End::Tls(_) => "tls",
            End::Idle => "idle",
            End::SlowFrame => "slow_message",
            End::SlowHandshake => "slow_handshake",
        })
    }
}

/// Room for reading, shared by all connections of a worker.
pub(super) struct Buffers {
    pub(super) raw: Vec<u8>,
    pub(super) plain: Vec<u8>,
}

/// An open connection.
pub(super) struct Connection {
    pub(super) wire: Wire,
    tls: Option<Box<ServerConnection>>,
    stream: Stream,
    /// It may have something to read.
    pub(super) is_ready: bool,
    /// The other end will send no more: what is there is read up to the end.
    pub(super) is_closing: bool,
}

/// Who is at the other end.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub ip: Option<IpAddr>,
    /// The address in words; empty for a sender of this machine.
    pub name: Arc<str>,
}

/// What becomes of its plain bytes.
struct Stream {
    framer: Framer,
    origin: Arc<Origin>,
    peer: Peer,
    opened: Instant,
    heard: Instant,
    /// Since when the message that is under way is awaited.
    frame_since: Option<Instant>,
}

impl Connection {
    pub(super) fn new(
        wire: Wire,
        tls: Option<ServerConnection>,
        framer: Framer,
        origin: Arc<Origin>,
        peer: Peer,
        now: Instant,
    ) -> Connection {
        let stream = Stream { framer, origin, peer, opened: now, heard: now, frame_since: None };
        Connection { wire, tls: tls.map(Box::new), stream, is_ready: true, is_closing: false }
    }

    /// Who is at the other end.
    pub(super) fn peer(&self) -> &Peer {
        &self.stream.peer
    }

    /// Reads once.
    pub(super) fn read(
        &mut self,
        buffers: &mut Buffers,
        gather: &mut Gather,
        origins: &mut Origins,
        now: Timestamp,
    ) -> Turn {
        let read = match self.wire.read(&mut buffers.raw) {
            Ok(read) => read,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => {
                    self.write();
                    return Turn::Quiet;
                }
                ErrorKind::Interrupted => return Turn::More,
                _ => return Turn::Over(End::Broken(crate::error::explain(&error))),
            },
        };
        // A read that does not fill the room has emptied the socket; of what comes later we are told (epoll(7)). So a
        // small message costs one call and not two.
        let after = match read == buffers.raw.len() || self.is_closing || cfg!(not(unix)) {
            true => Turn::More,
            false => Turn::Quiet,
        };
        let Some(tls) = &mut self.tls else {
            if read == 0 {
                return Turn::Over(End::Closed);
            }
            self.stream.push(&buffers.raw[..read], gather, origins, now);
            return after;
        };
        if read == 0 {
            // Before the handshake was agreed upon, going away is an answer too.
            return Turn::Over(match tls.is_handshaking() {
                true => End::Tls("the sender went away during the handshake".into()),
                false => End::Closed,
            });
        }
        let mut rest = &buffers.raw[..read];
        while !rest.is_empty() {
            if let Err(error) = tls.read_tls(&mut rest) {
                return Turn::Over(End::Tls(error.to_string()));
            }
            if let Err(error) = tls.process_new_packets() {
                self.write();
                return Turn::Over(End::Tls(explain(&error)));
            }
            match drain(tls, &mut buffers.plain, |bytes| {
                self.stream.push(bytes, gather, origins, now);
            }) {
                Ok(true) => {}
                Ok(false) => return Turn::Over(End::Closed),
                Err(error) => return Turn::Over(End::Tls(error.to_string())),
            }
        }
        self.write();
        after
    }

    /// Writes what TLS has to say. What finds no room is written when there is some; nobody waits.
    fn write(&mut self) {
        let Some(tls) = &mut self.tls else { return };
        while tls.wants_write() && tls.write_tls(&mut self.wire).is_ok() {}
    }

    /// What is overdue, if anything.
    pub(super) fn overdue(&self, now: Instant, limits: &super::Limits) -> Option<End> {
        let stream = &self.stream;
        if self.tls.as_ref().is_some_and(|tls| tls.is_handshaking()) {
            let is_slow = now.saturating_duration_since(stream.opened) > limits.handshake_max;
            return is_slow.then_some(End::SlowHandshake);
        }
        if let Some(since) = stream.frame_since {
            let is_slow = now.saturating_duration_since(since) > limits.frame_max;
            return is_slow.then_some(End::SlowFrame);
        }
        (now.saturating_duration_since(stream.heard) > limits.idle_max).then_some(End::Idle)
    }

    /// The connection is over: hands out the message that was under way.
    pub(super) fn finish(&mut self, gather: &mut Gather, origins: &mut Origins, now: Timestamp) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
        self.write();
        self.stream.finish(gather, origins, now);
    }
}

/// Hands out decrypted bytes; `false` once the peer has said that there are no more.
fn drain(
    tls: &mut ServerConnection,
    plain: &mut [u8],
    mut visit: impl FnMut(&[u8]),
) -> io::Result<bool> {
    loop {
        match tls.reader().read(plain) {
            Ok(0) => return Ok(false),
            Ok(read) => visit(&plain[..read]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error),
        }
    }
}

impl Stream {
    fn push(&mut self, bytes: &[u8], gather: &mut Gather, origins: &mut Origins, now: Timestamp) {
        let before = *self.framer.framed();
        let (origin, peer) = (&self.origin, &self.peer.name);
        self.framer.push(bytes, &mut |frame| hand_out(frame, origin, peer, gather, origins, now));
        let after = self.framer.framed();
        note(gather, &before, after);
        self.heard = Instant::now();
        self.frame_since = match (self.framer.is_within(), self.frame_since) {
            (true, Some(since)) if after.frames == before.frames => Some(since),
            (true, _) => Some(self.heard),
            (false, _) => None,
        };
    }

    fn finish(&mut self, gather: &mut Gather, origins: &mut Origins, now: Timestamp) {
        let before = *self.framer.framed();
        let (origin, peer) = (&self.origin, &self.peer.name);
        self.framer.finish(&mut |frame| hand_out(frame, origin, peer, gather, origins, now));
        note(gather, &before, self.framer.framed());
    }
}

fn hand_out(
    frame: Frame<'_>,
    origin: &Arc<Origin>,
    peer: &Arc<str>,
    gather: &mut Gather,
    origins: &mut Origins,
    now: Timestamp,
) {
    let facts = Facts { truncated: frame.cut.is_some(), ..Facts::received(now) };
    if origins.looks_into_messages()
        && let Some(origin) = origins.of_message(frame.bytes)
    {
        return gather.push(&origin, peer, facts, frame.bytes);
    }
    gather.push(origin, peer, facts, frame.bytes);
}

/// Counts what was noticed in a piece of a stream.
fn note(gather: &mut Gather, before: &Framed, after: &Framed) {
    gather.seen.empty += after.empty - before.empty;
    gather.seen.bad_counts += after.bad_counts - before.bad_counts;
    gather.seen.closed_within += after.closed_within - before.closed_within;
}
