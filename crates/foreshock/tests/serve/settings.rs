//! What the settings make of a service: clients, certificates, tokens, sockets of the service manager; and settings that
//! are read again while it runs.

use crate::running::{Running, foreshock, get, send, send_as};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// How many records of each client the spool holds.
fn by_client(folder: &Path) -> BTreeMap<String, u64> {
    let output = foreshock(&["export", "--state", folder.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut clients = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        *clients.entry(record["tenant_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    clients
}

fn stored(running: &Running, records: u64) {
    running.until(|status| status["intake"]["stored"].as_u64() == Some(records));
}

/// Makes a token, and prints it once.
fn token(settings: &Path, name: &str, scopes: &str) -> String {
    let file = settings.to_str().unwrap();
    let args = ["token", "new", name, "--scopes", scopes, "--clients", "*", "--config", file];
    let output = foreshock(&args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A service with these settings, and where they stand.
fn start(folder: &Path, settings: &str) -> (Running, std::path::PathBuf) {
    let file = folder.join("foreshock.toml");
    fs::write(&file, settings).unwrap();
    let state = folder.join("state");
    let running = Running::start(&state, &["--config", file.to_str().unwrap()]);
    (running, file)
}

#[test]
fn settings_are_read_again_and_a_slip_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    fs::write(&tokens, "").unwrap();
    let text = format!("[listen]\ntokens = \"{}\"\nclients_max = 2\n", tokens.display());
    let (running, file) = start(folder.path(), &text);
    let http = running.address("http");
    let first = token(&file, "first", "ingest,read");
    let event = |tenant: &str| format!(r#"{{"message":"x","tenant_id":"{tenant}"}}"#);
    let ingest = |token: &str, tenant: &str| send_as(&http, token, &event(tenant)).unwrap().0;
    assert_eq!(ingest(&first, "acme"), 401, "before it is read again");
    running.reload("read again: tokens");
    assert_eq!(ingest(&first, "acme"), 200);
    assert_eq!(ingest(&first, "beta"), 200);
    assert_eq!(ingest(&first, "gamma"), 403, "one client too many");

    // Another token and a wider limit; a port that has to wait.
    let revoke = ["token", "revoke", "first", "--config", file.to_str().unwrap()];
    assert!(foreshock(&revoke).output().unwrap().status.success());
    let second = token(&file, "second", "ingest");
    let wider = text.replace("clients_max = 2", "clients_max = 9\nsyslog_unix = \"/nowhere/x\"");
    fs::write(&file, &wider).unwrap();
    running.reload("taken up with the next start");
    assert!(running.said().contains("listen.syslog_unix ("), "{}", running.said());
    assert!(running.said().contains("foreshock.toml:4)"), "{}", running.said());
    assert_eq!((ingest(&first, "acme"), ingest(&second, "gamma")), (401, 200));

    // A slip: where it is, is said; what was before holds.
    fs::write(&file, wider.replace("clients_max", "clients_maxx")).unwrap();
    running.reload("the settings stay as they were");
    assert!(running.said().contains("foreshock.toml:3:1: [listen] has no setting `clients_maxx`"));
    fs::write(&tokens, "second nonsense ingest *\n").unwrap();
    fs::write(&file, &wider).unwrap();
    running.reload("tokens:1");
    assert_eq!(ingest(&second, "delta"), 200);
    running.stop();
}

#[test]
fn clients_by_listener_by_field_and_by_what_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let own = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = "[listen]\nclient_field = \"tenant\"\n[[client]]\nname = \"acme\"\ndigest_at = \"07:00+01:00\"\n".to_owned();
    let (running, file) = start(folder.path(), &text);
    let tcp = running.address("syslog-tcp");
    let line = |tenant: &str| format!("<14>1 - web1 app - - [x tenant=\"{tenant}\"] hello\n");
    let mut batch = line("acme") + &line("other");
    send(&tcp, batch.as_bytes()).unwrap();
    stored(&running, 2);
    fs::write(&file, text + "[[client]]\nname = \"beta\"\nfield_values = [\"other\"]\n").unwrap();
    running.reload("read again: tokens, certificates, client");
    batch += &line("beta");
    send(&tcp, batch.as_bytes()).unwrap();
    stored(&running, 5);
    // A listener that only the settings give: by a second service, as the options of tests name the first one.
    running.stop();
    let clients = by_client(&folder.path().join("state"));
    assert_eq!((clients["acme"], clients["beta"], clients["default"]), (2, 2, 1), "{clients:?}");

    let text = format!(
        "[listen]\nsyslog_udp = [\"{own}\"]\n[[client]]\nname = \"acme\"\nlisteners = [\"{own}\"]\n"
    );
    fs::write(&file, text).unwrap();
    let state = folder.path().join("other");
    let running = Running::start_bare(
        &state,
        &[
            "--config",
            file.to_str().unwrap(),
            "--http",
            "127.0.0.1:0",
            "--syslog-tcp",
            "127.0.0.1:0",
        ],
    );
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"<14>hello", own).unwrap();
    stored(&running, 1);
    running.stop();
    assert_eq!(by_client(&state)["acme"], 1);
}

#[test]
fn syslog_over_tls_by_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap().pem();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("cert.pem"), certificate).unwrap();
    fs::write(path("key.pem"), key.serialize_pem()).unwrap();
    let text = format!(
        "[listen]\nsyslog_tls = [\"127.0.0.1:0\"]\ntls_certificate = \"{}\"\ntls_key = \"{}\"\n",
        path("cert.pem").display(),
        path("key.pem").display()
    );
    let (running, file) = start(folder.path(), &text);
    let said = running.said();
    assert!(said.contains(&format!("settings of {}", file.display())), "{said}");
    let address = running.address("syslog-tls");
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(b"9 <14>hello5 <15>x").unwrap();
    stream.conn.send_close_notify();
    stream.flush().unwrap();
    stored(&running, 2);
    running.stop();

    // What doctor says of the pair: as it is, with a key for all to read, and with another one's.
    let doctor = || {
        let output = foreshock(&["doctor", "--config", file.to_str().unwrap()]).output().unwrap();
        let page = String::from_utf8(output.stdout).unwrap();
        page.lines().find(|line| line.contains("certificates")).unwrap().to_owned()
    };
    let mode = |mode| fs::set_permissions(path("key.pem"), Permissions::from_mode(mode)).unwrap();
    mode(0o600);
    assert!(doctor().starts_with("ok "), "{}", doctor());
    mode(0o604);
    assert!(doctor().starts_with("WARN") && doctor().contains("mode 604"), "{}", doctor());
    fs::write(path("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(
        doctor().starts_with("BAD") && doctor().contains("not the certificate's"),
        "{}",
        doctor()
    );
}

/// Sockets as the service manager passes them: numbers from 3 on, their names in the environment.
#[test]
fn sockets_that_were_passed_are_used() {
    let bash = Path::new("/bin/bash");
    if !bash.exists() {
        println!("skipped: there is no /bin/bash to pass sockets with");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let (tcp, http) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addresses =
        (tcp.local_addr().unwrap(), udp.local_addr().unwrap(), http.local_addr().unwrap());
    for socket in [tcp.as_raw_fd(), udp.as_raw_fd(), http.as_raw_fd()] {
        assert!(socket > 2);
    }
    let passing = |names: &str| {
        let mut command = Command::new(bash);
        // What waits in a socket is not lost while nobody runs.
        for socket in [
            &rustix::fd::AsFd::as_fd(&tcp),
            &rustix::fd::AsFd::as_fd(&udp),
            &rustix::fd::AsFd::as_fd(&http),
        ] {
            rustix::io::fcntl_setfd(socket, rustix::io::FdFlags::empty()).unwrap();
        }
        let script = format!(
            "exec 20<&{} 21<&{} 22<&{}; exec 3<&20 4<&21 5<&22 20<&- 21<&- 22<&-; export LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES={names}; exec \"$0\" \"$@\"",
            tcp.as_raw_fd(),
            udp.as_raw_fd(),
            http.as_raw_fd()
        );
        command.args(["-c", &script, env!("CARGO_BIN_EXE_foreshock")]);
        command
    };
    send(&addresses.0.to_string(), b"<14>before it runs\n").unwrap();
    let own = ["--syslog-tcp", "127.0.0.1:0", "--syslog-udp", "127.0.0.1:0"];
    let running = Running::start_as(passing("syslog:syslog:http"), &state, &own);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"<14>hello", addresses.1).unwrap();
    stored(&running, 2);
    assert_eq!(get(&addresses.2.to_string(), "/healthz").unwrap().0, 200);
    running.stop();
    // What a socket is for must be said.
    let mut command = passing("syslog:nonsense:http");
    let output = command.args(["serve", "--state", state.to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("`nonsense`"), "{said}");
    assert!(said.contains("FileDescriptorName="), "{said}");
}
