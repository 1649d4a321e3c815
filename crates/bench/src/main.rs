//! Foreshock beside Debian's rsyslog and syslog-ng: the same messages, the same machine, the same minute.
//!
//! ```text
//!  messages ─► load (tcp, udp, relp, http) ─► servers (foreshock, rsyslog, syslog-ng) ─► what arrived, CPU, memory
//!                                                 runs: one after the other, by turns, five rounds ─► table of medians
//! ```
//!
//! Everything listens on loopback, runs as a child of this program from a folder of its own, and ends with it. What the
//! figures mean, and what they cannot say: docs/bench.md.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it tells what it measures")]

mod load;
mod machine;
mod runs;
mod servers;
mod table;

use anyhow::Result;
use clap::{Parser, Subcommand};
use runs::Setting;
use servers::Programs;
use std::path::PathBuf;

/// Measures Foreshock beside rsyslog and syslog-ng, on loopback; ends by itself.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Args {
    #[command(subcommand)]
    what: What,
    /// The program under test; else the one beside this program, then the one in PATH
    #[arg(long, global = true, value_name = "PATH")]
    foreshock: Option<PathBuf>,
    /// rsyslogd of Debian's packages rsyslog and rsyslog-relp
    #[arg(long, global = true, value_name = "PATH", default_value = "/usr/sbin/rsyslogd")]
    rsyslog: PathBuf,
    /// syslog-ng of Debian's package syslog-ng-core
    #[arg(long, global = true, value_name = "PATH", default_value = "/usr/sbin/syslog-ng")]
    syslog_ng: PathBuf,
    /// Rounds; of each figure the median is told
    #[arg(long, global = true, default_value_t = 5)]
    rounds: usize,
    /// Folder for the servers' files: of the disk that is to be measured
    #[arg(long, global = true, value_name = "DIR", default_value = "/var/tmp")]
    work: PathBuf,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// TCP, octet-counted, 4 connections: into the durable spool, parsed; beside queues in memory and on disk
    Tcp {
        /// Messages of each run
        #[arg(long, default_value_t = 1_000_000)]
        messages: u64,
    },
    /// Single events, each acknowledged when it is on the disk: HTTP beside RELP, 64 connections
    Acks {
        /// Length of each run
        #[arg(long, default_value_t = 6)]
        secs: u64,
    },
    /// UDP at set rates and with a receiver that is halted: what is lost, and whether it is told
    Udp {
        /// Length of each run
        #[arg(long, default_value_t = 5)]
        secs: u64,
    },
    /// Malformed messages beside as many well-formed ones
    Flood {
        /// Messages a second
        #[arg(long, default_value_t = 200_000)]
        rate: u64,
        /// Length of each run
        #[arg(long, default_value_t = 10)]
        secs: u64,
    },
    /// The whole path at a set rate, until all can be searched
    Path {
        /// Messages a second
        #[arg(long, default_value_t = 200_000)]
        rate: u64,
        /// How long messages are sent
        #[arg(long, default_value_t = 60)]
        secs: u64,
    },
    /// A long time at one rate: do memory, descriptors or threads grow?
    Soak {
        /// Messages a second
        #[arg(long, default_value_t = 20_000)]
        rate: u64,
        /// How long messages are sent
        #[arg(long, default_value_t = 3_600)]
        secs: u64,
    },
    /// tcp, acks, udp, flood, path, one after the other, and ten minutes of soak: about 25 minutes
    All,
}

fn main() -> Result<()> {
    let Args { what, foreshock, rsyslog, syslog_ng, rounds, work } = Args::parse();
    let programs = Programs::find(foreshock, rsyslog, syslog_ng)?;
    let setting = Setting { programs, rounds: rounds.max(1), work };
    println!("{}", machine::conditions());
    println!("{}", setting.programs.versions());
    match what {
        What::Tcp { messages } => runs::tcp::run(&setting, messages),
        What::Acks { secs } => runs::acks::run(&setting, secs),
        What::Udp { secs } => runs::udp::run(&setting, secs),
        What::Flood { rate, secs } => runs::flood::run(&setting, rate, secs),
        What::Path { rate, secs } => runs::path::run(&setting, rate, secs),
        What::Soak { rate, secs } => runs::soak::run(&setting, rate, secs),
        What::All => {
            runs::tcp::run(&setting, 1_000_000)?;
            runs::acks::run(&setting, 6)?;
            runs::udp::run(&setting, 5)?;
            runs::flood::run(&setting, 200_000, 10)?;
            runs::path::run(&setting, 200_000, 60)?;
            runs::soak::run(&setting, 100_000, 600)
        }
    }
}
