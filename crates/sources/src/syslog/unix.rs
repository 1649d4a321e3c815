//! Syslog over sockets of this machine, as programs write to `/dev/log`: datagrams, or a stream
//! ([`stream`](super::stream)). A sender of datagrams waits when there is no room: nothing is lost here.

use super::stream::Listener;
use super::{FRAME_BYTES_MAX, datagram};
use crate::inlet::{Gather, Inlet, Origins, Receiver, Whose, spawn};
use model::Transport;
use model::intake::Facts;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A silent socket is left so often, to see whether to end.
const SILENCE: Duration = Duration::from_millis(200);
/// … or so soon if records wait to be handed in.
const LINGER: Duration = Duration::from_millis(1);
/// After an error of the socket.
const ERROR_PAUSE: Duration = Duration::from_millis(100);
/// The longest datagram that is taken whole, whatever is kept of it.
const DATAGRAM_BYTES: usize = 256 << 10;

/// Why a socket cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum UnixError {
    /// Somebody listens there.
    #[error("cannot listen on {}: another program does; stop it, or name another path", .0.display())]
    Taken(PathBuf),
    /// Something else stands there.
    #[error("cannot listen on {}: a file stands there that is no socket; move it, or name another path", .0.display())]
    NoSocket(PathBuf),
    /// The system refused.
    #[error("cannot listen on {}: {}", path.display(), crate::error::explain(source))]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Opens a socket for datagrams; `mode` says who may write to it (0o666: everybody).
///
/// # Errors
/// If somebody listens there, or the system refuses.
pub fn bind(path: &Path, mode: u32) -> Result<UnixDatagram, UnixError> {
    clear(path, || UnixDatagram::unbound()?.connect(path))?;
    made(path, mode, |path| UnixDatagram::bind(path))
}

/// Opens a socket for streams; `mode` says who may connect to it.
///
/// # Errors
/// If somebody listens there, or the system refuses.
pub fn listen(path: &Path, mode: u32) -> Result<Listener, UnixError> {
    clear(path, || UnixStream::connect(path).map(drop))?;
    made(path, mode, |path| UnixListener::bind(path)).map(Listener::Unix)
}

fn made<T>(
    path: &Path,
    mode: u32,
    bind: impl FnOnce(&Path) -> io::Result<T>,
) -> Result<T, UnixError> {
    let error = |source| UnixError::Io { path: path.to_owned(), source };
    let socket = bind(path).map_err(error)?;
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(error)?;
    Ok(socket)
}

/// Removes a socket that nobody listens on any more: one is left behind by every program that ends in haste.
fn clear(path: &Path, connect: impl FnOnce() -> io::Result<()>) -> Result<(), UnixError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(UnixError::Io { path: path.to_owned(), source }),
    };
    if !found.file_type().is_socket() {
        return Err(UnixError::NoSocket(path.to_owned()));
    }
    match connect() {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|source| UnixError::Io { path: path.to_owned(), source })
        }
        _ => Err(UnixError::Taken(path.to_owned())),
    }
}

/// Where to listen for datagrams, and for whom.
#[derive(Debug)]
pub struct UnixConfig {
    /// The source's name; its id.
    pub name: String,
    /// The socket: of [`bind`], or the service manager gave it.
    pub socket: UnixDatagram,
    /// Whose records these are.
    pub tenancy: Whose,
    /// Bytes of a message that are kept.
    pub message_bytes_max: usize,
}

impl UnixConfig {
    /// The usual limits.
    pub fn new(
        name: impl Into<String>,
        socket: UnixDatagram,
        tenancy: impl Into<Whose>,
    ) -> UnixConfig {
        let (name, tenancy) = (name.into(), tenancy.into());
        UnixConfig { name, socket, tenancy, message_bytes_max: FRAME_BYTES_MAX }
    }
}

/// Starts receiving datagrams.
///
/// # Errors
/// If the system gives no thread.
pub fn start(config: UnixConfig, inlet: &Inlet) -> io::Result<Receiver> {
    let inlet = inlet.of_receiver();
    config.socket.set_nonblocking(false)?;
    config.socket.set_read_timeout(Some(SILENCE))?;
    spawn(inlet, None, move |inlet| run(&config, inlet))
}

fn run(config: &UnixConfig, inlet: &Inlet) {
    let mut origins = Origins::new(&config.name, "syslog", Transport::Unix, config.tenancy.clone());
    let mut gather = Gather::new(inlet.clone());
    let mut buffer = vec![0; DATAGRAM_BYTES];
    let of_listener = origins.of_peer(None);
    let mut waits_briefly = false;
    // Once it is to end, what has already come is still taken.
    while !inlet.stop().is_set() || config.socket.set_nonblocking(true).is_ok() {
        inlet.wait_while_in_trouble();
        match config.socket.recv(&mut buffer) {
            Ok(bytes) => match datagram(&buffer[..bytes], bytes, config.message_bytes_max) {
                Some(frame) => {
                    let facts =
                        Facts { truncated: frame.cut.is_some(), ..Facts::received(inlet.now()) };
                    let of_message = origins.of_message(frame.bytes);
                    let origin = of_message.as_ref().unwrap_or(&of_listener);
                    gather.push(origin, "", facts, frame.bytes);
                }
                None => gather.seen.empty += 1,
            },
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                    gather.flush();
                    if inlet.stop().is_set() {
                        break;
                    }
                }
                ErrorKind::Interrupted => {}
                _ => {
                    let told = format!("cannot receive: {}", crate::error::explain(&error));
                    let now = inlet.now();
                    inlet.counters().with(|health| health.last_error = Some((now, told)));
                    if inlet.stop().wait(ERROR_PAUSE) {
                        break;
                    }
                }
            },
        }
        gather.flush_if_due();
        // With a batch under way the next datagram is awaited only as long as it may wait.
        if gather.patience().is_some() != waits_briefly {
            waits_briefly = !waits_briefly;
            let patience = if waits_briefly { LINGER } else { SILENCE };
            let _ = config.socket.set_read_timeout(Some(patience));
        }
    }
    gather.flush();
}
