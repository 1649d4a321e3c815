//! A UDP socket → datagrams, many with one system call where the system can (`recvmmsg`).

use std::io;
use std::net::{IpAddr, UdpSocket};

/// The longest payload that a datagram can have.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Datagrams that are taken with one call.
pub(crate) const AT_ONCE: usize = 256;
/// Bytes from one buffer to the next. Not a power of two: else all buffers would share a few lines of the
/// processor's cache. Only what is written to costs memory.
const STRIDE: usize = DATAGRAM_BYTES_MAX + 1 + 192;

/// Buffers for datagrams.
pub(crate) struct Datagrams {
    buffers: Vec<u8>,
    #[cfg(target_os = "linux")]
    headers: nix::sys::socket::MultiHeaders<nix::sys::socket::SockaddrStorage>,
}

impl Datagrams {
    pub(crate) fn new() -> Datagrams {
        Datagrams {
            buffers: vec![0; STRIDE * if cfg!(target_os = "linux") { AT_ONCE } else { 1 }],
            #[cfg(target_os = "linux")]
            headers: nix::sys::socket::MultiHeaders::preallocate(AT_ONCE, None),
        }
    }

    /// Takes what is there, at most [`AT_ONCE`]; waits for the first (as long as the socket's timeout says) if asked
    /// to. Gives the number; 0 if there was none.
    #[cfg(target_os = "linux")]
    pub(crate) fn receive(
        &mut self,
        socket: &UdpSocket,
        waits: bool,
        visit: &mut dyn FnMut(IpAddr, &[u8]),
    ) -> io::Result<usize> {
        use nix::errno::Errno;
        use nix::sys::socket::{MsgFlags, recvmmsg};
        use std::io::IoSliceMut;
        use std::os::fd::AsRawFd;

        let mut slots: Vec<[IoSliceMut<'_>; 1]> =
            self.buffers.chunks_exact_mut(STRIDE).map(|slot| [IoSliceMut::new(slot)]).collect();
        let flags = if waits { MsgFlags::MSG_WAITFORONE } else { MsgFlags::MSG_DONTWAIT };
        let received =
            match recvmmsg(socket.as_raw_fd(), &mut self.headers, slots.iter_mut(), flags, None) {
                Ok(received) => received,
                Err(Errno::EAGAIN | Errno::EINTR) => return Ok(0),
                Err(errno) => return Err(errno.into()),
            };
        let mut count = 0;
        for message in received {
            count += 1;
            let peer = message.address.and_then(ip_of).unwrap_or(IpAddr::from([0; 4]));
            // An empty datagram has no slice.
            visit(peer, message.iovs().next().unwrap_or_default());
        }
        Ok(count)
    }

    /// The same, one by one.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn receive(
        &mut self,
        socket: &UdpSocket,
        waits: bool,
        visit: &mut dyn FnMut(IpAddr, &[u8]),
    ) -> io::Result<usize> {
        for count in 0..AT_ONCE {
            socket.set_nonblocking(count > 0 || !waits)?;
            match socket.recv_from(&mut self.buffers) {
                Ok((bytes, peer)) => visit(peer.ip().to_canonical(), &self.buffers[..bytes]),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::Interrupted => return Ok(count),
                    _ => return Err(error),
                },
            }
        }
        Ok(AT_ONCE)
    }
}

#[cfg(target_os = "linux")]
fn ip_of(address: nix::sys::socket::SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip()).to_canonical()))
}
