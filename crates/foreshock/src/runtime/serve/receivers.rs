//! Settings → running receivers, each with its counters; all of them hand in to the spool.

use crate::config::Service;
use anyhow::Context;
use sources::follow::{self, FollowConfig};
use sources::inlet::{Counters, Health, Inlet, Receiver, Stop, Tenancy, system_clock};
use sources::journald::{self, JournaldConfig};
use sources::kmsg::{self, KmsgConfig};
use sources::syslog::{stream, udp, unix};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use store::spool::Spool;

/// Everybody on this machine may write to the socket, as to /dev/log.
const UNIX_MODE: u32 = 0o666;

/// Those that run.
pub(super) struct Receivers {
    running: Vec<(String, Receiver)>,
    counters: Vec<Arc<Counters>>,
    stop: Stop,
}

impl Receivers {
    /// Starts what the settings ask for.
    ///
    /// # Errors
    /// If an address is taken, a pattern is none, or the system gives no threads.
    pub(super) fn start(
        settings: &Service,
        spool: &Arc<Spool>,
        folder: &Path,
    ) -> anyhow::Result<Receivers> {
        let mut receivers =
            Receivers { running: Vec::new(), counters: Vec::new(), stop: Stop::new() };
        let tenant = &settings.tenant;
        let tenancy =
            || Tenancy { networks: settings.networks.clone(), ..Tenancy::of(tenant.clone()) };
        for address in &settings.syslog_tcp {
            let socket = stream::listen(*address).with_context(|| cannot(address))?;
            let name = format!("syslog-tcp-{}", address.port());
            let config = stream::StreamConfig::new(&*name, socket, tenancy());
            receivers.add(spool, &name, "syslog_tcp", |inlet| Ok(stream::start(config, inlet)?))?;
        }
        for address in &settings.syslog_udp {
            let socket = udp::bind(*address).with_context(|| cannot(address))?;
            let name = format!("syslog-udp-{}", address.port());
            let config = udp::UdpConfig::new(&*name, socket, tenancy());
            receivers.add(spool, &name, "syslog_udp", |inlet| Ok(udp::start(config, inlet)?))?;
        }
        if let Some(path) = &settings.syslog_unix {
            let socket = unix::bind(path, UNIX_MODE)?;
            let config = unix::UnixConfig::new("syslog-unix", socket, tenancy());
            receivers.add(spool, "syslog-unix", "syslog_unix", |inlet| {
                Ok(unix::start(config, inlet)?)
            })?;
        }
        // Where each source was read to stands beside the state: both go on together.
        let places = folder.join("places");
        std::fs::create_dir_all(&places)
            .with_context(|| format!("cannot use {}", places.display()))?;
        if !settings.files.is_empty() {
            let patterns = settings.files.iter().cloned();
            let config = FollowConfig::new("files", patterns, places.join("files"), tenant.clone());
            receivers.add(spool, "files", "file", |inlet| Ok(follow::start(config, inlet)?))?;
        }
        if settings.journal {
            let config = JournaldConfig::new("journal", places.join("journal"), tenant.clone());
            receivers
                .add(spool, "journal", "journald", |inlet| Ok(journald::start(config, inlet)?))?;
        }
        if settings.kernel {
            let config = KmsgConfig::new("kernel", places.join("kernel"), tenant.clone())?;
            receivers.add(spool, "kernel", "kmsg", |inlet| Ok(kmsg::start(config, inlet)?))?;
        }
        Ok(receivers)
    }

    fn add(
        &mut self,
        spool: &Arc<Spool>,
        name: &str,
        kind: &'static str,
        start: impl FnOnce(&Inlet) -> anyhow::Result<Receiver>,
    ) -> anyhow::Result<()> {
        let inlet = self.inlet(name, kind, spool);
        let receiver = start(&inlet).with_context(|| format!("cannot start the source {name}"))?;
        self.running.push((name.to_owned(), receiver));
        Ok(())
    }

    fn inlet(&mut self, name: &str, kind: &'static str, spool: &Arc<Spool>) -> Inlet {
        let counters = Arc::new(Counters::new(name, kind));
        self.counters.push(Arc::clone(&counters));
        Inlet::new(Arc::clone(spool) as _, counters, self.stop.clone(), system_clock())
    }

    pub(super) fn addresses(&self) -> Vec<(String, SocketAddr)> {
        let all = self.running.iter();
        all.filter_map(|(name, one)| Some((name.clone(), one.local_addr()?))).collect()
    }

    /// The counters of all, for who wants to read them at any time.
    pub(super) fn counters(&self) -> Vec<Arc<Counters>> {
        self.counters.clone()
    }

    /// Ends all; what they had read is handed in and answered.
    pub(super) fn stop(self) -> Vec<Health> {
        self.stop.set();
        self.running.into_iter().map(|(_, receiver)| receiver.stop()).collect()
    }
}

fn cannot(address: &SocketAddr) -> String {
    format!("cannot listen for syslog on {address}; name another address, or stop who has it")
}
