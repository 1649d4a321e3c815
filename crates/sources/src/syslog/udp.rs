//! Syslog over UDP (RFC 5426): each datagram is a message.
//!
//! Nobody can ask a sender of datagrams to wait. So the socket's buffer is made as large as the system allows, it is
//! emptied by a thread that does nothing else, and when the spool takes nothing the thread stops reading: then the
//! kernel drops what finds no room and counts each datagram. The count is stored as a gap record.

use super::datagrams::{AT_ONCE, DATAGRAM_BYTES_MAX, Datagrams};
use super::drops::Drops;
use super::{FRAME_BYTES_MAX, datagram};
use crate::inlet::{Gather, Inlet, Loss, Origins, Receiver, Whose, lock, spawn};
use model::intake::Facts;
use model::{Origin, Timestamp, Transport};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The word for what found no room in the socket's buffer.
const LOST: &str = "socket_buffer_full";
/// Room asked for in the socket's buffer: two seconds of 20,000 messages/s, with the kernel's overhead.
pub const BUFFER_BYTES: usize = 32 << 20;
/// A silent socket is left so often, to see whether to end.
const SILENCE: Duration = Duration::from_millis(200);
/// So long datagrams may gather in the socket's buffer before they are taken together.
const GATHER: Duration = Duration::from_millis(1);
/// The kernel's count of drops is read so often.
const DROPS_EVERY: Duration = Duration::from_secs(1);
/// At the end what still lies in the buffer is taken, for at most so long.
const REST_MAX: Duration = Duration::from_secs(2);
/// Senders that are remembered; beyond, all are forgotten and learnt anew.
const PEERS_MAX: usize = 16 << 10;
/// Nobody sends from there (RFC 863).
const DISCARD_PORT: u16 = 9;
/// After an error of the socket.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// Where to listen, and for whom.
#[derive(Debug)]
pub struct UdpConfig {
    /// The source's name; its id.
    pub name: String,
    /// The socket: [`bind`] makes one, or the service manager gave it.
    pub socket: UdpSocket,
    /// Others received from it before: what it dropped until now was theirs to tell.
    pub is_inherited: bool,
    /// Whose records these are.
    pub tenancy: Whose,
    /// Bytes of a message that are kept.
    pub message_bytes_max: usize,
}

impl UdpConfig {
    /// The usual limits.
    pub fn new(name: impl Into<String>, socket: UdpSocket, tenancy: impl Into<Whose>) -> UdpConfig {
        UdpConfig {
            name: name.into(),
            socket,
            is_inherited: false,
            tenancy: tenancy.into(),
            message_bytes_max: FRAME_BYTES_MAX,
        }
    }
}

/// Opens a socket and asks for a large buffer.
///
/// # Errors
/// If the address is taken, not of this machine, or a port below 1024 without the right to it.
pub fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    ask_for_buffer(&socket, BUFFER_BYTES);
    Ok(socket)
}

/// Asks the system for room; what it grants is [`buffer_bytes`].
#[cfg(unix)]
pub fn ask_for_buffer(socket: &UdpSocket, bytes: usize) {
    use nix::sys::socket::{setsockopt, sockopt};
    // By right (CAP_NET_ADMIN) beyond net.core.rmem_max, else up to it.
    #[cfg(target_os = "linux")]
    if setsockopt(socket, sockopt::RcvBufForce, &bytes).is_ok() {
        return;
    }
    let _ = setsockopt(socket, sockopt::RcvBuf, &bytes);
}

/// The system's own measure stays.
#[cfg(not(unix))]
pub fn ask_for_buffer(_: &UdpSocket, _: usize) {}

/// Room in the socket's buffer. Linux grants twice what was asked for and counts its own overhead into it.
#[cfg(unix)]
pub fn buffer_bytes(socket: &UdpSocket) -> Option<u64> {
    use nix::sys::socket::{getsockopt, sockopt};
    getsockopt(socket, sockopt::RcvBuf).ok().map(|bytes| bytes as u64)
}

/// Nobody says.
#[cfg(not(unix))]
pub fn buffer_bytes(_: &UdpSocket) -> Option<u64> {
    None
}

/// Starts receiving.
///
/// # Errors
/// If the system gives no thread.
pub fn start(config: UdpConfig, inlet: &Inlet) -> io::Result<Receiver> {
    let inlet = inlet.of_receiver();
    let local_addr = config.socket.local_addr()?;
    config.socket.set_nonblocking(false)?;
    config.socket.set_read_timeout(Some(SILENCE))?;
    let buffer = buffer_bytes(&config.socket);
    inlet.counters().with(|health| health.buffer_bytes = buffer);
    // Before the thread runs: what is dropped until then counts too.
    let drops = Drops::of(&config.socket, config.is_inherited);
    spawn(inlet, Some(local_addr), move |inlet| Udp::new(config, drops, inlet).run())
}

/// What is remembered of a sender.
#[derive(Debug, Clone)]
struct Peer {
    origin: Arc<Origin>,
    name: Arc<str>,
}

struct Peers {
    origins: Origins,
    known: HashMap<IpAddr, Peer>,
}

impl Peers {
    fn get(&mut self, ip: IpAddr) -> &Peer {
        let is_full = self.known.len() >= PEERS_MAX && !self.known.contains_key(&ip);
        if self.origins.look() || is_full {
            self.known.clear();
        }
        let origins = &mut self.origins;
        self.known.entry(ip).or_insert_with(|| Peer {
            origin: origins.of_peer(Some(ip)),
            name: ip.to_string().into(),
        })
    }
}

struct Udp<'a> {
    inlet: &'a Inlet,
    socket: UdpSocket,
    bytes_max: usize,
    gather: Gather,
    peers: Peers,
    datagrams: Datagrams,
    drops: Arc<Mutex<Drops>>,
    is_inherited: bool,
    /// Since when the losses are counted that the next gap record tells.
    looked_at: (Instant, Timestamp),
}

impl<'a> Udp<'a> {
    fn new(config: UdpConfig, drops: Drops, inlet: &'a Inlet) -> Udp<'a> {
        let origins = Origins::new(&config.name, "syslog", Transport::Udp, config.tenancy);
        Udp {
            inlet,
            drops: Arc::new(Mutex::new(drops)),
            is_inherited: config.is_inherited,
            socket: config.socket,
            bytes_max: config.message_bytes_max.min(DATAGRAM_BYTES_MAX),
            gather: Gather::new(inlet.clone()),
            peers: Peers { origins, known: HashMap::new() },
            datagrams: Datagrams::new(),
            looked_at: (Instant::now(), inlet.now()),
        }
    }

    fn run(mut self) {
        if !lock(&self.drops).are_known() {
            let why =
                "the system does not tell how many datagrams it drops: losses cannot be counted";
            let now = self.inlet.now();
            self.inlet.counters().with(|health| health.last_error = Some((now, why.into())));
        }
        let drops = Arc::clone(&self.drops);
        let counters = Arc::clone(self.inlet.counters());
        counters.losses_from(Some((LOST, Box::new(move || lock(&drops).more()))));
        while !self.inlet.stop().is_set() {
            self.inlet.wait_while_in_trouble();
            let waited = self.take(true);
            if waited > 0 && waited < AT_ONCE {
                // More will come: taking them together costs less.
                std::thread::sleep(GATHER);
            }
            if waited > 0 {
                self.take_rest();
            }
            self.gather.flush();
            if self.looked_at.0.elapsed() >= DROPS_EVERY {
                self.tell_drops();
            }
        }
        if !self.is_inherited {
            self.hear_nobody();
        }
        let began = Instant::now();
        while self.take(false) > 0 && began.elapsed() < REST_MAX {
            self.gather.flush_if_due();
        }
        self.gather.flush();
        self.tell_drops();
        counters.losses_from(None);
    }

    /// From now on senders are told that nobody listens, instead of filling a buffer that nobody will empty: a socket
    /// that is connected hears its peer alone, here nobody. What lies in the buffer already can still be taken. A socket
    /// that the service manager keeps open stays as it is: there messages wait for whoever comes next.
    fn hear_nobody(&self) {
        let is_v6 = self.socket.local_addr().is_ok_and(|address| address.is_ipv6());
        let nobody: IpAddr = match is_v6 {
            true => Ipv6Addr::LOCALHOST.into(),
            false => Ipv4Addr::LOCALHOST.into(),
        };
        let _ = self.socket.connect((nobody, DISCARD_PORT));
    }

    /// Takes what is there until a batch is large.
    fn take_rest(&mut self) {
        while !self.gather.is_large() && self.take(false) > 0 {}
    }

    /// Takes datagrams; gives their number.
    fn take(&mut self, waits: bool) -> usize {
        let (now, bytes_max) = (self.inlet.now(), self.bytes_max);
        let (gather, peers) = (&mut self.gather, &mut self.peers);
        let mut visit = |ip: IpAddr, bytes: &[u8]| {
            let Some(frame) = datagram(bytes, bytes.len(), bytes_max) else {
                gather.seen.empty += 1;
                return;
            };
            let of_message = match peers.origins.looks_into_messages() {
                true => peers.origins.of_message(frame.bytes),
                false => None,
            };
            let peer = peers.get(ip);
            let origin = of_message.as_ref().unwrap_or(&peer.origin);
            let facts = Facts { truncated: frame.cut.is_some(), ..Facts::received(now) };
            gather.push(origin, &peer.name, facts, frame.bytes);
        };
        match self.datagrams.receive(&self.socket, waits, &mut visit) {
            Ok(count) => count,
            Err(error) => {
                let told = format!("cannot receive: {}", crate::error::explain(&error));
                self.inlet.counters().with(|health| health.last_error = Some((now, told)));
                self.inlet.stop().wait(ERROR_PAUSE);
                0
            }
        }
    }

    /// Stores what the kernel dropped since the last time.
    fn tell_drops(&mut self) {
        let since = self.looked_at.1;
        self.inlet.counters().look_for_losses();
        let dropped = lock(&self.drops).take_untold();
        self.looked_at = (Instant::now(), self.inlet.now());
        if dropped > 0 {
            let until = self.looked_at.1;
            let loss = Loss { reason: LOST, records: Some(dropped), since, until };
            let origin = self.peers.origins.of_peer(None);
            self.inlet.tell_counted_loss(&origin, &loss);
        }
    }
}
