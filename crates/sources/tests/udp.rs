//! Syslog over UDP on loopback: nothing is lost without being counted.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod support;

use sources::inlet::Tenancy;
use sources::syslog::udp::{self, UdpConfig};
use sources::{Inlet, Receiver};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use support::{Fake, inlet, tenancy, wait_until};

fn start(inlet: &Inlet, tenancy: Tenancy) -> (Receiver, SocketAddr) {
    let socket = udp::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let receiver = udp::start(UdpConfig::new("test", socket, tenancy), inlet).unwrap();
    let address = receiver.local_addr().unwrap();
    (receiver, address)
}

fn sender(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(address).unwrap();
    socket
}

#[test]
fn datagrams_are_records_as_they_came() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_udp");
    let (receiver, address) = start(&inlet, tenancy());
    let sender = sender(address);
    let long = [b"<13>".to_vec(), vec![b'x'; 60_000]].concat();
    for message in [&b"<13>one\n"[..], b"", b"\0\r\n", b"<14>two\0", &long] {
        sender.send(message).unwrap();
    }
    fake.wait_for(3);
    let health = receiver.stop();
    let kept = fake.kept();
    let payloads: Vec<&[u8]> = kept.iter().map(|record| &*record.payload).collect();
    assert_eq!(payloads, [&b"<13>one\n"[..], b"<14>two\0", &long]);
    assert_eq!((kept[0].peer.as_str(), kept[0].origin.source_id.as_str()), ("127.0.0.1", "test"));
    assert_eq!((health.received, health.stored, health.empty), (3, 3, 2));
    assert!(health.adds_up() && health.buffer_bytes > Some(100_000), "{health:?}");
}

#[test]
fn what_is_too_long_is_cut_and_said() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_udp");
    let socket = udp::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let config = UdpConfig { message_bytes_max: 5, ..UdpConfig::new("test", socket, tenancy()) };
    let receiver = udp::start(config, &inlet).unwrap();
    sender(receiver.local_addr().unwrap()).send(b"<13>abcdef").unwrap();
    fake.wait_for(1);
    assert_eq!(receiver.stop().truncated, 1);
    let kept = fake.kept().remove(0);
    assert_eq!((&*kept.payload, kept.truncated), (&b"<13>a"[..], true));
}

#[test]
fn the_client_follows_from_the_network_or_the_message() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_udp");
    let client = |name: &str| model::TenantId::new(name);
    let field = sources::inlet::TenantField::new("client", [("z".to_owned(), client("zeta"))]);
    let (receiver, address) = start(
        &inlet,
        Tenancy {
            networks: vec![("127.0.0.0/8".parse().unwrap(), client("net"))],
            field: Some(field),
            ..tenancy()
        },
    );
    let sender = sender(address);
    sender.send(b"<13>1 - - - - - [a client=\"z\"] of the field").unwrap();
    sender.send(b"<13>client=unknown: of the network").unwrap();
    fake.wait_for(2);
    drop(receiver);
    let tenants: Vec<_> =
        fake.kept().iter().map(|r| r.origin.tenant_id.as_str().to_owned()).collect();
    assert_eq!(tenants, ["zeta", "net"]);
}

/// The spool takes nothing while far more is sent than the socket's buffer holds.
#[test]
fn overload_is_counted_to_the_datagram_and_stored_as_a_gap() {
    if !std::path::Path::new("/proc/net/udp").exists() {
        return;
    }
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_udp");
    let socket = udp::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    udp::ask_for_buffer(&socket, 64 << 10);
    let receiver = udp::start(UdpConfig::new("test", socket, tenancy()), &inlet).unwrap();
    let sender = sender(receiver.local_addr().unwrap());
    fake.set_full(true);
    let sent = 20_000;
    for n in 0..sent {
        sender.send(format!("<13>message {n} {}", "x".repeat(150)).as_bytes()).unwrap();
    }
    let waiting = wait_until(&inlet, |health| health.open > 0);
    assert_eq!(waiting.state, sources::inlet::State::Waiting);
    assert!(waiting.waits_for.unwrap().contains("no room"));
    // Told while the receiver waits, and not only afterwards.
    wait_until(&inlet, |health| health.lost.get("socket_buffer_full") > Some(&10_000));
    fake.set_full(false);
    let health = receiver.stop();
    let lost = health.lost["socket_buffer_full"];
    assert!(lost > 10_000 && health.stored > 50, "{health:?}");
    assert_eq!((health.stored + lost, health.open, health.shed.len()), (sent, 0, 0), "{health:?}");
    let told: u64 = fake.gaps().iter().map(|gap| gap["records"].as_u64().unwrap()).sum();
    assert_eq!((told, fake.texts().len() as u64), (lost, health.stored));
    assert_eq!(fake.gaps()[0]["reason"], "socket_buffer_full");
    assert!(health.adds_up() && health.gaps > 0);
}

#[test]
fn batches_that_failed_are_handed_in_again() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_udp");
    fake.fail(3);
    let (receiver, address) = start(&inlet, tenancy());
    let sender = sender(address);
    for n in 0..50 {
        sender.send(format!("<13>{n}").as_bytes()).unwrap();
    }
    fake.wait_for(50);
    let health = receiver.stop();
    let mut texts = fake.texts();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!((texts.len(), health.stored, fake.returned()), (50, 50, 3));
}

#[test]
fn a_receiver_that_ends_while_nothing_is_taken_says_what_it_gave_up() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_udp");
    fake.set_full(true);
    let (receiver, address) = start(&inlet, tenancy());
    sender(address).send(b"<13>late").unwrap();
    wait_until(&inlet, |health| health.open == 1);
    let health = receiver.stop();
    assert_eq!((health.shed["stopped"], health.open), (1, 0));
    assert!(health.adds_up());
    assert_eq!(Arc::strong_count(&fake), 2, "threads have ended");
}

#[test]
fn senders_of_either_family_are_named_and_losses_of_either_counted() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_udp");
    let Ok(socket) = udp::bind("[::]:0".parse().unwrap()) else { return };
    udp::ask_for_buffer(&socket, 64 << 10);
    let receiver = udp::start(UdpConfig::new("test", socket, tenancy()), &inlet).unwrap();
    let port = receiver.local_addr().unwrap().port();
    sender(SocketAddr::from(([127, 0, 0, 1], port))).send(b"<13>four").unwrap();
    fake.wait_for(1);
    let Ok(six) = UdpSocket::bind("[::1]:0") else { return };
    six.connect(format!("[::1]:{port}")).unwrap();
    six.send(b"<13>six").unwrap();
    fake.wait_for(2);
    let peers: Vec<_> = fake.kept().into_iter().map(|record| record.peer).collect();
    assert_eq!(peers, ["127.0.0.1", "::1"]);
    fake.set_full(true);
    for _ in 0..3_000 {
        six.send(&[b'x'; 500]).unwrap();
    }
    fake.set_full(false);
    let health = receiver.stop();
    assert!(health.lost["socket_buffer_full"] > 0);
    assert_eq!(health.stored + health.lost["socket_buffer_full"], 3_002);
}

/// The clock is set back while records come: they are kept, with the time that it shows.
#[test]
fn a_clock_that_leaps_harms_nothing() {
    use model::Timestamp;
    use model::intake::Intake;
    use std::sync::atomic::{AtomicI64, Ordering};
    let fake = Fake::new();
    let secs = Arc::new(AtomicI64::new(1_790_000_000));
    let shown = Arc::clone(&secs);
    let counters = Arc::new(sources::Counters::new("test", "syslog_udp"));
    let clock = Arc::new(move || Timestamp::from_secs(shown.load(Ordering::Relaxed)));
    let inlet =
        Inlet::new(Arc::clone(&fake) as Arc<dyn Intake>, counters, sources::Stop::new(), clock);
    let (receiver, address) = start(&inlet, tenancy());
    let sender = sender(address);
    for (n, leap) in [3_600, -3_600, 31_536_000, -2_000_000_000, 0].into_iter().enumerate() {
        secs.fetch_add(leap, Ordering::Relaxed);
        sender.send(b"<13>x").unwrap();
        fake.wait_for(n as u64 + 1);
    }
    let health = receiver.stop();
    assert_eq!((health.stored, health.last_record_at.unwrap().as_secs()), (5, -178_464_000));
}

#[test]
fn the_counts_add_up_at_every_moment() {
    let fake = Fake::new();
    let inlet = inlet(&fake, "syslog_udp");
    let (receiver, address) = start(&inlet, tenancy());
    let counters = Arc::clone(inlet.counters());
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_done = Arc::clone(&done);
    let looking = std::thread::spawn(move || {
        let mut looks = 0u64;
        while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
            let health = counters.health();
            assert!(health.adds_up(), "{health:?}");
            looks += 1;
        }
        looks
    });
    let sender = sender(address);
    for n in 0..5_000 {
        sender.send(format!("<13>{n}").as_bytes()).unwrap();
        match n % 1_000 {
            100 => fake.fail(2),
            400 => fake.set_full(true),
            600 => fake.set_full(false),
            _ => {}
        }
    }
    let health = receiver.stop();
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(looking.join().unwrap() > 100);
    let lost = health.lost.values().sum::<u64>();
    assert_eq!(health.stored + lost, 5_000, "{health:?}");
}

/// Whoever still sends when it ends learns that nobody listens; what was taken until then is stored or counted.
#[test]
fn nothing_is_left_behind_when_it_ends_under_load() {
    for _ in 0..5 {
        let fake = Fake::counting();
        let inlet = inlet(&fake, "syslog_udp");
        let socket = udp::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        udp::ask_for_buffer(&socket, 256 << 10);
        let receiver = udp::start(UdpConfig::new("test", socket, tenancy()), &inlet).unwrap();
        let sender = sender(receiver.local_addr().unwrap());
        let sending = std::thread::spawn(move || {
            let mut sent = 0u64;
            while sender.send(&[b'x'; 300]).is_ok() {
                sent += 1;
            }
            sent
        });
        fake.wait_for(2_000);
        let health = receiver.stop();
        let sent = sending.join().unwrap();
        let lost = health.lost.values().sum::<u64>();
        // One more was sent before the sender could learn.
        let missing = sent - health.stored - lost;
        assert!(missing <= 1, "{missing} of {sent} missing, {health:?}");
    }
}
