//! What the service manager is told: ready, alive, how it goes, ending; and the sockets that it opened for us.
//! The protocol is systemd's (`sd_notify(3)`, `sd_listen_fds(3)`): lines of text in a datagram to a socket that the
//! environment names. Without a manager nothing happens.

use std::env;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// Talks to the service manager, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    socket: Option<UnixDatagram>,
    every: Option<Duration>,
}

impl Notify {
    /// As the environment says.
    pub(crate) fn from_environment() -> Notify {
        let address = env::var_os("NOTIFY_SOCKET");
        let socket = address.and_then(|address| connect(address.to_str()?).ok());
        let mine =
            env::var("WATCHDOG_PID").map_or(true, |pid| pid.parse() == Ok(std::process::id()));
        let micros = env::var("WATCHDOG_USEC").ok().and_then(|micros| micros.parse().ok());
        // Twice within the time, as the manual asks for.
        let every = micros.filter(|_| mine).map(|micros: u64| Duration::from_micros(micros / 2));
        Notify { socket, every }
    }

    /// How often [`Notify::alive`] is to be said; `None` if nobody asks.
    pub(crate) fn alive_every(&self) -> Option<Duration> {
        self.socket.as_ref().and(self.every)
    }

    /// The service is up.
    pub(crate) fn ready(&self) {
        self.say("READY=1");
    }

    /// The settings are being read again; [`Notify::ready`] follows.
    pub(crate) fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.say(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// It still works.
    pub(crate) fn alive(&self) {
        self.say("WATCHDOG=1");
    }

    /// How it goes, in a line.
    pub(crate) fn status(&self, line: &str) {
        self.say(&format!("STATUS={}", line.replace('\n', " ")));
    }

    /// It ends in order.
    pub(crate) fn stopping(&self) {
        self.say("STOPPING=1");
    }

    fn say(&self, text: &str) {
        if let Some(socket) = &self.socket {
            // A manager that does not listen is its own trouble.
            let _ = socket.send(text.as_bytes());
        }
    }
}

fn connect(address: &str) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    match address.strip_prefix('@') {
        None => socket.connect(address)?,
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt;
            use std::os::unix::net::SocketAddr;
            socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?;
        }
        #[cfg(not(target_os = "linux"))]
        Some(_) => return Err(io::Error::other("this system has no abstract sockets")),
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manager_hears_what_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let socket = Some(connect(path.to_str().unwrap()).unwrap());
        let notify = Notify { socket, every: None };
        notify.ready();
        notify.status("two\nlines");
        notify.reloading();
        let mut buffer = [0; 64];
        for expected in ["READY=1", "STATUS=two lines"] {
            let size = manager.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..size], expected.as_bytes());
        }
        let size = manager.recv(&mut buffer).unwrap();
        let said = std::str::from_utf8(&buffer[..size]).unwrap();
        let micros = said.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(micros.parse::<u64>().unwrap() > 0);
        Notify::default().ready();
    }
}
