//! Syslog over TCP: octet-counted frames (RFC 6587), or lines.

use super::messages::Messages;
use super::{AT_ONCE, Plan, Sent};
use anyhow::{Context, Result};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

/// How messages are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    OctetCounted,
    Lines,
}

/// Sends all; returns once the receiver has taken every byte.
///
/// # Errors
/// If a connection is refused or breaks.
pub(crate) fn send(plan: &Plan, framing: Framing) -> Result<Sent> {
    plan.send(|plan, sender, numbers| {
        let mut stream = TcpStream::connect(plan.target).context("no connection")?;
        stream.set_nodelay(true)?;
        let (mut messages, mut pace) = (Messages::new(plan.form, sender), plan.pace());
        let (mut next, mut one, mut buffer) = (numbers.start, Vec::new(), Vec::new());
        while next < numbers.end {
            let granted = pace.take(AT_ONCE.min(numbers.end - next));
            if granted == 0 {
                break;
            }
            buffer.clear();
            for number in next..next + granted {
                match framing {
                    Framing::OctetCounted => {
                        one.clear();
                        messages.write(&mut one, number);
                        write!(buffer, "{} ", one.len())?;
                        buffer.extend_from_slice(&one);
                    }
                    Framing::Lines => {
                        messages.write(&mut buffer, number);
                        buffer.push(b'\n');
                    }
                }
            }
            stream.write_all(&buffer)?;
            next += granted;
        }
        // The receiver closes when it has read all.
        stream.shutdown(Shutdown::Write)?;
        let _ = stream.read_to_end(&mut Vec::new());
        Ok((next - numbers.start, Vec::new()))
    })
}
