//! RELP, rsyslog's protocol with acknowledgements: `TXNR COMMAND LENGTH[ DATA]\n` both ways
//! (librelp's doc/relp.html).

use super::acked::{self, Protocol};
use super::{Plan, Sent};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, Write};
use std::net::TcpStream;

/// Sends single messages.
///
/// # Errors
/// If a message is not acknowledged.
pub(crate) fn send(plan: &Plan) -> Result<Sent> {
    acked::send(plan, || Relp { number: 1 })
}

struct Relp {
    number: u64,
}

impl Protocol for Relp {
    fn open(&mut self, stream: &mut TcpStream, answers: &mut dyn BufRead) -> Result<()> {
        let offer = "relp_version=0\nrelp_software=bench\ncommands=syslog";
        writeln!(stream, "{} open {} {offer}", self.number, offer.len())?;
        self.answered(answers)
    }

    fn frame(&mut self, into: &mut Vec<u8>, message: &[u8]) {
        self.number += 1;
        let _ = write!(into, "{} syslog {} ", self.number, message.len());
        into.extend_from_slice(message);
        into.push(b'\n');
    }

    fn answered(&mut self, answers: &mut dyn BufRead) -> Result<()> {
        let mut word = || -> Result<String> {
            let mut word = Vec::new();
            answers.read_until(b' ', &mut word)?;
            Ok(String::from_utf8_lossy(&word).trim().to_owned())
        };
        let (number, command, length) = (word()?, word()?, word()?);
        let mut data = vec![0; length.parse::<usize>().context("no RELP")? + 1];
        answers.read_exact(&mut data)?;
        if number == self.number.to_string() && command == "rsp" && data.starts_with(b"200") {
            return Ok(());
        }
        bail!("answered {number} {command} {}", String::from_utf8_lossy(&data))
    }
}
