//! Listening sockets and connections of either family, as one type each.

use mio::event::Source;
use mio::{Interest, Registry, Token, net};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
#[cfg(unix)]
use std::os::unix::net::UnixListener;

/// A socket that listens. Given by who starts the receiver: opened by [`listen`](super::listen) or
/// `unix::listen`, or by the service manager.
#[derive(Debug)]
pub enum Listener {
    /// For TCP and TLS.
    Tcp(TcpListener),
    /// Of this machine.
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Listener {
    /// Where it listens, if it is an address.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Listener::Unix(_) => None,
        }
    }

    pub(super) fn into_ears(self) -> io::Result<Ears> {
        match self {
            Listener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                Ok(Ears::Tcp(net::TcpListener::from_std(listener)))
            }
            #[cfg(unix)]
            Listener::Unix(listener) => {
                listener.set_nonblocking(true)?;
                Ok(Ears::Unix(net::UnixListener::from_std(listener)))
            }
        }
    }
}

/// A listening socket that never blocks.
pub(super) enum Ears {
    Tcp(net::TcpListener),
    #[cfg(unix)]
    Unix(net::UnixListener),
}

impl Ears {
    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Ears::Tcp(listener) => listener.register(registry, token, Interest::READABLE),
            #[cfg(unix)]
            Ears::Unix(listener) => listener.register(registry, token, Interest::READABLE),
        }
    }

    /// The next connection and who it is from.
    pub(super) fn accept(&self) -> io::Result<(Wire, Option<IpAddr>)> {
        match self {
            Ears::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                keep_alive(&stream);
                Ok((Wire::Tcp(stream), Some(peer.ip().to_canonical())))
            }
            #[cfg(unix)]
            Ears::Unix(listener) => Ok((Wire::Unix(listener.accept()?.0), None)),
        }
    }
}

/// Lets the system find peers that vanished without a word.
#[cfg(unix)]
fn keep_alive(stream: &net::TcpStream) {
    use nix::sys::socket::{setsockopt, sockopt};
    let _ = setsockopt(stream, sockopt::KeepAlive, &true);
}

#[cfg(not(unix))]
fn keep_alive(_: &net::TcpStream) {}

/// A connection that never blocks.
#[derive(Debug)]
pub(super) enum Wire {
    Tcp(net::TcpStream),
    #[cfg(unix)]
    Unix(net::UnixStream),
}

impl Wire {
    /// Asks to be told when there is something to read, or room to write.
    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        match self {
            Wire::Tcp(stream) => stream.register(registry, token, both),
            #[cfg(unix)]
            Wire::Unix(stream) => stream.register(registry, token, both),
        }
    }

    pub(super) fn deregister(&mut self, registry: &Registry) {
        let _ = match self {
            Wire::Tcp(stream) => stream.deregister(registry),
            #[cfg(unix)]
            Wire::Unix(stream) => stream.deregister(registry),
        };
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Tcp(stream) => stream.read(buffer),
            #[cfg(unix)]
            Wire::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Tcp(stream) => stream.write(bytes),
            #[cfg(unix)]
            Wire::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
