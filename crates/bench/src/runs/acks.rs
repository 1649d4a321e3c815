//! One event, one acknowledgement, and only when it is on the disk: HTTP beside RELP into a queue that is synced for each.

use super::{Setting, verdict};
use crate::load::messages::Form;
use crate::load::{Plan, Sent, http, relp};
use crate::row;
use crate::servers::Server;
use crate::servers::foreshock::Foreshock;
use crate::servers::rsyslog::{Input, Queue, Rsyslog};
use crate::table::{self, median, number, quantile, ratio};
use anyhow::{Result, ensure};
use std::net::SocketAddr;
use std::time::Duration;

/// Of each round.
#[derive(Default)]
struct Figures {
    rates: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
}

impl Figures {
    fn take(&mut self, sent: &Sent) {
        self.rates.push(sent.messages as f64 / sent.secs);
        self.p50.push(quantile(&sent.waits_ms, 0.5));
        self.p99.push(quantile(&sent.waits_ms, 0.99));
    }

    fn row(&self, name: &str) -> Vec<String> {
        let [rate, p50, p99] = [&self.rates, &self.p50, &self.p99].map(|all| number(median(all)));
        row![name, rate, p50, p99]
    }
}

const CONNECTIONS: u64 = 64;

/// Prints the comparison.
///
/// # Errors
/// If a server does not start or does not acknowledge.
pub(crate) fn run(setting: &Setting, secs: u64) -> Result<()> {
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    let plan = |target: SocketAddr, form| Plan {
        target,
        connections: CONNECTIONS,
        messages: 100_000_000,
        rate: None,
        limit: Some(Duration::from_secs(secs)),
        form,
    };
    setting.rounds("acks", || {
        let server = Foreshock::start(&setting.programs.foreshock, &setting.work, false)?;
        let sent = http::send(&plan(server.http, Form::Json))?;
        let counts = server.end()?;
        ensure!(counts.stored >= sent.messages, "acknowledged {}, {counts:?}", sent.messages);
        ours.take(&sent);
        if let Some(program) = &setting.programs.rsyslog {
            let server = Rsyslog::start(program, &setting.work, Input::Relp, Queue::Synced)?;
            theirs.take(&relp::send(&plan(server.syslog(), Form::Rfc5424))?);
            server.end()?;
        }
        Ok(())
    })?;
    table::print(
        &format!(
            "single events, each acknowledged from the disk, {CONNECTIONS} connections, {secs} s, medians of {}",
            setting.rounds
        ),
        &[
            row!["", "acks/s", "p50 ms", "p99 ms"],
            ours.row("foreshock, HTTP"),
            theirs.row("rsyslog, RELP, disk queue, sync and checkpoint each"),
        ],
    );
    let (times, p99) = (ratio(&ours.rates, &theirs.rates), median(&ours.p99));
    table::print(
        "as ratios of the same round",
        &[
            row!["", "figure", "bar", ""],
            row!["acks/s / rsyslog's", number(times), "≥ 10", verdict(times >= 10.0)],
            row!["p99 of the ack, ms (a quiet machine)", number(p99), "≤ 15", verdict(p99 <= 15.0)],
        ],
    );
    Ok(())
}
