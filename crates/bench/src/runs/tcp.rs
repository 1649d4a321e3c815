//! TCP, octet-counted, four connections: what it costs until a message is durable, and how fast that goes.
//!
//! Foreshock is measured as a whole, with all that it does besides: it understands, learns and stores for searching while
//! it receives. Its threads tell what receiving and the spool alone take, and what understanding (headers, fields, the kind
//! of message) adds. The peers parse headers only, and write each message to a file, or to the next server; what parsing
//! alone costs us is measured beside it, by the same messages (`parsing`).

use super::{SILENCE, Setting, parsing, verdict};
use crate::load::messages::Form;
use crate::load::{Plan, tcp};
use crate::row;
use crate::servers::foreshock::Foreshock;
use crate::servers::rsyslog::{Input, Queue, Rsyslog};
use crate::servers::syslog_ng::SyslogNg;
use crate::servers::{Server, wait_for};
use crate::table::{self, median, number, ratio};
use anyhow::{Result, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Of each round.
#[derive(Default)]
struct Figures {
    /// Messages a second, until the last has arrived.
    rates: Vec<f64>,
    /// CPU seconds for a million, of the whole process.
    costs: Vec<f64>,
}

/// Prints the comparison.
///
/// # Errors
/// If a server does not start, or loses something.
pub(crate) fn run(setting: &Setting, messages: u64) -> Result<()> {
    let programs = &setting.programs;
    let mut ours = Figures::default();
    let (mut intake, mut understood, mut known) = (Vec::new(), Vec::new(), Figures::default());
    let mut parsed = Vec::new();
    let (mut memory, mut disk, mut reliable) =
        (Figures::default(), Figures::default(), Figures::default());
    setting.rounds("tcp", || {
        let mut server = Foreshock::start(&programs.foreshock, &setting.work, false)?;
        let began = one(&mut server, messages, &mut ours)?;
        while server.known()? < messages {
            ensure!(began.elapsed() < Duration::from_secs(600), "it does not catch up");
            crate::machine::pause(50);
        }
        known.rates.push(messages as f64 / began.elapsed().as_secs_f64());
        known.costs.push(server.usage().cpu_secs / messages as f64 * 1e6);
        let threads = server.threads();
        let of = |name: &str| threads.get(name).copied().unwrap_or(0.0) / messages as f64 * 1e6;
        intake.push(of("syslog-tcp") + of("spool"));
        understood.push(of("understand"));
        server.end()?;
        parsed.push(parsing::cost(messages));
        if let Some(program) = &programs.rsyslog {
            for (queue, figures) in [(Queue::Memory, &mut memory), (Queue::Disk, &mut disk)] {
                let mut server = Rsyslog::start(program, &setting.work, Input::Tcp, queue)?;
                one(&mut server, messages, figures)?;
                server.end()?;
            }
        }
        if let Some(program) = &programs.syslog_ng {
            let mut server = SyslogNg::start(program, &setting.work)?;
            one(&mut server, messages, &mut reliable)?;
            server.end()?;
        }
        Ok(())
    })?;

    let row = |name: &str, figures: &Figures| {
        row![name, number(median(&figures.rates)), number(median(&figures.costs))]
    };
    table::print(
        &format!(
            "TCP octet-counted, 4 connections, {messages} messages, medians of {}",
            setting.rounds
        ),
        &[
            row!["", "messages/s", "CPU-s/M"],
            row("foreshock serve, until durable", &ours),
            row("foreshock serve, until it can be searched", &known),
            row!["  of it: the threads that receive and spool", "", number(median(&intake))],
            row!["  of it: the threads that understand", "", number(median(&understood))],
            row!["  parsing alone, by itself", "", number(median(&parsed))],
            row("rsyslog, queue in memory, to a file", &memory),
            row("rsyslog, queue on disk, never synced, to a file", &disk),
            row("syslog-ng, reliable disk buffer, to the next server", &reliable),
        ],
    );
    let intake_ratio = ratio(&intake, &memory.costs);
    let with = |more: &[f64]| -> Vec<f64> { intake.iter().zip(more).map(|(a, b)| a + b).collect() };
    let (sum, with_parsing) = (with(&understood), with(&parsed));
    let parsed_ratio = ratio(&with_parsing, &memory.costs);
    let by_disk = ratio(&ours.rates, &disk.rates);
    let by_reliable = ratio(&ours.rates, &reliable.rates);
    table::print(
        "as ratios of the same round",
        &[
            row!["", "ratio", "bar", ""],
            row!["CPU: receive and spool / rsyslog in memory", number(intake_ratio), "", ""],
            row![
                "CPU: receive, spool and parse / rsyslog in memory",
                number(parsed_ratio),
                "≤ 0.6",
                verdict(parsed_ratio <= 0.6)
            ],
            row![
                "CPU: receive, spool and understand / rsyslog in memory",
                number(ratio(&sum, &memory.costs)),
                "",
                ""
            ],
            row![
                "CPU: everything, until searchable / rsyslog in memory",
                number(ratio(&known.costs, &memory.costs)),
                "",
                ""
            ],
            row![
                "throughput until durable / rsyslog's disk queue",
                number(by_disk),
                "≥ 8",
                verdict(by_disk >= 8.0)
            ],
            row![
                "throughput until durable / syslog-ng's reliable buffer",
                number(by_reliable),
                "≥ 10",
                verdict(by_reliable >= 10.0)
            ],
        ],
    );
    Ok(())
}

fn plan(target: SocketAddr, messages: u64) -> Plan {
    Plan { target, connections: 4, messages, rate: None, limit: None, form: Form::Rfc5424 }
}

/// Sends all and waits until all have arrived; when it began.
fn one(server: &mut dyn Server, messages: u64, figures: &mut Figures) -> Result<Instant> {
    let (before, began) = (server.usage().cpu_secs, Instant::now());
    let sent = tcp::send(&plan(server.syslog(), messages), tcp::Framing::OctetCounted)?;
    let arrived = wait_for(server, sent.messages, SILENCE)?;
    ensure!(arrived >= messages, "of {messages} messages {arrived} arrived");
    figures.rates.push(messages as f64 / began.elapsed().as_secs_f64());
    figures.costs.push((server.usage().cpu_secs - before) / messages as f64 * 1e6);
    Ok(began)
}
