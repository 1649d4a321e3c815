//! Sockets that the service manager opened for us (`sd_listen_fds(3)`): it may open ports below 1024, and what comes
//! while we start again waits in them.
//!
//! What each is for stands in its name (`FileDescriptorName=` of the socket unit): `syslog`, by its kind TCP, UDP or a
//! socket of this machine; `syslog-tls`; `http`.

use anyhow::{Context, bail};
use listenfd::ListenFd;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::unix::net::UnixDatagram;

/// The sockets.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    pub(super) tcp: Vec<TcpListener>,
    pub(super) tls: Vec<TcpListener>,
    pub(super) udp: Vec<UdpSocket>,
    pub(super) unix: Vec<UnixDatagram>,
    pub(super) http: Option<TcpListener>,
}

impl Passed {
    /// As the environment says; none where nobody passed any.
    ///
    /// # Errors
    /// If one has a name that says nothing, or is of a kind that does not fit it.
    pub(crate) fn from_environment() -> anyhow::Result<Passed> {
        let mut fds = ListenFd::from_env();
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut passed = Passed::default();
        for place in 0..fds.len() {
            let name = names.next().unwrap_or_default();
            passed.take(&mut fds, place, name)?;
        }
        Ok(passed)
    }

    fn take(&mut self, fds: &mut ListenFd, place: usize, name: &str) -> anyhow::Result<()> {
        let of = |what: &str| format!("the service manager's socket `{name}` is no {what}");
        match name {
            "syslog" => {
                if let Ok(Some(socket)) = fds.take_tcp_listener(place) {
                    self.tcp.push(socket);
                } else if let Ok(Some(socket)) = fds.take_udp_socket(place) {
                    self.udp.push(socket);
                } else {
                    let socket = fds.take_unix_datagram(place);
                    self.unix.extend(socket.with_context(|| of("socket for syslog"))?);
                }
            }
            "syslog-tls" => {
                let socket = fds.take_tcp_listener(place);
                self.tls.extend(socket.with_context(|| of("TCP socket"))?);
            }
            "http" if self.http.is_none() => {
                let socket = fds.take_tcp_listener(place);
                self.http = socket.with_context(|| of("TCP socket"))?;
            }
            "http" => bail!("the service manager passed two sockets `http`: the API has one"),
            _ => bail!(
                "the service manager passed a socket `{name}`: say what it is for by FileDescriptorName= syslog, syslog-tls or http in its unit"
            ),
        }
        Ok(())
    }
}

/// The socket of this address among those that were passed.
pub(super) fn at<T>(
    passed: &mut Vec<T>,
    address: SocketAddr,
    of: impl Fn(&T) -> std::io::Result<SocketAddr>,
) -> Option<T> {
    let place = passed.iter().position(|socket| of(socket).is_ok_and(|own| own == address))?;
    Some(passed.remove(place))
}
