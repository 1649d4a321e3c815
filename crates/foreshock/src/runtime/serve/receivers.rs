//! Settings → running receivers, each with its counters; all of them hand in to the spool.

use anyhow::Context;
use model::TenantId;
use sources::inlet::{Counters, Health, Inlet, Receiver, Stop, Tenancy, system_clock};
use sources::syslog::{stream, udp};
use std::net::SocketAddr;
use std::sync::Arc;
use store::spool::Spool;

/// What to listen on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listen {
    pub(crate) tcp: Vec<SocketAddr>,
    pub(crate) udp: Vec<SocketAddr>,
    /// Whose records these are.
    pub(crate) tenant: Option<TenantId>,
}

/// Those that run.
pub(super) struct Receivers {
    running: Vec<(String, Receiver)>,
    stop: Stop,
}

impl Receivers {
    pub(super) fn start(listen: &Listen, spool: &Arc<Spool>) -> anyhow::Result<Receivers> {
        let stop = Stop::new();
        let mut receivers = Receivers { running: Vec::new(), stop };
        let tenant = listen.tenant.clone().unwrap_or_else(|| TenantId::new("default"));
        for address in &listen.tcp {
            let socket = stream::listen(*address).with_context(|| cannot(*address, "tcp"))?;
            let name = format!("syslog-tcp-{}", address.port());
            let config = stream::StreamConfig::new(&*name, socket, Tenancy::of(tenant.clone()));
            let inlet = receivers.inlet(&name, "syslog_tcp", spool);
            let receiver = stream::start(config, &inlet).with_context(|| cannot(*address, "tcp"))?;
            receivers.running.push((name, receiver));
        }
        for address in &listen.udp {
            let socket = udp::bind(*address).with_context(|| cannot(*address, "udp"))?;
            let name = format!("syslog-udp-{}", address.port());
            let config = udp::UdpConfig::new(&*name, socket, Tenancy::of(tenant.clone()));
            let inlet = receivers.inlet(&name, "syslog_udp", spool);
            let receiver = udp::start(config, &inlet).with_context(|| cannot(*address, "udp"))?;
            receivers.running.push((name, receiver));
        }
        Ok(receivers)
    }

    fn inlet(&self, name: &str, kind: &'static str, spool: &Arc<Spool>) -> Inlet {
        let counters = Arc::new(Counters::new(name, kind));
        Inlet::new(Arc::clone(spool) as _, counters, self.stop.clone(), system_clock())
    }

    pub(super) fn addresses(&self) -> Vec<(String, SocketAddr)> {
        let all = self.running.iter();
        all.filter_map(|(name, one)| Some((name.clone(), one.local_addr()?))).collect()
    }

    pub(super) fn health(&self) -> Vec<Health> {
        self.running.iter().map(|(_, receiver)| receiver.health()).collect()
    }

    /// Ends all; what they had read is handed in and answered.
    pub(super) fn stop(self) -> Vec<Health> {
        self.stop.set();
        self.running.into_iter().map(|(_, receiver)| receiver.stop()).collect()
    }
}

fn cannot(address: SocketAddr, what: &str) -> String {
    format!("cannot listen for syslog on {address} ({what}); name another address, or stop who has it")
}
