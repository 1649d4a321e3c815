//! `foreshock serve`: runs the service until it is told to end.

use super::{Exit, Settings, Talk};
use crate::interrupt::Interrupt;
use crate::notify::Notify;
use crate::runtime::serve::{DigestTimes, Listen, Retention, Service, Understanding};
use model::{Span, TenantId};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  foreshock serve --state /var/lib/foreshock
      take in syslog on 127.0.0.1:5514 (TCP and UDP), keep it, and learn what is usual
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
    /// State folder; made where it is missing
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    state: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// Listen for syslog over TCP here; several times for several addresses
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5514")]
    syslog_tcp: Vec<SocketAddr>,
    /// Listen for syslog over UDP here
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5514")]
    syslog_udp: Vec<SocketAddr>,
    /// Client whose records these are
    #[arg(long, value_name = "NAME", default_value = "default")]
    tenant: String,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let config = args.settings.read()?;
    let interrupt = Interrupt::listen()?;
    let how = Understanding {
        config,
        times: DigestTimes { at: Span::HOUR.times(6), ..DigestTimes::default() },
        zone_offset_secs: 0,
        workers: std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8),
    };
    let listen = Listen {
        tcp: args.syslog_tcp,
        udp: args.syslog_udp,
        tenant: Some(TenantId::new(args.tenant)),
    };
    let notify = Notify::from_environment();
    let service = Service::start(&args.state, how, &listen, Retention::default())?;
    notify.ready();
    let mut err = io::stderr();
    for note in service.notes() {
        writeln!(err, "foreshock: {note}")?;
    }
    if !talk.quiet {
        for (name, address) in service.addresses() {
            writeln!(err, "foreshock: {name} listens on {address}")?;
        }
        writeln!(err, "foreshock: state in {}", args.state.display())?;
    }
    let mut told: Vec<String> = Vec::new();
    let mut alive = Instant::now();
    service.run(
        || interrupt.is_set(),
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
        false => anyhow::bail!("the state could not be written to its end; what was received is safe in the spool"),
    }
}
