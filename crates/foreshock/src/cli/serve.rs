//! `foreshock serve`: runs the service until it is told to end.

use super::{Exit, Mistake, Settings, Talk};
use crate::config;
use crate::interrupt::{Interrupt, Reload};
use crate::notify::Notify;
use crate::runtime::serve::{self, DigestTimes, Passed, Service, Understanding};
use model::TenantId;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  foreshock serve --state /var/lib/foreshock
      by /etc/foreshock/foreshock.toml; without it, and without options of what to take in: this machine's
      journal (or /var/log), syslog on 127.0.0.1:5514; the HTTP API on 127.0.0.1:5000
  foreshock serve --state ./state --syslog-tcp 0.0.0.0:5514 --tenant acme
      take in what other machines send
  foreshock status --state ./state
      how it is, while it runs and afterwards

Ends in order on SIGTERM and Ctrl-C: what was received is durable, and is known after the next start.";

/// So long what was received may take to be understood after the sign to end; the rest is read after the next start.
const PATIENCE: Duration = Duration::from_secs(20);

/// Take in logs all the time, remember, and tell what is becoming important
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// State folder; made where it is missing. Else `service.state` of the settings
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    state: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    /// Listen for syslog over TCP here; several times for several addresses
    #[arg(long, value_name = "ADDRESS")]
    syslog_tcp: Vec<SocketAddr>,
    /// Listen for syslog over UDP here
    #[arg(long, value_name = "ADDRESS")]
    syslog_udp: Vec<SocketAddr>,
    /// Serve the HTTP API here; what is taken in stays as it is
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// Follow files; `*`, `?` and `**` stand for any letters
    #[arg(long, value_name = "PATTERN")]
    file: Vec<String>,
    /// Read the journal of this machine
    #[arg(long)]
    journal: bool,
    /// Client of what nothing else says it of
    #[arg(long, value_name = "NAME", value_parser = tenant)]
    tenant: Option<TenantId>,
}

fn tenant(text: &str) -> Result<TenantId, &'static str> {
    outputs::rest::is_tenant(text).then(|| TenantId::new(text)).ok_or(outputs::rest::TENANT_RULE)
}

impl Args {
    /// The settings, with the options over them.
    fn all(&self) -> Result<crate::config::Settings, Mistake> {
        let mut settings = self.settings.of_service()?;
        let service = &mut settings.service;
        if !self.syslog_tcp.is_empty() {
            service.syslog_tcp.clone_from(&self.syslog_tcp);
        }
        if !self.syslog_udp.is_empty() {
            service.syslog_udp.clone_from(&self.syslog_udp);
        }
        service.http = self.http.or(service.http);
        service.files.extend(self.file.iter().cloned());
        service.journal |= self.journal;
        if let Some(tenant) = &self.tenant {
            service.tenant.clone_from(tenant);
        }
        if self.state.is_some() {
            service.state.clone_from(&self.state);
        }
        // With nothing said of what to take in, this machine's own log is what there is to learn from. Where the API is
        // served says nothing of it.
        let of_options = [&self.syslog_tcp, &self.syslog_udp];
        let is_told =
            !settings.files.is_empty() || of_options.iter().any(|addresses| !addresses.is_empty());
        if !is_told && service.files.is_empty() && !service.journal {
            by_itself(service);
        }
        Ok(settings)
    }
}

/// What can be read of this machine: its journal, else its files.
pub(super) fn by_itself(service: &mut crate::config::Service) {
    let has_journal = ["/run/log/journal", "/var/log/journal"]
        .iter()
        .any(|folder| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()));
    match has_journal {
        true => service.journal = true,
        false => {
            let files =
                ["/var/log/*.log", "/var/log/syslog", "/var/log/messages", "/var/log/secure"];
            // A file that this machine does not have would only be told as missing.
            let is_there = |path: &&str| path.contains('*') || std::path::Path::new(path).exists();
            service.files = files.into_iter().filter(is_there).map(str::to_owned).collect();
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let mut settings = args.all()?;
    let Some(state) = settings.service.state.clone() else {
        return Err(Mistake::Usage(
            "no state folder is named: add --state DIR, or `state` below [service] in the settings"
                .into(),
        )
        .into());
    };
    let (interrupt, reload) = (Interrupt::listen()?, Reload::listen()?);
    let how = Understanding {
        config: settings.engine.clone(),
        times: DigestTimes::of_settings(&settings.service),
        zone_offset_secs: 0,
        workers: serve::workers(),
        cuts: Vec::new(),
    };
    let notify = Notify::from_environment();
    let passed = Passed::from_environment()?;
    let mut service = Service::start(&state, how, &settings.service, passed)?;
    notify.ready();
    let mut err = io::stderr();
    for note in service.notes() {
        writeln!(err, "foreshock: {note}")?;
    }
    if !talk.quiet {
        for (name, address) in service.addresses() {
            writeln!(err, "foreshock: {name} listens on {address}")?;
        }
        writeln!(err, "foreshock: settings of {}", super::settings::told(&settings))?;
        writeln!(err, "foreshock: state in {}", state.display())?;
    }
    let mut told: Vec<String> = Vec::new();
    let mut alive = Instant::now();
    service.run(
        |service| {
            if reload.take() {
                notify.reloading();
                // Who reads it may be gone; the service goes on.
                let _ = read_again(&args, &mut settings, service);
                notify.ready();
            }
            interrupt.is_set()
        },
        |status| {
            if notify.alive_every().is_some_and(|every| alive.elapsed() >= every / 2) {
                notify.alive();
                alive = Instant::now();
            }
            notify.status(&format!(
                "{}: {} records, {:.0} s behind",
                status.state, status.spool.next, status.follower.lag_secs
            ));
            // Each trouble once, and once that it is over.
            for reason in status.reasons.iter().filter(|reason| !told.contains(reason)) {
                let _ = writeln!(io::stderr(), "foreshock: {reason}");
            }
            if status.reasons.is_empty() && !told.is_empty() {
                let _ = writeln!(io::stderr(), "foreshock: all is well again");
            }
            told.clone_from(&status.reasons);
        },
    );
    notify.stopping();
    match service.stop(PATIENCE) {
        true => Ok(Exit::Ok),
        false => anyhow::bail!(
            "the state could not be written to its end; what was received is safe in the spool"
        ),
    }
}

/// Reads the settings again, and takes up what a running service can; says what that was, what waits for the next
/// start, and what is wrong.
fn read_again(
    args: &Args,
    settings: &mut config::Settings,
    service: &mut Service,
) -> io::Result<()> {
    let mut err = io::stderr();
    let new = match args.all() {
        Ok(new) => new,
        Err(wrong) => {
            return writeln!(err, "foreshock: the settings stay as they were: {wrong}");
        }
    };
    let changed = config::changed(settings, &new);
    let files_changed = changed.live.iter().any(|name| name == "listen.files");
    if let Err(wrong) = service.reload(&new.service, files_changed) {
        return writeln!(err, "foreshock: the settings stay as they were: {wrong:#}");
    }
    let taken = match changed.live.is_empty() {
        true => "tokens and certificates".to_owned(),
        false => format!("tokens, certificates, {}", changed.live.join(", ")),
    };
    writeln!(err, "foreshock: read again: {taken}")?;
    if !changed.at_start.is_empty() {
        writeln!(
            err,
            "foreshock: taken up with the next start (systemctl restart foreshock): {}",
            changed.at_start.join(", ")
        )?;
    }
    // Nothing follows files yet if nothing did at the start.
    let mut new = new;
    if changed.at_start.iter().any(|told| told.starts_with("listen.files")) {
        new.service.files.clone_from(&settings.service.files);
    }
    *settings = new;
    Ok(())
}
