//! Syslog over TLS on loopback: certificates good and bad, half handshakes, new certificates while connected.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod support;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sources::syslog::stream::{self, Limits, StreamConfig};
use sources::syslog::tls::{Tls, TlsFiles};
use sources::{Inlet, Receiver};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use support::{Fake, inlet, tenancy, wait_until};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key, as PEM.
fn issue(authority: &Authority) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// Our files in a folder, signed by the authority; its own certificate checks senders.
fn files(folder: &Path, authority: &Authority, client_required: bool) -> TlsFiles {
    let (certificate, key) = issue(authority);
    TlsFiles {
        certificate: write(folder, "cert.pem", &certificate),
        key: write(folder, "key.pem", &key),
        client_authority: Some(write(folder, "ca.pem", &authority.pem())),
        client_required,
    }
}

fn start(inlet: &Inlet, tls: &Arc<Tls>, limits: Limits) -> (Receiver, SocketAddr) {
    let listener = stream::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let config = StreamConfig {
        tls: Some(Arc::clone(tls)),
        limits,
        ..StreamConfig::new("test", listener, tenancy())
    };
    let receiver = stream::start(config, inlet).unwrap();
    let address = receiver.local_addr().unwrap();
    (receiver, address)
}

/// A sender that trusts an authority and may show a certificate.
fn connect(
    address: SocketAddr,
    trusted: &Authority,
    shown: Option<(String, String)>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match shown {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let name = ServerName::try_from("localhost").unwrap();
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(support::LONG)).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket)
}

fn close(mut stream: StreamOwned<ClientConnection, TcpStream>) {
    stream.conn.send_close_notify();
    stream.flush().unwrap();
}

#[test]
fn messages_come_decrypted_and_whole() {
    let (folder, fake, authority) = (tempfile::tempdir().unwrap(), Fake::new(), authority("ours"));
    let inlet = inlet(&fake, "syslog_tls");
    let tls = Tls::load(files(folder.path(), &authority, false)).unwrap();
    let (receiver, address) = start(&inlet, &tls, Limits::default());
    let long = format!("<13>{}", "y".repeat(60_000));
    for shown in [None, Some(issue(&authority))] {
        let mut stream = connect(address, &authority, shown);
        write!(stream, "{} {long}<14>short\n7 <15>end", long.len()).unwrap();
        close(stream);
    }
    fake.wait_for(6);
    wait_until(&inlet, |health| health.connections == 0);
    let health = receiver.stop();
    assert_eq!(fake.texts()[..3], [long.as_str(), "<14>short", "<15>end"]);
    assert_eq!(fake.kept()[0].origin.transport, model::Transport::Tls);
    assert!(health.closed.is_empty() && health.truncated == 0, "{health:?}");
}

#[test]
fn who_must_show_a_certificate_and_does_not_is_refused_with_a_reason() {
    let (folder, fake, authority) = (tempfile::tempdir().unwrap(), Fake::new(), authority("ours"));
    let inlet = inlet(&fake, "syslog_tls");
    let tls = Tls::load(files(folder.path(), &authority, true)).unwrap();
    let (receiver, address) = start(&inlet, &tls, Limits::default());
    let stranger = self::authority("stranger");
    for (at, (shown, reason)) in [
        (None, "give the sender a certificate"),
        (Some(issue(&stranger)), "signed by none of the authorities"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut stream = connect(address, &authority, shown);
        let _ = stream.write_all(b"<13>not to be stored\n");
        let _ = stream.read(&mut [0]);
        let health =
            wait_until(&inlet, |health| health.closed.get("tls") == Some(&(at as u64 + 1)));
        let (_, error) = health.last_error.unwrap();
        assert!(error.contains(reason) && error.contains("127.0.0.1"), "{error}");
    }
    let mut stream = connect(address, &authority, Some(issue(&authority)));
    stream.write_all(b"<13>welcome\n").unwrap();
    fake.wait_for(1);
    assert_eq!(fake.texts(), ["<13>welcome"]);
    drop(receiver);
}

#[test]
fn who_does_not_trust_us_or_speaks_no_tls_is_told_apart() {
    let (folder, fake, authority) = (tempfile::tempdir().unwrap(), Fake::new(), authority("ours"));
    let inlet = inlet(&fake, "syslog_tls");
    let tls = Tls::load(files(folder.path(), &authority, false)).unwrap();
    let (receiver, address) = start(&inlet, &tls, Limits::default());
    let mut stream = connect(address, &self::authority("stranger"), None);
    assert!(stream.write_all(b"<13>x\n").is_err());
    drop(stream);
    let health = wait_until(&inlet, |health| health.closed.get("tls") == Some(&1));
    assert!(health.last_error.unwrap().1.contains("does not trust our certificate"));
    TcpStream::connect(address).unwrap().write_all(b"<13>plain text\n").unwrap();
    let health = wait_until(&inlet, |health| health.closed.get("tls") == Some(&2));
    assert!(health.last_error.unwrap().1.contains("does not speak TLS"));
    assert_eq!(receiver.stop().received, 0);
}

#[test]
fn half_handshakes_end_and_broken_connections_leave_what_came() {
    let (folder, fake, authority) = (tempfile::tempdir().unwrap(), Fake::new(), authority("ours"));
    let inlet = inlet(&fake, "syslog_tls");
    let tls = Tls::load(files(folder.path(), &authority, false)).unwrap();
    let limits = Limits { handshake_max: Duration::from_millis(200), ..Limits::default() };
    let (receiver, address) = start(&inlet, &tls, limits);
    let mut silent = TcpStream::connect(address).unwrap();
    wait_until(&inlet, |health| health.closed.get("slow_handshake") == Some(&1));
    silent.set_read_timeout(Some(support::LONG)).unwrap();
    assert!(matches!(silent.read(&mut [0; 64]), Ok(_) | Err(_)));
    let mut stream = connect(address, &authority, None);
    stream.write_all(b"<13>whole\n<13>cut").unwrap();
    fake.wait_for(1);
    drop(stream.sock);
    fake.wait_for(2);
    assert_eq!((fake.texts()[1].as_str(), fake.kept()[1].truncated), ("<13>cut", true));
    drop(receiver);
}

#[test]
fn certificates_are_loaded_anew_while_connections_stay() {
    let (folder, fake, old, new) =
        (tempfile::tempdir().unwrap(), Fake::new(), authority("old"), authority("new"));
    let inlet = inlet(&fake, "syslog_tls");
    let tls = Tls::load(files(folder.path(), &old, false)).unwrap();
    let (receiver, address) = start(&inlet, &tls, Limits::default());
    let mut before = connect(address, &old, None);
    before.write_all(b"<13>before\n").unwrap();
    fake.wait_for(1);
    // Damaged files change nothing.
    fs::write(folder.path().join("cert.pem"), "rubbish").unwrap();
    assert!(tls.reload().is_err());
    connect(address, &old, None).write_all(b"<13>old still\n").unwrap();
    fake.wait_for(2);
    files(folder.path(), &new, false);
    tls.reload().unwrap();
    connect(address, &new, None).write_all(b"<13>new\n").unwrap();
    before.write_all(b"<13>stays\n").unwrap();
    fake.wait_for(4);
    assert!(connect(address, &old, None).write_all(b"<13>x\n").is_err());
    drop(receiver);
}

#[test]
fn bad_files_are_told_by_name_with_what_to_do() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), authority("ours"));
    let good = files(folder.path(), &authority, false);
    let other = write(folder.path(), "other.pem", &issue(&authority).1);
    let rubbish = write(folder.path(), "rubbish.pem", "rubbish");
    let missing = folder.path().join("missing.pem");
    let with = |change: &dyn Fn(&mut TlsFiles)| {
        let mut files = good.clone();
        change(&mut files);
        Tls::load(files).unwrap_err().to_string()
    };
    for (told, parts) in [
        (
            with(&|f| f.certificate = missing.clone()),
            ["the certificate in", "missing.pem", "no such file"],
        ),
        (
            with(&|f| f.certificate = rubbish.clone()),
            ["the certificate in", "rubbish.pem", "BEGIN CERTIFICATE"],
        ),
        (
            with(&|f| f.key = rubbish.clone()),
            ["the private key in", "rubbish.pem", "BEGIN PRIVATE KEY"],
        ),
        (with(&|f| f.key = other.clone()), ["other.pem", "not the certificate's", "made together"]),
        (
            with(&|f| f.client_authority = Some(rubbish.clone())),
            ["the authorities in", "rubbish.pem", "BEGIN CERTIFICATE"],
        ),
    ] {
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    }
}
