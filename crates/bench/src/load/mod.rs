//! Sends numbered messages: so many, at a set rate or as fast as they are taken, over several connections.

pub(crate) mod acked;
pub(crate) mod http;
pub(crate) mod messages;
pub(crate) mod pace;
pub(crate) mod relp;
pub(crate) mod tcp;
pub(crate) mod udp;

use anyhow::{Context, Result};
use messages::Form;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

/// What is sent where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) target: SocketAddr,
    pub(crate) connections: u64,
    /// Messages in all; fewer if the time is over before.
    pub(crate) messages: u64,
    /// Messages a second, of all connections together; `None` for as fast as they are taken.
    pub(crate) rate: Option<f64>,
    pub(crate) limit: Option<Duration>,
    pub(crate) form: Form,
}

/// What was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    pub(crate) messages: u64,
    pub(crate) secs: f64,
    /// Time from sending to the answer of each message that was acknowledged, in milliseconds, sorted.
    pub(crate) waits_ms: Vec<f64>,
}

/// Messages a write, or datagrams a call.
const AT_ONCE: u64 = 64;

impl Plan {
    /// Four connections that together send at one rate for so many seconds.
    pub(crate) fn steady(target: SocketAddr, rate: u64, secs: u64, form: Form) -> Plan {
        Plan {
            target,
            connections: 4,
            messages: rate * secs,
            rate: Some(rate as f64),
            limit: Some(Duration::from_secs(secs)),
            form,
        }
    }

    /// Runs one sender a connection; each has a part of the numbers.
    fn send(
        &self,
        one: impl Fn(&Plan, u64, Range<u64>) -> Result<(u64, Vec<f64>)> + Sync,
    ) -> Result<Sent> {
        let began = Instant::now();
        let part = |n: u64| self.messages * n / self.connections;
        let results: Vec<Result<(u64, Vec<f64>)>> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..self.connections)
                .map(|n| {
                    let one = &one;
                    scope.spawn(move || one(self, n, part(n)..part(n + 1)))
                })
                .collect();
            let ended = senders.into_iter().map(|sender| sender.join());
            ended.map(|ended| ended.unwrap_or_else(|_| anyhow::bail!("a sender broke"))).collect()
        });
        let mut sent = Sent { secs: began.elapsed().as_secs_f64(), ..Sent::default() };
        for result in results {
            let (messages, waits) = result.context("cannot send")?;
            sent.messages += messages;
            sent.waits_ms.extend(waits);
        }
        sent.waits_ms.sort_by(f64::total_cmp);
        Ok(sent)
    }

    fn pace(&self) -> pace::Pace {
        pace::Pace::new(self.rate.map(|rate| rate / self.connections as f64), self.limit)
    }
}
