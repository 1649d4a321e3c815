//! One message, its answer, the next: what any protocol with acknowledgements has in common.

use super::messages::Messages;
use super::{Plan, Sent};
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Nobody waits longer for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// A protocol with acknowledgements.
pub(crate) trait Protocol {
    /// What begins a connection.
    ///
    /// # Errors
    /// If the other side does not want it.
    fn open(&mut self, stream: &mut TcpStream, answers: &mut dyn BufRead) -> Result<()>;

    /// One message as it is sent.
    fn frame(&mut self, into: &mut Vec<u8>, message: &[u8]);

    /// Reads one answer to its end.
    ///
    /// # Errors
    /// If it is no acknowledgement.
    fn answered(&mut self, answers: &mut dyn BufRead) -> Result<()>;
}

/// Sends what the time allows; what was sent is what was acknowledged.
///
/// # Errors
/// If a connection is refused or breaks, or an answer is no acknowledgement.
pub(crate) fn send<P: Protocol>(plan: &Plan, protocol: impl Fn() -> P + Sync) -> Result<Sent> {
    plan.send(|plan, sender, numbers| {
        let mut stream = TcpStream::connect(plan.target).context("no connection")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        let mut answers = BufReader::new(stream.try_clone()?);
        let mut protocol = protocol();
        protocol.open(&mut stream, &mut answers)?;
        let (mut messages, mut pace) = (Messages::new(plan.form, sender), plan.pace());
        let (mut one, mut framed, mut waits) = (Vec::new(), Vec::new(), Vec::new());
        for number in numbers {
            if pace.take(1) == 0 {
                break;
            }
            one.clear();
            framed.clear();
            messages.write(&mut one, number);
            protocol.frame(&mut framed, &one);
            let began = Instant::now();
            stream.write_all(&framed)?;
            protocol.answered(&mut answers)?;
            waits.push(began.elapsed().as_secs_f64() * 1e3);
        }
        Ok((waits.len() as u64, waits))
    })
}
