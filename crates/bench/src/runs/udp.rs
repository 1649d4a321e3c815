//! UDP at set rates, and with a receiver that is halted for a while: how much is lost, and does the server know?

use super::{SILENCE, Setting, verdict};
use crate::load::messages::Form;
use crate::load::{Plan, Sent, udp};
use crate::machine::pause;
use crate::row;
use crate::servers::foreshock::Foreshock;
use crate::servers::rsyslog::{Input, Queue, Rsyslog};
use crate::servers::{Server, wait_for};
use crate::table::{self, median, number};
use anyhow::Result;
use std::net::SocketAddr;
use std::time::Duration;

/// A rate, and for how long the receiver is halted in the middle.
struct Case {
    name: &'static str,
    rate: f64,
    halted_ms: u64,
}

/// 32 MiB of buffer hold about 45,000 datagrams of 200 bytes: less than half a second at the last rate.
const CASES: [Case; 4] = [
    Case { name: "50 000/s", rate: 50e3, halted_ms: 0 },
    Case { name: "100 000/s", rate: 100e3, halted_ms: 0 },
    Case { name: "200 000/s", rate: 200e3, halted_ms: 0 },
    Case { name: "150 000/s, receiver halted for 1.5 s", rate: 150e3, halted_ms: 1_500 },
];

/// Prints the comparison.
///
/// # Errors
/// If a server does not start.
pub(crate) fn run(setting: &Setting, secs: u64) -> Result<()> {
    let mut rows = vec![row![
        "",
        "foreshock lost %",
        "CPU-s/M",
        "unaccounted",
        "rsyslog lost %",
        "CPU-s/M",
        ""
    ]];
    for case in &CASES {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let (mut our_cost, mut their_cost, mut unaccounted) = (Vec::new(), Vec::new(), 0_i64);
        setting.rounds(&format!("udp {}", case.name), || {
            let mut server = Foreshock::start(&setting.programs.foreshock, &setting.work, true)?;
            let sent = send(&server, case, secs)?;
            wait_for(&mut server, sent.messages, Duration::from_secs(2))?;
            our_cost.push(server.usage().cpu_secs / sent.messages as f64 * 1e6);
            let counts = server.end()?;
            let missing = sent.messages as i64 - counts.stored as i64;
            // The worst of all rounds: the bar is each of them.
            let rest = missing - counts.lost as i64;
            if rest.abs() > unaccounted.abs() {
                unaccounted = rest;
            }
            ours.push(missing as f64 / sent.messages as f64 * 100.0);
            if let Some(program) = &setting.programs.rsyslog {
                let mut server = Rsyslog::start(program, &setting.work, Input::Udp, Queue::Memory)?;
                let sent = send(&server, case, secs)?;
                wait_for(&mut server, sent.messages, SILENCE.min(Duration::from_secs(3)))?;
                their_cost.push(server.usage().cpu_secs / sent.messages as f64 * 1e6);
                let missing = sent.messages.saturating_sub(server.end()?);
                theirs.push(missing as f64 / sent.messages as f64 * 100.0);
            }
            Ok(())
        })?;
        let is_no_worse = theirs.is_empty() || median(&ours) <= median(&theirs);
        let is_met = unaccounted == 0 && is_no_worse;
        rows.push(row![
            case.name,
            number(median(&ours)),
            number(median(&our_cost)),
            unaccounted,
            number(median(&theirs)),
            number(median(&their_cost)),
            verdict(is_met)
        ]);
    }
    table::print(
        &format!(
            "UDP, 2 senders, {secs} s, 32 MiB of buffer each, medians of {}; bar: lost ≤ rsyslog's, unaccounted (sent − stored − counted, worst round) = 0",
            setting.rounds
        ),
        &rows,
    );
    Ok(())
}

/// Sends, and halts the receiver in the middle if the case wants it.
fn send(server: &dyn Server, case: &Case, secs: u64) -> Result<Sent> {
    let target: SocketAddr = server.syslog();
    let plan = Plan {
        target,
        connections: 2,
        messages: (case.rate * secs as f64) as u64,
        rate: Some(case.rate),
        limit: None,
        form: Form::Mixed,
    };
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| udp::send(&plan));
        if case.halted_ms > 0 {
            pause(secs * 300);
            server.halt(true)?;
            pause(case.halted_ms);
            server.halt(false)?;
        }
        sending.join().unwrap_or_else(|_| anyhow::bail!("the sender broke"))
    })
}
