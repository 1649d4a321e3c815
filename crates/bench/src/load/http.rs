//! Single events by HTTP/1.1 on connections that stay open; the answer says that the event is on the disk.

use super::acked::{self, Protocol};
use super::{Plan, Sent};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Sends single events.
///
/// # Errors
/// If an event is not acknowledged.
pub(crate) fn send(plan: &Plan) -> Result<Sent> {
    acked::send(plan, || Http)
}

struct Http;

impl Protocol for Http {
    fn open(&mut self, _: &mut TcpStream, _: &mut dyn BufRead) -> Result<()> {
        Ok(())
    }

    fn frame(&mut self, into: &mut Vec<u8>, message: &[u8]) {
        let _ = write!(
            into,
            "POST /events/ingest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            message.len()
        );
        into.extend_from_slice(message);
    }

    fn answered(&mut self, answers: &mut dyn BufRead) -> Result<()> {
        match response(answers)? {
            (200, _) => Ok(()),
            (status, body) => bail!("answered {status}: {}", String::from_utf8_lossy(&body)),
        }
    }
}

/// The status and the body of a response that tells its length.
fn response(answers: &mut dyn BufRead) -> Result<(u16, Vec<u8>)> {
    let (mut line, mut status, mut length) = (String::new(), None, 0);
    loop {
        line.clear();
        if answers.read_line(&mut line)? == 0 {
            bail!("closed before the answer");
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        match (status, text.split_once(':')) {
            (None, _) => status = text.split(' ').nth(1).and_then(|word| word.parse().ok()),
            (_, Some((name, value))) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().context("no length")?;
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    answers.read_exact(&mut body)?;
    Ok((status.context("no status")?, body))
}

/// One question on a connection of its own.
///
/// # Errors
/// If there is no answer.
pub(crate) fn get(address: SocketAddr, path: &str) -> Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    response(&mut answer.as_slice())
}
