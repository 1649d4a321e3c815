//! Syslog over TCP and sockets of this machine: half messages, slow and broken senders, floods.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod support;

use model::Transport;
use sources::syslog::stream::{self, Limits, StreamConfig};
use sources::syslog::unix::{self, UnixConfig, UnixError};
use sources::{Health, Inlet, Receiver};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::time::Duration;
use support::{Fake, inlet, tenancy, wait_until};

fn start(inlet: &Inlet, limits: Limits) -> (Receiver, SocketAddr) {
    let listener = stream::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let config = StreamConfig { limits, ..StreamConfig::new("test", listener, tenancy()) };
    let receiver = stream::start(config, inlet).unwrap();
    let address = receiver.local_addr().unwrap();
    (receiver, address)
}

/// Sends the parts one after the other, then closes.
fn send(address: SocketAddr, parts: &[&[u8]]) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    parts.iter().for_each(|part| stream.write_all(part).unwrap());
}

fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(support::LONG)).unwrap();
    matches!(stream.read(&mut [0]), Ok(0) | Err(_))
}

#[test]
fn both_framings_and_half_frames() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_tcp");
    let (receiver, address) = start(&inlet, Limits::default());
    send(address, &[b"6 <13>o", b"n<14>line\n", b"9 <15>l1\nl", b"2<16>half"]);
    fake.wait_for(4);
    let health = receiver.stop();
    assert_eq!(fake.texts(), ["<13>on", "<14>line", "<15>l1\nl2", "<16>half"]);
    let kept = fake.kept();
    assert_eq!(kept.iter().map(|r| r.truncated).collect::<Vec<_>>(), [false, false, false, true]);
    assert_eq!(kept[0].origin.transport, Transport::Tcp);
    assert_eq!((health.malformed["closed_within"], health.truncated), (1, 1));
    assert!(health.adds_up() && health.closed.is_empty() && health.connections == 0);
}

#[test]
fn many_connections_share_the_thread_and_nothing_is_lost() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_tcp");
    let (receiver, address) = start(&inlet, Limits::default());
    let senders: Vec<_> = (0..8)
        .map(|c| {
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                for n in 0..2_000 {
                    let message = format!("<13>{c}:{n} {}", "x".repeat(n % 300));
                    let framed = match n % 2 {
                        0 => format!("{} {message}", message.len()),
                        _ => format!("{message}\n"),
                    };
                    stream.write_all(framed.as_bytes()).unwrap();
                }
            })
        })
        .collect();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    fake.wait_for(16_000);
    let health = receiver.stop();
    let texts = fake.texts();
    for c in 0..8 {
        let of = format!("<13>{c}:");
        let numbers: Vec<usize> = texts
            .iter()
            .filter_map(|t| t.strip_prefix(&of)?.split(' ').next()?.parse().ok())
            .collect();
        assert_eq!(numbers, (0..2_000).collect::<Vec<_>>(), "in order, connection {c}");
    }
    assert_eq!((health.received, health.stored), (16_000, 16_000));
}

#[test]
fn who_sends_a_byte_now_and_then_holds_no_connection_and_harms_no_other() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_tcp");
    let limits = Limits { frame_max: Duration::from_millis(300), ..Limits::default() };
    let (receiver, address) = start(&inlet, limits);
    let mut slow: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    slow.iter_mut().for_each(|stream| stream.write_all(b"900 <13>slow").unwrap());
    send(address, &[b"<14>quick\n"]);
    fake.wait_for(1);
    assert_eq!(fake.texts(), ["<14>quick"]);
    let health = wait_until(&inlet, |health| health.closed.get("slow_message") == Some(&100));
    assert_eq!(health.connections, 0);
    assert!(slow.iter_mut().all(is_closed));
    // What came of their messages is kept and marked.
    fake.wait_for(101);
    assert_eq!(receiver.stop().truncated, 100);
}

#[test]
fn silent_connections_end_and_too_many_are_not_let_in() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_tcp");
    let limits =
        Limits { connections_max: 3, idle_max: Duration::from_millis(200), ..Limits::default() };
    let (receiver, address) = start(&inlet, limits);
    let mut streams: Vec<_> = (0..8).map(|_| TcpStream::connect(address).unwrap()).collect();
    let health = wait_until(&inlet, |h| h.refused == 5 && h.closed.get("idle") == Some(&3));
    assert_eq!(health.connections, 0);
    assert!(streams.iter_mut().all(is_closed));
    send(address, &[b"<13>after\n"]);
    fake.wait_for(1);
    drop(receiver);
}

#[test]
fn one_address_cannot_take_all_connections() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_tcp");
    let limits = Limits { connections_per_peer_max: 2, ..Limits::default() };
    let (receiver, address) = start(&inlet, limits);
    let mut streams: Vec<_> = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
    wait_until(&inlet, |health| health.refused == 1 && health.connections == 2);
    streams.remove(0);
    wait_until(&inlet, |health| health.connections == 1);
    send(address, &[b"<13>there is room again\n"]);
    fake.wait_for(1);
    drop(receiver);
}

#[test]
fn a_connection_that_breaks_leaves_what_came_of_it() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_tcp");
    let (receiver, address) = start(&inlet, Limits::default());
    let stream = TcpStream::connect(address).unwrap();
    (&stream).write_all(b"<13>whole\n<13>broken o").unwrap();
    fake.wait_for(1);
    // Closing with a linger of nothing sends a reset.
    nix::sys::socket::setsockopt(
        &stream,
        nix::sys::socket::sockopt::Linger,
        &nix::libc::linger { l_onoff: 1, l_linger: 0 },
    )
    .unwrap();
    drop(stream);
    fake.wait_for(2);
    let health = wait_until(&inlet, |health| health.closed.contains_key("reset"));
    assert_eq!((health.closed["reset"], health.connections), (1, 0));
    assert_eq!(fake.texts(), ["<13>whole", "<13>broken o"]);
    drop(receiver);
}

#[test]
fn a_flood_of_what_is_no_syslog_is_stored_and_counted_and_nothing_grows() {
    let fake = Fake::counting();
    let inlet = inlet(&fake, "syslog_tcp");
    let limits = Limits { message_bytes_max: 1_000, ..Limits::default() };
    let (receiver, address) = start(&inlet, limits);
    let mut stream = TcpStream::connect(address).unwrap();
    let piece = b"0 x\n\xff\xfe\0\x01 no header\n007 y\n\n\r\n99999999999 z\n".repeat(100);
    for _ in 0..200 {
        stream.write_all(&piece).unwrap();
    }
    // And one line without end.
    for _ in 0..50 {
        stream.write_all(&vec![b'a'; 100_000]).unwrap();
    }
    drop(stream);
    fake.wait_for(200 * 100 * 4 + 1);
    let health = receiver.stop();
    assert_eq!(health.malformed["bad_count"], 200 * 100 * 3);
    assert_eq!(health.truncated, 1);
    assert!(health.bytes < 200 * piece.len() as u64 + 2_000, "{health:?}");
    assert!(health.adds_up() && health.last_error.is_none());
}

#[test]
fn senders_wait_while_nothing_is_taken_and_go_on_by_themselves() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_tcp");
    let (receiver, address) = start(&inlet, Limits::default());
    fake.set_full(true);
    let sent = 60_000;
    let sender = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        for n in 0..sent {
            writeln!(stream, "<13>{n} {}", "x".repeat(500)).unwrap();
        }
    });
    let health = wait_until(&inlet, |health| health.waits_for.is_some());
    assert!(health.open > 0 && !sender.is_finished(), "{health:?}");
    fake.set_full(false);
    sender.join().unwrap();
    fake.wait_for(sent);
    let health: Health = receiver.stop();
    assert_eq!((health.stored, health.open, health.waits_for), (sent, 0, None));
    let numbers: Vec<_> = fake
        .texts()
        .iter()
        .map(|t| t[4..].split(' ').next().unwrap().parse::<u64>().unwrap())
        .collect();
    assert!(numbers.iter().enumerate().all(|(at, n)| at as u64 == *n));
}

/// A disk that is nearly full: batches are taken and come back, again and again.
#[test]
fn what_is_taken_and_never_stored_does_not_gather_in_memory() {
    let fake = Fake::counting();
    let inlet = inlet(&fake, "syslog_tcp");
    let (receiver, address) = start(&inlet, Limits::default());
    fake.fail(u64::MAX);
    let sent = 200_000;
    let sender = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        (0..sent).for_each(|n| writeln!(stream, "<13>{n} {}", "x".repeat(300)).unwrap());
    });
    let returned = |times| {
        wait_until(&inlet, |_| fake.returned() > times);
        inlet.counters().health().open
    };
    let open = returned(3);
    assert_eq!(returned(fake.returned() + 10), open, "nothing more is read");
    assert!(open < 10_000 && !sender.is_finished());
    fake.fail(0);
    sender.join().unwrap();
    fake.wait_for(sent);
    let health = receiver.stop();
    assert_eq!((health.stored, health.open), (sent, 0));
}

#[test]
fn what_came_back_at_the_end_is_given_up_and_said() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_tcp");
    let (receiver, address) = start(&inlet, Limits::default());
    fake.hold();
    send(address, &[b"<13>held\n"]);
    wait_until(&inlet, |health| health.open == 1);
    let ending = std::thread::spawn(move || receiver.stop());
    let held = wait_until(&inlet, |health| health.state == sources::inlet::State::Stopped);
    assert_eq!((held.open, ending.join().unwrap().open), (1, 1), "nobody knows yet");
    fake.drop_held();
    let health = inlet.counters().health();
    assert_eq!((health.shed["stopped"], health.open), (1, 0));
}

#[test]
fn what_had_come_before_the_end_is_stored() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_tcp");
    let (receiver, address) = start(&inlet, Limits::default());
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"<13>first\n").unwrap();
    fake.wait_for(1);
    stream.write_all(b"<13>last\n<13>under way").unwrap();
    let health = receiver.stop();
    assert_eq!(fake.texts(), ["<13>first", "<13>last", "<13>under way"]);
    assert_eq!((health.stored, health.state), (3, sources::inlet::State::Stopped));
}

#[test]
fn sockets_of_this_machine_take_streams_and_datagrams() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, path) = (Fake::new(), folder.path().join("stream"));
    let inlet_of_streams = inlet(&fake, "syslog_unix");
    let listener = unix::listen(&path, 0o600).unwrap();
    let streams =
        stream::start(StreamConfig::new("test", listener, tenancy()), &inlet_of_streams).unwrap();
    UnixStream::connect(&path).unwrap().write_all(b"<13>by stream\n").unwrap();
    fake.wait_for(1);

    let path = folder.path().join("log");
    let inlet_of_datagrams = inlet(&fake, "syslog_unix");
    let config = UnixConfig::new("test", unix::bind(&path, 0o666).unwrap(), tenancy());
    let datagrams = unix::start(config, &inlet_of_datagrams).unwrap();
    let sender = UnixDatagram::unbound().unwrap();
    sender.connect(&path).unwrap();
    sender.send(b"<13>by datagram\0").unwrap();
    fake.wait_for(2);
    for n in 0..2_000 {
        sender.send(format!("<13>{n}").as_bytes()).unwrap();
    }
    let health = datagrams.stop();
    assert_eq!((health.stored, streams.stop().stored), (2_001, 1));
    assert_eq!(fake.texts()[..2], ["<13>by stream", "<13>by datagram\0"]);
    assert_eq!(fake.kept()[0].origin.transport, Transport::Unix);
}

#[test]
fn a_socket_left_behind_is_replaced_and_one_in_use_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    drop(unix::bind(&path, 0o600).unwrap());
    let socket = unix::bind(&path, 0o600).unwrap();
    assert!(matches!(unix::bind(&path, 0o600), Err(UnixError::Taken(_))));
    drop(socket);
    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let error = unix::listen(&file, 0o600).unwrap_err();
    assert!(error.to_string().contains("no socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}
