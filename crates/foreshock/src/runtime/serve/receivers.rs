//! Settings → running receivers, each with its counters; all of them hand in to the spool.

use super::passed::{self, Passed};
use super::whose;
use crate::config::Service;
use anyhow::Context;
use sources::follow::{self, FollowConfig};
use sources::inlet::{Counters, Health, Inlet, Receiver, Stop, Whose, system_clock};
use sources::journald::{self, JournaldConfig};
use sources::kmsg::{self, KmsgConfig};
use sources::syslog::stream::{self, Listener};
use sources::syslog::tls::{Tls, TlsFiles};
use sources::syslog::{udp, unix};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::spool::Spool;

/// Everybody on this machine may write to the socket, as to /dev/log.
const UNIX_MODE: u32 = 0o666;

/// The source of followed files.
const FILES: &str = "files";

/// Those that run.
pub(super) struct Receivers {
    running: Vec<Running>,
    counters: Vec<Arc<Counters>>,
    stop: Stop,
    tls: Option<Arc<Tls>>,
    spool: Arc<Spool>,
    /// Where it is noted how far each source was read.
    places: PathBuf,
}

/// One of them.
struct Running {
    name: String,
    receiver: Receiver,
    /// Whose its records are, as far as the settings may change that; and where it listens.
    whose: Option<(Whose, Option<SocketAddr>)>,
}

impl Receivers {
    /// Starts what the settings ask for, and what was passed.
    ///
    /// # Errors
    /// If an address is taken, a certificate or a pattern is none, or the system gives no threads.
    pub(super) fn start(
        settings: &Service,
        mut passed: Passed,
        spool: &Arc<Spool>,
        folder: &Path,
    ) -> anyhow::Result<Receivers> {
        // Where each source was read to stands beside the state: both go on together.
        let places = folder.join("places");
        std::fs::create_dir_all(&places)
            .with_context(|| format!("cannot use {}", places.display()))?;
        let tls = match settings.syslog_tls.is_empty() && passed.tls.is_empty() {
            true => None,
            false => Some(Tls::load(tls_files(settings)?)?),
        };
        let mut receivers = Receivers {
            running: Vec::new(),
            counters: Vec::new(),
            stop: Stop::new(),
            tls,
            spool: Arc::clone(spool),
            places,
        };
        receivers.streams(settings, &settings.syslog_tcp, passed.tcp, None)?;
        let tls = receivers.tls.clone();
        receivers.streams(settings, &settings.syslog_tls, passed.tls, tls)?;
        for address in &settings.syslog_udp {
            let was_passed = passed::at(&mut passed.udp, *address, UdpSocket::local_addr);
            let is_inherited = was_passed.is_some();
            let bind = || udp::bind(*address).with_context(|| cannot(address));
            receivers.udp(settings, was_passed.map_or_else(bind, Ok)?, is_inherited)?;
        }
        for socket in passed.udp {
            receivers.udp(settings, socket, true)?;
        }
        if let Some(path) = &settings.syslog_unix {
            passed.unix.push(unix::bind(path, UNIX_MODE)?);
        }
        for (number, socket) in passed.unix.into_iter().enumerate() {
            let name = if number == 0 {
                "syslog-unix".to_owned()
            } else {
                format!("syslog-unix-{number}")
            };
            let whose = Whose::from(whose::tenancy(settings, None));
            let config = unix::UnixConfig::new(&*name, socket, whose.clone());
            receivers.add(&name, "syslog_unix", Some((whose, None)), |inlet| {
                Ok(unix::start(config, inlet)?)
            })?;
        }
        let tenant = &settings.tenant;
        if !settings.files.is_empty() {
            receivers.counters.push(Arc::new(Counters::new(FILES, "file")));
            receivers.follow(settings)?;
        }
        if settings.journal {
            let config =
                JournaldConfig::new("journal", receivers.places.join("journal"), tenant.clone());
            receivers
                .add("journal", "journald", None, |inlet| Ok(journald::start(config, inlet)?))?;
        }
        if settings.kernel {
            let config =
                KmsgConfig::new("kernel", receivers.places.join("kernel"), tenant.clone())?;
            receivers.add("kernel", "kmsg", None, |inlet| Ok(kmsg::start(config, inlet)?))?;
        }
        Ok(receivers)
    }

    /// Listens at addresses, and at sockets that were passed.
    fn streams(
        &mut self,
        settings: &Service,
        addresses: &[SocketAddr],
        mut passed: Vec<TcpListener>,
        tls: Option<Arc<Tls>>,
    ) -> anyhow::Result<()> {
        let mut sockets = Vec::new();
        for address in addresses {
            sockets.push(match passed::at(&mut passed, *address, TcpListener::local_addr) {
                Some(socket) => Listener::Tcp(socket),
                None => stream::listen(*address).with_context(|| cannot(address))?,
            });
        }
        sockets.extend(passed.into_iter().map(Listener::Tcp));
        let (kind, word) = match tls {
            None => ("syslog_tcp", "tcp"),
            Some(_) => ("syslog_tls", "tls"),
        };
        for socket in sockets {
            let address = socket.local_addr();
            let name = format!("syslog-{word}-{}", address.map_or(0, |address| address.port()));
            let whose = Whose::from(whose::tenancy(settings, address.as_ref()));
            let tls = tls.clone();
            let config = stream::StreamConfig {
                tls,
                ..stream::StreamConfig::new(&*name, socket, whose.clone())
            };
            self.add(&name, kind, Some((whose, address)), |inlet| {
                Ok(stream::start(config, inlet)?)
            })?;
        }
        Ok(())
    }

    fn udp(
        &mut self,
        settings: &Service,
        socket: UdpSocket,
        is_inherited: bool,
    ) -> anyhow::Result<()> {
        let address = socket.local_addr()?;
        let name = format!("syslog-udp-{}", address.port());
        let whose = Whose::from(whose::tenancy(settings, Some(&address)));
        let config =
            udp::UdpConfig { is_inherited, ..udp::UdpConfig::new(&*name, socket, whose.clone()) };
        self.add(&name, "syslog_udp", Some((whose, Some(address))), |inlet| {
            Ok(udp::start(config, inlet)?)
        })
    }

    /// Follows the files of the settings; those before are let go of, their places noted.
    fn follow(&mut self, settings: &Service) -> anyhow::Result<()> {
        let places = self.places.join("files");
        let patterns = settings.files.iter().cloned();
        let config = FollowConfig::new(FILES, patterns, places, settings.tenant.clone());
        let counters = self.counters.iter().find(|one| one.health().name == FILES);
        let inlet = self.inlet(counters.context("no files were followed at the start")?);
        follow::check(&config)?;
        if let Some(at) = self.running.iter().position(|one| one.name == FILES) {
            self.running.remove(at).receiver.stop();
        }
        let receiver = follow::start(config, &inlet).context("cannot follow files")?;
        self.running.push(Running { name: FILES.to_owned(), receiver, whose: None });
        Ok(())
    }

    /// Takes up what may change while they run: whose records are, which files are followed, the certificates.
    ///
    /// # Errors
    /// If a pattern or a certificate is none; the ones before stay then.
    pub(super) fn reload(&mut self, settings: &Service, files_changed: bool) -> anyhow::Result<()> {
        if let Some(tls) = &self.tls {
            tls.reload()?;
        }
        if files_changed {
            self.follow(settings)?;
        }
        for (whose, address) in self.running.iter().filter_map(|one| one.whose.as_ref()) {
            whose.replace(whose::tenancy(settings, address.as_ref()));
        }
        Ok(())
    }

    fn add(
        &mut self,
        name: &str,
        kind: &'static str,
        whose: Option<(Whose, Option<SocketAddr>)>,
        start: impl FnOnce(&Inlet) -> anyhow::Result<Receiver>,
    ) -> anyhow::Result<()> {
        let counters = Arc::new(Counters::new(name, kind));
        let inlet = self.inlet(&counters);
        self.counters.push(counters);
        let receiver = start(&inlet).with_context(|| format!("cannot start the source {name}"))?;
        self.running.push(Running { name: name.to_owned(), receiver, whose });
        Ok(())
    }

    /// The way into the spool of a source with these counters.
    fn inlet(&self, counters: &Arc<Counters>) -> Inlet {
        let (spool, stop) = (Arc::clone(&self.spool), self.stop.clone());
        Inlet::new(spool as _, Arc::clone(counters), stop, system_clock())
    }

    pub(super) fn addresses(&self) -> Vec<(String, SocketAddr)> {
        let all = self.running.iter();
        all.filter_map(|one| Some((one.name.clone(), one.receiver.local_addr()?))).collect()
    }

    /// The counters of all, for who wants to read them at any time.
    pub(super) fn counters(&self) -> Vec<Arc<Counters>> {
        self.counters.clone()
    }

    /// Ends all; what they had read is handed in and answered.
    pub(super) fn stop(self) -> Vec<Health> {
        self.stop.set();
        self.running.into_iter().map(|one| one.receiver.stop()).collect()
    }
}

pub(super) fn tls_files(settings: &Service) -> anyhow::Result<TlsFiles> {
    let named = |file: &Option<PathBuf>, key: &str| {
        file.clone()
            .with_context(|| format!("syslog over TLS wants a certificate: name listen.{key}"))
    };
    Ok(TlsFiles {
        certificate: named(&settings.tls.certificate, "tls_certificate")?,
        key: named(&settings.tls.key, "tls_key")?,
        client_authority: settings.tls.client_authority.clone(),
        client_required: settings.tls.client_required,
    })
}

fn cannot(address: &SocketAddr) -> String {
    format!("cannot listen for syslog on {address}; name another address, or stop who has it")
}
